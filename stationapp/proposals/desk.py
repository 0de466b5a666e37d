"""A whole month proposed for an office's stations: asked for, looked at, taken over as drafts."""

import json
from datetime import datetime, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.logins import begin_alone, count_work, end_alone
from stationapp.accounts.queries import reached
from stationapp.calendar.forms import asked_month
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.models import Batch
from stationapp.events.rules import Category
from stationapp.planning.forms import planned_month
from stationapp.proposals import saying
from stationapp.proposals.models import Proposal
from stationapp.proposals.operations import get_proposal, keep, list_proposals, take_over
from stationapp.proposals.proposing import propose
from stationapp.proposals.rules import ProposalRefusal
from stationapp.proposals.solve import SECONDS
from stationapp.proposals.survey import survey
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_where
from stationapp.web.errors import sentence
from stationapp.web.filters import span
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("proposals", __name__, url_prefix="/proposals")

EACH = (1, 2, 3, 4)
"""How many new events of each site may be asked for."""

USUAL = 2

PER_HOUR = 20
"""Proposals one person may have worked out in an hour."""

_WORK = "proposal"


@bp.get("/")
def index():
    """Ask for a proposal, and those made of late."""
    return _index()


def _index(*, problem: str = "", status: int = 200):
    sites = list_where(reached(guard.reach()))
    if not sites:
        raise NotFound
    wanted = request.values.get("site")
    return render_template(
        "desk/proposals/index.html",
        sites=sites,
        site=next((site for site in sites if site.code == wanted), sites[0]),
        month=_month(),
        most=_asked_most(),
        each=EACH,
        seconds=SECONDS,
        made=[
            (proposal, site, Month.of(proposal.month_on))
            for proposal, site in list_proposals(reached(guard.reach()))
        ],
        problem=problem,
    ), status


def _month() -> Month:
    """`month=`; the one that is planned now when absent or senseless."""
    return asked_month(planned_month(clock.now()))


def _is_sensible() -> bool:
    """Whether what was typed is what will be worked out: what cannot be read is never guessed."""
    return str(_month()) == request.form.get("month") and str(_asked_most()) == request.form.get("most")


def _asked_most() -> int:
    typed = request.values.get("most", "")
    return int(typed) if typed in map(str, EACH) else USUAL


@bp.post("/")
def create():
    """Read the ground, ask the solver, keep what it found."""
    site = get_site(request.form.get("site", ""))
    guard.require(site.path)
    if not _is_sensible():
        return _index(problem=_("月份或场数读不懂，请重新选。"), status=422)
    month, site_code = _month(), site.code
    if reason := _not_now(site):
        return _index(problem=sentence(Refused(reason)), status=429)
    try:
        ground = survey(site, month, now=clock.now())
        db.session.rollback()  # no read stays open while the solver searches
        body = propose(ground, most=_asked_most())
    except Refused as refused:
        return _index(problem=sentence(refused), status=409)
    finally:
        db.session.rollback()
        with transaction():
            end_alone(_WORK, site_code)
    with transaction():
        proposal = keep(site, month, body, by=guard.user().staff_id, now=clock.now())
    return redirect(url_for(".show", code=proposal.code), code=303)


def _not_now(site: Site) -> ProposalRefusal | None:
    """Why the solver is not started: seconds of a whole processor each are not given to everybody at any time."""
    now = clock.now()
    with transaction():
        if not begin_alone(_WORK, site.code, now=now):
            return ProposalRefusal.RUNNING
        if not count_work(_WORK, guard.user().staff_id, most=PER_HOUR, now=now):
            end_alone(_WORK, site.code)
            return ProposalRefusal.TOO_MANY
    return None


def _its(code: str) -> tuple[Proposal, Site, dict]:
    proposal, site = get_proposal(code)
    guard.require(site.path)
    return proposal, site, json.loads(proposal.body)


@bp.get("/<code>")
def show(code: str):
    """What was proposed and why, and what could not be."""
    return _page(*_its(code))


def _page(proposal: Proposal, site: Site, body: dict, *, problem: str = "", status: int = 200):
    batch = db.session.get(Batch, proposal.batch_id) if proposal.batch_id else None
    return render_template(
        "desk/proposals/show.html",
        proposal=proposal,
        site=site,
        month=Month.of(proposal.month_on),
        body=body,
        summary=saying.summary(body),
        rows=_rows(body),
        left=saying.left(body),
        batch=batch,
        problem=problem,
    ), status


def _rows(body: dict) -> list[dict]:
    """The events as the table and the file show them."""
    return [
        {
            "number": number,
            "event": event,
            "when": span(*_times(event)),
            "category": word(Category(event["category"])),
            "why": saying.why(event),
            "origin": saying.origin(event),
        }
        for number, event in enumerate(body["events"])
    ]


def _times(event: dict) -> tuple[datetime, datetime]:
    starts_at = datetime.fromisoformat(event["starts_at"])
    return starts_at, starts_at + timedelta(minutes=event["minutes"])


@bp.get("/<code>/list.csv")
def export(code: str):
    """The same as a file, with what could not be placed below."""
    proposal, site, body = _its(code)
    rows = [
        (row["event"]["name"], row["when"], row["event"]["title"], row["category"], row["event"]["place"],
         row["event"]["shared"], row["event"]["audience"], row["event"]["capacity"], row["why"], row["origin"])
        for row in _rows(body)
    ]  # fmt: skip
    left = [(name, "", _("补不上"), "", "", "", what, None, why, "") for name, what, why in saying.left(body)]
    return csv_answer(
        _("排期建议-%(site)s-%(month)s", site=site.short_name, month=Month.of(proposal.month_on)),
        (_("阵地"), _("时间"), _("活动"), _("类别"), _("地点"), _("共享资源"), _("面向"), _("名额"),
         _("为什么"), _("来源")),
        rows + left,
    )  # fmt: skip


@bp.post("/<code>/drafts")
def adoption(code: str):
    """Write what is ticked as drafts; once, later it leads to the same drafts."""
    proposal, _site, body = _its(code)
    chosen = {
        int(one) for one in request.form.getlist("event") if one.isascii() and one.isdigit() and len(one) < 6
    }
    remarks = {
        number: saying.remark(event) for number, event in enumerate(body["events"]) if number in chosen
    }
    try:
        with transaction():
            batch = take_over(proposal, chosen, remarks, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return _page(*_its(code), problem=sentence(refused), status=409)
    flash(_("选中的已写成草稿。还没有提交，也没有占用功能室；一场一场看过再提交。"))
    return redirect(url_for("desk.batches.show", code=batch.code), code=303)
