"""Volunteers at the desk: find and register them, and their shifts at an event."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import db, retried, transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import NotFound, Refused
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_resident, masked
from stationapp.residents.rules import mask
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.teams.queries import fitting, list_teams
from stationapp.teams.rules import Skill, parts_between
from stationapp.vault import vault
from stationapp.volunteers import ledger, lines, manual_queries, operations, queries
from stationapp.volunteers.forms import ShiftForm, VolunteerForm
from stationapp.volunteers.minors import problems
from stationapp.volunteers.models import Assignment, Shift, Volunteer
from stationapp.volunteers.pending import list_pending
from stationapp.volunteers.rest import assign_rested, tired
from stationapp.volunteers.rules import VolunteerRefusal
from stationapp.volunteers.searching import masked_lines, search
from stationapp.web.errors import sentence
from stationapp.web.paging import paged

bp = Blueprint("volunteers", __name__)


# --- people -----------------------------------------------------------------------------------------------------


@bp.get("/volunteers")
def index():
    """Volunteers of the sites within reach; a whole phone number finds one of any site."""
    text = request.args.get("q", "").strip().replace("\0", "")[:40]
    return render_template("desk/volunteers/index.html", q=text, page=_listed(text))


def _listed(text: str, *narrowed: ColumnElement[bool]):
    page = paged(search(text, reached(guard.reach()), *narrowed), scalars=False)
    return type(page)(masked_lines(page.rows), page.number, page.more)


@bp.route("/volunteers/new", methods=["GET", "POST"])
def new():
    """Register a resident; name and phone find who is known already."""
    form, sites = VolunteerForm(), list_where(reached(guard.reach()))
    form.site.offer(((site.id, site.name) for site in sites), empty=_("请选择"))
    if request.method != "POST" and len(sites) == 1:
        form.site.data = sites[0].id
    if request.method != "POST":
        return _new_page(form)
    if not form.validate():
        return _new_page(form, status=422)
    site = next(site for site in sites if site.id == form.site.data)
    try:
        volunteer, differs = retried(lambda: _registered(form, site))
    except Refused as refused:
        return _new_page(form, problem=sentence(refused), status=409)
    if differs:
        flash(_("填的出生年月和登记过的不一样，按登记过的算；确实要改，请在这个人的页面上更正。"), "warn")
    if volunteer.site_id not in {site.id for site in sites}:
        flash(_("这位志愿者在别的阵地登记过，不用再登记。给活动加岗位时，用完整的电话号码就能找到。"))
        return redirect(url_for(".index"), code=303)
    flash(_("已登记。请把下面的查询码交给本人。"))
    return redirect(url_for(".show", code=volunteer.code), code=303)


def _registered(form: VolunteerForm, site: Site) -> tuple[Volunteer, bool]:
    """The profile, and whether another month of birth is known than was typed."""
    now = clock.now()
    with transaction():
        resident = take_in(form.person(), now=now)
        differs = form.birth_month.data not in (None, resident.birth_month)
        return operations.register(resident, site=site, by=guard.user().staff_id, now=now), differs


def _new_page(form: VolunteerForm, *, problem: str = "", status: int = 200):
    form.community.offer(clock.now())
    return render_template("desk/volunteers/new.html", form=form, problem=problem), status


@bp.get("/volunteers/<code>")
def show(code: str):
    """A volunteer with the ledger's lines of these sites and what is pending here.

    What somebody did elsewhere is a sum; the code to the whole ledger is for the desk that took the profile in
    (trust.md §4.14).
    """
    volunteer = queries.get_known(code, reached(guard.reach()))
    home, among = db.session.get_one(Site, volunteer.site_id), reached(guard.reach())
    here, total, years = _here(), ledger.total_minutes(volunteer.id), lines.years(volunteer.id)
    year = next((one for one in years if str(one) == request.args.get("year")), None)
    return render_template(
        "desk/volunteers/show.html",
        volunteer=volunteer,
        person=masked(get_resident(volunteer.resident_id)),
        site=home,
        personal_code=vault().unseal(volunteer.personal_sealed) if home.id in here else "",
        total=total,
        elsewhere=total - lines.minutes_of(volunteer.id, among),
        of_year=lines.minutes_of(volunteer.id, among, year=year) if year else 0,
        years=years,
        year=year,
        page=paged(lines.lines(volunteer.id, among, year=year), scalars=False),
        pending=list_pending(volunteer.id, among, now=clock.now()),
        proposals=[
            row for row in manual_queries.list_proposals(volunteer.id) if row.ManualHours.site_id in here
        ],
        may_correct=_may_correct,
    )


def _here() -> set[int]:
    return {site.id for site in list_where(reached(guard.reach()))}


def _may_correct(site: Site) -> bool:
    return guard.can(Action.APPROVE_HOURS, site.path)


# --- shifts -----------------------------------------------------------------------------------------------------


@bp.app_context_processor
def _for_events() -> dict:
    """What `desk/events/_shifts.html` needs; it is part of a page that knows nothing of volunteers."""
    return {"shifts_of": queries.list_shifts, "masked_name": lambda person: mask(person.name, None).name}


def _its_shift(shift_id: int) -> tuple[Shift, Event, Site]:
    found = db.session.execute(
        select(Shift, Event, Site)
        .join(Event, Event.id == Shift.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(Shift.id == shift_id, Shift.ended_at.is_(None))
    ).one_or_none()
    if found is None:
        raise NotFound
    guard.require(found.Site.path)
    return tuple(found)


@bp.route("/events/<code>/shifts", methods=["GET", "POST"])
def add_shift(code: str):
    """Add a shift to an event."""
    event, site = event_here(code)
    form, problem, status = ShiftForm(), "", 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    operations.add_shift(event, **form.data, by=guard.user().staff_id, now=clock.now())
            except Refused as refused:
                problem, status = sentence(refused), 409
            else:
                flash(_("岗位已加上。"))
                return redirect(url_for("desk.events.show", code=code), code=303)
    return render_template(
        "desk/volunteers/add_shift.html", form=form, event=event, site=site, problem=problem
    ), status


@bp.get("/shifts/<int:shift_id>")
def shift(shift_id: int):
    """A shift: who takes it, and a search for who could."""
    return _shift_page(*_its_shift(shift_id))


def _shift_page(
    shift: Shift,
    event: Event,
    site: Site,
    *,
    problem: str = "",
    asked_of: Volunteer | None = None,
    status: int = 200,
):
    """`asked_of`: whom to put to the shift after all if the button is pressed once more."""
    taken = next(rows for one, rows in queries.list_shifts(event.id) if one.id == shift.id)
    asked, teams = request.args, [team for team, _site in list_teams(site)]
    team = next((team for team in teams if team.code == asked.get("team")), None)
    skill = next((one for one in Skill if one.value == asked.get("skill")), None)
    parts = parts_between(clock.local(event.starts_at), clock.local(event.ends_at))
    free = asked.get("free") == "1"
    text = asked.get("q", "").strip().replace("\0", "")[:40]
    fit = fitting(team=team.id if team else None, skill=skill, free=parts if free else ())
    page = _listed(text, *fit)
    unfit = problems([row.Resident for row in taken], event, shift.risk)
    return render_template(
        "desk/volunteers/shift.html",
        shift=shift,
        event=event,
        site=site,
        taken=taken,
        inside={row.Volunteer.id for row in taken},
        names={row.Assignment.id: masked(row.Resident).name for row in taken},
        unfit={who: sentence(Refused(reason)) for who, reason in unfit.items()},
        tired=tired([*(row.Volunteer.id for row in taken), *(row[0].id for row in page.rows)], event),
        q=text,
        teams=teams,
        team=team,
        skill=skill,
        skills=list(Skill),
        free=free,
        page=page,
        problem=problem,
        asked_of=asked_of,
        kept=_kept(),
        open=event.state not in (State.CANCELLED, State.CLOSED_OUT),
        over=event.ends_at <= clock.now(),
    ), status


def _kept() -> dict[str, str]:
    """The filters of the address, so that several can be put to a shift one after the other."""
    return {name: request.args[name] for name in ("q", "team", "skill", "free") if request.args.get(name)}


@bp.post("/shifts/<int:shift_id>/removal")
def remove_shift(shift_id: int):
    """Take a shift back that nobody stands in."""
    shift, event, site = _its_shift(shift_id)
    try:
        retried(lambda: _removed(shift))
    except Refused as refused:
        return _shift_page(shift, event, site, problem=sentence(refused), status=409)
    flash(_("岗位“%(title)s”已撤掉。撤错了，可以再加一个。", title=shift.title))
    return redirect(url_for("desk.events.show", code=event.code), code=303)


def _removed(shift: Shift) -> None:
    with transaction():
        operations.remove_shift(shift, by=guard.user().staff_id, now=clock.now())


@bp.post("/shifts/<int:shift_id>/assignments")
def assign(shift_id: int):
    """Let a volunteer take the shift; one whose day becomes too long only when asked once more."""
    shift, event, site = _its_shift(shift_id)
    volunteer = queries.find_volunteer(request.form.get("volunteer", "")[:20])
    knowing = request.form.get("knowing") == "1"
    try:
        if volunteer is None:
            raise Refused(VolunteerRefusal.NOT_A_VOLUNTEER)
        with transaction():
            assign_rested(shift, volunteer, knowing=knowing, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        asked_of = volunteer if refused.reason is VolunteerRefusal.LONG_DAY else None
        return _shift_page(shift, event, site, problem=sentence(refused), asked_of=asked_of, status=409)
    flash(_("已安排。"))
    return redirect(url_for(".shift", shift_id=shift_id, **_kept()), code=303)


@bp.post("/assignments/<int:assignment_id>/end")
def unassign(assignment_id: int):
    """Take a volunteer off a shift."""
    assignment = db.session.get(Assignment, assignment_id)
    if assignment is None:
        raise NotFound
    its = _its_shift(assignment.shift_id)
    try:
        with transaction():
            operations.unassign(assignment, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return _shift_page(*its, problem=sentence(refused), status=409)
    flash(_("已取消安排。"))
    return redirect(url_for(".shift", shift_id=assignment.shift_id), code=303)
