"""The life of a month under a moved clock: asked for, closed by the job, its files kept (domain.md §9)."""

import hashlib
import json
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.rules import Part
from stationapp.calendar.models import Holiday
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.jobs import operations as jobs
from stationapp.jobs.models import JobRun
from stationapp.jobs.runner import tick
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.reports import figures, prepared
from stationapp.reports.asking import ask_for_missing, close_due, months_due, reckon_due, when_closed
from stationapp.reports.life_rules import Audience, asked_at, closes_at
from stationapp.reports.models import CoverageReport, ReportFile
from stationapp.reports.operations import close_month
from stationapp.reports.versions import find_latest, list_versions
from tests import cast
from tests.reports import build
from tests.reports.build import AT, MONTH


@pytest.fixture
def people(app):
    district = cast.district(app)
    with app.app_context():
        with transaction():
            build.came(build.event(district.one), build.resident(district.one))
        yield district


def _act(duty, **more) -> int:
    with transaction():
        return duty(**more)


def _asked() -> list[tuple[str, int]]:
    rows = select(Notice.subject, Notice.step).where(Notice.occasion == Occasion.MONTH_MISSING)
    return sorted(map(tuple, db.session.execute(rows)))


def _closed() -> list[str]:
    return [str(Month.of(on)) for on in db.session.scalars(select(CoverageReport.month_on).distinct())]


# --- when ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("holidays", "asked", "closes"),
    [
        ({}, ("2026-10-01", "2026-10-05"), "2026-10-07"),
        ({date(2026, 10, day): False for day in range(1, 8)}, ("2026-10-08", "2026-10-12"), "2026-10-14"),
        ({date(2026, 10, 3): True}, ("2026-10-01", "2026-10-03"), "2026-10-06"),
    ],
)
def test_the_working_days_are_those_of_the_table(holidays, asked, closes):
    at = closes_at(MONTH, holidays)
    assert (clock.day_of(at).isoformat(), at.astimezone(clock.SHANGHAI).hour) == (closes, 18)
    assert tuple(clock.day_of(one).isoformat() for one in asked_at(MONTH, holidays)) == asked


def test_a_holiday_entered_later_moves_the_closing(people):
    before = when_closed(MONTH)
    with transaction():
        db.session.add(Holiday(day=date(2026, 10, 6), name="调休", works=False))
    assert when_closed(MONTH) == before + timedelta(days=1)


# --- asked ---------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_each_site_is_asked_twice_for_what_it_owes_and_not_after_it_is_mended(people):
    with transaction():
        open_one = build.event(people.one, state=State.PUBLISHED)
        build.event(people.far, state=State.PUBLISHED)
        waits = build.event(people.two)
        there = build.came(waits, build.resident(people.two), part=Part.VOLUNTEER)
        there.left_at = there.left_how = None
    first, second = asked_at(MONTH, {})
    assert _act(ask_for_missing, now=first - timedelta(seconds=1)) == 0
    assert [_act(ask_for_missing, now=first) for _ in range(2)] == [3, 0]
    with transaction():
        mended = db.session.get_one(Event, open_one.id)
        mended.state, mended.closed_out_at = State.CLOSED_OUT, first
    assert [_act(ask_for_missing, now=second) for _ in range(2)] == [2, 0]
    assert _asked() == sorted(
        (f"month {site.code} {MONTH}", step)
        for site, steps in ((people.one, (1,)), (people.two, (1, 2)), (people.far, (1, 2)))
        for step in steps
    )


def test_after_an_outage_it_is_asked_once_and_of_a_closed_month_never(people):
    with transaction():
        build.event(people.far, state=State.PUBLISHED)
    _first, second = asked_at(MONTH, {})
    assert [_act(ask_for_missing, now=second + timedelta(hours=1)) for _ in range(2)] == [1, 0]
    assert _asked() == [(f"month {people.far.code} {MONTH}", 2)]
    _act(close_month, site=people.center, month=MONTH, by=None, now=second)
    asked = Notice.occasion == Occasion.MONTH_MISSING
    assert db.session.scalars(select(Notice.done_at).where(asked)).all() == [second]
    with transaction():
        build.event(people.two, state=State.PUBLISHED)
    assert _act(ask_for_missing, now=second + timedelta(hours=2)) == 0


def test_whose_month_is_closed_already_is_not_asked_for_it(people):
    with transaction():
        build.event(people.one, state=State.PUBLISHED)
        build.event(people.far, state=State.PUBLISHED)
    _first, second = asked_at(MONTH, {})
    _act(close_month, site=people.office, month=MONTH, by=None, now=second)
    assert _act(ask_for_missing, now=second) == 1
    assert _asked() == [(f"month {people.far.code} {MONTH}", 2)]


# --- closed by the job -----------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_the_job_closes_on_the_fifth_working_day_at_six_once(people):
    due = when_closed(MONTH)
    assert _act(close_due, now=due - timedelta(seconds=1)) == 0
    assert [_act(close_due, now=due) for _ in range(2)] == [1, 0]
    report = find_latest(people.center, MONTH)
    assert (report.version, report.closed_by, report.closed_at) == (1, None, due)
    assert find_latest(people.far, MONTH).version == 1


