"""Posters and the month for the wall: what they say, that it fits, that nothing people write breaks them."""

import itertools
import re
import unicodedata
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationapp import clock
from stationapp.calendar.models import Holiday
from stationapp.calendar.rules import Month
from stationapp.config import ROOT
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.events.rules import Theme
from stationapp.publicity import posters
from stationapp.publicity.grid import GEOMETRY, Paper
from stationapp.publicity.months import as_data, held, wall
from stationapp.publicity.posters import BOXES, Layout
from stationapp.web.paper import broken, settable
from stationapp.web.pdf import render
from tests import cast
from tests.harness import browser as browsers
from tests.publicity.sheets import Pdf

LONG = {
    "title": ("我们的节日重阳敬老爱老志愿服务进社区暨健康义诊理发便民大集" * 3)[:60],
    "summary": ("手把手教您用手机挂号缴费防诈骗" * 4)[:40],
    "place": ("湖北路与天津路交叉口向南五百米路西老干部活动中心院内三号楼" * 4)[:80],
    "audience": ("本社区六十岁以上老年人和七到十三岁儿童以及他们的家长" * 3)[:60],
    "bring": ("身份证、老花镜、水杯、自带小板凳、雨伞、" * 6)[:80],
    "capacity": 30,
    "min_age": 60,
    "max_age": 99,
}
HOSTILE = (
    '#import "x" *a* $b$ _c_ `d` \\ <e> @f // /* #panic()',
    "😀🎉 \u202e反过来\u202c \u200b零宽\u200d \u0000\u0007 \ue000 \U000e0041",
    "W" * 60,
    "שלום مرحبا ไทย",
    "</text><script>alert(1)</script>&amp;",
    "\u3000 \n ",
    "，" * 60,
)


def _flat(text: str) -> str:
    return "".join(text.split())


def _published(app, **changes) -> str:
    people = cast.district(app)
    with app.app_context():
        return cast.event(people.one, **changes).code


@pytest.mark.both_databases
def test_a_poster_says_what_when_where_for_whom_and_whom_to_call(app, client):
    people = cast.district(app)
    starts_at = clock.instant(date(2030, 11, 20), 9)
    with app.app_context():
        code = cast.event(
            people.one,
            starts_at=starts_at,
            capacity=30,
            bring="老花镜",
            min_age=60,
            contact="林晓燕",
            contact_phone="19900001234",
            partners=frozenset({people.office.id}),
        ).code
    page = client.get(f"/events/{code}/poster").text
    pdf = Pdf(client.get(f"/events/{code}/poster.pdf").data).said()
    for words in (
        "智能手机课堂",
        "手把手教您用手机挂号、缴费、防诈骗",
        "11月20日 星期三 上午9点—11点",
        "一楼多功能厅，湖北路示例一社区1号",
        "60岁以上居民；年满 60 岁",
        "一共 30 个，先报先得，报满可以候补",
        "老花镜",
        "19900001234",
        "主办：湖北路示例一社区新时代文明实践站",
        "联合举办：湖北路新时代文明实践所",
    ):
        assert words in page, words
        assert _flat(words) in pdf, words
    assert "林晓燕" not in page + pdf
    assert f"http://127.0.0.1:8000/events/{code}" in page  # what the code holds, for those who cannot see it


def test_themes_choose_the_layout_unless_the_address_does(app, client):
    people = cast.district(app)
    with app.app_context():
        plain, festive, child = (
            cast.event(people.one, themes=frozenset(themes)).code
            for themes in ({Theme.OLD}, {Theme.FESTIVALS, Theme.YOUNG}, {Theme.YOUNG})
        )
    for code, layout in ((plain, "plain"), (festive, "festive"), (child, "child")):
        assert f'class="sheet poster {layout}"' in client.get(f"/events/{code}/poster").text
    assert 'class="sheet poster child"' in client.get(f"/events/{plain}/poster?layout=child").text


@pytest.mark.both_databases
def test_what_is_not_public_or_senseless_is_not_found(app, client):
    people = cast.district(app)
    with app.app_context():
        draft = cast.event(people.one, publish=False).code
        code = cast.event(people.one).code
    site = people.one.code
    for address in (
        f"/events/{draft}/poster",
        f"/events/{draft}/poster.pdf",
        "/events/NOTTHERE/poster",
        f"/events/{code}/poster?layout=gold",
        f"/events/{code}/poster.pdf?layout=%00",
        "/sites/000/month/2026-11",
        f"/sites/{site}/month/2026-13",
        f"/sites/{site}/month/2026-1",
        f"/sites/{site}/month/9999-12",
        f"/sites/{site}/month/2100-01",
        f"/sites/{site}/month/%00.pdf",
        f"/sites/{site}/month/２０２６-11.pdf",
        f"/sites/{site}/month/2026-11?paper=a5",
    ):
        answer = client.get(address)
        assert answer.status_code == 404, address
        assert "没有找到这一页" in answer.text
    for month in ("2000-01", "2099-12"):
        assert client.get(f"/sites/{site}/month/{month}").status_code == 200
        assert client.get(f"/sites/{site}/month/{month}.pdf").status_code == 200


