"""Months, ages and working days, as pure functions over dates (domain.md §9, §12, §13)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from stationapp.clock import instant


@dataclass(frozen=True, order=True)
class Month:
    """A natural month in Asia/Shanghai, half-open."""

    year: int
    month: int

    @classmethod
    def parse(cls, text: str) -> "Month":
        """From "YYYY-MM"; raises ValueError."""
        if len(text) != 7 or text[4] != "-" or not (text[:4] + text[5:]).isascii():
            raise ValueError(text)
        month = cls(int(text[:4]), int(text[5:]))
        if not (1 <= month.month <= 12 and 2000 <= month.year <= 2999):
            raise ValueError(text)
        return month

    @classmethod
    def of(cls, day: date) -> "Month":
        """The month a day falls in."""
        return cls(day.year, day.month)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    def plus(self, months: int) -> "Month":
        """That many months later (earlier when negative)."""
        index = self.year * 12 + self.month - 1 + months
        return Month(index // 12, index % 12 + 1)

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        """Its last day."""
        return self.plus(1).first_day - timedelta(days=1)

    @property
    def begins_at(self) -> datetime:
        """Its first instant, UTC."""
        return instant(self.first_day)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it, UTC."""
        return self.plus(1).begins_at


class AgeBand(Enum):
    """Age bands on the event's day (domain.md §13)."""

    B0 = "0-2"
    B3 = "3-6"
    B7 = "7-13"
    B14 = "14-17"
    B18 = "18-44"
    B45 = "45-59"
    B60 = "60-64"
    B65 = "65-69"
    B70 = "70-79"
    B80 = "80+"
    UNKNOWN = "unknown"

    @property
    def lowest(self) -> int | None:
        """The band's first age in years; None when unknown."""
        return None if self is AgeBand.UNKNOWN else int(self.value.rstrip("+").split("-")[0])


def age_on(birth_month: str, day: date) -> int:
    """Full years on `day` of somebody born in month "YYYY-MM".

    Only the month is known: the birthday counts as passed from the first day of the birth month.
    """
    year, month = int(birth_month[:4]), int(birth_month[5:])
    return day.year - year - (day.month < month)


def band_on(birth_month: str | None, day: date) -> AgeBand:
    """The age band on `day`; UNKNOWN without a birth month or with one in the future."""
    if birth_month is None or (age := age_on(birth_month, day)) < 0:
        return AgeBand.UNKNOWN
    known = [band for band in AgeBand if band is not AgeBand.UNKNOWN]
    return [band for band in known if band.lowest <= age][-1]


def is_working_day(day: date, differs: Mapping[date, bool]) -> bool:
    """Whether people work that day; `differs` maps holidays to False and make-up days to True."""
    return differs.get(day, day.weekday() < 5)


def add_working_days(day: date, count: int, differs: Mapping[date, bool]) -> date:
    """The `count`-th working day after `day` (count ≥ 0; 0 is the day itself)."""
    while count:
        day += timedelta(days=1)
        count -= is_working_day(day, differs)
    return day


def nth_working_day(month: Month, count: int, differs: Mapping[date, bool]) -> date:
    """The `count`-th working day of a month (count ≥ 1)."""
    return add_working_days(month.first_day - timedelta(days=1), count, differs)
