"""Opening hours as people write them."""

from datetime import time

import pytest

from stationapp.refusal import Unreadable
from stationapp.rooms.hours import ALL_DAY, opening, week_of

MORNING, EVENING = (time(8, 30), time(12)), (time(14, 30), time(20))


@pytest.mark.parametrize(
    ("written", "week"),
    [
        ("", {}),
        ("每天 08:30-12:00 14:30-20:00", dict.fromkeys(range(7), (MORNING, EVENING))),
        ("08:30-12:00", dict.fromkeys(range(7), (MORNING,))),
        ("周一至周五 08:30-12:00", dict.fromkeys(range(5), (MORNING,))),
        ("周一、周三 8:30—12:00；周六14:30～20:00", {0: (MORNING,), 2: (MORNING,), 5: (EVENING,)}),
        (
            "工作日 08:30-12:00，周末 14:30-20:00",
            dict.fromkeys(range(5), (MORNING,)) | {5: (EVENING,), 6: (EVENING,)},
        ),
        ("每天 全天", dict.fromkeys(range(7), (ALL_DAY,))),
    ],
)
def test_opening_hours_become_a_week(written, week):
    assert opening(written) == week


@pytest.mark.parametrize(
    "written",
    ["看门人在就开", "每天 12:00-08:30", "每天 8:30-12:00 11:00-13:00", "周一 8:30-12:00；周一 14:30-20:00",
     "每天 25:00-26:00", "每天", "8:30-12:00 节假日除外", "周五至周一 8:30-12:00"],
)  # fmt: skip
def test_opening_hours_that_make_no_sense_are_refused(written):
    with pytest.raises(Unreadable):
        opening(written)


def test_what_cannot_be_read_any_more_counts_as_not_said():
    assert week_of("看门人在就开") == {}
    assert week_of("周一 08:30-12:00") == {0: (MORNING,)}
