"""Delivery receipts: only with the key, only of known messages, only forward, and as often as the gateway likes."""

import json

import pytest
from sqlalchemy import func, select

from stationapp.db import db
from stationapp.messages.gateways.base import Answer
from stationapp.messages.letters import name_of
from stationapp.messages.models import Message, Receipt
from stationapp.messages.rules import AttemptEnd, Delivery, Way
from stationapp.messages.sending import drain
from stationapp.messages.views import LONGEST, key
from stationapp.notices.rules import Occasion
from tests.messages.outbox import NOON, Playing, message, phone, scene, write

pytestmark = pytest.mark.both_databases

UNKNOWN = Answer(AttemptEnd.UNKNOWN, "ReadTimeout")


@pytest.fixture
def sent(app):
    """Two messages, "r0" accepted and one in doubt; their ids."""
    with app.app_context():
        made = scene(app, 2)
        made.ids = write(made, occasion=Occasion.PROMOTED)
        answers = {phone(0): Answer(AttemptEnd.ACCEPTED, "ok", "r0"), phone(1): UNKNOWN}
        drain({Way.SMS: Playing(answers)}, now_of=lambda: NOON, most=10)
        made.names = [name_of(message(id_)) for id_ in made.ids]
        made.key = key()
    return made


def report(client, sent, said, at: str = "") -> object:
    return client.post(f"/callbacks/sms/{at or sent.key}", json=said)


def state(app, sent, number: int) -> tuple[Delivery, str]:
    with app.app_context():
        one = message(sent.ids[number])
        return one.state, one.why


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ({"id": "r0", "delivered": True}, {"id": "r0", "delivered": False, "code": "NO_PHONE"}),
        (
            [{"biz_id": "r0", "out_id": "", "success": True, "err_code": "DELIVERED"}],
            [{"biz_id": "r0", "out_id": "", "success": False, "err_code": "NO_PHONE"}],
        ),
        (
            [{"sid": "r0", "report_status": "SUCCESS", "errmsg": "DELIVRD", "mobile": "19900000000"}],
            [{"sid": "r0", "report_status": "FAIL", "errmsg": "NO_PHONE", "mobile": "19900000000"}],
        ),
    ],
    ids=["webhook", "aliyun", "tencent"],
)
def test_every_gateways_report_moves_the_message_and_what_comes_later_does_not_move_it_back(
    app, client, sent, good, bad
):
    answer = report(client, sent, good)
    assert (answer.status_code, answer.json["code"], answer.json["result"]) == (200, 0, 0)
    assert state(app, sent, 0) == (Delivery.DELIVERED, "")
    report(client, sent, bad)
    assert state(app, sent, 0) == (Delivery.DELIVERED, "")


def test_a_report_that_it_did_not_arrive_puts_the_household_on_the_call_list(app, client, sent):
    with app.app_context():
        before = db.session.scalar(select(func.count()).where(Message.way == Way.CALL))
    report(client, sent, {"id": "r0", "delivered": False, "code": "NO_PHONE"})
    assert state(app, sent, 0) == (Delivery.FAILED, "NO_PHONE")
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(Message.way == Way.CALL)) == before + 1
    report(client, sent, {"id": "r0", "delivered": True})
    assert state(app, sent, 0)[0] is Delivery.FAILED


def test_the_same_report_twice_is_one_receipt(app, client, sent):
    for _ in range(3):
        assert report(client, sent, {"id": "r0", "delivered": True, "code": "OK"}).status_code == 200
    with app.app_context():
        assert db.session.scalars(select(Receipt.said)).all() == ["OK"]


def test_a_doubt_is_resolved_by_a_report_under_our_own_name(app, client, sent):
    assert state(app, sent, 1)[0] is Delivery.IN_DOUBT
    report(
        client, sent, [{"biz_id": "b1", "out_id": sent.names[1], "success": True, "err_code": "DELIVERED"}]
    )
    assert state(app, sent, 1) == (Delivery.DELIVERED, "")


def test_a_report_quicker_than_the_answer_counts_once_the_answer_is_there(app, client, sent):
    with app.app_context():
        (last,) = write(sent, step=5, occasion=Occasion.PROMOTED, parties=sent.parties[:1])
        gateway = Playing({"*": Answer(AttemptEnd.ACCEPTED, "ok", "quick")})
        browser = app.test_client()
        gateway.meanwhile = lambda _outgoing: report(
            browser, sent, [{"sid": "quick", "report_status": "SUCCESS", "errmsg": "DELIVRD"}]
        )
        drain({Way.SMS: gateway}, now_of=lambda: NOON, most=10)
        assert message(last).state is Delivery.DELIVERED


def test_what_nobody_knows_is_counted_and_ignored(app, client, sent):
    said = [
        {"id": "nobody", "delivered": True},
        {"id": "", "name": "m999999t1", "delivered": True},
        {"id": "r0", "delivered": True},
    ]
    assert report(client, sent, said).json["unknown"] == 2
    with app.app_context():
        assert db.session.scalars(select(Receipt.gateway_ref)).all() == ["r0"]


def test_a_name_of_a_message_made_at_another_moment_is_not_ours(app, client, sent):
    wrong = sent.names[1].partition("t")[0] + "t1"
    assert report(client, sent, {"name": wrong, "delivered": True}).json["unknown"] == 1
    assert state(app, sent, 1)[0] is Delivery.IN_DOUBT


def test_without_the_key_there_is_nothing_there(app, client, sent):
    for wrong in (sent.key[:-1], "A" * 32, "键", "x"):
        assert report(client, sent, {"id": "r0", "delivered": False}, at=wrong).status_code == 404
    assert client.get(f"/callbacks/sms/{sent.key}").status_code == 405
    assert state(app, sent, 0)[0] is Delivery.ACCEPTED


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b"1", b'"x"', b"[[]]", b'{"delivered": true}', b'{"id": "r0", "delivered": 7}',
        b'{"id": "' + b"x" * 200 + b'", "delivered": true}', b'{"id": {"a": 1}, "delivered": true}', b"\xff\xfe",
        b"[" * 100_000, json.dumps([{"id": "r0", "delivered": True}] * 501).encode(),
    ],
)  # fmt: skip
def test_rubbish_is_refused_and_changes_nothing(app, client, sent, body):
    answer = client.post(f"/callbacks/sms/{sent.key}", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert state(app, sent, 0)[0] is Delivery.ACCEPTED


def test_a_huge_body_is_not_even_read(client, sent):
    answer = client.post(f"/callbacks/sms/{sent.key}", data=b" " * (LONGEST + 1))
    assert answer.status_code == 413
