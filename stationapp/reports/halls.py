"""How much the rooms of sites are used in a month, for the whole district at once (domain.md §9, I-26)."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import select

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import RoomKind, Span
from stationapp.rooms.times import minutes, minutes_used, opening
from stationapp.sites.models import Site


class RoomUse(NamedTuple):
    """The own rooms of a site: booked minutes within opening hours, opening minutes, rooms counted, and rooms whose
    hours nobody said: these are left out."""

    used: int
    open: int
    rooms: int
    without_hours: int


def by_site(months: Collection[Month]) -> dict[Month, dict[int, RoomUse]]:
    """The use of each site's own rooms in each of these months, by the site's id. Two statements.

    Hours are the rooms' as they stand, and only those while the site is in force; what goes round between sites is
    no room of theirs.
    """
    found: dict[Month, dict[int, list[_Use]]] = {month: defaultdict(list) for month in months}
    if not months:
        return {}
    busy = _busy(min(months).begins_at, max(months).ends_at)
    for room in _rooms():
        for month in months:
            if within := _in_force(room, month):
                found[month][room.site_id].append(_use(room.hours, busy.get(room.id, ()), within))
    return {month: {id: _together(uses) for id, uses in sites.items()} for month, sites in found.items()}


def by_room(months: Collection[Month]) -> dict[int, tuple[int, int] | tuple[None, None]]:
    """(used, open) of each own room in these months together, by the room's id; None where its hours are not said."""
    busy = _busy(min(months).begins_at, max(months).ends_at)
    found: dict[int, tuple] = {}
    for room in _rooms():
        spans = [within for month in months if (within := _in_force(room, month))]
        uses = [_use(room.hours, busy.get(room.id, ()), within) for within in spans]
        if uses:
            found[room.id] = (None, None) if None in uses else tuple(map(sum, zip(*uses, strict=True)))
    return found


def lengths(begins_at: datetime, ends_at: datetime) -> dict[int, int]:
    """Minutes that each closed-out event beginning in [begins_at, ends_at) had rooms of its site: its length, once
    for each room. Events without a room are missing. One statement."""
    rows = db.session.execute(
        select(Event.id, Event.starts_at, Event.ends_at)
        .join(Booking, Booking.event_id == Event.id)
        .join(Room, Room.id == Booking.room_id)
        .where(
            Room.kind == RoomKind.ROOM,
            Event.state == State.CLOSED_OUT,
            Event.starts_at >= begins_at,
            Event.starts_at < ends_at,
        )
    )
    found: dict[int, int] = defaultdict(int)
    for event_id, start, end in rows:
        found[event_id] += minutes([(start, end)])
    return dict(found)


_Use = tuple[int, int] | None
"""(used, open) of one room; None: its hours are not said."""


def _rooms():
    return db.session.execute(
        select(Room.id, Room.site_id, Room.hours, Site.valid_from, Site.valid_to)
        .join(Site, Site.id == Room.site_id)
        .where(Room.kind == RoomKind.ROOM)
        .order_by(Site.code, Room.id)
    ).all()


def _busy(begins_at: datetime, ends_at: datetime) -> dict[int, list[Span]]:
    """When rooms are booked, by room; whoever has it, an event or something else."""
    rows = db.session.execute(
        select(Booking.room_id, Booking.starts_at, Booking.ends_at)
        .where(Booking.starts_at < ends_at, Booking.ends_at > begins_at)
        .order_by(Booking.starts_at)
    )
    busy: dict[int, list[Span]] = defaultdict(list)
    for room_id, start, end in rows:
        busy[room_id].append((start, end))
    return busy


def _in_force(room, month: Month) -> tuple[date, date] | None:
    """The first day of the month on which the room's site was in force, and the last."""
    first = max(month.first_day, room.valid_from)
    last = min(month.last_day, room.valid_to or month.last_day)
    return (first, last) if first <= last else None


def _use(hours: str, busy: Iterable[Span], within: tuple[date, date]) -> _Use:
    if not (week := week_of(hours)):
        return None
    return minutes_used(week, busy, _span(*within)), _open_minutes(hours, *within)


@lru_cache(maxsize=4096)
def _open_minutes(hours: str, first: date, last: date) -> int:
    """Many rooms of a district keep the same hours."""
    return minutes(opening(week_of(hours), _span(first, last)))


def _span(first: date, last: date) -> Span:
    return clock.instant(first), clock.instant(last + timedelta(days=1))


def _together(uses: list[_Use]) -> RoomUse:
    said = [use for use in uses if use is not None]
    used, open_ = (sum(column) for column in zip(*said, strict=True)) if said else (0, 0)
    return RoomUse(used, open_, len(said), len(uses) - len(said))
