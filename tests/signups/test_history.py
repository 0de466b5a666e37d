"""Random histories of one event's seats, against every invariant after every step; the long run is bench/history.py."""

import secrets

import pytest

from stationapp.signups import steps
from tests import cast
from tests.signups import histories
from tests.signups.histories import Broken, run

STEPS = 2_000
"""Steps of a history; the five are together the 10,000 of trust.md §6."""


@pytest.mark.parametrize(
    "database_url",
    ["sqlite", "sqlite", "sqlite", "sqlite", "postgresql"],
    indirect=True,
    ids=["first", "second", "third", "fourth", "postgresql"],
)
def test_no_history_breaks_an_invariant(app):
    people, number = cast.district(app), secrets.randbits(32)
    with app.app_context():
        work = run(people.one, people.lin, STEPS, number)
    print(f"{work.steps} steps, seed {number}: {dict(sorted(work.acts.items()))}")
    assert work.steps >= STEPS
    assert [name for name in histories.ACTS if not (work.acts[name] or name.startswith("duty"))] == []


def test_a_place_that_is_given_back_without_being_counted_is_found_and_told_in_few_steps(app, monkeypatch):
    people = cast.district(app)

    def forgets(event, signup, *, by, why, now):
        steps.move(signup, steps.Place.CANCELLED, by=by, why=why, now=now)

    monkeypatch.setattr("stationapp.signups.operations.leave", forgets)
    with app.app_context(), pytest.raises(Broken) as broken:
        run(people.one, people.lin, 600, 1)
    assert "S1" in str(broken.value) and len(broken.value.steps) <= 4
    assert broken.value.steps[-1][0] == "give_back"
