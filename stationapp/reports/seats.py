"""Places asked for and places taken, event by event for the whole district at once (domain.md §9, I-19, I-20, I-25,
I-28)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, select, union

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, EventStep
from stationapp.events.rules import State
from stationapp.residents.models import Merge
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place


class Seats(NamedTuple):
    """What one event's places came to; people count as sign-ups, one a place.

    `capacity` is None where there is none to be used. `came` of `confirmed` were there in whatever role; `waiting`
    were never offered a place: whoever was offered one holds, took or lost it, and waits no more.
    """

    capacity: int | None = None
    confirmed: int = 0
    came: int = 0
    waiting: int = 0


def by_event(begins_at: datetime, ends_at: datetime, who: Mapping[int, int]) -> dict[int, Seats]:
    """The closed-out events that begin in [begins_at, ends_at) and have a capacity or sign-ups.

    `who` says who counts as whom (`residents.queries.counts_as`). Four statements, three of them about few rows.
    """
    span = _closed_out(begins_at, ends_at)
    let_in = {row[0]: row[1:] for row in db.session.execute(_let_in(span))}
    elsewhere = _came_by_another_record(span, who)
    found = {}
    for event_id, capacity, confirmed, came, waiting in db.session.execute(_places(span)):
        not_promised, let_in_came = let_in.get(event_id, (0, 0))
        seats = Seats(
            capacity or None, confirmed - not_promised, came - let_in_came + elsewhere[event_id], waiting
        )
        if any(seats):
            found[event_id] = seats
    return found


class CalledOff(NamedTuple):
    """An event that will not be; `at` is when that was said (None: nobody knows)."""

    site_id: int
    month: Month  # in which it was to begin
    at: datetime | None


def cancelled(begins_at: datetime, ends_at: datetime) -> list[CalledOff]:
    """The events that were to begin in [begins_at, ends_at) and were called off (I-25)."""
    said = select(func.max(EventStep.at)).where(EventStep.event_id == Event.id, _calls_off())
    rows = db.session.execute(
        select(Event.site_id, Event.starts_at, said.scalar_subquery()).where(
            Event.state == State.CANCELLED, Event.starts_at >= begins_at, Event.starts_at < ends_at
        )
    )
    return [CalledOff(site_id, Month.of(clock.day_of(starts_at)), at) for site_id, starts_at, at in rows]


def cancelled_by(instant: datetime | None) -> ColumnElement[bool]:
    """The condition on Event "called off", or "called off by then": what was put off may be called off long after the
    day it was to be, when its month is closed."""
    if instant is None:
        return Event.state == State.CANCELLED
    later = exists().where(EventStep.event_id == Event.id, _calls_off(), EventStep.at > instant)
    return (Event.state == State.CANCELLED) & ~later.correlate(Event)


def _calls_off() -> ColumnElement[bool]:
    return EventStep.to_state == State.CANCELLED


def _closed_out(begins_at: datetime, ends_at: datetime) -> ColumnElement[bool]:
    return (Event.state == State.CLOSED_OUT) & (Event.starts_at >= begins_at) & (Event.starts_at < ends_at)


def _places(span: ColumnElement[bool]) -> Select:
    """(event, capacity, confirmed, of these seen under the same record, waitlisted).

    Counted within each event: grouping a million rows would sort them first. Nor are parties asked for each of them,
    but once for the few whom somebody let in at the door (`_let_in`).
    """

    def count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
        return select(func.count()).where(Signup.event_id == Event.id, *conditions).scalar_subquery()

    confirmed = Signup.state == Place.CONFIRMED
    return select(
        Event.id,
        Event.capacity,
        count(confirmed),
        count(confirmed, *_SEEN),
        count(Signup.state == Place.WAITLISTED),
    ).where(span)


_SEEN = (
    Attendance.event_id == Signup.event_id,
    Attendance.resident_id == Signup.resident_id,
    ~Attendance.undone,
)
"""Whose sign-up it is was there, in whatever role."""


def _let_in(span: ColumnElement[bool]) -> Select:
    """(event, confirmed, of these seen) of places made for whoever stood at the door: no promise to come.

    The channel is written into the statement: SQLite takes an index over a part of the rows only when it can read
    there that these are meant.
    """
    walk_in = bindparam("walk_in", Channel.WALK_IN, Party.channel.type, literal_execute=True)
    return (
        select(Signup.event_id, func.count(), func.count(Attendance.id))
        .select_from(Party)
        .join(Event, Event.id == Party.event_id)
        .join(Signup, Signup.party_id == Party.id)
        .outerjoin(Attendance, and_(*_SEEN))
        .where(Party.channel == walk_in, Signup.state == Place.CONFIRMED, span)
        .group_by(Signup.event_id)
    )


def _came_by_another_record(span: ColumnElement[bool], who: Mapping[int, int]) -> Counter[int]:
    """Sign-ups of one record of a person who was seen under another one of theirs, by event."""
    found: Counter[int] = Counter()
    if not who:
        return found
    records = union(select(Merge.gone_id), select(Merge.kept_id))
    # Of any time: they are few, and found by record; looked for in each event of a year they are millions of looks.
    rows = select(Attendance.event_id, Attendance.resident_id).where(
        Attendance.resident_id.in_(records), ~Attendance.undone
    )
    seen = {(event_id, record) for event_id, record in db.session.execute(rows)}
    people = {(event_id, who.get(record, record)) for event_id, record in seen}
    for event_id, record in _promises(span & Signup.resident_id.in_(records)):
        if (event_id, record) not in seen and (event_id, who.get(record, record)) in people:
            found[event_id] += 1
    return found


def _promises(*conditions: ColumnElement[bool]) -> Iterator[tuple[int, int]]:
    rows = (
        select(Signup.event_id, Signup.resident_id)
        .join(Event, Event.id == Signup.event_id)
        .join(Party, Party.id == Signup.party_id)
        .where(Signup.state == Place.CONFIRMED, Party.channel != Channel.WALK_IN, *conditions)
    )
    return iter(tuple(row) for row in db.session.execute(rows))
