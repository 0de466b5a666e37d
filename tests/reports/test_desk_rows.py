"""The pages behind a figure: who may look, what is masked, what is written down, and the same list as files."""

import csv
import io
from datetime import timedelta

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from stationapp.attendance.rules import Part
from stationapp.audit.models import AuditLine
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.events.rules import State
from stationapp.reports.operations import close_month
from stationapp.reports.rules import SPECS
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, AT, MONTH
from tests.reports.test_lists import fill
from tests.reports.test_registers import promised


@pytest.fixture
def people(app):
    return cast.district(app)


def address(site, figure, **asked) -> str:
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    return f"/desk/reports/{site.code}/{MONTH}/behind/{figure}?{query}"


def test_every_figure_opens_for_the_month_and_the_year(app, people):
    with app.app_context(), transaction():
        fill(people, 1, range(-1, 1))
    chen = cast.signed_in(app, people.chen)
    for figure in SPECS:
        for period in ("month", "year"):
            answer = chen.get(address(people.office, figure, period=period))
            assert answer.status_code == 200, figure
            assert ("对得上" in answer.text) == (figure != "I-24"), (figure, period)
            file = chen.get(
                f"/desk/reports/{people.office.code}/{MONTH}/behind/{figure}/rows/xlsx?period={period}"
            )
            assert file.status_code == (404 if figure == "I-24" else 200), figure
            if figure == "I-04":
                assert "服务人次" in answer.text and "下面列的是其中的实名。" in answer.text
            assert "明细合计 —" not in answer.text, figure


@pytest.fixture
def told(app, people):
    """A grown-up whose name must not stand anywhere, a child, and somebody whose name is a formula."""
    with app.app_context(), transaction():
        event = build.event(people.one, title="=HYPERLINK(1)")
        build.came(event, build.resident(people.one, "欧阳建国"), band=AgeBand.B65)
        build.came(event, build.resident(people.one, "李小满"), band=AgeBand.B7)
        grown = build.resident(people.one, "张三丰")
        grown.birth_month = "2010-05"
        build.came(event, grown, band=AgeBand.UNKNOWN)
        build.came(event, build.resident(people.two, "赵志愿"), part=Part.VOLUNTEER)
    return event.code


def test_names_are_masked_and_of_minors_none_stands_there(app, people, told):
    lin = cast.signed_in(app, people.lin)
    for figure in ("I-04", "I-05", "I-07"):
        text = lin.get(address(people.one, figure)).text
        assert "欧**国" in text
        assert text.count("未成年人") == 2
        for name in ("欧阳建国", "李小满", "李*满", "张三丰", "张*丰"):
            assert name not in text, (figure, name)
    assert f"/desk/events/{told}" in lin.get(address(people.one, "I-04")).text


def test_a_station_reads_who_of_its_people_was_reached_and_not_where_else_they_go(app, people, told):
    with app.app_context(), transaction():
        who = build.resident(people.one, "孙悟空")
        for _ in range(3):
            build.came(build.event(people.two), who)
    for staff, times in ((people.lin, "0"), (people.chen, "3")):
        site = people.one if staff is people.lin else people.office
        text = cast.signed_in(app, staff).get(address(site, "I-07")).text
        assert f'<tr><td>孙*空</td><td class="num">{times}</td></tr>' in text


def test_a_list_of_people_is_written_down_and_a_list_of_events_is_not(app, people, told):
    lin = cast.signed_in(app, people.lin)
    lin.get(address(people.one, "I-01"))
    lin.get(address(people.one, "I-05", period="year"))
    lin.get(f"/desk/reports/{people.one.code}/{MONTH}/behind/I-04/rows/csv")
    with app.app_context():
        rows = db.session.scalars(select(AuditLine).where(AuditLine.act.startswith("reports.")))
        said = [(row.act, row.subject, row.actor_id, row.site_id) for row in rows]
    place = f"month {people.one.code} {MONTH} v0"
    assert said == [
        ("reports.rows", f"{place} I-05 year p1", people.lin.id, people.one.id),
        ("reports.export_rows", f"{place} I-04 month csv 3", people.lin.id, people.one.id),
    ]


