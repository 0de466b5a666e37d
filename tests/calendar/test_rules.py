"""Months, ages and working days."""

from datetime import UTC, date, datetime

import pytest

from stationapp.calendar.rules import (
    AgeBand,
    Month,
    add_working_days,
    age_on,
    band_on,
    is_working_day,
    nth_working_day,
)

NATIONAL_DAY = {date(2026, 10, day): False for day in range(1, 8)} | {date(2026, 10, 10): True}


def test_a_month_is_half_open_in_shanghai():
    month = Month.parse("2026-12")
    assert month.begins_at == datetime(2026, 11, 30, 16, tzinfo=UTC)
    assert month.ends_at == datetime(2026, 12, 31, 16, tzinfo=UTC)
    assert (month.first_day, month.last_day) == (date(2026, 12, 1), date(2026, 12, 31))
    assert Month(2024, 2).last_day == date(2024, 2, 29)


def test_months_are_counted_across_the_year():
    assert str(Month(2026, 12).plus(1)) == "2027-01"
    assert str(Month(2026, 1).plus(-1)) == "2025-12"
    assert Month.of(date(2026, 7, 9)) == Month(2026, 7)


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "1999-01", "2026/11", "２０２６-11", "2026-1x"]
)
def test_what_is_no_month_is_refused(text):
    with pytest.raises(ValueError):
        Month.parse(text)


def test_a_birthday_counts_from_the_first_day_of_its_month():
    assert age_on("1960-11", date(2026, 10, 31)) == 65
    assert age_on("1960-11", date(2026, 11, 1)) == 66


@pytest.mark.parametrize(
    ("birth_month", "band"),
    [
        ("2026-11", AgeBand.B0),
        ("2023-12", AgeBand.B0),
        ("2023-11", AgeBand.B3),
        ("2012-12", AgeBand.B7),
        ("1966-11", AgeBand.B60),
        ("1966-12", AgeBand.B45),
        ("1900-01", AgeBand.B80),
        ("2026-12", AgeBand.UNKNOWN),
        (None, AgeBand.UNKNOWN),
    ],
)
def test_everybody_falls_in_one_age_band(birth_month, band):
    assert band_on(birth_month, date(2026, 11, 5)) is band


def test_holidays_and_worked_weekends_are_counted_as_people_work():
    assert not is_working_day(date(2026, 10, 1), NATIONAL_DAY)
    assert is_working_day(date(2026, 10, 10), NATIONAL_DAY)
    assert add_working_days(date(2026, 9, 30), 2, NATIONAL_DAY) == date(2026, 10, 9)
    assert add_working_days(date(2026, 9, 30), 3, NATIONAL_DAY) == date(2026, 10, 10)
    assert add_working_days(date(2026, 9, 30), 0, NATIONAL_DAY) == date(2026, 9, 30)
    assert nth_working_day(Month(2026, 10), 1, NATIONAL_DAY) == date(2026, 10, 8)
