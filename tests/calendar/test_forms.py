"""Days, months and times of day as people and addresses write them."""

from datetime import date, time

import pytest

from stationapp.calendar.forms import asked_day, asked_month, read_day, read_time
from stationapp.calendar.rules import Month
from stationapp.events.rules import Category
from stationapp.web.asked import asked_case

DAY, MONTH = date(2026, 12, 7), Month(2026, 12)


SENSELESS = (
    "", "2026-02-30", "2026-12-7", "20261207", "2026-W49-1", "1999-12-31", "３０００-01-01", "3000-01-01",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "day"),
    [("2026-12-07", DAY), (" 2026-12-07 ", DAY), ("2000-01-01", date(2000, 1, 1))]
    + [(text, None) for text in SENSELESS],
)
def test_a_day_is_written_in_one_way_and_lies_in_this_millennium(text, day):
    assert read_day(text) == day


@pytest.mark.parametrize(
    ("text", "at"),
    [("09:30", time(9, 30)), ("9:30", time(9, 30)), (" 23:59:58 ", time(23, 59))]
    + [(text, None) for text in ("", "24:00", "9:60", "0930", "9", "T09:30", "9:3", "９:30")],
)
def test_a_time_of_day_is_hours_and_minutes(text, at):
    assert read_time(text) == at


@pytest.mark.parametrize(
    ("address", "day", "month", "category"),
    [
        ("/?day=2026-12-07&month=2026-12&category=A05", DAY, MONTH, Category.A05),
        ("/", None, None, None),
        ("/?day=x&month=2026-13&category=a05", None, None, None),
    ],
)
def test_what_an_address_asks_for_senselessly_counts_as_absent(app, address, day, month, category):
    with app.test_request_context(address):
        assert (asked_day("day"), asked_month(), asked_case("category", Category)) == (day, month, category)
        assert asked_day("day", DAY) == DAY and asked_month(MONTH) == MONTH
        assert asked_case("category", Category, {"category": "A06"}) is Category.A06


def test_a_month_is_read_from_the_form_that_is_sent_too(app):
    with app.test_request_context("/", method="POST", data={"month": "2026-12"}):
        assert asked_month() == MONTH
