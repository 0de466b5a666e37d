"""Teams at the desk: the list, one team with its members and leaders, making, changing and ending it."""

from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.db import db, retried, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents.queries import masked_each
from stationapp.residents.rules import Masked
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.teams import operations, queries
from stationapp.teams.forms import TeamForm
from stationapp.teams.models import Team
from stationapp.teams.rules import Skill, TeamKind
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.queries import find_volunteer
from stationapp.volunteers.rules import VolunteerRefusal
from stationapp.volunteers.searching import list_known, masked_lines, search
from stationapp.web.errors import sentence
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("teams", __name__, url_prefix="/teams")

MOST_EXPORTED = 10_000
_LEFT_LATELY = timedelta(days=30)


def _its(code: str) -> tuple[Team, Site]:
    team, site = queries.get_team(code.replace("\0", "")[:20])
    guard.require(site.path)
    return team, site


def _by_now() -> dict:
    return {"by": guard.user().staff_id, "now": clock.now()}


# --- the list ---------------------------------------------------------------------------------------------------


def _filters(sites: list[Site]) -> dict:
    kinds = {kind.value: kind for kind in TeamKind}
    return {
        "site": next((site for site in sites if site.code == request.args.get("site")), None),
        "kind": kinds.get(request.args.get("kind", "")),
        "ended": request.args.get("ended") == "1",
    }


@bp.get("/")
def index():
    """The teams of the sites within reach, in the order of the sites."""
    sites = list_where(reached(guard.reach()))
    filters = _filters(sites)
    page = paged(queries.at_desk(reached(guard.reach()), **filters), scalars=False)
    members = queries.live_members([team.id for team, _site in page.rows])
    return render_template(
        "desk/teams/index.html",
        page=page,
        sites=sites,
        kinds=list(TeamKind),
        members=members,
        names=_names(members),
        **filters,
    )


def _names(members: dict[int, list]) -> dict[int, Masked]:
    """How members are shown, by resident id."""
    return masked_each({row.Resident.id: row.Resident for rows in members.values() for row in rows}.values())


@bp.get("/list.csv")
def export():
    """The same list as a file, names masked."""
    filters = _filters(list_where(reached(guard.reach())))
    rows = db.session.execute(queries.at_desk(reached(guard.reach()), **filters).limit(MOST_EXPORTED)).all()
    members = queries.live_members([team.id for team, _site in rows])
    names = _names(members)
    head = (_("阵地"), _("队伍"), _("种类"), _("队长"), _("人数"), _("建队日期"), _("解散日期"))
    lines = (
        (
            site.short_name,
            team.name,
            word(team.kind),
            "、".join(names[row.Resident.id].name for row in members[team.id] if row.Membership.leads),
            len(members[team.id]),
            clock.day_of(team.made_at),
            clock.day_of(team.ended_at) if team.ended_at else None,
        )
        for team, site in rows
    )
    return csv_answer(_("志愿队伍"), head, lines)


@bp.route("/new", methods=["GET", "POST"])
def new():
    """Make a team."""
    site = guard.chosen_site()
    if site is None:
        return guard.site_picker(_("建一支队伍"), _("属于哪个阵地"))
    form, problem, status = TeamForm(), "", 200
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                with transaction():
                    team = operations.make_team(site, name=form.name.data, kind=form.kind.data, **_by_now())
            except Refused as refused:
                problem, status = sentence(refused), 409
            else:
                flash(_("队伍建好了。下面把队员加进来，再定一位队长。"))
                return redirect(url_for(".show", code=team.code), code=303)
    return render_template("desk/teams/new.html", form=form, site=site, problem=problem), status


# --- one team ---------------------------------------------------------------------------------------------------


@bp.get("/<code>")
def show(code: str):
    """A team: who belongs, who leads, what they can do, and a search for who could join."""
    return _page(*_its(code))


def _page(team: Team, site: Site, *, form: TeamForm | None = None, problem: str = "", status: int = 200):
    text = request.args.get("q", "").strip().replace("\0", "")[:40]
    rows = queries.live_members([team.id])[team.id]
    left = [] if team.ended_at else queries.left_since(team.id, clock.now() - _LEFT_LATELY)
    found = paged(search(text, reached(guard.reach())), 20, scalars=False) if text else None
    return render_template(
        "desk/teams/show.html",
        team=team,
        site=site,
        rows=rows,
        names=_names({team.id: [*rows, *left]}),
        known=list_known([row.Volunteer.id for row in rows], reached(guard.reach())),
        abilities=queries.abilities_of([row.Volunteer.id for row in rows]),
        left=left,
        q=text,
        found=masked_lines(found.rows) if found else None,
        page=found,
        inside={row.Volunteer.id for row in rows},
        form=form or TeamForm(name=team.name, kind=team.kind),
        problem=problem,
    ), status


