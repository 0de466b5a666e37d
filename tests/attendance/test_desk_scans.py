"""The list of scans that could not be applied, as a person decides about them."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp.attendance import intake, operations
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.attendance.rules import AttendanceRefusal, Fate, How, Kind, Part, Result
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.residents.merging import merge
from stationapp.residents.models import Resident
from stationapp.residents.queries import get_resident
from stationapp.signups import operations as signups
from stationapp.signups.models import Signup
from stationapp.signups.rules import Channel
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.attendance.test_intake import Door
from tests.harness.inspect import Page


@pytest.fixture
def door(app):
    with app.app_context():
        yield Door(app)
        db.session.rollback()
        assert [row for check in CHECKS for row in check.find()] == []


@pytest.fixture
def lin(app, door):
    return cast.signed_in(app, door.people.lin)


def press(client, act: str, at: str = "/desk/scans/", **more):
    page = client.get(at)
    form = next(form for form in Page(page.text).forms if form.action.split("?")[0].endswith(act))
    return client.post(form.action, data=form.values | more, follow_redirects=True)


def waits(door, **changes) -> RefusedScan:
    """A walk-in nobody pressed the button for: put aside as not signed up."""
    scan = door.scan(who=door.li, **changes)
    assert door.arrive(scan) == [(Result.WAITING, AttendanceRefusal.NOT_SIGNED_UP)]
    return db.session.scalar(select(RefusedScan).order_by(RefusedScan.id.desc()))


def acts() -> list[str]:
    db.session.rollback()
    return list(db.session.scalars(select(AuditLine.act).where(AuditLine.act.endswith("_scan"))))


def test_what_is_taken_is_a_scan_of_the_time_it_happened(door, lin):
    scan = waits(door)
    page = lin.get("/desk/scans/")
    assert "李*满" in page.text and "没有报名" in page.text and "门口平板" in page.text
    assert "没记上的签到等您定" in lin.get("/desk/").text
    page = press(lin, "/take")
    assert "收下了" in page.text and "没有等人定的签到" in page.text
    row = door.row(door.li)
    assert (row.came_at, row.came_how, row.undone) == (scan.at, How.STAFF_SCAN, False)
    fact = db.session.scalar(select(Scan))
    assert (fact.device_id, fact.sequence, fact.arrived_at) == (scan.device_id, 1, scan.arrived_at)
    assert acts() == ["attendance.take_scan"]
    assert door.arrive(door.scan(who=door.li, sequence=1, nonce="n1")) == [(Result.ALREADY, None)]
    assert "没记上的签到等您定" not in lin.get("/desk/").text


def test_what_is_not_counted_needs_a_note_and_can_wait_again(door, lin):
    waits(door)
    page = press(lin, "/drop", note=" ")
    assert page.status_code == 422 and "请写明为什么不算" in page.text
    page = press(lin, "/drop", note="走错了门")
    assert "不算了" in page.text and door.row(door.li) is None
    decided = lin.get("/desk/scans/?view=decided").text
    assert "走错了门" in decided and "林晓燕" in decided
    again = door.scan(who=door.li, sequence=1, nonce="n1")
    assert door.arrive(again) == [
        (Result.REFUSED, AttendanceRefusal.NOT_SIGNED_UP)
    ]  # nobody is to decide about it
    assert "又在等人定" in press(lin, "/restore", "/desk/scans/?view=decided").text
    assert door.arrive(again) == [(Result.ALREADY, AttendanceRefusal.NOT_SIGNED_UP)]
    assert acts() == ["attendance.drop_scan", "attendance.restore_scan"]
    assert press(lin, "/take").status_code == 200 and not door.row(door.li).undone


def test_what_came_after_the_close_out_needs_the_event_reopened(door, lin):
    door.come(now=door.now - timedelta(minutes=30))
    door.close()
    scan = door.scan(Kind.OUT, minutes=-5)
    assert door.arrive(scan)[0][0] is Result.WAITING
    page = lin.get("/desk/scans/").text
    assert "先重新打开" in page and f"/desk/events/{door.event.code}" in page
    waiting = db.session.scalar(select(RefusedScan))
    token = Page(page).forms[-1].values["csrf_token"]
    answer = lin.post(f"/desk/scans/{waiting.id}/take", data={"csrf_token": token})
    assert answer.status_code == 409 and "已经归档" in answer.text
    with transaction():
        events.reopen(
            door.event, reason="迟到的签退", by=door.people.lin.id, now=door.now + timedelta(hours=3)
        )
    assert "收下了" in press(lin, "/take").text
    assert door.row().left_at == scan.at
    door.close(door.now + timedelta(hours=4))


def test_the_close_out_says_what_still_waits(door, lin):
    at = f"/desk/events/{door.event.code}/closeout"
    assert "没记上的签到" not in lin.get(at).text.partition("<main")[2]
    waits(door)
    page = lin.get(at).text
    assert "还有 1 条没记上的签到" in page and f"/desk/scans/?event={door.event.code}" in page


def test_a_time_to_come_can_be_taken_only_once_it_has_come(door, lin):
    door.arrive(door.scan(minutes=30))
    page = lin.get("/desk/scans/").text
    assert "到了这个时间才能收下" in page
    aside = db.session.scalar(select(RefusedScan))
    token = Page(page).forms[-1].values["csrf_token"]
    answer = lin.post(f"/desk/scans/{aside.id}/take", data={"csrf_token": token})
    assert answer.status_code == 409 and "钟可能快了" in answer.text


def test_everything_of_an_event_is_taken_at_once(door, lin):
    for minutes in (-30, -20, -10):
        waits(door, minutes=minutes)
    page = press(lin, f"/events/{door.event.code}/take")
    assert "收下了 3 条" in page.text
    db.session.rollback()
    assert set(db.session.scalars(select(RefusedScan.fate))) == {Fate.TAKEN}


def test_what_was_taken_back_on_the_roster_since_is_not_taken_and_stays_waiting(door, lin):
    waits(door, minutes=-30)
    scan = waits(door, minutes=-20)
    door.come(door.li, channel=Channel.WALK_IN)
    with transaction():
        operations.undo(door.event, door.li, by=door.people.lin.id, now=door.now + timedelta(minutes=1))
    answer = press(lin, f"/scans/{scan.id}/take")
    assert answer.status_code == 409 and "名单上后来撤销过" in answer.text
    assert f'href="/desk/events/{door.event.code}/roster"' in answer.text
    page = press(lin, f"/events/{door.event.code}/take")
    assert "收下了 0 条" in page.text and "另有 2 条在名单上后来撤销过" in page.text
    assert door.row(door.li).undone
    assert set(db.session.scalars(select(RefusedScan.fate))) == {Fate.WAITING} and acts() == []
    door.come(door.li, channel=Channel.WALK_IN, now=door.now + timedelta(minutes=2))
    assert "收下了 2 条" in press(lin, f"/events/{door.event.code}/take").text
    assert not door.row(door.li).undone


def left_on_the_desk() -> set[tuple[str, Fate]]:
    db.session.rollback()
    return {tuple(row) for row in db.session.execute(select(RefusedScan.reason, RefusedScan.fate))}


def test_only_what_needs_no_look_is_taken_with_one_press(door, lin):
    waits(door)
    door.arrive(door.scan(who=door.li, how=How.WALK_IN, minutes=-125))
    strange = (
        door.scan(Kind.OUT, minutes=-3, sequence=1),  # the number of another scan
        door.scan(Kind.OUT, minutes=-60 * 24 * 30),  # before the device was there
        door.scan(minutes=30),
    )
    door.arrive(*strange)
    page = press(lin, f"/events/{door.event.code}/take")
    assert "收下了 2 条" in page.text and "另有 1 条时间还没有到" in page.text
    assert "另有 2 条要您看过再定，留着" in page.text and "设备那时不在使用 1" in page.text
    assert left_on_the_desk() == {
        ("not_signed_up", Fate.TAKEN),
        ("too_early", Fate.TAKEN),
        ("sequence_used", Fate.WAITING),
        ("device_not_in_use", Fate.WAITING),
        ("clock_ahead", Fate.WAITING),
    }
    page = lin.get("/desk/scans/").text
    assert "一起收下</button>" not in page and page.count(">收下</button>") == 2


def test_what_waited_for_a_reopening_is_asked_then_how_the_person_stands_to_it(door, lin):
    door.come(now=door.now - timedelta(minutes=30))
    cast.sign_up(door.event, cast.xiao_li(door.people.two), now=door.now - timedelta(hours=3))
    signup = db.session.scalar(select(Signup).where(Signup.resident_id == door.li.id))
    with transaction():
        signups.cancel(signup, why="有事", by=None, now=door.now - timedelta(hours=2))
    door.close()
    door.arrive(door.scan(Kind.OUT, minutes=-5), door.scan(who=door.li))
    with transaction():
        events.reopen(
            door.event, reason="迟到的签退", by=door.people.lin.id, now=door.now + timedelta(hours=3)
        )
    page = press(lin, f"/events/{door.event.code}/take")
    assert "收下了 1 条" in page.text and "报名已经取消 1" in page.text
    assert left_on_the_desk() == {("closed_out", Fate.TAKEN), ("closed_out", Fate.WAITING)}


@pytest.mark.parametrize(
    ("step", "sentence"), [("cancel", "活动取消了，收不下"), ("postpone", "活动延期了，定了新的时间")]
)
def test_what_is_of_an_event_that_takes_nothing_says_why(door, lin, step, sentence):
    coming = cast.event(door.people.one, starts_at=door.now + timedelta(minutes=30))
    for minutes in (-5, -4):
        door.arrive(door.scan(who=door.li, event_id=coming.id, minutes=minutes))
    with transaction():
        act = getattr(events, step)
        act(coming, reason="下雨", by=door.people.lin.id, now=door.now)
    page = lin.get("/desk/scans/").text
    assert page.count(sentence) == 2 and "收下</button>" not in page and "不算</button>" in page


def helper_with_twin(door) -> tuple[Resident, int]:
    """Somebody with a shift, and the number of another record of theirs into which theirs was merged since."""
    given = {"by": None, "now": door.now - timedelta(hours=9)}
    helper, other = (
        cast.resident(cast.person("周平", phone, birth_month="1970-05", home=door.people.one))
        for phone in ("19900005555", "19900008888")
    )
    with transaction():
        volunteer = volunteers.register(helper, site=door.people.one, **given)
        shift = volunteers.add_shift(
            door.event, title="引导", needed=1, risk=Risk.ORDINARY, risk_note="久站", **given
        )
        volunteers.assign(shift, volunteer, **given)
        merge(other.id, helper.id, by=door.people.lin.id, now=door.now)
    return helper, other.id


def there(door) -> list[tuple[int, Part]]:
    db.session.rollback()
    rows = db.session.scalars(select(Attendance).where(~Attendance.undone))
    return [(row.resident_id, row.part) for row in rows]


def test_a_scan_of_a_record_that_was_merged_since_is_taken_in_the_role_of_the_person(door, lin):
    helper, _other = helper_with_twin(door)
    door.arrive(door.scan(who=helper, part=Part.VOLUNTEER, minutes=-125))
    assert "收下了" in press(lin, "/take").text
    assert there(door) == [(helper.id, Part.VOLUNTEER)]


@pytest.mark.parametrize("part", [Part.RESIDENT, Part.VOLUNTEER])
def test_who_is_there_by_another_record_is_not_there_twice_by_a_scan_that_is_taken(door, lin, part):
    helper, other = helper_with_twin(door)
    door.arrive(door.scan(who=helper, part=Part.VOLUNTEER, minutes=-125))
    door.come(get_resident(other), part=part, channel=Channel.WALK_IN)
    assert "收下了" in press(lin, "/take").text
    assert there(door) == [(other, part)]


def test_two_people_decide_about_the_same_scan_once(door, lin):
    scan = waits(door)
    token = Page(lin.get("/desk/scans/").text).forms[-1].values["csrf_token"]
    press(lin, "/take")
    answer = lin.post(f"/desk/scans/{scan.id}/drop", data={"csrf_token": token, "note": "算了"})
    assert answer.status_code == 409 and "已经有人处理过" in answer.text


def test_another_station_sees_none_of_it(app, door, lin):
    scan = waits(door)
    ma = cast.signed_in(app, door.people.ma)
    assert "李*满" not in ma.get("/desk/scans/").text
    token = Page(ma.get("/desk/scans/").text).forms[-1].values.get("csrf_token", "")
    assert ma.post(f"/desk/scans/{scan.id}/take", data={"csrf_token": token}).status_code in (400, 404)


def test_the_refused_ones_are_counted_by_reason(door, lin):
    for reason in (AttendanceRefusal.CODE_EXPIRED, AttendanceRefusal.TOO_EARLY, AttendanceRefusal.TOO_EARLY):
        with transaction():
            intake.turned_away(
                reason,
                site_id=door.people.one.id,
                event_id=door.event.id,
                resident_id=None,
                kind=Kind.IN,
                how=How.VENUE,
                by=door.people.lin.id,
                at=door.now,
                now=door.now,
            )
    page = lin.get("/desk/scans/?view=refused").text
    assert page.index("早于开场") < page.index("现场码过期") and "不知道是谁" in page
    sheet = lin.get("/desk/scans/list.csv?view=refused").text
    assert sheet.count("早于开场") == 2 and sheet.count("\n") == 4


def test_a_long_list_has_a_second_page_and_keeps_its_filters(door, lin):
    for number in range(60):
        door.arrive(door.scan(who=door.li, minutes=-59 + number / 2))
    at = f"/desk/scans/?site={door.people.one.code}&event={door.event.code}"
    first = lin.get(at).text
    assert first.count('id="scan-') == 50 and "第 1 页" in first
    second = lin.get(f"{at}&page=2").text
    assert second.count('id="scan-') == 10 and f"event={door.event.code}" in second
    assert "只看：" in second
    assert lin.get("/desk/scans/?page=2&view=decided").status_code == 200
