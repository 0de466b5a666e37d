"""A station's month on the plan board in a real browser: moved by keyboard, by mouse, and with scripts off."""

from datetime import date

import pytest
from playwright.sync_api import Page, expect

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.queries import find_event
from stationapp.rooms.models import Room
from tests import cast
from tests.harness import browser as browsers
from tests.journeys import steps

DESK = {"width": 1366, "height": 844}
MONTH = Month.of(clock.day_of(clock.now())).plus(2)  # no day of it is over, whenever this runs
DAY = date(MONTH.year, MONTH.month, 8)


@pytest.fixture
def town(app):
    return cast.district(app)


def plan(app, where, title: str = "剪纸", hour: int = 9, **changes) -> str:
    with app.app_context():
        changes = {"publish": False} | changes
        return cast.event(where, title=title, starts_at=clock.instant(DAY, hour), **changes).code


def board(app, someone, live_server, who, more: str = "", **options) -> Page:
    page = someone(live_server, **{"viewport": DESK} | options)
    steps.take_up(page, steps.invitation(app, who))
    page.goto(f"/desk/planning/?month={MONTH}{more}")
    return page


def when(app, code: str) -> tuple[int, int]:
    """Day and hour at which it begins now."""
    with app.app_context():
        db.session.rollback()
        at = clock.local(find_event(code).starts_at)
        return at.day, at.hour


def slot(page: Page, title: str = "剪纸"):
    return page.locator("#board .slot", has_text=title).locator("a").first


def cell(page: Page, day: int):
    return page.locator(f'[data-day="{date(MONTH.year, MONTH.month, day)}"]')


def test_lin_moves_an_event_with_the_keyboard_and_takes_it_back(app, town, live_server, someone):
    code = plan(app, town.one)
    page = board(app, someone, live_server, town.lin)
    slot(page).focus()
    page.keyboard.press("Alt+ArrowDown")
    page.keyboard.press("Alt+ArrowRight")
    expect(page.locator("#said")).to_contain_text("按回车保存")
    expect(cell(page, 16)).to_contain_text("剪纸")
    page.keyboard.press("Escape")
    expect(cell(page, 8)).to_contain_text("剪纸")
    expect(page.locator("#said")).to_contain_text("没有移动")
    assert when(app, code) == (8, 9)
    page.keyboard.press("Alt+ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.get_by_text("”改到")).to_be_visible()
    expect(cell(page, 7)).to_contain_text("剪纸")
    assert when(app, code) == (7, 9)
    page.get_by_role("button", name="撤销").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("已撤销")).to_be_visible()
    assert when(app, code) == (8, 9)


def test_lin_drags_an_event_to_another_day(app, town, live_server, someone):
    code = plan(app, town.one)
    page = board(app, someone, live_server, town.lin)
    page.locator("#board .slot").drag_to(cell(page, 17))
    expect(page.get_by_text("”改到")).to_be_visible()
    expect(cell(page, 17)).to_contain_text("剪纸")
    assert when(app, code) == (17, 9)


def test_an_office_drags_within_a_stations_row_and_to_another_room_of_it(app, town, live_server, someone):
    with app.app_context(), transaction():
        rooms = [Room(site_id=town.one.id, name=name) for name in ("书画室", "多功能厅")]
        db.session.add_all([*rooms, Room(site_id=town.two.id, name="二站的厅")])
        db.session.flush()
        small, hall = (room.id for room in rooms)
    code = plan(app, town.one, room_id=small)
    plan(app, town.one, "合唱", 15, room_id=hall)
    page = board(app, someone, live_server, town.chen, "&by=site")
    page.locator("#board .slot", has_text="剪纸").drag_to(
        page.locator(f'tr[data-key="{town.two.id}"] td').nth(9)
    )
    page.locator("#board .slot", has_text="剪纸").drag_to(
        page.locator(f'tr[data-key="{town.one.id}"] td').nth(9)
    )
    expect(page.get_by_text("”改到")).to_be_visible()
    assert when(app, code) == (10, 9)
    page.goto(f"/desk/planning/?month={MONTH}&by=room")
    page.locator("#board .slot", has_text="剪纸").drag_to(page.locator(f'tr[data-key="{hall}"] td').nth(10))
    expect(page.locator(f'tr[data-key="{hall}"]')).to_contain_text("剪纸")
    assert when(app, code) == (11, 9)
    with app.app_context():
        assert find_event(code).room_id == hall


def test_in_a_week_an_event_is_dragged_to_another_hour(app, town, live_server, someone):
    code = plan(app, town.one)
    page = board(app, someone, live_server, town.lin)
    page.goto(f"/desk/planning/week?day={DAY}&by=hour")
    page.locator("#board .slot").drag_to(page.locator('tr[data-key="14"] td').nth(DAY.weekday()))
    expect(page.get_by_text("”改到")).to_be_visible()
    assert when(app, code) == (8, 14)


def test_a_drop_into_a_clash_is_refused_with_its_reason(app, town, live_server, someone):
    with app.app_context(), transaction():
        hall = Room(site_id=town.one.id, name="多功能厅")
        db.session.add(hall)
        db.session.flush()
        hall = hall.id
    with app.app_context():
        cast.event(
            town.one, title="合唱", starts_at=clock.instant(date(MONTH.year, MONTH.month, 9), 9), room_id=hall
        )
    code = plan(app, town.one, room_id=hall, publish=True)
    page = board(app, someone, live_server, town.lin)
    slot(page).focus()
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("多功能厅")
    assert when(app, code) == (8, 9)
    page.get_by_label("日期").fill(str(date(MONTH.year, MONTH.month, 10)))
    page.get_by_role("button", name="移过去").click()
    expect(cell(page, 10)).to_contain_text("剪纸")


def test_without_scripts_the_page_behind_the_word_does_the_same(app, town, live_server, someone):
    code = plan(app, town.one)
    page = board(app, someone, live_server, town.lin, "&by=category", java_script_enabled=False)
    page.get_by_role("link", name="移动：剪纸").click()
    page.get_by_label("日期").fill(str(date(MONTH.year, MONTH.month, 20)))
    page.get_by_role("button", name="移过去").click()
    assert "by=category" in page.url
    page.get_by_role("button", name="撤销").click()
    expect(page.get_by_text("已撤销")).to_be_visible()
    assert when(app, code) == (8, 9)


def test_the_boards_pages_suit_everybody(app, town, live_server, someone):
    code = plan(app, town.one)
    plan(app, town.one, "合唱", 10)
    plan(app, town.two, "义诊", publish=True)
    page = board(app, someone, live_server, town.chen)
    one = f"/desk/planning/?site={town.one.code}&month={MONTH}"
    found = []
    for path in (
        f"/desk/planning/?month={MONTH}", f"/desk/planning/?month={MONTH}&by=room", one, f"{one}&by=day",
        f"{one}&mark=missing",
        f"/desk/planning/week?day={DAY}", f"/desk/planning/week?day={DAY}&site={town.one.code}",
        f"/desk/planning/moves?event={code}", f"/desk/planning/copy?month={MONTH.plus(1)}",
    ):  # fmt: skip
        for size in (browsers.PHONE, DESK):
            page.set_viewport_size(size)
            page.goto(path)
            for part in page.locator("details").all():
                part.evaluate("one => one.open = true")
            found += [f"{path} {size['width']}: {fault}" for fault in browsers.axe(page)]
            over = page.evaluate(
                "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
            )
            found += [f"{path} {size['width']}: {over} px are cut off"] if over > 0 else []
    assert not found, "\n".join(found)
