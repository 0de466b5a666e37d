"""The life of an event, as pure decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from stationapp.events import rules
from stationapp.events.rules import Category, EventFields, EventRefusal, State, Step, Task
from stationapp.sites.rules import Level

NOW = datetime(2026, 11, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FULL = EventFields(
    title="剪纸",
    starts_at=NOW + 24 * HOUR,
    ends_at=NOW + 26 * HOUR,
    summary="一起剪窗花",
    category=Category.A03,
    task=Task.T4,
    audience="所有人",
    place="多功能厅",
)


def test_every_required_field_is_missed_when_it_is_empty():
    assert rules.missing(FULL) == ()
    for name in ("summary", "category", "task", "place", "audience", "title"):
        assert rules.missing(replace(FULL, **{name: None})) == (name,)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ends_at": FULL.starts_at}, EventRefusal.ENDS_BEFORE_START),
        ({"opens_at": NOW, "closes_at": NOW}, EventRefusal.CLOSES_BEFORE_OPENS),
        ({"min_age": 10, "max_age": 9}, EventRefusal.AGES_CROSSED),
        ({"summary": "字" * 41}, EventRefusal.SUMMARY_TOO_LONG),
        ({"summary": "字" * 40, "min_age": 9, "max_age": 9, "opens_at": NOW, "closes_at": NOW + HOUR}, None),
    ],
)
def test_what_contradicts_itself_is_refused(change, reason):
    assert rules.problem(replace(FULL, **change)) is reason


def change_problem(state: State, *, at=NOW, taken=0, **change):
    return rules.change_problem(state, FULL.starts_at, replace(FULL, **change), taken, at)


def test_a_published_event_changes_until_it_begins():
    assert change_problem(State.PUBLISHED, at=FULL.starts_at - HOUR) is None
    assert change_problem(State.PUBLISHED, at=FULL.starts_at) is EventRefusal.ALREADY_HELD


def test_a_published_event_cannot_be_moved_into_the_past():
    assert change_problem(State.PUBLISHED, starts_at=NOW) is EventRefusal.STARTS_IN_PAST
    assert change_problem(State.DRAFT, starts_at=NOW) is None


def test_capacity_may_fall_to_the_places_taken_and_no_further():
    assert change_problem(State.PUBLISHED, taken=5, capacity=5) is None
    assert change_problem(State.PUBLISHED, taken=5, capacity=4) is EventRefusal.CAPACITY_BELOW_TAKEN
    assert change_problem(State.PUBLISHED, taken=5, capacity=None) is None


def test_a_postponed_event_whose_time_has_gone_gets_a_new_one():
    assert change_problem(State.POSTPONED, at=FULL.ends_at + HOUR, starts_at=FULL.ends_at + 48 * HOUR,
                          ends_at=FULL.ends_at + 50 * HOUR) is None  # fmt: skip


@pytest.mark.parametrize("state", [State.CANCELLED, State.CLOSED_OUT])
def test_what_is_over_for_good_never_changes(state):
    assert change_problem(state) is EventRefusal.NOT_FROM_HERE


def test_what_is_under_review_is_withdrawn_first():
    assert change_problem(State.SUBMITTED) is EventRefusal.UNDER_REVIEW


def step_problem(step: Step, state: State, *, at=NOW, reason="雨"):
    return rules.step_problem(step, state, FULL.starts_at, FULL.ends_at, reason, at)


@pytest.mark.parametrize("step", sorted(rules.NEEDS_REASON, key=lambda step: step.value))
def test_return_postponement_cancellation_and_reopening_need_a_reason(step):
    state = next(iter(rules.MACHINE[step][0]))
    assert step_problem(step, state, reason=" ") is EventRefusal.REASON_MISSING
    assert step_problem(step, state) is None


def test_an_event_is_published_late_until_it_ends():
    assert step_problem(Step.PUBLISH, State.SUBMITTED, at=FULL.ends_at - HOUR) is None
    assert step_problem(Step.PUBLISH, State.SUBMITTED, at=FULL.ends_at) is EventRefusal.ALREADY_OVER
    assert step_problem(Step.SUBMIT, State.DRAFT, at=FULL.ends_at) is EventRefusal.ALREADY_OVER


def test_a_postponed_event_comes_back_with_a_time_ahead():
    assert step_problem(Step.PUBLISH, State.POSTPONED) is None
    assert step_problem(Step.PUBLISH, State.POSTPONED, at=FULL.starts_at) is EventRefusal.STARTS_IN_PAST
    assert step_problem(Step.PUBLISH, State.POSTPONED, at=FULL.ends_at) is EventRefusal.STARTS_IN_PAST


@pytest.mark.parametrize("step", [Step.CANCEL, Step.POSTPONE])
def test_what_has_begun_is_neither_cancelled_nor_postponed(step):
    assert step_problem(step, State.PUBLISHED, at=FULL.starts_at - HOUR) is None
    assert step_problem(step, State.PUBLISHED, at=FULL.starts_at) is EventRefusal.ALREADY_HELD


def test_a_postponed_event_may_be_cancelled_at_any_time():
    assert step_problem(Step.CANCEL, State.POSTPONED, at=FULL.ends_at) is None


def test_close_out_waits_for_the_end():
    assert step_problem(Step.CLOSE_OUT, State.PUBLISHED, at=FULL.ends_at - HOUR) is EventRefusal.NOT_OVER_YET
    assert step_problem(Step.CLOSE_OUT, State.PUBLISHED, at=FULL.ends_at) is None


@pytest.mark.parametrize(
    ("state", "level", "directly", "needed"),
    [
        (State.SUBMITTED, Level.STATION, False, True),
        (State.DRAFT, Level.STATION, True, False),
        (State.DRAFT, Level.OFFICE, False, False),
        (State.DRAFT, Level.CENTER, False, False),
        (State.POSTPONED, Level.STATION, False, False),
    ],
)
def test_a_stations_event_needs_the_office_unless_it_said_otherwise(state, level, directly, needed):
    assert rules.needs_approval(state, level, directly) is needed


def test_the_next_time_lies_whole_weeks_later_and_ahead():
    last = replace(FULL, starts_at=NOW - 200 * HOUR, ends_at=NOW - 199 * HOUR, opens_at=NOW - 300 * HOUR)
    following = rules.weeks_later(last, NOW)
    assert following == replace(
        last,
        starts_at=last.starts_at + timedelta(weeks=2),
        ends_at=last.ends_at + timedelta(weeks=2),
        opens_at=last.opens_at + timedelta(weeks=2),
    )
    assert rules.weeks_later(FULL, NOW).starts_at == FULL.starts_at + timedelta(weeks=1)
