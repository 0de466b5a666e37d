"""A call at the phone desk in a real browser: by keyboard alone, with few keys, with and without scripts."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from stationapp import clock
from stationapp.db import db
from stationapp.signups.models import Party, SeatHold, Signup
from stationapp.signups.rules import Place
from tests import cast
from tests.harness import browser as browsers
from tests.harness.typist import Typist
from tests.journeys import steps

DESK = {"width": 1366, "height": 844}
OFF = {"java_script_enabled": False}


@pytest.fixture
def town(app):
    """Granny Wu and Xiao Li are known at Lin's station, where two events are coming."""
    people = cast.district(app)
    with app.app_context():
        cast.resident(cast.granny_wu(people.one))
        cast.resident(cast.xiao_li(people.one))
        cast.resident(cast.person("赵四海", "19922221111", home=people.one))
        cast.event(people.one, capacity=5)
        day = clock.day_of(clock.now()) + timedelta(days=3)
        cast.event(people.one, title="八段锦", starts_at=clock.instant(day, 9), capacity=1)
    return people


def at_the_desk(app, town, someone, live_server, **options) -> Typist:
    """Lin, with the phone desk open."""
    page = someone(live_server, **{"viewport": DESK} | options)
    steps.take_up(page, steps.invitation(app, town.lin))
    page.goto("/desk/phone/")
    expect(page.get_by_label("来电人")).to_be_focused()
    typist = Typist(page)
    typist.start()
    return typist


def here(page: Page) -> str:
    """The name of what has the focus, or its words."""
    return page.evaluate("document.activeElement.name || document.activeElement.innerText.trim()")


def taken(app) -> list[tuple[str, int]]:
    """How many live places each event's title has."""
    with app.app_context():
        db.session.rollback()
        return sorted(
            place.event_id for place in db.session.query(Signup) if place.state is not Place.CANCELLED
        )