@pytest.mark.parametrize(
    ("step", "words"),
    [(operations.cancel, "活动取消了"), (operations.postpone, "活动延期了，新时间另行通知")],
)
def test_an_event_called_off_says_so_in_big_letters(app, client, step, words):
    code = _published(app)
    with app.app_context(), transaction():
        event = db.session.query(operations.Event).filter_by(code=code).one()
        step(event, reason="大雪", by=None, now=clock.now())
        month = str(Month.of(clock.day_of(event.starts_at)))
    for layout in Layout:
        page = client.get(f"/events/{code}/poster?layout={layout.value}").text
        assert f"<strong>{words}</strong>" in page
        assert "原定" in page
        pdf = Pdf(client.get(f"/events/{code}/poster.pdf?layout={layout.value}").data)
        assert words in pdf.said()
        assert max(one.pt for one in pdf.texts() if one.said.strip()[:4] == words[:4]) >= 28
    assert f"【{words[2:4]}】" in client.get(f"/sites/410305001001/month/{month}").text.replace("已", "")


@pytest.mark.parametrize("layout", list(Layout))
@pytest.mark.parametrize("fields", [{}, LONG], ids=["short", "long"])
def test_a_poster_is_one_sheet_with_everything_on_it_and_its_fonts_inside(app, client, layout, fields):
    code = _published(app, **fields)
    pdf = Pdf(client.get(f"/events/{code}/poster.pdf?layout={layout.value}").data)
    assert len(pdf) == 1
    assert pdf.size() == (210, 297)
    assert pdf.outside() == []
    texts = list(pdf.texts())
    assert all(one.embedded for one in texts)
    assert all(one.pt >= 10 for one in texts)
    said = pdf.said()
    for name in fields.keys() & {"title", "summary", "place", "audience", "bring"}:
        assert _flat(fields[name]) in said, name  # nothing a form takes is ever cut
    assert max(one.pt for one in texts if one.said.startswith("0379-")) >= 40
    assert "0379-00000001" in said


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_words(app, client, words):
    people = cast.district(app)
    with app.app_context():
        given = dict.fromkeys(("title", "audience", "place", "bring"), words) | {"summary": words[:40]}
        event = cast.event(people.one, **given)
        code, month = event.code, str(Month.of(clock.day_of(event.starts_at)))
    for layout in Layout:
        assert client.get(f"/events/{code}/poster?layout={layout.value}").status_code == 200
        pdf = Pdf(client.get(f"/events/{code}/poster.pdf?layout={layout.value}").data)
        assert len(pdf) == 1
        assert pdf.outside() == []
    if words.startswith("#import"):
        assert _flat(words) in pdf.said()
    for paper in Paper:
        assert client.get(f"/sites/{people.one.code}/month/{month}?paper={paper.value}").status_code == 200
        pdf = Pdf(client.get(f"/sites/{people.one.code}/month/{month}.pdf?paper={paper.value}").data)
        assert [pdf.outside(page) for page in range(len(pdf))] == [[]] * len(pdf)


def test_what_has_no_shape_is_left_out_and_long_words_may_break():
    assert settable("a\u200bb \u202ec\u0000\n d\ue000") == "ab c d"
    assert settable("八段锦\U0001f3fb") == "八段锦"
    assert broken("0379-00000001") == "0379-00000001"
    assert broken("中" * 40) == "中" * 40
    assert "\u200b" in broken("x" * 17)


