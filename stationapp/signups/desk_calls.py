"""The call list: who must hear of a change by phone, what to say, and what came of it (domain.md §6)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import db, retried, transaction
from stationapp.events.announced import why
from stationapp.notices.models import Notice
from stationapp.refusal import NotFound, Refused
from stationapp.residents.operations import reveal
from stationapp.residents.rules import Revealed
from stationapp.signups import calls, operations
from stationapp.signups.calls import Call, CallList
from stationapp.signups.course import find_course
from stationapp.signups.rules import CallOutcome
from stationapp.sites.models import Site
from stationapp.web.errors import sentence
from stationapp.web.words import word

bp = Blueprint("calls", __name__, url_prefix="/calls")


def _its(notice_id: int) -> Notice:
    notice = db.session.get(Notice, notice_id)
    if notice is None:
        raise NotFound
    guard.require(db.session.get_one(Site, notice.site_id).path)
    return notice


@bp.get("/")
def index():
    """Every list of the sites reached that is not ticked off, the soonest event first."""
    return render_template("desk/calls/index.html", waiting=calls.open_lists(reached(guard.reach())))


@bp.get("/<int:notice_id>")
def show(notice_id: int):
    """One list: the sentence to say, a line a household, buttons for what came of the call."""
    return _page(calls.get_list(_its(notice_id)))


def _page(asked: CallList, *, problem: str = "", at: int = 0, shown: Revealed | None = None):
    """`at`: the party whose line the problem or the number shown in full belongs to."""
    return render_template(
        "desk/calls/show.html",
        asked=asked,
        said=calls.to_say(asked.notice, asked.event),
        why=why(asked.event),
        is_course=find_course(asked.event.id) is not None,
        may_reveal=guard.can(Action.REVEAL, asked.site.path),
        may_finish=guard.can(Action.PLAN, asked.site.path),
        problem=problem,
        at=at,
        shown=shown,
    )


def _party() -> int:
    text = request.form.get("party", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise NotFound
    return int(text)


@bp.post("/<int:notice_id>/answers")
def answer(notice_id: int):
    """What came of a call; who does not come gives the places back in the same stroke."""
    notice, party_id = _its(notice_id), _party()
    outcome = next((case for case in CallOutcome if case.value == request.form.get("outcome")), None)
    if outcome is None:
        raise NotFound
    try:
        retried(lambda: _answered(notice_id, party_id, outcome))
    except Refused as refused:
        return _page(calls.get_list(notice), problem=sentence(refused), at=party_id), 409
    after = calls.get_list(_its(notice_id))
    flash(_said(after.find(party_id), outcome), "good")
    following = next((call for call in after.calls if not call.settled and call.party_id != party_id), None)
    anchor = f"call-{following.party_id}" if following else "done"
    return redirect(url_for(".show", notice_id=notice_id, _anchor=anchor), code=303)


def _answered(notice_id: int, party_id: int, outcome: CallOutcome) -> None:
    with transaction():
        notice = db.session.get_one(Notice, notice_id, with_for_update=True, populate_existing=True)
        operations.answer_call(notice, party_id, outcome, by=guard.user().staff_id, now=clock.now())


def _said(call: Call, outcome: CallOutcome) -> str:
    said = _("%(name)s：%(outcome)s。", name=call.shown.name, outcome=word(outcome))
    if outcome is CallOutcome.NOT_COMING:
        return said + _("名额已经让出，后面有人候补就补上了。")
    if call.gone:
        return said + _("先前让出的名额不会自动回来；想来的话，请替他重新报名。")
    return said


@bp.post("/<int:notice_id>/numbers")
def number(notice_id: int):
    """The same list with one household's name and number in full, once; written down with the reason."""
    asked = calls.get_list(_its(notice_id))
    call = asked.find(_party())
    reason = _("通知：%(occasion)s", occasion=word(asked.notice.occasion))
    with transaction():
        shown = reveal(
            call.person, by=guard.user().staff_id, site_id=asked.site.id, reason=reason, now=clock.now()
        )
    return _page(asked, at=call.party_id, shown=shown)
