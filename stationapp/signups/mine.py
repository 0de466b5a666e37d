"""我的报名: the places this browser remembers, and any other by its code."""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts.logins import count_miss
from stationapp.db import transaction
from stationapp.events.models import Event
from stationapp.signups import queries
from stationapp.signups.dates import held_by_each
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place

bp = Blueprint("mine", __name__)


@bp.get("/mine")
def index():
    """What is coming, what is over, and a field for a code from another phone or a slip of paper."""
    return _page()


@bp.post("/mine")
def find():
    """Go to the place with the code typed in."""
    typed = request.form.get("code", "")[:64]
    if queries.find_by_code(typed) is not None:
        return redirect(url_for("signups.show", code=codes.tidy(typed)), code=303)
    with transaction():
        patient = count_miss(request.remote_addr or "", now=clock.now())
    if not patient:
        return _page(typed, _("试得太频繁了，请过几分钟再试，或者打电话给站点。")), 429
    return _page(
        typed, _("没有找到这个报名号。请对照纸条再看一遍，也可以打电话给站点，报姓名就能查到。")
    ), 422


def _once_a_course(places: list[tuple[Signup, Event, str]], now: datetime) -> list[tuple]:
    """(place, event, code, dates of the course) with a person's course once, at its next date."""
    held = held_by_each([signup for signup, _event, _code in places], now=now)
    shown = {}
    for signup, _event, code in places:
        its = held[signup.id]
        key = (its.series.id, signup.resident_id) if its.series else signup.id
        shown.setdefault(key, (*its.next, code, len(its.places)))
    return sorted(shown.values(), key=lambda place: (place[1].starts_at, place[0].id))


def _page(typed: str = "", problem: str = "") -> str:
    now = clock.now()
    places = _once_a_course(queries.by_codes(session.get("places", ())), now)
    return render_template(
        "mine/index.html",
        coming=[
            place for place in places if place[1].ends_at > now and place[0].state is not Place.CANCELLED
        ],
        over=[
            place
            for place in reversed(places)
            if place[1].ends_at <= now or place[0].state is Place.CANCELLED
        ],
        typed=typed,
        problem=problem,
    )
