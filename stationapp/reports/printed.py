"""The report on paper: the document's tables and charts as data for `typst/month.typ`; every page names its version."""

from dataclasses import replace

from flask_babel import gettext as _

from stationapp.calendar.rules import Month
from stationapp.reports import words
from stationapp.reports.lines import summary
from stationapp.reports.official_xml import said
from stationapp.reports.prose import month_said, parts, unit
from stationapp.reports.rules import SPECS, Kind, ReportState, Unit
from stationapp.reports.sheet import Cell, Chart, Document, Num, Table, clean, fingerprint, pick
from stationapp.reports.tables import version
from stationapp.web import pdf
from stationapp.web.paper import width

SIX = ("I-01", "I-04", "I-05", "I-03", "I-07", "I-13")
"""The figures on top, as on the page."""

KEYS = {"sites": 3, "made_of": 3, "coverage": 2, "categories": 2}
"""Wide tables, with the columns that name a row: they are repeated where the others go on. One of a single row says
nothing that the summary does not."""

BESIDE = 14
"""Columns of numbers on a page lying down."""

NAME = 58
"""Millimetres that a name gets at most on a page lying down; a longer one is broken."""

LONGEST_LABEL = 5
"""Characters at each point of a line; where there are more, every second point has none."""

NARROW, WIDEST = 12, 40
"""Characters of a text that is not broken, and from which on a wider column gets no more room."""

SHADES = (20, 45, 70, 100)
"""Of a heat table, from few to many, in per cent of the darkest."""

GROUPS_BESIDE = 12
"""Of the heat table: three groups of four columns."""


def printed(body: dict, made: Document) -> bytes:
    """The PDF."""
    state = words.said(ReportState(body["state"]))
    mark = _("%(version)s · %(state)s", version=version(body["version"]), state=state)
    tidy = body | {"name": clean(body["name"])}
    return pdf.apart(
        "reports/month",
        {
            "title": made.title,
            "name": unit(body),
            "month": month_said(body),
            "mark": mark,
            "foot": _("%(title)s　%(mark)s", title=made.title, mark=mark),
            "hash": fingerprint(body),
            "hash_label": _("校验值"),
            "page": [_("第 "), _(" 页，共 "), _(" 页")],
            "sentence": words.sentence(tidy),
            "six": _six(body),
            "facts": [[label, said(cell)] for label, cell in made.facts if label != _("校验值")],
            "parts": [{"heading": part.heading, "said": part.paragraphs} for part in parts(body)],
            "charts": [_drawn(chart) for chart in made.charts],
            "charts_label": _("图表"),
            "gaps": _laid(made.table("gaps")),
            "upright": [_laid(made.table(id)) for id in ("summary", "bridge", "trend")],
            "wide": [_laid(one) for one in _wide(made) if len(one.rows) > 1],
            "basis": [
                _laid(made.table(id)) for id in ("volunteers", "months", "populations", "unfiled", "rooms")
            ],
            "definitions": [list(row) for row in made.table("definitions").rows],
            "definitions_label": _("口径说明"),
            "notes": list(made.notes),
        },
        tagged=False,  # thousands of cells; who listens to a report has its page, its text document and its workbook
    )


def _six(body: dict) -> list[dict]:
    lines = {line.key: line for line in summary(body)}
    trend = body.get("trend") or []
    before = (trend[-2]["figures"] if len(trend) > 1 else None) or {}
    found = []
    for id in SIX:
        line, last = lines[id,], before.get(id)
        last = last["value"] if isinstance(last, dict) else last
        made_of = ""
        if SPECS[id].kind is Kind.RATIO:
            above, below = (words.shown(one, Unit.COUNT) for one in (line.numerator, line.denominator))
            made_of = f"{above} ÷ {below}"
        counted = "" if line.unit is Unit.PERCENT else words.unit(line)
        found.append(
            {
                "label": str(words.FIGURES[id]),
                "value": words.shown(line.value, line.unit),
                "unit": counted,
                "made": made_of,
                "notes": words.notes(line),
                "year": _("年内 %(value)s", value=words.shown(line.year.value, line.unit))
                if line.year
                else "",
                "last": _("上月 %(value)s", value=words.shown(last, line.unit)) if id in before else "",
            }
        )
    return found


