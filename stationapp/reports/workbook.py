"""The report as a workbook: every table of the document, real numbers and dates, native charts, no formula."""

import io
from datetime import date, datetime
from itertools import pairwise
from math import ceil

from flask_babel import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from stationapp.calendar.rules import Month
from stationapp.reports.rules import Unit
from stationapp.reports.sheet import Cell, Chart, Document, Num, Section, Table
from stationapp.web.paper import width
from stationapp.web.sheets import LEADERS

A4 = 9
INK, HEAD = "#595959", "#EFEBE4"
HEAD_HIGH, LINE_HIGH = 42, 17
"""Points: three lines of a head, and one of a row. A row says its height itself: not every program finds it."""

NARROWEST, WIDEST = 7, 46
"""Columns, in the letters a spreadsheet counts by; a Chinese character takes two."""

_AS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
SHADES = "#E6F0E8", "#CBE0D0", "#A8CCB1", "#84B691"
"""Of a heat table, from few to many; black stays readable on each."""

_TEXTS = {
    "title": {"bold": True, "font_size": 14, "border": 0},
    "label": {"bold": True, "border": 0, "valign": "top"},
    "text": {"text_wrap": True, "valign": "top"},
}
UPRIGHT, LYING = 110, 210
"""Letters side by side that can be read on a page standing or lying."""


class Book:
    """A workbook being written; where each table's rows stand is kept for the charts."""

    def __init__(self, file: io.BytesIO, made_on: date) -> None:
        self.book = Workbook(file, {"in_memory": True, **_AS_TEXT})
        self.made_at = datetime(made_on.year, made_on.month, made_on.day)  # noqa: DTZ001, a file's own local day
        self.places: dict[str, tuple[Worksheet, int]] = {}  # table → sheet, first row of its body
        self.styles: dict[object, Format] = {
            "head": self._style(bold=True, bg_color=HEAD, text_wrap=True, valign="vcenter", align="center"),
            "quiet": self._style(border=0, font_color=INK, text_wrap=True, valign="top"),
            "hidden": self._style(align="right", valign="top"),
            date: self._style(num_format="yyyy-mm-dd", align="left", valign="top"),
            Month: self._style(num_format='yyyy"年"m"月"', align="left", valign="top"),
            Unit.COUNT: self._style(num_format="#,##0", valign="top"),
            Unit.PERCENT: self._style(num_format="0.0", valign="top"),
            Unit.TIMES: self._style(num_format="0.00", valign="top"),
            Unit.HOURS: self._style(num_format="#,##0.0", valign="top"),
        }
        self.shades = [self.book.add_format({"bg_color": shade}) for shade in SHADES]
        for name, look in _TEXTS.items():
            self.styles[name] = self._style(**look)
            self.styles[name, "guarded"] = self._style(**look, quote_prefix=True)

    def _style(self, **settings) -> Format:
        return self.book.add_format({"border": 1, "border_color": "#BFB8AD", **settings})

    def say(self, sheet: Worksheet, row: int, column: int, said: str, style: str = "text") -> None:
        """A text; one that begins like a formula stays a text even when somebody edits its cell."""
        look = (style, "guarded") if said.startswith(LEADERS) else style
        sheet.write_string(row, column, said, self.styles[look])

    def put(self, sheet: Worksheet, row: int, column: int, cell: Cell, blank: bool = False) -> None:
        """One cell as what it is; `blank`: a missing number stays empty, as a chart needs it."""
        if isinstance(cell, Num):
            if cell.is_real:
                sheet.write_number(row, column, cell.value, self.styles[cell.unit])
            elif blank and cell.value is None:
                sheet.write_blank(row, column, None, self.styles["hidden"])
            else:
                sheet.write_string(
                    row, column, "—" if cell.value is None else cell.value, self.styles["hidden"]
                )
        elif isinstance(cell, Month | date):
            on = cell.first_day if isinstance(cell, Month) else cell
            sheet.write_datetime(row, column, on, self.styles[type(cell)])
        elif not cell:
            sheet.write_blank(row, column, None, self.styles["text"])
        else:
            self.say(sheet, row, column, cell)

    def table(self, sheet: Worksheet, at: int, table: Table, widths: list[float]) -> int:
        """A table from row `at` on; answers the row after it."""
        for column, said in enumerate(table.head):
            sheet.write_string(at, column, said, self.styles["head"])
        sheet.set_row(at, HEAD_HIGH)
        first = at + 1
        self.places[table.id] = sheet, first
        for row, cells in enumerate(table.rows, start=first):
            sheet.set_row(row, LINE_HIGH * _lines(cells, widths))
            for column, cell in enumerate(cells):
                self.put(sheet, row, column, cell, blank=table.id == "trend")
        after = first + len(table.rows)
        if not table.rows and table.empty:
            self.say(sheet, after, 0, table.empty, "label")
            return after + 1
        for column in table.heat:
            for shade, (low, high) in zip(self.shades, pairwise((0.01, *table.steps, 1e9)), strict=True):
                rule = {"type": "cell", "criteria": "between", "minimum": low, "maximum": high - 0.01}
                sheet.conditional_format(first, column, after - 1, column, rule | {"format": shade})
        return after


