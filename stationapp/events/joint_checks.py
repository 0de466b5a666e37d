"""Joint events: partners apart from the lead and told of it, what is asked for within reach (domain.md §5)."""

from sqlalchemy import Select, or_, select

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Event, EventPartner, EventShared
from stationapp.events.rules import State
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.rooms.models import Room
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Site


def _events(query: Select) -> list[str]:
    return [f"event {number}" for number in db.session.scalars(query.distinct().order_by(Event.id))]


def _own_partner() -> list[str]:
    return _events(
        select(Event.id)
        .join(EventPartner, EventPartner.event_id == Event.id)
        .where(EventPartner.site_id == Event.site_id)
    )


def _untold_partner() -> list[str]:
    """While an event is public and not called off, each partner's desk has had its notice."""
    told = (
        select(Notice.id)
        .where(
            Notice.occasion == Occasion.JOINT,
            Notice.site_id == Site.id,
            Notice.subject == "event " + Event.code + " " + Site.code,
        )
        .exists()
    )
    return _events(
        select(Event.id)
        .join(EventPartner, EventPartner.event_id == Event.id)
        .join(Site, Site.id == EventPartner.site_id)
        .where(Event.state == State.PUBLISHED, ~told)
    )


def _out_of_reach() -> list[str]:
    """What goes round belongs to the event's site or one above it."""
    owner = Site.__table__.alias("owner")
    return _events(
        select(Event.id)
        .join(Site, Site.id == Event.site_id)
        .join(EventShared, EventShared.event_id == Event.id)
        .join(Room, Room.id == EventShared.room_id)
        .join(owner, owner.c.id == Room.site_id)
        .where(or_(Room.kind != RoomKind.SHARED, ~Site.path.startswith(owner.c.path)))
    )


CHECKS = (
    Check("S9 joint lead", "联合举办的阵地里没有牵头的阵地", _own_partner),
    Check("S9 joint told", "已发布的联合活动，每个一起办的阵地都收到了提醒", _untold_partner),
    Check("S9 joint shared", "活动要用的流动资源归本级或上级管", _out_of_reach),
)
