"""The rows behind each figure at the desk, as a page and as files: masked, every look written down (trust.md R4)."""

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import Select
from xlsxwriter import Workbook

from stationapp import clock
from stationapp.accounts import guard
from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.rules import Category
from stationapp.refusal import NotFound
from stationapp.reports import words
from stationapp.reports.behind import Period, Scope, scope_of
from stationapp.reports.desk_month import site_month
from stationapp.reports.lists import (
    PARTS,
    Ask,
    Listing,
    agrees,
    expected,
    listing,
    measure,
    part_of,
)
from stationapp.reports.models import CoverageReport
from stationapp.reports.queries import figures
from stationapp.reports.row_lines import Line, heads, lines, month_said
from stationapp.reports.rules import GROUPS, SPECS, Unit
from stationapp.reports.versions import find_latest, get_version
from stationapp.sites.models import Site
from stationapp.sites.queries import find_site
from stationapp.sites.rules import Group
from stationapp.web.paging import Page, page_number, paged
from stationapp.web.sheets import LEADERS, csv_answer

bp = Blueprint("reports_rows", __name__, url_prefix="/reports")

SIZE = 50
MOST = 50_000
"""Lines in a file; a longer list is fetched site by site."""

MEDIA = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

PERIODS = {Period.MONTH: lazy_gettext("本月"), Period.YEAR: lazy_gettext("今年累计")}

PART_NAMES = {
    "named": lazy_gettext("实名"),
    "anonymous": lazy_gettext("现场计数"),
    "events": lazy_gettext("一老一小场次"),
    "old": lazy_gettext("一老场次"),
    "young": lazy_gettext("一小场次"),
    "persons": lazy_gettext("60 岁以上和 14 岁以下的人"),
}

MOVES = ("I-07", "I-08", "I-09", "I-10", "I-11", "I-16", "I-17", "I-18", "I-19", "I-25", "I-26", "I-28")
"""Figures whose rows may no longer be as they were when a month was closed: where people live, who is on the register,
which rooms and sites there are."""


@dataclass(frozen=True)
class Behind:
    """What was asked for, and what was found."""

    site: Site
    month: Month
    report: CoverageReport | None
    body: dict
    ask: Ask
    scope: Scope
    found: Listing | None

    @property
    def sums(self) -> tuple[int | None, int | None]:
        """What the rows come to."""
        return measure(self.found) if self.found else (None, None)

    @property
    def said(self) -> tuple[int | None, int | None]:
        """What the report says."""
        return expected(self.body, self.scope.period, self.ask)


@bp.get("/<site>/<month>/behind/<figure>")
def behind(site: str, month: str, figure: str):
    """One page of the rows, with what they come to and what the report says."""
    its = _asked(site, month, figure)
    page = _paged(its.found) if its.found else Page([], 1, False)
    _noted(its, "reports.rows", f"p{page.number}")
    sums, said = its.sums, its.said
    table = lines(its.found.name, page.rows, its.month) if its.found else []
    return render_template(
        "desk/reports/rows/list.html",
        its=its,
        id=figure,
        site=its.site,
        month=its.month,
        page=page,
        heads=heads(its.found.name) if its.found else [],
        lines=table,
        numeric={column for line in table for column, cell in enumerate(line) if isinstance(cell, int)},
        said_month=month_said(its.month),
        sums=sums,
        said=said,
        agrees=agrees(sums, said),
        moves=figure in MOVES,
        choices=_choices(its),
        kept={name: request.args[name] for name in ("version", "community") if name in request.args},
        community=find_site(its.ask.community) if its.ask.community else None,
        words=words,
        Unit=Unit,
    )


@bp.get("/<site>/<month>/behind/<figure>/rows/<format>")
def file(site: str, month: str, figure: str, format: str):
    """The whole list, masked like the page."""
    if format not in MEDIA:
        raise NotFound
    its = _asked(site, month, figure)
    if its.found is None:
        raise NotFound
    if _count(its.found) > MOST:
        return render_template("desk/reports/rows/too_long.html", its=its, most=MOST, words=words), 413
    table = lines(its.found.name, _all(its.found), its.month)
    _noted(its, "reports.export_rows", f"{format} {len(table)}")
    name = f"{its.site.short_name}-{its.month}-{words.FIGURES[figure]}"
    if format == "csv":
        return csv_answer(
            name, heads(its.found.name), ([str(c) if c is not None else None for c in line] for line in table)
        )
    answer = Response(_workbook(heads(its.found.name), table), content_type=MEDIA[format])
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    return answer


