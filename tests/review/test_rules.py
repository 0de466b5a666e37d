"""What a reviewer should look at: each warning for its reason, at its edge, and none for a clean event."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from stationapp import clock
from stationapp.review.rules import Problem, Seen, problems

NOW = clock.instant(date(2031, 3, 3), 9)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
STARTS, ENDS = NOW + 5 * DAY, NOW + 5 * DAY + 2 * HOUR
CLEAN = Seen(STARTS, ENDS, capacity=20, room_capacity=30)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, ()),
        ({"missing": ("task",)}, (Problem.MISSING,)),
        ({"starts_at": NOW}, (Problem.OVER,)),
        ({"starts_at": NOW + HOUR}, (Problem.SOON,)),
        ({"starts_at": NOW + DAY}, ()),
        ({"holiday": True}, (Problem.HOLIDAY,)),
        ({"worked_instead": True}, (Problem.WORKED_INSTEAD,)),
        ({"booked": False}, (Problem.NOT_BOOKED,)),
        ({"open": False}, (Problem.CLOSED,)),
        ({"capacity": 30}, ()),
        ({"capacity": 31}, (Problem.TOO_MANY_FOR_ROOM,)),
        ({"capacity": None}, (Problem.TOO_MANY_FOR_ROOM,)),
        ({"capacity": None, "room_capacity": None}, ()),
        ({"capacity": 10, "room_capacity": 40}, ()),
        ({"capacity": 9, "room_capacity": 40}, (Problem.ROOM_TOO_LARGE,)),
        ({"capacity": 9, "room_capacity": 39}, ()),
        ({"opens_at": STARTS - HOUR}, ()),
        ({"opens_at": STARTS}, (Problem.SIGN_UP_TOO_LATE,)),
        ({"closes_at": NOW}, (Problem.SIGN_UP_OVER,)),
        ({"closes_at": NOW + HOUR}, ()),
        ({"closes_at": ENDS}, ()),
        ({"closes_at": ENDS + HOUR}, (Problem.SIGN_UP_AFTER_END,)),
        ({"twins": ("示例二",)}, (Problem.TWIN,)),
        ({"uninsured": True}, (Problem.UNINSURED,)),
        ({"own": True}, (Problem.OWN,)),
        ({"holiday": True, "booked": False, "own": True}, (Problem.HOLIDAY, Problem.NOT_BOOKED, Problem.OWN)),
    ],
)
def test_what_to_look_at(changes, found):
    assert problems(replace(CLEAN, **changes), NOW) == found
