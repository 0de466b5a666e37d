"""Paper: a sheet printed with a serial and row numbers, and entered afterwards in a minute."""

import re
import subprocess
from contextlib import suppress
from datetime import date, time, timedelta
from itertools import pairwise

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance.models import RefusedScan, Scan, SheetRow, SignSheet
from stationapp.attendance.queries import find_attendance
from stationapp.attendance.rules import Fate, How, Kind, Part
from stationapp.attendance.sheet_rules import (
    Misread,
    RowProblem,
    Times,
    read_rows,
    read_serial,
    read_times,
    said_serial,
    serial_of,
)
from stationapp.db import db, transaction
from stationapp.residents.models import Resident
from stationapp.signups.operations import cancel
from stationapp.signups.queries import find_by_code
from tests import cast
from tests.attendance.test_crossing import _at_once
from tests.attendance.test_desk import Door
from tests.publicity.sheets import Pdf


@pytest.fixture
def door(app):
    return Door(app, begins=timedelta(hours=-3))


@pytest.fixture
def lin(app, door):
    return cast.signed_in(app, door.people.lin)


def printed(client, at: str, empty: int = 10) -> str:
    """Print a sheet; its address."""
    answer = client.submit(f"{at}/sheets", {"empty": str(empty)}, to="/sheets")
    assert answer.status_code == 303
    return answer.location.removesuffix("/print")


def enter(client, paper: str, *, keep: bool = True, **typed):
    """Type rows and times, look, and confirm."""
    shown = client.submit(paper, typed, to=paper)
    if not keep or shown.status_code != 200:
        return shown
    return client.submit(shown, to=f"{paper}/entry", follow_redirects=True)


def token_on(page) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def rows(app) -> dict[int, int]:
    """The resident in each row of the only sheet."""
    with app.app_context():
        return dict(db.session.execute(select(SheetRow.row, SheetRow.resident_id)).all())


def there(app, door, resident_id: int):
    with app.app_context():
        return find_attendance(door.event.id, resident_id)


def scans(app) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(Scan.id)))


# --- what is typed ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1-12, 15, 18", [*range(1, 13), 15, 18]),
        ("１－３，５ 至 7", [1, 2, 3, 5, 6, 7]),
        ("1 到 4；9", [1, 2, 3, 4, 9]),
        ("第1号到第3号、6", [1, 2, 3, 6]),
        ("1—3 和 5", [1, 2, 3, 5]),
        ("3 4 5", [3, 4, 5]),
        ("全部", [*range(1, 9)]),
        ("都来了", [*range(1, 9)]),
        ("除了 3、7", [1, 2, 4, 5, 6, 8]),
        ("全部，除 2 号以外", [1, 3, 4, 5, 6, 7, 8]),
        ("没来的是 2-7", [1, 8]),
        ("", []),
    ],
)
def test_rows_are_read_however_they_are_typed(text, meant):
    assert sorted(read_rows(text, named=8, last=20)) == meant


@given(
    st.frozensets(st.integers(1, 60)),
    st.sampled_from(["-", "至", " 到 ", "—", "～"]),
    st.sampled_from("、, ，；"),
)
def test_any_rows_written_as_runs_are_read_as_those_rows(meant, to, between):
    runs: list[list[int]] = []
    for row in sorted(meant):
        if runs and runs[-1][-1] == row - 1:
            runs[-1].append(row)
        else:
            runs.append([row])
    text = between.join(f"{run[0]}{to}{run[-1]}" if len(run) > 1 else str(run[0]) for run in runs)
    assert read_rows(text, named=40, last=60) == meant


@given(
    st.text(
        st.sampled_from("0123456789-至到,、 ;全部除了都来上下午点半:：～１２Ⅷ½٣²号第分王\x00"), max_size=20
    )
)
def test_whatever_is_typed_is_rows_or_a_problem_and_never_a_fault(text):
    for read in (lambda: read_rows(text, named=8, last=20), lambda: read_times(text, last=20)):
        with suppress(Misread):
            read()


@pytest.mark.parametrize(
    ("text", "problem", "piece"),
    [
        ("1-99", RowProblem.NO_SUCH_ROW, "99"),
        ("0", RowProblem.NO_SUCH_ROW, "0"),
        ("12-1", RowProblem.BACKWARDS, "12-1"),
        ("1-", RowProblem.UNREADABLE, "-"),
        ("吴秀英", RowProblem.UNREADABLE, "吴秀英"),
        ("9" * 5000, RowProblem.NO_SUCH_ROW, "9" * 9),
    ],
)
def test_rows_that_say_nothing_clear_are_never_guessed(text, problem, piece):
    with pytest.raises(Misread) as misread:
        read_rows(text, named=8, last=20)
    assert (misread.value.problem, misread.value.piece) == (problem, piece)


