"""Each invariant of the month fires on a row that was corrupted behind its back."""

import json
from datetime import date, timedelta
from secrets import token_bytes
from types import SimpleNamespace

import pytest
import time_machine
from sqlalchemy import text

from stationapp import clock
from stationapp.attendance.rules import Part
from stationapp.db import db, transaction
from stationapp.events.rules import State
from stationapp.opinions.models import Answer
from stationapp.opinions.rules import Via
from stationapp.reports import checks
from stationapp.reports.behind import Period, scope_of
from stationapp.reports.lists import Ask, listing, measure
from stationapp.reports.operations import close_month
from stationapp.reports.queries import figures
from stationapp.reports.rules import canonical
from stationapp.reports.versions import late
from stationapp.rooms.models import Room
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, AT, MONTH

FIND = {check.name: check.find for check in checks.CHECKS}


@pytest.fixture
def people(app):
    with time_machine.travel(AFTER, tick=False):
        district = cast.district(app)
        with app.app_context():
            with transaction():
                wu, first = build.resident(district.one), build.event(district.one)
                build.came(first, wu)
                build.came(build.event(district.two), wu)
                build.came(build.event(district.office), build.resident(district.two))
                served = build.came(first, build.resident(district.one), part=Part.VOLUNTEER)
                who = build.volunteer(build.resident(district.one), district.one)
                build.line(who, district.one, 60, date(2026, 9, 10), attendance_id=served.id)
                for site in (district.one, district.office):
                    close_month(site, MONTH, by=None, now=AFTER)
            yield district


def _unguarded(table: str) -> None:
    """Take the triggers away, as somebody with a shell would."""
    if db.engine.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER {table}_no_{verb}"))
    else:
        db.session.execute(text(f"DROP TRIGGER {table}_no_change ON {table}"))


@pytest.mark.both_databases
def test_a_district_kept_by_its_own_rules_breaks_none(people):
    assert {name: find() for name, find in FIND.items()} == {"R1": [], "R2": [], "R3": [], "R4": []}


@pytest.mark.both_databases
def test_r1_fires_when_a_closed_body_was_changed(people):
    with transaction() as session:
        _unguarded("coverage_reports")
        session.execute(
            text("UPDATE coverage_reports SET body = replace(body, '示例一', '示例三') WHERE id = 1")
        )
    assert FIND["R1"]() == ["report 1"]


def test_r1_fires_when_the_last_version_was_taken_away(people):
    with transaction() as session:
        for table in ("counted_events", "coverage_reports"):
            _unguarded(table)
        session.execute(
            text("DELETE FROM counted_events WHERE report_id = (SELECT max(id) FROM coverage_reports)")
        )
        session.execute(
            text("DELETE FROM coverage_reports WHERE id = (SELECT max(id) FROM coverage_reports)")
        )
    assert FIND["R1"]() == ["chain reports"]


@pytest.mark.both_databases
def test_r2_fires_when_an_attendance_was_added_to_a_counted_event(people):
    with transaction() as session:
        session.execute(
            text(
                "INSERT INTO attendances (event_id, resident_id, part, channel, came_at, came_how, lives, band, undone)"
                " SELECT event_id, (SELECT max(id) FROM residents), 'resident', 'web', came_at, came_how, 'unknown',"
                " '80+', undone FROM attendances WHERE id = 1"
            )
        )
    assert FIND["R2"]() == ["report 1", "report 2"]


def _frozen_wrong(session, change) -> None:
    _unguarded("coverage_reports")
    body = json.loads(session.execute(text("SELECT body FROM coverage_reports WHERE id = 2")).scalar_one())
    change(body)
    session.execute(text("UPDATE coverage_reports SET body = :body WHERE id = 2"), {"body": canonical(body)})


def test_r3_fires_when_the_parts_do_not_add_up(people):
    def change(body):
        body["figures"]["I-01"]["value"] += 1

    with transaction() as session:
        _frozen_wrong(session, change)
    assert FIND["R3"]() == ["report 2 I-01"]


