"""Files out: one set of figures, equal to the last digit in every format, and the same bytes whenever they are made."""

import io
import json
import re
import zipfile
from datetime import date, datetime

import pytest
import time_machine

from stationapp.calendar.rules import Month
from stationapp.reports import words
from stationapp.reports.files import FORMATS, MEDIA, audience_of, file_name, render
from stationapp.reports.life_rules import Audience
from stationapp.reports.lines import summary
from stationapp.reports.official_xml import said
from stationapp.reports.queries import figures
from stationapp.reports.rules import SPECS, Unit, canonical
from stationapp.reports.sheet import Num, fingerprint
from stationapp.reports.small_cells import hidden
from stationapp.reports.tables import document
from tests import cast
from tests.reports import bodies_at_scale as scale
from tests.reports import readers
from tests.reports.build import MONTH


@pytest.fixture
def told(app):
    with app.test_request_context():
        yield app


@pytest.fixture
def body(told):
    return scale.district(12)


def older(body: dict) -> dict:
    """The same month as it was frozen by the definitions of 2026-11."""
    kept = ("I-01", "I-02", "I-03", "I-04", "I-05", "I-06", "I-07", "I-08", "I-12", "I-13", "I-15", "I-22")
    figures = {id: dict(body["figures"][id]) for id in kept}
    figures["I-07"]["year"] = {
        name: body["year"]["I-07"][name] for name in ("value", "numerator", "denominator", "over")
    }
    figures["I-08"] = figures["I-08"] | {
        "groups": {
            group: {name: share[name] for name in ("value", "numerator", "denominator", "over")}
            | {"year": body["year"]["I-08"]["groups"][group]}
            for group, share in figures["I-08"]["groups"].items()
        }
    }
    return {
        **{name: body[name] for name in ("site", "name", "level", "month", "version", "state", "bridge", "ledger")},
        "definitions": "2026-11",
        "figures": figures,
        "by_site": [
            row | {"figures": {id: one for id, one in row["figures"].items() if id in kept}}
            for row in body["by_site"]
        ],
        "coverage": [{name: row[name] for name in ("site", "name", "groups")} for row in body["coverage"]],
        "gaps": [{name: gap[name] for name in ("site", "name", "groups")} for gap in body["gaps"]],
        "populations": [{"as_of": "2025-12-31", "source": "示例数据"}],
    }  # fmt: skip


def test_the_json_is_the_body_itself(body):
    assert json.loads(render(body, "json")) == body
    assert json.loads(render(body, "json", "outside")) == hidden(body)


def test_every_figure_has_a_name_and_a_meaning():
    assert list(words.FIGURES) == list(words.MEANING) == list(SPECS)
    assert len({str(name) for name in words.FIGURES.values()}) == len(SPECS)


def test_every_line_of_the_summary_has_its_own_name_and_a_unit(body):
    names = [words.label(line.key) for line in summary(body)]
    assert len(set(names)) == len(names) > 90
    assert [words.label(line.key) for line in summary(body) if not words.unit(line)] == []


def test_a_frozen_body_is_told_in_the_order_of_one_under_way(body):
    frozen = json.loads(canonical(body))
    assert [line.key for line in summary(frozen)] == [line.key for line in summary(body)]


def test_a_line_carries_its_year(body):
    lines = {line.key: line for line in summary(body)}
    for id, figure in body["year"].items():
        if (id,) in lines:
            assert lines[id,].year.value == figure["value"]
    assert lines["I-08", "over60"].year.numerator == body["year"]["I-08"]["groups"]["over60"]["numerator"]


def test_what_occurred_earlier_in_the_year_alone_is_a_line_with_nothing_this_month(body):
    del body["figures"]["I-01"]["by_category"]["A03"]
    line = next(line for line in summary(body) if line.key == ("I-01", "by_category", "A03"))
    assert (line.value, line.year.value) == (0, body["year"]["I-01"]["by_category"]["A03"])
    keys = [line.key[2] for line in summary(body) if line.key[:2] == ("I-01", "by_category")]
    assert keys == sorted(keys)


# --- what the body says, by hand -------------------------------------------------------------------------------


def _rows(table, *columns: int) -> list[list]:
    return [[getattr(row[at], "value", row[at]) for at in columns] for row in table.rows]


