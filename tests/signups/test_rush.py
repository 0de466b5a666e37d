"""A short rush through the real form at a real server with two processes; tests/bench/rush.py is the long one."""

import pytest

from tests.bench.crowd import attempts
from tests.bench.rush import SEATS, oversold, prepare, press, problems, serving

CLIENTS, PRESSES = 24, 240


@pytest.fixture
def empty_url(request, tmp_path):
    """A database that has not been migrated; the scene does that itself."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'station.db'}"
        return
    server = request.getfixturevalue("postgresql")
    url = server.fresh()
    yield url
    server.drop(url)


@pytest.mark.parametrize("empty_url", ["sqlite", "postgresql"], indirect=True)
def test_a_rush_fills_exactly_the_seats_and_nobody_loses_their_answer(tmp_path, empty_url):
    scene = prepare(tmp_path / "instance", empty_url)
    crowd = attempts(PRESSES, 0.3, seed=7)
    with serving(scene, "stationapp.wsgi:app") as port:
        told, _ = press(scene, port, crowd, CLIENTS)
        again, _ = press(scene, port, crowd[:40], CLIENTS)
    assert problems(scene, crowd, told) == []
    assert {outcome.code for outcome in again} <= {outcome.code for outcome in told}
    assert len(crowd) > 2 * SEATS


@pytest.mark.parametrize("empty_url", ["sqlite"], indirect=True)
def test_the_same_rush_without_the_guard_oversells(tmp_path, empty_url):
    scene = prepare(tmp_path / "instance", empty_url)
    with serving(scene, "tests.bench.rush_naive:app") as port:
        press(scene, port, attempts(PRESSES, 0.0, seed=7), CLIENTS)
    assert oversold(scene) > 0
