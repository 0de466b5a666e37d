"""A series in words: its rule in a sentence, its dates as lines with what is in their way; used by the edges alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.calendar.festivals import festivals
from stationapp.calendar.queries import Named
from stationapp.calendar.queries import named as holidays
from stationapp.db import db
from stationapp.events.clashes import InTheWay, named
from stationapp.events.models import Event, Series
from stationapp.events.recurrence import Planned, Recurrence
from stationapp.events.rules import AroundHolidays, EventFields, Pattern
from stationapp.events.series_queries import rule_of
from stationapp.events.spreading import on_day
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Room
from stationapp.rooms.queries import Clash, list_clashes
from stationapp.rooms.rules import is_open
from stationapp.sites.models import Site
from stationapp.web.filters import hour_minute
from stationapp.web.words import word

_WEEKDAYS = "一二三四五六日"


# --- the rule ---------------------------------------------------------------------------------------------------


def said_days(series: Series) -> str:
    """每周二、周四 · 每两周的周二 · 每月第 2 个周二 · 每月 3 日."""
    rule = rule_of(series)
    if rule is None:
        return _("日期一场一场定")
    days = "、".join(f"周{_WEEKDAYS[weekday]}" for weekday in sorted(rule.weekdays))
    if rule.pattern is Pattern.MONTHLY_DATE:
        return _("每月 %(n)s 日", n=rule.month_day)
    if rule.pattern is Pattern.MONTHLY_WEEKDAY:
        if rule.nth == -1:
            return _("每月最后一个%(days)s", days=days)
        return _("每月第 %(n)s 个%(days)s", n=rule.nth, days=days)
    if rule.every == 2:
        return _("每两周的%(days)s", days=days)
    return _("每%(days)s", days=days)


def said_rule(series: Series, dates: Sequence[Event]) -> str:
    """每周二 15:00—16:00，2026年12月1日至2027年1月26日，遇节假日顺延.

    The time of day is that of the latest of `dates`, the events that were not called off, by time.
    """
    if not dates:
        return said_days(series)
    first, last = (clock.day_of(event.starts_at) for event in (dates[0], dates[-1]))
    parts = [
        f"{said_days(series)} {hour_minute(dates[-1].starts_at)}—{hour_minute(dates[-1].ends_at)}",
        _("%(first)s至%(last)s", first=_whole(first), last=_whole(last)),
    ]
    if series.pattern:
        parts.append(
            {
                AroundHolidays.HOLD: _("节假日照常"),
                AroundHolidays.SKIP: _("遇节假日不办"),
                AroundHolidays.EARLIER: _("遇节假日提前"),
                AroundHolidays.LATER: _("遇节假日顺延"),
            }[series.around_holidays]
        )
    return "，".join(parts)


def _whole(day: date) -> str:
    return _("%(year)s年%(month)s月%(day)s日", year=day.year, month=day.month, day=day.day)


# --- dates ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DateLine:
    """A date before it is written: None for `starts_at` and `ends_at` when it is left out."""

    planned: Planned
    starts_at: datetime | None
    ends_at: datetime | None
    marks: list[str]  # holidays and festivals of the day
    why: str  # what the day it was wished on is called, when it does not stay there
    clashes: list[InTheWay] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)  # names of rooms that are not open then


def date_lines(fields: EventFields, rule: Recurrence, found: Iterable[Planned], site: Site) -> list[DateLine]:
    """The dates a rule will be held on at `site`, with what is in their way; few queries however many there are."""
    found = list(found)
    known = holidays(rule.first_on, rule.horizon)
    feasts = _feasts(rule)
    wishes = {one: on_day(fields, one.day) for one in found if one.day}
    clashes = _clashes(list(wishes.values()), site)
    rooms = _rooms(fields)
    return [
        DateLine(
            one,
            wish and wish.starts_at,
            wish and wish.ends_at,
            _marks(one.day, known, feasts),
            _name(one, known),
            [told for clash, told in clashes if wish and _meets(clash, wish)],
            [r.name for r in rooms if wish and not is_open(week_of(r.hours), wish.starts_at, wish.ends_at)],
        )
        for one in found
        for wish in [wishes.get(one)]
    ]


def years_not_known(lines: Iterable[DateLine]) -> list[int]:
    """Years in which a date falls and of which the table of holidays holds nothing yet."""
    years = sorted({line.planned.wished.year for line in lines})
    return [year for year in years if not holidays(date(year, 1, 1), date(year, 12, 31))]


def clashes_of(wishes: Mapping[int, EventFields], site: Site) -> dict[int, list[InTheWay]]:
    """What is in the way of these events of `site`, by id, as far as anything is."""
    clashes = _clashes(list(wishes.values()), site)
    met = {
        event_id: [
            told
            for clash, told in clashes
            if clash.event_id != event_id and clash.room_id in wish.bookable and _meets(clash, wish)
        ]
        for event_id, wish in wishes.items()
    }
    return {event_id: found for event_id, found in met.items() if found}


def _clashes(wishes: list[EventFields], site: Site) -> list[tuple[Clash, InTheWay]]:
    """Everything booked in any of their rooms from the first to the last, asked for once."""
    rooms = frozenset().union(*(wish.bookable for wish in wishes))
    if not rooms:
        return []
    found = list_clashes(rooms, min(wish.starts_at for wish in wishes), max(wish.ends_at for wish in wishes))
    return list(zip(found, named(found, {site.id}), strict=True))


def _meets(clash: Clash, wish: EventFields) -> bool:
    return clash.starts_at < wish.ends_at and clash.ends_at > wish.starts_at


def _rooms(fields: EventFields) -> list[Room]:
    return list(db.session.scalars(select(Room).where(Room.id.in_(fields.bookable)).order_by(Room.id)))


def _feasts(rule: Recurrence) -> dict[date, str]:
    years = range(rule.first_on.year, rule.horizon.year + 1)
    return {day: word(feast) for year in years for day, feast in festivals(year).items()}


def _marks(day: date | None, known: Mapping[date, Named], feasts: Mapping[date, str]) -> list[str]:
    if day is None:
        return []
    marks = [known[day].name] if day in known else []
    feast = feasts.get(day)
    return [*marks, feast] if feast and feast not in marks else marks


def _name(one: Planned, known: Mapping[date, Named]) -> str:
    """国庆节 for a holiday; what the table calls a day that is worked instead."""
    if one.why is None:
        return ""
    return known[one.wished].name
