"""The report at the desk: what it says, whom it opens for, closing, rows and files."""

import re
from datetime import date, timedelta
from urllib.parse import quote

import pytest
import time_machine

from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.reports.lists import asks
from stationapp.sites.models import Site
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, AT, MONTH

NAME = "欧阳春晓"


@pytest.fixture
def people(app):
    with time_machine.travel(AFTER):
        yield cast.district(app)


def _life(app, people) -> None:
    with app.app_context(), transaction():
        wu = build.resident(people.one, NAME)
        first = build.event(people.one, title="<script>alert(1)</script>讲座")
        build.came(first, wu)
        build.came(build.event(people.two, AT + timedelta(days=1)), wu)
        build.came(first, build.resident(people.one), band=AgeBand.B7)
        build.counted(first, 1234)
        helper = build.resident(people.one)
        served = build.came(first, helper, part=Part.VOLUNTEER)
        build.line(
            build.volunteer(helper, people.one), people.one, 90, date(2026, 9, 10), attendance_id=served.id
        )


def _page(client, site, rest="", month=MONTH):
    return client.get(f"/desk/reports/{site.code}/{month}{rest}")


def test_the_page_begins_with_a_sentence_a_person_would_say(app, client, people):
    _life(app, people)
    cast.sign_in(client, people.chen)
    text = _page(client, people.office).text
    assert (
        "九月，湖北路 2 个站办了 2 场，2 人来了 3 次，现场另计约 1 千 2 百人次；有 1 个社区的孩子一次也没轮上。"
        in text
    )
    assert "1,237" in text


def test_a_month_without_anything_is_a_page_too(client, people):
    cast.sign_in(client, people.zhao)
    assert "还没有一场归档的活动" in _page(client, people.center).text


@pytest.mark.parametrize("figure", sorted({ask.id for ask in asks()} - {"I-23"}))
def test_every_figure_opens_its_rows_and_they_come_to_what_it_says(app, client, people, figure):
    _life(app, people)
    cast.sign_in(client, people.chen)
    text = _page(client, people.office, f"/behind/{figure}").text
    assert "与报表一致" in text
    assert NAME not in text
    assert "<script>alert" not in text


def test_rows_are_masked(app, client, people):
    _life(app, people)
    cast.sign_in(client, people.lin)
    assert "欧**晓" in _page(client, people.one, "/behind/I-05").text


def test_a_viewer_sees_the_figures_and_no_rows(app, client, people):
    _life(app, people)
    cast.sign_in(client, people.zhao)
    page = _page(client, people.office)
    assert (page.status_code, "/I-05" in page.text) == (200, False)
    assert _page(client, people.office, "/behind/I-05").status_code == 403


def test_another_stations_manager_finds_nothing_here(client, people):
    cast.sign_in(client, people.ma)
    for rest in ("", "/behind/I-01", "/files/csv", "/versions/1"):
        assert _page(client, people.one, rest).status_code == 404
    assert _page(client, people.two).status_code == 200
    assert people.one.code not in client.get("/desk/reports/").text


@pytest.mark.parametrize("address", ["2026-13", "2026-9", "1999-01", "x", "2026-09/behind/I-99", "2026-09/files/exe",
                                     "2026-09/versions/7"])  # fmt: skip
def test_an_address_that_means_nothing_is_not_found(client, people, address):
    cast.sign_in(client, people.chen)
    assert client.get(f"/desk/reports/{people.office.code}/{address}").status_code == 404


def test_closing_and_stating_again_shows_both_versions_and_what_changed(app, client, people):
    _life(app, people)
    cast.sign_in(client, people.chen)
    address = f"/desk/reports/{people.office.code}/{MONTH}"
    assert client.submit(address, to="closing").status_code == 303
    assert "第 1 版" in client.get(address).text

    again = client.submit(address, {"reason": ""}, to="closing")
    assert (again.status_code, "要写明更正原因" in again.text) == (409, True)
    again = client.submit(address, {"reason": "看一看"}, to="closing")
    assert (again.status_code, "没有任何变化" in again.text) == (409, True)

    with app.app_context(), transaction():
        late = build.event(people.one, title="补上的一场", closed_out_at=AFTER + timedelta(minutes=1))
        build.counted(late, 5)
    page = client.get(address).text
    assert ("将计入下一版" in page, "补上的一场" in page) == (True, True)
    assert client.submit(address, {"reason": "漏了一场"}, to="closing").status_code == 303
    page = client.get(address).text
    assert ("第 2 版" in page, "漏了一场" in page, "将计入下一版" in page) == (True, True, False)
    assert "这是旧版" in _page(client, people.office, "/versions/1").text


