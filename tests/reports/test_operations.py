"""Closing a month, stating it again, and what comes late (trust.md R1, R2, R5)."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from stationapp import clock
from stationapp.attendance.rules import Part
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.reports.models import CountedEvent
from stationapp.reports.operations import close_month
from stationapp.reports.queries import figures
from stationapp.reports.rules import ReportRefusal, canonical
from stationapp.reports.versions import changes, facts_unchanged, find_latest, late_events, recomputed
from stationapp.sites.models import Population
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, AT, MONTH


@pytest.fixture
def people(app):
    district = cast.district(app)
    with app.app_context():
        yield district


def _close(people, site=None, now=AFTER, reason=""):
    with transaction():
        return close_month(site or people.one, MONTH, by=people.chen.id, now=now, reason=reason)


def _some_life(people):
    with transaction():
        wu, first = build.resident(people.one), build.event(people.one)
        build.came(first, wu)
        build.counted(first, 12)
        build.came(build.event(people.far, AT + timedelta(days=2)), wu)
        build.came(build.event(people.one, clock.instant(date(2026, 3, 4), 9)), build.resident(people.one))
        helper = build.resident(people.one)
        served = build.came(first, helper, part=Part.VOLUNTEER)
        who = build.volunteer(helper, people.one)
        build.line(who, people.one, 120, date(2026, 9, 10), attendance_id=served.id)
        return first, who


def _refused(call) -> object:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.reason


def test_a_month_is_closed_only_when_it_is_over(people):
    last_moment = clock.instant(date(2026, 10, 1)) - timedelta(seconds=1)
    assert _refused(lambda: _close(people, now=last_moment)) is ReportRefusal.MONTH_NOT_OVER
    assert _close(people, now=clock.instant(date(2026, 10, 1))).version == 1


@pytest.mark.both_databases
def test_closing_freezes_the_figures_with_every_event_they_rest_on(people):
    first, _ = _some_life(people)
    live = figures(people.one, MONTH, version=1)
    report = _close(people)
    assert (report.body, json.loads(report.body)["state"]) == (canonical(live), "closed")
    counted = dict(db.session.execute(select(CountedEvent.event_id, CountedEvent.closed_out_at)).all())
    assert len(counted) == 3
    assert counted[first.id] == first.closed_out_at


@pytest.mark.both_databases
def test_a_closed_month_made_again_from_its_facts_is_the_same_to_the_byte(people):
    _some_life(people)
    for site in (people.one, people.office, people.center):
        report = _close(people, site)
        assert canonical(recomputed(report)) == report.body


def test_a_fact_that_comes_after_the_closing_waits_for_the_next_version(people):
    _some_life(people)
    report = _close(people)
    with transaction():
        late = build.event(people.one, AT + timedelta(days=3), closed_out_at=AFTER + timedelta(days=1))
        build.came(late, build.resident(people.one))
    assert find_latest(people.one, MONTH).id == report.id
    waiting = late_events(report, people.one, MONTH)
    assert [(one.event.id, one.what) for one in waiting] == [(late.id, "new")]
    changed = {change.key: (change.old[0], change.new[0]) for change in changes(report, people.one, MONTH)}
    assert (changed["I-01",], changed["I-05",]) == ((1, 2), (1, 2))
    assert canonical(recomputed(report)) == report.body

    second = _close(people, now=AFTER + timedelta(days=2), reason="补登一场")
    body = json.loads(second.body)
    assert (second.version, body["state"], body["figures"]["I-01"]["value"]) == (2, "restated", 2)
    assert (late_events(second, people.one, MONTH), changes(second, people.one, MONTH)) == ([], [])
    assert find_latest(people.one, MONTH).id == second.id


def test_a_reopened_event_leaves_the_version_as_it_is_and_is_listed(people):
    first, _ = _some_life(people)
    report = _close(people)
    with transaction():
        held = db.session.get_one(Event, first.id)
        held.state, held.closed_out_at = State.PUBLISHED, None
    assert not facts_unchanged(report)
    assert [one.what for one in late_events(report, people.one, MONTH)] == ["reopened"]
    with transaction():
        held.state, held.closed_out_at = State.CLOSED_OUT, AFTER
    assert [one.what for one in late_events(report, people.one, MONTH)] == ["again"]
    assert changes(report, people.one, MONTH) == []


def test_a_ledger_line_posted_after_the_closing_waits_too(people):
    _, who = _some_life(people)
    report = _close(people)
    with transaction():
        build.manual(who, people.one, 60, date(2026, 9, 11), people.lin.id, people.chen.id)
    assert canonical(recomputed(report)) == report.body
    changed = {change.key: (change.old[0], change.new[0]) for change in changes(report, people.one, MONTH)}
    assert changed[("I-13",)] == (2.0, 3.0)


def test_a_population_loaded_over_the_old_one_does_not_change_what_was_closed(people):
    _some_life(people)
    report = _close(people)
    with transaction():
        rows = db.session.scalars(select(Population).where(Population.site_id == people.one.id))
        for row in rows:
            row.people = 7
    assert canonical(recomputed(report)) == report.body
    assert ("I-07",) in {change.key for change in changes(report, people.one, MONTH)}


def test_stating_a_month_again_needs_a_reason_and_something_new(people):
    _some_life(people)
    _close(people)
    assert _refused(lambda: _close(people, reason=" ")) is ReportRefusal.REASON_MISSING
    assert _refused(lambda: _close(people, reason="再来一次")) is ReportRefusal.NOTHING_CHANGED


def test_closing_writes_its_audit_line_with_the_reason(people):
    _some_life(people)
    _close(people)
    written = db.session.scalars(select(AuditLine).where(AuditLine.act == "reports.close")).all()
    assert [(one.subject, one.actor_id) for one in written] == [
        (f"month {people.one.code} 2026-09 v1", people.chen.id)
    ]


@pytest.mark.both_databases
@pytest.mark.parametrize("table", ["coverage_reports", "counted_events"])
@pytest.mark.parametrize("verb", ["UPDATE {} SET {} = {}", "DELETE FROM {}"])
def test_the_database_refuses_to_change_a_closed_month(people, table, verb):
    _some_life(people)
    _close(people)
    column = {"coverage_reports": "version", "counted_events": "event_id"}[table]
    with pytest.raises(DBAPIError, match="append-only"), transaction() as session:
        session.execute(text(verb.format(table, column, column)))


def test_a_closed_body_names_no_person(people):
    with transaction():
        held = build.event(people.one)
        build.came(held, build.resident(people.one, "欧阳春晓"))
    assert "欧阳" not in _close(people).body
