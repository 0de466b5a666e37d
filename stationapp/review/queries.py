"""What waits for a reviewer, with everything needed to decide; a fixed number of queries for any number of events."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import ColumnElement, Select, func, select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.calendar.queries import Named, named
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, EventStep
from stationapp.events.queries import fields_of_all
from stationapp.events.rules import EventFields, State, missing
from stationapp.review.rules import Seen
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import is_open
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.volunteers.models import Shift
from stationapp.volunteers.rules import Risk


@dataclass(frozen=True)
class Wanted:
    """What the queue is narrowed to; None: not at all. `site` stands for itself and those beneath."""

    site: Site | None = None
    month: Month | None = None


@dataclass(frozen=True)
class Submitted:
    """An event that waits, as a reviewer needs it. `step` is the number of the step it was submitted with."""

    event: Event
    site: Site
    seen: Seen
    step: int
    by: str | None
    fields: EventFields
    room: Room | None
    shared: tuple[Room, ...]
    partners: tuple[Site, ...]
    day: Named | None
    shifts: tuple[Shift, ...]


def waiting(reached: ColumnElement[bool], wanted: Wanted) -> Select:
    """(Event, Site) for `paged`: stations in code order, and each one's events by time."""
    query = select(Event, Site).join(Site, Site.id == Event.site_id)
    query = query.where(reached, Event.state == State.SUBMITTED)
    if wanted.site:
        query = query.where(beneath(wanted.site.path))
    if wanted.month:
        query = query.where(Event.starts_at >= wanted.month.begins_at, Event.starts_at < wanted.month.ends_at)
    return query.order_by(Site.code, Event.starts_at, Event.id)


def find_waiting(reached: ColumnElement[bool], codes: Collection[str]) -> list[tuple[Event, Site]]:
    """Those of these events that still wait, in the same order."""
    rows = db.session.execute(waiting(reached, Wanted()).where(Event.code.in_(codes)))
    return [(event, site) for event, site in rows]


def count_waiting(reached: ColumnElement[bool]) -> int:
    """How many wait in all."""
    query = select(func.count()).select_from(Event).join(Site, Site.id == Event.site_id)
    return db.session.scalar(query.where(reached, Event.state == State.SUBMITTED))


def look_at(rows: Sequence[tuple[Event, Site]], *, reviewer: int) -> list[Submitted]:
    """Everything about these events that `review_rules.problems` asks for, and what the page shows."""
    if not rows:
        return []
    ids = [event.id for event, _site in rows]
    fields = fields_of_all(event for event, _site in rows)
    days = _days([event for event, _site in rows])
    steps, shifts, booked, twins = _last_steps(ids), _shifts(ids), _booked(ids), _twins(rows)
    rooms = _by_id(Room, {number for one in fields.values() for number in one.bookable})
    partners = _by_id(Site, {number for one in fields.values() for number in one.partners})
    return [
        Submitted(
            event=event,
            site=site,
            seen=_seen(
                event,
                site,
                room=rooms.get(event.room_id),
                day=days.get(clock.day_of(event.starts_at)),
                booked=fields[event.id].bookable <= booked.get(event.id, set()),
                twins=twins[event.id],
                uninsured=any(one.risk is Risk.ELEVATED and not one.insurance for one in shifts[event.id]),
                own=steps[event.id][1] == reviewer,
            ),
            step=steps[event.id][0],
            by=steps[event.id][2],
            fields=fields[event.id],
            room=rooms.get(event.room_id),
            shared=tuple(rooms[number] for number in sorted(fields[event.id].shared)),
            partners=tuple(
                sorted((partners[n] for n in fields[event.id].partners), key=lambda one: one.code)
            ),
            day=days.get(clock.day_of(event.starts_at)),
            shifts=tuple(shifts[event.id]),
        )
        for event, site in rows
    ]


def _seen(event: Event, site: Site, *, room: Room | None, day: Named | None, **more) -> Seen:
    hours = week_of(room.hours or site.hours) if room else {}
    return Seen(
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        opens_at=event.opens_at,
        closes_at=event.closes_at,
        capacity=event.capacity,
        room_capacity=room.capacity if room else None,
        missing=missing(event),
        open=is_open(hours, event.starts_at, event.ends_at),
        holiday=day is not None and not day.works,
        worked_instead=day is not None and day.works,
        **more,
    )


def _days(events: Sequence[Event]) -> dict:
    days = [clock.day_of(event.starts_at) for event in events]
    return named(min(days), max(days))


def _last_steps(ids: Collection[int]) -> dict[int, tuple[int, int | None, str | None]]:
    """The number of each event's last step, who took it, and their name."""
    last = select(func.max(EventStep.id)).where(EventStep.event_id.in_(ids)).group_by(EventStep.event_id)
    rows = db.session.execute(
        select(EventStep.event_id, EventStep.id, EventStep.by, Staff.name)
        .outerjoin(Staff, Staff.id == EventStep.by)
        .where(EventStep.id.in_(last))
    )
    return {event_id: (step, by, name) for event_id, step, by, name in rows}


def _shifts(ids: Collection[int]) -> dict[int, list[Shift]]:
    found: dict[int, list[Shift]] = {number: [] for number in ids}
    for shift in db.session.scalars(
        select(Shift).where(Shift.event_id.in_(ids), Shift.ended_at.is_(None)).order_by(Shift.id)
    ):
        found[shift.event_id].append(shift)
    return found


def _booked(ids: Collection[int]) -> dict[int, set[int]]:
    """What each event has booked for its whole time."""
    found: dict[int, set[int]] = {}
    rows = (
        select(Booking.event_id, Booking.room_id)
        .join(Event, Event.id == Booking.event_id)
        .where(
            Booking.event_id.in_(ids),
            Booking.starts_at <= Event.starts_at,
            Booking.ends_at >= Event.ends_at,
        )
    )
    for event_id, room_id in db.session.execute(rows):
        found.setdefault(event_id, set()).add(room_id)
    return found


def _twins(rows: Sequence[tuple[Event, Site]]) -> dict[int, tuple[str, ...]]:
    """For each event the sites under the same office that hold, or want to hold, one of its name that day."""
    day = timedelta(days=1)
    others = db.session.execute(
        select(Event.id, Event.title, Event.starts_at, Site.short_name, Site.parent_id)
        .join(Site, Site.id == Event.site_id)
        .where(
            Event.title.in_({event.title for event, _site in rows}),
            Event.state.in_((State.SUBMITTED, State.PUBLISHED)),
            Event.starts_at > min(event.starts_at for event, _site in rows) - day,
            Event.starts_at < max(event.starts_at for event, _site in rows) + day,
            Site.parent_id.in_({site.parent_id for _event, site in rows}),
        )
        .order_by(Site.code, Event.id)
    )
    same: dict[tuple, list[tuple[int, str]]] = {}
    for number, title, starts_at, name, parent in others:
        same.setdefault((title, clock.day_of(starts_at), parent), []).append((number, name))
    return {
        event.id: tuple(
            name
            for number, name in same.get((event.title, clock.day_of(event.starts_at), site.parent_id), ())
            if number != event.id
        )
        for event, site in rows
    }


def _by_id(table, ids: Collection[int]) -> dict:
    return {row.id: row for row in db.session.scalars(select(table).where(table.id.in_(ids)))} if ids else {}