def test_the_summary_has_value_numerator_and_denominator_of_month_and_year(body):
    rows = {row[0]: row[1:] for row in _rows(document(body).table("summary"), 1, 4, 5, 6, 7, 8, 9)}
    for id, figure in body["figures"].items():
        if id in ("I-08", "I-09", "I-27"):
            continue
        both = (figure, body["year"][id])
        assert rows[str(words.FIGURES[id])] == [
            one.get(name) for one in both for name in ("value", "numerator", "denominator")
        ]
    for group, name in (("under14", "14岁以下"), ("over80", "80岁以上")):
        both = [body[part]["I-08"]["groups"][group] for part in ("figures", "year")]
        assert rows[f"群体覆盖率 · {name}"] == [
            one[name] for one in both for name in ("value", "numerator", "denominator")
        ]
    old = [body[part]["I-27"]["old"] for part in ("figures", "year")]
    assert rows["一老一小占比 · 一老场次"] == [
        one[name] for one in old for name in ("value", "numerator", "denominator")
    ]
    assert rows["有效场次 · 理论宣讲"] == [10, None, None, 10, None, None]


def test_each_site_and_community_has_its_own_numbers(body):
    made = document(body)
    for at, row in enumerate(body["by_site"]):
        row["figures"]["I-01"]["value"] = 1000 + at
        row["figures"]["I-19"] |= {"numerator": 2000 + at, "denominator": 3000 + at}
    made = document(body)
    assert _rows(made.table("sites"), 0, 3) == [
        [row["site"], 1000 + n] for n, row in enumerate(body["by_site"])
    ]
    at = made.table("made_of").head.index("到场率分子")
    found = _rows(made.table("made_of"), at, at + 1)
    assert found == [[2000 + n, 3000 + n] for n in range(len(body["by_site"]))]
    for n, group in enumerate(row for row in body["coverage"][0]["groups"]):
        cells = _rows(made.table("coverage"), *range(2 + 4 * n, 6 + 4 * n))
        shares = [(row["groups"][group], row["year"][group]) for row in body["coverage"]]
        assert cells == [
            [one["numerator"], one["denominator"], one["value"], year["value"]] for one, year in shares
        ]


def test_gaps_versions_populations_and_what_is_not_filed_are_told(body):
    made = document(body)
    assert _rows(made.table("gaps"), 0, 4) == [[gap["site"], gap["silent"]] for gap in body["gaps"]]
    assert [row[2] for row in made.table("gaps").rows if row[2] == "全体"] == [
        "全体" for gap in body["gaps"] if gap["groups"] == ["all"]
    ]
    assert [(str(row[0]), row[2].value) for row in made.table("months").rows] == [
        (one["month"], one["again"]) for one in body["months"]
    ]
    assert made.table("populations").rows == (("示例数据", date(2025, 12, 31), Num(len(body["coverage"]))),)
    assert [row[2:] for row in made.table("unfiled").rows] == [
        (one["event"], one["title"], date(2026, 10, 11)) for one in body["unfiled"]
    ]
    assert _rows(made.table("trend"), 2, 5) == [
        [one["figures"]["I-01"], (one["figures"]["I-07"] or {"value": None})["value"]]
        for one in body["trend"]
    ]


# --- equal to the last digit -----------------------------------------------------------------------------------


def test_the_csv_holds_every_cell_of_every_table(body):
    rows = readers.csv_rows(render(body, "csv"))
    for section in document(body).sections:
        for table in section.tables:
            at = rows.index([table.title], 8) + 1
            assert rows[at] == list(table.head)
            for row, cells in zip(rows[at + 1 :], table.rows, strict=False):
                assert row == [_as_text(cell) for cell in cells]


def _as_text(cell) -> str:
    if isinstance(cell, Num):
        return "—" if cell.value is None else str(cell.value)
    return "" if cell is None else str(cell)


@pytest.mark.parametrize("audience", ["inside", "outside"])
def test_both_readers_of_workbooks_find_every_cell_of_every_table(body, audience):
    raw = render(body, "xlsx", audience)
    book, second = readers.book(raw), readers.second_book(raw)
    made = document(hidden(body) if audience == "outside" else body)
    assert book.sheetnames == list(second) == [section.name for section in made.sections]
    for section in made.sections:
        sheet, other = book[section.name], second[section.name]
        for table in section.tables:
            head = next(
                at
                for at, row in enumerate(sheet.iter_rows(values_only=True))
                if row[: len(table.head)] == table.head
            )
            for at, cells in enumerate(table.rows, start=head + 1):
                wanted = [_in_book(cell, table.id) for cell in cells]
                assert [_plain(cell.value) for cell in sheet[at + 1][: len(cells)]] == wanted
                row = [_plain(None if cell == "" else cell) for cell in other[at][: len(cells)]]
                assert row == wanted


