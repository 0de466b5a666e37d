"""Bytes and a file name → a grid of cells, or one clear problem (surface.md "Files in", trust.md §3).

`read_table(data, filename)` never raises for anything a file can hold. CSV may be UTF-8 with or without BOM,
UTF-16 with BOM (Excel's "Unicode text") or GB18030, cut by comma, tab or semicolon. XLSX is read with
calamine after its parts were measured: a few kilobytes can claim gigabytes, or one cell in the last corner.
"""

import csv
import io
import re
import zipfile
from dataclasses import dataclass

import python_calamine

from stationapp.importing.packed import TooMuch, measure
from stationapp.importing.problems import Problem

MAX_BYTES = 10_000_000
MAX_ROWS = 20_000
MAX_COLUMNS = 100
MAX_CELL = 5_000  # characters

_OLE = b"\xd0\xcf\x11\xe0"
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Line:
    """One row of a sheet: its number as Excel shows it, and its cells (texts, numbers, dates, None)."""

    number: int
    cells: tuple[object, ...]

    @property
    def is_blank(self) -> bool:
        return all(cell is None for cell in self.cells)


@dataclass(frozen=True)
class Sheet:
    """A visible sheet (a CSV file is one without a name). Blank lines are left out, numbers keep counting."""

    name: str
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class Table:
    """A file taken apart. When it could not be, `sheets` is empty and `problems` says why."""

    file: str
    sheets: tuple[Sheet, ...]
    problems: tuple[Problem, ...] = ()


class _Refused(Exception):
    """The file as a whole is not taken; the message is the sentence for the person."""


def read_table(data: bytes, filename: str) -> Table:
    """Take the file apart. What it is decides its content, not its name."""
    name = re.sub(r"\s", "?", _CONTROL.sub("?", re.split(r"[/\\]", filename)[-1]))[-120:]
    problems: list[Problem] = []
    try:
        if len(data) > MAX_BYTES:
            raise _Refused(
                f"文件超过{MAX_BYTES // 1_000_000}MB，没有读取。请拆成几个文件，或删去图片后再上传。"
            )
        if not data.strip():
            raise _Refused("文件是空的。请检查是否选错了文件。")
        if data.startswith(_OLE):
            raise _Refused("这是旧版 .xls 或加了密码的文件。请在表格软件里另存为不带密码的 .xlsx 再上传。")
        sheets = _workbook(data) if data.startswith(b"PK") else [("", _csv_rows(data))]
        cleaned = tuple(Sheet(title, _lines(rows, name, title, problems)) for title, rows in sheets)
        if not problems and not any(sheet.lines for sheet in cleaned):
            raise _Refused("文件里没有内容。请检查是否选错了文件。")
    except _Refused as refused:
        return Table(name, (), (Problem(name, "", None, "", "", str(refused)),))
    return Table(name, cleaned, tuple(problems))


def _lines(rows: list[list[object]], file: str, sheet: str, problems: list[Problem]) -> tuple[Line, ...]:
    """Rows with their numbers; a row with characters that no keyboard makes becomes a problem."""
    lines = []
    for number, row in enumerate(rows, start=1):
        texts = [cell for cell in row if isinstance(cell, str)]
        bad = next((text for text in texts if _CONTROL.search(text)), None)
        if bad is not None:
            value = _CONTROL.sub("□", bad)[:40]
            message = f"读到“{value}”，里面有看不见的控制字符（显示为□）。请把这一格清空后重新输入。"
        elif any(len(text) > MAX_CELL for text in texts):
            value = next(text for text in texts if len(text) > MAX_CELL)[:20] + "…"
            message = f"读到“{value}”，这一格超过{MAX_CELL}个字。请缩短。"
        else:
            line = Line(number, tuple(_cell(cell) for cell in row))
            if not line.is_blank:
                lines.append(line)
            continue
        problems.append(Problem(file, sheet, number, "", value, message))
    return tuple(lines)


def _cell(value: object) -> object:
    if isinstance(value, str):
        value = value.strip().strip("\ufeff\u200b")
    return None if value == "" else value


