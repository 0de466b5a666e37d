"""The clock half of a plan's 时间: 上午9:00-10:30, 下午3点半, 14:30-16:00, 下午3点（1.5小时）."""

import re
from datetime import time

from stationapp.importing.values import chinese_number
from stationapp.refusal import Unreadable

_WORDS = {
    "凌晨": "night",
    "清晨": "morning",
    "早晨": "morning",
    "早上": "morning",
    "上午": "morning",
    "中午": "noon",
    "下午": "afternoon",
    "午后": "afternoon",
    "傍晚": "evening",
    "晚上": "evening",
    "夜间": "evening",
    "晚间": "evening",
    "晚": "evening",
}
_HOURS: dict[str, dict[int, int]] = {
    "night": {hour: hour for hour in range(6)},
    "morning": {hour: hour for hour in range(4, 13)},
    "noon": {11: 11, 12: 12, 13: 13, 14: 14, 1: 13, 2: 14},
    "afternoon": {12: 12}
    | {hour: hour + 12 for hour in range(1, 8)}
    | {hour: hour for hour in range(13, 20)},
    "evening": {hour: hour + 12 for hour in range(5, 12)} | {hour: hour for hour in range(17, 24)},
}
"""Which hours a clock word allows, and what they are on the 24-hour clock. 下午9点 or 上午14点 is a slip."""

_NUMBER = r"\d{1,2}|[一二两三四五六七八九十]{1,3}"
_TIME = re.compile(
    rf"({'|'.join(_WORDS)})?\s*({_NUMBER})\s*"
    rf"(?::(\d{{2}})(?::00)?|[点时](?:(半|一刻|三刻|整|钟)|({_NUMBER})分?)?)\s*(?:分|钟)?"
)
_LASTS = re.compile(
    r"[\s(,]*(?:时长|历时|持续|共|约|大约)*(\d(?:\.5)?|半|一|两|[一两]个半)个?(?:小时|钟头)\)?"
)
_HOW = "请写成“11月3日上午9:00-10:30”的样子"


def read_times(text: str) -> tuple[time, time | None]:
    """Start, and end when one is written. Raises Unreadable."""
    text = text.strip(" ,、:;。()")
    first = _TIME.match(text)
    if not first:
        raise Unreadable(f"没有写几点；{_HOW}" if not text else f"“{text[:20]}”读不成几点；{_HOW}")
    start = _clock(first, None, None)
    rest = text[first.end() :].strip()
    second = _TIME.fullmatch(rest[1:].strip()) if rest.startswith("-") else None
    if second:
        end = _clock(second, first[1], start)
        if end <= start:
            raise Unreadable(f"结束{end:%H:%M}不晚于开始{start:%H:%M}；请改正")
        return start, end
    lasts = _LASTS.fullmatch(rest)
    if lasts:
        return start, _after(start, lasts[1])
    if rest not in ("", "开始", "起", "开始)"):
        raise Unreadable(f"“{rest[:20]}”读不懂；{_HOW}")
    if start >= time(23, 0):
        raise Unreadable("没有写结束时间，按一小时算会过半夜；请补上结束时间")
    return start, None


def _after(start: time, said: str) -> time:
    halves = {"半": 1, "一": 2, "两": 4, "一个半": 3, "两个半": 5}.get(said) or int(float(said) * 2)
    minutes = start.hour * 60 + start.minute + halves * 30
    if halves == 0 or minutes >= 24 * 60:
        raise Unreadable(f"时长不对，从{start:%H:%M}起算过了半夜；请写出结束时间")
    return time(*divmod(minutes, 60))


def _clock(found: re.Match[str], word_before: str | None, start: time | None) -> time:
    """One time. For an end, `word_before` and `start` are the beginning's; its own clock word comes first."""
    word, number, minute, part, odd = found.groups()
    hour = int(number) if number.isdigit() else chinese_number(number)
    minutes = _minutes(minute, part, odd)
    if hour is None or hour > 23 or minutes > 59:
        raise Unreadable(f"没有“{found[0].strip()}”这个时刻；{_HOW}")
    if word:
        hour = _by_word(word, hour)
    elif start is not None and word_before:
        hour = _inherited(_WORDS[word_before], hour)
    elif start is None and (hour < 6 or (minute is None and hour < 8)):
        raise Unreadable(f"“{found[0].strip()}”没有写上午还是下午；请写明，或按24小时制写")
    return time(hour, minutes)


def _minutes(minute: str | None, part: str | None, odd: str | None) -> int:
    if minute is not None:
        return int(minute)
    if odd is not None:
        return int(odd) if odd.isdigit() else (chinese_number(odd) or 60)
    return {"半": 30, "一刻": 15, "三刻": 45}.get(part or "", 0)


def _by_word(word: str, hour: int) -> int:
    allowed = _HOURS[_WORDS[word]]
    if hour not in allowed:
        raise Unreadable(f"“{word}{hour}点”自相矛盾；请改正，或按24小时制写")
    return allowed[hour]


def _inherited(kind: str, hour: int) -> int:
    """An end without a word of its own: 下午6:30-9:00 ends at 21:00, 中午11:30-1:30 at 13:30."""
    if kind in ("afternoon", "evening") and 1 <= hour < 12:
        return hour + 12
    if kind == "noon":
        return hour + 12 if 1 <= hour <= 6 else hour
    return hour
