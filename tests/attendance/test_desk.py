"""The door, as staff work it."""

import re
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import transaction
from stationapp.residents.queries import get_resident
from stationapp.signups.queries import find_by_code
from stationapp.volunteers import ledger, operations
from stationapp.volunteers.rules import Risk
from tests import cast


class Door:
    """An event under way at Lin's station: Granny Wu and Xiao Li signed up, Wang helps."""

    def __init__(self, app, begins=timedelta(hours=-1)):
        self.people = cast.district(app)
        self.now = clock.now()
        with app.app_context():
            one = self.people.one
            self.event = cast.event(one, starts_at=self.now + begins)
            answer = cast.sign_up(
                self.event, cast.granny_wu(one), cast.xiao_li(one), now=self.now - timedelta(hours=9)
            )
            self.wu, self.li = answer.codes
            self.wu_id = find_by_code(self.wu).resident_id
            wang = cast.resident(cast.person("王建国", "19900003333", birth_month="1970-05", home=one))
            with transaction():
                self.wang = operations.register(wang, site=one, by=None, now=self.now)
                shift = operations.add_shift(
                    self.event,
                    title="引导",
                    needed=1,
                    risk=Risk.ORDINARY,
                    risk_note="久站",
                    by=None,
                    now=self.now,
                )
                operations.assign(shift, self.wang, by=None, now=self.now - timedelta(hours=9))
        self.at = f"/desk/events/{self.event.code}"


@pytest.fixture
def door(app):
    return Door(app)


@pytest.fixture
def lin(app, door):
    return cast.signed_in(app, door.people.lin)


def press(client, door, **button):
    page = client.get(f"{door.at}/roster")
    data = {"csrf_token": _token(page), "nonce": "", **button}
    return client.post(f"{door.at}/attendance", data=data, follow_redirects=True)


def _token(page):
    from tests.harness.inspect import Page

    return next(form.values["csrf_token"][0] for form in Page(page.text).forms if form.method == "post")


def test_only_asking_for_a_code_checks_nobody_in(lin, door):
    assert lin.head(f"/desk/checkin?code={door.wu}").status_code == 303
    assert "到 0 / 报 2" in lin.get(f"{door.at}/roster").text


def test_the_roster_shows_everybody_masked_and_counts_who_came(lin, door):
    page = lin.get(f"{door.at}/roster")
    assert "吴*英" in page.text and "吴秀英" not in page.text and cast.PHONE not in page.text
    assert "到 0 / 报 2" in page.text
    page = press(lin, door, **{"in": door.wu_id})
    assert "吴*英 到了。" in page.text and "到 1 / 报 2" in page.text
    page = press(lin, door, undo=door.wu_id)
    assert "到 0 / 报 2" in page.text


@pytest.mark.parametrize("text", ["wxy", "吴秀", "WXY"])
def test_a_search_that_leaves_one_person_makes_enter_tick_them(lin, door, text):
    page = lin.get(f"{door.at}/roster", query_string={"q": text})
    assert "按回车：吴*英 到了" in page.text and "李*满" not in page.text
    from tests.harness.inspect import Page

    form = next(form for form in Page(page.text).forms if form.method == "post")
    answer = lin.post(form.action, data={**form.values, "in": door.wu_id}, follow_redirects=True)
    assert "到 1 / 报 2" in answer.text


def test_the_search_knows_the_phones_tail_and_sign_up_codes(lin, door, app):
    assert "吴*英" in lin.get(f"{door.at}/roster?q=1111").text
    assert "按回车：李*满 到了" in lin.get(f"{door.at}/roster", query_string={"q": door.li}).text
    with app.app_context():
        other = cast.event(door.people.one)
        code = cast.sign_up(other, cast.person("钱进", "19900009999")).codes[0]
    assert "另一场活动" in lin.get(f"{door.at}/roster", query_string={"q": code}).text


def test_only_people_of_the_roster_can_be_ticked(lin, door, app):
    with app.app_context():
        stranger = cast.resident(cast.person("钱进", "19900009999")).id
    page = lin.get(f"{door.at}/roster")
    answer = lin.post(f"{door.at}/attendance", data={"csrf_token": _token(page), "in": stranger})
    assert answer.status_code == 404


def test_somebody_walks_in(lin, door):
    page = lin.submit(
        f"{door.at}/roster", {"name": "孙丽", "phone": "19900002222"}, to="walkins", follow_redirects=True
    )
    assert "孙* 到了。" in page.text and "到 1 / 报 2" in page.text and "未报名" in page.text
    wrong = lin.submit(f"{door.at}/roster", {"name": "孙小", "birth_month": "2020-01"}, to="walkins")
    assert wrong.status_code == 422 and "监护人" in wrong.text


def test_a_walk_in_volunteer_gets_a_profile(lin, door, app):
    lin.submit(
        f"{door.at}/roster", {"name": "周平", "phone": "19900005555", "part": "volunteer"}, to="walkins"
    )
    assert "周*" in lin.get("/desk/volunteers").text


def test_the_export_is_masked(lin, door):
    rows = lin.get(f"{door.at}/roster.csv").data.decode("utf-8-sig").splitlines()
    assert rows[0] == "姓名,电话,报名,身份,到,离开,签到方式"
    assert len(rows) == 4 and not any(cast.PHONE in row for row in rows)


