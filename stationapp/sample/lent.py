"""Rooms in the sample's life: what the center and the offices lend, and where a station holds what."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from stationapp.events.rules import EventFields
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Room
from stationapp.rooms.operations import add_room
from stationapp.rooms.queries import list_clashes, list_rooms, list_shared
from stationapp.rooms.rules import RoomFacts, RoomKind, is_open
from stationapp.sites.models import Site
from stationapp.sites.rules import Level

_WORKING = "周一至周五 08:30-12:00 14:30-18:00"
_LENT = {
    Level.CENTER: (("反诈讲师团", "每天 08:30-12:00 14:30-20:00"), ("流动图书车", "每天 09:00-17:00")),
    Level.OFFICE: (("义诊队", _WORKING),),
    Level.STATION: (),
}
_ASKED = {"反诈宣传进社区": "反诈讲师团", "阅读分享会": "流动图书车", "义诊：量血压测血糖": "义诊队"}
_HELD_IN = {
    "阅读分享会": ("图书阅览室", "书画室"),
    "小小科学家：水火箭": ("未成年人活动室",),
    "豫剧戏迷票友会": ("多功能厅", "舞蹈室"),
    "理论宣讲：身边的变化": ("理论宣讲室", "多功能厅"),
    "智能手机课堂：微信挂号与健康码": ("图书阅览室", "理论宣讲室"),
    "少儿书法班": ("书画室", "未成年人活动室"),
    "反诈宣传进社区": ("理论宣讲室", "多功能厅"),
    "义诊：量血压测血糖": ("多功能厅", "理论宣讲室"),
    "法律咨询日": ("图书阅览室", "书画室"),
    "四点半课堂": ("未成年人活动室", "书画室"),
    "政策宣讲：城乡居民养老保险怎么领": ("理论宣讲室", "多功能厅"),
}
"""Where each programme is held, in the order a manager would ask; what is not here is held outdoors."""


def lend(sites: Iterable[Site], now: datetime) -> None:
    """Enter what the center and the offices lend to the sites beneath; nobody waits for it to come."""
    for site in sites:
        for name, hours in _LENT[site.level]:
            add_room(
                site, RoomKind.SHARED, RoomFacts(name, hours=hours, release_after=None), by=None, now=now
            )


def with_rooms(fields: EventFields, site: Site, title: str, *, event_id: int | None = None) -> EventFields:
    """The same in a room and with what is lent, as far as they are open and free; else at the place in words."""
    rooms = {room.name: room for room in list_rooms(site)}
    wished = [room for room in rooms.values() if room.id == fields.room_id]
    wished += [rooms[name] for name in _HELD_IN.get(title, ()) if name in rooms]
    room = next((one for one in wished if _to_be_had(one, fields, event_id)), None)
    asked = next((one for one in list_shared(site) if one.name == _ASKED.get(title)), None)
    lent = frozenset({asked.id}) if asked and _to_be_had(asked, fields, event_id) else frozenset()
    place = room.name if room else site.address if fields.place in rooms else fields.place
    return replace(fields, room_id=room and room.id, place=place, shared=lent)


def _to_be_had(room: Room, fields: EventFields, event_id: int | None) -> bool:
    times = (fields.starts_at, fields.ends_at)
    if room.capacity is not None and (fields.capacity or 0) > room.capacity:
        return False
    return is_open(week_of(room.hours), *times) and not list_clashes([room.id], *times, besides=event_id)