def _in_book(cell, table: str):
    if isinstance(cell, Num):
        return ("—" if table != "trend" else None) if cell.value is None else cell.value
    if isinstance(cell, Month):
        return cell.first_day
    return cell or None


def _plain(value):
    return value.date() if isinstance(value, datetime) else value


def test_the_workbook_is_ready_to_be_read_and_printed(body):
    book = readers.book(render(body, "xlsx"))
    for sheet in book:
        assert sheet.page_setup.paperSize == 9
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.freeze_panes
    assert len(book["趋势"]._charts) == len(document(body).charts) == 8
    rules = [rule for area in book["覆盖"].conditional_formatting for rule in area.rules]
    assert {next(iter(rule.formula)) for rule in rules} == {"0.01", "5", "10", "20"}
    assert book["趋势"]["A14"].value.date() == date(2026, 10, 1)
    for sheet in book:  # nothing is cut, and no head stands above another table
        assert sheet.oddFooter.center.text is None
        assert bool(sheet.print_title_rows) is (sheet.title != "版本与依据")
    meaning = max(book["口径说明"]["D"][1:29], key=lambda cell: len(cell.value))
    assert book["口径说明"].row_dimensions[meaning.row].height >= 2 * 15


def test_a_month_before_anything_was_known_is_not_said_to_be_open(body):
    body["trend"][0]["figures"] = None
    body["trend"][1] |= {"figures": dict.fromkeys(body["trend"][1]["figures"]), "version": 0}
    assert [row[1] for row in document(body).table("trend").rows][:2] == ["没有记录"] * 2
    assert document(body).table("months").rows[0][1] == "没有记录"


def test_a_chart_leaves_out_what_is_hidden_and_gaps_stay_gaps(body):
    body["trend"][-2]["figures"]["I-05"] = 3
    titles = [chart.title for chart in document(body).charts]
    hidden_titles = [chart.title for chart in document(hidden(body)).charts]
    assert "服务人数（人）" in titles
    assert "服务人数（人）" not in hidden_titles
    raw = render(body, "xlsx")
    assert readers.book(raw)["趋势"]["C2"].value is None
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:  # what a viewer draws that does not read the cells
        kept = parts.read("xl/charts/chart1.xml").decode().split("<c:val>")[1]
    assert re.findall(r'<c:pt idx="(\d+)">', kept) == [str(at) for at in range(2, 13)]


@pytest.mark.parametrize("format", ["docx", "pdf"])
@pytest.mark.parametrize("audience", ["inside", "outside"])
def test_paper_holds_every_number_of_the_summary(body, format, audience):
    raw = render(body, format, audience)
    pages = readers.pdf_pages(raw) if format == "pdf" else [readers.docx_text(raw)]
    text = "".join("".join(pages).split())
    for line in summary(hidden(body) if audience == "outside" else body):
        if format == "pdf" or len(line.key) == 1:
            assert words.shown(line.value, line.unit) in text
            assert words.label(line.key).replace(" ", "")[:8] in text


def test_each_page_names_its_version_and_its_hash(body):
    pages = readers.pdf_pages(render(body, "pdf"))
    assert len(pages) > 5
    for number, page in enumerate(pages, start=1):
        assert fingerprint(body) in page
        assert f"第{number}页，共{len(pages)}页" in page
        assert "第1版" in page


def test_the_rows_by_site_are_on_paper(body):
    text = "".join(readers.pdf_pages(render(body, "pdf")))
    for row in body["by_site"]:
        assert row["site"] in text
    for row in document(body).table("coverage").rows:
        assert all(said(cell).replace(" ", "") in text for cell in row)


# --- whenever and for whom -------------------------------------------------------------------------------------


@pytest.mark.parametrize("format", FORMATS)
def test_the_same_body_is_the_same_bytes_on_another_day(body, format):
    with time_machine.travel(datetime(2026, 11, 9, 3, 0, 1), tick=False):  # noqa: DTZ001
        once = render(body, format)
    with time_machine.travel(datetime(2031, 2, 28, 23, 59, 59), tick=False):  # noqa: DTZ001
        again = render(json.loads(json.dumps(body)), format)
    assert once == again
    assert render(body | {"ledger": 1}, format) != once or format in ("csv", "xlsx", "docx")


