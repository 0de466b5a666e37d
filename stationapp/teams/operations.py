"""The verbs of teams: make and end them, who belongs, what volunteers can do and when, what stands on their record."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import delete, select

from stationapp import clock, codes
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.teams import queries
from stationapp.teams.models import Ability, FreeTime, Membership, ServiceRecord, Team
from stationapp.teams.rules import (
    NAME_LENGTH,
    TITLE_LENGTH,
    DayPart,
    RecordKind,
    Skill,
    TeamKind,
    TeamRefusal,
)
from stationapp.volunteers.models import Assignment, Shift, Volunteer
from stationapp.volunteers.operations import unassign
from stationapp.volunteers.queries import is_same_name
from stationapp.volunteers.rest import assign_rested
from stationapp.volunteers.rules import VolunteerRefusal

# --- teams ------------------------------------------------------------------------------------------------------


def make_team(site: Site, *, name: str, kind: TeamKind, by: int | None, now: datetime) -> Team:
    """A new team of a site. Raises Refused(TeamRefusal)."""
    name = _free_name(site.id, name)
    team = Team(code=codes.new_public(), site_id=site.id, name=name, kind=kind, made_at=now)
    db.session.add(team)
    db.session.flush()
    _record("teams.make", team, by=by, now=now)
    return team


def change_team(team: Team, *, name: str, kind: TeamKind, by: int | None, now: datetime) -> None:
    """Another name or kind. Raises Refused(TeamRefusal)."""
    _hold(team)
    team.name, team.kind = _free_name(team.site_id, name, but=team.id), kind
    db.session.flush()
    _record("teams.change", team, by=by, now=now)


def end_team(team: Team, *, by: int | None, now: datetime) -> None:
    """End a team; everybody in it leaves at that moment. Twice is harmless."""
    db.session.refresh(team, with_for_update=True)
    if team.ended_at:
        return
    team.ended_at = now
    for held in db.session.scalars(_live(team.id)):
        held.left_at = now
    db.session.flush()
    _record("teams.end", team, by=by, now=now)


def bring_back(team: Team, *, by: int | None, now: datetime) -> None:
    """Undo the ending: the team stands again with those who were in it. Raises Refused(TeamRefusal.NAME_TAKEN)."""
    db.session.refresh(team, with_for_update=True)
    if team.ended_at is None:
        return
    team.name = _free_name(team.site_id, team.name, but=team.id)
    stayed = select(Membership).where(Membership.team_id == team.id, Membership.left_at == team.ended_at)
    last = {held.volunteer_id: held for held in db.session.scalars(stayed.order_by(Membership.id))}
    for held in last.values():
        held.left_at = None
    team.ended_at = None
    db.session.flush()
    _record("teams.bring_back", team, by=by, now=now)


# --- who belongs ------------------------------------------------------------------------------------------------


def join(
    team: Team, volunteer: Volunteer, *, by: int | None, now: datetime, leads: bool = False
) -> Membership:
    """Take a volunteer into a team; who is in it already stays as they are. Raises Refused."""
    _hold(team)
    held = queries.find_membership(team.id, volunteer.id)
    if held:
        return held
    if volunteer.ended_at is not None:
        raise Refused(VolunteerRefusal.NOT_A_VOLUNTEER)
    held = _enter(team, volunteer, leads, now)
    _record("teams.join", team, volunteer, by=by, now=now)
    return held


def leave(team: Team, volunteer: Volunteer, *, by: int | None, now: datetime) -> None:
    """Take somebody out of a team; twice is harmless."""
    _hold(team)
    held = queries.find_membership(team.id, volunteer.id)
    if held is None:
        return
    held.left_at = now
    db.session.flush()
    _record("teams.leave", team, volunteer, by=by, now=now)


def let_lead(team: Team, volunteer: Volunteer, leads: bool, *, by: int | None, now: datetime) -> None:
    """Make a member a leader, or a leader a member. Raises Refused(TeamRefusal.NOT_A_MEMBER).

    Who led when stays known: the old membership ends and another begins.
    """
    _hold(team)
    held = queries.find_membership(team.id, volunteer.id)
    if held is None:
        raise Refused(TeamRefusal.NOT_A_MEMBER)
    if held.leads is leads:
        return
    held.left_at = now
    db.session.flush()
    _enter(team, volunteer, leads, now)
    _record("teams.lead" if leads else "teams.follow", team, volunteer, by=by, now=now)


def _enter(team: Team, volunteer: Volunteer, leads: bool, now: datetime) -> Membership:
    held = Membership(team_id=team.id, volunteer_id=volunteer.id, leads=leads, joined_at=now)
    db.session.add(held)
    db.session.flush()
    return held


def _live(team_id: int):
    return select(Membership).where(Membership.team_id == team_id, Membership.left_at.is_(None))


def _hold(team: Team) -> None:
    db.session.refresh(team, with_for_update=True)
    if team.ended_at:
        raise Refused(TeamRefusal.ENDED)


def _free_name(site_id: int, name: str, *, but: int | None = None) -> str:
    name = " ".join(name.split())[:NAME_LENGTH]
    if not name:
        raise Refused(TeamRefusal.NAME_MISSING)
    same = select(Team.id).where(
        Team.site_id == site_id, Team.name == name, Team.ended_at.is_(None), Team.id != (but or 0)
    )
    if db.session.scalar(same):
        raise Refused(TeamRefusal.NAME_TAKEN)
    return name


# --- what somebody can do, and when -----------------------------------------------------------------------------


def say_about(
    volunteer: Volunteer,
    *,
    skills: Collection[Skill],
    free: Collection[tuple[int, DayPart]],
    by: int | None,
    now: datetime,
) -> list[Skill]:
    """Write down what a volunteer can do and when they can help, as they say; `by` None: they themselves.

    A skill that is said no more takes its confirmation with it: those are answered, and the audit keeps whose it was.
    """
    db.session.refresh(volunteer, with_for_update=True)
    before = queries.about(volunteer.id)
    gone = [ability for skill, ability in before.abilities.items() if skill not in skills]
    lost = [(ability.skill, _confirmed_by(ability)) for ability in gone if ability.confirmed_at]
    for ability in gone:
        db.session.delete(ability)
    db.session.add_all(
        Ability(volunteer_id=volunteer.id, skill=skill, said_at=now)
        for skill in Skill
        if skill in skills and skill not in before.abilities
    )
    if set(free) != before.free:
        db.session.execute(delete(FreeTime).where(FreeTime.volunteer_id == volunteer.id))
        db.session.add_all(
            FreeTime(volunteer_id=volunteer.id, weekday=weekday, part=part)
            for weekday, part in sorted(set(free), key=lambda one: (one[0], one[1].value))
        )
    db.session.flush()
    who = {"by": by, "now": now, "site_id": volunteer.site_id}
    for skill, confirmed_by in lost:
        subject = f"volunteer {volunteer.code} skill {skill.value} confirmed by {confirmed_by}"
        record("teams.unsay_skill", subject, **who)
    if by is not None:
        record("teams.say_about", f"volunteer {volunteer.code}", **who)
    return [skill for skill, _confirmed_by in lost]


def _confirmed_by(ability: Ability) -> str:
    if ability.confirmed_leader_id is None:
        return f"staff {ability.confirmed_by}"
    return f"leader {db.session.get_one(Volunteer, ability.confirmed_leader_id).code}"


def confirm_skill(volunteer: Volunteer, skill: Skill, *, by: int, site: Site, now: datetime) -> None:
    """A member of staff confirms what a volunteer says they can do. What nobody said is NOT_SAID.

    Nobody confirms their own (OWN_SKILL): staff carry no resident's identity, so theirs is told by the name, as with
    hours.
    """
    if is_same_name(volunteer.id, by):
        raise Refused(TeamRefusal.OWN_SKILL)
    _confirm(volunteer, skill, by, None, site.id, now)


def confirm_member(
    team: Team, leader: Volunteer, volunteer: Volunteer, skill: Skill, *, now: datetime
) -> None:
    """A team's leader confirms what another member says they can do. Raises Refused(TeamRefusal)."""
    if leader.id == volunteer.id:
        raise Refused(TeamRefusal.OWN_SKILL)
    if queries.find_membership(team.id, volunteer.id) is None:
        raise Refused(TeamRefusal.NOT_A_MEMBER)
    _confirm(volunteer, skill, None, leader, team.site_id, now)


