"""Reads of rooms and of who has them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, or_, select

from stationapp.db import db
from stationapp.refusal import NotFound
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import LONGEST_HOLD, RoomKind, Span, is_open, suits
from stationapp.rooms.times import nearest_times, reach
from stationapp.sites.models import Site
from stationapp.sites.rules import ids_of


def list_rooms(site: Site) -> list[Room]:
    """The rooms of that site alone, in the order they were entered."""
    query = select(Room).where(Room.site_id == site.id, Room.kind == RoomKind.ROOM)
    return list(db.session.scalars(query.order_by(Room.id)))


def get_site_with_rooms(code: str) -> tuple[Site, list[Room]]:
    """The site with that code and its rooms, in the order they were entered, in one query; raises NotFound."""
    its = (Room.site_id == Site.id) & (Room.kind == RoomKind.ROOM)
    query = select(Site, Room).outerjoin(Room, its).where(Site.code == code)
    rows = db.session.execute(query.order_by(Room.id)).all()
    if not rows:
        raise NotFound
    return rows[0][0], [room for _site, room in rows if room]


def list_booked(room_ids: Collection[int], first_at: datetime, last_at: datetime) -> dict[int, list[Booking]]:
    """The bookings of these rooms within [first_at, last_at), by room, in order."""
    query = select(Booking).where(
        Booking.room_id.in_(room_ids), Booking.starts_at < last_at, Booking.ends_at > first_at
    )
    booked: dict[int, list[Booking]] = {room_id: [] for room_id in room_ids}
    for booking in db.session.scalars(query.order_by(Booking.starts_at)):
        booked[booking.room_id].append(booking)
    return booked


def list_shared(site: Site) -> list[Room]:
    """What goes round and may be asked for at that site: its own and those of the sites above it."""
    query = select(Room).where(Room.site_id.in_(ids_of(site.path)), Room.kind == RoomKind.SHARED)
    return list(db.session.scalars(query.order_by(Room.site_id, Room.id)))


def find_room(room_id: int | None) -> Room | None:
    """The room with that id."""
    return db.session.get(Room, room_id) if room_id is not None else None


def find_with_site(room_id: int) -> tuple[Room, Site] | None:
    """The room with that id and the site it belongs to."""
    query = select(Room, Site).join(Site, Site.id == Room.site_id).where(Room.id == room_id)
    found = db.session.execute(query).one_or_none()
    return (found[0], found[1]) if found else None


def at_desk(reached: ColumnElement[bool], paths: Collection[str], site: Site | None) -> Select:
    """(Room, Site) at the sites `reached` allows, in the order of their codes, for `paged`; at `site` alone if given.

    What goes round comes with it when it belongs to a site above one of `paths`: those may ask for it.
    """
    above = {number for path in paths for number in ids_of(path)}
    lent = (Room.kind == RoomKind.SHARED) & Site.id.in_(above)
    query = select(Room, Site).join(Site, Site.id == Room.site_id).where(or_(reached, lent))
    if site:
        query = query.where(Site.id == site.id)
    return query.order_by(Site.code, Room.id)


def list_released(event_id: int) -> list[str]:
    """Names of what an event had and gave back because nobody came."""
    query = select(Room.name).join(Booking, Booking.room_id == Room.id)
    released = query.where(Booking.event_id == event_id, Booking.released_at.is_not(None))
    return list(db.session.scalars(released.order_by(Room.id)))


class Clash(NamedTuple):
    """A booking that is in the way; of an event (its id) or held for `purpose`."""

    room_id: int
    room: str
    starts_at: datetime
    ends_at: datetime
    event_id: int | None
    purpose: str


def list_clashes(
    room_ids: Collection[int], starts_at: datetime, ends_at: datetime, *, besides: int | None = None
) -> list[Clash]:
    """What is booked in any of these rooms within [starts_at, ends_at), except for the event with id `besides`."""
    query = (
        select(Room.id, Room.name, Booking.starts_at, Booking.ends_at, Booking.event_id, Booking.purpose)
        .join(Room, Room.id == Booking.room_id)
        .where(Booking.room_id.in_(room_ids), Booking.starts_at < ends_at, Booking.ends_at > starts_at)
        .order_by(Booking.starts_at, Room.id)
    )
    if besides is not None:
        query = query.where(_not_of(besides))
    return [Clash(*row) for row in db.session.execute(query)] if room_ids else []


def list_busy(
    room_ids: Collection[int], first_at: datetime, last_at: datetime, *, besides: int | None = None
) -> dict[int, list[Span]]:
    """When each of these rooms is booked within [first_at, last_at): (start, end) in order, whole as they stand.

    Bookings of the event with id `besides` are left out.
    """
    busy: dict[int, list[Span]] = {room_id: [] for room_id in room_ids}
    query = (
        select(Booking.room_id, Booking.starts_at, Booking.ends_at)
        .where(Booking.room_id.in_(busy), Booking.starts_at < last_at, Booking.ends_at > first_at)
        .order_by(Booking.starts_at)
    )
    if besides is not None:
        query = query.where(_not_of(besides))
    for room_id, starts_at, ends_at in db.session.execute(query) if busy else ():
        busy[room_id].append((starts_at, ends_at))
    return busy


def _not_of(event_id: int) -> ColumnElement[bool]:
    return or_(Booking.event_id.is_(None), Booking.event_id != event_id)


@dataclass(frozen=True)
class Offers:
    """What is possible instead: other starts at which all that is wanted is free, other rooms at the wished time."""

    times: list[datetime]
    rooms: list[Room]

    def __bool__(self) -> bool:
        return bool(self.times or self.rooms)


def offers(
    wanted: Sequence[Room],
    starts_at: datetime,
    ends_at: datetime,
    *,
    people: int | None = None,
    besides: int | None = None,
    now: datetime,
) -> Offers:
    """The nearest free times for everything `wanted`, and rooms of the same site free and open at the wished time.

    Rooms are offered instead of the one wanted ROOM, when it is that one which cannot be had and nothing else;
    they hold `people` and are step-free when that one is. Two queries, however much is wanted.
    """
    length = ends_at - starts_at
    if length > LONGEST_HOLD:
        return Offers([], [])
    wished = next((room for room in wanted if room.kind is RoomKind.ROOM), None)
    others = [room for room in _rooms_beside(wished) if suits(wished, room, people)] if wished else []
    ids = {room.id for room in (*wanted, *others)}
    busy = list_busy(ids, *reach(starts_at, length, now), besides=besides)

    def fits(room: Room) -> bool:
        taken = any(start < ends_at and starts_at < end for start, end in busy[room.id])
        return not taken and is_open(week_of(room.hours), starts_at, ends_at)

    weeks = [week_of(room.hours) for room in wanted]
    taken = [span for room in wanted for span in busy[room.id]]
    times = nearest_times(weeks, taken, starts_at, length, now=now)
    instead = wished and starts_at >= now and not fits(wished)
    if not instead or not all(fits(room) for room in wanted if room is not wished):
        return Offers(times, [])
    return Offers(times, [room for room in others if fits(room)])


def _rooms_beside(wished: Room) -> list[Room]:
    query = select(Room).where(
        Room.site_id == wished.site_id, Room.kind == RoomKind.ROOM, Room.id != wished.id
    )
    return list(db.session.scalars(query.order_by(Room.id)))
