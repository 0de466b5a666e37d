"""The sample district: its life follows the rules of every other district."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.attendance.progress import progress_of
from stationapp.calendar.rules import Month
from stationapp.commands import all_checks
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Cadence, Enrolment, Pattern, State
from stationapp.events.series_queries import list_dates
from stationapp.opinions.models import Answer
from stationapp.opinions.rules import Via
from stationapp.reports.queries import figures as reckoned
from stationapp.sample import operations as sample
from stationapp.sites.models import Site
from stationapp.sites.queries import get_center
from tests.volunteers.recomputing import recomputed, written


@pytest.mark.both_databases
def test_the_sample_district_lives_some_months_and_the_audit_finds_nothing(app):
    seen = []
    with app.app_context():
        sample.settle(lambda done, of: seen.append((done, of)), stations=3, months=1)
    assert seen[-1][0] == seen[-1][1] > 10
    with app.test_request_context():
        assert {check.name: check.find() for check in all_checks() if check.find()} == {}
        assert written() == recomputed() != {}  # the hours, by code that knows nothing of the ledger's rule
        states = set(db.session.scalars(select(Event.state).distinct()))
        assert {State.CLOSED_OUT, State.PUBLISHED, State.DRAFT} <= states
        assert db.session.scalar(select(func.count(Site.id))) == 100
        last_month = Month.of(clock.day_of(clock.now())).plus(-1)
        figures = reckoned(get_center(), last_month)["figures"]
        assert figures["I-01"]["value"] > 0 and figures["I-05"]["value"] > 0
        ways = db.session.execute(select(Answer.how, func.count()).group_by(Answer.how)).all()
        assert {how for how, _n in ways} == set(Via)
        assert figures["I-23"]["denominator"] > 4
        what_is_held_all_year_has_been_held_and_goes_on()
        the_course_has_people_on_all_its_dates_and_one_household_that_waits()


def laid_out() -> dict[tuple[Pattern, Enrolment], Series]:
    """What a rule made; the lines of the plan are staged and signed up for date by date."""
    wanted = (Series.cadence == Cadence.YEAR_ROUND) | (Series.enrolment == Enrolment.COURSE)
    return {(one.pattern, one.enrolment): one for one in db.session.scalars(select(Series).where(wanted))}


def what_is_held_all_year_has_been_held_and_goes_on() -> None:
    now = clock.now()
    for pattern in (Pattern.WEEKLY, Pattern.MONTHLY_DATE):
        series = laid_out()[pattern, Enrolment.PER_EVENT]
        dates = list_dates(series)
        assert series.cadence is Cadence.YEAR_ROUND
        assert {one.state for one in dates if one.starts_at > now} == {State.PUBLISHED}
        assert State.CLOSED_OUT in {one.state for one in dates}
        assert max(one.starts_at for one in dates) > now + timedelta(days=25)
        assert sum(one.taken for one in dates if one.state is State.CLOSED_OUT) > 0


def the_course_has_people_on_all_its_dates_and_one_household_that_waits() -> None:
    series = laid_out()[Pattern.WEEKLY, Enrolment.COURSE]
    dates = list_dates(series)
    assert (len(dates), series.complete_after, series.cadence) == (8, 6, Cadence.STAGED)
    assert {(one.taken, one.waiting) for one in dates} == {(12, 1)}
    progress = progress_of(series, now=clock.now())
    assert progress.dates == 8 and len(progress.learners) == 12
    assert sum(learner.came for learner in progress.learners) > 6 * (progress.over - 1)


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