def test_times_follow_the_rows_they_belong_to():
    at = time.fromisoformat
    assert read_times("13、14 16：30；15 14:30-16:30", last=20) == {
        13: Times(None, at("16:30")),
        14: Times(None, at("16:30")),
        15: Times(at("14:30"), at("16:30")),
    }
    assert read_times("13-14 下午4点半", last=20)[14] == Times(None, at("16:30"))
    for text, problem in (
        ("13", RowProblem.NO_TIME),
        ("16:30 13", RowProblem.UNREADABLE),
        ("13 25:00", RowProblem.NO_SUCH_TIME),
        ("13 16:30-14:30", RowProblem.TIMES_BACKWARDS),
    ):
        with pytest.raises(Misread) as misread:
            read_times(text, last=20)
        assert misread.value.problem is problem


def test_a_serial_with_one_slip_of_the_finger_is_no_serial():
    serial = serial_of("3047192")
    assert read_serial(said_serial(serial)) == serial
    assert read_serial("".join(chr(ord(c) + 0xFEE0) for c in serial)) == serial
    wrong = [
        serial[:at] + digit + serial[at + 1 :]
        for at in range(8)
        for digit in "0123456789"
        if digit != serial[at]
    ]
    wrong += [
        serial[:at] + serial[at + 1] + serial[at] + serial[at + 2 :]
        for at in range(7)
        if serial[at] != serial[at + 1]
    ]
    assert [one for one in [*wrong, serial[:7], serial + "0", "", "abcdefgh"] if read_serial(one)] == []


def numbers(pdf: Pdf, page: int) -> dict[int, float]:
    """The row numbers of a page, and how high they stand in points."""
    return {
        int(one.said): one.box[3]
        for one in pdf.texts(page)
        if one.said.strip().isdigit() and len(one.said.strip()) < 4 and round(one.pt) == 15
    }


# --- printing ---------------------------------------------------------------------------------------------------


def test_looking_at_the_page_prints_nothing_and_the_button_writes_a_sheet(app, lin, door):
    lin.get(f"{door.at}/sheets")
    assert rows(app) == {}
    paper = printed(lin, door.at)
    assert list(rows(app)) == [1, 2, 3]
    assert rows(app)[3] == door.wang.resident_id  # volunteers stand after the others
    page = lin.get(f"{paper}/print")
    assert "吴*英" in page.text and "吴秀英" not in page.text and cast.PHONE not in page.text
    assert said_serial(paper[-8:]) in page.text and "1111" in page.text
    with app.app_context():
        from stationapp.audit.models import AuditLine

        said = db.session.scalars(
            select(AuditLine.subject).where(AuditLine.act == "attendance.print_sheet")
        ).all()
    assert said == [f"event {door.event.code} sheet {paper[-8:]}"]


def test_the_paper_has_rows_high_enough_big_type_its_head_on_every_page_and_a_code_that_reads(
    app, lin, door, tmp_path
):
    with app.app_context():
        for n in range(45):
            cast.sign_up(
                door.event,
                cast.person(f"测{chr(0x4E00 + 31 * n)}", f"1990001{n:04}"),
                now=door.now - timedelta(hours=9),
            )
        long = cast.person("买买提·吐尔逊江·阿卜杜热合曼·艾合买提江", "19900019999")
        cast.sign_up(door.event, long, now=door.now - timedelta(hours=9))
    paper = printed(lin, door.at, empty=20)
    answer = lin.get(f"{paper}/sheet.pdf")
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    pdf = Pdf(answer.data)
    assert pdf.size() == (210, 297) and len(pdf) >= 4
    for page in range(len(pdf)):
        assert pdf.outside(page) == []
        assert said_serial(paper[-8:]).replace(" ", "") in pdf.said(page)
        assert "签名" in pdf.said(page) and f"{page + 1}/{len(pdf)}" in pdf.said(page)
    assert "几点离开" in pdf.said() and "没有报名、今天来的人" in pdf.said()
    rows_of = [numbers(pdf, page) for page in range(len(pdf))]
    assert sorted(n for page in rows_of for n in page) == list(range(1, 70))  # 49 people, 20 empty rows
    for page in rows_of:
        tops = sorted(page.values())
        assert min(b - a for a, b in pairwise(tops)) >= 9 * 72 / 25.4
    image = tmp_path / "page.png"
    pdf.image(0, 300).save(image)
    said = subprocess.run(["zbarimg", "--raw", "-q", "--nodbus", str(image)], capture_output=True, text=True)
    address = f"{app.config['SETTINGS'].public_url}/desk/signsheets?serial={paper[-8:]}"
    assert said.stdout.split() == [address]
    opened = lin.get(address.removeprefix(app.config["SETTINGS"].public_url))
    assert opened.location == paper
    at_the_door = lin.submit("/desk/checkin", {"code": address}, to="/desk/checkin", follow_redirects=True)
    assert (
        at_the_door.request.path == paper
    )  # scanned where people are checked in, it leads to the sheet all the same


