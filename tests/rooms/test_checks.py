"""Each invariant of rooms fires on a corrupted row, and on that row alone."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.room_checks import CHECKS as OF_EVENTS
from stationapp.rooms.checks import CHECKS as OF_ROOMS
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.operations import add_room
from stationapp.rooms.rules import RoomFacts, RoomKind
from tests import cast

CORRUPTIONS = [
    ("P1 rooms", "UPDATE bookings SET room_id = :room WHERE id = :later", "booking {later}"),
    ("P2 bookings", "UPDATE bookings SET room_id = :other WHERE id = :id", "booking {id}"),
    ("P2 bookings", "UPDATE events SET room_id = NULL WHERE id = :event", "booking {id}"),
    ("P2 bookings", "UPDATE bookings SET starts_at = :before WHERE id = :id", "booking {id}"),
    ("P2 bookings", "UPDATE bookings SET ends_at = :before, released_at = NULL, starts_at = :long_before"
     " WHERE id = :id", "booking {id}"),
    ("P3 booked", "DELETE FROM bookings WHERE id = :id", "event {event}"),
    ("P3 booked", "DELETE FROM bookings WHERE room_id = :bus", "event {event}"),
    ("P4 unbooked", "UPDATE events SET state = 'cancelled' WHERE id = :later_event", "booking {later}"),
]  # fmt: skip


def found() -> dict[str, list[str]]:
    db.session.rollback()
    return {check.name: rows for check in (*OF_ROOMS, *OF_EVENTS) if (rows := check.find())}


def make(site, name, kind=RoomKind.ROOM) -> Room:
    with transaction():
        return add_room(site, kind, RoomFacts(name), by=None, now=clock.now())


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "sql", "row"), CORRUPTIONS)
def test_the_check_fires_on_the_corrupted_row_alone(app, name, sql, row):
    people = cast.district(app)
    with app.app_context():
        room, other, third = (make(people.one, one) for one in ("舞蹈室", "书画室", "健身房"))
        bus = make(people.center, "图书车", RoomKind.SHARED)
        event = cast.event(people.one, room_id=room.id, shared=frozenset({bus.id}))
        later = cast.event(people.one, room_id=other.id, starts_at=event.starts_at + timedelta(hours=1))
        cast.event(people.one, room_id=third.id, publish=False)
        values = {
            "event": event.id,
            "later_event": later.id,
            "room": room.id,
            "other": third.id,
            "bus": bus.id,
            "id": booking(event, room),
            "later": booking(later, other),
            "before": stored(event.starts_at - timedelta(hours=2)),
            "long_before": stored(event.starts_at - timedelta(hours=3)),
        }
        assert found() == {}
        without_guards()
        db.session.execute(text(sql), {key: value for key, value in values.items() if f":{key}" in sql})
        db.session.commit()
        fired = found()
        assert fired[name] == [row.format(**values)]


def stored(at):
    """An instant as raw SQL needs it."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if db.engine.dialect.name == "sqlite" else at


def booking(event, room) -> int:
    return db.session.scalar(
        select(Booking.id).where(Booking.event_id == event.id, Booking.room_id == room.id)
    )


def without_guards() -> None:
    """Take away what would refuse the corruption."""
    if db.engine.dialect.name == "sqlite":
        for verb in ("insert", "update"):
            db.session.execute(text(f"DROP TRIGGER bookings_no_overlap_{verb}"))
    else:
        db.session.execute(text("ALTER TABLE bookings DROP CONSTRAINT ex_bookings_overlap"))


@pytest.mark.both_databases
def test_what_is_over_or_was_released_is_in_order(app):
    people = cast.district(app)
    with app.app_context():
        room = make(people.one, "舞蹈室")
        began = clock.now() - timedelta(minutes=45)
        event = cast.event(people.one, room_id=room.id, starts_at=began)
        over = cast.event(people.one, room_id=room.id, starts_at=began - timedelta(days=3))
        with transaction():
            kept = db.session.get_one(Booking, booking(event, room))
            kept.ends_at = kept.released_at = clock.now()
            db.session.execute(text("DELETE FROM bookings WHERE event_id = :id"), {"id": over.id})
        assert found() == {}
