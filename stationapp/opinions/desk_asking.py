"""The office, or the center, calls a few of those who came and asks how it was; never the station itself."""

from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import retried, transaction
from stationapp.events.models import Event
from stationapp.events.queries import get_with_site
from stationapp.events.rules import State
from stationapp.opinions.calls import drawn, to_be_asked
from stationapp.opinions.operations import note_call
from stationapp.opinions.rules import (
    ASKED_PER_EVENT,
    DESK_DAYS,
    Face,
    OpinionRefusal,
    score_of,
    window_problem,
)
from stationapp.refusal import NotFound, Refused
from stationapp.residents.operations import reveal
from stationapp.residents.rules import Revealed
from stationapp.sites.models import Site
from stationapp.web.errors import sentence
from stationapp.web.paging import paged

bp = Blueprint("asking", __name__)

JUST_NOW = timedelta(minutes=15)
"""So long the last call can be put right in the browser it was noted in."""


def _its(code: str) -> tuple[Event, Site]:
    event, site = get_with_site(code)
    guard.require(site.path)
    return event, site


@bp.get("/asking")
def index():
    """The events beneath that people can be called about now."""
    page = paged(to_be_asked(reached(guard.reach()), now=clock.now()), scalars=False)
    return render_template("desk/asking/index.html", page=page, most=ASKED_PER_EVENT, days=DESK_DAYS)


@bp.get("/events/<code>/asking")
def show(code: str):
    """Those drawn for one event, what to say, and what they may answer."""
    return _page(*_its(code))


def _page(
    event: Event,
    site: Site,
    *,
    shown: dict[int, Revealed] | None = None,
    problem: str = "",
    status: int = 200,
):
    lines = drawn(event) if event.state is State.CLOSED_OUT else []
    return render_template(
        "desk/asking/show.html",
        event=event,
        site=site,
        open=[one for one in lines if not one.called],
        called=sum(one.called for one in lines),
        last=_last(event) if any(one.attendance_id == _last(event) for one in lines) else None,
        shown=shown or {},
        closed=_why_not(event, site),
        problem=problem,
        Face=Face,
        may_reveal=guard.can(Action.REVEAL, site.path),
    ), status


def _why_not(event: Event, site: Site) -> str:
    """Why nobody can be called now, in words."""
    problem = window_problem(event.state, event.ends_at, clock.now(), days=DESK_DAYS)
    if problem is None and event.state is not State.CLOSED_OUT:
        problem = OpinionRefusal.NOT_CLOSED_OUT
    if problem is None and _works_at(site):
        problem = OpinionRefusal.OWN_SITE
    return sentence(Refused(problem, days=DESK_DAYS)) if problem else ""


def _works_at(site: Site) -> bool:
    return any(held.path == site.path for held in guard.user().held)


@bp.post("/events/<code>/asking/numbers")
def numbers(code: str):
    """The same list with the numbers of all who are still to be called, once; written down with the reason.

    All together, so that no order of calls stands anywhere.
    """
    event, site = _its(code)
    if not guard.can(Action.REVEAL, site.path):
        raise NotFound
    if closed := _why_not(event, site):
        return _page(event, site, problem=closed, status=409)
    with transaction():
        by, now = guard.user().staff_id, clock.now()
        shown = {
            one.attendance_id: Revealed(
                reveal(one.person, by=by, site_id=site.id, reason=_("打电话问活动怎么样"), now=now).name,
                one.phone,
            )
            for one in sorted(drawn(event), key=lambda one: one.attendance_id)
            if not one.called
        }
    return _page(event, site, shown=shown)


@bp.post("/events/<code>/asking")
def note(code: str):
    """What came of a call: a face, or `face=none`: not reached, or would not say."""
    event, site = _its(code)
    who, face = request.form.get("who", ""), request.form.get("face", "")
    score = score_of(face)
    if not (who.isascii() and who.isdigit() and len(who) < 10) or (score is None and face != "none"):
        raise NotFound
    if _works_at(site):
        return _page(event, site, problem=sentence(Refused(OpinionRefusal.OWN_SITE)), status=409)
    again = _last(event) == int(who)
    try:
        retried(lambda: _noted(event.id, int(who), score, again))
    except Refused as refused:
        return _page(event, site, problem=sentence(refused), status=409)
    session["asked_last"] = [event.code, int(who), int(clock.now().timestamp())]
    flash(_("记下了。没有记是谁说的。"), "good")
    return redirect(url_for(".show", code=code), code=303)


def _noted(event_id: int, attendance_id: int, score: int | None, again: bool) -> None:
    with transaction():
        by, now = guard.user().staff_id, clock.now()
        note_call(event_id, attendance_id, score=score, again=again, by=by, now=now)


def _last(event: Event) -> int | None:
    """Whose call was noted in this browser a moment ago; it is kept nowhere else."""
    code, attendance_id, at = session.get("asked_last") or ("", 0, 0)
    since = clock.now() - JUST_NOW
    fresh = datetime.fromtimestamp(at, since.tzinfo) > since
    return attendance_id if code == event.code and fresh else None
