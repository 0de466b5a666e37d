"""A report as a file: JSON, CSV and XLSX from one body, equal to the last digit (surface.md, Files out)."""

import csv
import io
import json
from collections.abc import Callable, Iterator

from flask_babel import gettext as _
from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from stationapp.reports import words
from stationapp.reports.lines import SummaryLine, summary
from stationapp.reports.rules import SPECS, Axis, ReportState, Unit
from stationapp.sites.rules import Group, Level
from stationapp.web.sheets import harmless


def render(figures: dict, format: str) -> bytes:
    """The body (`queries.figures`, or a frozen one) in one of FORMATS."""
    return FORMATS[format](figures)


def to_json(figures: dict) -> bytes:
    """UTF-8, readable by people too."""
    return (json.dumps(figures, ensure_ascii=False, indent=1) + "\n").encode()


def to_csv(figures: dict) -> bytes:
    """UTF-8 with a BOM; summary, sites and gaps below one another, one value a cell."""
    text = io.StringIO(newline="")
    write = csv.writer(text)
    for row in _heading(figures):
        write.writerow(harmless(cell) for cell in row)
    for head, rows in _tables(figures):
        write.writerow([])
        write.writerow(harmless(cell) for cell in head)
        write.writerows([harmless(cell) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _tables(figures: dict) -> Iterator[tuple[list, list[list]]]:
    yield _summary_head(), [_summary_row(line) for line in summary(figures)]
    yield [_("桥接"), _("下级合计"), _("跨站重复"), _("本级自办新增"), _("合计")], _bridge_rows(figures)
    yield _site_head(), _site_rows(figures)
    yield _coverage_head(), _coverage_rows(figures)
    yield [_("代码"), _("社区"), _("当月没有轮上的群体")], _gap_rows(figures)


def _heading(figures: dict) -> list[list]:
    sources = "；".join(f"{one['source']}（{one['as_of']}）" for one in figures["populations"])
    return [
        [_("%(site)s %(month)s 覆盖报表", site=figures["name"], month=figures["month"])],
        [_("阵地代码"), figures["site"]],
        [_("状态"), words.said(ReportState(figures["state"])), _("版本"), figures["version"]],
        [_("口径版本"), figures["definitions"]],
        [_("人口来源"), sources or "—"],
    ]


def _summary_head() -> list:
    return [_("编号"), _("指标"), _("口径"), _("数值"), _("单位"), _("分子"), _("分母"), _("备注")]


def _summary_row(line: SummaryLine) -> list:
    axis: Axis = SPECS[line.id].axis
    unit = words.said(line.unit) or (words.counting(line.id) if line.key[-1] != "minutes" else _("分钟"))
    note = _("超过 100%") if line.over else ""
    value = "—" if line.value is None else line.value
    return [
        line.id,
        words.label(line.key),
        words.said(axis),
        value,
        unit,
        line.numerator,
        line.denominator,
        note,
    ]


def _bridge_rows(figures: dict) -> list[list]:
    return [
        [str(words.FIGURES[id]), one["children"], one["repeated"], one["own_new"], one["total"]]
        for id, one in figures["bridge"].items()
    ]


_BY_SITE = tuple(id for id in SPECS if id != "I-08")


def _site_head() -> list:
    return [_("代码"), _("层级"), _("名称"), *(str(words.FIGURES[id]) for id in _BY_SITE)]


def _site_rows(figures: dict) -> list[list]:
    rows = []
    for row in figures["by_site"]:
        name = _("%(name)s（本级自办）", name=row["name"]) if row["own"] else row["name"]
        values = [row["figures"].get(id, {}).get("value", "") for id in _BY_SITE]
        rows.append(
            [row["site"], words.said(Level(row["level"])), name, *("—" if v is None else v for v in values)]
        )
    return rows


def _coverage_head() -> list:
    head = [_("代码"), _("社区")]
    for group in Group:
        said = words.said(group)
        head += [
            _("%(group)s人数", group=said),
            _("%(group)s人口", group=said),
            _("%(group)s覆盖率%%", group=said),
        ]
    return head


def _coverage_rows(figures: dict) -> list[list]:
    rows = []
    for row in figures["coverage"]:
        cells = [row["site"], row["name"]]
        for group in Group:
            share = row["groups"][group.value]
            cells += [
                share["numerator"],
                "—" if share["denominator"] is None else share["denominator"],
                "—" if share["value"] is None else share["value"],
            ]
        rows.append(cells)
    return rows


def _gap_rows(figures: dict) -> list[list]:
    return [
        [gap["site"], gap["name"], "、".join(words.said(Group(group)) for group in gap["groups"])]
        for gap in figures["gaps"]
    ]


def to_xlsx(figures: dict) -> bytes:
    """A workbook: 汇总, 分站, 空白, 口径说明; real numbers, native charts, no text taken for a formula."""
    file = io.BytesIO()
    book = Workbook(
        file,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        },
    )
    book.set_properties({"title": _heading(figures)[0][0]})
    formats = {
        "head": book.add_format({"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter"}),
        "title": book.add_format({"bold": True, "font_size": 14}),
        Unit.COUNT: book.add_format({"num_format": "#,##0"}),
        Unit.PERCENT: book.add_format({"num_format": "0.0"}),
        Unit.TIMES: book.add_format({"num_format": "0.00"}),
        Unit.HOURS: book.add_format({"num_format": "#,##0.0"}),
    }
    for name, fill in (
        (_("汇总"), _fill_summary),
        (_("分站"), _fill_sites),
        (_("空白"), _fill_gaps),
        (_("口径说明"), _fill_definitions),
    ):
        sheet = book.add_worksheet(name)
        sheet.set_paper(9)  # A4
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        fill(book, sheet, figures, formats)
    book.close()
    return file.getvalue()


def _put(
    sheet: Worksheet, at: int, row: list, style: Format | None = None, units: list | None = None
) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(at, column, cell, style)
        elif cell is not None:
            sheet.write_number(at, column, cell, units[column] if units else style)


def _fill_summary(book: Workbook, sheet: Worksheet, figures: dict, formats: dict) -> None:
    heading = _heading(figures)
    for at, row in enumerate(heading):
        _put(sheet, at, row, formats["title"] if at == 0 else None)
    at = len(heading) + 1
    _put(sheet, at, _summary_head(), formats["head"])
    first = {}
    for line in summary(figures):
        at += 1
        first.setdefault(line.key[:2], at)
        units = [formats[Unit.COUNT]] * 8
        units[3] = formats[line.unit]
        _put(sheet, at, _summary_row(line), units=units)
    last = at
    at += 2
    _put(sheet, at, [_("桥接"), _("下级合计"), _("跨站重复"), _("本级自办新增"), _("合计")], formats["head"])
    for row in _bridge_rows(figures):
        at += 1
        _put(sheet, at, row, formats[Unit.COUNT])
    sheet.set_column(0, 0, 14)
    sheet.set_column(1, 1, 30)
    sheet.set_column(2, 7, 12)
    parts = (
        (("I-01", "by_category"), figures["figures"]["I-01"]["by_category"], _("场次（按类别）")),
        (("I-04", "by_band"), figures["figures"]["I-04"]["by_band"], _("人次（按年龄段）")),
    )
    place = len(heading) + 1
    for key, values, title in parts:
        if values:
            sheet.insert_chart(place, 9, _chart(book, sheet, first[key], len(values), title))
            place += 16
    sheet.freeze_panes(len(heading) + 2, 2)
    sheet.autofilter(len(heading) + 1, 0, last, 7)


def _chart(book: Workbook, sheet: Worksheet, first: int, count: int, title: str):
    chart = book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "categories": [sheet.name, first, 1, first + count - 1, 1],
            "values": [sheet.name, first, 3, first + count - 1, 3],
            "data_labels": {"value": True},
            "fill": {"color": "#595959"},
        }
    )
    chart.set_title({"name": title})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    return chart