def workbook(document: Document, month: Month) -> bytes:
    """The bytes of the workbook; the same document gives the same."""
    file = io.BytesIO()
    book = Book(file, month.last_day)
    book.book.set_properties({"title": document.title, "created": book.made_at})
    for number, section in enumerate(document.sections):
        _fill(book, document, section, first=number == 0)
    _charts(book, document)
    book.book.close()
    return file.getvalue()


def _fill(book: Book, document: Document, section: Section, *, first: bool) -> None:
    sheet = book.book.add_worksheet(section.name)
    at = _facts(book, sheet, document) if first else 0
    frozen, widths = at, _widths(section)
    for number, table in enumerate(section.tables):
        if number or table.note:
            at += 1 if number else 0
            book.say(sheet, at, 0, table.title, "title")
            if table.note:
                book.say(sheet, at, 2, table.note, "label")
            at += 1
            frozen = at if not number else frozen
        if not number:
            _set_up(sheet, section, document, frozen)
        at = book.table(sheet, at, table, widths)
    if section.tables[0].id == "definitions":
        for below, note in enumerate(document.notes, start=at + 1):
            sheet.merge_range(below, 0, below, 3, note, book.styles["quiet"])
    for column, letters in enumerate(widths):
        sheet.set_column(column, column, letters)
    _fit(sheet, section, widths)


def _facts(book: Book, sheet: Worksheet, document: Document) -> int:
    book.say(sheet, 0, 0, document.title, "title")
    for row, (label, cell) in enumerate(document.facts, start=1):
        book.say(sheet, row, 0, label, "label")
        book.say(sheet, row, 1, str(cell), "label")
    return len(document.facts) + 2


def _set_up(sheet: Worksheet, section: Section, document: Document, head: int) -> None:
    """A4, one page wide, heads that stay on the screen and stand on every page."""
    table = section.tables[0]
    sheet.set_paper(A4)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer(f"&L{_footed(document.title)}　&A&R{_('第 &P 页，共 &N 页')}")
    if len(section.tables) == 1:  # heads of the first table would stand above the others
        sheet.repeat_rows(head)
    sheet.freeze_panes(head + 1, _names(table))
    if table.rows and len(section.tables) == 1:
        sheet.autofilter(head, 0, head + len(table.rows), len(table.head) - 1)


def _names(table: Table) -> int:
    """Columns on the left that say which row it is."""
    texts = 0
    while table.rows and texts < len(table.head) and isinstance(table.rows[0][texts], str):
        texts += 1
    return min(texts, 3)


