"""When a room is open, when it is free, and which times are offered instead."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationapp.clock import day_of, instant
from stationapp.rooms.hours import opening as week_of
from stationapp.rooms.rules import is_open
from stationapp.rooms.times import DAYS_AHEAD, free, minutes, minutes_used, nearest_times, opening

MONDAY = date(2026, 11, 23)
WORKDAYS = week_of("周一至周五 08:30-12:00 14:30-18:00")
HOUR, DAY, HALF = timedelta(hours=1), timedelta(days=1), timedelta(minutes=30)


def at(hour: float, days: int = 0):
    return instant(MONDAY) + days * DAY + hour * HOUR


@pytest.mark.parametrize(
    ("written", "starts_at", "ends_at", "is_so"),
    [
        ("", at(3), at(4), True),
        ("周一 08:30-12:00", at(8.5), at(12), True),
        ("周一 08:30-12:00", at(8), at(9), False),
        ("周一 08:30-12:00", at(9, 1), at(10, 1), False),
        ("周一 08:30-12:00 12:00-14:00", at(11), at(13), True),
        ("每天 全天", at(20), at(30), True),
        ("周一 全天；周二 08:30-12:00", at(20), at(25), False),
    ],
)
def test_open_means_from_the_start_to_the_end(written, starts_at, ends_at, is_so):
    assert is_open(week_of(written), starts_at, ends_at) is is_so


def test_a_day_has_its_opening_minutes_and_those_that_are_used():
    monday = (at(0), at(24))
    assert minutes(opening(WORKDAYS, monday)) == 420
    assert minutes(opening(WORKDAYS, (at(0), at(24, 6)))) == 5 * 420
    assert minutes(opening({}, monday)) == 1440
    busy = [(at(8), at(9)), (at(11), at(15)), (at(9, 5), at(10, 5))]
    assert minutes_used(WORKDAYS, busy, monday) == 30 + 60 + 30


def test_what_is_left_of_a_day():
    assert free([(at(9), at(10)), (at(9.5), at(11)), (at(20), at(30))], (at(8), at(22))) == [
        (at(8), at(9)),
        (at(11), at(20)),
    ]
    assert free([(at(0), at(24))], (at(8), at(22))) == []
    assert free([], (at(8), at(22))) == [(at(8), at(22))]


def test_the_nearest_times_come_first_and_the_next_days_after_them():
    busy = [(at(9), at(10.5))]
    offered = nearest_times([WORKDAYS], busy, at(9), 1.5 * HOUR, now=at(0), most=4)
    assert offered == [at(10.5), at(14.5), at(9, 1), at(14.5, 1)]


def test_a_past_wish_is_answered_from_now_on():
    assert nearest_times([WORKDAYS], [], at(9), HOUR, now=at(15.2), most=2) == [at(15.5), at(9, 1)]
    assert nearest_times([WORKDAYS], [], at(9, -30), HOUR, now=at(8.6), most=1) == [at(9)]


def test_two_rooms_are_offered_when_both_are_open():
    evening = week_of("周三 16:00-20:00")
    assert nearest_times([WORKDAYS, evening], [], at(9), HOUR, now=at(0)) == [at(16, 2), at(16, 9)]


def test_what_never_fits_is_not_offered():
    assert nearest_times([WORKDAYS], [], at(9), 5 * HOUR, now=at(0)) == []


half_hours = st.integers(0, 47)
moments = st.integers(0, 16 * 24 * 12).map(lambda n: at(n / 12))
bookings = st.lists(st.tuples(moments, st.integers(1, 72)), max_size=40).map(
    lambda rows: [(start, start + length * timedelta(minutes=5)) for start, length in rows]
)


@st.composite
def weeks(draw):
    week = {}
    for number in draw(st.sets(st.integers(0, 6))):
        marks = sorted(draw(st.sets(half_hours, min_size=2, max_size=4).filter(lambda m: len(m) % 2 == 0)))
        clocks = [time(mark // 2, mark % 2 * 30) for mark in marks]
        week[number] = tuple(zip(clocks[::2], clocks[1::2], strict=True))
    return week


@given(
    st.lists(weeks(), min_size=1, max_size=2),
    bookings,
    moments,
    st.integers(1, 10),
    moments,
    st.integers(1, 4),
)
def test_what_is_offered_is_free_open_ahead_and_as_near_as_can_be(rooms, busy, wished, halves, now, most):
    length = halves * HALF

    def fits(start) -> bool:
        return (
            start >= now
            and all(is_open(week, start, start + length) for week in rooms)
            and not any(start < ends and begins < start + length for begins, ends in busy)
        )

    offered = nearest_times(rooms, busy, wished, length, now=now, most=most)
    first = max(day_of(wished), day_of(now))
    every = [instant(first) + n * HALF for n in range(48 * (DAYS_AHEAD + 1))]
    fitting = [start for start in every if fits(start)]
    assert len(offered) == len(set(offered)) <= most
    assert all(start in fitting for start in offered)
    assert [day_of(start) for start in offered] == sorted(day_of(start) for start in offered)
    assert bool(offered) == bool(fitting)
    if offered:
        on = day_of(fitting[0])
        wish = instant(on) + (wished - instant(day_of(wished)))
        nearest = min((s for s in fitting if day_of(s) == on), key=lambda s: (abs(s - wish), s))
        assert offered[0] == nearest