def _laid(table: Table) -> dict:
    """A table as texts; a column of numbers stands right; `heat` in per cent of the darkest shade."""
    heat = {column: _shades(table, column) for column in table.heat}
    return {
        "id": table.id,
        "title": table.title,
        "note": table.note,
        "empty": table.empty,
        "head": list(table.head),
        "columns": _columns(table),
        "name": min(10 + 2.7 * max((width(said(row[1])) for row in table.rows), default=0), NAME),
        "right": [any(isinstance(row[at], Num) for row in table.rows) for at in range(len(table.head))],
        "rows": [[said(cell) for cell in row] for row in table.rows],
        "heat": [
            [heat[at][row] if at in heat else 0 for at in range(len(table.head))]
            for row in range(len(table.rows))
        ]
        if heat
        else [],
    }


def _columns(table: Table) -> list[float]:
    """Shares of what is left for columns of long texts; 0: as wide as it needs to be."""
    found = []
    for at in range(len(table.head)):
        longest = max((width(row[at]) for row in table.rows if isinstance(row[at], str)), default=0)
        found.append(0 if longest <= NARROW else min(longest, WIDEST))
    return found


def _shades(table: Table, column: int) -> list[int]:
    cells = [row[column] for row in table.rows]
    values = [cell.value if isinstance(cell, Num) and cell.is_real else 0 for cell in cells]
    return [SHADES[sum(value >= step for step in table.steps)] if value > 0 else 0 for value in values]


def _wide(made: Document) -> list[Table]:
    tables = [_paired(made.table(id)) if id == "made_of" else made.table(id) for id in KEYS]
    return [part for table in tables for part in _split(table)]


def _paired(table: Table) -> Table:
    """Numerator and denominator in one column: 2 ÷ 3."""
    keys, pairs = KEYS["made_of"], range(KEYS["made_of"], len(table.head), 2)
    head = [table.head[at].removesuffix(_("分子")) for at in pairs]
    rows = tuple((*row[:keys], *(_pair(row[at], row[at + 1]) for at in pairs)) for row in table.rows)
    return replace(table, title=_("分站：分子 ÷ 分母"), head=(*table.head[:keys], *head), rows=rows)


def _pair(above: Cell, below: Cell) -> str:
    if isinstance(above, Num) and isinstance(below, Num):
        return "—" if above.value is below.value is None else f"{said(above)} ÷ {said(below)}"
    return ""


def _split(table: Table) -> list[Table]:
    """Parts of a table as wide as a page lying down, each with the columns that name its rows."""
    keys = KEYS[table.id]
    rest = list(range(keys, len(table.head)))
    size = GROUPS_BESIDE if table.id == "coverage" else -(-len(rest) // -(-len(rest) // BESIDE))
    cuts = [rest[at : at + size] for at in range(0, len(rest), size)]
    if table.id == "coverage":  # the last column is of the community as a whole
        cuts = [*cuts[:-2], cuts[-2] + cuts[-1]]
    first = list(range(keys)) if keys < 3 else [0, 2]
    parts = [pick(table, [*first, *cut]) for cut in cuts]
    on = _("%(title)s（续）", title=table.title)
    return [parts[0], *(replace(part, title=on) for part in parts[1:])]


def _drawn(chart: Chart) -> dict:
    """Points in thousandths of the highest, with their words; a missing month has none."""
    values = [number.value for _label, number in chart.points]
    most = max(value for value in values if value is not None)
    longest = max(len(words.shown(number.value, number.unit)) for _label, number in chart.points)
    crowded = chart.kind == "line" and longest > LONGEST_LABEL
    unsaid = range(len(values) - 2, -1, -2) if crowded else ()
    return {
        "kind": chart.kind,
        "title": chart.title,
        "points": [
            {
                "label": f"{label.month}月" if isinstance(label, Month) else label.rpartition(" · ")[2],
                "said": ""
                if number.value is None or at in unsaid
                else words.shown(number.value, number.unit),
                "height": -1 if number.value is None else max(0, round(1000 * number.value / most)),
            }
            for at, (label, number) in enumerate(chart.points)
        ],
    }
