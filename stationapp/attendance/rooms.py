"""What attendance says of rooms: how much they are used, and where nobody came (domain.md §5, §9)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, func, select

from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.queries import list_busy
from stationapp.rooms.rules import is_unused
from stationapp.rooms.times import common, minutes, minutes_used, opening


@dataclass(frozen=True)
class Use:
    """A room's month in minutes: booked, of these within opening hours, open; None where hours are not said."""

    booked: int
    used: int | None
    open: int | None
    person_minutes: int


def uses_of(rooms: Sequence[Room], month: Month) -> dict[int, Use]:
    """The use of each room in a month, by its id (I-26). Two queries."""
    within = (month.begins_at, month.ends_at)
    ids = [room.id for room in rooms]
    busy, people = list_busy(ids, *within), person_minutes(ids, *within)
    uses = {}
    for room in rooms:
        week = week_of(room.hours)
        uses[room.id] = Use(
            minutes(cut for span in busy[room.id] if (cut := common(span, within))),
            minutes_used(week, busy[room.id], within) if week else None,
            minutes(opening(week, within)) if week else None,
            people[room.id],
        )
    return uses


def person_minutes(room_ids: Collection[int], first_at: datetime, last_at: datetime) -> dict[int, int]:
    """Person-minutes in these rooms: people served at an event × its length, by room (domain.md §9, I-26).

    Of the events that begin within [first_at, last_at); named residents and headcounts together.
    """
    named = (
        select(func.count())
        .where(Attendance.event_id == Event.id, ~Attendance.undone, Attendance.part == Part.RESIDENT)
        .scalar_subquery()
    )
    counted = (
        select(func.coalesce(func.sum(Headcount.people), 0))
        .where(Headcount.event_id == Event.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(Booking.room_id, Event.starts_at, Event.ends_at, named + counted)
        .join(Event, Event.id == Booking.event_id)
        .where(Booking.room_id.in_(room_ids), Event.starts_at >= first_at, Event.starts_at < last_at)
    )
    minutes = dict.fromkeys(room_ids, 0)
    for room_id, starts_at, ends_at, people in rows:
        minutes[room_id] += people * int((ends_at - starts_at).total_seconds() // 60)
    return minutes


def unused_bookings(now: datetime) -> dict[tuple[Event, int], list[int]]:
    """Bookings of published events under way where nobody has come for as long as the room waits (domain.md §5).

    Ids of bookings by their event and by how many minutes were waited.
    """
    there = exists().where(Attendance.event_id == Event.id, ~Attendance.undone)
    counted = exists().where(Headcount.event_id == Event.id, Headcount.people > 0)
    rows = db.session.execute(
        select(Booking.id, Event, Room.release_after)
        .join(Event, Event.id == Booking.event_id)
        .join(Room, Room.id == Booking.room_id)
        .where(
            Event.state == State.PUBLISHED,
            Event.starts_at <= now,
            Booking.ends_at > now,
            Booking.starts_at < now,
            ~there,
            ~counted,
        )
        .order_by(Booking.id)
    )
    unused: dict[tuple[Event, int], list[int]] = {}
    for booking_id, event, after in rows:
        if is_unused(after, event.starts_at, now):
            unused.setdefault((event, after), []).append(booking_id)
    return unused
