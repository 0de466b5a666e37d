"""Volunteers and hours, as staff and volunteers see them."""

import re
from datetime import timedelta

import pytest
import time_machine

from stationapp import clock
from stationapp.volunteers.ledger import total_minutes
from stationapp.volunteers.queries import find_by_personal_code
from tests import cast
from tests.volunteers.acts import close, serve, volunteer


@pytest.fixture
def people(app):
    return cast.district(app)


def register(client, **changes):
    values = {"name": "王建国", "phone": "19900003333", "birth_month": "1970-05"}
    return client.submit("/desk/volunteers/new", values | changes, follow_redirects=True)


def code_on(page) -> str:
    return re.search(r"/desk/volunteers/(\w{8})/manual", page.text)[1]


def personal_code_on(page) -> str:
    return "".join(re.search(r'<strong class="code">([\w ]+)</strong>', page.text)[1].split())


def test_a_registered_volunteer_is_found_again_and_opens_the_own_ledger(app, people, client):
    lin = cast.signed_in(app, people.lin)
    page = register(lin)
    assert "王*国" in page.text and "199****3333" in page.text
    assert code_on(register(lin)) == code_on(page)
    for text in ("wjg", "3333", "王建国"):
        assert "王*国" in lin.get("/desk/volunteers", query_string={"q": text}).text
    mine = client.submit("/hours", {"code": personal_code_on(page).lower()}, follow_redirects=True)
    assert "王*国的志愿时长" in mine.text and "0.0" in mine.text


def test_an_unknown_code_opens_nothing(client, people):
    answer = client.submit("/hours", {"code": "2345678923"})
    assert answer.status_code == 422 and "没有找到这个查询码" in answer.text
    assert client.get("/hours/2345678923").status_code == 404


def test_a_child_under_eight_is_refused_in_place(app, people):
    page = register(
        cast.signed_in(app, people.lin), name="李小满", birth_month="2021-06", guardian_consent="y"
    )
    assert page.status_code == 409 and "未满 8 周岁" in page.text


def test_another_stations_manager_does_not_see_the_volunteer(app, people):
    code = code_on(register(cast.signed_in(app, people.lin)))
    ma = cast.signed_in(app, people.ma)
    assert "王*国" not in ma.get("/desk/volunteers").text
    for path in (f"/desk/volunteers/{code}", f"/desk/volunteers/{code}/manual"):
        assert ma.get(path).status_code == 404
    assert "王*国" in ma.get("/desk/volunteers?q=19900003333").text


def test_a_shift_is_written_filled_and_freed(app, people):
    lin = cast.signed_in(app, people.lin)
    register(lin)
    with app.app_context():
        made = cast.event(people.one)
    refused = lin.submit(
        f"/desk/events/{made.code}/shifts", {"title": "引导", "risk": "elevated", "risk_note": "登高"}
    )
    assert refused.status_code == 409 and "保单号" in refused.text
    page = lin.submit(
        f"/desk/events/{made.code}/shifts", {"title": "引导", "risk_note": "久站"}, follow_redirects=True
    )
    at = re.search(r"/desk/shifts/\d+", page.text)[0]
    found = lin.get(f"{at}?q=wjg")
    volunteer_code = re.search(r'name="volunteer" value="(\w+)"', found.text)[1]
    token = re.search(r'name="csrf_token" value="([^"]+)"', found.text)[1]
    page = lin.post(
        f"{at}/assignments", data={"volunteer": volunteer_code, "csrf_token": token}, follow_redirects=True
    )
    assert "引导 1 / 1" in page.text
    assert "引导 0 / 1" in lin.submit(page, to="/end", follow_redirects=True).text
    assert cast.signed_in(app, people.ma).get(at).status_code == 404


def test_after_the_end_a_shift_offers_nobody(app, people):
    lin = cast.signed_in(app, people.lin)
    register(lin)
    with app.app_context():
        made = cast.event(people.one)
    page = lin.submit(
        f"/desk/events/{made.code}/shifts", {"title": "引导", "risk_note": "久站"}, follow_redirects=True
    )
    at = re.search(r"/desk/shifts/\d+", page.text)[0]
    assert 'name="volunteer"' in lin.get(f"{at}?q=wjg").text
    with time_machine.travel(made.ends_at + timedelta(minutes=1)):
        cast.sign_in(lin, people.lin)
        page = lin.get(f"{at}?q=wjg").text
    assert 'name="volunteer"' not in page
    assert "活动已经结束，不能再安排人" in page


