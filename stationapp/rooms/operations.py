"""The verbs of rooms: book, hold, give back. The database has the last word on overlap."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.queries import list_clashes
from stationapp.rooms.rules import RoomRefusal


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
    if clashes := list_clashes(room_ids, starts_at, ends_at, besides=event_id):
        raise Refused(RoomRefusal.TAKEN, clashes=clashes)
    give_back(event_id)
    rows = [
        Booking(
            room_id=room_id, event_id=event_id, starts_at=starts_at, ends_at=ends_at, made_at=now, made_by=by
        )
        for room_id in sorted(room_ids)
    ]
    _keep(rows, room_ids, starts_at, ends_at, event_id)


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
    if clashes := list_clashes([room.id], starts_at, ends_at):
        raise Refused(RoomRefusal.TAKEN, clashes=clashes)
    held = Booking(
        room_id=room.id, starts_at=starts_at, ends_at=ends_at, purpose=purpose, made_at=now, made_by=by
    )
    _keep([held], [room.id], starts_at, ends_at, None)
    record("rooms.hold", f"booking {held.id}", by=by, now=now, site_id=room.site_id)
    return held


def let_go(held: Booking, *, by: int | None, now: datetime) -> None:
    """End a hold; one under way ends now and its past stays on record."""
    room = db.session.get_one(Room, held.room_id)
    if held.starts_at < now < held.ends_at:
        held.ends_at = held.released_at = now
    elif now <= held.starts_at:
        db.session.delete(held)
    db.session.flush()
    record("rooms.let_go", f"booking {held.id}", by=by, now=now, site_id=room.site_id)


def release(event_id: int, *, now: datetime) -> int:
    """End an event's bookings early, because nobody came; how many there were."""
    live = db.session.scalars(
        select(Booking).where(Booking.event_id == event_id, Booking.starts_at < now, Booking.ends_at > now)
    ).all()
    for booking in live:
        booking.ends_at = booking.released_at = now
    db.session.flush()
    return len(live)


def _keep(
    rows: list[Booking],
    room_ids: Collection[int],
    starts_at: datetime,
    ends_at: datetime,
    event_id: int | None,
) -> None:
    """Write them, or say what another request booked in between."""
    try:
        with db.session.begin_nested():
            db.session.add_all(rows)
            db.session.flush()
    except IntegrityError as error:
        raise Refused(
            RoomRefusal.TAKEN, clashes=list_clashes(room_ids, starts_at, ends_at, besides=event_id)
        ) from error
