"""When a duty is due and how late it is."""

from datetime import UTC, datetime, timedelta

from stationapp.jobs.rules import Pace, is_due, lag

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PACE = Pace("tidy", timedelta(minutes=10))


def test_a_duty_is_due_when_it_never_ran_when_its_period_is_over_and_when_the_clock_went_back():
    cases = [
        None,
        NOW,
        NOW - timedelta(minutes=9, seconds=59),
        NOW - timedelta(minutes=10),
        NOW + timedelta(seconds=1),
    ]
    assert [is_due(PACE, last, NOW) for last in cases] == [True, False, False, True, True]


def test_a_duty_is_late_by_the_time_since_it_should_have_looked():
    cases = [None, NOW, NOW - timedelta(minutes=10), NOW - timedelta(minutes=12), NOW + timedelta(hours=1)]
    minutes = [lag(PACE, last, NOW) // timedelta(minutes=1) for last in cases]
    assert minutes == [0, 0, 0, 2, 0]
