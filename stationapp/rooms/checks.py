"""P1: no room is given twice at one time; what a booking is of, its event's side, stands in `events/room_checks.py`."""

from sqlalchemy import select
from sqlalchemy.orm import aliased

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.rooms.models import Booking


def _overlapping() -> list[str]:
    earlier = aliased(Booking)
    query = (
        select(Booking.id)
        .join(earlier, earlier.room_id == Booking.room_id)
        .where(
            earlier.id != Booking.id,
            earlier.starts_at < Booking.ends_at,
            earlier.ends_at > Booking.starts_at,
            # of two that overlap the later is named, by its start and then by its number
            (earlier.starts_at < Booking.starts_at)
            | ((earlier.starts_at == Booking.starts_at) & (earlier.id < Booking.id)),
        )
        .distinct()
        .order_by(Booking.id)
    )
    return [f"booking {number}" for number in db.session.scalars(query)]


CHECKS = (Check("P1 rooms", "同一间功能室同一时间只给一家", _overlapping),)
