"""A report as a file, all from one body and equal to the last digit (surface.md, Files out).

The same body gives the same bytes: dates inside a file are those of the month, never now.
"""

import csv
import io
import json
from datetime import date
from pathlib import Path

from stationapp.calendar.rules import Month
from stationapp.reports import words
from stationapp.reports.few import unsaid
from stationapp.reports.life_rules import Audience
from stationapp.reports.official import official
from stationapp.reports.printed import printed
from stationapp.reports.sheet import Document, plain
from stationapp.reports.small_cells import hidden
from stationapp.reports.tables import document
from stationapp.reports.workbook import workbook
from stationapp.sites.rules import Level
from stationapp.web.paper import settable
from stationapp.web.sheets import harmless

MEDIA = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}
"""What each format is sent as."""

FORMATS = tuple(MEDIA)
"""The formats there are."""


def audience_of(body: dict, format: str, asked: str = "") -> Audience:
    """Whom a file is for: as asked, or else the center's paper goes out of the house and all else stays."""
    if asked in {audience.value for audience in Audience}:
        return Audience(asked)
    leaves = body["level"] == Level.CENTER.value and format in ("docx", "pdf")
    return Audience.OUTSIDE if leaves else Audience.INSIDE


def file_name(body: dict, format: str, audience: Audience | str = Audience.INSIDE) -> str:
    """湖北路所-2026-10-覆盖报表.docx; 湖北路所-2026-10-覆盖报表-对外.docx. No folder's or system's marks in it."""
    said, kind = settable(body["name"]), words.said(Level(body["level"]))
    name = "".join(c for c in said if c not in '\\/:*?"<>|')[:40].strip(" .") or body["site"]
    name = name if name.endswith(kind) else name + kind
    outside = "-对外" if Audience(audience) is Audience.OUTSIDE else ""
    return f"{name}-{body['month']}-覆盖报表{outside}.{format}"


def render(
    body: dict,
    format: str,
    audience: Audience | str = Audience.INSIDE,
    *,
    on: date | None = None,
    template: Path | None = None,
) -> bytes:
    """The body (`queries.figures`, or a frozen one) in one of FORMATS.

    `on`: the day under a report that is signed, left for the pen when not given. `template`: the district's own form
    for DOCX (`Settings.report_template`); raises Refused(OfficialRefusal) when it cannot be filled in.
    """
    body = for_audience(body, Audience(audience))
    if format == "json":
        return to_json(body)
    made = document(body)
    if format == "csv":
        return to_csv(made, body)
    if format == "xlsx":
        return workbook(made, Month.parse(body["month"]))
    if format == "docx":
        return official(body, made, on=on, template=template)
    return printed(body, made)


def for_audience(body: dict, audience: Audience) -> dict:
    """The body as that audience may read it; of one that was made for outside already, that one itself."""
    if body.get("outside"):
        return body
    return hidden(body) if audience is Audience.OUTSIDE else unsaid(body)


def to_json(body: dict) -> bytes:
    """UTF-8, readable by people too."""
    text = json.dumps(body, ensure_ascii=False, indent=1) + "\n"
    return text.encode("utf-8", "backslashreplace")  # half a character stays JSON: \ud800


def to_csv(made: Document, body: dict) -> bytes:
    """UTF-8 with a BOM; every table below the one before, one value a cell."""
    text = io.StringIO(newline="")
    write = csv.writer(text)
    rows = [[made.title], [words.sentence(body)], *made.facts]
    for section in made.sections:
        for table in section.tables:
            rows += [[], [table.title], table.head, *table.rows]
            rows += [[table.empty]] if table.empty and not table.rows else []
    rows += [[], *([note] for note in made.notes)]
    write.writerows([harmless(plain(cell)) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode("utf-8", "replace")
