"""Whoever is refused on the spot is kept with the reason, at the roster, the scanner's field and the venue's code."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.queries import venue_token
from stationapp.attendance.rules import Fate, How, Kind
from stationapp.cards.operations import end
from stationapp.cards.queries import find_scanned
from stationapp.cards.rules import Ended
from stationapp.db import db, transaction
from tests import cast
from tests.cards.scenes import scene
from tests.harness.inspect import Page


@pytest.fixture
def door(app):
    return scene(app)


@pytest.fixture
def lin(app, door):
    return cast.signed_in(app, door.people.lin)


def kept(app) -> list[tuple]:
    with app.app_context():
        rows = db.session.scalars(select(RefusedScan).order_by(RefusedScan.id)).all()
        assert {row.fate for row in rows} <= {Fate.REFUSED}
        return [(row.reason, row.event_id, row.resident_id, row.kind, row.how, row.by) for row in rows]


def type_in(client, text: str, **more):
    form = next(
        form for form in Page(client.get("/desk/checkin").text).forms if {"keep", "code"} <= form.fields
    )
    return client.post(form.action, data=form.values | {"code": text} | more)


def test_an_unknown_code_at_the_only_open_door_is_kept_without_what_was_typed(app, lin, door):
    assert type_in(lin, "WRONGCODE2").status_code == 409
    lin_id = door.people.lin.id
    assert kept(app) == [("code_unknown_place", door.event.id, None, Kind.IN, How.STAFF_SCAN, lin_id)]


def test_a_card_that_ended_is_kept_with_its_reason(app, lin, door):
    with app.app_context(), transaction():
        end(find_scanned(door.card), why=Ended.LOST, by=None, now=clock.now())
    assert type_in(lin, door.card).status_code == 409
    assert [row[0] for row in kept(app)] == ["ended"]


def test_leaving_without_having_come_is_kept_with_the_person(app, lin, door):
    assert type_in(lin, door.card, act="out").status_code == 409
    assert kept(app) == [
        ("not_checked_in", door.event.id, door.wu, Kind.OUT, How.STAFF_SCAN, door.people.lin.id)
    ]


def test_what_the_roster_refuses_is_kept(app, lin, door):
    at = f"/desk/events/{door.event.code}"
    token = Page(lin.get(f"{at}/roster").text).forms[-1].values["csrf_token"]
    data = {"csrf_token": token, "nonce": "", "out": str(door.wu)}
    assert lin.post(f"{at}/attendance", data=data).status_code == 409
    assert kept(app) == [("not_checked_in", door.event.id, door.wu, Kind.OUT, How.ROSTER, door.people.lin.id)]


def test_what_the_venues_code_refuses_is_kept_once_for_whoever_tries_again(app, door):
    with app.app_context():
        token = venue_token(door.event, clock.now())
    client = app.test_client()
    form = next(f for f in Page(client.get(f"/c/{token}").text).forms if f.action.endswith("/arrivals"))
    for _ in range(3):
        answer = client.post(form.action, data=form.values | {"code": "WRONGCODE2"})
        assert answer.status_code == 409
    assert kept(app) == [("code_unknown_place", door.event.id, None, Kind.IN, How.VENUE, None)]


def test_a_get_keeps_nothing(app, door):
    client = app.test_client()
    with app.app_context():
        token = venue_token(door.event, clock.now() - timedelta(minutes=10))
    client.get(f"/c/{token}")
    client.get("/p/WRONGCODE2")
    assert kept(app) == []