def test_a_sheet_of_an_event_nobody_signed_up_for_is_empty_rows(app, lin, door):
    with app.app_context():
        bare = cast.event(door.people.one, title="义诊", starts_at=door.now - timedelta(hours=3))
    paper = printed(lin, f"/desk/events/{bare.code}", empty=40)
    pdf = Pdf(lin.get(f"{paper}/sheet.pdf").data)
    assert "没有报名、今天来的人" in pdf.said() and "参加的人" not in pdf.said()
    refused = lin.submit(f"/desk/events/{bare.code}/sheets", {"empty": "0"}, to="/sheets")
    assert refused.status_code == 409 and "最少 1 行" in refused.text


def test_the_serial_is_typed_into_one_field_and_another_stations_is_unknown(app, lin, door):
    paper = printed(lin, door.at)
    assert 'name="serial"' in lin.get("/desk/signsheets").text
    typed = lin.get("/desk/signsheets", query_string={"serial": said_serial(paper[-8:])})
    assert typed.location == paper
    slip = str((int(paper[-1]) + 1) % 10)
    assert "抄错了一位" in lin.get(f"/desk/signsheets?serial={paper[-8:-1]}{slip}").text
    assert "没有找到这个表号" in lin.get(f"/desk/signsheets?serial={serial_of('0000000')}").text
    ma = cast.signed_in(app, door.people.ma)
    assert "没有找到这个表号" in ma.get(f"/desk/signsheets?serial={paper[-8:]}").text
    assert [ma.get(f"{paper}{end}").status_code for end in ("", "/print", "/sheet.pdf")] == [404, 404, 404]


# --- entering ---------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_rows_are_shown_then_taken_in_and_entering_them_again_changes_nothing(app, lin, door):
    paper = printed(lin, door.at)
    shown = enter(lin, paper, rows="1-2", keep=False)
    assert "2 人到场" in shown.text and "吴*英" in shown.text and scans(app) == 0
    done = enter(lin, paper, rows="1-2")
    assert "记下 2 人到场。" in done.text
    row = there(app, door, door.wu_id)
    assert (row.came_how, row.part, row.came_at) == (How.PAPER, Part.RESIDENT, door.event.starts_at)
    again = enter(lin, paper, rows="全部，除了 3", keep=False)
    assert "0 人到场" in again.text and "原来就在的 2 人" in again.text
    enter(lin, paper, rows="1-2")
    assert scans(app) == 2


@pytest.mark.parametrize("hour", [1, 15], ids=["over midnight", "by day"])
def test_a_volunteers_times_on_paper_are_a_signal_from_the_staffs_side(app, hour):
    with time_machine.travel(clock.instant(date(2030, 2, 3), hour, 30), tick=False):
        door, lin = Door(app, begins=timedelta(hours=-3)), app.test_client()
        cast.sign_in(lin, door.people.lin)
        paper = printed(lin, door.at)
        start, end = (clock.local(door.event.starts_at), clock.local(door.event.ends_at))
        done = enter(lin, paper, rows="3", times=f"3 {start:%H:%M}-{end:%H:%M}")
        assert "1 人的离开时间也记了" in done.text
        row = there(app, door, door.wang.resident_id)
        assert (row.part, row.came_how, row.left_how) == (Part.VOLUNTEER, How.PAPER, How.PAPER)
        assert (row.came_at, row.left_at) == (door.event.starts_at, door.event.ends_at)
        enter(lin, paper, times=f"3 {start:%H:%M}-{end:%H:%M}")
        assert scans(app) == 2
        enter(lin, paper, times=f"3 {end:%H:%M}-{start:%H:%M}")
        assert scans(app) == 2  # nobody leaves before having come, on whatever day


