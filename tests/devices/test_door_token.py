"""A device at the door that is enrolled again, loses its token, comes too early, or is shut off (trust.md §4.25)."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from stationapp import clock
from stationapp.attendance.models import RefusedScan, Scan
from stationapp.db import db, transaction
from stationapp.devices import operations
from stationapp.devices.models import Device
from tests.devices.test_door import begun, enrolled, kept, scan, seated, take_up
from tests.harness import browser as browsers
from tests.harness import machine

NOTHING = {"databases": [], "caches": [], "workers": 0}


@pytest.fixture
def code(app, people):
    with app.app_context():
        return seated(begun(people.one), "王秀英", "19900002222")


def queue_one(door, wire, code) -> None:
    """Somebody comes while there is no network."""
    door.context.set_offline(True)
    wire.pull()
    scan(door, code)
    expect(door.locator("#counts")).to_contain_text("1 条等着发送")


def join(door, wire) -> None:
    wire.plug()
    door.context.set_offline(False)


def dated(app, first: int, last: int) -> None:
    """The device is good from `first` to `last`, in days from today."""
    with app.app_context(), transaction():
        device, today = db.session.scalar(db.select(Device)), clock.day_of(clock.now())
        device.from_on, device.until_on = today + timedelta(days=first), today + timedelta(days=last)


def test_enrolled_again_with_names_it_works_on_after_a_reload(app, people, wire, door, code):
    for _ in range(2):
        take_up(door, enrolled(app, people.one, names_shown=True))
    door.reload()
    door.get_by_label("姓，或者姓名的拼音首字母").fill("wx")
    door.get_by_role("button", name="王*英").click()
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")


def test_enrolled_again_it_sends_what_it_saw_before(app, people, wire, door, code):
    take_up(door, enrolled(app, people.one))
    queue_one(door, wire, code)
    door.goto("about:blank")
    join(door, wire)
    take_up(door, enrolled(app, people.one))
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    expect(door.locator("#trouble")).to_be_hidden()
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Scan)) == 1


@pytest.mark.parametrize("opened_again", [False, True])
def test_a_lost_token_takes_the_list_and_leaves_the_queue(app, people, wire, door, code, opened_again):
    take_up(door, enrolled(app, people.one, names_shown=True))
    queue_one(door, wire, code)
    door.context.clear_cookies()
    join(door, wire)
    if opened_again:
        assert door.goto("/door").status == 401
        expect(door.get_by_role("status")).to_contain_text("还有 1 条没有发出去")
    else:
        door.evaluate("dispatchEvent(new Event('online'))")
        expect(door.locator("#stopping")).to_contain_text("没有登记")
        expect(door.locator("#stopping")).to_contain_text("还有 1 条没有发出去")
        expect(door.locator("#scan")).to_be_hidden()
        expect(door.locator("#names")).to_be_hidden()
    names = "Promise.all([DoorStore.kept('list'), DoorStore.kept('key')]).then((all) => all.filter(Boolean).length)"
    assert door.evaluate(names) == 0
    take_up(door, enrolled(app, people.one))
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    with app.app_context():
        (aside,) = db.session.scalars(db.select(RefusedScan))
        assert aside.resident_id is not None  # by whom it was seen nobody can prove: it waits


def test_who_never_was_a_device_keeps_nothing(app, people, wire, door):
    assert door.goto("/door").status == 401
    door.wait_for_load_state("networkidle")
    assert kept(door) == NOTHING


def test_a_device_that_was_early_works_from_its_first_day_and_goes_after_its_last(
    app, people, wire, door, code
):
    link = enrolled(app, people.one)
    dated(app, 1, 5)
    door.goto(link)
    door.get_by_role("button", name="登记这台设备").click()
    expect(door.locator("#stopping")).to_be_visible()
    expect(door.locator("#no-list")).to_be_hidden()
    dated(app, 0, 5)
    door.evaluate("dispatchEvent(new Event('online'))")
    expect(door.locator("#scan")).to_be_visible()
    expect(door.locator("#stopping")).to_be_hidden()
    dated(app, -5, -1)
    door.evaluate("dispatchEvent(new Event('online'))")
    expect(door.locator("#working")).to_have_count(0)
    expect(door.locator("#stopping")).to_be_visible()
    assert kept(door) == NOTHING


def test_past_its_dates_it_wipes_nothing_that_could_not_be_sent_yet(app, people, wire, door, code):
    take_up(door, enrolled(app, people.one))
    queue_one(door, wire, code)
    dated(app, -5, -1)
    door.evaluate("""() => {
      const real = fetch;
      window.busy = true;
      const no = () => new Response('{"said": "忙"}', { status: 503 });
      window.fetch = (path, given) => (busy && path === "/door/scans" ? no() : real(path, given));
    }""")
    join(door, wire)
    door.evaluate("dispatchEvent(new Event('online'))")
    expect(door.locator("#last")).to_contain_text("忙")
    assert door.evaluate("DoorStore.queued(9).then((all) => all.length)") == 1
    door.evaluate("busy = false; dispatchEvent(new Event('online'))")
    expect(door.locator("#working")).to_have_count(0)
    assert kept(door) == NOTHING


def test_a_device_that_is_shut_off_sees_nothing_any_more(app, people, wire, browser, code):
    flags = [*browsers._FLAGS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    filming = browser.browser_type.launch(executable_path=machine.chromium() or None, args=flags)
    try:
        with browsers.visiting(filming, wire.url) as page:
            take_up(page, enrolled(app, people.one))
            page.get_by_role("button", name="用摄像头扫").click()
            page.wait_for_function("() => document.querySelector('video').videoWidth")
            page.evaluate("window.track = document.querySelector('video').srcObject.getTracks()[0]")
            with app.app_context(), transaction():
                operations.revoke(db.session.scalar(db.select(Device)), by=people.lin.id, now=clock.now())
            page.evaluate("dispatchEvent(new Event('online'))")
            expect(page.locator("#working")).to_have_count(0)
            assert page.evaluate("track.readyState") == "ended"
            page.evaluate("document.dispatchEvent(new CustomEvent('seen', { detail: 'ABCDEFGHJK' }))")
    finally:
        filming.close()


def test_without_a_list_it_says_that_it_has_none(app, people, wire, door, code):
    link = enrolled(app, people.one)
    dated(app, 1, 5)
    door.goto(link)
    door.get_by_role("button", name="登记这台设备").click()
    expect(door.locator("#stopping")).to_be_visible()
    door.evaluate(f"document.dispatchEvent(new CustomEvent('seen', {{ detail: '{code}' }}))")
    expect(door.locator("#last")).to_contain_text("名单还没有拿到")


@pytest.mark.parametrize("opened_anew", [False, True])
def test_a_revoked_device_says_how_much_went_unsent_and_promises_nothing(
    app, people, wire, door, code, opened_anew
):
    take_up(door, enrolled(app, people.one))
    queue_one(door, wire, code)
    with app.app_context(), transaction():
        operations.revoke(db.session.scalar(db.select(Device)), by=people.lin.id, now=clock.now())
    said = "还有 1 条没有发出去，已清掉，请在签到名单上补"
    if opened_anew:
        door.goto("about:blank")
        join(door, wire)
        door.goto("/door")
    else:
        join(door, wire)
    expect(door.get_by_text(said)).to_be_visible()
    door.wait_for_function("async () => !(await indexedDB.databases()).length")
    door.goto("/door")
    expect(door.get_by_text("没有登记")).to_be_visible()
    expect(door.get_by_text("没有发出去")).to_be_hidden()
    assert "都留着" not in door.locator("main").inner_text()


def test_a_browser_too_old_is_told_so(app, people, wire, door):
    door.add_init_script("delete Crypto.prototype.randomUUID")
    door.goto(enrolled(app, people.one))
    door.get_by_role("button", name="登记这台设备").click()
    expect(door.locator("#insecure")).to_be_visible()


def test_a_browser_that_cannot_open_the_page_without_network_says_so(app, people, wire, door, code):
    door.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined })"
    )
    door.goto(enrolled(app, people.one))
    door.get_by_role("button", name="登记这台设备").click()
    expect(door.locator("#no-worker")).to_be_visible()
    scan(door, code)
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
