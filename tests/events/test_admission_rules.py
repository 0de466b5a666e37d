"""The rules of signing up that an event may set, as values."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationapp.events.admission_rules import (
    HOME_MOST,
    AdmissionRefusal,
    announce_problem,
    change_problem,
    phone_until,
    problem,
)
from stationapp.events.rules import EventFields, State, moved
from stationapp.events.spreading import spread

STARTS = datetime(2026, 11, 25, 1, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PLAIN = EventFields("剪纸", STARTS, STARTS + 2 * HOUR, audience="老人", capacity=10)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, None),
        ({"audience_only": True}, None),
        ({"audience_only": True, "audience": ""}, AdmissionRefusal.AUDIENCE_UNSAID),
        ({"phone_seats": 10, "phone_until_at": STARTS}, None),
        ({"phone_seats": 11, "phone_until_at": STARTS}, AdmissionRefusal.PHONE_TOO_MANY),
        ({"phone_seats": 1, "phone_until_at": STARTS, "capacity": None}, AdmissionRefusal.PHONE_UNBOUND),
        ({"phone_seats": 1}, AdmissionRefusal.PHONE_UNPAIRED),
        ({"phone_until_at": STARTS}, AdmissionRefusal.PHONE_UNPAIRED),
        ({"phone_seats": 1, "phone_until_at": STARTS + HOUR}, AdmissionRefusal.PHONE_TOO_LATE),
        ({"home_limit": 1}, None),
        ({"home_limit": HOME_MOST}, None),
        ({"home_limit": HOME_MOST + 1}, AdmissionRefusal.HOME_OUT_OF_BOUNDS),
        ({"home_limit": 0}, AdmissionRefusal.HOME_OUT_OF_BOUNDS),
        ({"draw_at": STARTS - DAY}, None),
        ({"draw_at": STARTS - DAY, "capacity": None}, AdmissionRefusal.DRAW_UNBOUND),
        ({"draw_at": STARTS - DAY, "opens_at": STARTS - DAY}, AdmissionRefusal.DRAW_TOO_EARLY),
        ({"draw_at": STARTS}, AdmissionRefusal.DRAW_TOO_LATE),
    ],
)
def test_each_contradiction_has_its_own_reason(changes, found):
    assert problem(replace(PLAIN, **changes)) is found


@pytest.mark.parametrize(
    ("opens", "closes", "until"),
    [
        (None, None, STARTS - DAY),
        (STARTS - 3 * DAY, None, STARTS - DAY),
        (None, STARTS - 2 * DAY, STARTS - 2 * DAY),
        (STARTS - 5 * HOUR, None, STARTS),
        (STARTS - 5 * HOUR, STARTS - HOUR, STARTS - HOUR),
    ],
)
def test_seats_for_callers_are_kept_until_the_day_before_unless_sign_up_is_shorter(opens, closes, until):
    assert phone_until(STARTS, opens, closes) == until


@pytest.mark.parametrize(
    ("state", "due", "wish", "taken", "found"),
    [
        (State.DRAFT, None, STARTS - DAY, 5, None),
        (State.PUBLISHED, None, STARTS - DAY, 0, None),
        (State.PUBLISHED, None, STARTS - DAY, 5, AdmissionRefusal.DRAW_UNFAIR),
        (State.PUBLISHED, STARTS - DAY, STARTS - HOUR, 5, None),
        (State.PUBLISHED, STARTS - DAY, None, 0, None),
        (State.PUBLISHED, STARTS - DAY, STARTS - 3 * DAY, 0, AdmissionRefusal.DRAW_PAST),
        (State.PUBLISHED, STARTS - 3 * DAY, STARTS - DAY, 0, AdmissionRefusal.DRAW_OVER),
        (State.POSTPONED, STARTS - 3 * DAY, None, 0, None),  # lots are not drawn while it is put off
        (State.POSTPONED, STARTS - 3 * DAY, STARTS - DAY, 0, None),
        (State.POSTPONED, STARTS - 3 * DAY, STARTS - 3 * DAY, 9, None),
    ],
)
def test_a_draw_people_rely_on_is_neither_moved_into_the_past_nor_out_of_it(state, due, wish, taken, found):
    now = STARTS - 2 * DAY
    assert change_problem(state, due, replace(PLAIN, draw_at=wish), taken, now) is found


def test_an_event_is_not_announced_with_a_draw_that_has_gone():
    now = STARTS - 2 * DAY
    assert announce_problem(State.DRAFT, now, now) is AdmissionRefusal.DRAW_PAST
    assert announce_problem(State.DRAFT, now + HOUR, now) is None
    assert announce_problem(State.POSTPONED, now, now) is None


def test_the_times_of_the_rules_move_with_the_event():
    kept = replace(PLAIN, phone_seats=2, phone_until_at=STARTS - DAY, draw_at=STARTS - HOUR)
    assert moved(kept, DAY).phone_until_at == STARTS and moved(kept, DAY).draw_at == STARTS + DAY - HOUR


def test_seats_for_callers_reach_other_dates_of_a_series_with_their_time_or_not_at_all():
    week = timedelta(weeks=1)
    kept = replace(PLAIN, phone_seats=2, phone_until_at=STARTS - DAY)
    other = moved(PLAIN, week)
    assert spread(PLAIN, kept, other) == moved(kept, week)
    assert spread(kept, PLAIN, moved(kept, week)) == other
    assert spread(kept, replace(kept, phone_seats=3), other) == moved(replace(kept, phone_seats=3), week)
    assert spread(kept, replace(kept, phone_until_at=STARTS - 2 * DAY), other) == other


def test_seconds_of_an_opening_time_stay_when_it_is_spread():
    opens = STARTS - DAY + timedelta(seconds=30)
    other = moved(PLAIN, timedelta(weeks=1))
    assert spread(PLAIN, replace(PLAIN, opens_at=opens), other).opens_at == opens + timedelta(weeks=1)
