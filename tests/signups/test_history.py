"""Random histories of one event's seats, against every invariant after every step; the long run is bench/history.py."""

import secrets

import pytest

from stationapp.signups import steps
from tests import cast
from tests.signups import histories
from tests.signups.histories import Broken, run

SHARES = {"sqlite": 8_000, "postgresql": 2_000}
"""Steps of a test run: together the 10,000 of trust.md §6."""


@pytest.mark.both_databases
def test_no_history_breaks_an_invariant(app, database_url):
    people = cast.district(app)
    kind, number = database_url.split(":")[0].split("+")[0], secrets.randbits(32)
    with app.app_context():
        work = run(people.one, people.lin, SHARES[kind], number)
    print(f"{kind}: {work.steps} steps, seed {number}: {dict(sorted(work.acts.items()))}")
    assert work.steps >= SHARES[kind]
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
