"""What the pages cannot show: races and two databases."""

import pytest

from stationapp import clock
from stationapp.accounts.logins import TRIES_PER_NAME, count_try, forget_tries
from stationapp.accounts.models import Staff
from stationapp.accounts.operations import add_staff, invite, take_up
from stationapp.accounts.rules import AccountRefusal, Role
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from tests import cast


@pytest.mark.both_databases
def test_an_invitation_is_taken_up_once(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            token = invite(db.session.get_one(Staff, people.lin.id), by=None, now=clock.now())
        with transaction():
            take_up(token, login="lin", password_hash="$argon2id$", now=clock.now())
        with pytest.raises(Refused) as refused, transaction():
            take_up(token, login="lin2", password_hash="$argon2id$", now=clock.now())
        assert refused.value.reason is AccountRefusal.LINK_INVALID


@pytest.mark.both_databases
def test_tries_are_counted_together_and_forgotten_after_a_right_one(app):
    with app.app_context():
        now = clock.now()

        def tried() -> bool:
            with transaction():
                return count_try("lin", "192.0.2.1", now=now)

        assert [tried() for _ in range(TRIES_PER_NAME + 1)] == [True] * TRIES_PER_NAME + [False]
        with transaction():
            forget_tries("lin")
        assert tried()


def test_a_name_is_needed(app):
    people = cast.district(app)
    with app.app_context(), pytest.raises(Refused) as refused, transaction():
        add_staff("  ", site=people.one, role=Role.HELPER, by=None, now=clock.now())
    assert refused.value.reason is AccountRefusal.NAME_MISSING
