"""Two records of one person count once in an open month; what is closed stays as it was (trust.md R1–R4)."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from stationapp.attendance.rules import Part
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from stationapp.reports.behind import Period, scope_of
from stationapp.reports.lists import Ask, disagreements, listing, measure
from stationapp.reports.operations import close_month
from stationapp.reports.queries import figures
from stationapp.reports.rules import ReportRefusal, canonical
from stationapp.reports.versions import changes, find_latest, recomputed
from stationapp.residents.merging import merge, undo_merge
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, AT, MONTH

pytestmark = pytest.mark.both_databases

LATER = AFTER + timedelta(hours=1)
DISTINCT = ("I-05", "I-07", "I-12")


@pytest.fixture
def people(app):
    district = cast.district(app)
    with app.app_context():
        yield district


@pytest.fixture
def pair(people):
    """One woman at two stations, under a phone at each: served, and helping, by both records."""
    with transaction():
        by_mobile, by_landline = build.resident(people.one, "吴秀英"), build.resident(people.one, "吴秀英")
        for record, site in ((by_mobile, people.one), (by_landline, people.two)):
            first = build.event(site)
            build.came(first, record)
            served = build.came(build.event(site, AT + timedelta(days=1)), record, part=Part.VOLUNTEER)
            who = build.volunteer(record, people.one)
            build.line(who, site, 60, date(2026, 9, 11), attendance_id=served.id)
            build.came(first, build.resident(people.two))
    return by_mobile.id, by_landline.id


def joined(people, pair, now=AFTER) -> int:
    with transaction():
        return merge(*pair, by=people.chen.id, now=now).id


def apart(people, merge_id: int, now=LATER) -> None:
    with transaction():
        undo_merge(merge_id, by=people.chen.id, now=now)


def listed(site, report) -> int:
    """How many people stand behind a version's I-05."""
    return measure(listing(scope_of(site, MONTH, report, Period.MONTH), Ask("I-05")))[0]


def distinct(site) -> dict[str, int]:
    """The distinct figures of a site, each compared with the rows behind it."""
    body = figures(site, MONTH)
    for period in Period:
        assert disagreements(scope_of(site, MONTH, None, period), body) == []
    said = {id: body["figures"][id] for id in DISTINCT}
    return {id: figure.get("numerator") or figure["value"] for id, figure in said.items()} | {
        "year": body["year"]["I-07"]["numerator"],
        "named": body["figures"]["I-04"]["named"],
        "repeated": body["bridge"]["I-05"]["repeated"] if "I-05" in body["bridge"] else 0,
    }


def test_two_records_merged_are_one_person_and_undone_they_are_two(people, pair):
    before = distinct(people.office)
    assert before == {"I-05": 4, "I-07": 4, "I-12": 2, "year": 4, "named": 4, "repeated": 0}
    made = joined(people, pair)
    assert distinct(people.office) == before | {"I-05": 3, "I-07": 3, "I-12": 1, "year": 3, "repeated": 1}
    apart(people, made)
    assert distinct(people.office) == before


def test_a_station_that_knows_one_of_the_records_counts_as_before(people, pair):
    before = distinct(people.two)
    joined(people, pair)
    assert distinct(people.two) == before


def test_the_people_behind_a_figure_are_listed_once_and_as_the_record_kept(people, pair):
    joined(people, pair)
    behind = listing(scope_of(people.office, MONTH, None, Period.MONTH), Ask("I-05"))
    rows = db.session.execute(behind.rows).all()
    assert [(row.id, row.times) for row in rows if row.id in pair] == [(pair[0], 2)]


def test_a_closed_month_stays_as_it_was_and_is_made_again_to_the_byte(people, pair):
    with transaction():
        report = close_month(people.office, MONTH, by=None, now=AFTER)
    body = report.body
    made = joined(people, pair, now=LATER)
    assert find_latest(people.office, MONTH).body == body == canonical(recomputed(report))
    assert listed(people.office, report) == json.loads(body)["figures"]["I-05"]["value"] == 4
    apart(people, made, now=LATER + timedelta(hours=1))
    assert body == canonical(recomputed(report))


def test_a_month_closed_while_they_were_one_keeps_them_one(people, pair):
    made = joined(people, pair)
    with transaction():
        report = close_month(people.office, MONTH, by=None, now=LATER)
    assert json.loads(report.body)["figures"]["I-05"]["value"] == 3
    apart(people, made, now=LATER + timedelta(hours=1))
    assert canonical(recomputed(report)) == report.body
    assert listed(people.office, report) == 3


def test_a_month_closed_after_they_were_parted_keeps_them_two_though_they_are_merged_again(people, pair):
    apart(people, joined(people, pair))
    with transaction():
        report = close_month(people.office, MONTH, by=None, now=LATER + timedelta(hours=1))
    assert json.loads(report.body)["figures"]["I-05"]["value"] == 4
    joined(people, pair, now=LATER + timedelta(hours=2))
    assert canonical(recomputed(report)) == report.body
    assert listed(people.office, report) == 4


def test_what_a_merge_changes_in_a_closed_month_is_said_and_goes_into_the_next_version(people, pair):
    with transaction():
        report = close_month(people.office, MONTH, by=None, now=AFTER)
    joined(people, pair, now=LATER)
    changed = {change.key: (change.old, change.new) for change in changes(report, people.office, MONTH)}
    assert changed[("I-05",)] == ((4, None, None), (3, None, None))
    with transaction():
        second = close_month(
            people.office, MONTH, by=None, now=LATER + timedelta(hours=1), reason="两条记录是同一人"
        )
    assert json.loads(second.body)["figures"]["I-05"]["value"] == 3
    assert canonical(recomputed(report)) == report.body
    assert canonical(recomputed(second)) == second.body


def test_a_merge_of_the_same_minute_waits_for_the_next_version(people, pair):
    joined(people, pair, now=AFTER - timedelta(seconds=30))
    with transaction():
        report = close_month(people.office, MONTH, by=None, now=AFTER)
    assert json.loads(report.body)["figures"]["I-05"]["value"] == 4
    assert canonical(recomputed(report)) == report.body


def test_nothing_to_state_again_is_refused_as_before(people, pair):
    joined(people, pair)
    with transaction():
        close_month(people.office, MONTH, by=None, now=LATER)
    with pytest.raises(Refused) as refused, transaction():
        close_month(people.office, MONTH, by=None, now=LATER + timedelta(hours=1), reason="再看一遍")
    assert refused.value.reason is ReportRefusal.NOTHING_CHANGED


def test_volunteers_of_two_records_are_registered_twice_and_served_once(people, pair):
    joined(people, pair)
    body = figures(people.office, MONTH)["figures"]
    assert (body["I-12"]["value"], body["I-13"]["minutes"]) == (1, 120)
    lines = listing(scope_of(people.office, MONTH, None, Period.MONTH), Ask("I-13")).rows.subquery()
    assert db.session.scalar(select(func.count(lines.c.resident_id.distinct()))) == 1
