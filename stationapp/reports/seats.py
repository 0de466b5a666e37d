"""Places asked for and places taken, event by event for the whole district at once (domain.md §9, I-19, I-20, I-25,
I-28)."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, union

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
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

    `who` says who counts as whom (`residents.queries.counts_as`). Five statements, two of them about few rows.
    """
    span = _closed_out(begins_at, ends_at)
    capacities = dict(
        db.session.execute(select(Event.id, Event.capacity).where(span, Event.capacity > 0)).all()
    )
    all_of = {row[0]: row[1:] for row in db.session.execute(_counts(span))}
    let_in = {row[0]: row[1:] for row in db.session.execute(_let_in(span))}
    elsewhere = _came_by_another_record(span, who)
    return {
        event_id: _seats(
            capacities.get(event_id),
            all_of.get(event_id, (0, 0, 0)),
            let_in.get(event_id, (0, 0, 0)),
            elsewhere[event_id],
        )
        for event_id in capacities.keys() | all_of.keys()
    }


def _seats(capacity: int | None, all_of: tuple, let_in: tuple, elsewhere: int) -> Seats:
    confirmed, came, waiting = (one - other for one, other in zip(all_of, let_in, strict=True))
    return Seats(capacity, confirmed, came + elsewhere, waiting)


def cancelled(begins_at: datetime, ends_at: datetime) -> Counter[tuple[int, Month]]:
    """How many events that were to begin in [begins_at, ends_at) were called off, by site and month (I-25)."""
    rows = db.session.execute(
        select(Event.site_id, Event.starts_at).where(
            Event.state == State.CANCELLED, Event.starts_at >= begins_at, Event.starts_at < ends_at
        )
    )
    return Counter((site_id, Month.of(clock.day_of(starts_at))) for site_id, starts_at in rows)


def _closed_out(begins_at: datetime, ends_at: datetime) -> ColumnElement[bool]:
    return (Event.state == State.CLOSED_OUT) & (Event.starts_at >= begins_at) & (Event.starts_at < ends_at)


def _counts(span: ColumnElement[bool]) -> Select:
    """(event, confirmed, of these seen under the same record, waitlisted).

    The index on (event, state, resident) answers without the table; parties are not asked for each of a million rows,
    but once for the few whom somebody let in at the door (`_let_in`).
    """
    confirmed = Signup.state == Place.CONFIRMED
    return (
        select(
            Signup.event_id,
            func.count().filter(confirmed),
            func.count(Attendance.id).filter(confirmed),
            func.count().filter(Signup.state == Place.WAITLISTED),
        )
        .select_from(Event)
        .join(Signup, Signup.event_id == Event.id)
        .outerjoin(
            Attendance,
            (Attendance.event_id == Signup.event_id)
            & (Attendance.resident_id == Signup.resident_id)
            & ~Attendance.undone,
        )
        .where(span, Signup.state.in_((Place.CONFIRMED, Place.WAITLISTED)))
        .group_by(Signup.event_id)
    )


def _let_in(span: ColumnElement[bool]) -> Select:
    """The same of places that were made for whoever stood at the door: no promise to come."""
    return _counts(span).join(Party, Party.id == Signup.party_id).where(Party.channel == Channel.WALK_IN)


def _came_by_another_record(span: ColumnElement[bool], who: Mapping[int, int]) -> Counter[int]:
    """Sign-ups of one record of a person who was seen under another one of theirs, by event."""
    found: Counter[int] = Counter()
    if not who:
        return found
    records = union(select(Merge.gone_id), select(Merge.kept_id))
    seen = set(_rows(Attendance, span & Attendance.resident_id.in_(records) & ~Attendance.undone))
    people = {(event_id, who.get(record, record)) for event_id, record in seen}
    for event_id, record in _promises(span & Signup.resident_id.in_(records)):
        if (event_id, record) not in seen and (event_id, who.get(record, record)) in people:
            found[event_id] += 1
    return found


def _rows(table, *conditions: ColumnElement[bool]) -> Iterator[tuple[int, int]]:
    rows = (
        select(table.event_id, table.resident_id).join(Event, Event.id == table.event_id).where(*conditions)
    )
    return iter(tuple(row) for row in db.session.execute(rows))


def _promises(*conditions: ColumnElement[bool]) -> Iterator[tuple[int, int]]:
    rows = (
        select(Signup.event_id, Signup.resident_id)
        .join(Event, Event.id == Signup.event_id)
        .join(Party, Party.id == Signup.party_id)
        .where(Signup.state == Place.CONFIRMED, Party.channel != Channel.WALK_IN, *conditions)
    )
    return iter(tuple(row) for row in db.session.execute(rows))
