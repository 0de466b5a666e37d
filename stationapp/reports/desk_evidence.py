"""The evidence folder at the desk: what it holds, what it is for, and then the file itself, made at once."""

import json

from flask import Blueprint, render_template, request
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.audit.operations import record
from stationapp.db import transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.reports import evidence
from stationapp.reports.desk_month import site_month
from stationapp.reports.desk_page import none_page
from stationapp.reports.evidence_rules import EvidenceRefusal
from stationapp.reports.queries import figures
from stationapp.reports.small_cells import hidden
from stationapp.reports.versions import find_latest
from stationapp.sites.models import Site
from stationapp.sites.queries import list_children
from stationapp.web.errors import sentence
from stationapp.web.pdf import apart, pdf_answer

bp = Blueprint("evidence", __name__)


@bp.route("/reports/<site>/<month>/evidence", methods=["GET", "POST"])
def month(site: str, month: str):
    """Of a site's month, as its latest version counted it, or as it stands."""
    its, of = site_month(site, month)
    report = find_latest(its, of)
    if report is None and (page := none_page(its, of)):
        return page
    events = evidence.list_events(its, of, report and report.id)
    problem = EvidenceRefusal.TOO_MANY if len(events) > evidence.MOST else None
    title = f"{its.short_name} {of.year}年{of.month}月"
    if request.method != "POST" or problem:
        below = list_children(its) if problem else []
        return _page(title, len(events), problem=problem, month=of, site=its, below=below)
    reason, outside = _said()
    if not reason:
        return _page(title, len(events), problem=EvidenceRefusal.REASON_MISSING, month=of, site=its)
    _note(f"site {its.code} month {of}", its, events, reason=reason, outside=outside)
    body = json.loads(report.body) if report else figures(its, of)
    data = evidence.of_month(hidden(body) if outside else body, events)
    return pdf_answer(apart("reports/evidence", data), f"{its.short_name}-{of}-{_('佐证材料')}")


@bp.route("/events/<code>/evidence", methods=["GET", "POST"])
def event(code: str):
    """Of one event that was closed out."""
    its, site = event_here(code)
    problem = None if its.state is State.CLOSED_OUT else EvidenceRefusal.NOT_CLOSED_OUT
    if request.method != "POST" or problem:
        return _page(its.title, 1, problem=problem, event=its)
    reason, outside = _said()
    if not reason:
        return _page(its.title, 1, problem=EvidenceRefusal.REASON_MISSING, event=its)
    _note(f"event {its.code}", site, [(its, site)], reason=reason, outside=outside)
    data = evidence.of_event(its, site, outside=outside)
    return pdf_answer(apart("reports/evidence", data), f"{its.code}-{_('佐证材料')}")


def _said() -> tuple[str, bool]:
    """What it is for, and whether it leaves the district."""
    reason = " ".join(request.form.get("reason", "").replace("\0", "").split())[:200]
    return reason, request.form.get("audience") != "inside"


def _note(subject: str, site: Site, events: list[tuple[Event, Site]], *, reason: str, outside: bool) -> None:
    """Write down what goes out before it does (trust.md A1)."""
    kind = "outside" if outside else "inside"
    subject = f"{subject} {kind} {len(events)} events"
    by = guard.user().staff_id
    with transaction():
        record("reports.evidence", subject, by=by, now=clock.now(), site_id=site.id, reason=reason)


def _page(title: str, events: int, *, problem: EvidenceRefusal | None, **of: object):
    """The form; with a problem after a try as 422, what was typed kept."""
    status = 422 if problem and request.method == "POST" else 200
    return render_template(
        "desk/reports/evidence.html",
        title=title,
        events=events,
        shut=problem is not None and problem is not EvidenceRefusal.REASON_MISSING,
        problem=sentence(Refused(problem, most=evidence.MOST)) if problem else "",
        reason=request.form.get("reason", ""),
        audience=request.form.get("audience", "outside"),
        **of,
    ), status
