"""The page at the door in a real Chromium, with the network taken away and given back (domain.md §7)."""

import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from stationapp import clock
from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.cards.operations import make as make_cards
from stationapp.cards.queries import code_of
from stationapp.db import db, transaction
from stationapp.devices import operations
from stationapp.devices.models import Device
from tests import cast
from tests.harness import browser as browsers
from tests.harness import machine


def begun(where, **changes):
    """An event that began ten minutes ago, today."""
    midnight = clock.instant(clock.day_of(clock.now()))
    return cast.event(where, starts_at=max(midnight, clock.now() - timedelta(minutes=10)), **changes)


def seated(event, name: str, phone: str) -> str:
    """Somebody with a place, and their code."""
    answer = cast.sign_up(event, cast.person(name, phone), now=event.starts_at - timedelta(days=1))
    return answer.codes[0]


def enrolled(app, where, **given) -> str:
    """The address that takes a device up."""
    today = clock.day_of(clock.now())
    with app.app_context(), transaction():
        last = today + timedelta(days=given.pop("days", 30) - 1)
        shown = given.pop("names_shown", False)
        _device, link = operations.enrol(
            where, "平板", today, last, names_shown=shown, by=None, now=clock.now()
        )
    return f"/door/enrolments/{link}"


def take_up(page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="登记这台设备").click()
    expect(page.locator("#network")).to_have_text("已连上 · 断网也能用")


def scan(page, code: str) -> None:
    page.get_by_label("扫码，或者输入").fill(code)
    page.keyboard.press("Enter")


def kept(page) -> dict:
    """What the browser holds: the names of its databases, caches and workers."""
    return page.evaluate("""async () => ({
      databases: (await indexedDB.databases()).map((one) => one.name), caches: await caches.keys(),
      workers: (await navigator.serviceWorker.getRegistrations()).length })""")


def test_an_outage_with_a_reload_loses_nothing_and_all_arrives_once(app, people, wire, door):
    with app.app_context():
        event = begun(people.one, place="二楼教室")
        wang, li = seated(event, "王秀英", "19900002222"), seated(event, "李大山", "19900003333")
        stranger = cast.resident(cast.person("孙小妹", "19900004444"))
        with transaction():
            card = make_cards([stranger.id], site_id=people.two.id, by=None, now=clock.now())[stranger.id]
        card_code = code_of(card)
    take_up(door, enrolled(app, people.one))

    door.context.set_offline(True)
    wire.pull()
    before = clock.now()
    scan(door, f"https://anywhere.example/p/{wang.lower()}")
    expect(door.locator("#last")).to_contain_text("王*英 到了：智能手机课堂，二楼教室")
    scan(door, card_code)
    expect(door.locator("#ask")).to_contain_text("名单上没有这个码")
    door.get_by_role("button", name="现场收下").click()
    expect(door.locator("#counts")).to_have_text("2 条等着发送 · 已发送 0 条")
    after = clock.now()

    door.reload()  # without network: the worker brings the page, the database the list and the queue
    expect(door.locator("#counts")).to_have_text("2 条等着发送 · 已发送 0 条")
    scan(door, li)
    expect(door.locator("#last")).to_contain_text("李*山 到了")
    scan(door, wang)
    expect(door.locator("#last")).to_contain_text("王*英 已经记过了")

    wire.plug()
    door.context.set_offline(False)
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 3 条")
    with app.app_context():
        scans = list(db.session.scalars(db.select(Scan).order_by(Scan.sequence)))
        assert [one.sequence for one in scans] == [1, 2, 3]
        assert before - timedelta(seconds=3) <= scans[0].at <= scans[1].at <= after + timedelta(seconds=3)
        assert len({one.resident_id for one in scans}) == 3
        assert len(list(db.session.scalars(db.select(Attendance).where(~Attendance.undone)))) == 3


def test_answers_lost_on_the_way_change_nothing(app, people, wire, door):
    with app.app_context():
        event = begun(people.one)
        codes = [seated(event, f"王{name}", f"1990000{n}555") for n, name in enumerate("甲乙丙")]
    take_up(door, enrolled(app, people.one))
    wire.swallow = 2
    for code in codes:
        scan(door, code)
        expect(door.locator("#last .answer").first).to_contain_text("到了")
    while wire.swallow:  # a browser sends once more by itself what broke off on a line used before
        door.evaluate("dispatchEvent(new Event('online'))")
        door.wait_for_timeout(100)
    door.evaluate("dispatchEvent(new Event('online'))")
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 3 条")
    assert wire.swallowed == 2
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Scan)) == 3


@pytest.mark.parametrize("way", [1, -1])
def test_a_clock_that_went_wrong_without_network_is_put_right_before_anything_is_sent(
    app, people, wire, door, way
):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    door.context.set_offline(True)
    wire.pull()
    midnight = clock.instant(clock.day_of(clock.now()) + timedelta(days=1))
    wrong = way * min(3_600_000, int((midnight - clock.now()).total_seconds() * 500))  # the same day
    door.add_init_script(f"const right = Date.now; Date.now = () => right() + {wrong};")
    door.reload()
    before = clock.now()
    scan(door, code)
    expect(door.locator("#counts")).to_contain_text("1 条等着发送")
    after = clock.now()
    wire.plug()
    door.context.set_offline(False)
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    with app.app_context():
        at = db.session.scalar(db.select(Scan)).at
        assert before - timedelta(seconds=3) <= at <= after + timedelta(seconds=3)


