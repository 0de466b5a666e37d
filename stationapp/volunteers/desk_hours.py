"""Manual hours at the desk: propose, decide from above, take a wrong line back."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents.queries import get_resident, masked
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.sites.rules import contains, ids_of
from stationapp.volunteers import operations, queries
from stationapp.volunteers.forms import ManualForm
from stationapp.volunteers.manual_queries import list_beside, list_scanned_beside, origins, proposed_here
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from stationapp.volunteers.pending import list_pending
from stationapp.volunteers.rules import VolunteerRefusal
from stationapp.web.errors import sentence
from stationapp.web.paging import paged

bp = Blueprint("hours", __name__)


@bp.route("/volunteers/<code>/manual", methods=["GET", "POST"])
def manual(code: str):
    """Propose hours without a scan."""
    volunteer, form = queries.get_known(code, reached(guard.reach())), ManualForm()
    below = tuple(
        held for held in guard.reach() if len(ids_of(held[0])) > 1
    )  # nobody stands above the center
    if not below:
        problem = sentence(Refused(VolunteerRefusal.NOBODY_ABOVE))
        return _manual_page(volunteer, None, problem=problem, status=409 if request.method == "POST" else 200)
    sites = {site.id: site for site in list_where(reached(below))}
    events = {
        one.event.id: one.event for one in list_pending(volunteer.id, Site.id.in_(sites), now=clock.now())
    }
    form.event.offer(
        ((one.id, f"{clock.day_of(one.starts_at)} {one.title}") for one in events.values()),
        empty=_("不在名单里的服务"),
    )
    form.site.offer(((site.id, site.name) for site in sites.values()), empty=_("请选择"))
    if request.method != "POST":
        form.site.data = next(iter(sites)) if len(sites) == 1 else None
        return _manual_page(volunteer, form)
    if not form.validate():
        return _manual_page(volunteer, form, status=422)
    event = events.get(form.event.data)
    site = sites.get(event.site_id if event else form.site.data)
    if site is None:
        form.site.errors = [_("请选记在哪个阵地。")]
        return _manual_page(volunteer, form, status=422)
    try:
        with transaction():
            operations.propose_manual(
                volunteer,
                site=site,
                from_site=_proposed_from(site),
                served_on=clock.day_of(event.starts_at) if event else form.served_on.data,
                minutes=form.minutes.data,
                reason=form.reason.data,
                note=form.note.data,
                event=event,
                knowing=request.form.get("knowing") == "1",
                by=guard.user().staff_id,
                now=clock.now(),
            )
    except Refused as refused:
        again = refused.reason is VolunteerRefusal.SAME_DAY
        return _manual_page(volunteer, form, problem=sentence(refused), again=again, status=409)
    flash(_("已提出，等上一级审批。"))
    return redirect(url_for("desk.volunteers.show", code=code), code=303)


def _proposed_from(place: Site) -> Site:
    """The nearest site through which the user may propose for `place`."""
    paths = [path for path, _reach in guard.reach() if contains(path, place.path)]
    return db.session.scalars(select(Site).where(Site.path == max(paths, key=len))).one()


def _manual_page(
    volunteer: Volunteer,
    form: ManualForm | None,
    *,
    problem: str = "",
    again: bool = False,
    status: int = 200,
):
    return render_template(
        "desk/volunteers/manual.html",
        volunteer=volunteer,
        person=masked(get_resident(volunteer.resident_id)),
        form=form,
        problem=problem,
        again=again,
    ), status


@bp.get("/hours")
def index():
    """What waits for a decision at the sites beneath."""
    return _queue()


@bp.get("/hours/proposed")
def proposed():
    """What was proposed at the own sites and what became of it, to read."""
    page = paged(proposed_here(reached(guard.reach(Action.PROPOSE_HOURS))), scalars=False)
    names = {row.ManualHours.id: masked(row.Resident).name for row in page.rows}
    return render_template("desk/volunteers/proposed.html", page=page, names=names)


def _queue(*, problem: str = "", failed: int = 0, status: int = 200):
    """Who sits where a thing was proposed from sees it and leaves it to who sits above."""
    here = reached(guard.reach(Action.APPROVE_HOURS))
    page = paged(queries.proposed(here), scalars=False)
    rows = [
        (row.ManualHours, masked(row.Resident).name, row.Volunteer, row.Site, row.Staff, row.Event)
        for row in page.rows
    ]
    proposals = [row[0] for row in rows]
    proposed_from = origins(proposals)
    return render_template(
        "desk/volunteers/hours.html",
        rows=rows,
        page=page,
        level={number for number, path in proposed_from.items() if not _above(path)},
        beside=list_beside(proposals),
        scanned=list_scanned_beside(proposals, here),
        problem=problem,
        failed=failed,
        me=guard.user().staff_id,
    ), status


@bp.post("/hours/<int:manual_id>/decision")
def decide(manual_id: int):
    """Approve, or reject with a reason."""
    manual = db.session.get(ManualHours, manual_id)
    if manual is None:
        raise NotFound
    place = db.session.get_one(Site, manual.site_id)
    guard.require(place.path)
    approved = request.form.get("verdict") == "approve"
    try:
        with transaction():
            operations.decide_manual(
                manual,
                approved=approved,
                from_site=_decided_from(manual),
                by=guard.user().staff_id,
                now=clock.now(),
                reason=request.form.get("reason", "").replace("\0", "")[:200],
            )
    except Refused as refused:
        return _queue(problem=sentence(refused), failed=manual_id, status=409)
    flash(_("已通过，记入台账。") if approved else _("已退回。"))
    return redirect(url_for(".index"), code=303)


def _decided_from(manual: ManualHours) -> Site:
    """The nearest site through which the user may decide; raises Refused(VolunteerRefusal.NOT_FROM_ABOVE)."""
    paths = _above(origins([manual])[manual.id])
    if not paths:
        raise Refused(VolunteerRefusal.NOT_FROM_ABOVE)
    return db.session.scalars(select(Site).where(Site.path == max(paths, key=len))).one()


def _above(origin: str) -> list[str]:
    """The paths strictly above where something was proposed from at which the user may decide."""
    held = [path for path, _reach in guard.reach(Action.APPROVE_HOURS)]
    return [path for path in held if path != origin and contains(path, origin)]


@bp.post("/hours/lines/<int:line_id>/correction")
def correct(line_id: int):
    """Take a manual line back, with a reason."""
    line = db.session.get(HoursEntry, line_id)
    if line is None:
        raise NotFound
    guard.require(db.session.get_one(Site, line.site_id).path)
    volunteer = db.session.get_one(Volunteer, line.volunteer_id)
    reason = request.form.get("reason", "").replace("\0", "")[:200]
    try:
        with transaction():
            operations.correct_line(line, reason=reason, by=guard.user().staff_id, now=clock.now())
        flash(_("已用一条更正冲销。"))
    except Refused as refused:
        flash(sentence(refused), "error")
    return redirect(url_for("desk.volunteers.show", code=volunteer.code), code=303)
