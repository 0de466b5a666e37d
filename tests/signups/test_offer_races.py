"""Answers, lapses and sign-ups at the same moment: one of them counts, and every seat is somebody's (trust.md §3)."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.signups import checks, draws, offer_checks, offers, operations, queries
from stationapp.signups.models import Offer, Signup
from stationapp.signups.rules import OfferEnd, Place
from tests import cast
from tests.signups.scene import people, sign_up

pytestmark = pytest.mark.both_databases

ROUNDS = 3


@pytest.fixture
def home(app):
    made = cast.district(app)
    with app.app_context():
        yield made.one


def at_once(app, *acts) -> list:
    """Do them in threads of their own that start together; what each returned, or its refusal's reason."""
    gate, found = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number, act):
        with app.app_context():
            gate.wait()
            try:
                found[number] = retried(act)
            except Refused as refused:
                found[number] = refused.reason
            except Exception as error:
                found[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    db.session.rollback()
    db.session.expire_all()
    assert not [one for one in found if isinstance(one, Exception)], found
    every = (*checks.CHECKS, *offer_checks.CHECKS)
    assert {check.name: rows for check in every if (rows := check.find())} == {}
    return found


def offered(home, *sizes, seats=1, day=0):
    """An event whose seats were freed: its parties, of which the first ones are offered them."""
    event = cast.event(home, capacity=seats, starts_at=clock.now() + timedelta(days=5 + day))
    seated = sign_up(event, *people(seats, 0))
    parties = [sign_up(event, *people(size, household)) for household, size in enumerate(sizes, start=1)]
    with transaction():
        places = [queries.get_by_code(code) for code in seated.codes]
        operations.cancel(*places, by=None, why="own", now=clock.now())
    return event, parties


def acting(verb, *args, **more):
    def act():
        with transaction():
            return verb(*args, **more)

    return act


def states(answer) -> set[Place]:
    its = select(Signup.state).where(Signup.party_id == answer.party_id)
    return set(db.session.scalars(its.execution_options(populate_existing=True)))


def test_an_answer_in_the_last_second_and_the_end_of_the_time_do_not_both_count(app, home):
    for round_ in range(ROUNDS):
        _event, (asked, after) = offered(home, 1, 1, day=round_)
        until = db.session.scalar(select(Offer.until_at).where(Offer.party_id == asked.party_id))
        just_in_time = acting(offers.accept, asked.party_id, by=None, now=until)
        over = acting(offers.lapse, now=until + timedelta(seconds=1))
        at_once(app, just_in_time, over)
        taken = states(asked) == {Place.CONFIRMED}
        assert states(after) == ({Place.WAITLISTED} if taken else {Place.OFFERED})


def test_a_seat_given_up_while_somebody_signs_up_goes_to_whoever_waited(app, home):
    for round_ in range(ROUNDS):
        event, (asked, after) = offered(home, 1, 1, day=round_)
        event_id, key = event.id, f"newcomer {round_}"

        def newcomer(event_id=event_id, key=key):
            return sign_up(db.session.get_one(Event, event_id), *people(1, 5), key=key)

        _none, answer = at_once(
            app, acting(offers.decline, asked.party_id, by=None, now=clock.now()), newcomer
        )
        assert states(asked) == {Place.CANCELLED} and states(after) == {Place.OFFERED}
        assert answer.state is Place.WAITLISTED


def test_two_seats_given_up_at_once_go_to_the_next_two(app, home):
    for round_ in range(ROUNDS):
        _event, (one, two, third, fourth, fifth) = offered(home, 1, 1, 1, 1, 1, seats=2, day=round_)
        now = clock.now()
        at_once(app, *(acting(offers.decline, answer.party_id, by=None, now=now) for answer in (one, two)))
        assert states(one) == states(two) == {Place.CANCELLED}
        assert states(third) == states(fourth) == {Place.OFFERED} and states(fifth) == {Place.WAITLISTED}


def test_the_same_answer_pressed_twice_at_once_counts_once(app, home):
    _event, (asked, after) = offered(home, 1, 1)
    press = acting(offers.decline, asked.party_id, by=None, now=clock.now())
    at_once(app, press, press)
    assert states(after) == {Place.OFFERED}
    ends = list(db.session.scalars(select(Offer.ended).order_by(Offer.id)))
    assert ends == [OfferEnd.DECLINED, None]


def test_who_signs_up_while_the_lots_are_drawn_is_drawn_or_stands_behind_and_no_seat_stays_free(app, home):
    for round_ in range(ROUNDS):
        due = clock.now() + timedelta(days=2)
        starts_at = clock.now() + timedelta(days=5 + round_)
        event = cast.event(home, capacity=3, starts_at=starts_at, draw_at=due)
        with transaction():
            draws.announce(event, now=clock.now())
        first, event_id, key = sign_up(event, *people(1, 1)), event.id, f"last one {round_}"

        def last_one(event_id=event_id, key=key, due=due):
            return sign_up(db.session.get_one(Event, event_id), *people(1, 2), key=key, now=due)

        _seated, answer = at_once(app, acting(draws.draw, event_id, now=due), last_one)
        assert states(first) == {Place.CONFIRMED}
        assert states(answer) <= {Place.CONFIRMED, Place.OFFERED}