def test_a_month_under_way_cannot_be_closed(client, people):
    cast.sign_in(client, people.chen)
    this = MONTH.plus(1)
    assert "关账</button>" not in _page(client, people.office, month=this).text
    token = client.get(f"/desk/reports/{people.office.code}/{MONTH}").text.split('name="csrf_token" value="')[
        1
    ]
    answer = client.post(
        f"/desk/reports/{people.office.code}/{this}/closing", data={"csrf_token": token.split('"')[0]}
    )
    assert (answer.status_code, "10月31日" in answer.text) == (409, True)


def test_a_manager_may_not_close(client, people):
    cast.sign_in(client, people.lin)
    assert "/closing" not in _page(client, people.one).text


def test_downloads_are_of_the_version_that_was_on_the_page(app, client, people):
    _life(app, people)
    cast.sign_in(client, people.chen)
    client.submit(f"/desk/reports/{people.office.code}/{MONTH}", to="closing")
    answer = _page(client, people.office, "/files/json?version=1")
    assert (answer.json["version"], answer.json["state"]) == (1, "closed")
    assert quote("湖北路所-2026-09-覆盖报表.json") in answer.headers["Content-Disposition"]
    assert _page(client, people.office, "/files/xlsx").data[:2] == b"PK"
    for none in ("2", "9999999", "x", "-1", "²"):
        assert _page(client, people.office, f"/files/json?version={none}").status_code == 404, none


def test_a_sites_name_is_escaped(app, client, people):
    _life(app, people)
    with app.app_context(), transaction():
        db.session.get_one(Site, people.two.id).short_name = "<image href=x onerror=alert(1)>站"
    cast.sign_in(client, people.chen)
    text = _page(client, people.office).text
    assert ("<image" in text, "&lt;image href=x onerror=alert(1)&gt;站</a>" in text) == (False, True)


def test_the_list_of_months_says_which_are_closed_and_begins_with_the_first_fact(app, client, people):
    with app.app_context(), transaction():
        build.counted(build.event(people.one, AT - timedelta(days=60)), 3)
    cast.sign_in(client, people.chen)
    client.submit(f"/desk/reports/{people.office.code}/{MONTH}", to="closing")
    text = client.get(f"/desk/reports/?site={people.office.code}").text
    counts = [text.count(f"{state}</span>") for state in ("已关账", "进行中", "暂定")]
    assert (counts, text.count("第1版")) == ([1, 1, 2], 1)


def test_a_site_is_chosen_by_its_name(client, people):
    cast.sign_in(client, people.chen)
    assert f"/desk/reports/{people.two.code}/2026-10" in client.get("/desk/reports/?q=示例二").text
    several = client.get("/desk/reports/?q=示例").text
    assert ("叫“示例”的有 2 个" in several, f"?site={people.one.code}" in several) == (True, True)
    assert "没有叫“天津路”的所或站" in client.get("/desk/reports/?q=天津路").text


def test_months_in_which_there_was_no_site_are_not_listed(app, client, people):
    with app.app_context(), transaction():
        build.counted(build.event(people.far, AT - timedelta(days=300)), 3)
        db.session.get_one(Site, people.two.id).valid_from = date(2026, 9, 15)
        db.session.get_one(Site, people.one.id).valid_to = date(2026, 8, 20)
    cast.sign_in(client, people.chen)
    assert client.get(f"/desk/reports/?site={people.two.code}").text.count('scope="row"') == 2
    assert client.get(f"/desk/reports/?site={people.one.code}").text.count('scope="row"') == 10


def test_months_further_back_are_on_a_page_of_their_own(app, client, people):
    with app.app_context(), transaction():
        build.counted(build.event(people.one, AT - timedelta(days=400)), 3)
    cast.sign_in(client, people.chen)
    text = client.get(f"/desk/reports/?site={people.office.code}").text
    earlier = re.search(r'href="([^"]+until=[^"]+)">更早的月份', text)[1].replace("&amp;", "&")
    shown = client.get(earlier).text
    assert ("2025年8月" in text, "2025年8月" in shown, "更早的月份" in shown) == (False, True, False)
    assert "2026年9月" in client.get(f"/desk/reports/?site={people.office.code}&until=2026-13").text
