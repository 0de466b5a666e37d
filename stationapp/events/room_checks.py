"""P2–P4: what stands booked is what events want, at their time, and only while they are to be held."""

from sqlalchemy import and_, exists, not_, or_, select, union

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Event, EventShared
from stationapp.events.rules import BOOKED
from stationapp.rooms.models import Booking


def _bookings(condition) -> list[str]:
    query = select(Booking.id).join(Event, Event.id == Booking.event_id).where(condition)
    return [f"booking {number}" for number in db.session.scalars(query.order_by(Booking.id))]


def _not_as_the_event() -> list[str]:
    released = and_(Booking.released_at.is_not(None), Booking.ends_at <= Event.ends_at)
    shared = exists().where(EventShared.event_id == Event.id, EventShared.room_id == Booking.room_id)
    same_time = and_(Booking.starts_at == Event.starts_at, or_(Booking.ends_at == Event.ends_at, released))
    wanted = or_(and_(Event.room_id.is_not(None), Event.room_id == Booking.room_id), shared)
    return _bookings(not_(and_(same_time, wanted)))


def _of_no_plan() -> list[str]:
    return _bookings(Event.state.not_in(BOOKED))


def _without_its_room() -> list[str]:
    """What is over is left out: of two that had been let into one room before bookings were kept, one has none."""
    wants = union(
        select(Event.id.label("event_id"), Event.room_id.label("room_id")).where(Event.room_id.is_not(None)),
        select(EventShared.event_id, EventShared.room_id),
    ).subquery()
    has = exists().where(Booking.event_id == wants.c.event_id, Booking.room_id == wants.c.room_id)
    query = (
        select(Event.id)
        .join(wants, wants.c.event_id == Event.id)
        .where(Event.state.in_(BOOKED), Event.ends_at > clock.now(), ~has)
        .distinct()
        .order_by(Event.id)
    )
    return [f"event {number}" for number in db.session.scalars(query)]


CHECKS = (
    Check("P2 bookings", "订下的功能室就是活动要用的那间，时间也一样", _not_as_the_event),
    Check("P3 booked", "已提交、已发布、还没结束的活动都订到了要用的功能室", _without_its_room),
    Check("P4 unbooked", "草稿、延期和取消的活动不占功能室", _of_no_plan),
)