# --- what is asked for -----------------------------------------------------------------------------------------


def _asked(code: str, text: str, figure: str) -> Behind:
    site, month = site_month(code, text)
    if figure not in SPECS:
        raise NotFound
    report = _version(site, month)
    body = json.loads(report.body) if report else figures(site, month)
    scope = scope_of(site, month, report, _case(Period, "period") or Period.MONTH)
    ask = Ask(
        figure,
        group=_case(Group, "group"),
        category=_case(Category, "category"),
        community=request.args.get("community") or None,
        part=request.args.get("part", ""),
    )
    return Behind(site, month, report, body, ask, scope, listing(scope, ask))


def _version(site: Site, month: Month) -> CoverageReport | None:
    """The version asked for (`?version=`, 0: as it stands), or the one that holds."""
    asked = request.args.get("version", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 6):
        return find_latest(site, month)
    return get_version(site, month, int(asked)) if int(asked) else None


def _case(enum: type[Enum], name: str):
    asked = request.args.get(name)
    return next((case for case in enum if case.value == asked), None)


@dataclass(frozen=True)
class Choice:
    """A row of links: what can be looked at instead. `options` are (value, words, chosen)."""

    name: str
    label: str
    options: list[tuple[str, str, bool]]


def _choices(its: Behind) -> list[Choice]:
    ask, found = its.ask, []
    periods = [(one.value, str(text), one is its.scope.period) for one, text in PERIODS.items()]
    if ask.id in its.body.get("year", {}):
        found.append(Choice("period", _("时间"), periods))
    if ask.id in ("I-07", "I-08"):
        chosen = ask.group or (GROUPS[0] if ask.id == "I-08" else Group.ALL)
        groups = [(one.value, words.said(one), one is chosen) for one in Group]
        found.append(Choice("group", _("群体"), groups))
    if ask.id == "I-09":
        chosen = ask.category or Category.A01
        kinds = [(one.value, words.said(one), one is chosen) for one in Category]
        found.append(Choice("category", _("类别"), kinds))
    if ask.id in PARTS:
        parts = [(one, str(PART_NAMES[one]), one == part_of(ask)) for one in PARTS[ask.id]]
        found.append(Choice("part", _("哪些"), parts))
    return found


def _noted(its: Behind, act: str, what: str) -> None:
    """Whoever looks at people is written down, masked or not (trust.md A1)."""
    if its.found is None or not its.found.of_people:
        return
    version = f"v{its.report.version}" if its.report else "v0"
    said = f"month {its.site.code} {its.month} {version} {its.ask.id} {its.scope.period.value} {what}"
    with transaction():
        record(act, said, by=guard.user().staff_id, now=clock.now(), site_id=its.site.id)


# --- rows ------------------------------------------------------------------------------------------------------


def _paged(found: Listing) -> Page:
    if isinstance(found.rows, Select):
        return paged(found.rows, SIZE, scalars=False)
    number = page_number()
    first = (number - 1) * SIZE
    return Page(list(found.rows[first : first + SIZE]), number, len(found.rows) > first + SIZE)


def _count(found: Listing) -> int:
    return measure(Listing(found.name, found.rows))[0] or 0


def _all(found: Listing) -> Iterator:
    rows = db.session.execute(found.rows) if isinstance(found.rows, Select) else found.rows
    return iter(list(rows))


def _workbook(head: list[str], table: list[Line]) -> bytes:
    """Numbers as numbers, every text as text: nothing of it becomes a formula (trust.md §4.21)."""
    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    sheet = book.add_worksheet()
    bold, guarded = book.add_format({"bold": True}), book.add_format({"quote_prefix": True})
    sheet.freeze_panes(1, 0)
    for column, text in enumerate(head):
        sheet.write_string(0, column, text, bold)
    for row, line in enumerate(table, start=1):
        for column, cell in enumerate(line):
            if isinstance(cell, int):
                sheet.write_number(row, column, cell)
            elif cell is not None:
                text = str(cell)
                sheet.write_string(row, column, text, guarded if text.startswith(LEADERS) else None)
    sheet.autofit()
    book.close()
    return out.getvalue()