@bp.get("/<code>/members.csv")
def members(code: str):
    """The members as a file, names and phones masked."""
    team, _site = _its(code)
    rows = queries.live_members([team.id])[team.id]
    names = _names({team.id: rows})
    abilities = queries.abilities_of([row.Volunteer.id for row in rows])
    head = (
        _("姓名"),
        _("电话"),
        _("编号"),
        _("队长"),
        _("特长（已确认）"),
        _("特长（本人说的）"),
        _("加入日期"),
    )
    lines = (
        (
            names[row.Resident.id].name,
            names[row.Resident.id].phone,
            row.Volunteer.code,
            _("是") if row.Membership.leads else None,
            _said(abilities[row.Volunteer.id], confirmed=True),
            _said(abilities[row.Volunteer.id], confirmed=False),
            clock.day_of(row.Membership.joined_at),
        )
        for row in rows
    )
    return csv_answer(_("%(team)s队员", team=team.name), head, lines)


def _said(abilities: dict[Skill, object], *, confirmed: bool) -> str:
    return "、".join(word(skill) for skill, one in abilities.items() if bool(one.confirmed_at) is confirmed)


@bp.post("/<code>/name")
def change(code: str):
    """Another name or kind."""
    team, site = _its(code)
    form = TeamForm()
    if not form.validate():
        return _page(team, site, form=form, status=422)
    try:
        with transaction():
            operations.change_team(team, name=form.name.data, kind=form.kind.data, **_by_now())
    except Refused as refused:
        form.form_errors.append(sentence(refused))
        return _page(team, site, form=form, status=409)
    flash(_("已改好。"))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/<code>/ending")
def end(code: str):
    """Disband the team; its page offers to undo it."""
    team, _site = _its(code)
    with transaction():
        operations.end_team(team, **_by_now())
    flash(_("队伍已解散。办错了可以在下面恢复。"))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/<code>/return")
def bring_back(code: str):
    """Undo the disbanding."""
    team, site = _its(code)
    try:
        with transaction():
            operations.bring_back(team, **_by_now())
    except Refused as refused:
        return _page(team, site, problem=sentence(refused), status=409)
    flash(_("队伍恢复了，队员也都在。"))
    return redirect(url_for(".show", code=code), code=303)


# --- who belongs ------------------------------------------------------------------------------------------------


@bp.post("/<code>/members")
def join(code: str):
    """Take a volunteer in."""
    team, site = _its(code)
    volunteer = find_volunteer(request.form.get("volunteer", "").replace("\0", "")[:20])
    try:
        if volunteer is None:
            raise Refused(VolunteerRefusal.NOT_A_VOLUNTEER)
        retried(lambda: _in_one(operations.join, team, volunteer))
    except Refused as refused:
        return _page(team, site, problem=sentence(refused), status=409)
    flash(_("已加入队伍。"))
    return redirect(url_for(".show", code=code), code=303)


def _in_one(act, *given) -> None:
    with transaction():
        act(*given, **_by_now())


@bp.post("/<code>/members/<member>/leaving")
def leave(code: str, member: str):
    """Take a member out."""
    team, site, volunteer = _member(code, member)
    try:
        _in_one(operations.leave, team, volunteer)
    except Refused as refused:
        return _page(team, site, problem=sentence(refused), status=409)
    flash(_("已离开队伍。办错了可以在“最近离开的”里加回来。"))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/<code>/members/<member>/leading")
def lead(code: str, member: str):
    """Make a member a leader, or a leader a member."""
    team, site, volunteer = _member(code, member)
    leads = request.form.get("leads") == "1"
    try:
        _in_one(operations.let_lead, team, volunteer, leads)
    except Refused as refused:
        return _page(team, site, problem=sentence(refused), status=409)
    flash(_("已定为队长。") if leads else _("已不再是队长。"))
    return redirect(url_for(".show", code=code), code=303)


def _member(code: str, member: str) -> tuple[Team, Site, Volunteer]:
    team, site = _its(code)
    volunteer = find_volunteer(member.replace("\0", "")[:20])
    if volunteer is None:
        raise NotFound
    return team, site, volunteer
