"""When an activity is, as people write it in the plan (surface.md "Files in").

`read_when(value, month=(2026, 11))` → `When`, or raises `Unreadable` with a Chinese clause. Clock words:
晚上7点 is 19:00; 3点 without 上午 or 下午 is refused, because nobody can know. `3:00-5:00` takes the first
clock word for both. Without an end an activity lasts an hour and says so (`end_assumed`).
"""

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from stationapp.clock import instant
from stationapp.importing.times import read_times
from stationapp.importing.values import real_day, text_of
from stationapp.refusal import Unreadable
from stationapp.rooms.hours import plain, weekdays

ASSUMED = timedelta(minutes=60)

Month = tuple[int, int]
"""Year and month."""


class Slot(NamedTuple):
    """One occurrence, as aware UTC instants."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class When:
    """One slot, or the slots of a series in order; `weekly` when it repeats by weekday through the month."""

    slots: tuple[Slot, ...]
    repeats: bool
    end_assumed: bool


_HAN_DAYS = "一二三四五六日"
_WEEKDAY = r"(?:周|星期|礼拜)[一二三四五六日天]"
_ISO = re.compile(r"(\d{4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})\s*[日号]?")
_SHORT = re.compile(r"(\d{1,2})\s*(?:月|/)\s*(\d{1,2})\s*[日号]?")
_FURTHER = re.compile(r"\s*[、,和及]\s*(?:(\d{1,2})月)?(\d{1,2})(?:[日号]|(?=\s*[、,和及]))")
_NAMED_DAY = re.compile(rf"\s*\(?\s*({_WEEKDAY})\s*\)?")
_WEEKLY = re.compile(
    rf"(?:每天|每日|每个?(?:{_WEEKDAY})(?:\s*(?:[、,和及]|-)\s*每?(?:周|星期|礼拜)?[一二三四五六日天](?![点时:]))*)"
)
_MONTHLY = re.compile(r"每个?月\s*(\d{1,2}[日号](?:\s*[、,和及]\s*\d{1,2}[日号])*)")
_ORDINAL = re.compile(rf"每?个?月?\s*第([一二三四五1-5])个?({_WEEKDAY})")
_UNCLEAR = re.compile(
    r"双周|单周|隔周|每两周|每2周|周末|双休日|工作日|每月|上旬|中旬|下旬|月初|月底|待定|另行通知"
)


def read_when(value: object, *, month: Month | None) -> When:
    """What the cell says, inside the plan's month. Raises Unreadable."""
    if isinstance(value, datetime):
        return _from_cell(value, month)
    if isinstance(value, date):
        raise Unreadable("只有日期，没有写几点；请补上开始和结束时间，如“11月3日上午9:00-10:30”")
    if isinstance(value, time | timedelta | int | float):
        raise Unreadable("只有时刻或数字，没有日期；请写成“11月3日上午9:00-10:30”的样子")
    text = plain_date(text_of(value))
    if not text:
        raise Unreadable("没有写时间；请写成“11月3日上午9:00-10:30”的样子")
    days, repeats, rest = _days(text, month)
    start, end = read_times(rest)
    _check_days(days, month)
    return When(tuple(_slot(on, start, end) for on in days), repeats, end is None)


def plain_date(text: str) -> str:
    """As `hours.plain`, but blanks around dashes are all that is lost."""
    return plain(text).replace("日期:", "").strip(" 。;,")


def _from_cell(value: datetime, month: Month | None) -> When:
    """A real date cell. Midnight means that no time was typed."""
    if (value.hour, value.minute) == (0, 0):
        raise Unreadable("只有日期，没有写几点；请补上开始和结束时间，如“11月3日上午9:00-10:30”")
    _check_days([value.date()], month)
    return When((_slot(value.date(), time(value.hour, value.minute), None),), False, True)


def _slot(on: date, start: time, end: time | None) -> Slot:
    starts_at = instant(on, start.hour, start.minute)
    return Slot(starts_at, instant(on, end.hour, end.minute) if end else starts_at + ASSUMED)


def _check_days(days: Iterable[date], month: Month | None) -> None:
    for on in days:
        if month and (on.year, on.month) != month:
            raise Unreadable(
                f"{on.year}年{on.month}月{on.day}日不在计划的月份（{month[0]}年{month[1]}月）；请改正，或放进那个月的计划表"
            )


def _days(text: str, month: Month | None) -> tuple[list[date], bool, str]:
    """The dates at the head of the text, whether they are a series, and what follows them."""
    repeated = _repeated(text, month)
    if repeated:
        return repeated
    iso, short = _ISO.match(text), _SHORT.match(text)
    if iso:
        on, rest = real_day(*map(int, iso.groups())), text[iso.end() :]
    elif short:
        on, rest = real_day(_needed(month)[0], int(short[1]), int(short[2])), text[short.end() :]
    elif _UNCLEAR.search(text):
        raise Unreadable("看不出是哪几天；请写出每次的日期，如“11月3日上午9:00-10:30”，或“每周二下午3点”")
    else:
        raise Unreadable("看不出是哪一天；请写成“11月3日上午9:00-10:30”或“每周二下午3点”的样子")
    days = [on]
    while found := _FURTHER.match(rest):
        days.append(real_day(on.year, int(found[1] or days[-1].month), int(found[2])))
        rest = rest[found.end() :]
    if any(later <= earlier for earlier, later in pairwise(days)):
        raise Unreadable("几个日期没有按先后写，或写重了；请改正")
    return days, len(days) > 1, _without_weekday(rest, days)


def _without_weekday(rest: str, days: list[date]) -> str:
    """Drop （周三） behind a date when it is true of that date."""
    named = _NAMED_DAY.match(rest)
    if not named:
        return rest
    for on in days:
        said = weekdays(named[1])[0]
        if on.weekday() != said:
            raise Unreadable(
                f"{on.year}年{on.month}月{on.day}日是星期{_HAN_DAYS[on.weekday()]}，不是星期{_HAN_DAYS[said]}；请核对日期和星期"
            )
    return rest[named.end() :]


def _repeated(text: str, month: Month | None) -> tuple[list[date], bool, str] | None:
    weekly, monthly, ordinal = _WEEKLY.match(text), _MONTHLY.match(text), _ORDINAL.match(text)
    if weekly:
        said = weekly[0] if weekly[0] in ("每天", "每日") else weekly[0].replace("个", "")
        chosen = weekdays(said)
        return [on for on in _all_days(_needed(month)) if on.weekday() in chosen], True, text[weekly.end() :]
    if monthly:
        year, number = _needed(month)
        days = [real_day(year, number, int(said)) for said in re.findall(r"\d+", monthly[1])]
        return sorted(set(days)), True, text[monthly.end() :]
    if ordinal:
        nth = "一二三四五".find(ordinal[1]) + 1 or int(ordinal[1])
        fitting = [on for on in _all_days(_needed(month)) if on.weekday() == weekdays(ordinal[2])[0]]
        if nth > len(fitting):
            raise Unreadable(f"这个月没有第{nth}个{ordinal[2]}；请改正")
        return [fitting[nth - 1]], True, text[ordinal.end() :]
    return None


def _needed(month: Month | None) -> Month:
    if month is None:
        raise Unreadable("不知道是哪年哪月的计划；请在表头上方写明“2026年11月”")
    return month


def _all_days(month: Month) -> list[date]:
    return [date(*month, number) for number in range(1, monthrange(*month)[1] + 1)]