@pytest.mark.parametrize("figure", ["I-19", "I-21", "I-26"])
def test_r3_fires_when_the_numerators_of_a_share_do_not_add_up(people, figure):
    def change(body):
        body["figures"][figure]["numerator"] += 1

    with transaction() as session:
        _frozen_wrong(session, change)
    assert FIND["R3"]() == [f"report 2 {figure}"]


def test_r3_fires_when_a_bridge_does_not_balance(people):
    def change(body):
        body["bridge"]["I-05"]["repeated"] = 0

    with transaction() as session:
        _frozen_wrong(session, change)
    assert FIND["R3"]() == ["report 2 I-05"]


@pytest.mark.parametrize("part", ["repeated", "total"])
def test_r3_fires_when_a_bridge_of_the_year_does_not_balance(people, part):
    def change(body):
        body["year_bridge"]["I-05"][part] += 1

    with transaction() as session:
        _frozen_wrong(session, change)
    assert FIND["R3"]() == ["report 2 I-05 year"]


def test_r4_fires_when_a_person_behind_a_figure_is_gone(people):
    db.session.rollback()
    connection = db.engine.raw_connection()
    connection.execute("PRAGMA foreign_keys=OFF")
    connection.execute("DELETE FROM residents WHERE id = 1")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.close()
    assert "month 410305001 2026-09 month I-05" in FIND["R4"]()