def _confirm(
    volunteer: Volunteer, skill: Skill, by: int | None, leader: Volunteer | None, site_id: int, now: datetime
) -> None:
    ability = _ability(volunteer, skill)
    if ability.confirmed_at:
        return
    ability.confirmed_at, ability.confirmed_by = now, by
    ability.confirmed_leader_id = leader.id if leader else None
    db.session.flush()
    subject = f"volunteer {volunteer.code} skill {skill.value}" + (f" leader {leader.code}" if leader else "")
    record("teams.confirm_skill", subject, by=by, now=now, site_id=site_id)


def doubt_skill(volunteer: Volunteer, skill: Skill, *, by: int, site: Site, now: datetime) -> None:
    """Take a confirmation back; the skill stays as said."""
    ability = _ability(volunteer, skill)
    if ability.confirmed_at is None:
        return
    ability.confirmed_at = ability.confirmed_by = ability.confirmed_leader_id = None
    db.session.flush()
    subject = f"volunteer {volunteer.code} skill {skill.value}"
    record("teams.doubt_skill", subject, by=by, now=now, site_id=site.id)


def _ability(volunteer: Volunteer, skill: Skill) -> Ability:
    found = db.session.scalar(
        select(Ability).where(Ability.volunteer_id == volunteer.id, Ability.skill == skill).with_for_update()
    )
    if found is None:
        raise Refused(TeamRefusal.NOT_SAID)
    return found