def test_the_same_pdf_is_not_sent_twice(app, client):
    code = _published(app)
    first = client.get(f"/events/{code}/poster.pdf")
    assert first.mimetype == "application/pdf"
    assert "inline" in first.headers["Content-Disposition"]
    again = client.get(f"/events/{code}/poster.pdf", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_style_sheet_holds_the_same_geometry():
    css = (ROOT / "static" / "paper.css").read_text("utf-8")
    for layout, boxes in BOXES.items():
        for name, box in boxes.items():
            rule = re.search(rf"\.{layout.value} \.at-{name} {{ (--x.*?) }}", css)[1]
            found = {key: float(value) for key, value in re.findall(r"--(\w): ([\d.]+)", rule)}
            assert found == vars(box), (layout, name)
    for paper, geometry in GEOMETRY.items():
        rule = re.search(rf"\.wall\.{paper.value} {{ (--.*?) }}", css)[1]
        found = {key: float(value) for key, value in re.findall(r"--([\w-]+): ([\d.]+)", rule)}
        names = ("wide", "high", "margin", "header", "heads", "number", "pt")
        assert list(found.values()) == [getattr(geometry, name) for name in names]
    ladders = [value for name, value in vars(posters).items() if name.isupper() and name.endswith("S")]
    sizes = {size for ladder in ladders if isinstance(ladder, tuple) for size in ladder}
    assert sizes <= {int(size) for size in re.findall(r"\.pt-(\d+) {", css)}


# --- the month ------------------------------------------------------------------------------------------------------


def _month_of(client, site: str, month: str, **asked) -> tuple[str, Pdf]:
    address = f"/sites/{site}/month/{month}"
    return client.get(address, query_string=asked).text, Pdf(
        client.get(f"{address}.pdf", query_string=asked).data
    )


@pytest.mark.both_databases
def test_a_month_names_its_days_and_what_is_held(app, client):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            for day, name, works in ((1, "国庆节", False), (10, "调休上班", True)):
                db.session.add(Holiday(day=date(2026, 10, day), name=name, works=works))
        common = {"starts_at": clock.instant(date(2026, 10, 8), 9)}
        cast.event(people.one, title="八段锦", place="牡丹广场", **common)
        cast.event(people.two, title="联欢会", place="大礼堂", partners=frozenset({people.one.id}), **common)
        cast.event(people.two, title="不相干的", starts_at=clock.instant(date(2026, 10, 9), 9))
        cast.event(people.one, title="还没发布", publish=False, **common)
        night = clock.instant(date(2026, 10, 30), 20)
        cast.event(people.one, title="守岁", starts_at=night, ends_at=night + timedelta(days=3))
    page, pdf = _month_of(client, people.one.code, "2026-10")
    for words in (
        "国庆节 休",
        "上班",
        "重阳节",
        "上午9点 八段锦（牡丹广场）",
        "上午9点 联欢会（湖北路示例二社区大礼堂）",
        "晚上8点 守岁",
        "接着办 守岁",
        "0379-00000001",
    ):
        assert words in page, words
        assert _flat(words) in pdf.said(), words
    assert "不相干的" not in page
    assert "还没发布" not in page
    assert page.index("周一") < page.index("周日")
    november, _pdf = _month_of(client, people.one.code, "2026-11")
    assert (
        november.count("接着办 守岁") == 4
    )  # on the 1st and the 2nd, in the grid and in the list for phones
    own, _pdf = _month_of(client, people.office.code, "2026-10")
    everything, _pdf = _month_of(client, people.office.code, "2026-10", all=1)
    assert "不相干的" not in own
    assert "不相干的（湖北路示例二社区" in everything
    alone, _pdf = _month_of(client, people.one.code, "2026-10", all=1)  # nothing is beneath a station
    assert "不相干的" not in alone


FROM_THE_LEFT = st.characters(codec="utf-8").filter(
    lambda letter: unicodedata.bidirectional(letter) not in {"R", "AL", "AN", "RLE", "RLO", "RLI"}
)
"""What is read from the right stands on the paper as well, but a reader of PDFs gives it back in another order."""


@pytest.mark.parametrize("paper", list(Paper))
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    month=st.sampled_from(["2026-02", "2026-08", "2027-02", "2026-11"]),
    wishes=st.lists(
        st.tuples(
            st.integers(1, 28),
            st.integers(6, 20),
            st.one_of(
                st.text(FROM_THE_LEFT, min_size=1, max_size=60),
                st.sampled_from(["合唱", LONG["title"], "Wi-Fi 6 GHz " * 4]),
            ),
        ),
        max_size=30,
    ),
)
def test_every_entry_stands_on_the_paper_once_and_none_is_smaller_than_16_points(app, paper, month, wishes):
    its = Month.parse(month)
    with app.test_request_context():
        site = _site(app)
        events = [
            _Held(f"甲{n}乙{title}", clock.instant(date(its.year, its.month, day), hour), site.id)
            for n, (day, hour, title) in enumerate(sorted(wishes))
        ]
        sheet = wall(site, its, events, paper, address="http://127.0.0.1:8000/x")
        pdf = Pdf(render("publicity/month", as_data(sheet)))
    entries = [entry for week in sheet.weeks for day in week.days if day for entry in day.entries]
    entries += [entry for later in sheet.later for entry in later.entries]
    assert sorted(entries) == sorted(entry for day in sheet.agenda for entry in day.entries)
    assert len(entries) == len(events)
    said = pdf.said()
    assert all(said.count(f"甲{n}乙") == 1 for n in range(len(events)))
    assert [pdf.outside(page) for page in range(len(pdf))] == [[]] * len(pdf)
    assert all(one.pt >= 16 for page in range(len(pdf)) for one in pdf.texts(page) if one.said.strip())
    assert (len(pdf) == 1) == (not sheet.later)
    assert pdf.size() == (int(GEOMETRY[paper].wide), int(GEOMETRY[paper].high))


