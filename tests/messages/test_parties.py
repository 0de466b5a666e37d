"""What is said about one request's places is theirs, whoever else of that phone has some at the same event."""

from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.queries import fields_of, get_event
from stationapp.jobs.operations import DUTIES
from stationapp.messages import switches
from stationapp.messages.calls import lines
from stationapp.messages.models import Message
from stationapp.messages.operations import answer_call
from stationapp.messages.queries import list_for_household
from stationapp.messages.rules import CallOutcome, Way
from stationapp.messages.saying import facts_of
from stationapp.messages.sending import drain
from stationapp.messages.spreading import spread
from stationapp.notices.rules import Occasion
from stationapp.residents.models import Household
from stationapp.signups import queries
from stationapp.web.filters import groups
from tests import cast
from tests.messages.outbox import Playing

pytestmark = pytest.mark.both_databases

SITE = "http://station.test"
EVENING = clock.instant(clock.day_of(clock.now()) + timedelta(days=1), 18)
"""Nobody is left waiting for the end of the quiet hours."""


@pytest.fixture
def place(app):
    """A station at six in the evening; text messages are switched on."""
    switches.use(sms=True, email=False, public_url=SITE)
    with time_machine.travel(EVENING, tick=False):
        yield cast.district(app)


def ask(app, code: str, name: str, phone: str = "19900007101") -> str:
    """Sign somebody up through the event's page; the code of the place."""
    answer = app.test_client().submit(f"/events/{code}", {"name": name, "phone": phone}, to="signups")
    assert answer.status_code == 303
    return answer.location.rsplit("/", 1)[1].partition("?")[0]


def give_up(app, code: str) -> None:
    assert app.test_client().submit(f"/signups/{code}", {}, to="/cancel").status_code == 303


def handed() -> list[str]:
    """What the gateway is handed now, in the order in which it was made."""
    gateway = Playing()
    with transaction():
        spread(now=clock.now())
    drain({Way.SMS: gateway}, now_of=clock.now, most=50)
    db.session.rollback()
    return [one.text for one in gateway.got]


def pages() -> list[str]:
    """What the only household is told on its own page."""
    return [
        one.sentence for one in list_for_household(db.session.scalar(select(Household.id)), now=clock.now())
    ]


def test_two_requests_of_one_phone_are_each_told_of_their_own_code(app, place):
    with app.app_context():
        code = cast.event(place.one, starts_at=EVENING + timedelta(days=3)).code
    mother, son = ask(app, code, "吴奶奶"), ask(app, code, "吴小明")
    with app.app_context():
        said = handed()
        assert [groups(one) in text for one, text in zip((mother, son), said, strict=True)] == [True, True]
        assert len({*pages()}) == 2
    third = ask(app, code, "吴大山")
    with app.app_context(), transaction():
        spread(now=clock.now())
    give_up(app, third)
    with app.app_context():
        assert handed() == []  # the others of that phone still come; this one does not
        assert not any(groups(third) in sentence for sentence in pages())


def test_an_offer_leads_to_the_places_offered_and_a_change_to_everybodys(app, place):
    with app.app_context():
        code = cast.event(place.one, starts_at=EVENING + timedelta(days=3), capacity=2).code
    first, other = ask(app, code, "吴奶奶"), ask(app, code, "周一", "19900007102")
    waits = ask(app, code, "吴小明")
    with app.app_context():
        handed()
    give_up(app, other)
    with app.app_context():
        offer = [text for text in handed() if "答复" in text]
        assert len(offer) == 1 and f"{SITE}/signups/{waits}" in offer[0] and first not in offer[0]
        event = get_event(code)
        with transaction():
            events.change(event, replace(fields_of(event), place="二楼"), by=None, now=clock.now())
            spread(now=clock.now())
        moved = db.session.scalars(
            select(Message).where(Message.occasion == Occasion.MOVED, Message.way == Way.SMS)
        )
        links = [facts["link"] for facts in facts_of(list(moved), now=clock.now()).values()]
        assert links == [f"{SITE}/signups/{first} {SITE}/signups/{waits}"]


def test_an_offer_that_lapsed_is_told_of_though_others_of_that_phone_come(app, place):
    with app.app_context():
        code = cast.event(place.one, starts_at=EVENING + timedelta(days=3), capacity=2).code
    ask(app, code, "吴奶奶")
    other = ask(app, code, "周一", "19900007102")
    ask(app, code, "吴小明")
    give_up(app, other)
    with app.app_context():
        handed()
    with time_machine.travel(EVENING + timedelta(days=1), tick=False), app.app_context():
        with transaction():
            assert DUTIES["offers"](now=clock.now()) == 1
        assert ["收回" in text for text in handed() if "提醒" not in text] == [True]


def test_a_call_about_one_partys_places_names_them_alone_and_gives_back_theirs_alone(app, place):
    switches.use(sms=False, email=False, public_url=SITE)
    with app.app_context():
        event = cast.event(place.one, starts_at=EVENING + timedelta(hours=6), capacity=2)
    granny, other = ask(app, event.code, "吴奶奶"), ask(app, event.code, "周一", "19900007102")
    waits = ask(app, event.code, "孙小明")
    give_up(app, other)
    with app.app_context():
        with transaction():
            spread(now=clock.now())
        calls = select(Message).where(Message.way == Way.CALL, Message.occasion == Occasion.PROMOTED)
        (call,) = lines(list(db.session.scalars(calls)), now=clock.now())
        assert groups(waits) in call.sentence and "轮到您家" in call.sentence
        assert [person.name for _place, person in call.people] == ["孙小明"]
        db.session.rollback()
        with transaction():
            answer_call(call.message.id, CallOutcome.NOT_COMING, by=place.lin.id, now=clock.now())
        states = [queries.get_by_code(code).state.value for code in (granny, waits)]
        assert states == ["confirmed", "cancelled"]


def test_a_call_falls_away_with_its_partys_places_though_others_of_that_phone_come(app, place):
    switches.use(sms=False, email=False, public_url=SITE)
    with app.app_context():
        event = cast.event(place.one, starts_at=EVENING + timedelta(hours=6), capacity=2)
    ask(app, event.code, "吴奶奶")
    other, waits = ask(app, event.code, "周一", "19900007102"), ask(app, event.code, "孙小明")
    give_up(app, other)
    with app.app_context(), transaction():
        spread(now=clock.now())
        assert db.session.scalar(select(Message.id).where(Message.way == Way.CALL))
    give_up(app, waits)
    with app.app_context(), transaction():
        assert DUTIES["call_tidying"](now=clock.now()) == 1