def test_who_wrote_themselves_into_an_empty_row_came_by_and_their_row_is_theirs_from_then_on(app, lin, door):
    paper = printed(lin, door.at)
    asked = enter(lin, paper, rows="1, 5", keep=False)
    assert asked.status_code == 422 and "请写上第 5 行的姓名" in asked.text
    wrong = lin.submit(asked, {"name_5": "孙丽", "phone_5": "12"}, to=paper)
    assert wrong.status_code == 422 and "第 5 行的电话看不懂" in wrong.text
    typed = {
        "rows": "1",
        "name_5": "孙丽",
        "phone_5": "19900002222",
        "name_6": "钱进",
        "name_7": cast.GRANNY_WU,
    }
    shown = enter(lin, paper, keep=False, **typed)
    assert (
        "3 人到场" in shown.text
        and "孙*" in shown.text
        and "第 7 行 吴*英：和这份表上另一行是同一个人" in shown.text
    )
    enter(lin, paper, **typed)
    known = rows(app)
    assert sorted(known) == [1, 2, 3, 5, 6]
    row = there(app, door, known[5])
    assert (row.came_how, row.channel.value) == (How.PAPER, "walk_in")
    before = scans(app)
    assert "原来就在的 2 人" in enter(lin, paper, rows="5-6", keep=False).text
    enter(lin, paper, rows="5、6")
    assert scans(app) == before and rows(app) == known


def test_a_row_taken_back_stays_taken_back_when_the_sheet_is_entered_again(app, lin, door):
    paper = printed(lin, door.at)
    enter(lin, paper, rows="1-2")
    gone = rows(app)[1]
    lin.post(f"{paper}/undo", data={"csrf_token": token_on(lin.get(paper)), "row": "1"})
    assert there(app, door, gone) is None
    again = enter(lin, paper, rows="1-2", keep=False)
    assert "签到撤销过" in again.text and "原来就在的 1 人" in again.text
    enter(lin, paper, rows="1-2")
    assert there(app, door, gone) is None


def test_who_gave_the_place_back_after_the_printing_waits_for_a_person_to_decide(app, lin, door):
    paper = printed(lin, door.at)
    with app.app_context():
        gone = find_by_code(door.li).resident_id
        with transaction():
            cancel(find_by_code(door.li), by=None, why="own", now=door.event.starts_at - timedelta(hours=1))
    number = next(row for row, one in rows(app).items() if one == gone)
    page = lin.get(f"{paper}/print")
    assert "李*满" in page.text  # the row is theirs on every print
    shown = enter(lin, paper, rows=str(number), keep=False)
    assert "会交给人决定" in shown.text
    said = enter(lin, paper, rows=str(number)).text
    assert f"第 {number} 行没有记上，等人定" in said and "请看下面的名单" not in said
    way = f'href="/desk/scans/?event={door.event.code}"'
    assert way in said and way in lin.get(paper).text  # for as long as it waits
    assert "李*满" in lin.get(f"/desk/scans/?event={door.event.code}").text
    with app.app_context():
        put_aside = db.session.scalars(select(RefusedScan)).one()
    assert (put_aside.resident_id, put_aside.kind, put_aside.how) == (gone, Kind.IN, How.PAPER)
    assert put_aside.fate is Fate.WAITING and there(app, door, gone) is None


def test_a_sheet_is_entered_once_the_event_is_over_and_until_it_is_closed_out(app):
    door = Door(app)
    lin = cast.signed_in(app, door.people.lin)
    paper = printed(lin, door.at)
    page = lin.get(paper)
    assert "活动还没有结束" in page.text and 'name="times"' not in page.text
    token = token_on(lin.get(f"{door.at}/sheets"))
    early = lin.post(f"{paper}/entry", data={"csrf_token": token, "rows": "1"})
    assert early.status_code == 409 and scans(app) == 0
    with app.app_context():
        from stationapp.attendance.operations import close_out

        later = door.event.ends_at + timedelta(hours=1)
        with transaction():
            close_out(db.session.merge(door.event), note="", by=None, now=later)
    assert "已经归档" in lin.get(paper).text
    closed = lin.post(f"{paper}/entry", data={"csrf_token": token, "rows": "1"})
    assert closed.status_code == 409 and scans(app) == 0


@pytest.mark.both_databases
def test_two_desks_that_enter_one_sheet_at_once_make_one_person_of_a_row(app, lin, door):
    paper = printed(lin, door.at)
    for turn, number in enumerate((4, 5, 6)):
        typed = {"rows": "1-3", f"name_{number}": f"没电话{'甲乙丙'[turn]}"}
        assert _at_once(app, door.people, f"{paper}/entry", typed) == [303, 303]
        assert len(rows(app)) == number and scans(app) == number
    with app.app_context():
        named = select(func.count()).select_from(Resident).where(Resident.name.startswith("没电话"))
        assert db.session.scalar(named) == 3


def test_nothing_typed_says_what_to_type(lin, door):
    answer = enter(lin, printed(lin, door.at), keep=False)
    assert answer.status_code == 409 and "还没有写哪几行来了" in answer.text


def test_a_printed_sheet_is_not_rewritten(app, lin, door):
    printed(lin, door.at)
    with app.app_context(), pytest.raises(Exception, match="append"), transaction():
        db.session.execute(SignSheet.__table__.update().values(named_rows=1))
