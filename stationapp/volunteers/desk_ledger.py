"""A volunteer's ledger at the desk as a list to print and as a file: the lines of the sites within reach."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import Row

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.residents.queries import get_resident, masked
from stationapp.volunteers import ledger, lines, queries
from stationapp.volunteers.models import Volunteer
from stationapp.web.paging import Page, paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("ledger", __name__)

AT_ONCE, MOST_EXPORTED = 200, 20_000


@bp.get("/volunteers/<code>/ledger")
def show(code: str):
    """Two hundred lines a page, for paper."""
    volunteer, year, years = _asked(code)
    here = reached(guard.reach())
    total = ledger.total_minutes(volunteer.id)
    return render_template(
        "desk/volunteers/ledger.html",
        volunteer=volunteer,
        person=masked(get_resident(volunteer.resident_id)),
        page=_page(volunteer, year, AT_ONCE),
        years=years,
        year=year,
        total=total,
        elsewhere=total - lines.minutes_of(volunteer.id, here),
        of_year=lines.minutes_of(volunteer.id, here, year=year) if year else 0,
        printed_at=clock.now(),
    )


@bp.get("/volunteers/<code>/ledger.csv")
def export(code: str):
    """The same as a file."""
    volunteer, year, _years = _asked(code)
    head = (
        _("行号"),
        _("日期"),
        _("做了什么"),
        _("阵地"),
        _("分钟"),
        _("来源"),
        _("更正第几号"),
        _("已冲销"),
        _("审批单位"),
    )
    said = (
        (
            row.HoursEntry.id,
            row.HoursEntry.served_on,
            _what(row),
            row.Site.short_name,
            row.HoursEntry.minutes,
            _source(row),
            row.corrected_id,
            _("是") if row.undone else None,
            row.approver,
        )
        for row in _page(volunteer, year, MOST_EXPORTED).rows
    )
    return csv_answer(_("时长台账-%(code)s", code=volunteer.code), head, said)


def _what(row: Row) -> str:
    """A line that was tampered with may name what does not exist; the rest of the file stands."""
    if row.Event:
        return row.Event.title
    return word(row.ManualHours.reason) if row.ManualHours else _("来源查不到，请联系站点")


def _source(row: Row) -> str:
    if row.corrected_id:
        return _("更正")
    if row.ManualHours:
        return _("补录")
    return _("签到") if row.Event else _("查不到")


def _asked(code: str) -> tuple[Volunteer, int | None, list[int]]:
    volunteer = queries.get_known(code, reached(guard.reach()))
    years = lines.years(volunteer.id)
    return volunteer, next((one for one in years if str(one) == request.args.get("year")), None), years


def _page(volunteer: Volunteer, year: int | None, size: int) -> Page:
    return paged(lines.lines(volunteer.id, reached(guard.reach()), year=year), size, scalars=False)
