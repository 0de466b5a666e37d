"""Two records of one volunteer: what they did is counted once, whatever is closed out when (domain.md §7)."""

import pytest

from stationapp.db import db, transaction
from stationapp.residents.merging import merge
from stationapp.residents.models import Merge
from stationapp.volunteers.checks import CHECKS
from tests import cast
from tests.volunteers.acts import at, close, event, serve, volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(app, client):
    made = cast.district(app)
    cast.sign_in(client, made.lin)
    with app.app_context():
        yield made


@pytest.fixture
def both(people):
    """王建国 by two records, both known at Lin's station; the first has hours."""
    found = [volunteer(people.one, phone=phone) for phone in ("19900003333", "19900005555")]
    made = event(people.one, at(6), at(8))
    serve(made, found[0], at(6), at(8))
    close(made)
    return found


def at_once(people, both):
    """Both records were there at the same time, at two stations."""
    held = [event(where, at(9), at(12)) for where in (people.one, people.two)]
    for made, who in zip(held, both, strict=True):
        serve(made, who, at(9), at(12))
    return held


def test_a_presence_not_closed_out_yet_stands_against_the_merge_of_two_ledgers(client, people, both):
    at_once(people, both)
    pair = "/desk/duplicates/{}/{}".format(*(who.resident_id for who in both))
    answer = client.submit(pair, to="/merging")
    assert answer.status_code == 409 and "时长" in answer.text
    db.session.rollback()
    assert db.session.query(Merge).count() == 0


def test_time_counted_in_two_ledgers_of_one_person_is_found(people, both):
    held = at_once(people, both)
    with transaction():  # as if nothing had stood against it
        merge(both[0].resident_id, both[1].resident_id, by=people.lin.id, reason="同一人", now=at(12, 5))
    for made in held:
        close(made)
    db.session.rollback()
    assert [check.name for check in CHECKS if check.find()] == ["H5"]
