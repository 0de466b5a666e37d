"""The office calls a few of those who came; what they say is kept without them."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.operations import grant_role
from stationapp.accounts.rules import Role
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.opinions.calls import drawn
from stationapp.opinions.models import OpinionCall
from stationapp.residents import families, homes
from tests import cast
from tests.opinions.scene import answers, close, past, press, walk_in


@pytest.fixture
def scene(app):
    return past(app, 8)


@pytest.fixture
def chen(app, scene):
    return cast.signed_in(app, scene.people.chen)


def listed(page) -> list[str]:
    """Whom the page lists, by the number in each one's fields."""
    return list(dict.fromkeys(re.findall(r'name="face-(\d+)"', page.text)))


def tell(client, scene, said: dict):
    """Send what came of some calls together."""
    page = client.get(f"{scene.at}/asking")
    form = {"csrf_token": re.search(r'csrf_token" value="([^"]+)"', page.text)[1]}
    return client.post(f"{scene.at}/asking", data=form | {f"face-{who}": face for who, face in said.items()})


def test_five_are_drawn_masked_and_the_same_each_time(app, chen, scene):
    assert "示例讲座" in chen.get("/desk/asking").text
    page = chen.get(f"{scene.at}/asking")
    assert len(listed(page)) == 5
    assert listed(page) == listed(chen.get(f"{scene.at}/asking"))
    assert "不记名" in page.text
    assert not re.search(r"1990006\d{4}", page.text)
    assert "试人" not in page.text


def test_answers_are_kept_without_the_people_and_nobody_is_called_twice(app, chen, scene):
    first, second, third, *_ = listed(chen.get(f"{scene.at}/asking"))
    assert tell(chen, scene, {first: 5, second: "none", third: 1}).status_code == 303
    page = chen.get(f"{scene.at}/asking")
    assert not {first, second, third} & set(listed(page))
    assert len(listed(page)) == 2
    rows = answers(app)
    assert {(row.score, row.how.value, row.by) for row in rows} == {
        (score, "call", scene.people.chen.id) for score in (5, 1)
    }
    assert [row.slot_index for row in rows] == sorted(
        row.slot_index for row in rows
    )  # not as they were called
    with app.app_context():
        assert len(db.session.scalars(select(OpinionCall)).all()) == 3
        told = db.session.scalars(select(AuditLine.subject).where(AuditLine.act == "opinions.call")).all()
    assert told == [f"event {scene.code}"]
    other = cast.signed_in(app, scene.people.chen)
    refused = tell(other, scene, {first: 1})
    assert (refused.status_code, "已经有人打过" in refused.text) == (409, True)
    left = listed(page)[0]
    assert "1 位别人已经打过" in other.get(tell(other, scene, {first: 1, left: 3}).location).text
    assert "还没有选" in tell(other, scene, {}).text


def test_what_somebody_pressed_themselves_no_call_writes_over(app, chen, scene):
    lines = listed(chen.get(f"{scene.at}/asking"))
    for code in scene.codes[:-1]:
        press(app.test_client(), code, 1)
    assert tell(chen, scene, {lines[0]: 5}).status_code == 303
    assert [row.score for row in answers(app)] == [1] * 8


def test_numbers_are_shown_together_once_and_written_down(app, chen, scene):
    page = chen.submit(f"{scene.at}/asking", to="/numbers")
    assert len(set(re.findall(r'href="tel:(1990006\d{4})"', page.text))) == 5
    with app.app_context():
        shown = db.session.scalars(select(AuditLine).where(AuditLine.act == "residents.reveal")).all()
        assert len(shown) == 5
        assert {line.reason for line in shown} == {"打电话问活动怎么样"}


def test_the_events_own_site_never_calls(app, scene):
    lin = cast.signed_in(app, scene.people.lin)
    assert lin.get(f"{scene.at}/asking").status_code == 403
    with app.app_context():
        both = cast.staff("兼职甲", scene.people.office, Role.REVIEWER)
        with transaction():
            grant_role(both, site=scene.people.one, role=Role.HELPER, by=None, now=clock.now())
    double = cast.signed_in(app, both)
    assert "您也在办这场活动的站点工作" in double.get(f"{scene.at}/asking").text


def test_an_office_does_not_call_about_its_own_and_the_center_does(app):
    scene = past(app, 6, where="office")
    chen = cast.signed_in(app, scene.people.chen)
    assert chen.get(f"{scene.at}/asking").status_code == 404
    assert "示例讲座" not in chen.get("/desk/asking").text
    with app.app_context():
        above = cast.staff("中心甲", scene.people.center, Role.REVIEWER)
    assert len(listed(cast.signed_in(app, above).get(f"{scene.at}/asking"))) == 5


def test_who_wants_nothing_more_a_child_and_who_has_no_phone_are_not_drawn(app):
    scene = past(app, 3)
    with app.app_context():
        before = drawn(db.session.get(Event, scene.event_id))
        assert len(before) == 3
        home = homes.find_household("19900060000")
        with transaction():
            families.set_contact(home, email="", texts=False, now=clock.now())
        assert len(drawn(db.session.get(Event, scene.event_id))) == 2


def test_somebody_is_asked_about_one_event_in_a_month(app, chen, scene):
    called = listed(chen.get(f"{scene.at}/asking"))
    tell(chen, scene, dict.fromkeys(called, 5))
    with app.app_context():
        starts = db.session.get(Event, scene.event_id).starts_at
        other = cast.event(scene.people.one, title="另一场", starts_at=starts + timedelta(minutes=1))
        for n in range(8):
            walk_in(other, f"{'赵钱孙李周吴郑王'[n]}试人", f"1990006{n:04}", None)
        close(other)
        left = drawn(other)
    assert len(left) == 3


@pytest.mark.both_databases
def test_two_who_call_the_same_person_at_once_are_one_call(app, scene):
    with app.app_context():
        who = drawn(db.session.get(Event, scene.event_id))[0].attendance_id
    app.config["WTF_CSRF_ENABLED"] = False
    begin, statuses = threading.Barrier(3), []

    def send() -> None:
        client = app.test_client()
        cast.sign_in(client, scene.people.chen)
        begin.wait()
        statuses.append(client.post(f"{scene.at}/asking", data={f"face-{who}": "5"}).status_code)

    threads = [threading.Thread(target=send) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(statuses) == [303, 409, 409]
    assert len(answers(app)) == 1


def test_before_the_close_out_and_long_after_nobody_is_called(app):
    scene = past(app, 3, closed=False)
    chen = cast.signed_in(app, scene.people.chen)
    assert "还没有归档" in chen.get(f"{scene.at}/asking").text
    with time_machine.travel(clock.now() + timedelta(days=31)):
        late = cast.signed_in(app, scene.people.chen)
        assert "超过 30 天" in late.get(f"{scene.at}/asking").text


def test_hostile_numbers_are_nobody(chen, scene):
    first = listed(chen.get(f"{scene.at}/asking"))[0]
    for who in ("0", "-1", "x", "9" * 40, "²"):
        assert tell(chen, scene, {who: 5}).status_code == 409
    assert tell(chen, scene, {first: 4}).status_code == 404