def test_a_known_caller_is_signed_up_with_few_keys(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("wxy")
    lin.send()
    assert here(lin.page) == "event"
    lin.type("1")
    expect(lin.page.locator("#events .on")).to_contain_text("智能手机课堂")
    lin.send()
    expect(lin.page.locator("blockquote")).to_contain_text("一位，姓吴，对吗？")
    assert browsers.axe(lin.page) == []
    lin.send()
    expect(lin.page.get_by_role("status")).to_contain_text("报好了")
    assert here(lin.page) == "text"  # the next caller
    assert (lin.keys, lin.fields, lin.mice) == (7, ["text", "event"], 0)
    asked = lin.documents()
    assert len(asked) == 5 and not any(text in "".join(asked) for text in ("wxy", "1111", cast.PHONE))
    assert len(taken(app)) == 1


def test_one_of_two_households_and_two_of_its_people(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("1111")
    lin.send()
    expect(lin.page.get_by_role("heading", name="是哪一家")).to_be_visible()
    lin.press("ArrowDown")
    lin.press("ArrowUp")
    number = 1 + lin.page.locator("[data-choices] a").all_inner_texts().index(
        next(text for text in lin.page.locator("[data-choices] a").all_inner_texts() if "吴" in text)
    )
    lin.send(str(number))
    lin.type("12")
    lin.press("Enter")
    assert here(lin.page) == "event"
    lin.type("zn")
    lin.send()
    expect(lin.page.locator("blockquote")).to_contain_text("两位，姓吴、姓李，对吗？")
    lin.send()
    assert len(lin.page.locator(".say-codes li").all()) == 2
    assert lin.keys < 20 and len(lin.fields) <= 6 and lin.mice == 0


def test_who_comes_is_changed_from_the_event_field_where_numbers_are_the_events(
    app, town, someone, live_server
):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("wxy")
    lin.send()
    people = lin.page.locator("[data-people] input[type=checkbox]")
    assert here(lin.page) == "event" and [one.is_checked() for one in people.all()] == [True, False]
    lin.type("2")
    lin.press("Alt+2")
    assert here(lin.page) == "event" and lin.page.get_by_label("活动", exact=True).input_value() == "2"
    assert [one.is_checked() for one in people.all()] == [True, True]
    lin.press("ArrowUp")  # the first event of the list is meant now; then out of it
    lin.press("ArrowUp")
    assert here(lin.page) == "known-0-comes"
    lin.type("1")
    assert [one.is_checked() for one in people.all()] == [False, True]
    lin.press("Enter")
    assert here(lin.page) == "event"
    lin.send()
    expect(lin.page.locator("blockquote")).to_contain_text("智能手机课堂，一楼多功能厅，一位，姓李，对吗？")


def test_arrows_choose_too(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("19900001111")
    lin.send()
    lin.press("ArrowDown")
    lin.press("Space")
    lin.press("Enter")
    lin.press("ArrowDown")
    lin.press("ArrowDown")
    expect(lin.page.locator("#events .on")).to_contain_text("八段锦")
    lin.send()
    expect(lin.page.locator("blockquote")).to_contain_text("八段锦，一楼多功能厅，一位，姓李，对吗？")


def test_a_new_caller_with_and_without_a_phone(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("19900007777")
    lin.send()
    assert here(lin.page) == "name" and lin.page.get_by_label("电话").input_value() == "19900007777"
    lin.type("孙桂芳")
    for _ in range(3):
        lin.press("Tab")
    assert here(lin.page) == "event"
    lin.type("1")
    lin.send()
    expect(lin.page.locator("blockquote")).to_contain_text("一位，孙桂芳，对吗？")
    lin.send()
    lin.type("钱多多")
    lin.send()
    assert here(lin.page) == "phone"
    lin.press("Tab")
    assert here(lin.page) == "reach"
    lin.type("找楼长")
    lin.press("Tab")
    lin.press("Tab")
    lin.type("1")
    lin.send()
    lin.send()
    expect(lin.page.get_by_role("status")).to_contain_text("报好了")
    assert len(taken(app)) == 2 and lin.mice == 0


def test_escape_gives_the_seats_back(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("wxy")
    lin.send()
    lin.type("2")
    lin.send()
    expect(lin.page.locator("[data-left]")).to_contain_text(re.compile(r"（(10:00|9:5\d)）"))
    lin.send("Escape")
    assert here(lin.page) == "text"
    with app.app_context():
        assert [hold.ended.value for hold in db.session.query(SeatHold)] == ["released"]
    lin.type("wxy")
    lin.send()
    lin.send("Escape")
    assert here(lin.page) == "text" and taken(app) == []


def test_an_impatient_finger_sends_one_request(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("wxy")
    lin.send()
    lin.type("1")
    lin.send()
    sent = []

    def slowly(route):
        sent.append(route.request.method)
        lin.page.wait_for_timeout(400)
        route.continue_()

    lin.page.route("**/desk/phone/signups", slowly)
    with lin.page.expect_navigation():
        for _ in range(4):
            lin.page.keyboard.press("Enter", delay=20)
    assert sent == ["POST"] and len(taken(app)) == 1


def test_without_a_network_nothing_typed_is_lost(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server)
    lin.type("19900007777")
    lin.send()
    lin.type("孙桂芳")
    lin.page.context.set_offline(True)
    lin.press("Enter")
    expect(lin.page.get_by_role("alert")).to_contain_text("写的都还在")
    assert lin.page.get_by_label("姓名").first.input_value() == "孙桂芳"
    lin.page.context.set_offline(False)
    lin.page.get_by_role("textbox", name="活动").focus()
    lin.type("1")
    lin.send()
    expect(lin.page.locator("blockquote")).to_contain_text("一位，孙桂芳，对吗？")


def test_without_scripts_it_is_forms_in_a_row(app, town, someone, live_server):
    lin = at_the_desk(app, town, someone, live_server, **OFF)
    page = lin.page
    page.keyboard.type("19900001111")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("吴*英、李*满")
    page.get_by_label("吴*英").focus()
    page.keyboard.press("Space")
    page.get_by_role("textbox", name="活动").focus()
    page.keyboard.type("没有的")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("没有叫“没有的”的活动")
    expect(page.get_by_label("吴*英")).to_be_checked()
    page.get_by_role("textbox", name="活动").focus()
    page.keyboard.type("bdj")
    page.keyboard.press("Enter")
    expect(page.locator("blockquote")).to_contain_text("八段锦")
    page.get_by_role("button", name="改一改").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="活动").focus()
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    expect(page.locator("blockquote")).to_contain_text("智能手机课堂")
    page.get_by_role("button", name="对方同意").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("报好了")
    with app.app_context():
        assert db.session.query(Party).one().consent == "oral-1"


def test_callers_are_found_by_numbers_typed_as_people_write_them(app, town, someone, live_server):
    with app.app_context():
        cast.resident(cast.person("周大河", "0379-00001001", home=town.one))
    lin = at_the_desk(app, town, someone, live_server)
    for typed, whose in (
        ("１００１", "周*河"),
        ("1001", "周*河"),
        ("0379 00001001", "周*河"),
        ("00001001", "周*河"),
        ("+86 379 00001001", "周*河"),
        ("+8619900001111", "吴*英"),
        ("+86 199 0000 1111", "吴*英"),
        ("００８６１９９００００１１１１", "吴*英"),
    ):
        lin.type(typed)
        lin.send()
        expect(lin.page.get_by_role("heading", level=1)).to_contain_text(whose)
        lin.send("Escape")
    assert lin.mice == 0
