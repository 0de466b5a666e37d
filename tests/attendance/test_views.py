"""Checking in with one's own phone."""

from datetime import timedelta

import pytest

from stationapp.attendance.queries import find_attendance, venue_token
from stationapp.attendance.rules import How
from stationapp.residents.queries import get_resident
from stationapp.signups.queries import find_by_code
from tests import cast
from tests.attendance.test_desk import Door
from tests.harness.inspect import Page


@pytest.fixture
def door(app):
    return Door(app)


def token(app, door, late=timedelta()):
    with app.app_context():
        return venue_token(door.event, door.now - late)


def row(app, door, code):
    with app.app_context():
        return find_attendance(door.event.id, find_by_code(code).resident_id)


def test_opening_the_code_changes_nothing_and_one_button_checks_in(app, client, door):
    page = client.get(f"/c/{token(app, door)}")
    assert row(app, door, door.wu) is None
    done = client.submit(page, {"code": door.wu.lower()}, to="arrivals", follow_redirects=True)
    assert done.text.count("吴*英 签到成功") == 1 and "请入场" in done.text
    assert row(app, door, door.wu).came_how is How.VENUE


def test_a_browser_that_remembers_the_place_needs_no_typing(app, client, door):
    with client.session_transaction() as kept:
        kept["places"] = [door.wu, door.li]
    page = client.get(f"/c/{token(app, door)}")
    assert "谁到了" in page.text
    form = next(form for form in Page(page.text).forms if "known" in form.fields)
    done = client.post(form.action, data=form.values, follow_redirects=True)
    assert "签到成功" in done.text and row(app, door, door.wu) and row(app, door, door.li)


def test_name_and_phone_do_as_well(app, client, door):
    page = client.get(f"/c/{token(app, door)}")
    done = client.submit(
        page, {"name": cast.GRANNY_WU, "phone": "199 0000 1111"}, to="arrivals", follow_redirects=True
    )
    assert "签到成功" in done.text


def test_a_neighbouring_step_is_fresh_an_older_one_expired_anything_else_unknown(app, client, door):
    assert client.get(f"/c/{token(app, door, timedelta(seconds=30))}").status_code == 200
    for text, says in (
        (token(app, door, timedelta(minutes=2)), "已经过期"),
        (f"{door.event.code}-AAAAAA", "不是我们的签到码"),
        ("ZZZZ", "不是我们的签到码"),
        ("%00-1", "不是我们的签到码"),
    ):
        answer = client.get(f"/c/{text}")
        assert answer.status_code == 404 and says in answer.text


def test_without_a_fresh_ticket_nobody_is_checked_in(app, client, door):
    page = client.get(f"/c/{token(app, door)}")
    answer = client.submit(page, {"code": door.wu, "ticket": "made-up"}, to="arrivals")
    assert answer.status_code == 404 and row(app, door, door.wu) is None


def test_a_code_for_another_event_says_so(app, client, door):
    with app.app_context():
        other = cast.event(door.people.two, title="量血压")
        code = cast.sign_up(other, cast.person("钱进", "19900009999")).codes[0]
    page = client.get(f"/c/{token(app, door)}")
    answer = client.submit(page, {"code": code}, to="arrivals")
    assert answer.status_code == 409 and "“量血压”" in answer.text
    answer = client.submit(page, {"code": "2345678923"}, to="arrivals")
    assert answer.status_code == 409 and "没有找到这个报名号" in answer.text


def test_who_is_not_signed_up_may_walk_in_while_there_is_room(app, client, door):
    page = client.get(f"/c/{token(app, door)}")
    asked = client.submit(page, {"name": "孙丽", "phone": "19900002222"}, to="arrivals")
    assert "没有报名也欢迎" in asked.text
    done = client.submit(asked, {}, to="walkins", follow_redirects=True)
    assert "孙* 签到成功" in done.text


def test_a_stranger_at_the_door_changes_no_known_month_of_birth_and_is_told_nothing_of_it(app, client, door):
    with app.app_context():
        sun = cast.resident(cast.person("孙丽", "19900002222", birth_month="2011-03")).id
    page = client.get(f"/c/{token(app, door)}")
    asked = client.submit(page, {"name": "孙丽", "phone": "19900002222"}, to="arrivals")
    done = client.submit(asked, {"birth_month": "1980-03"}, to="walkins", follow_redirects=True)
    assert "孙* 签到成功" in done.text and "出生年月" not in done.text
    with app.app_context():
        assert get_resident(sun).birth_month == "2011-03"


def test_an_empty_form_says_what_to_fill_in(app, client, door):
    page = client.get(f"/c/{token(app, door)}")
    for typed in ({}, {"phone": "199 0000 1111"}):
        answer = client.submit(page, typed, to="arrivals")
        assert answer.status_code == 422 and "请填报名号；没有报名号，就填姓名和电话。" in answer.text
        assert "没有找到" not in answer.text and typed.get("phone", "") in answer.text


def test_with_nobody_ticked_it_says_to_tick_who_came(app, client, door):
    with client.session_transaction() as kept:
        kept["places"] = [door.wu]
    form = next(one for one in Page(client.get(f"/c/{token(app, door)}").text).forms if "known" in one.fields)
    answer = client.post(form.action, data=form.values | {"known": []})
    assert answer.status_code == 422 and "请选谁到了" in answer.text


def test_a_phone_that_is_none_is_said_and_kept_and_nobody_is_called_a_stranger(app, client, door):
    page = client.get(f"/c/{token(app, door)}")
    answer = client.submit(page, {"name": cast.GRANNY_WU, "phone": "123"}, to="arrivals")
    assert answer.status_code == 422 and "电话号码不对" in answer.text
    assert "没有报名也欢迎" not in answer.text and "没有找到" not in answer.text
    done = client.submit(answer, {"phone": "199 0000 1111"}, to="arrivals", follow_redirects=True)
    assert "签到成功" in done.text  # the name needs no typing again


def test_nobody_walks_into_a_full_room(app, client, door):
    with app.app_context():
        full = cast.event(door.people.one, starts_at=door.now - timedelta(hours=1), capacity=1)
        cast.sign_up(full, cast.person("钱进", "19900009999"), now=door.now - timedelta(hours=9))
        text = venue_token(full, door.now)
    page = client.get(f"/c/{text}")
    asked = client.submit(page, {"name": "孙丽", "phone": "19900002222"}, to="arrivals")
    assert asked.status_code == 409 and "名额已满" in asked.text
    first = client.get(f"/c/{token(app, door)}")
    asked = client.submit(first, {"name": "孙丽", "phone": "19900002222"}, to="arrivals")
    assert client.submit(asked, {"name": ""}, to="walkins").status_code == 422


def test_a_closed_door_says_why(app, client):
    door = Door(app, begins=timedelta(hours=5))
    assert "还没到签到时间" in client.get(f"/c/{token(app, door)}").text
