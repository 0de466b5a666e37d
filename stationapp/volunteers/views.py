"""A volunteer's own ledger, opened by the personal code."""

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts.logins import count_miss
from stationapp.db import db, transaction
from stationapp.refusal import NotFound
from stationapp.residents.queries import get_resident, masked
from stationapp.sites.models import Site
from stationapp.volunteers import ledger, queries
from stationapp.volunteers.models import Volunteer

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
    if not _patient():
        return _again(typed, _("试得太频繁了，请过几分钟再试，或者打电话给站点。"), 429)
    return _again(typed, _("没有找到这个查询码。请对照志愿者卡再看一遍，也可以打电话给站点。"), 422)


def _again(typed: str, problem: str, status: int):
    return render_template("volunteers/enter.html", typed=typed, problem=problem), status


def _patient() -> bool:
    """A wrong guess is counted against the asker's address (trust.md §4.7)."""
    with transaction():
        return count_miss(request.remote_addr or "", now=clock.now())


@bp.get("/hours/<code>")
def hours(code: str):
    """The total, every line with its source, what is pending, and whom to ask."""
    volunteer = _volunteer(codes.tidy(code))
    return render_template(
        "volunteers/hours.html",
        volunteer=volunteer,
        name=masked(get_resident(volunteer.resident_id)).name,
        site=db.session.get_one(Site, volunteer.site_id),
        total=ledger.total_minutes(volunteer.id),
        lines=ledger.list_lines(volunteer.id),
        pending=ledger.list_pending(volunteer.id, now=clock.now()),
        proposals=queries.list_proposals(volunteer.id),
    )


def _volunteer(code: str) -> Volunteer:
    found = queries.find_by_personal_code(code)
    if found is None:
        if not _patient():
            abort(429)
        raise NotFound
    return found
