"""Reads of the ledger: what it says, and what it should say of a day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import STAFF_SIDE, Part
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.sites.models import Site
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from stationapp.volunteers.rules import Served, credited

_undoing = aliased(HoursEntry)

LIVE = ~select(_undoing.id).where(_undoing.corrects_id == HoursEntry.id).exists() & (
    HoursEntry.corrects_id.is_(None)
)
"""The condition on HoursEntry "a line that no other line undoes, and undoes none itself"."""


def total_minutes(volunteer_id: int) -> int:
    """The minutes of a volunteer: the sum of the ledger, and what every page shows."""
    return totals(HoursEntry.volunteer_id == volunteer_id).get(volunteer_id, 0)


def totals(*narrowed: ColumnElement[bool]) -> dict[int, int]:
    """Minutes by volunteer id, for those with lines."""
    query = select(HoursEntry.volunteer_id, func.sum(HoursEntry.minutes)).where(*narrowed)
    return {who: int(minutes) for who, minutes in db.session.execute(query.group_by(HoursEntry.volunteer_id))}


def list_lines(volunteer_id: int) -> list[Row]:
    """Every line, newest first: (HoursEntry, Site, Event or None, ManualHours or None, undone)."""
    attended, manual = aliased(Attendance), aliased(ManualHours)
    event_of_line = aliased(Event)
    undoing = aliased(HoursEntry)
    return list(
        db.session.execute(
            select(HoursEntry, Site, event_of_line, manual, undoing.id.is_not(None).label("undone"))
            .join(Site, Site.id == HoursEntry.site_id)
            .outerjoin(attended, attended.id == HoursEntry.attendance_id)
            .outerjoin(manual, manual.id == HoursEntry.manual_id)
            .outerjoin(
                event_of_line,
                event_of_line.id == func.coalesce(attended.event_id, manual.event_id),
            )
            .outerjoin(undoing, undoing.corrects_id == HoursEntry.id)
            .where(HoursEntry.volunteer_id == volunteer_id)
            .order_by(HoursEntry.id.desc())
        )
    )


def live_lines(volunteer_id: int, day: date) -> list[HoursEntry]:
    """The lines that stand for a volunteer's day."""
    return list(
        db.session.scalars(
            select(HoursEntry).where(
                LIVE, HoursEntry.volunteer_id == volunteer_id, HoursEntry.served_on == day
            )
        )
    )


@dataclass(frozen=True)
class DayService:
    """One presence of a volunteer at a closed-out event, with the site the hours are counted at."""

    volunteer_id: int
    day: date
    served: Served
    event_id: int
    site_id: int


def services(*narrowed: ColumnElement[bool]) -> list[DayService]:
    """What volunteers did at closed-out events of every site; a service belongs to the day its event begins."""
    rows = db.session.execute(
        select(Volunteer.id, Attendance, Event)
        .join(Attendance, Attendance.resident_id == Volunteer.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            Attendance.part == Part.VOLUNTEER,
            ~Attendance.undone,
            Event.state == State.CLOSED_OUT,
            *narrowed,
        )
        .execution_options(populate_existing=True)
    )
    return [
        DayService(who, clock.day_of(event.starts_at), _served(there, event), event.id, event.site_id)
        for who, there, event in rows
    ]


def _served(there: Attendance, event: Event) -> Served:
    return Served(
        attendance_id=there.id,
        event_id=event.id,
        came_at=there.came_at,
        left_at=there.left_at,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        break_minutes=event.break_minutes,
        staff_side=there.came_how in STAFF_SIDE or there.left_how in STAFF_SIDE,
    )


@dataclass(frozen=True)
class ManualLine:
    """A manual line that stands, as the rule needs it."""

    volunteer_id: int
    day: date
    minutes: int
    event_id: int | None


def manual_lines(*narrowed: ColumnElement[bool]) -> list[ManualLine]:
    """The manual lines that stand."""
    rows = db.session.execute(
        select(HoursEntry.volunteer_id, HoursEntry.served_on, HoursEntry.minutes, ManualHours.event_id)
        .join(ManualHours, ManualHours.id == HoursEntry.manual_id)
        .where(LIVE, *narrowed)
    )
    return [ManualLine(*row) for row in rows]


def due(volunteer_id: int, day: date) -> dict[int, tuple[int, int]]:
    """What the ledger should say of a volunteer's day: attendance id → (minutes > 0, site id)."""
    there = services(
        Volunteer.id == volunteer_id,
        Event.starts_at >= clock.instant(day),
        Event.starts_at < clock.instant(day + timedelta(days=1)),
    )
    manual = manual_lines(HoursEntry.volunteer_id == volunteer_id, HoursEntry.served_on == day)
    return due_of(there, manual)


def due_of(there: Sequence[DayService], manual: Sequence[ManualLine]) -> dict[int, tuple[int, int]]:
    """The same of one person's day already read (domain.md §7).

    Approved manual hours come first; an event they were entered for earns nothing more by its scans.
    """
    entered = {line.event_id for line in manual}
    there = [one for one in there if one.event_id not in entered]
    minutes = credited([one.served for one in there], earned=sum(line.minutes for line in manual))
    sites = {one.served.attendance_id: one.site_id for one in there}
    return {which: (worth, sites[which]) for which, worth in minutes.items() if worth}


def is_credited(volunteer_id: int, event_id: int, day: date) -> bool:
    """Whether hours for this event stand in the ledger, by scans or by a manual entry."""
    by_scan = select(Attendance.id).where(Attendance.event_id == event_id)
    by_hand = select(ManualHours.id).where(ManualHours.event_id == event_id)
    return (
        db.session.scalar(
            select(HoursEntry.id)
            .where(
                LIVE,
                HoursEntry.volunteer_id == volunteer_id,
                HoursEntry.served_on == day,
                HoursEntry.attendance_id.in_(by_scan) | HoursEntry.manual_id.in_(by_hand),
            )
            .limit(1)
        )
        is not None
    )


def content(line: HoursEntry) -> dict:
    """What the hash of a line covers, besides its number."""
    return {
        "volunteer": line.volunteer_id,
        "site": line.site_id,
        "day": line.served_on.isoformat(),
        "minutes": line.minutes,
        "attendance": line.attendance_id,
        "turn": line.turn,
        "manual": line.manual_id,
        "corrects": line.corrects_id,
        "at": line.posted_at.isoformat(),
        "by": line.posted_by,
    }
