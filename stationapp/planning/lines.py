"""The plan in words and rows, on the page and in the file; used by the edges alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from stationapp import clock
from stationapp.calendar.festivals import festivals
from stationapp.calendar.rules import is_working_day
from stationapp.events.rules import Category, State
from stationapp.planning.board import By, Claim, Head, Mark, Row, Slot, lay
from stationapp.planning.forms import Wanted
from stationapp.planning.queries import Plan
from stationapp.rooms.models import Room
from stationapp.rooms.rules import RoomKind
from stationapp.web.filters import day, hour_minute, stamp
from stationapp.web.words import word

NONE = "0"
"""The row of what has no room, or no category yet."""


@dataclass(frozen=True)
class Day:
    """A day as the head of a column: whether people are off, and what it is called."""

    on: date
    off: bool
    names: tuple[str, ...]
    inside: bool = True


@dataclass(frozen=True)
class Said:
    """The words of a slot, looked up once for a page of thousands."""

    letters: dict[State, str]  # one character, for crowded cells
    states: dict[State, str]
    marks: dict[Mark, str]


def words_of_slots() -> Said:
    """The words in the reader's language."""
    letters = {
        State.DRAFT: _("草"),
        State.SUBMITTED: _("审"),
        State.RETURNED: _("退"),
        State.PUBLISHED: _("发"),
        State.POSTPONED: _("延"),
        State.CANCELLED: _("消"),
        State.CLOSED_OUT: _("档"),
    }
    return Said(letters, {one: word(one) for one in State}, {one: word(one) for one in Mark})


def days_of(plan: Plan, shown: list[date]) -> list[Day]:
    """The days with their names: 元旦 休, 班, 冬至 …"""
    feasts = {on: name for year in {one.year for one in shown} for on, name in festivals(year).items()}
    works = {on: name.works for on, name in plan.named.items()}
    return [
        Day(
            on,
            off=not is_working_day(on, works),
            names=_names(on, plan, word(feasts[on]) if on in feasts else ""),
            inside=plan.first <= on <= plan.last,
        )
        for on in shown
    ]


def _names(on: date, plan: Plan, feast: str) -> tuple[str, ...]:
    found = plan.named.get(on)
    if found is None:
        return (feast,) if feast else ()
    named = _("%(name)s 调休上班", name=found.name) if found.works else _("%(name)s 休", name=found.name)
    return (named, feast) if feast and feast not in named else (named,)


def chosen(plan: Plan, wanted: Wanted) -> list[Slot]:
    """The slots the filters leave."""
    return [
        slot
        for slot in plan.slots + plan.joint
        if (wanted.room is None or wanted.room in slot.things)
        and wanted.category in (None, slot.category)
        and wanted.state in (None, slot.state)
        and (wanted.mark is None or wanted.mark in slot.marks)
    ]


def grid(plan: Plan, slots: list[Slot], by: By, shown: list[date]) -> list[Row]:
    """The rows of the board."""
    heads, key = {
        By.SITE: (_site_heads, lambda slot: [str(id) for id in {slot.site_id} | slot.partners]),
        By.ROOM: (_room_heads, lambda slot: [str(thing) for thing in slot.things] or (NONE,)),
        By.CATEGORY: (_category_heads, lambda slot: (slot.category.value if slot.category else NONE,)),
        By.HOUR: (_hour_heads, lambda slot: (str(clock.local(slot.starts_at).hour),)),
        By.DAY: (lambda *_: [(NONE, "", "")], lambda slot: (NONE,)),
    }[by]
    return lay(slots, shown, heads(plan, slots), key)


def _site_heads(plan: Plan, _slots: list[Slot]) -> list[Head]:
    return [(str(site.id), site.short_name, site.code) for site in plan.sites]


def _room_heads(plan: Plan, slots: list[Slot]) -> list[Head]:
    """A site's rooms one and all; of many sites those something is planned in, and what goes round."""
    used = {thing for slot in slots for thing in slot.things} | {claim.room_id for claim in plan.held}
    alone = len(plan.sites) == 1
    names = {site.id: site.short_name for site in plan.sites}
    rooms = [
        (
            str(room.id),
            _room_name(room, names, alone),
            str(room.site_id) if room.kind is RoomKind.ROOM else "",
        )
        for room in plan.rooms
        if room.id in used or (alone and room.kind is RoomKind.ROOM)
    ]
    return [*rooms, (NONE, _("不用功能室"), "")]


def _room_name(room: Room, names: dict[int, str], alone: bool) -> str:
    if room.kind is RoomKind.SHARED:
        return _("%(name)s（共用）", name=room.name)
    return room.name if alone else f"{names[room.site_id]} {room.name}"


def _category_heads(plan: Plan, slots: list[Slot]) -> list[Head]:
    unknown = [(NONE, _("还没定类别"), "")] if any(slot.category is None for slot in slots) else []
    return [*((case.value, word(case), "") for case in Category), *unknown]


def _hour_heads(plan: Plan, slots: list[Slot]) -> list[Head]:
    hours = {clock.local(slot.starts_at).hour for slot in slots} | {9, 17}
    return [(str(hour), _("%(n)d点", n=hour), "") for hour in range(min(hours), max(hours) + 1)]


def held(plan: Plan, by: By, shown: list[date]) -> dict[tuple[str, date], list[str]]:
    """What rooms are kept for besides events, by row and day, where rows are rooms."""
    found: dict[tuple[str, date], list[str]] = {}
    for claim in plan.held if by is By.ROOM else ():
        hours = f"{hour_minute(claim.starts_at)}–{hour_minute(claim.ends_at)}"
        for on in shown:
            if clock.day_of(claim.starts_at) <= on and claim.ends_at > clock.instant(on):
                found.setdefault((str(claim.room_id), on), []).append(f"{hours} {claim.says}")
    return found


def in_the_way(slot: Slot, rooms: dict[int, str]) -> str:
    """What it clashes with, in words: 多功能厅 12月3日 星期四 09:00–10:30 湖北路示例二社区 健康讲座."""
    return "；".join(_claim(claim, rooms) for claim in slot.clashes)


def _claim(claim: Claim, rooms: dict[int, str]) -> str:
    hours = f"{day(claim.starts_at)} {hour_minute(claim.starts_at)}–{hour_minute(claim.ends_at)}"
    return f"{rooms.get(claim.room_id, '')} {hours} {claim.says}".strip()


def counts(slots: Collection[Slot]) -> list[tuple[Mark, int]]:
    """How many slots carry each mark, all marks named."""
    return [(mark, sum(mark in slot.marks for slot in slots)) for mark in Mark]


def csv_head() -> tuple[str, ...]:
    """The column heads of the file."""
    return (
        _("编号"), _("开始"), _("结束"), _("星期"), _("标题"), _("类别"), _("站点"), _("功能室"), _("地点"), _("名额"),
        _("已报"), _("状态"), _("提醒"), _("撞上的"),
    )  # fmt: skip


def csv_row(slot: Slot, rooms: dict[int, str]) -> tuple:
    """The cells under them."""
    return (
        slot.code, stamp(slot.starts_at), stamp(slot.ends_at), day(slot.starts_at)[-1], slot.title, word(slot.category),
        slot.site, slot.room, slot.place, slot.capacity, slot.taken, word(slot.state),
        "、".join(word(mark) for mark in slot.marks), in_the_way(slot, rooms),
    )  # fmt: skip