# --- shifts given by a leader -----------------------------------------------------------------------------------


def assign_member(
    team: Team, leader: Volunteer, shift: Shift, volunteer: Volunteer, *, knowing: bool, now: datetime
) -> Assignment:
    """A leader puts a member of the team to an open shift of the team's site.

    Everything that a desk is refused is refused here, too; `knowing` as in `rest.assign_rested`.
    """
    _leads_here(team, shift, volunteer, now)
    made = assign_rested(shift, volunteer, knowing=knowing, by=None, now=now)
    subject = f"team {team.code} leader {leader.code} shift {shift.id} volunteer {volunteer.code}"
    record("teams.assign", subject, by=None, now=now, site_id=team.site_id)
    return made


def unassign_member(
    team: Team, leader: Volunteer, shift: Shift, volunteer: Volunteer, *, now: datetime
) -> None:
    """A leader takes a member of the team off an open shift of the team's site; twice is harmless."""
    _leads_here(team, shift, volunteer, now)
    its = select(Assignment).where(
        Assignment.shift_id == shift.id,
        Assignment.volunteer_id == volunteer.id,
        Assignment.ended_at.is_(None),
    )
    held = db.session.scalar(its.with_for_update())
    if held is None:
        return
    unassign(held, by=None, now=now)
    subject = f"team {team.code} leader {leader.code} shift {shift.id} volunteer {volunteer.code}"
    record("teams.unassign", subject, by=None, now=now, site_id=team.site_id)


def _leads_here(team: Team, shift: Shift, volunteer: Volunteer, now: datetime) -> None:
    """Refuse what is not a leader's: events begun, put off or off, other sites', and other people."""
    event = db.session.get_one(Event, shift.event_id)
    if event.site_id != team.site_id or event.state is not State.PUBLISHED or event.starts_at <= now:
        raise Refused(TeamRefusal.NOT_OPEN)
    if queries.find_membership(team.id, volunteer.id) is None:
        raise Refused(TeamRefusal.NOT_A_MEMBER)


# --- trainings and commendations --------------------------------------------------------------------------------


def add_record(
    volunteer: Volunteer,
    *,
    site: Site,
    kind: RecordKind,
    title: str,
    on: date,
    by: int | None,
    now: datetime,
) -> ServiceRecord:
    """Write a training or a commendation down. Raises Refused(TeamRefusal)."""
    title = " ".join(title.split())[:TITLE_LENGTH]
    if not title:
        raise Refused(TeamRefusal.TITLE_MISSING)
    if on > clock.day_of(now):
        raise Refused(TeamRefusal.IN_FUTURE)
    made = ServiceRecord(
        volunteer_id=volunteer.id, site_id=site.id, kind=kind, title=title, on=on, made_at=now, made_by=by
    )
    db.session.add(made)
    db.session.flush()
    subject = f"volunteer {volunteer.code} record {made.id}"
    record("teams.add_record", subject, by=by, now=now, site_id=site.id)
    return made


def end_record(one: ServiceRecord, ended: bool, *, by: int, now: datetime) -> None:
    """Take a record that was a mistake off, or put it back; twice is harmless."""
    if (one.ended_at is not None) is ended:
        return
    one.ended_at, one.ended_by = (now, by) if ended else (None, None)
    db.session.flush()
    code = db.session.get_one(Volunteer, one.volunteer_id).code
    act = "teams.end_record" if ended else "teams.bring_record_back"
    record(act, f"volunteer {code} record {one.id}", by=by, now=now, site_id=one.site_id)


def _record(
    act: str, team: Team, volunteer: Volunteer | None = None, *, by: int | None, now: datetime
) -> None:
    subject = f"team {team.code}" + (f" volunteer {volunteer.code}" if volunteer else "")
    record(act, subject, by=by, now=now, site_id=team.site_id)
