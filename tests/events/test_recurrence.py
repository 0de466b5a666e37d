"""The dates of a series, against python-dateutil's own and against the shipped table of 2026."""

import csv
from datetime import date, timedelta

import pytest
from dateutil import rrule
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from stationapp.config import ROOT
from stationapp.events.recurrence import Obstacle, Planned, Recurrence, dates, obstacle
from stationapp.events.rules import AroundHolidays, Pattern
from stationapp.events.series_rules import LONGEST, MOST, SeriesRefusal
from stationapp.refusal import Refused

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)
WORKDAYS = frozenset(range(5))


def of_2026() -> dict[date, bool]:
    with (ROOT / "stationapp/sample/holidays.csv").open(encoding="utf-8-sig") as file:
        return {date.fromisoformat(row["日期"]): row["休/班"] == "班" for row in csv.DictReader(file)}


DIFFERS = of_2026()


def weekly(*weekdays: int, **more) -> Recurrence:
    return Recurrence(
        Pattern.WEEKLY, **{"first_on": date(2026, 1, 1), "weekdays": frozenset(weekdays)} | more
    )


def monthly(month_day: int, **more) -> Recurrence:
    return Recurrence(
        Pattern.MONTHLY_DATE, **{"first_on": date(2026, 1, 1), "month_day": month_day, "times": 12} | more
    )


def held(rule: Recurrence, differs=DIFFERS) -> list[date]:
    return [one.day for one in dates(rule, differs) if one.day]


def moves(rule: Recurrence) -> dict[str, str | None]:
    """The dates that do not stay, as "1001": "1008"; None: left out."""
    return {f"{one.wished:%m%d}": one.day and f"{one.day:%m%d}" for one in dates(rule, DIFFERS) if one.why}


def refusal(rule: Recurrence) -> Refused:
    with pytest.raises(Refused) as refused:
        dates(rule, DIFFERS)
    return refused.value


# --- against python-dateutil -----------------------------------------------------------------------------------

first_days = st.dates(date(2020, 1, 1), date(2035, 12, 31))
weekday_sets = st.frozensets(st.integers(0, 6), min_size=1)


@st.composite
def rules(draw) -> Recurrence:
    """Any rule that can be followed, without holidays."""
    first_on = draw(first_days)
    ends = draw(st.booleans())
    counted_from = draw(st.none() | st.integers(0, 500).map(lambda days: first_on - timedelta(days=days)))
    pattern = draw(st.sampled_from(Pattern))
    return Recurrence(
        pattern,
        first_on,
        last_on=first_on + timedelta(days=draw(st.integers(0, LONGEST))) if ends else None,
        times=None if ends else draw(st.integers(1, 60)),
        weekdays=draw(weekday_sets),
        nth=draw(st.sampled_from([1, 2, 3, 4, 5, -1])) if pattern is Pattern.MONTHLY_WEEKDAY else None,
        month_day=draw(st.integers(1, 31)),
        every=draw(st.integers(1, 4)),
        counted_from=counted_from,
    )


def by_dateutil(rule: Recurrence) -> list[date]:
    """The same days, as python-dateutil finds them."""
    counted_from = rule.counted_from or rule.first_on
    if rule.pattern is Pattern.WEEKLY:
        what = {"freq": rrule.WEEKLY, "byweekday": sorted(rule.weekdays), "wkst": rrule.MO}
    elif rule.pattern is Pattern.MONTHLY_WEEKDAY:
        nth = [rrule.weekday(weekday, rule.nth) for weekday in sorted(rule.weekdays)]
        what = {"freq": rrule.MONTHLY, "byweekday": nth}
    else:
        what = {"freq": rrule.MONTHLY, "bymonthday": rule.month_day}
    begin = date(counted_from.year, counted_from.month, 1) if what["freq"] == rrule.MONTHLY else counted_from
    found = rrule.rrule(
        dtstart=begin_of_day(begin), interval=rule.every, until=begin_of_day(rule.horizon), **what
    )
    days = [at.date() for at in found if at.date() >= rule.first_on]
    return days[: rule.times] if rule.times else days


def begin_of_day(day: date):
    return rrule.datetime.datetime(day.year, day.month, day.day)


