"""A volunteer's own page besides hours, behind the personal code; leaders find their teams here.

Looking at a page changes nothing; what is written goes through a button.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.announced import why
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused
from stationapp.residents.queries import get_resident, masked, masked_each
from stationapp.sites.models import Site
from stationapp.teams import operations, queries
from stationapp.teams.forms import ticked
from stationapp.teams.models import Team
from stationapp.teams.rules import Skill, parts_between
from stationapp.volunteers.guard import own_volunteer
from stationapp.volunteers.models import Shift, Volunteer
from stationapp.volunteers.queries import find_volunteer
from stationapp.volunteers.rest import long_days
from stationapp.volunteers.rules import VolunteerRefusal
from stationapp.web.errors import sentence
from stationapp.web.words import word

bp = Blueprint("teams", __name__, url_prefix="/hours/<code>")


@bp.app_context_processor
def _for_hours() -> dict:
    """What `teams/_mine.html` needs; it is part of a page that knows nothing of teams."""
    return {"coming_up": _coming_up}


def _coming_up(volunteer: Volunteer) -> dict:
    """The last service to thank for, the shifts to come, and the days that are too long."""
    now = clock.now()
    return {
        "served": queries.last_service(volunteer.id),
        "shifts": [
            (event, shift, site, why(event))
            for event, shift, site in queries.own_shifts(volunteer.id, now=now)
        ],
        "long_days": long_days(volunteer.id, since=clock.day_of(now)),
    }


# --- the own page -----------------------------------------------------------------------------------------------


@bp.get("/team")
def mine(code: str):
    """What somebody can do and when, to be changed here; their teams, shifts to come, trainings."""
    volunteer = own_volunteer(code)
    return render_template(
        "teams/mine.html",
        code=code,
        volunteer=volunteer,
        name=masked(get_resident(volunteer.resident_id)).name,
        about=queries.about(volunteer.id),
        teams=queries.teams_of(volunteer.id),
        records=[row for row in queries.records_of(volunteer.id) if row.ServiceRecord.ended_at is None],
        site=db.session.get_one(Site, volunteer.site_id),
    )


@bp.post("/team")
def say(code: str):
    """Keep what was ticked."""
    volunteer = own_volunteer(code)
    said = ticked(request.form.getlist("skill"), request.form.getlist("free"))
    with transaction():
        lost = operations.say_about(volunteer, **said, by=None, now=clock.now())
    flash(_("已保存。新写的特长由队长或者站点的工作人员确认。"))
    if lost:
        names = "、".join(str(word(skill)) for skill in lost)
        flash(_("去掉了确认过的：%(names)s。再写上，要重新确认。", names=names), "warn")
    return redirect(url_for(".mine", code=code), code=303)


# --- a leader's team --------------------------------------------------------------------------------------------


@bp.get("/teams/<team>")
def team(code: str, team: str):
    """The members, what they can do, and the shifts to come; for who leads the team."""
    return _team_page(code, *_led(code, team))


def _led(code: str, team: str) -> tuple[Volunteer, Team, Site]:
    leader = own_volunteer(code)
    return leader, *queries.led_by(leader, team.replace("\0", "")[:20])


def _team_page(
    code: str, leader: Volunteer, its: Team, site: Site, *, problem: str = "", asked_of=None, status=200
):
    """`asked_of`: the shift and the member to be put to it after all if the button is pressed once more."""
    rows = queries.live_members([its.id])[its.id]
    ids, shifts = [row.Volunteer.id for row in rows], _shifts(its, rows)
    return render_template(
        "teams/team.html",
        code=code,
        leader=leader,
        team=its,
        site=site,
        rows=rows,
        names=masked_each([row.Resident for row in rows]),
        abilities=queries.abilities_of(ids),
        shifts=shifts[: queries.MOST_SHIFTS],
        more_shifts=len(shifts) > queries.MOST_SHIFTS,
        problem=problem,
        asked_of=asked_of,
    ), status


def _shifts(its: Team, rows: list) -> list[dict]:
    """The open shifts, each with who of the team takes it and who could; `free`: said to have time then."""
    members = {row.Volunteer.id: row for row in rows}
    free, shifts = queries.free_of(members), []
    for event, shift, taken in queries.open_shifts(its, now=clock.now()):
        inside = {row.Volunteer.id for row in taken}
        parts = parts_between(clock.local(event.starts_at), clock.local(event.ends_at))
        shifts.append(
            {
                "event": event,
                "shift": shift,
                "taken": len(taken),
                "ours": [row for number, row in members.items() if number in inside],
                "could": [
                    (row, parts <= free[number]) for number, row in members.items() if number not in inside
                ],
            }
        )
    return shifts


@bp.post("/teams/<team>/skills")
def confirm(code: str, team: str):
    """Confirm what another member says they can do."""
    leader, its, site = _led(code, team)
    member, _bar, asked = request.form.get("skill", "").partition(":")
    volunteer = find_volunteer(member.replace("\0", "")[:20])
    skill = next((one for one in Skill if one.value == asked), None)
    if volunteer is None or skill is None:
        raise NotFound
    try:
        with transaction():
            operations.confirm_member(its, leader, volunteer, skill, now=clock.now())
    except Refused as refused:
        return _team_page(code, leader, its, site, problem=sentence(refused), status=409)
    flash(_("已确认。"))
    return redirect(url_for(".team", code=code, team=team), code=303)


@bp.post("/teams/<team>/shifts/<int:shift_id>")
def assign(code: str, team: str, shift_id: int):
    """Put a member to a shift; the reasons against it are the desk's, without what is done elsewhere."""
    leader, its, site = _led(code, team)
    shift = _its_shift(its, shift_id)
    volunteer = find_volunteer(request.form.get("volunteer", "").replace("\0", "")[:20])
    knowing = request.form.get("knowing") == "1"
    try:
        if volunteer is None:
            raise Refused(VolunteerRefusal.NOT_A_VOLUNTEER)
        with transaction():
            operations.assign_member(its, leader, shift, volunteer, knowing=knowing, now=clock.now())
    except Refused as refused:
        long_day = refused.reason is VolunteerRefusal.LONG_DAY
        return _team_page(
            code,
            leader,
            its,
            site,
            problem=sentence(Refused(refused.reason)),
            asked_of=(shift, volunteer) if long_day else None,
            status=409,
        )
    flash(_("已安排。"))
    return redirect(url_for(".team", code=code, team=team), code=303)


@bp.post("/teams/<team>/shifts/<int:shift_id>/end")
def unassign(code: str, team: str, shift_id: int):
    """Take a member of the team off a shift."""
    leader, its, site = _led(code, team)
    shift = _its_shift(its, shift_id)
    volunteer = find_volunteer(request.form.get("volunteer", "").replace("\0", "")[:20])
    if volunteer is None:
        raise NotFound
    try:
        with transaction():
            operations.unassign_member(its, leader, shift, volunteer, now=clock.now())
    except Refused as refused:
        problem = sentence(Refused(refused.reason))
        return _team_page(code, leader, its, site, problem=problem, status=409)
    flash(_("已取消安排。"))
    return redirect(url_for(".team", code=code, team=team), code=303)


def _its_shift(its: Team, shift_id: int) -> Shift:
    shift = db.session.get(Shift, shift_id)
    gone = shift is None or shift.ended_at is not None
    if gone or db.session.get_one(Event, shift.event_id).site_id != its.site_id:
        raise NotFound
    return shift
