"""The record sheet of a volunteer, read for the page and the PDF alike."""

from datetime import datetime

from stationapp.certificates import paper
from stationapp.db import db
from stationapp.residents.queries import get_resident, masked
from stationapp.sites.models import Site
from stationapp.volunteers import ledger
from stationapp.volunteers.models import Volunteer


def record_sheet(volunteer: Volunteer, *, now: datetime, here: set[int] | None = None) -> dict:
    """`certificates.paper.record`; with `here` only lines of these sites, the rest as one sum (trust.md §4.14)."""
    total, lines = ledger.total_minutes(volunteer.id), ledger.list_lines(volunteer.id)
    if here is not None:
        lines = [row for row in lines if row.Site.id in here]
    site = db.session.get_one(Site, volunteer.site_id)
    return paper.record(
        masked(get_resident(volunteer.resident_id)),
        lines,
        total,
        total - sum(row.HoursEntry.minutes for row in lines),
        volunteer_code=volunteer.code,
        site_name=site.short_name,
        phone=site.phone,
        now=now,
    )
