"""A screen in a window, in a real browser: its pages turn, news arrives, and it outlives a lost network."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from stationapp import clock
from stationapp.db import transaction
from stationapp.events import operations
from stationapp.events.queries import get_event
from tests import cast
from tests.harness import browser as browsers
from tests.harness.server import serving

LYING, STANDING = {"width": 1920, "height": 1080}, {"width": 1080, "height": 1920}
PERSON = "孙桂芳"
LONG = "迎新春写春联送祝福暨社区邻里节美食分享与趣味运动会" * 8

_SMALLEST = """() => {
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), sizes = [];
    for (let node = walk.nextNode(); node; node = walk.nextNode())
        if (node.textContent.trim() && node.parentElement.checkVisibility())
            sizes.push(parseFloat(getComputedStyle(node.parentElement).fontSize));
    return Math.min(...sizes);
}"""
_OUTSIDE = """() => [...document.body.querySelectorAll('*')].filter(part => part.checkVisibility()).filter(part => {
    const box = part.getBoundingClientRect();
    return box.left < -1 || box.top < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1;
}).map(part => part.outerHTML.slice(0, 80))"""
# A line of type reaches a few pixels out of its own box: less than an eighth of a line is nothing cut off.
_CUT = """() => [document.scrollingElement, ...document.querySelectorAll('main, main ol, main li, aside, footer')]
    .filter(part => part.checkVisibility())
    .filter(part => part.scrollHeight > part.clientHeight + 6 || part.scrollWidth > part.clientWidth + 1)
    .map(part => part.outerHTML.slice(0, 80))"""
_KEPT = """async () => {
    await navigator.serviceWorker.ready;
    return (await (await caches.open('screen ' + location.pathname)).keys()).length === 5;
}"""  # the page, its two style sheets, its script, its icon


@pytest.fixture
def people(app):
    """A station where something is under way, something is to come, and somebody is to be called."""
    made = cast.district(app)
    with app.app_context():
        cast.event(made.one, title="正在办的", starts_at=_in(minutes=-30), contact=PERSON, capacity=20)
        cast.event(made.one, title="明天的", starts_at=clock.instant(_today() + timedelta(days=1), 12))
    return made


def _in(**when):
    return clock.now().replace(second=0, microsecond=0) + timedelta(**when)


def _today():
    return clock.day_of(clock.now())


def _ms(span):
    return int(span.total_seconds()) * 1000


def screen(page, people):
    """The screen, with a clock that the test turns; its worker is ready and has its copy."""
    page.clock.install()
    page.goto(f"/sites/{people.one.code}/screen")
    expect(page.get_by_role("heading", name="正在办的")).to_be_visible()
    page.wait_for_function(_KEPT)
    return page


def age(page):
    """What the screen says about the age of what it shows."""
    return page.locator("#age")


def test_news_arrives_and_a_lost_network_is_said_and_survived(app, live_server, someone, people):
    page = screen(someone(live_server, viewport=LYING), people)
    with app.app_context():
        soon = cast.event(
            people.one, title="刚发布的", starts_at=clock.instant(_today() + timedelta(days=1), 9)
        ).code
    page.clock.fast_forward("01:01")
    expect(page.get_by_role("heading", name="刚发布的")).to_be_visible()
    expect(age(page)).to_be_empty()

    page.context.set_offline(True)
    page.clock.fast_forward("01:01")
    expect(age(page)).to_have_text("网络断了，这是 1 分钟前的内容")
    page.clock.fast_forward("24:00")
    expect(age(page)).to_have_text("网络断了，这是 25 分钟前的内容")
    with app.app_context(), transaction():
        operations.cancel(get_event(soon), by=None, now=clock.now(), reason="下雨")

    page.reload()  # somebody pulled the plug
    expect(age(page)).to_have_text("网络断了，这是 25 分钟前的内容")
    expect(page.get_by_role("heading", name="刚发布的")).to_be_visible()
    assert "已取消" not in page.content()

    page.context.set_offline(False)
    expect(page.get_by_text("已取消")).to_be_visible()
    expect(age(page)).to_be_empty()
    assert PERSON not in page.content()


def test_midnight_comes_without_a_network(app, live_server, someone, people):
    page = screen(someone(live_server, viewport=STANDING), people)
    expect(page.get_by_role("heading", name="今天和接下来的活动")).to_be_visible()
    expect(page.locator("li", has_text="明天的").locator(".when")).to_contain_text("明天")
    page.context.set_offline(True)
    lost, morning = clock.now(), clock.instant(_today() + timedelta(days=1), 8)
    page.clock.fast_forward(_ms(morning - lost))
    expect(page.get_by_role("heading", name="正在办的")).to_be_hidden()
    expect(page.locator("li", has_text="明天的").locator(".when")).to_contain_text("今天")
    expect(page.locator("#today")).to_contain_text(f"{clock.local(morning).day}日")
    page.clock.fast_forward(_ms(lost + timedelta(days=3, hours=12) - morning))
    expect(page.get_by_role("heading", name="今天没有活动，近期也还没有安排")).to_be_visible()
    expect(age(page)).to_have_text("网络断了，这是 3 天前的内容")


def test_a_server_that_is_gone_is_a_lost_network_too(app, browser, people):
    settings = app.config["SETTINGS"]
    with browsers.visiting(browser, "", viewport=LYING) as page:
        with serving(settings.instance, settings.database_url) as address:
            page.goto(f"{address}/sites/{people.one.code}/screen")
            page.wait_for_function(_KEPT)
            expect(page.locator("#age")).to_be_empty()
        page.reload()
        expect(page.get_by_role("heading", name="正在办的")).to_be_visible()
        expect(age(page)).to_have_text("网络断了，这是刚才的内容")


@pytest.mark.parametrize("size", [LYING, STANDING], ids=["lying", "standing"])
def test_everything_is_large_and_nothing_is_cut_off(app, live_server, someone, people, size):
    with app.app_context():
        for number in range(4):
            cast.event(
                people.one,
                title=LONG[:200],
                place=LONG[:60],
                audience=LONG[:60],
                starts_at=_in(hours=50 + number),
            )
        later = cast.event(people.one, title=LONG[:30], starts_at=_in(hours=60)).code
        with transaction():
            operations.postpone(get_event(later), by=None, now=clock.now(), reason="停电")
    page = screen(someone(live_server, viewport=size, reduced_motion="reduce"), people)
    page.context.set_offline(True)
    page.clock.fast_forward("01:01")
    expect(age(page)).not_to_be_empty()
    seen = set()
    for _ in range(3):
        assert page.evaluate(_SMALLEST) >= 48
        assert page.evaluate(_OUTSIDE) == [] and page.evaluate(_CUT) == []
        assert page.locator("main li:visible").count() <= 3
        assert browsers.axe(page) == []
        seen.add(page.locator("#count").inner_text())
        page.clock.fast_forward("00:12")
    assert seen == {"1 / 3", "2 / 3", "3 / 3"}


def test_a_screen_without_scripts_turns_its_pages(app, live_server, someone, people):
    with app.app_context():
        for number in range(2):
            cast.event(people.one, title=f"后面的{number}", starts_at=_in(hours=60 + number))
    page = someone(live_server, viewport=LYING, java_script_enabled=False)
    page.goto(f"/sites/{people.one.code}/screen")
    expect(page.get_by_role("heading", name="正在办的")).to_be_visible()
    assert page.locator("noscript meta").get_attribute("content").endswith("screen?page=2")
    page.goto(f"/sites/{people.one.code}/screen?page=2")
    expect(page.get_by_role("heading", name="正在办的")).to_be_hidden()
    expect(page.get_by_role("heading", name="后面的1")).to_be_visible()
