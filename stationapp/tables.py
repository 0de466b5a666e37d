"""Imports every feature's models, so that metadata is whole: for migrations and for `audit`'s schema check."""

import stationapp.accounts.models
import stationapp.attendance.models
import stationapp.audit.models
import stationapp.calendar.models
import stationapp.cards.models
import stationapp.catalogue.models
import stationapp.certificates.models
import stationapp.devices.models
import stationapp.events.models
import stationapp.importing.models
import stationapp.jobs.models
import stationapp.messages.models
import stationapp.notices.models
import stationapp.opinions.models
import stationapp.proposals.models
import stationapp.reports.models
import stationapp.residents.models
import stationapp.rooms.models
import stationapp.scrutiny.models
import stationapp.signups.models
import stationapp.sites.models
import stationapp.teams.models
import stationapp.volunteers.models  # noqa: F401
from stationapp.db import Base

metadata = Base.metadata
