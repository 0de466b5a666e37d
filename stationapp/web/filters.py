"""How values are said on a page: dates as people say them, ages, numbers, hidden names."""

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from flask import Flask

from stationapp import clock
from stationapp.web.view import is_elder

_WEEKDAYS = "一二三四五六日"


def day(value: date | datetime) -> str:
    """11月25日 星期三."""
    on = clock.day_of(value) if isinstance(value, datetime) else value
    return f"{on.month}月{on.day}日 星期{_WEEKDAYS[on.weekday()]}"


def time(value: datetime) -> str:
    """上午9点, 下午3点半, 晚上7点05分."""
    at = clock.local(value)
    part = (
        "凌晨"
        if at.hour < 6
        else "上午"
        if at.hour < 12
        else "中午"
        if at.hour < 13
        else "下午"
        if at.hour < 18
        else "晚上"
    )
    hour = at.hour if at.hour <= 12 else at.hour - 12
    minute = "" if at.minute == 0 else "半" if at.minute == 30 else f"{at.minute:02d}分"
    return f"{part}{hour}点{minute}"


def moment(value: datetime) -> str:
    """11月25日 星期三 上午9点."""
    return f"{day(value)} {time(value)}"


def exact(value: datetime) -> str:
    """11月25日 星期三 上午9点, with seconds where there are any: 上午9点00分30秒."""
    at = clock.local(value)
    if not at.second:
        return moment(value)
    hour = time(value).partition("点")[0]
    return f"{day(value)} {hour}点{at.minute:02d}分{at.second:02d}秒"


def span(starts_at: datetime, ends_at: datetime) -> str:
    """11月25日 星期三 上午9点—10点半; both days named when they differ."""
    if clock.day_of(starts_at) != clock.day_of(ends_at):
        return f"{moment(starts_at)}—{moment(ends_at)}"
    begin, end = time(starts_at), time(ends_at)
    return f"{day(starts_at)} {begin}—{end[2:] if begin[:2] == end[:2] else end}"


def stamp(value: datetime) -> str:
    """2026-11-25 09:00, for tables at the desk."""
    return clock.local(value).strftime("%Y-%m-%d %H:%M")


def hour_minute(value: datetime) -> str:
    """09:05, for the roster."""
    return clock.local(value).strftime("%H:%M")


def percent(numerator: int, denominator: int | None) -> str:
    """One decimal, half up; "—" without a denominator."""
    if not denominator:
        return "—"
    share = Decimal(numerator) * 100 / Decimal(denominator)
    return f"{share.quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


def hours(minutes: int) -> str:
    """Minutes as hours with one decimal, floored (domain.md §9)."""
    return f"{minutes // 6 / 10:.1f}"


def groups(code: str) -> str:
    """A code as it is read aloud: K7Q 2M9 X4HD."""
    return f"{code[:3]} {code[3:6]} {code[6:]}".strip()


def init_app(app: Flask) -> None:
    """Register the filters."""
    for name, function in (
        ("day", day),
        ("time", time),
        ("moment", moment),
        ("exact", exact),
        ("stamp", stamp),
        ("clock", hour_minute),
        ("hours", hours),
        ("groups", groups),
    ):
        app.jinja_env.filters[name] = function
    app.jinja_env.globals.update(
        span=span,
        percent=percent,
        local=clock.local,
        now=clock.now,
        elder=is_elder,
        settings=app.config["SETTINGS"],
    )