@settings(max_examples=800)
@given(rules())
def test_any_rule_meets_the_days_dateutil_finds(rule):
    expected = by_dateutil(rule)
    assume(len(expected) <= MOST)
    if not expected or (rule.times and len(expected) < rule.times):
        reason = refusal(rule).reason
        assert reason is (SeriesRefusal.TOO_LONG if rule.times else SeriesRefusal.NO_DATES)
        return
    assert dates(rule, {}) == [Planned(day, day) for day in expected]


differing = st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 6, 30)), st.booleans(), max_size=60)


@settings(max_examples=500)
@given(
    differing,
    st.sampled_from([AroundHolidays.EARLIER, AroundHolidays.LATER, AroundHolidays.SKIP]),
    weekday_sets,
    st.integers(0, 120),
)
def test_whatever_the_table_says_moves_keep_their_promises(differs, around, weekdays, days):
    first_on = date(2026, 2, 1)
    rule = weekly(
        *weekdays, first_on=first_on, last_on=first_on + timedelta(days=days), around_holidays=around
    )
    try:
        found = dates(rule, differs)
    except Refused as refused:
        assert refused.reason is SeriesRefusal.NO_DATES
        return
    there = [one.day for one in found if one.day]
    assert len(set(there)) == len(there)
    assert all(rule.first_on <= day <= rule.last_on for day in there)
    assert all(obstacle(one.day, one.wished, differs) is None for one in found if one.day)
    assert all((one.why is None) == (one.day == one.wished) for one in found)
    if around is not AroundHolidays.SKIP:
        wished = [one.day for one in found if one.why and one.day]
        assert wished == sorted(wished), "dates that move the same way keep their order"
        _nothing_nearer(found, rule, differs)


def _nothing_nearer(found: list[Planned], rule: Recurrence, differs) -> None:
    """Between where a date was and where it went, nothing free was passed; a date left out had nowhere to go."""
    later = rule.around_holidays is AroundHolidays.LATER
    there = {one.day for one in found}
    for one in found:
        if one.why is None:
            continue
        far = one.day or (rule.last_on if later else rule.first_on)
        low, high = sorted([one.wished, far])
        passed = [low + timedelta(days=n) for n in range((high - low).days + 1)]
        free = [day for day in passed if day not in there and not obstacle(day, one.wished, differs)]
        assert free == []


# --- against the table of 2026 ---------------------------------------------------------------------------------


def test_a_thursday_of_national_day_goes_to_the_first_ordinary_day():
    rule = weekly(THU, first_on=date(2026, 9, 1), last_on=date(2026, 10, 31))
    assert moves(rule) == {}
    assert moves(_around(rule, AroundHolidays.SKIP)) == {"1001": None}
    assert moves(_around(rule, AroundHolidays.EARLIER)) == {"1001": "0930"}
    # the 8th is a Thursday of the series already
    assert moves(_around(rule, AroundHolidays.LATER)) == {"1001": "1009"}
    fortnight = weekly(THU, first_on=date(2026, 10, 1), last_on=date(2026, 10, 31), every=2)
    assert moves(_around(fortnight, AroundHolidays.LATER)) == {"1001": "1008"}


def test_the_neighbours_day_of_each_month_moves_around_the_holidays_of_2026():
    assert moves(_around(monthly(3), AroundHolidays.LATER)) == {
        "0103": "0105",
        "0503": "0506",
        "1003": "1008",
    }
    assert moves(_around(monthly(3), AroundHolidays.EARLIER)) == {
        "0103": None,  # nothing lies between the first day of the year and it
        "0503": "0430",
        "1003": "0930",
    }


def test_a_spring_festival_course_keeps_its_order_and_crosses_to_the_other_side():
    days = weekly(*WORKDAYS, first_on=date(2026, 2, 10), last_on=date(2026, 3, 31))
    later = moves(_around(days, AroundHolidays.LATER))
    # 16–20 and 23 February are off; every working day after is the course's own, so the weekends fill: first the
    # Saturday that is worked, and no date is lost.
    assert later == {
        "0216": "0228",
        "0217": "0301",
        "0218": "0307",
        "0219": "0308",
        "0220": "0314",
        "0223": "0315",
    }
    tuesdays = weekly(TUE, first_on=date(2026, 2, 3), last_on=date(2026, 3, 10))
    assert moves(_around(tuesdays, AroundHolidays.LATER)) == {"0217": "0225"}  # the 24th is a Tuesday itself
    # the 14th before it is a Saturday on which people work: as good as any working day
    assert moves(_around(tuesdays, AroundHolidays.EARLIER)) == {"0217": "0214"}


