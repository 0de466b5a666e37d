"""What a device at the door asks, queues and shows when somebody comes, goes, or comes again (domain.md §7)."""

import re

from playwright.sync_api import expect

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.models import Attendance, Scan
from stationapp.cards.operations import make as make_cards
from stationapp.db import db, transaction
from stationapp.residents.models import Resident
from tests.devices.test_door import begun, enrolled, scan, seated, take_up

SENT = "0 条等着发送 · 已发送 {} 条"


def stored(app, table):
    with app.app_context():
        return list(db.session.scalars(db.select(table).order_by(table.id)))


def later(door, minutes: int) -> None:
    """The tablet's clock goes on."""
    door.evaluate(f"(() => {{ const right = Date.now; Date.now = () => right() + {minutes * 60_000}; }})()")


def test_whoever_the_desk_took_back_by_mistake_is_there_again_when_scanned_again(app, people, wire, door):
    with app.app_context():
        event = begun(people.one)
        code = seated(event, "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    scan(door, code)
    expect(door.locator("#counts")).to_have_text(SENT.format(1))
    with app.app_context(), transaction():
        held, who = db.session.get_one(type(event), event.id), db.session.scalar(db.select(Resident))
        attendance.undo(held, who, by=people.lin.id, now=clock.now())
    later(door, 2)
    scan(door, code)
    expect(door.locator("#counts")).to_have_text(SENT.format(2))
    (row,) = stored(app, Attendance)
    assert not row.undone


def test_a_card_held_out_twice_within_a_minute_is_one_scan(app, people, wire, door):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    scan(door, code)
    expect(door.locator("#counts")).to_have_text(SENT.format(1))
    scan(door, code)
    expect(door.locator("#last .answer").first).to_contain_text("已经记过了")
    expect(door.locator("#counts")).to_have_text(SENT.format(1))


def test_whoever_was_refused_before_is_queued_when_scanned_again(app, people, wire, door):
    with app.app_context():
        event = begun(people.one)
        code = seated(event, "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    cancelled = "UPDATE events SET state = :state WHERE id = :id"
    with app.app_context(), transaction():
        db.session.execute(db.text(cancelled), {"state": "cancelled", "id": event.id})
    scan(door, code)
    expect(door.locator("#trouble")).to_contain_text("等工作人员处理")
    scan(door, code)
    expect(door.locator("#counts")).to_have_text(SENT.format(2))


def test_a_sign_out_has_no_undoing_that_takes_the_sign_in_with_it(app, people, wire, door):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    take_up(door, enrolled(app, people.one))
    scan(door, code)
    first = door.locator("#last .answer").first
    expect(first).to_contain_text("到了")
    door.get_by_text("离开", exact=True).click()
    scan(door, code)
    expect(first).to_contain_text("离开了")
    expect(first.get_by_role("button")).to_have_count(0)
    expect(door.locator("#counts")).to_have_text(SENT.format(2))
    door.locator("#last .answer").last.get_by_role("button", name="撤销").click()  # beside the sign-in
    expect(door.locator("#ask")).to_contain_text("撤销会把到和离开都去掉")
    door.get_by_role("button", name="撤销到和离开").click()
    expect(door.locator("#counts")).to_have_text(SENT.format(3))
    assert stored(app, Attendance)[0].undone


def test_after_one_undoing_the_next_person_arrives(app, people, wire, door):
    with app.app_context():
        event = begun(people.one)
        code, next_one = seated(event, "王秀英", "19900002222"), seated(event, "李大山", "19900003333")
    take_up(door, enrolled(app, people.one))
    scan(door, code)
    expect(door.locator("#last")).to_contain_text("王*英 到了")
    door.locator("label[for=act-undo]").click()
    scan(door, code)
    expect(door.locator("#last")).to_contain_text("王*英 的签到撤销了")
    scan(door, next_one)
    expect(door.locator("#last")).to_contain_text("李*山 到了")


def test_at_the_door_of_one_event_somebody_signed_up_for_another_is_asked_about(app, people, wire, door):
    with app.app_context():
        here = begun(people.one, title="甲讲座", place="一楼")
        code = seated(begun(people.one, title="乙合唱", place="二楼"), "王秀英", "19900002222")
        began = clock.local(here.starts_at).strftime("%H:%M")
    take_up(door, enrolled(app, people.one))
    door.locator("#event").select_option(here.code)
    scan(door, code)
    expect(door.locator("#ask")).to_contain_text(f"王*英 报的是 {began} 乙合唱，没有报 {began} 甲讲座")
    asked = [f"现场收下 · {began} 甲讲座", f"到 · {began} 乙合唱", "不记"]
    expect(door.locator("#choices button")).to_have_text(asked)
    door.get_by_role("button", name=asked[0]).click()
    expect(door.locator("#counts")).to_have_text(SENT.format(1))
    (one,) = stored(app, Scan)
    assert (one.event_id, one.how.value) == (here.id, "walk_in")
    door.get_by_text("离开", exact=True).click()
    scan(door, code)  # taken in here before: nobody is asked again
    expect(door.locator("#last")).to_contain_text("王*英 离开了：甲讲座")


def test_the_serial_on_a_card_is_told_at_once_to_be_no_code(app, people, wire, door):
    with app.app_context():
        seated(begun(people.one), "王秀英", "19900002222")
        who = db.session.scalar(db.select(Resident)).id
        with transaction():
            serial = make_cards([who], site_id=people.one.id, by=None, now=clock.now())[who].serial
    take_up(door, enrolled(app, people.one))
    scan(door, serial.lower())
    expect(door.locator("#last")).to_contain_text("卡号在这里不能用，请扫卡上的二维码")
    expect(door.locator("#ask")).to_be_hidden()
    assert "卡" not in door.locator("label[for=code]").text_content()


def test_a_refusal_whose_answer_was_lost_is_still_a_refusal(app, people, wire, door):
    with app.app_context():
        begun(people.one)
    take_up(door, enrolled(app, people.one))
    wire.swallow = 2  # a browser sends once more by itself
    scan(door, "ABCDEFGHJK")
    door.get_by_role("button", name="现场收下").click()
    while wire.swallow:
        door.evaluate("dispatchEvent(new Event('online'))")
        door.wait_for_timeout(100)
    door.evaluate("dispatchEvent(new Event('online'))")
    expect(door.locator("#counts")).to_have_text(SENT.format(1))
    expect(door.locator("#trouble")).to_be_visible()
    expect(door.locator("#trouble")).to_contain_text("没有收：")
    expect(door.locator("#trouble")).not_to_contain_text("等工作人员处理")


def test_many_and_alike_are_told_apart_in_the_list_of_names(app, people, wire, door):
    with app.app_context():
        event = begun(people.one, capacity=40)
        for n in range(22):
            seated(event, f"王{chr(0x4E00 + n)}英", f"199000{n:02d}222")
    take_up(door, enrolled(app, people.one, names_shown=True))
    door.get_by_label("姓，或者姓名的拼音首字母").fill("w")
    expect(door.locator("#found button")).to_have_count(20)
    expect(door.locator("#found button").first).to_contain_text(
        re.compile(r"^王\*英 · 尾号 \d222 · 智能手机课堂$")
    )
    expect(door.locator("#found li").last).to_have_text("还有 2 位，请多输几个字母。")
