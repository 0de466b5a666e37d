"""Random histories of one event, against every invariant after every step (trust.md §6)."""

import contextlib
import itertools

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.residents import checks as resident_checks
from stationapp.signups import checks, operations, promotion
from stationapp.signups.models import Signup
from tests import cast
from tests.signups.scene import people, sign_up

CHECKS = (*checks.CHECKS, *resident_checks.CHECKS)


class History(RuleBasedStateMachine):
    """Parties of eight households come, go, come again, and the station adds seats."""

    home = None
    count = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.event = cast.event(self.home, capacity=4)
        self.answered = {}

    @rule(household=st.integers(0, 7), size=st.integers(1, 4))
    def a_party_comes(self, household, size):
        """All or none, and every answer stays what it was."""
        key = f"history {next(self.count)}"
        with contextlib.suppress(Refused):
            party = people(size, household)
            answer = sign_up(self.event, *party, key=key)
            if not answer.repeated:
                self.answered[key] = (party, answer)

    @rule(data=st.data())
    def a_request_is_repeated(self, data):
        """The same key gets the same codes, whatever happened since."""
        if self.answered:
            key = data.draw(st.sampled_from(sorted(self.answered)))
            party, answer = self.answered[key]
            again = sign_up(self.event, *party, key=key)
            assert (again.party_id, again.codes, again.state, again.rank) == (
                answer.party_id,
                answer.codes,
                answer.state,
                answer.rank,
            )

    @rule(data=st.data(), whole=st.booleans())
    def places_are_given_back(self, data, whole):
        """One person's, or the whole party's; also those given back before."""
        rows = list(
            db.session.scalars(select(Signup).where(Signup.event_id == self.event.id).order_by(Signup.id))
        )
        if rows:
            one = data.draw(st.sampled_from(range(len(rows))))
            with transaction():
                for row in rows:
                    if row is rows[one] or (whole and row.party_id == rows[one].party_id):
                        operations.cancel(row, by=None, why="own", now=clock.now())

    @rule(more=st.integers(1, 3))
    def the_station_adds_seats(self, more):
        """And whoever is next gets them at once."""
        with transaction():
            event = db.session.get(Event, self.event.id)
            db.session.refresh(event)
            if event.capacity < 15:
                event.capacity += more
                promotion.promote(event.id, now=clock.now())

    @invariant()
    def everything_holds(self):
        """Every check of `audit` finds nothing."""
        db.session.rollback()
        broken = {check.name: found for check in CHECKS if (found := check.find())}
        assert not broken


@pytest.mark.both_databases
def test_no_history_breaks_an_invariant(app, database_url):
    home = cast.district(app).one
    with app.app_context():
        machine = type("OneHistory", (History,), {"home": home})
        slow = database_url.startswith("postgresql")
        run_state_machine_as_test(
            machine, settings=settings(max_examples=6 if slow else 12, stateful_step_count=20, deadline=None)
        )
