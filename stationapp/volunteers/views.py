"""A volunteer's own ledger, opened by the personal code."""

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.certificates.paper import stars_said
from stationapp.certificates.rules import stars
from stationapp.db import db
from stationapp.residents.queries import get_resident, masked
from stationapp.sites.models import Site
from stationapp.volunteers import ledger, lines, manual_queries, queries, question_queries
from stationapp.volunteers.guard import is_patient, own_volunteer
from stationapp.volunteers.pending import list_pending
from stationapp.web.paging import paged

bp = Blueprint("volunteers", __name__)


@bp.get("/hours")
def enter():
    """A field for the code on the volunteer's card."""
    return render_template("volunteers/enter.html", typed="", problem="")


@bp.post("/hours")
def find():
    """Go to the ledger that the code opens."""
    typed = request.form.get("code", "").replace("\0", "")[:64]
    code = codes.tidy(typed)
    if queries.find_by_personal_code(code):
        return redirect(url_for(".hours", code=code), code=303)
    if not is_patient():
        return _again(typed, _("试得太频繁了，请过几分钟再试，或者打电话给站点。"), 429)
    return _again(typed, _("没有找到这个查询码。请对照志愿者卡再看一遍，也可以打电话给站点。"), 422)


def _again(typed: str, problem: str, status: int):
    return render_template("volunteers/enter.html", typed=typed, problem=problem), status


@bp.get("/hours/<code>")
def hours(code: str):
    """The total, every line with its source, a year or all; what is pending; questions and their answers."""
    volunteer = own_volunteer(code)
    years = lines.years(volunteer.id)
    year = next((one for one in years if str(one) == request.args.get("year")), None)
    page = paged(lines.lines(volunteer.id, year=year), scalars=False)
    first, total = page.number == 1, ledger.total_minutes(volunteer.id)
    return render_template(
        "volunteers/hours.html",
        volunteer=volunteer,
        code=codes.tidy(code),
        name=masked(get_resident(volunteer.resident_id)).name,
        site=db.session.get_one(Site, volunteer.site_id),
        total=total,
        stars=stars_said(stars(total)),
        of_year=lines.minutes_of(volunteer.id, year=year) if year else 0,
        years=years,
        year=year,
        page=page,
        pending=list_pending(volunteer.id, now=clock.now()) if first else [],
        proposals=manual_queries.list_proposals(volunteer.id) if first else [],
        questions=question_queries.list_of(volunteer.id) if first else [],
        today=clock.day_of(clock.now()),
    )
