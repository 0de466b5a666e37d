"""The verbs of rooms: book, hold, give back, enter and correct. The database has the last word on overlap."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.queries import list_clashes
from stationapp.rooms.rules import LONGEST_HOLD, RoomFacts, RoomKind, RoomRefusal
from stationapp.sites.models import Site
from stationapp.sites.rules import Level


def book(
    room_ids: Collection[int],
    event_id: int,
    *,
    starts_at: datetime,
    ends_at: datetime,
    by: int | None,
    now: datetime,
) -> None:
    """Give an event exactly these rooms for exactly this time; what it had before goes back.

    Raises Refused(TAKEN) with what is in the way, and then nothing is changed.
    """
    _in_turn(room_ids)
    if clashes := list_clashes(room_ids, starts_at, ends_at, besides=event_id):
        raise Refused(RoomRefusal.TAKEN, clashes=clashes)
    give_back(event_id)
    rows = [
        Booking(
            room_id=room_id, event_id=event_id, starts_at=starts_at, ends_at=ends_at, made_at=now, made_by=by
        )
        for room_id in sorted(room_ids)
    ]
    with _refusing_overlap(room_ids, starts_at, ends_at, event_id):
        db.session.add_all(rows)


def give_back(event_id: int) -> None:
    """The event needs its rooms no more."""
    db.session.execute(delete(Booking).where(Booking.event_id == event_id))


def hold(
    room: Room, *, starts_at: datetime, ends_at: datetime, purpose: str, by: int | None, now: datetime
) -> Booking:
    """Keep a room for something that is not an event. Raises Refused."""
    purpose = purpose.strip()
    if not purpose:
        raise Refused(RoomRefusal.PURPOSE_MISSING)
    if ends_at <= starts_at:
        raise Refused(RoomRefusal.ENDS_BEFORE_START)
    if ends_at <= now:
        raise Refused(RoomRefusal.IN_PAST)
    if ends_at - starts_at > LONGEST_HOLD:
        raise Refused(RoomRefusal.TOO_LONG)
    _in_turn([room.id])
    if clashes := list_clashes([room.id], starts_at, ends_at):
        raise Refused(RoomRefusal.TAKEN, clashes=clashes)
    held = Booking(
        room_id=room.id, starts_at=starts_at, ends_at=ends_at, purpose=purpose, made_at=now, made_by=by
    )
    with _refusing_overlap([room.id], starts_at, ends_at, None):
        db.session.add(held)
    record("rooms.hold", f"booking {held.id}", by=by, now=now, site_id=room.site_id)
    return held


def let_go(booking_id: int, *, by: int | None, now: datetime) -> bool:
    """End a hold; one under way ends now and its past stays on record. False when there is nothing left to end."""
    query = select(Booking).where(Booking.id == booking_id, Booking.event_id.is_(None))
    held = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if held is None or held.ends_at <= now:
        return False
    room = db.session.get_one(Room, held.room_id)
    if held.starts_at < now:
        held.ends_at = held.released_at = now
    else:
        db.session.delete(held)
    db.session.flush()
    record("rooms.let_go", f"booking {booking_id}", by=by, now=now, site_id=room.site_id)
    return True


def release(booking_ids: Collection[int], *, now: datetime) -> int:
    """End bookings under way early, because nobody came; how many there were."""
    ended = db.session.execute(
        update(Booking)
        .where(Booking.id.in_(booking_ids), Booking.starts_at < now, Booking.ends_at > now)
        .values(ends_at=now, released_at=now)
    )
    return ended.rowcount


def retake(event_id: int, *, ends_at: datetime, by: int | None, now: datetime) -> int:
    """Have back until `ends_at` what was released while the event is under way; how many rooms.

    Raises Refused(TAKEN) when somebody else has been given one since.
    """
    given_up = (Booking.event_id == event_id) & Booking.released_at.is_not(None)
    rooms = db.session.scalars(select(Booking.room_id).where(given_up)).all()
    if ends_at <= now or not rooms:
        return 0
    _in_turn(rooms)
    query = select(Booking).where(given_up, Booking.room_id.in_(rooms)).order_by(Booking.room_id)
    released = db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).all()
    if not released:  # somebody else was quicker
        return 0
    since = min(booking.ends_at for booking in released)
    with _refusing_overlap(rooms, since, ends_at, event_id):
        for booking in released:
            booking.ends_at, booking.released_at = ends_at, None
    room = db.session.get_one(Room, rooms[0])
    record("rooms.retake", f"event {event_id}", by=by, now=now, site_id=room.site_id)
    return len(released)


def add_room(site: Site, kind: RoomKind, facts: RoomFacts, *, by: int | None, now: datetime) -> Room:
    """Enter a room of a site, or something of its that goes round. Raises Refused."""
    if kind is RoomKind.SHARED and site.level is Level.STATION:
        raise Refused(RoomRefusal.STATION_LENDS_NOT)
    room = Room(site_id=site.id, kind=kind)
    return _write(room, facts, "rooms.add", by, now)


def change_room(room: Room, facts: RoomFacts, *, by: int | None, now: datetime) -> Room:
    """Correct what stands about a room; bookings stay as they are. Raises Refused."""
    return _write(room, facts, "rooms.change", by, now)


def _write(room: Room, facts: RoomFacts, act: str, by: int | None, now: datetime) -> Room:
    if not facts.name:
        raise Refused(RoomRefusal.NAME_MISSING)
    same = select(Room.id).where(Room.site_id == room.site_id, Room.name == facts.name)
    if db.session.scalar(same if room.id is None else same.where(Room.id != room.id)):
        raise Refused(RoomRefusal.NAME_TAKEN)
    try:
        with db.session.begin_nested():
            for name, value in vars(facts).items():
                setattr(room, name, value)
            db.session.add(room)
            db.session.flush()
    except IntegrityError as error:  # two people entered the same name at once
        raise Refused(RoomRefusal.NAME_TAKEN) from error
    record(act, f"room {room.id}", by=by, now=now, site_id=room.site_id)
    return room


def _in_turn(room_ids: Collection[int]) -> None:
    """One at a time asks for a room: two that wait for each other's exclusion constraint would end in a deadlock."""
    rows = select(Room.id).where(Room.id.in_(room_ids)).order_by(Room.id)
    db.session.execute(rows.with_for_update(key_share=True))


@contextmanager
def _refusing_overlap(
    room_ids: Collection[int], starts_at: datetime, ends_at: datetime, event_id: int | None
) -> Iterator[None]:
    """Write bookings within; what another request booked in between is what a refusal names."""
    try:
        with db.session.begin_nested():
            yield
            db.session.flush()
    except IntegrityError as error:
        raise Refused(
            RoomRefusal.TAKEN, clashes=list_clashes(room_ids, starts_at, ends_at, besides=event_id)
        ) from error
