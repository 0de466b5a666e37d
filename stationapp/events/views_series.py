"""A series for residents: what it is, all its dates to come, one sign-up for the course or a date to pick."""

from flask import Blueprint, redirect, render_template

from stationapp import clock, codes
from stationapp.events.announced import get_series, stage_of
from stationapp.signups.forms import asks_at
from stationapp.signups.views_form import form_here

bp = Blueprint("series", __name__)


@bp.get("/series/<code>")
def show(code: str):
    """One series; the sign-up form of a course stands here too."""
    tidied = codes.tidy(code)
    if tidied != code:
        return redirect(f"/series/{tidied}", code=301)
    shown, now = get_series(code), clock.now()
    through = shown.open(now) if shown.is_course else None
    form = form_here(asks_at(through, now), now) if through else None
    return render_template("series/show.html", shown=shown, form=form, stage_of=stage_of)
