"""What was taken down wrongly at the door is put right, and the page says what stands then."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.models import Attendance, Scan
from stationapp.attendance.queries import find_attendance, venue_token
from stationapp.attendance.rules import How, Kind, Part, Seen, fold, undone
from stationapp.db import db, transaction
from stationapp.residents.merging import merge
from stationapp.residents.queries import get_resident
from stationapp.volunteers import ledger
from tests import cast
from tests.attendance.test_desk import Door, press
from tests.attendance.test_sheets import enter, printed
from tests.harness.inspect import Page

WHEN = clock.instant(date(2030, 2, 3), 15, 30)


@pytest.fixture
def door(app):
    """An event from 12:30 to 14:00, an hour and a half ago."""
    with time_machine.travel(WHEN, tick=False):
        yield Door(app, begins=timedelta(hours=-3))


@pytest.fixture
def lin(app, door):
    return cast.signed_in(app, door.people.lin)


def at(hour: int, minute: int = 0):
    return clock.instant(date(2030, 2, 3), hour, minute)


def wang(app, door) -> Attendance | None:
    with app.app_context():
        return find_attendance(door.event.id, door.wang.resident_id)


def scanned(app, door, came, left=None):
    with app.app_context(), transaction():
        who = get_resident(door.wang.resident_id)
        given = {"how": How.STAFF_SCAN, "by": door.people.lin.id}
        attendance.check_in(door.event, who, part=Part.VOLUNTEER, now=came, **given)
        if left:
            attendance.check_out(door.event, who, now=left, **given)


def minutes(app, door, lin) -> int:
    """What the ledger credits once the event is closed out; every invariant of presence holds."""
    lin.submit(f"{door.at}/closeout", {}, to="closeout")
    with app.app_context():
        assert [found for check in CHECKS for found in check.find()] == []
        return ledger.total_minutes(door.wang.id)


def said(page) -> str:
    return " ".join(re.findall(r'class="flash[^>]*>([^<]*)', page.text))


# --- paper and scan ---------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_leaving_that_was_scanned_stands_against_a_papers(app, lin, door):
    paper = printed(lin, door.at)
    scanned(app, door, at(12, 30), at(13, 5))
    shown = enter(lin, paper, times="3 14:00", keep=False)
    assert "已经记了 13:05 离开（工作人员扫码）" in shown.text and "（14:00离开）" not in shown.text
    done = enter(lin, paper, times="3 14:00")
    assert "第 3 行的离开时间没有记上：已经记了 13:05 离开" in said(done) and "离开时间也记了" not in said(
        done
    )
    assert wang(app, door).left_at == at(13, 5)
    assert minutes(app, door, lin) == 30


def test_a_scan_that_arrives_after_the_paper_stands_against_it_in_any_order():
    paper, scan = Seen(Kind.OUT, at(14), How.PAPER), Seen(Kind.OUT, at(13), How.STAFF_SCAN)
    came = Seen(Kind.IN, at(12, 30), How.ROSTER)
    for seen in ([came, paper, scan], [scan, paper, came], [paper, scan, came]):
        assert fold(seen).left_at == at(13)
    later = Seen(Kind.OUT, at(13, 30), How.PAPER, said_at=at(15))
    assert fold([came, later, paper, scan]).left_at == at(13, 30)


@pytest.mark.both_databases
def test_a_slip_in_a_leaving_is_put_right_by_typing_the_row_again(app, lin, door):
    paper = printed(lin, door.at)
    enter(lin, paper, rows="3", times="3 12:30-14:00")
    shown = enter(lin, paper, times="3 13:15", keep=False)
    assert "（13:15离开，原来记的是 14:00）" in shown.text
    assert "1 人的离开时间也记了" in said(enter(lin, paper, times="3 13:15"))
    assert (wang(app, door).left_at, wang(app, door).left_how) == (at(13, 15), How.PAPER)
    before = _scans(app)
    enter(lin, paper, times="3 13:15")
    assert _scans(app) == before
    enter(lin, paper, times="3 14:00")  # and back again
    assert wang(app, door).left_at == at(14)
    enter(lin, paper, times="3 13:15")
    assert minutes(app, door, lin) == 30


def _scans(app) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(Scan.id)))


def test_the_roster_changes_a_leaving_whichever_way_it_was_known(app, lin, door):
    scanned(app, door, at(12, 30), at(14, 10))
    assert "志愿者的离开时间记错了？" in lin.get(f"{door.at}/roster").text
    wrong = press(lin, door, leave=door.wang.resident_id, time="9.5.5")
    assert wrong.status_code == 422 and "10:30 的样子" in wrong.text
    early = press(lin, door, leave=door.wang.resident_id, time="12:30")
    assert early.status_code == 409
    late = press(lin, door, leave=door.wang.resident_id, time="16:00")
    assert late.status_code == 422 and "还没有到" in late.text
    done = press(lin, door, leave=door.wang.resident_id, time="13:00")
    assert "王*国 的离开时间是 13:00。" in done.text
    press(lin, door, leave=door.wang.resident_id, time="13:30")
    press(lin, door, leave=door.wang.resident_id, time="13:10")
    row = wang(app, door)
    assert (row.left_at, row.left_how) == (at(13, 10), How.ROSTER)
    assert minutes(app, door, lin) == 30


# --- an undo that was a slip ------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_an_undo_on_the_sheet_is_undone_with_the_times_that_were_there(app, lin, door):
    paper = printed(lin, door.at)
    enter(lin, paper, rows="3", times="3 12:30-14:00")
    assert "按“恢复”" in said(beside(lin, paper, row="3"))
    assert wang(app, door) is None
    again = enter(lin, paper, rows="3", times="3 12:30-14:00", keep=False)
    assert "请在下面这一行按“恢复”" in again.text
    assert "恢复（12:30到）" in lin.get(paper).text
    assert "已恢复第 3 行的签到" in said(beside(lin, paper, back="3"))
    row = wang(app, door)
    assert (row.came_at, row.came_how, row.left_at, row.left_how) == (
        at(12, 30),
        How.PAPER,
        at(14),
        How.PAPER,
    )
    before = _scans(app)
    beside(lin, paper, back="3")
    assert _scans(app) == before
    enter(lin, paper, times="3 13:45")  # what was put back can still be put right
    assert wang(app, door).left_at == at(13, 45)
    with app.app_context():
        put_back = db.session.scalars(select(Scan).where(Scan.said_at.is_not(None))).all()
        assert {scan.by for scan in put_back} == {door.people.lin.id}
    assert minutes(app, door, lin) == 60


def beside(client, paper: str, **button):
    """Press a button beside a row of the sheet."""
    form = next(form for form in Page(client.get(paper).text).forms if form.action.endswith("/undo"))
    return client.post(form.action, data=form.values | button, follow_redirects=True)


def test_an_undo_on_the_roster_is_undone_and_a_sign_out_at_the_close_out_counts_after_it(app, lin, door):
    scanned(app, door, at(12, 30))
    press(lin, door, undo=door.wang.resident_id)
    page = lin.get(f"{door.at}/roster")
    assert "已撤销" in page.text and "恢复（12:30到）" in page.text
    assert (
        "按回车" not in lin.get(f"{door.at}/roster?q=wjg").text
    )  # what was there before is not guessed over
    done = press(lin, door, back=door.wang.resident_id)
    assert "已恢复 王*国 的签到。" in done.text
    row = wang(app, door)
    assert (row.came_at, row.came_how, row.left_at) == (at(12, 30), How.STAFF_SCAN, None)
    page = lin.get(f"{door.at}/closeout")
    lin.submit(page, {f"out_{door.wang.resident_id}": "13:30"}, to="closeout")
    assert minutes(app, door, lin) == 60


def test_who_came_by_and_was_undone_can_be_put_back_too(app, lin, door):
    lin.submit(f"{door.at}/roster", {"name": "孙丽", "phone": "19900002222"}, to="walkins")
    with app.app_context():
        who = db.session.scalar(select(Attendance.resident_id))
    press(lin, door, undo=who)
    page = lin.get(f"{door.at}/roster")
    assert f'name="back" value="{who}"' in page.text and f'name="in" value="{who}"' not in page.text
    press(lin, door, back=who)
    with app.app_context():
        row = find_attendance(door.event.id, who)
        assert (row.came_at, row.came_how) == (door.now, How.WALK_IN)
    press(lin, door, back=who)  # pressed again it is as it was
    assert _scans(app) == 3


def test_nothing_is_put_back_where_nobody_came_or_somebody_came_since():
    came, left = Seen(Kind.IN, at(12, 30), How.ROSTER), Seen(Kind.OUT, at(13), How.ROSTER)
    gone, again = Seen(Kind.UNDO, at(13, 10), How.ROSTER), Seen(Kind.UNDO, at(13, 20), How.ROSTER)
    assert undone([came, left, gone]).left_at == at(13)
    assert undone([gone, came, again, left]) == undone([came, left, gone])
    assert undone([left, gone]) is None and undone([came, left]) is None and undone([]) is None
    assert undone([came, gone, Seen(Kind.IN, at(13, 30), How.ROSTER)]) is None


# --- one person in two records ----------------------------------------------------------------------------------


@pytest.fixture
def two_records(app, door):
    """Granny Wu's record is signed up, Wang's has the shift, and they turn out to be one person."""
    with app.app_context(), transaction():
        merge(door.wang.resident_id, door.wu_id, by=door.people.lin.id, now=clock.now(), reason="同一人")


def live(app) -> list[tuple[int, Part]]:
    with app.app_context():
        rows = select(Attendance).where(~Attendance.undone).order_by(Attendance.id)
        return [(row.resident_id, row.part) for row in db.session.scalars(rows)]


def test_whoever_has_a_shift_by_another_record_comes_as_a_volunteer_whichever_way(
    app, door, lin, client, two_records
):
    with app.app_context():
        token = venue_token(door.event, clock.now())
    form = next(
        form
        for form in reversed(Page(client.get(f"/c/{token}").text).forms)
        if form.action.endswith("arrivals")
    )
    client.post(form.action, data=form.values | {"code": door.wu})
    assert live(app) == [(door.wang.resident_id, Part.VOLUNTEER)]
    page = lin.get(f"{door.at}/roster")
    assert f'id="p-{door.wu_id}"' not in page.text  # one person, one line
    assert "志愿者" in lin.get(f"/p/{door.wu}").text
    press(lin, door, **{"in": door.wu_id})  # pressed on a list from before they were found to be one
    assert live(app) == [(door.wang.resident_id, Part.VOLUNTEER)]


def test_whoever_signs_in_by_name_and_phone_is_known_by_either_record(app, door, client, two_records):
    with app.app_context():
        token = venue_token(door.event, clock.now())
    page = client.get(f"/c/{token}")
    form = next(form for form in reversed(Page(page.text).forms) if form.action.endswith("arrivals"))
    said = client.post(form.action, data=form.values | {"name": "王建国", "phone": "19900003333"})
    assert said.status_code == 303
    assert live(app) == [(door.wang.resident_id, Part.VOLUNTEER)]


def test_a_sheet_from_before_two_records_were_one_takes_one_person_in(app, door, lin):
    paper = printed(lin, door.at)
    with app.app_context(), transaction():
        merge(door.wang.resident_id, door.wu_id, by=door.people.lin.id, now=clock.now(), reason="同一人")
    enter(lin, paper, rows="全部")
    assert [one for one in live(app) if one[1] is Part.VOLUNTEER] == [(door.wang.resident_id, Part.VOLUNTEER)]
    assert len(live(app)) == 2  # and Xiao Li


def test_a_record_whose_other_one_is_there_gets_no_row_of_its_own(app, door, two_records):
    with app.app_context():
        given = {"how": How.ROSTER, "by": None, "now": clock.now()}
        with transaction():
            row = attendance.check_in(
                door.event, get_resident(door.wang.resident_id), part=Part.VOLUNTEER, **given
            )
        with transaction():
            same = attendance.check_in(door.event, get_resident(door.wu_id), part=Part.VOLUNTEER, **given)
        assert same.id == row.id and live(app) == [(door.wang.resident_id, Part.VOLUNTEER)]