@pytest.mark.parametrize("format", ["csv", "xlsx", "docx", "pdf"])
def test_outside_shows_what_is_hidden_as_such_and_says_so(body, format):
    body["figures"]["I-12"]["value"] = 3
    body["bridge"]["I-12"] = {"children": 3, "repeated": 0, "own_new": 0, "total": 3}
    raw = render(body, format, Audience.OUTSIDE)
    text = {
        "csv": lambda: raw.decode(),
        "xlsx": lambda: str(readers.second_book(raw)),
        "docx": lambda: readers.docx_text(raw),
        "pdf": lambda: "".join(readers.pdf_pages(raw)),
    }[format]()
    assert "<5" in text
    assert "1至4人" in text.replace(" ", "")
    assert document(hidden(body)).table("sites").rows[0] != document(body).table("sites").rows[0]
    if format in ("docx", "pdf"):
        assert "参与志愿者不足5人" in text or "参与志愿者若干人" in text


def test_a_breakdown_that_is_hidden_is_not_said_to_be_nothing(body):
    body["figures"]["I-22"]["by_channel"] = {}
    body["outside"] = True
    lines = {line.key: line.value for line in summary(body) if line.key[:2] == ("I-22", "by_channel")}
    assert set(lines.values()) == {"*"}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("audience", Audience)
def test_a_month_of_the_older_definitions_is_a_file_too(body, format, audience):
    old = older(body)
    raw = render(old, format, audience)
    if format == "csv":
        rows = readers.csv_rows(raw)
        named = {row[1]: row for row in rows if len(row) == 11}
        year = old["figures"]["I-07"]["year"]
        assert named["社区覆盖率"][7:10] == [str(year[one]) for one in ("value", "numerator", "denominator")]
        assert "满意度" not in named
    assert len(raw) > 500


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("audience", Audience)
def test_a_month_without_anything_makes_a_file_too(app, format, audience):
    people = cast.district(app)
    with app.test_request_context():
        for site in (people.center, people.one):
            assert len(render(figures(site, MONTH), format, audience)) > 500


def test_the_center_s_paper_goes_out_and_all_else_stays_in(body):
    assert [format for format in FORMATS if audience_of(body, format) is Audience.OUTSIDE] == ["docx", "pdf"]
    assert {audience_of(scale.station(), format) for format in FORMATS} == {Audience.INSIDE}
    assert audience_of(body, "pdf", "inside") is Audience.INSIDE
    assert audience_of(body, "csv", "outside") is Audience.OUTSIDE
    assert audience_of(body, "csv", "nobody") is Audience.INSIDE
    assert list(MEDIA) == list(FORMATS)


def test_a_file_is_named_after_site_and_month():
    office = scale.station("湖北路") | {"level": "office"}
    assert file_name(office, "docx") == "湖北路所-2026-10-覆盖报表.docx"
    assert file_name(office, "pdf", "outside") == "湖北路所-2026-10-覆盖报表-对外.pdf"
    assert file_name(scale.station("天津路站"), "csv") == "天津路站-2026-10-覆盖报表.csv"
    for name in scale.HOSTILE:
        made = file_name(scale.station(name), "xlsx")
        assert len(made) <= 64
        assert not set(made) & set('\\/:*?"<>|\r\n\x00\u202e')
        assert made.split("-2026")[0].strip(" .")


def test_hours_are_read_as_hours(body):
    line = next(line for line in summary(body) if line.key == ("I-14",))
    assert (line.unit, words.unit(line)) == (Unit.HOURS, "小时/人")


@pytest.mark.parametrize("format", ["xlsx", "pdf"])
def test_hours_taken_back_are_no_bar_below_the_ground(body, format):
    for one in body["trend"]:
        one["figures"] = dict.fromkeys(one["figures"], 0) | {"I-13": -1.5, "minutes": -90}
    assert [chart.kind for chart in document(body).charts] == ["bar"] * 3
    body["trend"][-1]["figures"]["I-13"] = 2.0
    assert document(body).charts[0].title == "志愿服务时长（小时）"
    assert len(render(body, format)) > 1000
