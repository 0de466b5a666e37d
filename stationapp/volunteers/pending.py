"""Presences of a volunteer without a line in the ledger, by scans or by hand, and why there is none (domain.md §7)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import STAFF_SIDE, Part
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.sites.models import Site
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer

MOST = 100
"""So many are shown, the latest first."""


class Why(Enum):
    """Why a presence earned nothing, or nothing yet."""

    NOT_CLOSED = "not_closed"
    NO_OUT = "no_out"  # never signed out
    NO_STAFF = "no_staff"  # no member of staff stood behind either end
    NOTHING_LEFT = "nothing_left"  # too short, counted elsewhere, or the day is full


@dataclass(frozen=True)
class Pending:
    """One such presence."""

    there: Attendance
    event: Event
    site: Site
    why: Why


def list_pending(volunteer_id: int, *among: ColumnElement[bool], now: datetime) -> list[Pending]:
    """Those at sites for which `among` holds, the latest event first."""
    undoing = aliased(HoursEntry)
    undone = select(undoing.id).where(undoing.corrects_id == HoursEntry.id).exists()
    # Not LIVE: "corrects nothing" is true of every line, and SQLite would go through all of them for each presence.
    lined = select(HoursEntry.id).where(HoursEntry.attendance_id == Attendance.id, ~undone).exists()
    by_hand = (
        select(ManualHours.id)
        .join(HoursEntry, HoursEntry.manual_id == ManualHours.id)
        .where(ManualHours.volunteer_id == volunteer_id, ManualHours.event_id == Event.id, ~undone)
        .exists()
    )
    rows = db.session.execute(
        select(Attendance, Event, Site)
        .join(Volunteer, Volunteer.resident_id == Attendance.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(
            Volunteer.id == volunteer_id,
            Attendance.part == Part.VOLUNTEER,
            ~Attendance.undone,
            Event.starts_at <= now,
            ~lined,
            ~by_hand,
            *among,
        )
        .order_by(Event.starts_at.desc(), Event.id)
        .limit(MOST)
    )
    return [Pending(there, event, site, _why(there, event)) for there, event, site in rows]


def _why(there: Attendance, event: Event) -> Why:
    if event.state is not State.CLOSED_OUT:
        return Why.NOT_CLOSED
    if there.left_at is None:
        return Why.NO_OUT
    if not {there.came_how, there.left_how} & STAFF_SIDE:
        return Why.NO_STAFF
    return Why.NOTHING_LEFT
