"""The dates of a series: from a rule and the table of holidays to days, purely (domain.md §5, §12)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from stationapp.calendar.rules import Month
from stationapp.events.rules import AroundHolidays, Pattern
from stationapp.events.series_rules import LONGEST, MOST, SeriesRefusal
from stationapp.refusal import Refused

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Recurrence:
    """A rule: which days, from when, and either to when or how many times.

    `weekdays` are 0 (Monday) to 6, `nth` is 1–5 or -1 (the last of the month), `month_day` 1–31. `every` counts
    weeks (from Monday) or months, beginning with that of `counted_from`; None: that of `first_on`.
    """

    pattern: Pattern
    first_on: date
    last_on: date | None = None
    times: int | None = None
    weekdays: frozenset[int] = frozenset()
    nth: int | None = None
    month_day: int | None = None
    every: int = 1
    around_holidays: AroundHolidays = AroundHolidays.HOLD
    counted_from: date | None = None

    @property
    def horizon(self) -> date:
        """The last day it may reach."""
        return self.last_on or self.first_on + timedelta(days=LONGEST)


class Obstacle(Enum):
    """Why a date does not stay where the rule puts it."""

    HOLIDAY = "holiday"
    WORKED = "worked"  # a weekend day on which people work, to make up for a holiday


@dataclass(frozen=True)
class Planned:
    """A date of the series: the day it is held (None: left out), the day the rule met, and why they differ."""

    day: date | None
    wished: date
    why: Obstacle | None = None


def dates(rule: Recurrence, differs: Mapping[date, bool]) -> list[Planned]:
    """Every date the rule meets, in the rule's order, those that are left out too.

    `differs` maps holidays to False and make-up days to True (`calendar.queries.differs`); it should reach some
    weeks beyond both ends. `times` counts the dates that are held. EARLIER and LATER move to the nearest day that is
    no obstacle and no other date of the series, never out of [first_on, last_on]; where there is none, the date is
    left out. Raises Refused.
    """
    _refuse(problem(rule), days=LONGEST, most=MOST)
    wished = list(_wished(rule))
    found = _around(wished, rule, differs) if rule.times is None else _so_many(wished, rule, differs)
    held = sum(one.day is not None for one in found)
    if not held:
        raise Refused(SeriesRefusal.NO_DATES)
    if held > MOST:
        raise Refused(SeriesRefusal.TOO_MANY, most=MOST)
    return found


def problem(rule: Recurrence) -> SeriesRefusal | None:
    """What the rule lacks or asks too much of; None when its dates can be found."""
    if rule.pattern is not Pattern.MONTHLY_DATE and not rule.weekdays:
        return SeriesRefusal.NO_WEEKDAY
    if rule.pattern is Pattern.MONTHLY_WEEKDAY and rule.nth is None:
        return SeriesRefusal.NO_NTH
    if rule.pattern is Pattern.MONTHLY_DATE and rule.month_day is None:
        return SeriesRefusal.NO_MONTH_DAY
    if rule.last_on is None and not rule.times:
        return SeriesRefusal.NO_END
    if rule.last_on and rule.last_on < rule.first_on:
        return SeriesRefusal.ENDS_BEFORE_FIRST
    if (rule.horizon - rule.first_on).days > LONGEST:
        return SeriesRefusal.TOO_LONG
    return SeriesRefusal.TOO_MANY if rule.times and rule.times > MOST else None


def obstacle(day: date, wished: date, differs: Mapping[date, bool]) -> Obstacle | None:
    """What keeps a date the rule put on `wished` from being held on `day`.

    A public holiday, for everybody. A weekend day that is worked, only for a date that was meant for a weekend:
    it counts on people who are free then. A date meant for a weekday is as well off there as on any working day.
    """
    works = differs.get(day)
    if works is False:
        return Obstacle.HOLIDAY
    return Obstacle.WORKED if works and day.weekday() >= 5 and wished.weekday() >= 5 else None


def _so_many(wished: Sequence[date], rule: Recurrence, differs: Mapping[date, bool]) -> list[Planned]:
    """The fewest of the wished days of which `times` are held."""
    for count in range(rule.times, len(wished) + 1):
        found = _around(wished[:count], rule, differs)
        if sum(one.day is not None for one in found) == rule.times:
            return found
    raise Refused(SeriesRefusal.TOO_LONG, days=LONGEST)


def _around(wished: Sequence[date], rule: Recurrence, differs: Mapping[date, bool]) -> list[Planned]:
    in_the_way = {} if rule.around_holidays is AroundHolidays.HOLD else {
        day: why for day in wished if (why := obstacle(day, day, differs))
    }  # fmt: skip
    moved = _moved(in_the_way, set(wished) - in_the_way.keys(), rule, differs)
    return [Planned(moved.get(day) if day in in_the_way else day, day, in_the_way.get(day)) for day in wished]


def _moved(
    in_the_way: Mapping[date, Obstacle], taken: set[date], rule: Recurrence, differs: Mapping[date, bool]
) -> dict[date, date]:
    """Where each day with an obstacle goes; several that move the same way keep their order."""
    if rule.around_holidays is AroundHolidays.SKIP:
        return {}
    later = rule.around_holidays is AroundHolidays.LATER
    found = {}
    for wished in sorted(in_the_way, reverse=not later):
        for day in _days_after(wished, rule.horizon) if later else _days_before(wished, rule.first_on):
            if day not in taken and obstacle(day, wished, differs) is None:
                found[wished] = day
                taken.add(day)
                break
    return found


def _days_after(day: date, last: date) -> Iterator[date]:
    while (day := day + _DAY) <= last:
        yield day


def _days_before(day: date, first: date) -> Iterator[date]:
    while (day := day - _DAY) >= first:
        yield day


def _wished(rule: Recurrence) -> Iterator[date]:
    """The days the rule meets in [first_on, horizon], in order, holidays or not."""
    days = _weekly(rule) if rule.pattern is Pattern.WEEKLY else _monthly(rule)
    for day in days:
        if day > rule.horizon:
            return
        if day >= rule.first_on:
            yield day


def _weekly(rule: Recurrence) -> Iterator[date]:
    counted_from = rule.counted_from or rule.first_on
    monday = counted_from - timedelta(days=counted_from.weekday())
    while monday <= rule.horizon:
        yield from (monday + timedelta(days=weekday) for weekday in sorted(rule.weekdays))
        monday += timedelta(weeks=rule.every)


def _monthly(rule: Recurrence) -> Iterator[date]:
    month = Month.of(rule.counted_from or rule.first_on)
    while month.first_day <= rule.horizon:
        yield from _by_date(month, rule) if rule.pattern is Pattern.MONTHLY_DATE else _by_weekday(month, rule)
        month = month.plus(rule.every)


def _by_date(month: Month, rule: Recurrence) -> Iterator[date]:
    if rule.month_day <= month.last_day.day:
        yield date(month.year, month.month, rule.month_day)


def _by_weekday(month: Month, rule: Recurrence) -> list[date]:
    found = []
    for weekday in rule.weekdays:
        if rule.nth == -1:
            back = (month.last_day.weekday() - weekday) % 7
            found.append(month.last_day - timedelta(days=back))
            continue
        day = month.first_day + timedelta(days=(weekday - month.first_day.weekday()) % 7 + 7 * (rule.nth - 1))
        if day <= month.last_day:
            found.append(day)
    return sorted(found)


def _refuse(reason: SeriesRefusal | None, **facts: object) -> None:
    if reason:
        raise Refused(reason, **facts)
