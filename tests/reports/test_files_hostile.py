"""Names and titles people wrote: never a formula in any reader, never a broken file."""

import io
import json
import zipfile
from xml.etree import ElementTree

import pytest

from stationapp.reports.files import FORMATS, render
from stationapp.reports.sheet import LONGEST, clean
from stationapp.web.sheets import LEADERS
from tests.reports import bodies_at_scale as scale
from tests.reports import readers


@pytest.fixture
def told(app):
    with app.test_request_context():
        yield


def hostile(at: int) -> dict:
    """A district in which that name stands wherever a text can."""
    name = scale.HOSTILE[at]
    body = scale.district(6, names=(name, name, name, name))
    body["populations"] = [{"as_of": name, "source": name, "communities": 3}]
    body["unfiled"] = [
        {"site": "410305001001", "name": name, "event": "E1", "title": name, "on": "2026-10-11"}
    ]
    return body


NAMES = pytest.mark.parametrize("at", range(len(scale.HOSTILE)))


@NAMES
def test_no_cell_of_the_workbook_is_a_formula_or_a_link(told, at):
    raw = render(hostile(at), "xlsx")
    book = readers.book(raw)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert "f" not in {cell.data_type for cell in cells if not str(cell.value).startswith("=")}
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        for part in parts.namelist():
            root = ElementTree.fromstring(parts.read(part))
            tags = {element.tag.rpartition("}")[2] for element in root.iter()}
            assert not tags & {"hyperlink", "ddeLink", "externalReference"}
            if part.startswith("xl/worksheets/sheet"):
                assert "f" not in tags
    said = [cell for rows in readers.second_book(raw).values() for row in rows for cell in row]
    assert clean(scale.HOSTILE[at]) in said


@NAMES
def test_what_begins_like_a_formula_stays_text_when_the_cell_is_edited(told, at):
    book = readers.book(render(hostile(at), "xlsx"))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.value.startswith(LEADERS):
                    assert cell.quotePrefix


@NAMES
def test_no_cell_of_the_csv_begins_like_a_formula(told, at):
    rows = readers.csv_rows(render(hostile(at), "csv"))
    assert [cell for row in rows for cell in row if cell.startswith(LEADERS)] == []
    assert not [cell for row in rows for cell in row if set(cell) & set("\x00\r\n\x0b\u202e")]


@NAMES
def test_the_official_report_opens_and_says_the_name_as_text(told, at):
    raw = render(hostile(at), "docx")
    assert len(readers.docx(raw).tables) >= 3
    assert clean(scale.HOSTILE[at]) in readers.docx_text(raw)


@NAMES
def test_the_paper_is_set_and_says_the_name_as_text(told, at):
    pages = readers.pdf_pages(render(hostile(at), "pdf"))
    shown = clean(scale.HOSTILE[at]).replace(" ", "")
    if shown.isascii():
        assert shown[:12] in pages[0]
    assert 5 < len(pages) < 40


@NAMES
def test_the_json_keeps_it_whole(told, at):
    assert json.loads(render(hostile(at), "json")) == hostile(at)


def test_a_text_is_cut_where_nobody_reads_on():
    assert len(clean("长" * 2000)) == LONGEST
    assert clean("前\x00\r\n后\u202e") == "前 后"


@pytest.mark.parametrize("format", FORMATS)
def test_a_station_with_a_name_of_two_thousand_letters(told, format):
    assert len(render(scale.station("w" * 2000), format)) < 3_000_000
