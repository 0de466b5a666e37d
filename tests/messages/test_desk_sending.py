"""The page about sending: what is on, what stands where; stopping and lifting at the center, with a reason."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from stationapp.accounts.rules import Role
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.messages import stops
from stationapp.messages.models import Stop
from stationapp.messages.rules import StopWhy, Way
from stationapp.messages.views import key
from stationapp.notices.models import Notice
from tests import cast
from tests.messages.outbox import NOON

pytestmark = pytest.mark.both_databases


@pytest.fixture
def root(app, client):
    """An administrator's browser; text messages are on."""
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], sms="file")
    people = cast.district(app)
    cast.sign_in(client, people.root)
    return client


def test_what_is_off_says_how_to_switch_it_on(root):
    page = root.get("/desk/sending/").text
    assert "要开通" in page and "smtp" in page


def test_whoever_sets_up_the_center_stops_and_lifts_with_a_reason_on_record(app, root):
    assert "请写一句原因" in root.submit("/desk/sending/", {"reason": " "}, to="/stops").text
    root.submit("/desk/sending/", {"reason": "有人投诉"}, to="/stops")
    page = root.get("/desk/sending/")
    assert "有人停的" in page.text
    root.submit(page, {"reason": "查清了"}, to="/liftings")
    with app.app_context():
        assert stops.live_stops() == []
        acts = db.session.execute(select(AuditLine.act, AuditLine.reason).order_by(AuditLine.number)).all()
        assert [tuple(one) for one in acts][-2:] == [
            ("messages.stop", "有人投诉"),
            ("messages.lift", "查清了"),
        ]


def test_a_stop_that_was_lifted_is_not_lifted_again(app, root):
    with app.app_context(), transaction():
        stops.stop_itself(Way.SMS, StopWhy.DAY_LIMIT, now=NOON)
    page = root.get("/desk/sending/")
    assert "今天发满了" in page.text
    root.submit(page, {"reason": "加了额度"}, to="/liftings")
    again = root.submit(page, {"reason": "加了额度"}, to="/liftings")
    assert (again.status_code, "已经恢复了" in again.text) == (422, True)
    with app.app_context():
        notice = db.session.scalars(select(Notice)).one()
        assert notice.done_at is not None
        assert db.session.scalars(select(Stop.lifted_by)).one() is not None


def test_an_office_sees_the_page_and_neither_the_buttons_nor_the_callback_address(app, root):
    office = app.test_client()
    with app.app_context():
        chen = db.session.scalar(select(cast.Staff).where(cast.Staff.name == "陈立新"))
    cast.sign_in(office, chen)
    page = office.get("/desk/sending/")
    with app.app_context():
        secret = key()
    assert page.status_code == 200
    assert "停止发送" not in page.text and secret not in page.text
    assert secret in root.get("/desk/sending/").text
    assert office.post("/desk/sending/stops", data={"way": "sms", "reason": "x"}).status_code in (400, 404)


def test_everybody_who_looks_after_jobs_sees_on_the_first_page_that_sending_stopped(app, root):
    assert "停发了" not in root.get("/desk/").text
    with app.app_context(), transaction():
        stops.stop_itself(Way.SMS, StopWhy.GATEWAY, now=NOON)
    assert "短信停发了" in root.get("/desk/").text
    viewer = app.test_client()
    with app.app_context():
        people = db.session.scalar(select(cast.Site).where(cast.Site.code == "410305001001"))
        cast.sign_in(viewer, cast.staff("查阅乙", people, Role.VIEWER))
    assert "短信停发了" not in viewer.get("/desk/").text


def test_an_address_that_opens_on_the_server_alone_is_shown_as_a_thing_to_set_right(app, root):
    sms = {"sms": "webhook", "sms_url": "https://sms.example", "sms_secret": "x"}
    assert "消息里没有网址" not in root.get("/desk/sending/").text
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url="http://127.0.0.1:8000", **sms)
    page = root.get("/desk/sending/").text
    assert "消息里没有网址" in page and "现在的 public_url 是 http://127.0.0.1:8000" in page
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url="https://a.example")
    assert "消息里没有网址" not in root.get("/desk/sending/").text