def _csv_rows(data: bytes) -> list[list[object]]:
    text = _decoded(data)
    head = "\n".join(text[:200_000].splitlines()[:60])
    delimiter = max(",\t;", key=lambda mark: sum(map(len, _split(head, mark, forgiving=True))))
    best = _split(text, delimiter)
    if any(len(row) > MAX_COLUMNS for row in best):
        raise _Refused(f"有一行超过{MAX_COLUMNS}列，不像一张表。请检查分隔符和引号。")
    return best


def _split(text: str, delimiter: str, *, forgiving: bool = False) -> list[list[object]]:
    rows: list[list[object]] = []
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            if len(rows) >= MAX_ROWS:
                raise _Refused(f"文件超过{MAX_ROWS}行，没有读取。请拆成几个文件再上传。")
            rows.append(row)
    except csv.Error:
        if not forgiving:
            raise _Refused(f"第{len(rows) + 1}行附近的引号没有配对，读不下去。请检查后再上传。") from None
    return rows


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return data.decode("utf-16")
        except UnicodeDecodeError:
            raise _Refused("文件不完整，读不成文字。请重新导出为 UTF-8 的 CSV。") from None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        utf8 = data.decode("utf-8", "replace")
        place = data[: error.start].count(b"\n") + 1
    # GB18030 accepts nearly everything, so a damaged UTF-8 file would turn into nonsense without complaint.
    if not data.startswith(b"\xef\xbb\xbf") and _han(utf8) <= utf8.count("\ufffd"):
        try:
            return data.decode("gb18030")
        except UnicodeDecodeError as error:
            place = data[: error.start].count(b"\n") + 1
    raise _Refused(f"第{place}行有读不成文字的字节。请用表格软件打开，另存为 UTF-8 的 CSV 或 .xlsx 再上传。")


def _han(text: str) -> int:
    return len(re.findall("[\u4e00-\u9fff]", text))


def _workbook(data: bytes) -> list[tuple[str, list[list[object]]]]:
    try:
        measure(data, rows=MAX_ROWS, columns=MAX_COLUMNS)
        return _sheets(data)
    except TooMuch as error:
        raise _Refused(str(error)) from None
    except (zipfile.BadZipFile, python_calamine.CalamineError) as error:
        raise _damaged() from error
    except BaseException as error:
        # A panic inside the reader arrives as a bare BaseException; the two below are not about the file.
        if isinstance(error, KeyboardInterrupt | SystemExit | MemoryError | _Refused):
            raise
        raise _damaged() from error


def _damaged() -> _Refused:
    return _Refused("文件打不开，可能已损坏或不是 .xlsx。请用表格软件打开，另存为 .xlsx 再上传。")


def _sheets(data: bytes) -> list[tuple[str, list[list[object]]]]:
    book = python_calamine.load_workbook(io.BytesIO(data))
    found = []
    for meta in book.sheets_metadata:
        if (
            meta.typ is not python_calamine.SheetTypeEnum.WorkSheet
            or meta.visible is not python_calamine.SheetVisibleEnum.Visible
        ):
            continue
        sheet = book.get_sheet_by_name(meta.name)
        rows = [[_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
        _fill_merged(rows, sheet.merged_cell_ranges or [])
        found.append((meta.name, rows))
    return found


def _fill_merged(rows: list[list[object]], ranges: list[tuple[tuple[int, int], tuple[int, int]]]) -> None:
    """Repeat a value merged down a column (one 承办单位, three activities) in each row that says something.

    Merges across columns are titles and total rows: they keep their one value at the top left.
    """
    own = [any(cell is not None for cell in row) for row in rows]
    budget = MAX_ROWS * 5
    for (top, left), (bottom, right) in ranges:
        if left != right or top >= len(rows) or left >= len(rows[top]):
            continue
        for index in range(top + 1, min(bottom + 1, len(rows))):
            budget -= 1
            if budget < 0:
                return
            if own[index] and rows[index][left] is None:
                rows[index][left] = rows[top][left]
