"""The outbox at the desk: masked, filtered, page by page; a doubt is decided by a person and never sent again."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp.audit.models import AuditLine
from stationapp.db import db
from stationapp.messages.gateways.base import Answer
from stationapp.messages.models import Message
from stationapp.messages.rules import AttemptEnd, Delivery, Way
from stationapp.messages.sending import drain
from stationapp.notices.rules import Occasion
from tests import cast
from tests.messages.outbox import NOON, Playing, message, phone, scene, write

pytestmark = pytest.mark.both_databases

UNKNOWN = Answer(AttemptEnd.UNKNOWN, "ReadTimeout")


@pytest.fixture
def sent(app):
    """Three messages, the second in doubt; their ids."""
    with app.app_context():
        made = scene(app)
        made.ids = write(made, occasion=Occasion.PROMOTED)
        drain({Way.SMS: Playing({phone(1): UNKNOWN})}, now_of=lambda: NOON, most=10)
    return made


@pytest.fixture
def lin(client, sent):
    cast.sign_in(client, sent.people.lin)
    return client


def test_the_outbox_is_counted_filtered_and_masked(lin, sent):
    page = lin.get("/desk/messages/").text
    assert page.count("199****000") == 3 and phone(0) not in page
    assert 'state=in_doubt">1</a>' in page and 'state=accepted">2</a>' in page
    doubtful = lin.get("/desk/messages/?state=in_doubt").text
    assert doubtful.count("199****000") == 1 and "不会再发" in doubtful
    assert "没有这样的" in lin.get("/desk/messages/?way=email").text
    assert lin.get("/desk/messages/?state=nonsense&way=call&page=9999999999").status_code == 200


def test_a_long_outbox_has_a_second_page_and_a_file(app, lin, sent):
    with app.app_context():
        for step in range(1, 21):
            write(sent, step=step, now=NOON + timedelta(days=1))
    first, second = lin.get("/desk/messages/"), lin.get("/desk/messages/?page=2")
    assert first.text.count("199****000") == 50 and second.text.count("199****000") == 13
    lines = lin.get("/desk/messages/export").get_data(as_text=True).splitlines()
    assert len(lines) == 64 and phone(0) not in "".join(lines)


def test_a_message_shows_its_tries_and_what_was_said_only_with_a_reason(app, lin, sent):
    path = f"/desk/messages/{sent.ids[0]}"
    page = lin.get(path)
    assert "接收了" in page.text and "有您家的名额了" not in page.text
    assert lin.submit(page, {"reason": " "}, to="/text").status_code == 422
    shown = lin.submit(page, {"reason": "本人来问"}, to="/text").text
    assert "有您家的名额了" in shown
    with app.app_context():
        line = db.session.scalars(select(AuditLine).order_by(AuditLine.number.desc()).limit(1)).one()
        assert (line.act, line.subject, line.reason) == (
            "messages.reveal",
            f"message {sent.ids[0]}",
            "本人来问",
        )


@pytest.mark.parametrize(("outcome", "state"), [("arrived", Delivery.DELIVERED), ("call", Delivery.FAILED)])
def test_a_doubt_is_decided_once_by_a_person(app, lin, sent, outcome, state):
    page = lin.get(f"/desk/messages/{sent.ids[1]}")
    token = {"csrf_token": page.text.split('csrf_token" value="')[1].split('"')[0], "outcome": outcome}
    path = f"/desk/messages/{sent.ids[1]}/decision"
    assert lin.post(path, data=token).status_code == 303
    again = lin.post(path, data=token)
    assert (again.status_code, "已经有了结果" in again.text) == (409, True)
    with app.app_context():
        assert (message(sent.ids[1]).state, message(sent.ids[1]).why) == (state, "person")
        calls = db.session.scalars(select(Message.household_id).where(Message.way == Way.CALL)).all()
        assert calls == [message(sent.ids[1]).household_id], "it was put there when the doubt arose"
        drain({Way.SMS: (gateway := Playing())}, now_of=lambda: NOON + timedelta(days=1), most=10)
        assert gateway.got == []


def test_what_has_an_outcome_cannot_be_decided(app, lin, sent):
    app.config["WTF_CSRF_ENABLED"] = False
    path = f"/desk/messages/{sent.ids[0]}/decision"
    assert lin.post(path, data={"outcome": "call"}).status_code == 409
    assert lin.post(path, data={"outcome": "nonsense"}).status_code == 404


def test_another_station_sees_none_of_it(app, sent):
    browser = cast.signed_in(app, sent.people.ma)
    assert "199****" not in browser.get("/desk/messages/").text
    assert browser.get(f"/desk/messages/{sent.ids[0]}").status_code == 404


def test_an_empty_outbox_leads_to_the_calls(app, client):
    cast.sign_in(client, cast.district(app).lin)
    assert "去打电话" in client.get("/desk/messages/").text


def test_a_call_has_its_own_page(app, lin, sent):
    with app.app_context():
        call = db.session.scalar(select(Message.id).where(Message.way == Way.CALL))
    assert lin.get(f"/desk/messages/{call}").location == "/desk/calls/"


def test_the_text_of_what_was_never_sent_is_not_offered(app, lin, sent):
    with app.app_context():
        (waiting,) = write(sent, step=9, now=NOON + timedelta(days=1), parties=sent.parties[:1])
    page = lin.get(f"/desk/messages/{waiting}").text
    assert "还没有交过" in page and "看发出的内容" not in page
