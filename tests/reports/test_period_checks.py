"""R5 fires on a fact counted in two periods, or in none."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import bindparam, text

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import UtcDateTime, db, transaction
from stationapp.reports.operations import close_month
from stationapp.reports.period_checks import misplaced_facts
from stationapp.reports.versions import get_version
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, MONTH

pytestmark = pytest.mark.both_databases
NEXT = MONTH.plus(1)
LATER = clock.instant(date(2026, 11, 9), 10)


@pytest.fixture
def people(app):
    """September and October closed for the office; an event of September was closed out after its closing."""
    with time_machine.travel(AFTER, tick=False) as traveller:
        district = cast.district(app)
        with app.app_context():
            with transaction():
                for month in (MONTH, NEXT):
                    held = build.event(district.one, clock.instant(month.first_day, 9))
                    build.came(held, build.resident(district.one))
                close_month(district.office, MONTH, by=None, now=AFTER)
                build.came(
                    build.event(district.one, closed_out_at=AFTER + timedelta(days=2)),
                    build.resident(district.one),
                )
            traveller.move_to(LATER)
            with transaction():
                close_month(district.office, NEXT, by=None, now=LATER)
            yield district


def _unguarded() -> None:
    if db.engine.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER counted_events_no_{verb}"))
    else:
        db.session.execute(text("DROP TRIGGER counted_events_no_change ON counted_events"))


def _report(site, month: Month, version: int = 1) -> int:
    return get_version(site, month, version).id


def test_a_late_fact_is_no_fault_and_waits_for_its_own_months_next_version(people):
    assert misplaced_facts() == []
    with transaction():
        close_month(people.office, MONTH, by=None, now=LATER, reason="补归档一场")
    assert misplaced_facts() == []


def test_r5_fires_where_a_version_lacks_what_was_there_in_time(people):
    office = _report(people.office, MONTH)
    with transaction() as session:
        _unguarded()
        session.execute(text("DELETE FROM counted_events WHERE report_id = :id"), {"id": office})
    assert misplaced_facts() == [f"report {office} lacks event 1"]


def test_r5_fires_where_a_version_lacks_where_its_people_went(people):
    with transaction():
        late = build.event(people.far, closed_out_at=AFTER + timedelta(days=2))
        build.came(late, build.resident(people.two))
        close_month(people.two, MONTH, by=None, now=LATER, reason="补报")
    two = _report(people.two, MONTH, 2)
    assert misplaced_facts() == []
    with transaction() as session:
        _unguarded()
        session.execute(text("DELETE FROM counted_events WHERE report_id = :id"), {"id": two})
    assert misplaced_facts() == [f"report {two} lacks event 4"]


def test_r5_fires_where_a_close_out_is_told_that_never_was(people):
    """Else R2 would take the event for one that was closed out again, and leave the version alone."""
    office = _report(people.office, MONTH)
    with transaction() as session:
        _unguarded()
        session.execute(
            text("UPDATE counted_events SET closed_out_at = :at WHERE report_id = :id").bindparams(
                bindparam("at", type_=UtcDateTime)
            ),
            {"id": office, "at": build.AT},
        )
    assert misplaced_facts() == [f"report {office} counts event 1 by another close-out"]


def test_r5_fires_where_a_month_counts_what_another_one_has_counted(people):
    office = _report(people.office, NEXT)
    with transaction() as session:
        _unguarded()
        session.execute(
            text("UPDATE counted_events SET event_id = 1 WHERE report_id = :id AND event_id = 2"),
            {"id": office},
        )
    assert misplaced_facts() == [
        f"report {office} counts event 1 of another month",
        f"report {office} counts event 1 by another close-out",
        f"report {office} lacks event 2",
    ]


@pytest.mark.parametrize("months", [11, 12])
def test_an_open_month_at_the_far_end_of_the_trend_is_no_month_apart(people, months):
    with transaction():
        before = build.event(people.far, MONTH.plus(-months).begins_at)
        build.came(before, build.resident(people.far))
    with transaction():
        close_month(people.far, MONTH, by=None, now=LATER)
    assert misplaced_facts() == []
