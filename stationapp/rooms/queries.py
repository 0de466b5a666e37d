"""Reads of rooms and of who has them."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import or_, select

from stationapp.db import db
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Site


def list_rooms(site: Site) -> list[Room]:
    """The rooms of that site alone, in the order they were entered."""
    query = select(Room).where(Room.site_id == site.id, Room.kind == RoomKind.ROOM)
    return list(db.session.scalars(query.order_by(Room.id)))


def list_shared(site: Site) -> list[Room]:
    """What goes round and may be asked for at that site: its own and those of the sites above it."""
    above = [int(number) for number in site.path.strip("/").split("/")]
    query = select(Room).where(Room.site_id.in_(above), Room.kind == RoomKind.SHARED)
    return list(db.session.scalars(query.order_by(Room.site_id, Room.id)))


def find_room(room_id: int | None) -> Room | None:
    """The room with that id."""
    return db.session.get(Room, room_id) if room_id is not None else None


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
        query = query.where(or_(Booking.event_id.is_(None), Booking.event_id != besides))
    return [Clash(*row) for row in db.session.execute(query)] if room_ids else []


def list_busy(
    room_ids: Collection[int], first_at: datetime, last_at: datetime
) -> dict[int, list[tuple[datetime, datetime]]]:
    """When each of these rooms is booked within [first_at, last_at): (start, end) in order, whole as they stand."""
    busy: dict[int, list[tuple[datetime, datetime]]] = {room_id: [] for room_id in room_ids}
    query = (
        select(Booking.room_id, Booking.starts_at, Booking.ends_at)
        .where(Booking.room_id.in_(busy), Booking.starts_at < last_at, Booking.ends_at > first_at)
        .order_by(Booking.starts_at)
    )
    for room_id, starts_at, ends_at in db.session.execute(query) if busy else ():
        busy[room_id].append((starts_at, ends_at))
    return busy
