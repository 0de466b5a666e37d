"""Sending stops by itself at a limit or when a gateway takes nothing, and starts again only when a person says so."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp.db import db, transaction
from stationapp.messages import stops
from stationapp.messages.gateways.base import Answer
from stationapp.messages.models import Stop
from stationapp.messages.operations import send_code
from stationapp.messages.rules import AttemptEnd, Delivery, StopWhy, Way
from stationapp.messages.sending import drain
from stationapp.messages.sending_rules import Limits
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.residents.homes import make_code
from stationapp.residents.rules import CodeVia
from tests.messages.outbox import NOON, Playing, scene, states, write

pytestmark = pytest.mark.both_databases

BUSY = Answer(AttemptEnd.BUSY, "http-503")


@pytest.fixture
def made(app):
    with app.app_context():
        yield scene(app)


def send(gateway: Playing, now=NOON, **more) -> int:
    return drain({Way.SMS: gateway}, now_of=lambda: now, most=100, **more)


def told() -> list[str]:
    return list(db.session.scalars(select(Notice.subject).where(Notice.occasion == Occasion.STOPPED)))


def ask_for_code(made, number: int, now=NOON) -> None:
    with transaction():
        make_code(made.parties[number].household_id, CodeVia.SMS, by=None, now=now)
        send_code(made.parties[number].household_id, now=now)


def lift(made, stop_id: int, now=NOON) -> None:
    with transaction():
        stops.lift(stop_id, by=made.people.root.id, site_id=made.site_id, reason="好了", now=now)


def test_a_days_limit_stops_everything_until_a_person_lifts_it(made):
    write(made)
    gateway, bounds = Playing(), Limits(a_day=2)
    send(gateway, bounds=bounds)
    send(gateway, bounds=bounds)
    assert len(gateway.got) == 2
    assert [(one.way, one.why) for one in stops.live_stops()] == [(Way.SMS, StopWhy.DAY_LIMIT)]
    assert told() == ["stop 1"]
    send(gateway, NOON + timedelta(days=1), bounds=bounds)
    assert len(gateway.got) == 2, "another day alone changes nothing"
    lift(made, 1)
    send(gateway, NOON + timedelta(days=1), bounds=bounds)
    assert len(gateway.got) == 3


def test_a_days_limit_that_was_lifted_lets_as_many_go_out_again_the_same_day(made):
    write(made)
    gateway, bounds, later = Playing(), Limits(a_day=2), NOON + timedelta(minutes=5)
    send(gateway, bounds=bounds)
    send(gateway, bounds=bounds)
    lift(made, 1, later)
    send(gateway, later + timedelta(seconds=1), bounds=bounds)
    assert (len(gateway.got), stops.live_stops()) == (3, [])
    write(made, step=1)
    for _ in range(2):
        send(gateway, later + timedelta(seconds=2), bounds=bounds)
    assert len(gateway.got) == 4, "two more, then it stops again"
    assert [one.why for one in stops.live_stops()] == [StopWhy.DAY_LIMIT]


def test_what_is_stopped_stops_codes_too(made):
    with transaction():
        stops.stop(Way.SMS, by=made.people.root.id, site_id=made.site_id, reason="查一下", now=NOON)
    ask_for_code(made, 0)
    gateway = Playing()
    assert send(gateway) == 0
    assert gateway.got == []


def test_codes_asked_for_in_bulk_stop_sending(made):
    gateway, bounds = Playing(), Limits(codes_a_minute=2)
    for number in range(3):
        ask_for_code(made, number)
        send(gateway, bounds=bounds)
    assert len(gateway.got) == 2
    assert [one.why for one in stops.live_stops()] == [StopWhy.RATE]
    lift(made, 1, NOON + timedelta(seconds=20))
    send(gateway, NOON + timedelta(seconds=21), bounds=bounds)
    assert (len(gateway.got), stops.live_stops()) == (3, [])


def test_a_gateway_that_takes_nothing_for_minutes_is_stopped_and_one_that_hiccups_is_not(made):
    for step in range(5):
        write(made, step=step)
    gateway, now = Playing({"*": BUSY}), NOON
    send(gateway, now)
    assert stops.live_stops() == []
    for _ in range(12):
        now += timedelta(seconds=40)
        send(gateway, now)
    assert [one.why for one in stops.live_stops()] == [StopWhy.GATEWAY]
    before = len(gateway.got)
    assert send(gateway, now + timedelta(hours=1)) == 0
    assert len(gateway.got) == before
    assert told() == ["stop 1"]
    lift(made, 1, now + timedelta(hours=1))
    write(made, step=5)
    send(gateway, now + timedelta(hours=1, seconds=1))
    assert stops.live_stops() == [], "who lifts it gives the gateway a new start"


def test_a_stop_in_the_middle_leaves_the_rest_waiting(made, monkeypatch):
    from stationapp.messages import sending

    monkeypatch.setattr(sending, "GROUP", 1)
    write(made)
    gateway = Playing()

    def pulls(_outgoing):
        with made.app.app_context(), transaction():
            stops.stop(Way.SMS, by=made.people.root.id, site_id=made.site_id, reason="停", now=NOON)

    gateway.meanwhile = lambda outgoing: pulls(outgoing) if len(gateway.got) == 1 else None
    send(gateway)
    assert len(gateway.got) == 1
    assert states() == {Delivery.ACCEPTED: 1, Delivery.PENDING: 2}


def test_two_that_stop_at_once_make_one_stop(made):
    with transaction():
        assert stops.stop_itself(Way.SMS, StopWhy.GATEWAY, now=NOON)
        assert not stops.stop_itself(Way.SMS, StopWhy.RATE, now=NOON)
        assert stops.stop_itself(Way.EMAIL, StopWhy.GATEWAY, now=NOON)
    with pytest.raises(Refused), transaction():
        stops.stop(Way.SMS, by=made.people.root.id, site_id=made.site_id, reason="停", now=NOON)
    assert len(db.session.scalars(select(Stop)).all()) == 2
