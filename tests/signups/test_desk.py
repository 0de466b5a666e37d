"""Signing people up at the desk and on the phone."""

import re
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db
from stationapp.residents.models import Resident
from stationapp.signups.checks import CHECKS
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel
from stationapp.web.filters import moment
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


@pytest.fixture
def couple(app, scene):
    """A couple has the only two places of an event, and another couple and somebody alone wait."""
    people, _event = scene
    with app.app_context():
        event = cast.event(people.one, title="双人舞", capacity=2)
        for pair, phone in ((("吴秀英", "吴大山"), "19900000011"), (("孙大海", "孙二妹"), "19900000022")):
            cast.sign_up(event, *(cast.person(name, phone) for name in pair))
        cast.sign_up(event, cast.person("钱多多", "19900000033"))
    return event


def _states(app, event) -> list[tuple[str, str]]:
    """(name, state) of every place, in the order they were made."""
    with app.app_context():
        rows = db.session.query(Resident.name, Signup.state).join(Signup, Signup.resident_id == Resident.id)
        rows = rows.filter(Signup.event_id == event.id).order_by(Signup.id)
        return [(name, state.value) for name, state in rows]


def test_a_household_is_cancelled_at_once_and_its_seats_go_on_together(app, client, scene, couple):
    page = client.get(f"/desk/events/{couple.code}/signups")
    assert page.text.count('name="whole"') == 2 and "一家 2 人都取消" in page.text
    first = re.search(r"/desk/signups/\d+/cancellation", page.text)[0]
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    pressed = [client.post(first, data={"csrf_token": token, "whole": "1"}) for _ in range(2)]
    assert [one.status_code for one in pressed] == [303, 303]
    states = [state for _name, state in _states(app, couple)]
    assert states[:2] == ["cancelled"] * 2 and states[4] == "waitlisted"
    assert states[2] == states[3] and states[2] in ("offered", "confirmed")
    after = client.get(pressed[0].location)
    assert "已取消 2 人。名额按次序给候补的人。" in after.text and "撤销，重新报上" in after.text
    # The seats have gone on: undone, they wait behind those who waited.
    undone = client.submit(after, to="restoration", follow_redirects=True)
    assert "已经给了后面的人，不能拿回来" in undone.text and "候补第 2 位" in undone.text
    states = [state for _name, state in _states(app, couple)]
    assert states[5:] == ["waitlisted"] * 2 and states[2] in ("offered", "confirmed")


def test_a_cancellation_is_undone_while_the_seats_are_free_and_pressing_twice_is_harmless(app, client, scene):
    _people, event = scene
    with app.app_context():
        cast.sign_up(event, cast.person("吴秀英", "19900000011"))
    page = client.get(f"/desk/events/{event.code}/signups")
    after = client.submit(page, to="cancellation", follow_redirects=True)
    assert "已取消 1 人。" in after.text and "候补的人" not in after.text
    form = client._form(after, "restoration")
    for said in ("报好了，报名号", "已经重新报过了"):
        undone = client.post(form.action, data=form.values, follow_redirects=True)
        assert said in undone.text and "撤销，重新报上" not in undone.text
    assert _states(app, event) == [("吴秀英", "cancelled"), ("吴秀英", "confirmed")]
    with app.app_context():
        assert {check.name: found for check in CHECKS if (found := check.find())} == {}
    # Later it is offered beside those who do not come any more.
    gone = client.submit(undone, to="cancellation", follow_redirects=True)
    listed = client.get(f"/desk/events/{event.code}/signups").text
    assert listed.count("重新报上</button>") == 1 and "撤销" in gone.text
    assert client.get(f"/desk/events/{event.code}/signups?undo=x").status_code == 200


def test_the_list_says_how_many_seats_are_kept_for_callers_and_until_when(app, client, scene):
    people, event = scene
    listed = client.get(f"/desk/events/{event.code}/signups").text
    assert "留给打电话来" not in listed and f'href="/desk/sites/{people.one.code}/limits/"' in listed
    until = clock.now() + timedelta(hours=20)
    with app.app_context():
        kept = cast.event(people.one, title="剪纸", capacity=5, phone_seats=2, phone_until_at=until)
    page = client.get(f"/desk/events/{kept.code}/signups").text
    assert f"其中 2 个留给打电话来、到站里来报的人，留到{moment(until)}" in page