def test_manual_hours_go_through_the_office_and_show_as_manual(app, people, client):
    lin, chen = cast.signed_in(app, people.lin), cast.signed_in(app, people.chen)
    page = register(lin)
    at, mine = f"/desk/volunteers/{code_on(page)}/manual", f"/hours/{personal_code_on(page)}"
    yesterday = str(clock.day_of(clock.now()) - timedelta(days=1))
    assert lin.submit(at, {"note": "上门送药"}).status_code == 422
    lin.submit(at, {"served_on": yesterday, "minutes": "120", "note": "上门送药"})
    assert "等待审批" in client.get(mine).text
    assert lin.get("/desk/hours").status_code == 403
    token = re.search(r'name="csrf_token" value="([^"]+)"', chen.get("/desk/hours").text)[1]
    where = re.search(r"/desk/hours/\d+/decision", chen.get("/desk/hours").text)[0]
    assert lin.post(where, data={"verdict": "approve", "csrf_token": token}).status_code in (400, 403)
    chen.post(where, data={"verdict": "approve", "csrf_token": token})
    ledger = client.get(mine)
    assert "补录" in ledger.text and "2.0" in ledger.text
    its_page = f"/desk/volunteers/{code_on(page)}"
    page = chen.submit(its_page, {"reason": " "}, to="correction", follow_redirects=True)
    assert "请写明原因" in page.text and "已冲销" not in page.text
    page = chen.submit(its_page, {"reason": "重复"}, to="correction", follow_redirects=True)
    assert "已冲销" in page.text and "−2.0" in page.text and "更正" in page.text
    assert "原因：重复" in page.text and "原因：重复" in client.get(mine).text


def test_the_ledger_names_its_sources_and_what_is_pending(app, people, client):
    with app.app_context():
        who = volunteer(people.one)
        began = clock.now() - timedelta(days=2)
        done = cast.event(people.one, starts_at=began, ends_at=began + timedelta(hours=2), title="清洁家园")
        open_ = cast.event(
            people.one,
            starts_at=began + timedelta(hours=4),
            ends_at=began + timedelta(hours=6),
            title="量血压",
        )
        serve(done, who, began, began + timedelta(hours=2))
        serve(open_, who, open_.starts_at)
        close(done)
        assert find_by_personal_code("") is None and total_minutes(who.id) == 120
        from stationapp.vault import vault

        code = vault().unseal(who.personal_sealed)
    page = client.get(f"/hours/{code}")
    assert "清洁家园" in page.text and "签到" in page.text and "2.0" in page.text
    assert "量血压" in page.text and "活动还没有归档" in page.text and people.one.phone in page.text


def test_a_desk_sees_of_a_volunteer_what_was_done_there_and_of_the_rest_a_sum(app, people, client):
    begin = clock.now() - timedelta(hours=30)
    with app.app_context():
        who = volunteer(people.one)
        for site, title, hours in ((people.one, "一站的义诊", 1), (people.two, "二站的清扫", 2)):
            starts = begin + timedelta(hours=3 * hours)
            made = cast.event(site, title=title, starts_at=starts, ends_at=starts + timedelta(hours=hours))
            serve(made, who, made.starts_at, made.ends_at)
            close(made)
        code = who.code
    at_home = cast.signed_in(app, people.lin).get(f"/desk/volunteers/{code}")
    assert "一站的义诊" in at_home.text and "二站的清扫" not in at_home.text
    mine = client.submit("/hours", {"code": personal_code_on(at_home)}, follow_redirects=True)
    assert "一站的义诊" in mine.text and "二站的清扫" in mine.text and "3.0" in mine.text
    elsewhere = cast.signed_in(app, people.ma).get(f"/desk/volunteers/{code}")
    assert "二站的清扫" in elsewhere.text and "一站的义诊" not in elsewhere.text
    assert "3.0" in elsewhere.text and "其中记在别的阵地" in elsewhere.text
    assert "查询码" not in elsewhere.text


def test_somebody_registered_elsewhere_is_not_registered_again(app, people):
    register(cast.signed_in(app, people.lin))
    again = register(cast.signed_in(app, people.ma))
    assert again.status_code == 200 and "在别的阵地登记过" in again.text and "王*国" not in again.text
