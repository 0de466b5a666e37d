"""The phone desk: found, chosen, read back, signed up; and everything else a caller may want."""

import re

import pytest

from stationapp.db import db
from stationapp.signups.models import Party, SeatHold, Signup
from stationapp.signups.rules import Channel, HoldEnd, Place
from tests import cast


@pytest.fixture
def people(app, client):
    """The district, with Lin signed in at the phone desk and Granny Wu and Xiao Li known there."""
    made = cast.district(app)
    cast.sign_in(client, made.lin)
    with app.app_context():
        cast.resident(cast.granny_wu(made.one))
        cast.resident(cast.xiao_li(made.one))
    return made


@pytest.fixture
def event(app, people):
    """An event with three places."""
    with app.app_context():
        return cast.event(people.one, capacity=3)


def found(client, text: str):
    """The page a search leads to."""
    return client.submit("/desk/phone/", {"text": text}, to="/desk/phone/", follow_redirects=True)


def read_back(client, text: str, event: str = "1", who=(0,), **more):
    """Search, tick the people at these positions, choose the event: the page to read from, or what was refused."""
    page = found(client, text)
    ticks = {f"known-{n}-comes": "y" for n in who}
    return client.submit(page, {"event": event} | ticks | more, to="readback")


def signed_up(client, page):
    """The page after the consent was given."""
    return client.submit(page, to="/desk/phone/signups", follow_redirects=True)


def live(app) -> list[tuple[str, Place]]:
    """Everybody with a place."""
    with app.app_context():
        rows = db.session.query(Signup).filter(Signup.state != Place.CANCELLED).order_by(Signup.id)
        return [(signup.resident_id, signup.state) for signup in rows]


@pytest.mark.both_databases
def test_a_caller_known_by_four_digits_is_signed_up_with_oral_consent(app, client, people, event):
    page = read_back(client, "1111", who=(0, 1))
    assert "智能手机课堂，一楼多功能厅，两位，姓吴、姓李，对吗？" in re.sub(r"\s+", " ", page.text)
    done = signed_up(client, page)
    assert "报好了" in done.text and "吴*英" in done.text and cast.GRANNY_WU not in done.text
    assert len(re.findall(r'class="code"', done.text)) == 2
    with app.app_context():
        party = db.session.query(Party).one()
        assert (party.channel, party.consent, party.by) == (Channel.PHONE, "oral-1", people.lin.id)
        hold = db.session.query(SeatHold).one()
        assert (hold.ended, hold.party_id, hold.by_phone) == (HoldEnd.USED, party.id, True)
        assert event_now(event).taken == 2


def event_now(event):
    return db.session.get(type(event), event.id)
