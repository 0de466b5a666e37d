"""What is relied on of a volunteer was confirmed by somebody else; nobody belongs to what has ended."""

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.teams.models import Ability, Membership, Team


def _own_skill() -> list[str]:
    """A skill confirmed by the one who said it."""
    query = select(Ability.id).where(Ability.confirmed_leader_id == Ability.volunteer_id)
    return [f"ability {number}" for number in db.session.scalars(query.order_by(Ability.id))]


def _no_leader() -> list[str]:
    """A skill confirmed by somebody who never led a team that the volunteer was in."""
    leading, following = aliased(Membership), aliased(Membership)
    together = exists().where(
        leading.volunteer_id == Ability.confirmed_leader_id,
        leading.leads,
        following.team_id == leading.team_id,
        following.volunteer_id == Ability.volunteer_id,
    )
    query = select(Ability.id).where(Ability.confirmed_leader_id.is_not(None), ~together)
    return [f"ability {number}" for number in db.session.scalars(query.order_by(Ability.id))]


def _ended() -> list[str]:
    """Somebody who still belongs to a team that has ended."""
    query = (
        select(Membership.id)
        .join(Team, Team.id == Membership.team_id)
        .where(Team.ended_at.is_not(None), Membership.left_at.is_(None))
        .order_by(Membership.id)
    )
    return [f"membership {number}" for number in db.session.scalars(query)]


CHECKS = (
    Check("teams skill", "没有人确认自己的特长", _own_skill),
    Check("teams leader", "特长由同队的队长确认", _no_leader),
    Check("teams ended", "解散的队伍里没有人", _ended),
)