def _fit(sheet: Worksheet, section: Section, widths: list[float]) -> None:
    """As many pages side by side as it takes to read them, each with the names; charts and definitions on one."""
    if section.tables[0].id in ("trend", "definitions"):
        sheet.fit_to_pages(1, 1)
        return
    if sum(widths) > UPRIGHT:
        sheet.set_landscape()
    pages = max(1, round(sum(widths) / LYING))
    sheet.fit_to_pages(pages, 0)
    if pages > 1:
        sheet.repeat_columns(0, _names(section.tables[0]) - 1)


def _footed(title: str) -> str:
    """A title in a footer, where "&" begins an order and 255 characters are all there is."""
    return title[:80].replace("&", "&&")


def _widths(section: Section) -> list[float]:
    count = max(len(table.head) for table in section.tables)
    widths = [float(NARROWEST)] * count
    for table in section.tables:
        for column, said in enumerate(table.head):
            widths[column] = max(widths[column], min(width(said) * 2 + 2, 12))
        for row in table.rows:
            for column, cell in enumerate(row):
                widths[column] = max(widths[column], min(_letters(cell) + 2, _widest(table)))
    return widths


def _widest(table: Table) -> int:
    return 100 if table.id == "definitions" else WIDEST


def _lines(cells: tuple[Cell, ...], widths: list[float]) -> int:
    """Lines that the longest text of a row is broken into; a little is lost at each end of a line."""
    texts = zip(cells, widths, strict=False)
    return (
        max((ceil(_letters(cell) / (wide - 2)) for cell, wide in texts if isinstance(cell, str)), default=1)
        or 1
    )


def _letters(cell: Cell) -> float:
    if isinstance(cell, Num):
        return len(f"{cell.value:,}") if cell.is_real else 2
    if isinstance(cell, Month | date):
        return 11
    return width(cell or "") * 2


# --- charts ----------------------------------------------------------------------------------------------------

HIGH = 15
"""Rows that a chart takes; two stand beside each other."""

WIDE_PX = 470


def _charts(book: Book, document: Document) -> None:
    """Native charts below the trend, over the very cells of the tables."""
    trend = document.table("trend")
    sheet, first = book.places["trend"]
    below = first + len(trend.rows) + 2
    for number, one in enumerate(document.charts):
        row, right = divmod(number, 2)
        place = {"x_offset": right * (WIDE_PX + 10), "y_offset": 0, "object_position": 2}
        sheet.insert_chart(below + row * HIGH, 0, _chart(book, one), place)


def _chart(book: Book, one: Chart):
    on, first = book.places[one.table.id]
    chart = book.book.add_chart({"type": one.kind})
    rows = first + one.first, first + one.last
    series = {
        "name": one.title,
        "categories": [on.name, rows[0], one.label, rows[1], one.label],
        "values": [on.name, rows[0], one.value, rows[1], one.value],
        "values_data": [number.value for _label, number in one.points],  # a blank cell would be kept as 0
    }
    if one.kind == "line":
        look = {"line": {"color": INK, "width": 2}, "marker": {"type": "circle", "size": 5}}
        chart.set_x_axis({"num_format": 'm"月"', "date_axis": False, "text_axis": True})
        chart.set_y_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#D9D4CA"}}})
    else:
        look = {"fill": {"color": INK}, "gap": 40}
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}})
    labels = {"value": True, "font": {"size": 8}}
    if one.kind == "line":  # every second point says its number: thirteen do not fit
        labels |= {
            "position": "above",
            "custom": [{"delete": at % 2 == 1} for at in range(rows[1] - rows[0] + 1)],
        }
    chart.add_series(series | look | {"data_labels": labels})
    chart.set_title({"name": one.title, "name_font": {"size": 11}})
    chart.set_legend({"none": True})
    chart.set_size({"width": WIDE_PX, "height": 290})
    chart.show_blanks_as("gap")
    return chart
