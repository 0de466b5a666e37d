"""The sample district: its life follows the rules of every other district."""

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.calendar.rules import Month
from stationapp.commands import all_checks
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports.versions import standing
from stationapp.sample import operations as sample
from stationapp.sites.models import Site
from stationapp.sites.queries import get_center


@pytest.mark.both_databases
def test_the_sample_district_lives_some_months_and_the_audit_finds_nothing(app):
    seen = []
    with app.app_context():
        sample.settle(lambda done, of: seen.append((done, of)), stations=3, months=1)
    assert seen[-1][0] == seen[-1][1] > 10
    with app.test_request_context():
        assert {check.name: check.find() for check in all_checks() if check.find()} == {}
        states = set(db.session.scalars(select(Event.state).distinct()))
        assert {State.CLOSED_OUT, State.PUBLISHED, State.DRAFT} <= states
        assert db.session.scalar(select(func.count(Site.id))) == 100
        last_month = Month.of(clock.day_of(clock.now())).plus(-1)
        figures = standing(get_center(), last_month)["figures"]
        assert figures["I-01"]["value"] > 0 and figures["I-05"]["value"] > 0


def test_each_sample_member_of_staff_gets_one_link_until_they_have_a_password(app):
    with app.app_context():
        sample.settle(lambda done, of: None, stations=1, months=0)
        links = sample.links()
        assert [name for name, _, _ in links] == [name for name, _, _ in sample.CREW]
        assert len({token for _, _, token in links}) == len(links)
        total = db.session.scalar(select(func.count(Staff.id)))
    assert total == 100 + len(sample.CREW) - sum(
        role.value in ("manager", "reviewer") for _, _, role in sample.CREW
    )
