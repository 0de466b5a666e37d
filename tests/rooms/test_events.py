"""Events get their rooms from submission on; what does not fit is refused, however many try at once."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.commands import all_checks
from stationapp.db import db, retried, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of, get_event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.rooms.models import Booking
from stationapp.rooms.operations import add_room
from stationapp.rooms.rules import RoomFacts, RoomKind, RoomRefusal
from tests import cast

pytestmark = pytest.mark.both_databases
HOUR = timedelta(hours=1)


def make(site, name="舞蹈室", kind=RoomKind.ROOM) -> int:
    with transaction():
        return add_room(site, kind, RoomFacts(name), by=None, now=clock.now()).id


def taken(verb, *arguments, **named) -> bool:
    try:
        with transaction():
            verb(*arguments, by=None, now=clock.now(), **named)
    except Refused as refused:
        assert refused.reason is RoomRefusal.TAKEN
        return True
    return False


def booked() -> list[tuple[int, int]]:
    rows = select(Booking.event_id, Booking.room_id).order_by(Booking.event_id, Booking.room_id)
    return [tuple(row) for row in db.session.execute(rows)]


def wrong() -> dict[str, list[str]]:
    """What the audit of rooms and events finds."""
    return {check.name: rows for check in all_checks() if check.name[0] in "PS" and (rows := check.find())}


def test_a_draft_wishes_a_submitted_event_has_and_a_cancelled_one_gives_back(app):
    people = cast.district(app)
    with app.app_context():
        room = make(people.one)
        first, second = (cast.event(people.one, room_id=room, publish=False) for _ in range(2))
        assert booked() == []
        assert not taken(events.submit, first) and taken(events.submit, second)
        assert booked() == [(first.id, room)]
        assert not taken(events.publish, first)
        assert not taken(events.cancel, first, reason="下雨")
        assert booked() == [] and not taken(events.submit, second)
        assert booked() == [(second.id, room)]
        assert wrong() == {}


def test_a_change_into_a_clash_is_refused_and_leaves_everything_as_it_was(app):
    people = cast.district(app)
    with app.app_context():
        room, other = make(people.one), make(people.one, "书画室")
        first = cast.event(people.one, room_id=room)
        second = cast.event(people.one, room_id=other, starts_at=first.starts_at)
        wish = replace(fields_of(second), room_id=room)
        assert taken(events.change, second, wish)
        assert fields_of(second).room_id == other and booked() == [(first.id, room), (second.id, other)]
        later = replace(wish, starts_at=first.ends_at, ends_at=first.ends_at + HOUR)
        assert not taken(events.change, second, later)
        assert booked() == [(first.id, room), (second.id, room)] and wrong() == {}


def test_what_goes_round_is_at_one_place_at_a_time_and_a_half_booking_is_none(app):
    people = cast.district(app)
    with app.app_context():
        bus, room = make(people.center, "图书车", RoomKind.SHARED), make(people.two)
        first = cast.event(people.one, shared=frozenset({bus}))
        second = cast.event(people.two, shared=frozenset({bus}), room_id=room, publish=False)
        assert taken(events.submit, second)
        assert booked() == [(first.id, bus)] and wrong() == {}


def test_of_many_events_submitted_into_one_room_at_once_exactly_one_gets_it(app):
    people = cast.district(app)
    with app.app_context():
        room = make(people.one)
        codes = [cast.event(people.one, room_id=room, publish=False).code for _ in range(6)]
    together = Barrier(len(codes))

    def one(code: str) -> bool:
        with app.app_context():
            event_code = get_event(code).code
            db.session.rollback()
            together.wait(30)
            return retried(lambda: taken(lambda **given: events.submit(get_event(event_code), **given)))

    with ThreadPoolExecutor(len(codes)) as pool:
        assert sorted(pool.map(one, codes)) == [False] + [True] * (len(codes) - 1)
    with app.app_context():
        states = sorted(db.session.scalars(select(Event.state)), key=lambda state: state.value)
        assert states == [State.DRAFT] * 5 + [State.SUBMITTED]
        assert len(booked()) == 1 and wrong() == {}
