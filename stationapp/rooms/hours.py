"""Opening hours as people write them (surface.md "Files in"): 每天 08:30-12:00 14:30-20:00; 周一至周五 …"""

import re
import unicodedata
from datetime import time
from functools import lru_cache

from stationapp.refusal import Unreadable

Week = dict[int, tuple[tuple[time, time], ...]]
"""Monday is 0. Each day's open spans in order, without overlap; a day that is not there is closed."""

DAYS = {char: number for number, char in enumerate("一二三四五六日")} | {"天": 6}
ALL_DAY = (time(0, 0), time(23, 59))

_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})")
_DAY = r"(?:周|星期|礼拜)?[一二三四五六日天]"
_DAYS = re.compile(
    rf"每天|每日|全周|天天|全年|工作日|(?:每?周末|双休日)|每?(?:周|星期|礼拜)[一二三四五六日天](?:\s*(?:[、,和及]|-)\s*{_DAY})*"
)


def plain(text: str) -> str:
    """Full-width forms made plain and every dash, tilde, 至 and 到 written `-`."""
    text = unicodedata.normalize("NFKC", text)
    return re.sub(r"\s*(?:[-‐‑‒–—―−~〜∼至到]+)\s*", "-", text)


def opening(text: str) -> Week:
    """The week a text describes; 全天 stands for 00:00–23:59. Empty text: empty week. Raises Unreadable."""
    rest = plain(text).strip(" ;,。")
    week: dict[int, tuple[tuple[time, time], ...]] = {}
    while rest:
        found = _DAYS.match(rest)
        days = weekdays(found[0]) if found else tuple(range(7))
        if not found and week:
            raise Unreadable("开放时间读不懂；请写成“周一至周五 08:30-12:00 14:30-18:00”的样子")
        rest = rest[found.end() :].lstrip(" :") if found else rest
        spans, rest = _spans(rest)
        for number in days:
            if number in week:
                raise Unreadable("同一天写了两次；请每天只写一次")
            week[number] = spans
    return dict(sorted(week.items()))


@lru_cache(maxsize=512)
def week_of(text: str) -> Week:
    """The same for what stands in a room already: an empty week when it cannot be read."""
    try:
        return opening(text)
    except Unreadable:
        return {}


def weekdays(text: str) -> tuple[int, ...]:
    """每天, 周一-周五, 周二、四, 周末 → weekday numbers, Monday 0. Takes what `plain` returns. Raises Unreadable."""
    if text in ("每天", "每日", "全周", "天天", "全年"):
        return tuple(range(7))
    if text == "工作日":
        return tuple(range(5))
    if "周末" in text or text == "双休日":
        return (5, 6)
    chosen: list[int] = []
    for piece in re.split(r"[、,和及]", re.sub(r"每|周|星期|礼拜|\s", "", text)):
        first, dash, last = piece.partition("-")
        if not dash:
            chosen.append(DAYS[first])
        elif DAYS[first] < DAYS[last]:
            chosen.extend(range(DAYS[first], DAYS[last] + 1))
        else:
            raise Unreadable("星期的起止颠倒了；请按周一到周日的顺序写")
    return tuple(sorted(set(chosen)))


def _spans(text: str) -> tuple[tuple[tuple[time, time], ...], str]:
    whole = re.match(r"(?:全天(?:开放)?|24小时(?:开放)?)[\s;,。]*", text)
    if whole:
        return (ALL_DAY,), text[whole.end() :]
    spans: list[tuple[time, time]] = []
    while found := re.match(rf"(?:上午|下午|晚上)?\s*{_SPAN.pattern}[\s;,、。]*", text):
        start, end = _clock(found[1], found[2]), _clock(found[3], found[4])
        if end <= start:
            raise Unreadable(f"{start:%H:%M}到{end:%H:%M}，结束不晚于开始；请改正，按24小时制写")
        if spans and start < spans[-1][1]:
            raise Unreadable("两段开放时间重叠或没有按先后写；请改正")
        spans.append((start, end))
        text = text[found.end() :]
    if not spans:
        raise Unreadable("开放时间读不懂；请写成“周一至周五 08:30-12:00 14:30-18:00”的样子")
    return tuple(spans), text


def _clock(hour: str, minute: str) -> time:
    if (int(hour), int(minute)) == (24, 0):
        return time(23, 59)
    if int(hour) > 23 or int(minute) > 59:
        raise Unreadable(f"没有{hour}:{minute}这个时刻；请按24小时制写")
    return time(int(hour), int(minute))
