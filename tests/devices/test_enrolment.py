"""The page on which a browser becomes a device, in a real Chromium: what it promises is what that browser can do."""

import pytest
from playwright.sync_api import expect

from stationapp import clock
from stationapp.db import transaction
from stationapp.devices import operations
from tests import cast
from tests.harness import browser as browsers


@pytest.fixture
def link(app):
    people, now = cast.district(app), clock.now()
    with app.app_context(), transaction():
        today, given = clock.day_of(now), {"names_shown": False, "by": None, "now": now}
        return "/door/enrolments/" + operations.enrol(people.one, "平板", today, today, **given)[1]


@pytest.mark.parametrize("able", [True, False])
def test_a_browser_that_cannot_work_without_network_is_told_so_before_it_is_enrolled(
    link, browser, live_server, able
):
    with browsers.visiting(browser, live_server) as page:
        if not able:  # as within WeChat
            page.add_init_script("Object.defineProperty(navigator, 'serviceWorker', {value: undefined})")
        page.goto(link)
        expect(page.get_by_role("button", name="登记这台设备")).to_be_visible()
        expect(page.get_by_text("断网以后打不开签到页")).to_be_visible(visible=not able)
        expect(page.get_by_text("算工作人员经手")).to_be_visible()
