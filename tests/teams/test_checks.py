"""The invariants of teams fire on rows made wrong on purpose."""

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import db, transaction, writing
from stationapp.teams import operations
from stationapp.teams.checks import CHECKS
from stationapp.teams.models import Ability, Membership
from stationapp.teams.rules import Skill
from tests.teams.scenes import scene

pytestmark = pytest.mark.both_databases


def findings() -> dict[str, list[str]]:
    db.session.rollback()
    return {check.name: rows for check in CHECKS if (rows := check.find())}


def corrupt(statement: str) -> None:
    db.session.rollback()  # its reads would hold the tables against us
    with db.engine.connect().execution_options(**writing(db.engine)) as connection, connection.begin():
        connection.execute(text(statement))


def test_teams_made_wrong_are_found(app):
    here = scene(app)
    with app.app_context():
        with transaction():
            team = db.session.merge(here.team)
            operations.confirm_member(team, here.leader, here.member, Skill.HAIRCUT, now=clock.now())
        ability = db.session.query(Ability).filter_by(skill=Skill.HAIRCUT).one().id
        held = db.session.query(Membership).filter_by(volunteer_id=here.member.id).one().id
        assert findings() == {}
        corrupt(f"UPDATE abilities SET confirmed_leader_id = volunteer_id WHERE id = {ability}")
        assert findings()["teams skill"] == [f"ability {ability}"]
        corrupt(f"UPDATE abilities SET confirmed_leader_id = {here.leader.id} WHERE id = {ability}")
        assert findings() == {}
        corrupt(f"UPDATE teams SET ended_at = made_at WHERE id = {here.team.id}")
        assert len(findings()["teams ended"]) == 2
        corrupt(f"UPDATE teams SET ended_at = NULL WHERE id = {here.team.id}")
        corrupt(f"DELETE FROM memberships WHERE id = {held}")
        assert findings() == {"teams leader": [f"ability {ability}"]}


def test_who_led_when_a_skill_was_confirmed_stays_known(app):
    here = scene(app)
    with app.app_context():
        given = {"by": here.people.lin.id, "now": clock.now()}
        with transaction():
            team = db.session.merge(here.team)
            operations.confirm_member(team, here.leader, here.member, Skill.HAIRCUT, now=clock.now())
        for act in (
            lambda: operations.let_lead(team, here.leader, False, **given),
            lambda: operations.leave(team, here.member, **given),
            lambda: operations.end_team(team, **given),
            lambda: operations.bring_back(team, **given),
        ):
            with transaction():
                act()
            assert findings() == {}
