"""Random histories of a course, against every invariant after every step (trust.md §6)."""

import contextlib
import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import checks as event_checks
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.signups import checks, holds, operations, promotion
from stationapp.signups import course as in_step
from stationapp.signups.models import Signup
from tests import cast
from tests.signups.scene import announce, course, further_date, let_pass, people, sign_up

TOKENS = st.sampled_from("ab")
CHECKS = (*checks.CHECKS, *event_checks.CHECKS)


class History(RuleBasedStateMachine):
    """Households come and go; dates are added, moved out of sight, called off, brought back, and held."""

    home = None
    by = None
    count = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.series, _ = course(self.home, 3, capacity=4)
        self.weeks = itertools.count(3)
        self.opened: dict[str, int] = {}

    def dates(self, *states: State) -> list[Event]:
        db.session.rollback()
        db.session.expire_all()
        query = select(Event).where(Event.series_id == self.series.id, Event.state.in_(states))
        return list(db.session.scalars(query.order_by(Event.starts_at)))

    def pick(self, data, *states: State) -> Event | None:
        found = [date for date in self.dates(*states) if date.starts_at > clock.now()]
        return data.draw(st.sampled_from(found)) if found else None

    @rule(data=st.data(), household=st.integers(0, 7), size=st.integers(1, 3))
    def a_party_comes(self, data, household, size):
        """Through any date; every answer stays what it was."""
        date = self.pick(data, State.PUBLISHED)
        if date is None:
            return
        key, party = f"course {next(self.count)}", people(size, household)
        with contextlib.suppress(Refused):
            answer = sign_up(date, *party, key=key)
            again = sign_up(date, *party, key=key) if not answer.repeated else answer
            assert (again.codes, again.state, again.rank) == (answer.codes, answer.state, answer.rank)

    @rule(data=st.data(), token=TOKENS, size=st.integers(1, 3), calls=st.booleans())
    def seats_are_held(self, data, token, size, calls):
        """Through any date, at all of them; the same token resizes."""
        if date := self.pick(data, State.PUBLISHED):
            by = self.by if calls else None
            with transaction():
                holds.hold_seats(date.id, size, token=self.token(token), by=by, asker=token, now=clock.now())

    @rule(
        data=st.data(), household=st.integers(0, 7), size=st.integers(1, 3), token=TOKENS, calls=st.booleans()
    )
    def a_party_comes_with_a_token(self, data, household, size, token, calls):
        """Through any date; of a hold that stands, was used, or ran out."""
        if date := self.pick(data, State.PUBLISHED):
            by = self.by if calls else None
            with contextlib.suppress(Refused):
                sign_up(date, *people(size, household), by=by, hold=self.token(token))

    @rule(token=TOKENS)
    def a_hold_is_let_go(self, token):
        """And the next form has a token of its own."""
        with transaction():
            holds.let_go(self.token(token), now=clock.now())
        self.opened[token] = self.opened.get(token, 0) + 1

    @rule()
    def holds_run_out(self):
        """As if six minutes had passed."""
        with transaction():
            holds.expire(now=clock.now() + timedelta(minutes=6))

    def token(self, token: str) -> str:
        """What stands in the form open under this name."""
        return f"{token} {self.opened.get(token, 0)} {self.series.code}"

    @rule(data=st.data())
    def somebody_leaves(self, data):
        """With the code of any date."""
        query = select(Signup).join(Event, Event.id == Signup.event_id)
        rows = list(db.session.scalars(query.where(Event.series_id == self.series.id).order_by(Signup.id)))
        if rows:
            place = data.draw(st.sampled_from(rows))
            with contextlib.suppress(Refused), transaction():
                operations.cancel(place, by=None, why="own", now=clock.now())

    @rule(capacity=st.sampled_from([4, 5, 6]))
    def a_further_date_is_published(self, capacity):
        """With the same places, or it is refused."""
        if len(self.dates(*State)) < 7:
            date = further_date(
                self.series, self.home, weeks=next(self.weeks), capacity=capacity, publish=False
            )
            with contextlib.suppress(Refused):
                announce(date)

    @rule(data=st.data())
    def a_date_is_called_off(self, data):
        """Its places are void."""
        if date := self.pick(data, State.PUBLISHED, State.POSTPONED):
            with transaction():
                events.cancel(date, by=None, now=clock.now(), reason="停电")

    @rule(data=st.data())
    def a_date_is_put_off(self, data):
        """Its places stay."""
        if date := self.pick(data, State.PUBLISHED):
            with transaction():
                events.postpone(date, by=None, now=clock.now(), reason="修房顶")

    @rule(data=st.data())
    def a_date_is_back(self, data):
        """And takes along who joined since."""
        if date := self.pick(data, State.POSTPONED, State.DRAFT):
            with contextlib.suppress(Refused):
                announce(date)

    @rule(data=st.data(), places=st.integers(2, 7))
    def the_station_changes_the_places(self, data, places):
        """At one date, and so at all."""
        if date := self.pick(data, State.PUBLISHED, State.POSTPONED):
            now = clock.now()
            with contextlib.suppress(Refused), transaction():
                in_step.hold_for(date, now=now)
                events.change(date, replace(fields_of(date), capacity=places), by=None, now=now)
                in_step.spread_places(date, by=None, now=now)
                promotion.promote(date.id, now=now)

    @rule()
    def the_next_date_is_held(self):
        """Whoever had no place there never gets one any more."""
        ahead = [date for date in self.dates(State.PUBLISHED) if date.starts_at > clock.now()]
        if len(ahead) > 1:
            let_pass(ahead[0])

    @invariant()
    def everything_holds(self):
        """Every check of `audit` finds nothing."""
        db.session.rollback()
        broken = {check.name: found for check in CHECKS if (found := check.find())}
        assert not broken


@pytest.mark.both_databases
def test_no_history_of_a_course_breaks_an_invariant(app, database_url):
    district = cast.district(app)
    with app.app_context():
        machine = type("OneHistory", (History,), {"home": district.one, "by": district.lin.id})
        slow = database_url.startswith("postgresql")
        run_state_machine_as_test(
            machine, settings=settings(max_examples=5 if slow else 10, stateful_step_count=20, deadline=None)
        )
