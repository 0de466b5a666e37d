"""Bytes become a grid, or one clear sentence."""

import io
import re
import tracemalloc
import zipfile
from datetime import datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stationapp.importing import tables
from stationapp.importing.tables import Line, read_table

SAMPLE = Path(tables.__file__).parents[1] / "sample"
NINE = datetime(2026, 11, 3, 9, 0)  # noqa: DTZ001 -- a cell has no time zone
TEXT = "代码,名称\n410305001001,湖北路\n410305001002,天津路\n"
GRID = (
    Line(1, ("代码", "名称")),
    Line(2, ("410305001001", "湖北路")),
    Line(3, ("410305001002", "天津路")),
)


def workbook(rows, *, merged=(), title="表"):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for area in merged:
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def repacked(data, **changes):
    """The same archive with parts replaced or added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, changes.pop(name, None) or old.read(name))
        for name, content in changes.items():
            new.writestr(name, content)
    return out.getvalue()


def refusal(data, name="x.csv"):
    table = read_table(data, name)
    assert table.sheets == () and len(table.problems) == 1
    return table.problems[0].message


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("mark", [",", "\t", ";"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_csv_is_read_in_each_encoding_with_each_delimiter(encoding, mark, end):
    data = TEXT.replace(",", mark).replace("\n", end).encode(encoding)
    table = read_table(data, "a.csv")
    assert table.problems == ()
    assert table.sheets[0].lines == GRID


def test_a_rare_character_that_only_gb18030_has_is_read():
    table = read_table("代码,名称\n1,㐀𠮷村\n".encode("gb18030"), "a.csv")
    assert table.sheets[0].lines[1].cells == ("1", "㐀𠮷村")


def test_numbers_of_lines_are_those_excel_shows():
    table = read_table('代码,名称\n\n1,"两\n行"\n,,\n2,乙\n'.encode(), "a.csv")
    assert [line.number for line in table.sheets[0].lines] == [1, 3, 5]


def test_utf8_with_a_broken_byte_is_not_taken_for_gb18030():
    data = (TEXT * 20).encode()
    broken = data[:300] + b"\xff" + data[300:]
    assert "读不成文字" in refusal(broken)


@pytest.mark.parametrize("data", [b"", b"  \n", "\ufeff".encode(), b",,,\n,,\n"])
def test_an_empty_file_says_so(data):
    assert re.search("文件是空的|没有内容", refusal(data))


def test_a_file_beyond_the_cap_is_not_looked_at():
    assert "10MB" in refusal(b"a" * (tables.MAX_BYTES + 1))


def test_too_many_rows_are_refused_whole():
    assert "20000行" in refusal(b"1,2\n" * (tables.MAX_ROWS + 1))
    assert "20000行" in refusal(workbook([[1, 2]] * (tables.MAX_ROWS + 1)), "a.xlsx")


def test_a_row_with_nul_or_control_characters_is_a_problem_and_the_others_are_read():
    table = read_table(b"a,b\n1,x\x00y\n2,\x1bz\n3,ok\n", "a.csv")
    assert [(one.row, "控制字符" in one.message) for one in table.problems] == [(2, True), (3, True)]
    assert [line.cells[0] for line in table.sheets[0].lines] == ["a", "3"]


def test_lone_surrogates_never_come_through():
    for data in (b"a,b\n1,\xed\xa0\x80\n", "a,b\n1,\ud800\n".encode("utf-16", "surrogatepass")):
        table = read_table(data, "a.csv")
        cells = [cell for sheet in table.sheets for line in sheet.lines for cell in line.cells]
        assert not any(re.search("[\ud800-\udfff]", str(cell)) for cell in cells)


def test_a_name_with_a_path_or_odd_characters_is_shown_harmlessly():
    assert read_table(b"", "C:\\temp\\..\\a\x00\n.csv").file == "a??.csv"
    assert read_table(b"", "../../etc/计划.csv").file == "计划.csv"


def test_a_giant_cell_is_a_problem_of_its_row():
    table = read_table(f"a,b\n1,{'长' * 6000}\n2,x\n".encode(), "a.csv")
    assert table.problems[0].row == 2 and "5000" in table.problems[0].message


def test_a_workbook_keeps_dates_numbers_and_row_numbers():
    data = workbook([["标题"], [], ["日期", "数"], [NINE, 15]])
    assert read_table(data, "a.xlsx").sheets[0].lines == (
        Line(1, ("标题", None)),
        Line(3, ("日期", "数")),
        Line(4, (NINE, 15.0)),
    )


def test_a_value_merged_down_is_filled_and_one_merged_across_is_not():
    rows = [
        ["总标题", None, None],
        ["单位", "活动", "数"],
        ["甲", "一", 1],
        [None, "二", 2],
        [None, None, None],
    ]
    data = workbook(rows, merged=["A1:C1", "A3:A5"])
    assert [line.cells for line in read_table(data, "a.xlsx").sheets[0].lines] == [
        ("总标题", None, None),
        ("单位", "活动", "数"),
        ("甲", "一", 1.0),
        ("甲", "二", 2.0),
    ]


def test_hidden_sheets_are_passed_over():
    book = openpyxl.Workbook()
    book.active.append(["看得见"])
    hidden = book.create_sheet("底稿")
    hidden.append(["看不见"])
    hidden.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    assert [sheet.name for sheet in read_table(out.getvalue(), "a.xlsx").sheets] == ["Sheet"]


def test_a_zip_bomb_is_not_opened():
    bomb = repacked(workbook([["a"]]), **{"xl/media/big.bin": b"0" * 101_000_000})
    assert len(bomb) < 1_000_000
    tracemalloc.start()
    try:
        assert "100MB" in refusal(bomb, "a.xlsx")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_one_cell_in_the_last_corner_does_not_allot_the_sheet():
    sheet = (
        b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        b'<row r="1"><c r="A1"><v>1</v></c></row><row r="%d"><c r="%s%d"><v>1</v></c></row></sheetData></worksheet>'
    )
    far = repacked(workbook([["a"]]), **{"xl/worksheets/sheet1.xml": sheet % (1048576, b"XFD", 1048576)})
    wide = repacked(workbook([["a"]]), **{"xl/worksheets/sheet1.xml": sheet % (2, b"XFD", 2)})
    assert "20000行" in refusal(far, "a.xlsx")
    assert "100列" in refusal(wide, "a.xlsx")


def test_an_archive_that_lies_about_its_sizes_is_refused():
    data = bytearray(repacked(workbook([["a"]]), **{"xl/big.xml": b"<a>" + b"0" * 200_000 + b"</a>"}))
    at = data.rindex(b"xl/big.xml") - 46 + 24
    data[at : at + 4] = (10).to_bytes(4, "little")
    assert "打不开" in refusal(bytes(data), "a.xlsx")


def test_what_is_no_workbook_says_what_to_do():
    plain_zip = io.BytesIO()
    with zipfile.ZipFile(plain_zip, "w") as archive:
        archive.writestr("a.txt", "x")
    assert "不是 .xlsx" in refusal(plain_zip.getvalue(), "a.xlsx")
    assert "打不开" in refusal(b"PK\x03\x04 broken", "a.xlsx")
    assert ".xls" in refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "a.xls")


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_no_bytes_make_a_traceback(data):
    for start in (b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf"):
        table = read_table(start + data, "x")
        assert table.sheets or table.problems


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_no_damage_to_a_workbook_makes_a_traceback(data):
    whole = bytearray((SAMPLE / "jianxi" / "plan-2026-11.xlsx").read_bytes())
    for _ in range(data.draw(st.integers(1, 5))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    table = read_table(bytes(whole[: data.draw(st.integers(100, len(whole)))]), "x.xlsx")
    assert table.sheets or table.problems
