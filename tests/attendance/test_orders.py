"""Whatever order scans come in, however often and in whatever parts: the same presences, hours and list to decide.

500 orders in every run (`SYNC_ORDERS=5000` in the long one); each test prints what it did.
"""

import os
from collections import Counter
from random import Random

import pytest

from stationapp.attendance.intake import take_in
from stationapp.attendance.rules import Fate
from stationapp.db import transaction
from tests.attendance.arrivals import CHECKS, Doors, by_arrival, shuffled

ORDERS = int(os.environ.get("SYNC_ORDERS", "500"))
SEED = int(os.environ.get("SYNC_SEED", "20261123"))
PARTS = 10
EACH = 10
"""Orders of one story."""


@pytest.fixture
def doors(app):
    with app.app_context():
        yield Doors(app)


@pytest.mark.parametrize("part", range(PARTS))
def test_any_order_gives_the_same(doors, part):
    random, done = Random(SEED + part), Counter()
    while done["orders"] < ORDERS // PARTS:
        story = doors.story(random)
        (right, answers) = doors.outcome(story)
        done["stories"] += 1
        done["scans"] += len(story)
        done["presences"] += len(right[0])
        done["lines"] += len(right[1])
        done["waiting"] += sum(row[-1] is Fate.WAITING for row in right[2])
        assert answers.total() == len(story), "each scan is answered once, and none is lost"
        for _ in range(EACH):
            sent = shuffled(random, story)
            assert doors.outcome(sent) == (right, answers), f"seed {SEED + part}, story {done['stories']}"
            done["orders"] += 1
            done["sent"] += len(sent)
    print(f"\nseed {SEED + part}: {dict(done)}")
    assert done["sent"] > done["orders"] * 10
    if done["stories"] >= 5:
        assert min(done[name] for name in ("presences", "lines", "waiting")) > 0


def test_folding_by_arrival_would_differ(doors):
    """The control: the same stories, each scan done as it comes."""
    random, differing = Random(SEED), 0
    for _ in range(50):
        story = doors.story(random)
        orders = [by_arrival(shuffled(random, story)) for _ in range(EACH)]
        differing += any(one != orders[0] for one in orders)
    print(f"\nby arrival {differing} of 50 stories come out differently")
    assert differing >= 40


@pytest.mark.both_databases
def test_what_is_kept_of_a_story_is_in_order(doors):
    """Not rehearsed: each scan in a transaction of its own, and `audit` finds nothing."""
    random = Random(SEED)
    story = doors.story(random, length=30)
    expected, _answers = doors.outcome(story)
    for scan in shuffled(random, story):
        with transaction():
            take_in([scan], by=None, now=doors.now)
    doors.close_out()
    assert doors.stands() == expected
    assert [row for check in CHECKS for row in check.find()] == []
