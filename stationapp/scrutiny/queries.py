"""Reads of the spot check: the draws of a month, and the lines drawn with what the calls found."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.orm import aliased

from stationapp.accounts.models import Staff
from stationapp.attendance.models import Attendance
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import masked_name
from stationapp.scrutiny import hands
from stationapp.scrutiny.models import SpotCheck, SpotDraw
from stationapp.scrutiny.rules import Outcome
from stationapp.sites.models import Site
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer


@dataclass(frozen=True)
class Held:
    """One draw and how far its calls are: `lines` drawn, of these called and denied."""

    draw: SpotDraw
    site: Site
    lines: int
    called: int
    denied: int


def draws(here: ColumnElement[bool], month: Month) -> list[Held]:
    """The draws of a month at the sites for which `here` holds, by the site's code."""
    denied = func.count(SpotCheck.id).filter(SpotCheck.outcome == Outcome.DENIED)
    rows = db.session.execute(
        select(SpotDraw, Site, func.count(SpotCheck.id), func.count(SpotCheck.outcome), denied)
        .join(Site, Site.id == SpotDraw.site_id)
        .outerjoin(SpotCheck, SpotCheck.draw_id == SpotDraw.id)
        .where(here, SpotDraw.month == str(month))
        .group_by(SpotDraw.id, Site.id)
        .order_by(Site.code)
    )
    return [Held(*row) for row in rows]


@dataclass(frozen=True)
class Spot:
    """A drawn line as the page lists it: no number is opened for a list.

    `hands` are the staff with a part in it, who do not call about it.
    """

    check: SpotCheck
    line: HoursEntry
    site: Site
    volunteer: Volunteer
    person: Resident
    name: str  # masked
    has_phone: bool
    manual: ManualHours | None
    event: Event | None
    proposer: str
    approver: str
    caller: str
    taken_back: bool
    hands: frozenset[int]

    @property
    def is_open(self) -> bool:
        """Whether a call may still find something."""
        return self.check.outcome in (None, Outcome.NOT_REACHED)


def drawn(here: ColumnElement[bool], month: Month, *narrowed: ColumnElement[bool]) -> Select:
    """The lines of a month's draws at these sites, those not called yet first, then by day; rows for `spots`."""
    proposer, approver, caller = aliased(Staff), aliased(Staff), aliased(Staff)
    undoing = aliased(HoursEntry)
    return (
        select(SpotCheck, HoursEntry, Site, Volunteer, Resident, Household.phone_index, ManualHours, Event,
               proposer.name, approver.name, caller.name, undoing.id.is_not(None))
        .join(SpotDraw, SpotDraw.id == SpotCheck.draw_id)
        .join(HoursEntry, HoursEntry.id == SpotCheck.entry_id)
        .join(Site, Site.id == HoursEntry.site_id)
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Household, Household.id == Resident.household_id)
        .outerjoin(ManualHours, ManualHours.id == HoursEntry.manual_id)
        .outerjoin(Attendance, Attendance.id == HoursEntry.attendance_id)
        .outerjoin(Event, Event.id == func.coalesce(Attendance.event_id, ManualHours.event_id))
        .outerjoin(proposer, proposer.id == ManualHours.proposed_by)
        .outerjoin(approver, approver.id == ManualHours.decided_by)
        .outerjoin(caller, caller.id == SpotCheck.checked_by)
        .outerjoin(undoing, undoing.corrects_id == HoursEntry.id)
        .where(here, SpotDraw.month == str(month), *narrowed)
        .order_by(SpotCheck.outcome.is_not(None), HoursEntry.served_on, HoursEntry.id)
    )  # fmt: skip


def spots(rows: Sequence[Row]) -> list[Spot]:
    """The rows of `drawn` as lines of the page, masked."""
    parts = hands.of_lines([row.HoursEntry.id for row in rows])
    return [
        Spot(check, line, site, volunteer, person, masked_name(person.name), phone is not None, manual, event,
             proposer or "", approver or "", caller or "", taken_back, parts[line.id])
        for (check, line, site, volunteer, person, phone, manual, event, proposer, approver, caller,
             taken_back) in rows
    ]  # fmt: skip


def count_to_call(here: ColumnElement[bool]) -> int:
    """Drawn lines nobody has called about yet."""
    query = (
        select(func.count(SpotCheck.id))
        .join(HoursEntry, HoursEntry.id == SpotCheck.entry_id)
        .join(Site, Site.id == HoursEntry.site_id)
    )
    return db.session.scalar(query.where(here, SpotCheck.outcome.is_(None))) or 0
