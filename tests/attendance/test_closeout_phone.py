"""The close-out in a real browser at 390 px: with few taps, with scripts off, and readable for everybody."""

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from stationapp.attendance.models import Headcount, Photo
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.volunteers import ledger
from tests.attendance import pictures
from tests.harness.browser import axe, visiting
from tests.harness.thumb import FINGER, Thumb
from tests.journeys import closing, steps

_TO_PRESS = """() => [...document.querySelectorAll('main a, main button, main label.choice, main summary, main input')]
    .filter(e => e.checkVisibility() && !e.matches('.away, .scroll, input[type=checkbox], p a, li > a:has(img)'))
    .map(e => [e.textContent.trim() || e.name, e.getBoundingClientRect()])
    .filter(([, box]) => box.width > 1 && (box.height < %s || box.width < %s))
    .map(([text, box]) => `${text} ${box.width} × ${box.height}`)"""


@pytest.fixture
def scene(app):
    return closing.evening(app)


def frozen(app, scene) -> tuple:
    """The event's state, heads, pictures and the volunteer's minutes."""
    with app.app_context():
        db.session.rollback()
        return (
            db.session.scalar(select(Event.state).where(Event.code == scene.code)),
            db.session.scalars(select(Headcount.people)).all(),
            len(db.session.scalars(select(Photo.id)).all()),
            ledger.total_minutes(scene.volunteer),
        )


def test_from_the_login_to_the_archive_in_a_minute_of_taps_and_keys(
    app, scene, browser, live_server, tmp_path
):
    with visiting(browser, live_server, has_touch=True) as page:
        login = closing.login_of(page, app, scene.people.lin)
        thumb = Thumb(page)
        closing.enter(thumb, login)
        expect(page.locator(".there")).to_have_text(
            "20 人到了，1 位志愿者来了，2 人报了名没来，1 位志愿者没有签退。"
        )
        assert page.evaluate(_TO_PRESS % (FINGER, FINGER)) == []
        thumb.small, photo = [], closing.camera(tmp_path / "photo.jpg")
        closing.close_out(thumb, photo)
        expect(page.get_by_text("已归档").first).to_be_visible()
        assert frozen(app, scene) == (State.CLOSED_OUT, [5], 1, 120)
        assert thumb.small == [] and len(thumb.fields) == 4
        assert thumb.taps <= 12  # three to log in, one on the first page, three in the camera
        (sent,) = thumb.sent
        assert sent < photo.stat().st_size / 2  # made small on the phone
        seconds = thumb.taps + thumb.keys * 0.2
        print(
            f"{thumb.taps} taps, {thumb.keys} keys: {seconds:.1f} s of a thumb; {sent:,} bytes of the picture"
        )


def open_page(page: Page, app, scene, path="closeout") -> None:
    steps.take_up(page, steps.invitation(app, scene.people.lin))
    page.goto(f"/desk/events/{scene.code}/{path}")


def test_with_scripts_off_nothing_typed_is_lost_to_a_picture_or_a_mistake(
    app, scene, browser, live_server, tmp_path
):
    photo = tmp_path / "a.jpg"
    photo.write_bytes(pictures.picture())
    with visiting(browser, live_server, java_script_enabled=False) as page:
        open_page(page, app, scene)
        page.get_by_label("说明").fill("下雨")
        page.get_by_text("没登记姓名的人").click()
        page.get_by_label("60-64 岁").fill("五")
        page.get_by_label("拍一张或选一张").set_input_files(str(photo))
        page.get_by_role("button", name="存这张照片").click()
        expect(page.get_by_alt_text("第 1 张照片")).to_be_visible()
        expect(page.get_by_label("60-64 岁")).to_have_value("五")
        page.get_by_role("button", name="归档，并记入志愿时长").click()
        expect(page.get_by_text("还有 1 处要改")).to_be_visible()
        page.get_by_label("60-64 岁").fill("5")
        expect(page.get_by_label("说明")).to_have_value("下雨")
        page.get_by_label("60-64 岁").press("Enter")  # closes out, and keeps no second picture
        expect(page.get_by_text("已归档").first).to_be_visible()
    assert frozen(app, scene) == (State.CLOSED_OUT, [5], 1, 0)


def test_the_page_holds_together_for_everybody(app, scene, page):
    open_page(page, app, scene)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_the_roster_finds_by_a_letter_keeps_its_place_and_takes_a_wrong_tap_back(app, scene, page):
    open_page(page, app, scene, "roster")
    expect(page.locator(".progress")).to_contain_text("到 20 / 报 22")
    assert axe(page) == []
    assert page.evaluate(_TO_PRESS % (FINGER, FINGER)) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator(".letters a:not(.done)").first.click()
    row = page.locator(".people tr", has=page.get_by_role("button", name="到了")).first
    name = row.locator("th").inner_text()
    letter = page.locator(".letters [aria-current]").inner_text()[0]
    row.get_by_role("button", name="到了").click()
    expect(page.locator(".progress")).to_contain_text("到 21 / 报 22")
    assert page.locator(".letters [aria-current]").inner_text()[0] == letter and "#p-" in page.url
    here = page.locator("tr:target")
    expect(here.locator("th")).to_have_text(name)
    expect(here).to_be_in_viewport()
    here.get_by_role("button", name="撤销").click()
    expect(page.locator(".progress")).to_contain_text("到 20 / 报 22")
    expect(page.locator("tr:target").get_by_role("button", name="到了")).to_be_in_viewport()
