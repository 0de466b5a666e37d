"""The times a device at the door sends, whatever becomes of its clock between two contacts (domain.md §7)."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from stationapp import clock
from stationapp.attendance.models import Scan
from stationapp.db import db
from tests.devices.test_door import begun, enrolled, scan, seated, take_up

FORTY = 2_400_000
DAY = 24 * 3_600_000

SET_FORWARD = f"const right = Date.now; Date.now = () => right() + {FORTY};"

# What a sleep of forty minutes looks like: the beat stood still, the tablet's clock and the server's went on.
ASLEEP = f"""{SET_FORWARD}
const real = fetch;
window.fetch = async (path, given) => {{
  const answer = await real(path, given);
  if (!path.startsWith("/door/list")) return answer;
  const body = await answer.json();
  body.now = new Date(Date.parse(body.now) + {FORTY}).toISOString();
  return new Response(JSON.stringify(body), {{ status: answer.status }});
}};"""


@pytest.fixture
def tablet(app, people, wire, door):
    """A tablet without network, its list on it, and the code of somebody who comes."""
    with app.app_context():
        door.code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    door.context.set_offline(True)
    wire.pull()
    return door


def seen(page) -> tuple:
    """Scan; between which moments that was."""
    before = clock.now()
    scan(page, page.code)
    expect(page.locator("#counts")).to_contain_text("1 条等着发送")
    return before - timedelta(seconds=3), clock.now() + timedelta(seconds=3)


def sent_at(app, page, wire):
    """The network is back: when the one scan is said to have happened."""
    wire.plug()
    page.context.set_offline(False)
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(page.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    with app.app_context():
        return db.session.scalar(db.select(Scan)).at


@pytest.mark.parametrize("opened_without", [False, True])
@pytest.mark.parametrize("happens", [SET_FORWARD, ASLEEP])
def test_what_was_stamped_right_stays_right(app, wire, tablet, opened_without, happens):
    if opened_without:
        tablet.reload()
    first, last = seen(tablet)
    tablet.evaluate(f"() => {{ {happens} }}")
    assert first <= sent_at(app, tablet, wire) <= last


@pytest.mark.parametrize("opened_without", [False, True])
def test_what_was_stamped_wrong_after_a_jump_is_put_right(app, wire, tablet, opened_without):
    if opened_without:
        tablet.reload()
    tablet.evaluate(f"() => {{ {SET_FORWARD} }}")
    first, last = seen(tablet)
    assert first <= sent_at(app, tablet, wire) <= last


def test_a_jump_while_there_is_a_network_reaches_no_scan(app, wire, tablet):
    wire.plug()
    tablet.context.set_offline(False)
    tablet.evaluate("dispatchEvent(new Event('online'))")
    expect(tablet.locator("#network")).to_have_text("已连上 · 断网也能用")
    tablet.evaluate(f"() => {{ {SET_FORWARD} }}")
    before = clock.now()
    scan(tablet, tablet.code)
    expect(tablet.locator("#counts")).to_have_text("0 条等着发送 · 已发送 1 条")
    with app.app_context():
        at = db.session.scalar(db.select(Scan)).at
    assert before - timedelta(seconds=3) <= at <= clock.now() + timedelta(seconds=3)


@pytest.mark.parametrize("days", [1, -1, 4000])
def test_a_clock_that_jumped_to_another_day_takes_no_list_away(app, wire, tablet, days):
    tablet.add_init_script(f"const right = Date.now; Date.now = () => right() + {days * DAY};")
    tablet.reload()
    expect(tablet.locator("#network")).to_have_text("没有网络")
    if days < 0:  # it goes on from the last contact
        expect(tablet.locator("#other-day")).to_be_hidden()
    else:
        expect(tablet.locator("#other-day")).to_contain_text(f"{clock.day_of(clock.now())}")
    first, last = seen(tablet)
    expect(tablet.locator("#last")).to_contain_text("王*英 到了")
    assert first <= sent_at(app, tablet, wire) <= last
    expect(tablet.locator("#other-day")).to_be_hidden()
    tablet.context.set_offline(True)
    wire.pull()
    tablet.reload()  # it has learnt how far off it is, and no stamp of before leads it astray
    expect(tablet.locator("#network")).to_have_text("没有网络")
    expect(tablet.locator("#other-day")).to_be_hidden()


def test_a_scan_of_an_earlier_opening_keeps_the_time_it_was_stamped_with(app, wire, tablet):
    first, last = seen(tablet)
    tablet.add_init_script(SET_FORWARD)
    tablet.reload()
    assert first <= sent_at(app, tablet, wire) <= last
