"""The board as values: clashes, marks, gaps, days, layout."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.events.rules import State
from stationapp.planning import board
from stationapp.planning.board import Claim, Community, Mark, Slot
from stationapp.sites.rules import Group

DAY = date(2026, 12, 8)  # a Tuesday, the second
OLD = frozenset({Group.ALL, Group.OVER_60})


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return clock.instant(day, hour, minute)


def slot(id: int = 1, starts_at: datetime | None = None, **changes) -> Slot:
    starts_at = starts_at or at(9)
    values = {
        "code": f"E{id}",
        "site_id": 3,
        "site": "示例一",
        "title": "课堂",
        "state": State.DRAFT,
        "category": None,
        "room_id": None,
        "room": "",
        "place": "",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
        "capacity": None,
        "taken": 0,
    }
    return Slot(id=id, **values | changes)


def claim(event_id: int | None, begins: int, ends: int, room: int = 7, says: str = "") -> Claim:
    return Claim(room, at(begins), at(ends), event_id, says)


def community(id: int = 3, **changes) -> Community:
    values = {
        "code": f"C{id}",
        "name": f"示例{id}",
        "above": frozenset({1, 2, id}),
        "people": dict.fromkeys(Group, 9),
    }
    return Community(id, **values | changes)


# --- clashes ----------------------------------------------------------------------------------------------------


def test_both_sides_of_a_clash_are_told_and_a_hold_is_named():
    one, two, held = claim(1, 9, 11), claim(2, 10, 12), claim(None, 8, 10, says="消防检查")
    assert board.clashing([one, two, held]) == {1: (held, two), 2: (one,)}


def test_what_ends_when_the_next_begins_and_what_is_in_another_room_does_not_clash():
    assert board.clashing([claim(1, 9, 11), claim(2, 11, 12), claim(3, 9, 11, room=8)]) == {}


def test_a_long_event_clashes_with_all_within_it_and_these_not_with_each_other():
    whole, first, second = claim(1, 8, 18), claim(2, 9, 10), claim(3, 14, 15)
    assert board.clashing([second, whole, first]) == {1: (first, second), 2: (whole,), 3: (whole,)}


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 20), st.integers(1, 4)), max_size=25))
def test_the_sweep_finds_exactly_the_pairs_that_overlap(drawn):
    claims = [claim(number, begins, 0, room) for number, (room, begins, _length) in enumerate(drawn)]
    claims = [
        Claim(one.room_id, one.starts_at, one.starts_at + timedelta(hours=drawn[number][2]), number, "")
        for number, one in enumerate(claims)
    ]
    expected = {
        (one.event_id, other.event_id)
        for one in claims
        for other in claims
        if one is not other
        and one.room_id == other.room_id
        and one.starts_at < other.ends_at
        and other.starts_at < one.ends_at
    }
    found = board.clashing(claims)
    assert {(id, other.event_id) for id, others in found.items() for other in others} == expected
    assert sum(map(len, found.values())) == len(expected)


# --- marks ------------------------------------------------------------------------------------------------------


def test_every_mark_is_given_for_its_own_reason():
    hours = {7: {DAY.weekday(): ((time(8), time(10)),)}}
    plain = slot(1, things=frozenset({8}))
    late = slot(2, things=frozenset({7}), missing=("summary",))
    marks = {one.id: one.marks for one in board.marked([plain, late], [], {DAY}, hours)}
    assert marks == {1: (Mark.HOLIDAY,), 2: (Mark.HOLIDAY, Mark.CLOSED, Mark.MISSING)}
    told = board.marked([plain], [claim(1, 9, 11, 8), claim(2, 10, 11, 8)], set(), hours)
    assert (told[0].marks, told[0].clashes) == ((Mark.CLASH,), (claim(2, 10, 11, 8),))


@pytest.mark.parametrize("state", [State.CANCELLED, State.POSTPONED, State.CLOSED_OUT])
def test_what_is_off_or_over_needs_no_looking_at(state):
    assert board.marked([slot(state=state, missing=("summary",))], [], {DAY}, {})[0].marks == ()


def test_what_is_handed_in_lacks_nothing_any_more():
    assert board.marked([slot(state=State.SUBMITTED, missing=("task",))], [], set(), {})[0].marks == ()


# --- gaps -------------------------------------------------------------------------------------------------------

WATCHED = (Group.UNDER_14, Group.OVER_60)


def test_a_community_without_anything_lacks_every_group():
    (lack,) = board.gaps([community()], [], WATCHED)
    assert (lack.groups, lack.whole) == (WATCHED, True)


def test_an_event_for_everybody_is_for_no_group():
    (lack,) = board.gaps([community()], [slot(groups=frozenset({Group.ALL}))], WATCHED)
    assert (lack.groups, lack.whole) == (WATCHED, False)


@pytest.mark.parametrize("site_id", [1, 2, 3])
def test_what_the_station_its_office_or_the_center_plans_fills_the_gap(site_id):
    (lack,) = board.gaps([community()], [slot(site_id=site_id, groups=OLD)], WATCHED)
    assert lack.groups == (Group.UNDER_14,)


def test_a_neighbours_or_a_cancelled_event_fills_no_gap():
    other, off = slot(site_id=4, groups=OLD), slot(2, groups=OLD, state=State.CANCELLED)
    (lack,) = board.gaps([community()], [other, off], WATCHED)
    assert lack.groups == WATCHED


def test_a_group_in_which_nobody_lives_is_no_gap_and_one_nobody_counted_is():
    empty = community(people={Group.UNDER_14: 0})
    (lack,) = board.gaps([empty], [], WATCHED)
    assert lack.groups == (Group.OVER_60,)
    assert [lack.groups for lack in board.uncounted([empty, community(4)])] == [
        tuple(group for group in Group if group is not Group.UNDER_14)
    ]


# --- days -------------------------------------------------------------------------------------------------------


def test_the_second_tuesday_stays_the_second_tuesday():
    assert board.same_weekday(date(2026, 11, 10), Month(2026, 12)) == DAY
    assert board.same_weekday(date(2026, 12, 29), Month(2027, 1)) is None  # no fifth Tuesday
    assert board.same_weekday(date(2026, 12, 31), Month(2027, 1)) is None


@given(st.dates(date(2020, 1, 1), date(2035, 12, 31)))
def test_the_same_weekday_has_the_same_number_or_there_is_none(day):
    next_month = Month.of(day).plus(1)
    found = board.same_weekday(day, next_month)
    if found is None:
        assert board.nth(day) == 5
    else:
        assert (found.weekday(), board.nth(found), Month.of(found)) == (
            day.weekday(),
            board.nth(day),
            next_month,
        )


def test_a_month_is_covered_by_whole_weeks():
    weeks = board.weeks(Month(2026, 12))
    assert (weeks[0][0], weeks[-1][-1], {len(week) for week in weeks}) == (
        date(2026, 11, 30),
        date(2027, 1, 3),
        {7},
    )


def test_days_with_nothing_planned_are_idle():
    idle = board.idle_days(
        Month(2026, 12), [slot(), slot(2, at(9, day=date(2026, 12, 1)), state=State.CANCELLED)]
    )
    assert len(idle) == 30
    assert DAY not in idle


# --- layout -----------------------------------------------------------------------------------------------------


def test_slots_stand_in_their_row_and_day_in_the_order_of_time():
    shown = board.days(DAY, DAY + timedelta(days=2))
    slots = [
        slot(1, at(15)),
        slot(2, at(9)),
        slot(3, at(9, day=shown[2]), site_id=4),
        slot(4, at(9), site_id=9),
    ]
    rows = board.lay(slots, shown, [("3", "一", ""), ("4", "二", "")], lambda one: [str(one.site_id)])
    assert [[[one.id for one in cell] for cell in row.cells] for row in rows] == [
        [[2, 1], [], []],
        [[], [], [3]],
    ]
    assert [row.count for row in rows] == [2, 1]


def test_what_began_before_the_first_day_stands_in_the_first_column():
    exhibition = slot(1, at(9, day=DAY - timedelta(days=1)), ends_at=at(17))
    (row,) = board.lay([exhibition], [DAY], [("0", "", "")], lambda _one: ["0"])
    assert row.cells == ((exhibition,),)
