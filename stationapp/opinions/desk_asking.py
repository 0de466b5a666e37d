"""The office, or the center, calls a few of those who came and asks how it was; never the station itself."""

from collections.abc import Iterator

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import retried, transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions.calls import drawn, to_be_asked
from stationapp.opinions.operations import note_calls
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


@bp.get("/asking")
def index():
    """The events beneath that people can be called about now."""
    page = paged(to_be_asked(reached(guard.reach()), now=clock.now()), scalars=False)
    return render_template("desk/asking/index.html", page=page, most=ASKED_PER_EVENT, days=DESK_DAYS)


@bp.get("/events/<code>/asking")
def show(code: str):
    """Those drawn for one event, what to say, and what they may answer."""
    return _page(*event_here(code))


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

    All together, as the answers are sent together: no order of calls stands anywhere.
    """
    event, site = event_here(code)
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
    """What came of the calls (`face-<number>`): a face, or `none`, not reached or would not say; blank: not yet."""
    event, site = event_here(code)
    if closed := _why_not(event, site):
        return _page(event, site, problem=closed, status=409)
    said = dict(_pressed())
    try:
        noted = retried(lambda: _noted(event.id, said))
    except Refused as refused:
        return _page(event, site, problem=sentence(refused), status=409)
    left = len(said) - noted
    flash(
        _("记下了 %(n)s 个电话，没有记是谁说的。", n=noted)
        + (_("另有 %(n)s 位别人已经打过，没有再记。", n=left) if left else ""),
        "good",
    )
    return redirect(url_for(".show", code=code), code=303)


def _pressed() -> Iterator[tuple[int, int | None]]:
    for name, face in request.form.items():
        number = name.removeprefix("face-")
        if name.startswith("face-") and number.isascii() and number.isdigit() and len(number) < 10:
            score = score_of(face)
            if score is None and face != "none":
                raise NotFound
            yield int(number), score


def _noted(event_id: int, said: dict[int, int | None]) -> int:
    with transaction():
        return note_calls(event_id, said, by=guard.user().staff_id, now=clock.now())