def test_what_is_queued_says_nothing_of_the_code_and_nothing_is_left_of_it_once_sent(app, people, wire, door):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    door.context.set_offline(True)
    wire.pull()
    scan(door, code)
    expect(door.locator("#counts")).to_contain_text("1 条等着发送")
    held = door.evaluate("DoorStore.every().then((scans) => JSON.stringify(scans))")
    assert "sealed" in held and code not in held and "王" not in held
    wire.plug()
    door.context.set_offline(False)
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    assert "sealed" not in door.evaluate("DoorStore.every().then((scans) => JSON.stringify(scans))")


def test_a_revoked_device_wipes_itself(app, people, wire, door):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one, names_shown=True))
    assert kept(door) == {"databases": ["door"], "caches": ["door"], "workers": 1}
    with app.app_context(), transaction():
        operations.revoke(db.session.scalar(db.select(Device)), by=people.lin.id, now=clock.now())
    scan(door, code)
    expect(door.get_by_role("alert").first).to_contain_text("已经停用")
    assert kept(door) == {"databases": [], "caches": [], "workers": 0}
    assert not [cookie for cookie in door.context.cookies() if cookie["name"] == "door"]
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Scan)) == 0
    assert door.goto("/door").status == 401


def test_after_its_last_day_a_device_sends_what_waits_and_then_wipes_itself(app, people, wire, door):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    door.context.set_offline(True)
    wire.pull()
    scan(door, code)
    expect(door.locator("#counts")).to_contain_text("1 条等着发送")
    with app.app_context(), transaction():
        device, day = db.session.scalar(db.select(Device)), timedelta(days=1)
        device.from_on, device.until_on = device.from_on - day, device.from_on - day
    wire.plug()
    door.context.set_offline(False)
    door.reload()
    expect(door.get_by_role("alert").first).to_contain_text("不在使用日期内")
    while kept(door) != {"databases": [], "caches": [], "workers": 0}:
        door.wait_for_timeout(100)
    with app.app_context():
        assert len(list(db.session.scalars(db.select(RefusedScan)))) == 1


def test_a_question_left_open_is_not_lost_in_silence(app, people, wire, door):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    scan(door, "ABCDEFGHJK")
    expect(door.locator("#ask")).to_be_visible()
    scan(door, code)
    expect(door.locator("#last")).to_contain_text("要记请再扫一次")
    expect(door.locator("#last")).to_contain_text("王*英 到了")
    expect(door.locator("#ask")).to_be_hidden()


def test_a_revoked_device_that_is_opened_again_wipes_itself(app, people, wire, door):
    take_up(door, enrolled(app, people.one))
    with app.app_context(), transaction():
        operations.revoke(db.session.scalar(db.select(Device)), by=people.lin.id, now=clock.now())
    door.goto("/events")
    assert door.goto("/door").status == 403
    door.wait_for_function("""async () => !(await indexedDB.databases()).length && !(await caches.keys()).length
      && !(await navigator.serviceWorker.getRegistrations()).length""")
    assert kept(door) == {"databases": [], "caches": [], "workers": 0}


def test_somebody_without_a_code_is_found_by_initials_where_the_device_may(app, people, wire, door):
    with app.app_context():
        seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one, names_shown=True))
    door.context.set_offline(True)
    wire.pull()
    door.reload()
    typed = door.get_by_label("姓，或者姓名的拼音首字母")
    typed.fill("zq")
    expect(door.locator("#found")).to_contain_text("没有找到")
    for said in ("ｗＸ", "2222", "王"):
        typed.fill(said)
        expect(door.get_by_role("button", name="王*英")).to_have_count(1)
        expect(door.locator("#found")).not_to_contain_text("没有找到")
    door.get_by_role("button", name="王*英").click()
    expect(door.locator("#last")).to_contain_text("王*英 到了")
    wire.plug()
    door.context.set_offline(False)
    expect(door.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    with app.app_context():
        assert db.session.scalar(db.select(Scan)).how.value == "roster"


def test_a_power_cut_takes_nothing_back(app, people, wire, browser, tmp_path):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    folder, link = tmp_path / "tablet", enrolled(app, people.one)

    def switched_on():
        kind, flags = browser.browser_type, browsers._FLAGS
        return kind.launch_persistent_context(
            str(folder), executable_path=machine.chromium() or None, args=flags, base_url=wire.url
        )

    tablet = switched_on()
    page = tablet.new_page()
    take_up(page, link)
    tablet.close()  # a browser writes down the page it keeps when it has time; a tablet has that before the event

    wire.pull()
    tablet = switched_on()
    tablet.set_offline(True)
    page = tablet.new_page()
    page.goto("/door")
    scan(page, code)
    expect(page.locator("#counts")).to_contain_text("1 条等着发送")
    _pull_the_plug(folder)
    with pytest.raises(Exception):  # noqa: B017  it is dead already
        page.evaluate("1")

    tablet = switched_on()
    tablet.set_offline(True)
    page = tablet.new_page()
    page.goto("/door")
    expect(page.locator("#counts")).to_have_text("1 条等着发送 · 已发送 0 条")
    wire.plug()
    tablet.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    tablet.close()
    with app.app_context():
        assert db.session.scalar(db.select(db.func.count()).select_from(Scan)) == 1


def _pull_the_plug(folder) -> None:
    """Kill that browser, the whole of it, at once."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"--user-data-dir={folder}".encode() in command and not any(
            one.startswith(b"--type=") for one in command
        ):
            os.kill(int(process.name), signal.SIGKILL)