class _Held:
    """What `months.held` gives, without a database."""

    def __init__(self, title, starts_at, site_id) -> None:
        from types import SimpleNamespace

        from stationapp.events.rules import State

        ends_at = starts_at + timedelta(hours=1)
        self.event = SimpleNamespace(
            title=title, starts_at=starts_at, ends_at=ends_at, place="", state=State.PUBLISHED
        )
        self.site, self.lead_id, self.room = "示例", site_id, "教室"


def _site(app):
    from types import SimpleNamespace

    return SimpleNamespace(id=1, short_name="湖北路示例一社区", phone="0379-00000001")


def test_two_thousand_events_are_read_without_a_query_for_each(app):
    from sqlalchemy import event as listens

    people = cast.district(app)
    with app.test_request_context():
        for _ in range(3):
            cast.event(people.one, starts_at=clock.instant(date(2026, 10, 8), 9))
        asked = []
        listens.listen(db.engine, "before_cursor_execute", lambda *said: asked.append(said[2]))
        found = held(people.one, Month(2026, 10), with_beneath=False)
        wall(people.one, Month(2026, 10), found, Paper.A4, address="http://127.0.0.1:8000/x")
        assert len(found) == 3
        assert len([one for one in asked if one.startswith("SELECT")]) == 2


# --- as a browser prints it -----------------------------------------------------------------------------------------

_SPILLED = """() => [...document.querySelectorAll('.sheet .box, .sheet .fact, .wall td > div')]
    .filter(one => one.scrollHeight > one.clientHeight + 4 || one.scrollWidth > one.clientWidth + 4)
    .map(one => one.className + one.textContent)"""


def test_a_browser_prints_the_same_sheets(app, browser, live_server):
    people = cast.district(app)
    with app.app_context():
        codes = [cast.event(people.one, **fields).code for fields in ({"capacity": 30, "bring": "水"}, LONG)]
        busy = {"title": "反诈宣传进小区，民警面对面讲案例", "place": "牡丹广场"}
        for day, hour in itertools.product(range(1, 29), (9, 14, 16)):
            cast.event(people.one, starts_at=clock.instant(date(2030, 9, day), hour), **busy)
    with browsers.visiting(browser, live_server, viewport={"width": 1366, "height": 900}) as page:
        for code in codes:
            for layout in Layout:
                page.goto(f"/events/{code}/poster?layout={layout.value}")
                assert page.evaluate(_SPILLED) == []
                pdf = Pdf(page.pdf(prefer_css_page_size=True))
                assert (len(pdf), pdf.size()) == (1, (210, 297))
        for paper, size in (("a4", (297, 210)), ("a3", (420, 297))):
            page.goto(f"/sites/{people.one.code}/month/2030-09?paper={paper}")
            assert page.evaluate(_SPILLED) == []
            pdf = Pdf(page.pdf(prefer_css_page_size=True))
            assert pdf.size() == size
            assert len(pdf) > 1
            assert "（续）" in pdf.said(1)
            assert pdf.said().count("民警面对面讲案例") == 3 * 28
        assert page.get_by_role("button", name="打印").is_visible()


def test_a_phone_shows_the_sheet_whole_and_the_month_as_a_list(app, page):
    code = _published(app, starts_at=clock.instant(date(2030, 9, 3), 9), **LONG)
    for address in (f"/events/{code}/poster", "/sites/410305001001/month/2030-09"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        assert browsers.axe(page) == []
    assert page.locator(".agenda").is_visible()
    assert not page.locator(".wall").is_visible()
    page.get_by_role("link", name="← 湖北路示例一社区").click()
    page.get_by_role("link", name="本月活动月历").click()
    assert page.url.endswith(str(Month.of(clock.day_of(clock.now()))))


def test_the_desk_leads_to_the_poster(app, client):
    people = cast.district(app)
    with app.app_context():
        code = cast.event(people.one).code
    cast.sign_in(client, people.lin)
    assert f"/events/{code}/poster" in client.get(f"/desk/events/{code}").text