@pytest.mark.both_databases
def test_an_empty_month_that_was_closed_before_the_first_fact_is_none_of_the_year(app):
    with time_machine.travel(AFTER, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                close_month(people.center, MONTH.plus(-1), by=None, now=AFTER)
            with transaction():
                build.came(build.event(people.one), build.resident(people.one))
            with transaction():
                closed = close_month(people.center, MONTH, by=None, now=AFTER)
            body = json.loads(closed.body)
            assert body["year"]["I-03"]["denominator"] == body["figures"]["I-03"]["denominator"]
            assert FIND["R2"]() == FIND["R4"]() == []


@pytest.mark.both_databases
def test_the_trend_of_a_community_that_was_closed_since_is_made_again_the_same(app):
    with time_machine.travel(AFTER, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                elsewhere = build.event(people.far, MONTH.plus(-1).begins_at)
                build.came(elsewhere, build.resident(people.two))
                db.session.merge(people.two).valid_to = MONTH.plus(-1).last_day
            with transaction():
                closed = close_month(people.office, MONTH, by=None, now=AFTER)
            assert json.loads(closed.body)["trend"][-2]["figures"]["I-07"]["numerator"] == 1
            assert FIND["R2"]() == []


def test_an_event_called_off_at_a_site_that_is_no_more_stands_in_the_table_whose_sum_holds_it(app):
    with time_machine.travel(AFTER, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                build.event(people.two, state=State.CANCELLED)
                db.session.merge(people.two).valid_to = MONTH.plus(-1).last_day
            body = figures(people.center, MONTH)
            assert body["figures"]["I-25"]["numerator"] == 1
            assert people.two.code in {row["site"] for row in body["by_site"]}
            assert FIND["R3"]() == []


def _ended(people):
    people.two.valid_to, people.two.successor_id = MONTH.plus(-1).last_day, people.one.id


def _moved(people):
    people.two.parent_id, people.two.path = (
        people.far.parent_id,
        f"/1/{people.far.parent_id}/{people.two.id}/",
    )


def _founded_later(people):
    people.two.valid_from = MONTH.first_day


def _merged_at_last(people):
    people.gone.successor_id = people.one.id


@pytest.mark.both_databases
@pytest.mark.parametrize("change", [_ended, _moved, _founded_later, _merged_at_last])
def test_a_tree_that_was_changed_for_days_gone_by_is_no_violation_of_what_rests_on_it(app, change):
    with time_machine.travel(AFTER, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                gone = cast.site("410305001003", Level.STATION, "湖北路示例三社区", people.office)
                db.session.merge(gone).valid_to = MONTH.plus(-2).last_day
                db.session.add(Room(site_id=people.two.id, name="舞蹈室", hours="每天 08:30-12:00"))
                for site in (people.one, people.two, people.far):
                    for month in (MONTH.plus(-1), MONTH):
                        build.came(build.event(site, month.begins_at), build.resident(site))
                build.came(build.event(people.far), build.resident(gone))
            with transaction():
                close_month(people.center, MONTH, by=None, now=AFTER)
            assert FIND["R2"]() == []
            far = db.session.scalar(
                text("SELECT id FROM coverage_reports WHERE site_id = :site"), {"site": people.far.id}
            )
            with transaction():
                sites = {"one": people.one, "two": people.two, "far": people.far, "gone": gone}
                change(SimpleNamespace(**{name: db.session.get(Site, it.id) for name, it in sites.items()}))
            assert FIND["R2"]() == []
            with transaction() as session:  # what does not rest on it is looked at all the same
                session.execute(text("UPDATE attendances SET undone = :yes WHERE event_id IN (SELECT id FROM events"
                                     " WHERE site_id = :site)"), {"yes": True, "site": people.far.id})  # fmt: skip
            assert f"report {far}" in FIND["R2"]()


def _said(held, on) -> None:
    build._kept(Answer(event_id=held.id, slot_index=token_bytes(32), score=5, how=Via.PAGE, said_on=on))


def test_what_was_said_today_is_counted_nowhere_before_tomorrow(app):
    today = clock.day_of(AFTER)
    with time_machine.travel(AFTER, tick=False) as traveller:
        people = cast.district(app)
        with app.app_context():
            with transaction():
                held = build.event(people.one)
                build.came(held, build.resident(people.one))
                for on in (today - timedelta(days=1), today):
                    _said(held, on)
            assert FIND["R4"]() == []
            with transaction():
                closed = close_month(people.center, MONTH, by=None, now=AFTER)
            assert not late(closed, people.center, MONTH)
            traveller.move_to(AFTER + timedelta(days=1))
            assert late(closed, people.center, MONTH).answers == 1
            assert FIND["R2"]() == FIND["R4"]() == []


def test_an_office_that_is_no_more_stands_in_the_table_as_long_as_a_station_is_beneath_it(app):
    with time_machine.travel(AFTER, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                build.volunteer(build.resident(people.far), people.far)
                db.session.merge(people.far_office).valid_to = MONTH.plus(-1).last_day
            body = figures(people.center, MONTH)
            rows = {row["site"]: row for row in body["by_site"]}
            assert body["figures"]["I-16"]["numerator"] == 1
            assert rows[people.far_office.code]["figures"]["I-16"]["numerator"] == 1
            with transaction():
                close_month(people.center, MONTH, by=None, now=AFTER)
            assert FIND["R3"]() == FIND["R2"]() == []


@pytest.mark.both_databases
def test_a_station_that_came_from_another_office_brings_nothing_of_closed_months_before_they_are_restated(
    app,
):
    after = AFTER + timedelta(days=30)
    with time_machine.travel(after, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                build.came(build.event(people.two), build.resident(people.two))
                build.event(people.two, AT + timedelta(days=1), state=State.CANCELLED)
                who = build.volunteer(build.resident(people.two), people.two)
                build.manual(who, people.two, 60, AT.date(), people.lin.id, people.chen.id)
            with transaction():
                close_month(people.center, MONTH, by=None, now=AFTER)
            with transaction():
                _moved(SimpleNamespace(two=db.session.get(Site, people.two.id), far=people.far))
            assert _brought(people.far_office) == (0, 0, 0)
            assert _brought(people.center) == (1, 60, 1)
            with transaction():
                close_month(people.center, MONTH, by=None, now=after, reason="示例二社区划归天津路")
            assert _brought(people.far_office) == _brought(people.center) == (1, 60, 1)


def _brought(site) -> tuple:
    """Events, minutes and cancelled ones of the year as October has it; their rows agree."""
    year = figures(site, MONTH.plus(1))["year"]
    scope = scope_of(site, MONTH.plus(1), None, Period.YEAR)
    rows = tuple(measure(listing(scope, Ask(id)))[0] for id in ("I-01", "I-13", "I-25"))
    assert rows == (year["I-01"]["value"], year["I-13"]["minutes"], year["I-25"]["numerator"])
    return rows
