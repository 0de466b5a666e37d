"""Teams in the sample: who serves together, who leads, what they can do and when, and what they were taught."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select

from stationapp import clock
from stationapp.db import db
from stationapp.sites.models import Site
from stationapp.teams import operations
from stationapp.teams.models import Team
from stationapp.teams.rules import DayPart, RecordKind, Skill, TeamKind
from stationapp.volunteers.models import Volunteer


@dataclass(frozen=True)
class _Wish:
    """A team as its site thinks of it; the n-th member can do the n-th of the skills."""

    name: str
    kind: TeamKind
    skills: tuple[Skill, ...]


_WISHES = (
    _Wish("银龄宣讲队", TeamKind.POLICY, (Skill.LECTURING, Skill.CALLIGRAPHY, Skill.PHOTOGRAPHY)),
    _Wish("暖心便民队", TeamKind.CARE, (Skill.HAIRCUT, Skill.REPAIR, Skill.NURSING, Skill.PHONE_HELP)),
)
_FREE = (DayPart.MORNING, DayPart.AFTERNOON, DayPart.EVENING)
_SIZE = 4


def gather(sites: Iterable[Site], *, by: dict[int, int], now: datetime) -> None:
    """Give each of these sites its teams, of the volunteers registered there; `by`: the staff by the site's id."""
    for site in sites:
        query = select(Volunteer).where(Volunteer.site_id == site.id).order_by(Volunteer.id)
        there = list(db.session.scalars(query.limit(_SIZE * len(_WISHES))))
        for number, wish in enumerate(_WISHES):
            members = there[number * _SIZE : (number + 1) * _SIZE]
            if members:
                _fill(site, wish, members, by[site.id], now)


def _fill(site: Site, wish: _Wish, members: list[Volunteer], by: int, now: datetime) -> None:
    team = operations.make_team(site, name=wish.name, kind=wish.kind, by=by, now=now)
    for number, member in enumerate(members):
        operations.join(team, member, leads=number == 0, by=by, now=now)
        free = {(weekday, _FREE[(weekday + number) % 3]) for weekday in range(number, 7, 2)}
        skills = {wish.skills[number % len(wish.skills)], Skill.PHOTOGRAPHY if number else Skill.FIRST_AID}
        operations.say_about(member, skills=skills, free=free, by=None, now=now)
    _confirm(site, team, wish, members, by, now)
    day = clock.day_of(now - timedelta(weeks=3))
    for member in members[:2]:
        operations.add_record(
            member,
            site=site,
            kind=RecordKind.TRAINING,
            title="志愿服务基础培训 4 学时",
            on=day,
            by=by,
            now=now,
        )
    operations.add_record(
        members[0], site=site, kind=RecordKind.COMMENDATION, title="社区优秀志愿者", on=day, by=by, now=now
    )


def _confirm(site: Site, team: Team, wish: _Wish, members: list[Volunteer], by: int, now: datetime) -> None:
    """Staff know what the leader can do, the leader what the second one can; the others' is still to be confirmed."""
    operations.confirm_skill(members[0], wish.skills[0], by=by, site=site, now=now)
    if len(members) > 1:
        operations.confirm_member(team, members[0], members[1], wish.skills[1], now=now)