def test_a_saturday_on_which_people_work_is_in_the_way_of_weekend_dates_alone():
    saturdays = weekly(SAT, first_on=date(2026, 5, 1), last_on=date(2026, 5, 31))
    assert moves(_around(saturdays, AroundHolidays.SKIP)) == {"0502": None, "0509": None}
    assert moves(_around(saturdays, AroundHolidays.LATER)) == {"0502": "0506", "0509": "0510"}
    assert moves(saturdays) == {}
    friday = monthly(9, first_on=date(2026, 10, 1), times=1)
    assert moves(_around(friday, AroundHolidays.SKIP)) == {}
    assert obstacle(date(2026, 10, 10), date(2026, 10, 1), DIFFERS) is None
    assert obstacle(date(2026, 10, 10), date(2026, 10, 10), DIFFERS) is Obstacle.WORKED
    assert obstacle(date(2026, 10, 1), date(2026, 10, 1), DIFFERS) is Obstacle.HOLIDAY


@pytest.mark.parametrize("around", list(AroundHolidays))
def test_n_times_means_n_that_are_held(around):
    rule = weekly(THU, first_on=date(2026, 9, 24), times=4, around_holidays=around)
    assert len(held(rule)) == 4
    assert held(rule)[-1] == (date(2026, 10, 22) if around is AroundHolidays.SKIP else date(2026, 10, 15))


def test_no_shipped_holiday_is_used_by_a_series_that_avoids_them():
    for around in (AroundHolidays.SKIP, AroundHolidays.EARLIER, AroundHolidays.LATER):
        days = held(weekly(MON, WED, SAT, last_on=date(2026, 12, 31), around_holidays=around))
        assert not [day for day in days if DIFFERS.get(day) is False]


def _around(rule: Recurrence, around: AroundHolidays) -> Recurrence:
    return Recurrence(**{**vars(rule), "around_holidays": around})


# --- what cannot be followed -----------------------------------------------------------------------------------


def test_a_month_without_the_day_is_passed_over():
    assert [f"{day:%m%d}" for day in held(monthly(31, last_on=date(2026, 12, 31), times=None))] == [
        "0131", "0331", "0531", "0731", "0831", "1031", "1231",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        (weekly(times=3), SeriesRefusal.NO_WEEKDAY),
        (Recurrence(Pattern.MONTHLY_WEEKDAY, date(2026, 1, 1), times=3, weekdays=frozenset({1})), SeriesRefusal.NO_NTH),
        (Recurrence(Pattern.MONTHLY_DATE, date(2026, 1, 1), times=3), SeriesRefusal.NO_MONTH_DAY),
        (weekly(TUE), SeriesRefusal.NO_END),
        (weekly(TUE, last_on=date(2025, 12, 31)), SeriesRefusal.ENDS_BEFORE_FIRST),
        (weekly(TUE, last_on=date(2027, 2, 6)), SeriesRefusal.TOO_LONG),
        (weekly(TUE, times=60), SeriesRefusal.TOO_LONG),
        (weekly(TUE, times=201), SeriesRefusal.TOO_MANY),
        (weekly(*range(7), last_on=date(2026, 12, 31)), SeriesRefusal.TOO_MANY),
        (weekly(TUE, last_on=date(2026, 1, 5)), SeriesRefusal.NO_DATES),
        (weekly(SAT, first_on=date(2026, 10, 3), last_on=date(2026, 10, 3), around_holidays=AroundHolidays.LATER),
         SeriesRefusal.NO_DATES),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_followed_says_why(rule, reason):
    assert refusal(rule).reason is reason


def test_the_caps_are_reached_and_not_passed():
    assert len(held(weekly(*range(7), times=MOST), {})) == MOST
    longest = weekly(TUE, last_on=date(2026, 1, 1) + timedelta(days=LONGEST))
    assert len(held(longest, {})) == 57
