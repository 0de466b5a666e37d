"""Many requests of one household at the same moment: the limit holds, and nobody is sent away for waiting."""

import threading
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.residents.models import Resident
from stationapp.signups import operations, queries, weighing
from stationapp.signups.rules import WEB_CONSENT, Answer, Channel, Place, SignupRefusal
from tests import cast
from tests.signups.scene import course

pytestmark = pytest.mark.both_databases

NAMES = ["赵甲", "钱乙", "孙丙", "李丁", "周戊", "吴己", "郑庚", "王辛", "冯壬", "陈癸", "褚子", "卫丑"]


def _seat(wish):
    with transaction():
        return operations.seat(wish, consent=WEB_CONSENT, now=clock.now())


def test_one_phone_does_not_pass_its_limit_by_asking_twice_at_once(app):
    people = cast.district(app)
    with app.app_context():
        cast.resident(cast.granny_wu(people.one))  # the household is known already
        event = cast.event(people.one, capacity=30)
        terms = queries.get_terms(event_id=event.id)
        both = [
            weighing.weigh(
                terms,
                [cast.person(name) for name in names],
                key=names[0],
                channel=Channel.WEB,
                by=None,
                now=clock.now(),
            )
            for names in (NAMES[:6], NAMES[6:])
        ]
        assert _seat(both[0]).state is Place.CONFIRMED
        with pytest.raises(Refused) as refused:
            _seat(both[1])
        assert refused.value.reason is SignupRefusal.PARTY_TOO_LARGE
        assert queries.get_terms(event_id=event.id).taken == 6


def test_a_sign_up_that_waits_for_somebody_who_waits_for_it_is_tried_again(app):
    people = cast.district(app)
    with app.app_context():
        granny = cast.resident(cast.person(cast.GRANNY_WU)).id
        event_id = cast.event(people.one, starts_at=clock.now() + timedelta(hours=1)).id
        home, answers = people.one, []

    def book():
        with transaction():
            return operations.sign_up(
                db.session.get_one(Event, event_id), [cast.granny_wu(home)], key="k", channel=Channel.WEB, by=None,
                consent=WEB_CONSENT, now=clock.now(),
            )  # fmt: skip

    def run():
        with app.app_context():
            answers.append(retried(book))

    other = threading.Thread(target=run)
    with app.app_context(), transaction():
        db.session.get_one(
            Event, event_id, with_for_update=True
        )  # a tick at the roster holds the event first
        other.start()
        other.join(0.5)
        db.session.get_one(Resident, granny, with_for_update=True)
    other.join(20)
    assert [answer.state for answer in answers] == [Place.CONFIRMED]


def test_a_request_pressed_twice_hears_its_answer_though_the_limit_stands_against_a_second_one(app):
    people = cast.district(app)
    with app.app_context():
        for name in NAMES[:4]:
            cast.resident(cast.person(name))  # all of them known, so that the limit is what speaks first
        terms = queries.get_terms(event_id=cast.event(people.one, capacity=30).id)
        given = _wish(terms, "twice")
        wishes = [_wish(terms, "twice")]  # weighed before the first press was seated
        first = _seat(given)

        def press():
            wish = wishes.pop() if wishes else _wish(terms, "twice")
            return wish if isinstance(wish, Answer) else _seat(wish)

        again = retried(press)
        assert (again.codes, again.repeated) == (first.codes, True)
        assert queries.get_terms(event_id=terms.event_id).taken == 4


def _wish(terms, key: str):
    people = [cast.person(name) for name in NAMES[:4]]
    return weighing.weigh(terms, people, key=key, channel=Channel.WEB, by=None, now=clock.now())


def test_a_course_asked_for_twice_at_once_through_two_dates_is_answered_once(app, monkeypatch):
    home = cast.district(app).one
    with app.app_context():
        dates = [date.id for date in course(home, 3)[1]]
    find_given, answers = queries.find_given, []

    def press(event_id: int) -> None:
        def book():
            wish = _wish(queries.get_terms(event_id=event_id), "twice")
            return wish if isinstance(wish, Answer) else _seat(wish)

        with app.app_context():
            answers.append(retried(book))

    def found_nothing_and_then_the_other_was_seated(key_index: bytes):
        found = find_given(key_index)
        monkeypatch.setattr(queries, "find_given", find_given)
        other = threading.Thread(target=press, args=(dates[0],))
        other.start()
        other.join()
        return found

    monkeypatch.setattr(queries, "find_given", found_nothing_and_then_the_other_was_seated)
    press(dates[1])
    assert len(answers) == 2
    assert len({answer.codes for answer in answers}) == 1