def _fill_sites(book: Workbook, sheet: Worksheet, figures: dict, formats: dict) -> None:
    _put(sheet, 0, _site_head(), formats["head"])
    units = [formats[Unit.COUNT]] * 3 + [formats[SPECS[id].unit] for id in _BY_SITE]
    for at, row in enumerate(_site_rows(figures), start=1):
        _put(sheet, at, row, units=units)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 1, 6)
    sheet.set_column(2, 2, 28)
    sheet.set_column(3, 14, 10)
    sheet.freeze_panes(1, 3)


def _fill_gaps(book: Workbook, sheet: Worksheet, figures: dict, formats: dict) -> None:
    _put(sheet, 0, [_("代码"), _("社区"), _("当月没有轮上的群体")], formats["head"])
    at = 0
    for at, row in enumerate(_gap_rows(figures), start=1):
        _put(sheet, at, row)
    at += 3
    _put(sheet, at, _coverage_head(), formats["head"])
    units = [formats[Unit.COUNT]] * 2 + [
        formats[Unit.COUNT],
        formats[Unit.COUNT],
        formats[Unit.PERCENT],
    ] * len(Group)
    for below, row in enumerate(_coverage_rows(figures), start=at + 1):
        _put(sheet, below, row, units=units)
    sheet.set_column(0, 0, 16)
    sheet.set_column(1, 2, 28)


def _fill_definitions(book: Workbook, sheet: Worksheet, figures: dict, formats: dict) -> None:
    _put(sheet, 0, [_("编号"), _("指标"), _("口径"), _("怎么算")], formats["head"])
    at = 0
    for at, id in enumerate(SPECS, start=1):
        row = [id, str(words.FIGURES[id]), words.said(SPECS[id].axis), str(words.MEANING[id])]
        _put(sheet, at, row)
    for below, note in enumerate(words.NOTES, start=at + 2):
        sheet.write_string(below, 0, str(note))
    sheet.set_column(1, 2, 14)
    sheet.set_column(3, 3, 90)


FORMATS: dict[str, Callable[[dict], bytes]] = {"json": to_json, "csv": to_csv, "xlsx": to_xlsx}
"""The formats there are."""

MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
