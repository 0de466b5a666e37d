"""A minute's stampede with kills on both databases; tests/bench/stampede.py is the long one and has the control."""

import pytest

from tests.bench.stampede import Floors, database, prepare, stampede, too_little
from tests.bench.stampede_scene import problems

SECONDS, CLIENTS, EVERY = 60, 24, 4
FLOORS = Floors(kills=8, cuts=20, requests=500)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_nothing_acknowledged_is_lost_and_nothing_is_oversold_while_processes_are_killed(kind):
    with database(kind) as (instance, url):
        scene = prepare(instance, url)
        run = stampede(scene, SECONDS, CLIENTS, EVERY, seed=11)
        assert problems(scene, run.log) == []
        assert run.beyond == 0
        assert too_little(run, FLOORS) == []
