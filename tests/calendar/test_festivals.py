"""Festivals against published calendars."""

from datetime import date

import pytest

from stationapp.calendar.festivals import Festival, festivals
from stationapp.calendar.rules import Month

KNOWN = {
    2024: {Festival.SPRING: "02-10", Festival.QINGMING: "04-04", Festival.MID_AUTUMN: "09-17"},
    2025: {Festival.NEW_YEARS_EVE: "01-28", Festival.DRAGON_BOAT: "05-31", Festival.DOUBLE_NINTH: "10-29"},
    2026: {
        Festival.NEW_YEARS_EVE: "02-16", Festival.SPRING: "02-17", Festival.LANTERN: "03-03",
        Festival.QINGMING: "04-05", Festival.DRAGON_BOAT: "06-19", Festival.QIXI: "08-19",
        Festival.MID_AUTUMN: "09-25", Festival.DOUBLE_NINTH: "10-18", Festival.VOLUNTEERS: "12-05",
    },
    2033: {Festival.SPRING: "01-31", Festival.MID_AUTUMN: "09-08", Festival.DOUBLE_NINTH: "10-01"},
}  # fmt: skip
"""2033 has the leap month that many tables place wrongly."""


@pytest.mark.parametrize("year", KNOWN)
def test_the_festivals_stand_where_the_calendars_put_them(year):
    found = {festival: f"{day:%m-%d}" for day, festival in festivals(year).items()}
    assert {festival: found[festival] for festival in KNOWN[year]} == KNOWN[year]


def test_every_year_of_the_century_has_its_festivals_in_order():
    for year in range(2000, 2100):
        days = festivals(year)
        assert list(days) == sorted(days) and {day.year for day in days} == {year}
        assert set(days.values()) >= set(Festival) - {Festival.LEI_FENG}
        assert Month.of(next(d for d, f in days.items() if f is Festival.QINGMING)) == Month(year, 4)
        assert (
            date(year, 1, 20) < next(d for d, f in days.items() if f is Festival.SPRING) < date(year, 2, 23)
        )