def test_a_month_closed_by_hand_is_left_alone(people):
    due = when_closed(MONTH)
    ready = reckon_due(now=due)
    db.session.rollback()
    _act(close_month, site=people.center, month=MONTH, by=people.chen.id, now=due - timedelta(hours=2))
    assert _act(close_due, now=due, ready=ready) == 0
    assert reckon_due(now=due) is None
    assert find_latest(people.center, MONTH).version == 1


def test_after_an_outage_of_months_they_are_closed_in_order_as_soon_as_it_runs(people):
    now = when_closed(MONTH.plus(2)) + timedelta(days=3)
    assert [str(month) for month in months_due(now=now)] == ["2026-09", "2026-10", "2026-11"]
    assert [_act(close_due, now=now) for _ in range(4)] == [1, 1, 1, 0]
    first = db.session.scalars(select(CoverageReport.month_on).order_by(CoverageReport.id)).all()
    assert first == sorted(first)


def test_months_before_the_first_fact_and_an_empty_district_are_not_closed(app):
    with app.app_context():
        assert months_due(now=AT) == []
    cast.district(app)
    with app.app_context():
        assert months_due(now=AT) == []


@pytest.mark.both_databases
def test_two_leaders_close_it_once_through_the_jobs_process(app, people):
    after = when_closed(MONTH) + timedelta(days=4)
    db.session.remove()
    with time_machine.travel(after, tick=False) as moved:
        assert tick(app, "one") is not None
        assert tick(app, "two") is None
        moved.shift(timedelta(minutes=5))
        assert tick(app, "two") is not None
    assert [report.version for report in list_versions(people.center, MONTH)] == [1]


def test_a_site_that_fails_names_itself_in_the_jobs_problem(app, people, monkeypatch):
    real = figures.body

    def breaks(facts, *rest, **more):
        return 1 / 0 if facts.site.code == people.two.code else real(facts, *rest, **more)

    monkeypatch.setattr(figures, "body", breaks)
    due = when_closed(MONTH)
    db.session.remove()
    with time_machine.travel(due, tick=False):
        tick(app, "one")
    assert db.session.get_one(JobRun, "month_closing").problem == f"ZeroDivisionError {people.two.code}"
    assert _closed() == []


# --- files ---------------------------------------------------------------------------------------------------------


def test_the_files_of_the_center_and_the_offices_are_made_once_and_kept(people):
    due = when_closed(MONTH)
    _act(close_due, now=due)
    done = [_act(jobs.keep_files, now=due) for _ in range(4)]
    assert done == [6, 6, 6, 0]
    kept = db.session.execute(
        select(ReportFile.report_id, ReportFile.format, ReportFile.audience, ReportFile.digest)
    ).all()
    uppers = [find_latest(site, MONTH).id for site in (people.center, people.office, people.far_office)]
    assert {(row.report_id, row.format, row.audience) for row in kept} == {
        (id, format, audience) for id in uppers for format in prepared.FORMATS for audience in Audience
    }
    report = find_latest(people.center, MONTH)
    content = prepared.file_of(report, "xlsx", Audience.OUTSIDE)
    assert hashlib.sha256(content).hexdigest() in {row.digest for row in kept}
    assert (
        _act(prepared.keep, made=[prepared.Made(report.id, "xlsx", Audience.OUTSIDE, b"other")], now=due) == 0
    )
    assert prepared.find_file(report, "xlsx", Audience.OUTSIDE) == content


def test_small_cells_are_looked_for_once_a_version(people, monkeypatch):
    _act(close_due, now=when_closed(MONTH))
    real, looked = prepared.files.hidden, []
    monkeypatch.setattr(prepared.files, "hidden", lambda body: looked.append(body["site"]) or real(body))
    made = {(one.format, one.audience): one.content for one in prepared.make_due()}
    assert len(looked) == 1
    body = json.loads(find_latest(people.center, MONTH).body)
    assert made["docx", Audience.OUTSIDE] == prepared.files.render(body, "docx", Audience.OUTSIDE)


def test_a_version_of_which_no_file_can_be_made_keeps_no_other_waiting_and_is_named(people, monkeypatch):
    _act(close_due, now=when_closed(MONTH))
    real = prepared.files.render

    def breaks(body, *rest, **more):
        return 1 / 0 if body["site"] == people.center.code else real(body, "json")

    monkeypatch.setattr(prepared.files, "render", breaks)
    now = when_closed(MONTH)
    assert [_act(jobs.keep_files, now=now) for _ in range(2)] == [6, 6]
    with pytest.raises(prepared.NotMade) as failed:
        prepared.make_due()
    assert failed.value.problem == f"ZeroDivisionError {people.center.code} {MONTH} v1"
    assert json.loads(find_latest(people.center, MONTH).body)["version"] == 1
