"""The same pages for browsers without scripts, old phones and screen readers' text modes."""

import re

from playwright.sync_api import expect

from stationapp import clock
from tests import cast
from tests.journeys import steps

OFF = {"java_script_enabled": False}


def test_a_place_is_three_requests_away_and_can_be_given_up(app, live_server, someone):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, capacity=5)
        title, code = event.title, event.code
    page = someone(live_server, **OFF)
    answered = steps.answers(page)

    page.goto("/")
    page.get_by_role("link", name=title).click()
    steps.sign_up(page, cast.GRANNY_WU, cast.PHONE)
    page.get_by_role("button", name="报名", exact=True).click()
    expect(page.get_by_text("已报名").first).to_be_visible()
    assert answered() == [200, 200, 303, 200]  # two pages read, one form sent, and the ticket it leads to
    expect(page.get_by_role("img", name="二维码")).to_be_visible()

    page.goto("/mine")
    page.get_by_role("link", name=title).click()
    page.get_by_text("来不了了？").click()
    page.get_by_role("button", name="取消报名").click()
    expect(page.get_by_text("这个名额已经取消")).to_be_visible()
    page.goto(f"/events/{code}")
    expect(page.locator("#places")).to_contain_text("还有 5 个名额")


def test_the_larger_pages_stay_larger(app, live_server, someone):
    people = cast.district(app)
    with app.app_context():
        code = cast.event(people.one).code
    page = someone(live_server, **OFF)

    page.goto(f"/events/{code}")
    page.get_by_role("button", name="长辈版").click()
    assert page.url.endswith(f"/events/{code}")
    for path in (f"/events/{code}", "/", "/mine"):
        page.goto(path)
        expect(page.locator("html")).to_have_class("elder")
    page.get_by_role("button", name="标准版").click()
    expect(page.locator("html")).not_to_have_class("elder")


def test_staff_sign_in_and_tick_the_roster(app, live_server, someone):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, starts_at=clock.now().replace(second=0, microsecond=0) + steps.SOON)
        code = event.code
        cast.sign_up(event, cast.granny_wu(people.one))
    page = someone(live_server, **OFF)
    login = steps.take_up(page, steps.invitation(app, people.lin))
    page.goto("/desk/account")
    page.get_by_role("button", name=re.compile("退出")).last.click()

    steps.sign_in(page, login, "不是这个密码不是这个")
    expect(page.get_by_role("alert")).to_be_visible()
    steps.sign_in(page, login)
    page.goto(f"/desk/events/{code}/roster")
    page.get_by_role("button", name="到了 吴*英").click()
    expect(page.get_by_role("status")).to_have_text("吴*英 到了。")
    page.get_by_role("button", name="撤销签到 吴*英").click()
    expect(page.get_by_role("button", name="到了 吴*英")).to_be_visible()
