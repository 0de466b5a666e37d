"""Files out: the same figures to the last digit, and never a formula from a name."""

import csv
import io
import json

import openpyxl
import pytest

from stationapp.db import db, transaction
from stationapp.reports import words
from stationapp.reports.files import FORMATS, render
from stationapp.reports.lines import summary
from stationapp.reports.queries import figures
from stationapp.sites.models import Site
from tests import cast
from tests.reports import build
from tests.reports.build import MONTH


@pytest.fixture
def body(app):
    people = cast.district(app)
    with app.test_request_context():
        with transaction():
            db.session.get_one(Site, people.two.id).short_name = '=HYPERLINK("http://x.example","点我")'
            held = build.event(people.one)
            for _ in range(3):
                build.came(held, build.resident(people.one))
            build.counted(held, 4)
        yield figures(people.office, MONTH)


def test_the_json_is_the_body_itself(body):
    assert json.loads(render(body, "json")) == body


def _numbers(cells) -> list[float]:
    found = []
    for cell in cells:
        try:
            found.append(float(cell))
        except (TypeError, ValueError):
            continue
    return found


def test_the_csv_holds_every_line_of_the_summary_with_its_numbers(body):
    raw = render(body, "csv")
    assert raw.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))
    found = {row[1]: row for row in rows if len(row) == 8}
    for line in summary(body):
        row = found[words.label(line.key)]
        wanted = [value for value in (line.value, line.numerator, line.denominator) if value is not None]
        assert _numbers([row[3], row[5], row[6]]) == wanted
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))]


def test_the_workbook_holds_real_numbers_and_no_formula(body):
    book = openpyxl.load_workbook(io.BytesIO(render(body, "xlsx")))
    assert book.sheetnames == ["汇总", "分站", "空白", "口径说明"]
    found = {row[1].value: row for row in book["汇总"].iter_rows() if row[1].value}
    for line in summary(body):
        row = found[words.label(line.key)]
        assert [row[3].value, row[5].value, row[6].value] == [
            "—" if line.value is None else line.value,
            line.numerator,
            line.denominator,
        ]
    types = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in types
    hostile = [cell for row in book["分站"].iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert [cell.data_type for cell in hostile] == ["s"]
    assert len(book["汇总"]._charts) == 2


@pytest.mark.parametrize("format", sorted(FORMATS))
def test_a_month_without_anything_makes_a_file_too(app, format):
    people = cast.district(app)
    with app.test_request_context():
        assert len(render(figures(people.center, MONTH), format)) > 500
