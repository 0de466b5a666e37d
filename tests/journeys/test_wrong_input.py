"""What is typed wrong is answered with one clear sentence, and nothing is saved."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.queries import venue_token
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.signups.models import Signup
from tests import cast
from tests.journeys import steps

GUARDED = (Attendance, Event, Resident, Signup)


@pytest.fixture
def counted(app):
    """`counted()` is how many rows each table has; equal before and after means nothing was saved."""

    def count() -> dict[str, int]:
        with app.app_context():
            return {
                table.__name__: db.session.scalar(select(func.count()).select_from(table))
                for table in GUARDED
            }

    return count


@pytest.fixture
def at_work(app, live_server, someone):
    """Lin at the desk, signed in, with the district."""
    people = cast.district(app)
    page = someone(live_server)
    steps.take_up(page, steps.invitation(app, people.lin))
    return people, page


def test_a_sign_up_says_what_to_change_and_keeps_what_was_typed(app, page, counted):
    people = cast.district(app)
    with app.app_context():
        code = cast.event(people.one, min_age=60).code
    before = counted()
    for typed, sentence in (
        ({"phone": "12345", "born": "1950-03"}, "这不像电话号码。手机是 11 位，座机请连区号写"),
        ({"phone": cast.PHONE, "born": "去年"}, "请写成 1950-03 或 1950年3月 的样子。"),
        ({"phone": cast.PHONE, "born": "2999-01"}, "这个月份还没有到，请再看一看。"),
        ({"phone": cast.PHONE, "born": "2000-01"}, "60"),
        ({"phone": cast.PHONE, "born": ""}, "出生年月"),
    ):
        page.goto(f"/events/{code}")
        steps.sign_up(page, cast.GRANNY_WU, typed["phone"], born=typed["born"])
        page.get_by_role("button", name="报名", exact=True).click()
        _said(page, sentence)
        expect(page.get_by_label("姓名").first).to_have_value(cast.GRANNY_WU)
    assert counted() == before


def test_an_event_says_what_to_change_and_keeps_what_was_typed(at_work, counted):
    _people, page = at_work
    before = counted()
    tomorrow = clock.day_of(clock.now()) + timedelta(days=1)
    for change, sentence in (
        ({"结束时间": f"{tomorrow}T08:00"}, "结束"),
        ({"活动名称": ""}, "请填写这一项。"),
        ({"名额": "很多"}, "请只填整数，例如 30。"),
        ({"一句话介绍": "长" * 41}, "最多 40 个字"),
        ({"最小年龄": "60", "最大年龄": "20"}, "年龄"),
    ):
        page.goto("/desk/events/new")
        fields = {
            "活动名称": "剪纸",
            "开始时间": f"{tomorrow}T09:00",
            "结束时间": f"{tomorrow}T10:00",
        } | change
        for label, text in fields.items():
            page.get_by_label(label).first.fill(text)
        page.get_by_role("button", name="保存").click()
        _said(page, sentence)
        for label, text in fields.items():
            expect(page.get_by_label(label).first).to_have_value(text)
    assert counted() == before


def test_a_wrong_code_is_answered_with_a_sentence(at_work, counted):
    _people, page = at_work
    before = counted()
    for path, status, sentence in (
        ("/c/ABCDEFGH-1-x", 404, "这不是我们的签到码"),
        ("/p/ZZZZZZZZZZ", 404, "没有找到这个报名号"),
        ("/signups/ZZZZZZZZZZ", 404, "没有找到"),
        ("/events/ZZZZZZZZ", 404, "没有找到"),
        ("/desk/invitations/nothing", 409, "邀请"),
    ):
        assert page.goto(path).status == status, path
        expect(page.locator("main")).to_contain_text(sentence)
    for path, button in (("/mine", "查一查"), ("/hours", "查看")):
        page.goto(path)
        page.get_by_label("码" if path == "/hours" else "报名号").fill("ZZZZZZZZZZ")
        page.get_by_role("button", name=button).click()
        _said(page, "没有找到")
    assert counted() == before


def test_yesterdays_venue_code_and_another_events_place_check_nobody_in(app, live_server, page, counted):
    people = cast.district(app)
    soon = clock.now().replace(second=0, microsecond=0) + steps.SOON
    with app.app_context():
        here, there = cast.event(people.one, starts_at=soon), cast.event(people.two, starts_at=soon)
        foreign = cast.sign_up(there, cast.granny_wu(people.one)).codes[0]
        old, fresh = venue_token(here, clock.now() - timedelta(minutes=10)), venue_token(here, clock.now())
    before = counted()

    assert page.goto(f"/c/{old}").status == 404
    expect(page.get_by_role("alert")).to_contain_text("这个签到码已经过期。请再扫一次")
    page.goto(f"/c/{fresh}")
    page.get_by_label("报名号").fill(foreign)
    page.get_by_role("button", name="签到").click()
    _said(page, "不是这一场的")
    assert counted() == before


def test_a_neighbours_people_stay_the_neighbours(app, at_work, counted):
    people, page = at_work
    with app.app_context():
        event = cast.event(people.two)
        code, place = event.code, cast.sign_up(event, cast.granny_wu(people.two)).codes[0]
    before = counted()
    for path in (f"/desk/events/{code}", f"/desk/events/{code}/roster", f"/desk/events/{code}/edit"):
        assert page.goto(path).status in (403, 404)
        assert page.locator("main p").count() >= 1
    page.goto(f"/p/{place}")
    assert page.url.endswith(f"/signups/{place}")
    assert counted() == before


def test_an_event_that_is_not_over_cannot_be_closed_out(app, at_work):
    people, page = at_work
    with app.app_context():
        code = cast.event(people.one).code
    page.goto(f"/desk/events/{code}/closeout")
    expect(page.locator("main")).to_contain_text("活动还没有结束")
    assert page.get_by_role("button", name="归档，并记入志愿时长").count() == 0


def _said(page: Page, sentence: str) -> None:
    """The page says it, and does not look like a breakdown."""
    expect(page.locator("main")).to_contain_text(sentence)
    assert "系统错误" not in page.inner_text("main")
