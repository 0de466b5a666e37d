"""Reads of teams, their members, and what volunteers can do and when."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, Select, and_, exists, or_, select
from sqlalchemy.orm import aliased

from stationapp.attendance.models import Attendance
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import NotFound
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.teams.models import Ability, FreeTime, Membership, ServiceRecord, Team
from stationapp.teams.rules import DayPart, Skill, TeamKind
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import Assignment, HoursEntry, Shift, Volunteer

MOST_SHIFTS = 30
"""So many of the shifts to come a leader's page shows."""

# --- teams ------------------------------------------------------------------------------------------------------


def get_team(code: str) -> tuple[Team, Site]:
    """The team with that code and its site; raises NotFound."""
    found = db.session.execute(
        select(Team, Site).join(Site, Site.id == Team.site_id).where(Team.code == code.upper())
    ).one_or_none()
    if found is None:
        raise NotFound
    return found.Team, found.Site


def at_desk(here: ColumnElement[bool], *, site: Site | None, kind: TeamKind | None, ended: bool) -> Select:
    """(Team, Site) of the sites for which `here` holds, in the order of the sites' codes; ended ones only if asked."""
    query = select(Team, Site).join(Site, Site.id == Team.site_id).where(here).order_by(Site.code, Team.id)
    if site:
        query = query.where(Team.site_id == site.id)
    if kind:
        query = query.where(Team.kind == kind)
    return query.where(Team.ended_at.is_not(None) if ended else Team.ended_at.is_(None))


def list_teams(site: Site) -> list[tuple[Team, Site]]:
    """The standing teams whose members a site would ask first: its own, and those of the sites above it."""
    above = [int(number) for number in site.path.strip("/").split("/")]
    query = select(Team, Site).join(Site, Site.id == Team.site_id)
    return [
        tuple(row)
        for row in db.session.execute(
            query.where(Site.id.in_(above), Team.ended_at.is_(None)).order_by(Site.code.desc(), Team.id)
        )
    ]


