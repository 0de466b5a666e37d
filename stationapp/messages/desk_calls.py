"""The call list: who must hear of what by phone, what to say, and what came of it (domain.md §6)."""

from dataclasses import replace
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import db, retried, transaction
from stationapp.messages import calls
from stationapp.messages.calls import Call
from stationapp.messages.models import Message
from stationapp.messages.operations import answer_call
from stationapp.messages.rules import CALLED_ABOUT, CallOutcome, Way
from stationapp.messages.spreading import spread_notices
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import NotFound, Refused
from stationapp.residents.operations import reveal
from stationapp.residents.rules import Revealed
from stationapp.signups.course import find_course
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.web.errors import sentence
from stationapp.web.filters import stamp
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("calls", __name__, url_prefix="/calls")

JUST_NOW = timedelta(minutes=15)
"""So long the last answer stays at hand to be put right."""

MOST_EXPORTED = 5_000


def _may_see(site_id: int) -> None:
    guard.require(db.session.get_one(Site, site_id).path)


def _its(message_id: int) -> Call:
    message = db.session.get(Message, message_id)
    if message is None or message.way is not Way.CALL:
        raise NotFound
    _may_see(message.site_id)
    return calls.get_call(message_id, now=clock.now())


def _notice(notice_id: int) -> Notice:
    notice = db.session.get(Notice, notice_id)
    if notice is None:
        raise NotFound
    _may_see(notice.site_id)
    return notice


def _wanted(sites: list[Site]) -> dict:
    """The filters in the address: which site, which occasion."""
    site = next((one for one in sites if one.code == request.args.get("site")), None)
    about = next((case for case in CALLED_ABOUT if case.value == request.args.get("about")), None)
    return {"site_id": site and site.id, "about": about}


# --- pages --------------------------------------------------------------------------------------------------------


@bp.get("/")
def index():
    """Everybody to be called now at the sites reached, the nearest deadline first."""
    return _list()


def _list(**more):
    now = clock.now()
    here, sites = reached(guard.reach()), list_where(reached(guard.reach()))
    wanted = _wanted(sites)
    page = paged(calls.open_calls(here, now=now, **wanted))
    resting, again_at = calls.resting(here, now=now, **wanted)
    return render_template(
        "desk/calls/index.html",
        page=page,
        lines=calls.lines(page.rows, now=now),
        last=calls.last_answered(guard.user().staff_id, since=now - JUST_NOW, now=now),
        resting=resting,
        again_at=again_at,
        sites=sites,
        wanted=wanted,
        occasions=list(CALLED_ABOUT),
        back=_back(),
        may_reveal=_may_reveal,
        **_told(**more),
    )


@bp.get("/list.csv")
def export():
    """The same list as a file, masked, without pages."""
    now = clock.now()
    here = reached(guard.reach())
    query = calls.open_calls(here, now=now, **_wanted(list_where(here))).limit(MOST_EXPORTED)
    head = (
        _("在这之前打"),
        _("找谁"),
        _("电话"),
        _("为什么打"),
        _("活动"),
        _("阵地"),
        _("这样说"),
        _("没人接几次"),
    )
    rows = (
        (stamp(one.deadline), one.shown.name, one.shown.phone, word(one.message.occasion), one.title,
         one.site.short_name, one.sentence, one.unanswered)
        for one in calls.lines(list(db.session.scalars(query)), now=now)
    )  # fmt: skip
    return csv_answer(_("要打的电话-%(day)s", day=clock.day_of(now)), head, rows)


@bp.get("/<int:notice_id>")
def show(notice_id: int):
    """The list of one notice: a line a household, those already called as well."""
    return _page(_notice(notice_id))


def _page(notice: Notice, **more):
    asked = calls.get_list(notice, now=clock.now())
    return render_template(
        "desk/calls/show.html",
        asked=asked,
        is_course=find_course(asked.event.id) is not None,
        back={"list": notice.id},
        may_reveal=_may_reveal,
        **_told(**more),
    )


def _may_reveal(call: Call) -> bool:
    return guard.can(Action.REVEAL, call.site.path)


def _told(problem: str = "", at: int = 0, shown: Revealed | None = None) -> dict:
    """`at`: the message whose line the problem or the number shown in full belongs to."""
    return {"problem": problem, "at": at, "shown": shown}


# --- what came of a call ------------------------------------------------------------------------------------------


def _back() -> dict[str, str]:
    """Where the button was: in the list of a notice, or in the whole list with its filters and page."""
    kept = ("list",) if "list" in request.args else ("site", "about", "page")
    return {name: request.args[name] for name in kept if request.args.get(name)}


def _came_from() -> Notice | None:
    text = request.args.get("list", "")
    return _notice(int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _again(**more):
    notice = _came_from()
    return _list(**more) if notice is None else _page(notice, **more)


@bp.post("/lines/<int:message_id>/answers")
def answer(message_id: int):
    """What came of a call; who does not come gives the places back in the same stroke."""
    call = _its(message_id)
    outcome = next((case for case in CallOutcome if case.value == request.form.get("outcome")), None)
    if outcome is None:
        raise NotFound
    try:
        retried(lambda: _answered(message_id, outcome))
    except Refused as refused:
        return _again(problem=sentence(refused), at=message_id), 409
    flash(_said(call, calls.get_call(message_id, now=clock.now()), outcome), "good")
    notice = _came_from()
    if notice is None:
        return redirect(url_for(".index", **_back(), _anchor="calls"), code=303)
    left = [one.message.id for one in calls.get_list(notice, now=clock.now()).calls if not one.settled]
    following = next((number for number in left if number != message_id), None)
    anchor = f"call-{following}" if following else "done"
    return redirect(url_for(".show", notice_id=notice.id, _anchor=anchor), code=303)


def _answered(message_id: int, outcome: CallOutcome) -> None:
    """Whoever moves up because of it stands on the list at once."""
    with transaction():
        now = clock.now()
        answer_call(message_id, outcome, by=guard.user().staff_id, now=now)
        spread_notices(now=now)


def _said(before: Call, after: Call, outcome: CallOutcome) -> str:
    said = _("%(name)s：%(outcome)s。", name=after.shown.name, outcome=word(outcome))
    if outcome is CallOutcome.NOT_COMING:
        return said + _("名额已经让出，后面有人候补就补上了。")
    if outcome is CallOutcome.NO_ANSWER:
        return said + _("过一会儿再列出来。")
    if before.gone and after.message.occasion is not Occasion.OFFER_LAPSED:
        return said + _("先前让出的名额不会自动回来；想来的话，请替他重新报名。")
    return said


@bp.post("/lines/<int:message_id>/numbers")
def number(message_id: int):
    """The same list with one household's name and number in full, once; written down with the reason.

    The number is the household's the message is for: whoever was merged with somebody may live with another one.
    """
    call = _its(message_id)
    reason = _("通知：%(occasion)s", occasion=word(call.message.occasion))
    with transaction():
        shown = reveal(
            call.person, by=guard.user().staff_id, site_id=call.site.id, reason=reason, now=clock.now()
        )
    return _again(at=message_id, shown=replace(shown, phone=call.phone))
