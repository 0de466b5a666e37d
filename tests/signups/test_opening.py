"""The countdown to the opening of a sign-up, in a real browser."""

from datetime import timedelta

from stationapp import clock
from tests import cast

AN_HOUR_FAST = "const real = Date.now; Date.now = () => real() + 3600e3;"


def soon(app, seconds):
    people = cast.district(app)
    with app.app_context():
        opens = clock.now().replace(microsecond=0) + timedelta(seconds=seconds)
        return cast.event(people.one, title="抢着报的", opens_at=opens).code


def test_the_form_appears_by_itself_when_sign_up_opens_however_the_phone_s_clock_is_set(app, page):
    page.add_init_script(AN_HOUR_FAST)
    page.goto(f"/events/{soon(app, 15)}")
    assert "秒" in page.locator("[data-opens]").inner_text() and page.locator("#come").count() == 0
    page.locator("#come form").wait_for(timeout=60_000)
    assert page.locator("[data-opens]").count() == 0


def test_without_scripts_the_page_says_when_to_come_and_shows_no_empty_line(app, browser, live_server):
    visitor = browser.new_context(java_script_enabled=False).new_page()
    visitor.goto(f"{live_server}/events/{soon(app, 3600)}")
    assert "刷新一下这一页" in visitor.locator("#places").inner_text()
    assert not visitor.locator("[data-opens]").is_visible()
    visitor.context.close()