def live_members(team_ids: Collection[int]) -> dict[int, list[Row]]:
    """Who belongs to these teams now, leaders first: (Membership, Volunteer, Resident) by team."""
    rows = db.session.execute(
        select(Membership, Volunteer, Resident)
        .join(Volunteer, Volunteer.id == Membership.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .where(Membership.team_id.in_(team_ids), Membership.left_at.is_(None))
        .order_by(Membership.leads.desc(), Resident.initials, Membership.id)
    )
    found: dict[int, list[Row]] = {team_id: [] for team_id in team_ids}
    for row in rows:
        found[row.Membership.team_id].append(row)
    return found


def left_since(team_id: int, since: datetime) -> list[Row]:
    """Who has left the team since then and is not in it now, last ones first: (Membership, Volunteer, Resident)."""
    again = aliased(Membership)
    back = exists().where(
        again.team_id == Membership.team_id,
        again.volunteer_id == Membership.volunteer_id,
        or_(again.left_at.is_(None), again.left_at > Membership.left_at),
    )
    return list(
        db.session.execute(
            select(Membership, Volunteer, Resident)
            .join(Volunteer, Volunteer.id == Membership.volunteer_id)
            .join(Resident, Resident.id == Volunteer.resident_id)
            .where(Membership.team_id == team_id, Membership.left_at >= since, ~back)
            .order_by(Membership.left_at.desc(), Membership.id)
        )
    )


def find_membership(team_id: int, volunteer_id: int) -> Membership | None:
    """How somebody belongs to a team now."""
    return db.session.scalar(
        select(Membership).where(
            Membership.team_id == team_id,
            Membership.volunteer_id == volunteer_id,
            Membership.left_at.is_(None),
        )
    )


def teams_of(volunteer_id: int) -> list[Row]:
    """The teams somebody belongs to now: (Team, Membership, Site)."""
    return list(
        db.session.execute(
            select(Team, Membership, Site)
            .join(Membership, Membership.team_id == Team.id)
            .join(Site, Site.id == Team.site_id)
            .where(Membership.volunteer_id == volunteer_id, Membership.left_at.is_(None))
            .order_by(Site.code, Team.id)
        )
    )


def led_by(volunteer: Volunteer, code: str) -> tuple[Team, Site]:
    """The standing team with that code, if the volunteer leads it; for anybody else it does not exist (NotFound)."""
    team, site = get_team(code)
    held = find_membership(team.id, volunteer.id)
    if team.ended_at or volunteer.ended_at or held is None or not held.leads:
        raise NotFound
    return team, site


def open_shifts(team: Team, *, now: datetime) -> list[tuple[Event, Shift, list[Row]]]:
    """Shifts of published events of the team's site that have not begun, by start; one more than MOST_SHIFTS at most.

    Each with who takes it: (Assignment, Volunteer).
    """
    rows = db.session.execute(
        select(Event, Shift)
        .join(Shift, Shift.event_id == Event.id)
        .where(
            Event.site_id == team.site_id,
            Event.state == State.PUBLISHED,
            Event.starts_at > now,
            Shift.ended_at.is_(None),
        )
        .order_by(Event.starts_at, Event.id, Shift.id)
        .limit(MOST_SHIFTS + 1)
    ).all()
    taken: dict[int, list[Row]] = defaultdict(list)
    for row in db.session.execute(
        select(Assignment, Volunteer)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .where(Assignment.shift_id.in_([shift.id for _event, shift in rows]), Assignment.ended_at.is_(None))
        .order_by(Assignment.id)
    ):
        taken[row.Assignment.shift_id].append(row)
    return [(event, shift, taken[shift.id]) for event, shift in rows]


def own_shifts(volunteer_id: int, *, now: datetime) -> list[tuple[Event, Shift, Site]]:
    """What a volunteer has been put to and is not over yet, by start; what was put off or called off, too."""
    rows = db.session.execute(
        select(Event, Shift, Site)
        .join(Shift, Shift.event_id == Event.id)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .join(Site, Site.id == Event.site_id)
        .where(
            Assignment.volunteer_id == volunteer_id,
            Assignment.ended_at.is_(None),
            Event.state.in_(_STANDING),
            or_(Event.state == State.POSTPONED, Event.ends_at > now),
        )
        .order_by(Event.starts_at, Shift.id)
    )
    return [tuple(row) for row in rows]


_STANDING = (State.PUBLISHED, State.POSTPONED, State.CANCELLED)


# --- who can do what, and when ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class About:
    """What is known of a volunteer besides hours."""

    abilities: dict[Skill, Ability]
    free: set[tuple[int, DayPart]]

    known, parts = tuple(Skill), tuple(DayPart)  # what can be said

    def on(self, part: DayPart) -> list[int]:
        """The weekdays on which they are free in that part of the day."""
        return [weekday for weekday in range(7) if (weekday, part) in self.free]


def about(volunteer_id: int) -> About:
    """What somebody can do and when they can help."""
    return About(abilities_of([volunteer_id])[volunteer_id], free_of([volunteer_id])[volunteer_id])


def abilities_of(volunteer_ids: Collection[int]) -> dict[int, dict[Skill, Ability]]:
    """What each of these volunteers says they can do."""
    found: dict[int, dict[Skill, Ability]] = {number: {} for number in volunteer_ids}
    rows = select(Ability).where(Ability.volunteer_id.in_(volunteer_ids)).order_by(Ability.id)
    for one in db.session.scalars(rows):
        found[one.volunteer_id][one.skill] = one
    return found


def free_of(volunteer_ids: Collection[int]) -> dict[int, set[tuple[int, DayPart]]]:
    """The parts of weekdays in which each of these volunteers can usually help."""
    found: dict[int, set[tuple[int, DayPart]]] = {number: set() for number in volunteer_ids}
    for one in db.session.scalars(select(FreeTime).where(FreeTime.volunteer_id.in_(volunteer_ids))):
        found[one.volunteer_id].add((one.weekday, one.part))
    return found


def fitting(
    *, team: int | None = None, skill: Skill | None = None, free: Collection[tuple[int, DayPart]] = ()
) -> list[ColumnElement[bool]]:
    """Conditions on Volunteer: in that team, with that skill confirmed, free in all of these parts of the week."""
    asked: list[ColumnElement[bool]] = []
    if team is not None:
        member = and_(Membership.volunteer_id == Volunteer.id, Membership.left_at.is_(None))
        asked.append(exists().where(member, Membership.team_id == team))
    if skill is not None:
        able = and_(Ability.volunteer_id == Volunteer.id, Ability.confirmed_at.is_not(None))
        asked.append(exists().where(able, Ability.skill == skill))
    for weekday, part in free:
        at = and_(FreeTime.weekday == weekday, FreeTime.part == part)
        asked.append(exists().where(FreeTime.volunteer_id == Volunteer.id, at))
    return asked


def records_of(volunteer_id: int, here: ColumnElement[bool] | None = None) -> list[Row]:
    """Trainings and commendations, newest first: (ServiceRecord, Site); only of sites for which `here` holds."""
    query = (
        select(ServiceRecord, Site)
        .join(Site, Site.id == ServiceRecord.site_id)
        .where(ServiceRecord.volunteer_id == volunteer_id)
        .order_by(ServiceRecord.on.desc(), ServiceRecord.id.desc())
    )
    return list(db.session.execute(query if here is None else query.where(here)))


def last_service(volunteer_id: int) -> tuple[date, str] | None:
    """The day and title of the last event that a volunteer has hours from."""
    found = db.session.execute(
        select(HoursEntry.served_on, Event.title)
        .join(Attendance, Attendance.id == HoursEntry.attendance_id)
        .join(Event, Event.id == Attendance.event_id)
        .where(LIVE, HoursEntry.volunteer_id == volunteer_id, HoursEntry.minutes > 0)
        .order_by(HoursEntry.served_on.desc(), HoursEntry.id.desc())
        .limit(1)
    ).one_or_none()
    return tuple(found) if found else None