def test_a_personal_code_is_the_place_for_residents_and_a_button_for_staff(app, client, lin, door):
    answer = client.get(f"/p/{door.wu}")
    assert (answer.status_code, answer.location) == (303, f"/signups/{door.wu}")
    page = lin.get(f"/desk/checkin?code={door.wu.lower()}", follow_redirects=True)
    assert "吴*英 · " in page.text
    page = lin.submit(page, to="checkin", follow_redirects=True)
    assert "已经到了" in page.text and "签退" not in page.text
    assert "没有找到这个报名号" in lin.get("/p/23456789AB").text
    ma = cast.signed_in(app, door.people.ma)
    assert ma.get(f"/p/{door.wu}").status_code == 303


def test_a_cancelled_or_waiting_place_has_its_sentence(lin, door, app, client):
    with app.app_context():
        from stationapp.signups.operations import cancel

        with transaction():
            cancel(find_by_code(door.li), by=None, why="own", now=door.event.starts_at - timedelta(hours=1))
    assert "这个报名已经取消了" in lin.get(f"/p/{door.li}").text


def test_a_helper_works_on_todays_events_alone(app):
    door = Door(app, begins=timedelta(days=3))
    with app.app_context():
        helper = cast.staff("何帮手", door.people.one, Role.HELPER)
        today = cast.event(door.people.one, starts_at=door.now)
    client = cast.signed_in(app, helper)
    assert client.get(f"{door.at}/roster").status_code == 404
    assert client.get(f"/desk/events/{today.code}/roster").status_code == 200
    assert client.get(f"/desk/events/{today.code}/closeout").status_code == 403


def test_another_stations_manager_may_do_nothing_here(app, door):
    client = cast.signed_in(app, door.people.ma)
    for path in ("roster", "sheets", "roster.csv", "code", "closeout", "shifts"):
        assert client.get(f"{door.at}/{path}").status_code == 404


def test_nothing_can_be_closed_out_before_the_end(lin, door):
    page = lin.get(f"{door.at}/closeout")
    assert "活动还没有结束" in page.text and "归档，并记入" not in page.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', lin.get(f"{door.at}/roster").text)[1]
    answer = lin.post(f"{door.at}/closeout", data={"csrf_token": token})
    assert answer.status_code == 409 and "活动还没有结束" in answer.text


def test_a_close_out_takes_heads_sign_outs_and_hours_in_one_go(app):
    door = Door(app, begins=timedelta(hours=-3))
    lin = cast.signed_in(app, door.people.lin)
    press(lin, door, **{"in": door.wu_id})
    with app.app_context(), transaction():
        attendance.check_in(
            door.event,
            get_resident(door.wang.resident_id),
            how=How.ROSTER,
            part=Part.VOLUNTEER,
            by=door.people.lin.id,
            now=door.now,
            at=door.event.starts_at,
        )
    page = lin.get(f"{door.at}/closeout")
    out = f"out_{door.wang.resident_id}"
    assert "没有签退的志愿者" in page.text and "李*满" in page.text
    wrong = lin.submit(page, {"heads_60-64": "三", out: "25:00"}, to="closeout")
    assert wrong.status_code == 422 and "10:30" in wrong.text
    end = clock.local(door.event.ends_at).strftime("%H:%M")
    done = lin.submit(page, {"heads_60-64": "3", out: end, "note": "顺利"}, to="closeout")
    assert (done.status_code, done.location) == (303, f"{door.at}/closeout")
    assert "已归档" in lin.get(f"{door.at}/closeout").text
    with app.app_context():
        assert ledger.total_minutes(door.wang.id) >= 90
    lin.submit(door.at, {"reason": "漏记一人"}, to="reopening")
    with app.app_context():
        assert ledger.total_minutes(door.wang.id) == 0


def test_a_sign_out_pressed_too_early_is_put_right_by_a_later_one_and_the_hours_follow(app):
    door = Door(app, begins=timedelta(hours=-3))
    lin = cast.signed_in(app, door.people.lin)
    starts, given = door.event.starts_at, {"how": How.ROSTER, "by": door.people.lin.id, "now": door.now}
    with app.app_context(), transaction():
        wang = get_resident(door.wang.resident_id)
        attendance.check_in(door.event, wang, part=Part.VOLUNTEER, at=starts, **given)
        attendance.check_out(door.event, wang, at=starts + timedelta(minutes=5), **given)
    assert "改为现在离开" in lin.get(f"{door.at}/roster").text
    press(lin, door, out=door.wang.resident_id)
    lin.submit(f"{door.at}/closeout", {}, to="closeout")
    with app.app_context():
        assert ledger.total_minutes(door.wang.id) >= 90


def test_taking_back_says_whether_the_leaving_goes_too(lin, door):
    came = press(lin, door, **{"in": door.wu_id}).text
    assert "撤销签到" in came and "撤销到和离开" not in came
    left = press(lin, door, out=door.wu_id).text
    assert "撤销到和离开" in left and "撤销签到" not in left


def test_the_venue_page_fetches_itself_anew(lin, door):
    page = lin.get(f"{door.at}/code")
    assert page.headers["Refresh"] == "25" and "data:image/png;base64," in page.text
