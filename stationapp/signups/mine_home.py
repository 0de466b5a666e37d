"""全家的报名: everybody of one phone with what they come to, behind the household's code. A GET changes nothing."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.db import retried, transaction
from stationapp.messages.queries import list_for_household
from stationapp.opinions.guard import asked_at_home
from stationapp.refusal import NotFound, Refused
from stationapp.residents import guard
from stationapp.residents.queries import list_members
from stationapp.signups import at_home, offers, operations
from stationapp.web.errors import sentence
from stationapp.web.paging import page_number, paged

bp = Blueprint("mine_home", __name__, url_prefix="/mine/home")

PAST = 20
"""Past places on a page."""


@bp.before_request
def _behind_its_code():
    return None if guard.household_here() is not None else redirect(url_for("mine.index"), code=303)


@bp.get("")
def index():
    """What everybody of the household comes to, what waits for an answer, what they were told; then what is over."""
    return _page()


def _page(problem: str = ""):
    household_id, now = guard.require_home().household_id, clock.now()
    people, first = list_members(household_id), page_number() == 1
    coming = at_home.list_coming(household_id, now=now) if first else []
    return render_template(
        "mine/home.html",
        people={one.id: one for one in people},
        asked=[kept for kept in coming if kept.answer_until],
        coming=[(one, [kept for kept in coming if kept.person_id == one.id]) for one in people],
        told=list_for_household(household_id, now=now) if first else [],
        past=paged(at_home.past(household_id, now=now), PAST, scalars=False),
        first=first,
        asked_about=asked_at_home(now) if first else [],
        problem=problem,
    )


@bp.post("/places/<int:signup_id>/cancellation")
def cancel(signup_id: int):
    """Give one place back; twice changes nothing."""
    said = _("取消好了，名额让给别人。")
    return _done(signup_id, lambda place, now: operations.cancel(place, by=None, why="own", now=now), said)


@bp.post("/places/<int:signup_id>/answer")
def answer(signup_id: int):
    """Say to an offered place of the household's party that they come, or that they do not."""
    answers = {
        "yes": (offers.accept, _("好的，名额给您留下了。")),
        "no": (offers.decline, _("好的，名额让给别人。")),
    }
    if (comes := request.form.get("comes", "")) not in answers:
        raise NotFound
    act, said = answers[comes]
    return _done(signup_id, lambda place, now: act(place.party_id, by=None, now=now), said)


def _done(signup_id: int, act: Callable, said: str):
    household_id, now = guard.require_home().household_id, clock.now()
    try:
        retried(lambda: _act(household_id, signup_id, act, now))
    except Refused as refused:
        return make_response(_page(sentence(refused)), 409)
    flash(said, "good")
    return redirect(url_for(".index"), code=303)


def _act(household_id: int, signup_id: int, act: Callable, now: datetime) -> None:
    with transaction():
        act(at_home.get_kept(household_id, signup_id), now)