def test_only_those_who_may_see_rows_there_see_them(app, people, told):
    for who in (people.ma, people.zhao, people.root):
        client = cast.signed_in(app, who)
        for path in (
            address(people.one, "I-05"),
            f"/desk/reports/{people.one.code}/{MONTH}/behind/I-05/rows/csv",
        ):
            assert client.get(path).status_code in (403, 404), who.name
    chen = cast.signed_in(app, people.chen)
    for path in (
        address(people.one, "I-99"),
        f"/desk/reports/{people.one.code}/2026-13/behind/I-05",
        f"/desk/reports/{people.one.code}/2000-12/files/csv",
        f"/desk/reports/{people.one.code}/{MONTH}/behind/I-05/rows/exe",
        address(people.one, "I-05", version=3),
    ):
        assert chen.get(path).status_code == 404, path
    for odd in (
        {"version": "x"},
        {"group": "x"},
        {"category": "x"},
        {"part": "x"},
        {"page": "-1"},
        {"period": "x"},
        {"site": "x", "month": "x", "figure": "x", "format": "x", "endpoint": "x", "_method": "x"},
        {"_external": "1", "_scheme": "javascript"},
    ):
        answer = chen.get(address(people.one, "I-04"), query_string=odd)
        assert answer.status_code == 200, odd
        assert 'href="/desk/reports/' in answer.text and "http" not in answer.text.split("<main", 1)[1], odd
    assert "没有明细" in chen.get(address(people.one, "I-07", community="x")).text


def test_the_files_hold_the_whole_list_and_no_formula(app, people, told):
    lin = cast.signed_in(app, people.lin)
    path = f"/desk/reports/{people.one.code}/{MONTH}/behind/I-04/rows"
    table = list(csv.reader(io.StringIO(lin.get(f"{path}/csv").data.decode("utf-8-sig"))))
    assert [len(line) for line in table] == [7] * 4
    assert {line[1] for line in table[1:]} == {"'=HYPERLINK(1)"}
    sheet = load_workbook(io.BytesIO(lin.get(f"{path}/xlsx").data)).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert sheet.max_row == 4
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert sheet["D2"].value == "欧**国"


def test_a_list_longer_than_a_page_goes_on(app, people):
    with app.app_context(), transaction():
        event = build.event(people.one)
        for number in range(51):
            build.came(event, build.resident(people.one, f"王{number}人"))
    lin = cast.signed_in(app, people.lin)
    assert lin.get(address(people.one, "I-05")).text.count("人</td>") == 50
    second = lin.get(address(people.one, "I-05", page=2)).text
    assert second.count("人</td>") == 1
    assert "明细合计 51" in second


def test_a_closed_version_says_what_is_no_longer_as_it_was(app, people):
    with app.app_context():
        with transaction():
            event = build.event(people.one)
            person = build.resident(people.one)
            build.came(event, person)
            build.volunteer(person, people.one)
            promised(event, person, Place.CONFIRMED)
            again = build.event(people.one, AT + timedelta(days=1))
            build.came(again, person)
        with transaction():
            close_month(db.session.get(Site, people.center.id), MONTH, by=None, now=AFTER)
        with transaction():
            person.community_id = people.far.id
            again.state = State.PUBLISHED
            again.closed_out_at = None
    chen = cast.signed_in(app, people.chen)
    assert "当时 1 ÷ 10,000，现在 0" in chen.get(address(people.office, "I-16")).text.replace("\n", "")
    moved = chen.get(address(people.office, "I-04")).text
    assert "当时 2，现在 1。有场次正在更正" in moved
    stands = chen.get(address(people.office, "I-04", version=0)).text
    assert "明细合计 1，与报表一致" in stands
