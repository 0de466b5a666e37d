"""Signing people up at the desk and on the phone."""

from datetime import timedelta

import pytest

from stationapp.audit.models import AuditLine
from stationapp.db import db
from stationapp.signups.models import Party
from stationapp.signups.rules import Channel
from tests import cast


@pytest.fixture
def scene(app, client):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, capacity=1)
    cast.sign_in(client, people.lin)
    return people, event


def test_a_caller_is_signed_up_with_name_and_phone_alone(app, client, scene):
    _people, event = scene
    done = client.submit(
        f"/desk/events/{event.code}/signups/new", {"name": "吴秀英", "phone": "199 0000 1111"}, to="signups"
    )
    assert done.status_code == 303
    assert "报好了，报名号" in client.get(done.location).text
    with app.app_context():
        party = db.session.query(Party).one()
        assert (party.channel, party.consent, party.by) == (Channel.PHONE, "oral-1", _people.lin.id)
        assert "signups.sign_up" in {line.act for line in db.session.query(AuditLine)}


def test_somebody_without_a_phone_can_be_entered(app, client, scene):
    _people, event = scene
    done = client.submit(f"/desk/events/{event.code}/signups/new", {"name": "郑有福"}, to="signups")
    assert done.status_code == 303


def test_a_caller_known_from_before_is_picked_by_the_last_four_digits(app, client, scene):
    people, event = scene
    client.submit(
        f"/desk/events/{event.code}/signups/new", {"name": "吴秀英", "phone": cast.PHONE}, to="signups"
    )
    with app.app_context():
        other = cast.event(people.one, title="剪纸", starts_at=event.starts_at + timedelta(days=1))
    found = client.submit(f"/desk/events/{other.code}/signups/new", {"q": "1111"}, to="callers").text
    assert "吴*英" in found and "199****1111" in found and cast.PHONE not in found
    done = client.submit(f"/desk/events/{other.code}/signups/new?who=1", {}, to="signups")
    assert done.status_code == 303


def test_whoever_comes_too_late_waits_and_moves_up_when_a_place_is_given_back(client, scene):
    _people, event = scene
    form = f"/desk/events/{event.code}/signups/new"
    client.submit(form, {"name": "吴秀英", "phone": cast.PHONE}, to="signups")
    late = client.submit(form, {"name": "孙大海", "phone": "19900002222"}, to="signups")
    page = client.get(late.location)
    assert "候补第 1 位" in page.text
    client.submit(page, {}, to="/1/cancellation")
    assert "候补第 1 位" not in client.get(late.location).text


def test_a_refusal_is_said_in_place_and_keeps_what_was_written(client, scene):
    _people, event = scene
    form = f"/desk/events/{event.code}/signups/new"
    client.submit(form, {"name": "吴秀英", "phone": cast.PHONE}, to="signups")
    again = client.submit(
        form, {"name": "吴秀英", "phone": cast.PHONE, "party-0-name": "李小满"}, to="signups"
    )
    assert again.status_code == 409
    assert "有的已经报过名" in again.text and "李小满" in again.text


def test_ma_of_another_station_finds_neither_event_nor_people(client, scene):
    people, event = scene
    client.submit(
        f"/desk/events/{event.code}/signups/new", {"name": "吴秀英", "phone": cast.PHONE}, to="signups"
    )
    cast.sign_in(client, people.ma)
    for path in (
        f"/desk/events/{event.code}/signups",
        f"/desk/events/{event.code}/signups/new",
        "/desk/residents/1",
    ):
        assert client.get(path).status_code == 404
    assert "吴*英" not in client.submit("/desk/residents/", {"q": "1111"}, to="residents").text
