"""How long a freed place is kept for whoever it is offered to."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stationapp import clock
from stationapp.signups.offer_rules import LEAST, window

DAY = date(2026, 11, 25)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return clock.instant(day, hour, minute)


def until(freed: datetime, *, days: float = 7, hours: int = 12) -> datetime | None:
    return window(freed, freed + timedelta(days=days), hours)


def test_twelve_hours_long_as_set():
    assert until(at(9)) == at(21)
    assert until(at(9), hours=6) == at(15)


def test_what_would_end_at_night_ends_in_the_morning():
    assert until(at(10)) == at(9, day=date(2026, 11, 26))
    assert until(at(20)) == at(9, day=date(2026, 11, 26))


def test_what_is_freed_at_night_leaves_some_hours_of_the_day():
    assert until(at(22), hours=3) == at(10, day=date(2026, 11, 26))
    assert until(at(3), hours=1) == at(10)


def test_near_the_start_half_of_the_time_left():
    assert until(at(9), days=2, hours=72) == at(9, day=date(2026, 11, 26))


def test_a_day_before_the_start_it_is_over():
    assert until(at(9), days=1.2) == at(13, 48)
    assert until(at(18), days=1.5) == at(21)


def test_within_a_day_of_the_start_nobody_is_asked():
    assert until(at(9), days=1) is None
    assert until(at(9), days=0.1) is None
    assert until(at(9), days=-1) is None


def test_when_nobody_could_be_reached_and_answer_nobody_is_asked():
    assert until(at(9), days=1 + 1 / 24) is None
    assert until(at(22), days=1.4) is None


@given(st.integers(0, 500_000), st.integers(-10_000, 100_000), st.integers(1, 500))
def test_every_window_leaves_time_to_answer_and_ends_by_day_and_a_day_before(since, minutes, hours):
    freed = at(0) + timedelta(minutes=since)
    starts = freed + timedelta(minutes=minutes)
    found = window(freed, starts, hours)
    if found is None:
        assert starts - freed < timedelta(days=1, hours=24)
        return
    assert freed + LEAST <= found <= starts - timedelta(days=1)
    here = clock.local(found)
    assert (here.hour, here.minute) >= (9, 0) and here <= here.replace(
        hour=21, minute=0, second=0, microsecond=0
    )
