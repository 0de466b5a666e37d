"""The pitfalls of a month's figures, a sentence each (domain.md §9)."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event as listening

from stationapp import clock
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.events.rules import Cadence, Category, State
from stationapp.reports.queries import figures
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.models import Site
from stationapp.sites.rules import Group
from tests import cast
from tests.reports import build
from tests.reports.build import AT, MONTH


@pytest.fixture
def people(app):
    district = cast.district(app)
    with app.app_context():
        yield district


def _value(site, id, month=MONTH):
    return figures(site, month)["figures"][id]["value"]


def test_one_person_at_two_stations_is_two_attendances_and_one_person_above(people):
    with transaction():
        wu = build.resident(people.one)
        build.came(build.event(people.one), wu)
        build.came(build.event(people.two, AT + timedelta(days=1)), wu)
    body = figures(people.office, MONTH)
    assert [_value(site, "I-05") for site in (people.one, people.two)] == [1, 1]
    assert (body["figures"]["I-04"]["value"], body["figures"]["I-05"]["value"]) == (2, 1)
    assert body["bridge"]["I-05"] == {"children": 2, "repeated": 1, "own_new": 0, "total": 1}


def test_the_bridge_adds_those_whom_only_the_office_itself_reached(people):
    with transaction():
        wu, li = build.resident(people.one), build.resident(people.two)
        build.came(build.event(people.one), wu)
        own = build.event(people.office)
        build.came(own, wu)
        build.came(own, li)
    assert figures(people.office, MONTH)["bridge"]["I-05"] == {
        "children": 1, "repeated": 0, "own_new": 1, "total": 2,
    }  # fmt: skip


def test_two_people_on_one_phone_are_two_persons(people):
    with transaction():
        family, held = build.household(), build.event(people.one)
        build.came(held, build.resident(people.one, "吴秀英", family=family))
        build.came(held, build.resident(people.one, "李小满", family=family), band=AgeBand.B7)
    assert _value(people.one, "I-05") == 2


def test_one_person_served_twice_is_two_attendances_and_one_person(people):
    with transaction():
        wu = build.resident(people.one)
        for day in (0, 1):
            build.came(build.event(people.one, AT + timedelta(days=day)), wu)
    body = figures(people.one, MONTH)["figures"]
    assert (body["I-04"]["value"], body["I-05"]["value"], body["I-06"]["value"]) == (2, 1, 2.0)


def test_an_event_belongs_to_the_month_in_which_it_begins_in_shanghai(people):
    with transaction():
        wu = build.resident(people.one)
        build.came(build.event(people.one, clock.instant(date(2026, 9, 1))), wu)  # 0:00 on the first
        build.came(build.event(people.one, clock.instant(date(2026, 9, 30), 23, 30)), wu)  # ends in October
        build.came(build.event(people.one, clock.instant(date(2026, 10, 1))), wu)
    counts = [_value(people.one, "I-01", month) for month in (MONTH.plus(-1), MONTH, MONTH.plus(1))]
    assert counts == [0, 2, 1]


def test_a_series_of_three_dates_is_three_events_and_one_activity(people):
    with transaction():
        wu, course = build.resident(people.one), build.series(people.one)
        for week in range(3):
            build.came(build.event(people.one, AT + timedelta(weeks=week), series_id=course.id), wu)
        build.came(build.event(people.one), wu)
    body = figures(people.one, MONTH)["figures"]
    assert (body["I-01"]["value"], body["I-02"]["value"]) == (4, 2)
    assert body["I-01"]["by_cadence"] == {Cadence.YEAR_ROUND.value: 3, Cadence.ONE_OFF.value: 1}


@pytest.mark.parametrize("state", [State.CANCELLED, State.POSTPONED, State.PUBLISHED, State.DRAFT])
def test_an_event_that_is_not_closed_out_counts_for_nothing(people, state):
    with transaction():
        held = build.event(people.one, state=state)
        build.came(held, build.resident(people.one))
        build.counted(held, 20)
    body = figures(people.one, MONTH)["figures"]
    assert [body[id]["value"] for id in ("I-01", "I-04", "I-05", "I-07")] == [0, 0, 0, 0.0]


def test_a_closed_out_event_that_nobody_came_to_does_not_count(people):
    with transaction():
        held = build.event(people.one)
        build.came(held, build.resident(people.one), undone=True)
        build.came(held, build.resident(people.two), part=Part.VOLUNTEER)
    body = figures(people.one, MONTH)["figures"]
    assert (body["I-01"]["value"], body["I-12"]["value"], body["I-03"]["numerator"]) == (0, 0, 0)


def test_a_walk_in_counts_like_everybody_and_shows_in_its_channel(people):
    with transaction():
        held = build.event(people.one)
        build.came(held, build.resident(people.one), channel=Channel.WALK_IN)
        build.came(held, build.resident(people.one), channel=Channel.PHONE)
        build.came(held, build.resident(people.one), channel=Channel.PHONE, band=AgeBand.B18)
    body = figures(people.one, MONTH)["figures"]
    assert body["I-04"]["named"] == 3
    assert body["I-22"]["by_channel"] == {"phone": 2, "walk_in": 1}
    assert [body["I-22"][key] for key in ("numerator", "denominator", "value")] == [1, 2, 50.0]


def test_a_headcount_raises_attendances_and_never_persons(people):
    with transaction():
        held = build.event(people.one)
        build.counted(held, 30, AgeBand.B60)
        build.came(held, build.resident(people.one))
    body = figures(people.one, MONTH)["figures"]
    assert (body["I-04"]["value"], body["I-04"]["named"], body["I-04"]["anonymous"]) == (31, 1, 30)
    assert (body["I-05"]["value"], body["I-06"]["value"], body["I-07"]["numerator"]) == (1, 1.0, 1)


def test_a_headcount_alone_makes_an_event_valid_and_leaves_the_ratio_empty(people):
    with transaction():
        build.counted(build.event(people.one), 30)
    body = figures(people.one, MONTH)["figures"]
    assert (body["I-01"]["value"], body["I-05"]["value"], body["I-06"]["value"]) == (1, 0, None)


def test_a_volunteer_is_not_a_beneficiary_there_but_may_be_one_elsewhere(people):
    with transaction():
        wu = build.resident(people.one)
        first, second = build.event(people.one), build.event(people.one, AT + timedelta(days=1))
        build.came(first, wu, part=Part.VOLUNTEER)
        build.came(first, build.resident(people.one))
        build.came(second, wu)
    body = figures(people.one, MONTH)["figures"]
    assert (body["I-04"]["value"], body["I-05"]["value"], body["I-12"]["value"]) == (2, 2, 1)


def test_hours_are_floored_and_the_manual_share_is_of_what_stands(people):
    with transaction():
        who = build.volunteer(build.resident(people.one), people.one)
        held = build.event(people.one)
        served = build.came(held, build.resident(people.one), part=Part.VOLUNTEER)
        day = date(2026, 9, 10)
        build.line(who, people.one, 119, day, attendance_id=served.id)
        kept = build.manual(who, people.one, 60, day, people.lin.id, people.chen.id)
        wrong = build.manual(who, people.one, 90, day, people.lin.id, people.chen.id)
        build.line(who, people.one, -90, day, corrects_id=wrong.id)
        build.line(who, people.one, 30, date(2026, 10, 1), corrects_id=kept.id)  # October's, not September's
    body = figures(people.one, MONTH)["figures"]
    assert (body["I-13"]["value"], body["I-13"]["minutes"]) == (2.9, 179)
    assert (body["I-15"]["numerator"], body["I-15"]["denominator"], body["I-15"]["value"]) == (60, 179, 33.5)


def test_a_missing_population_leaves_the_ratio_empty_and_names_the_community(people):
    with transaction():
        bare = cast.site("410305001003", people.one.level, "湖北路示例三社区", people.office)
        build.came(build.event(bare), build.resident(bare))
    body = figures(people.office, MONTH)
    assert [body["figures"]["I-07"][key] for key in ("value", "numerator", "denominator", "missing")] == [
        None, 1, None, [bare.code],
    ]  # fmt: skip
    assert _value(people.one, "I-07") == 0.0


def test_the_population_in_force_on_the_last_day_is_the_denominator_and_its_source_is_named(people):
    with transaction():
        cast.population(people.one, {Group.ALL: 10}, as_of=date(2026, 9, 30))
        cast.population(people.one, {Group.ALL: 99}, as_of=date(2026, 10, 1))
        build.came(build.event(people.one), build.resident(people.one))
    body = figures(people.one, MONTH)
    assert (body["figures"]["I-07"]["denominator"], body["figures"]["I-07"]["value"]) == (10, 10.0)
    assert {"as_of": "2026-09-30", "source": "示例数据", "communities": 1} in body["populations"]


def test_more_than_everybody_is_printed_and_flagged(people):
    with transaction():
        cast.population(people.one, {Group.ALL: 2}, as_of=date(2026, 9, 1))
        held = build.event(people.one)
        for _ in range(3):
            build.came(held, build.resident(people.one))
    covered = figures(people.one, MONTH)["figures"]["I-07"]
    assert (covered["value"], covered["over"]) == (150.0, True)


def test_coverage_follows_where_people_live_and_activity_who_held_it(people):
    with transaction():
        build.came(build.event(people.far), build.resident(people.one))
    assert (_value(people.one, "I-01"), figures(people.one, MONTH)["figures"]["I-07"]["numerator"]) == (0, 1)
    assert (_value(people.far, "I-01"), figures(people.far, MONTH)["figures"]["I-07"]["numerator"]) == (1, 0)


def test_strangers_and_unknown_homes_stand_apart_from_coverage(people):
    with transaction():
        held = build.event(people.one)
        build.came(held, build.resident(people.one))
        build.came(held, build.resident(None), lives=Lives.OUTSIDE)
        build.came(held, build.resident(None))
    body = figures(people.one, MONTH)["figures"]
    assert body["I-05"]["by_home"] == {"here": 1, "outside": 1, "unknown": 1}
    assert body["I-07"]["numerator"] == 1


def test_a_move_of_house_does_not_change_where_one_lived_then(people):
    with transaction():
        wu = build.resident(people.one)
        build.came(build.event(people.one), wu)
        wu.community_id = people.two.id
    assert figures(people.one, MONTH)["figures"]["I-07"]["numerator"] == 1
    assert figures(people.two, MONTH)["figures"]["I-07"]["numerator"] == 0


def test_the_year_to_date_counts_a_person_once_over_its_months(people):
    with transaction():
        wu = build.resident(people.one)
        for month in (3, 9):
            build.came(build.event(people.one, clock.instant(date(2026, month, 5), 9)), wu)
        build.came(build.event(people.one, clock.instant(date(2026, 2, 5), 9)), build.resident(people.one))
        build.came(build.event(people.one, clock.instant(date(2025, 12, 5), 9)), build.resident(people.one))
    body = figures(people.one, MONTH)
    assert [body[period]["I-07"]["numerator"] for period in ("figures", "year")] == [1, 2]


def test_groups_follow_the_age_on_the_day(people):
    with transaction():
        held = build.event(people.one)
        for band in (AgeBand.B7, AgeBand.B14, AgeBand.B60, AgeBand.B80, AgeBand.UNKNOWN):
            build.came(held, build.resident(people.one), band=band)
    groups = figures(people.one, MONTH)["figures"]["I-08"]["groups"]
    assert {group: share["numerator"] for group, share in groups.items()} == {
        "under14": 1, "under18": 2, "over60": 2, "over65": 1, "over80": 1,
    }  # fmt: skip


def test_gaps_name_the_groups_nobody_reached_and_not_those_that_have_no_people(people):
    with transaction():
        cast.population(people.one, {Group.OVER_80: 0}, as_of=date(2026, 9, 1))
        build.came(build.event(people.far), build.resident(people.one), band=AgeBand.B65)
    others = [one.value for one in Category if one is not Category.A02]
    assert figures(people.office, MONTH)["gaps"] == [
        {"site": people.one.code, "name": people.one.short_name, "groups": ["under14", "under18"],
         "categories": others, "silent": 0},
        {"site": people.two.code, "name": people.two.short_name, "groups": ["all"],
         "categories": [one.value for one in Category], "silent": 1},
    ]  # fmt: skip


def test_a_station_that_was_merged_hands_its_people_to_its_successor(people):
    with transaction():
        build.came(build.event(people.one), build.resident(people.one))
        one = db.session.get_one(Site, people.one.id)
        one.valid_to, one.successor_id = date(2026, 9, 20), people.two.id
    office = figures(people.office, MONTH)
    assert (office["figures"]["I-03"]["numerator"], office["figures"]["I-03"]["denominator"]) == (0, 1)
    assert office["figures"]["I-01"]["value"] == 1
    assert figures(people.two, MONTH)["figures"]["I-07"]["numerator"] == 1


def test_sites_stand_in_the_order_of_their_codes_and_never_by_size(people):
    with transaction():
        for day in range(3):
            build.counted(build.event(people.far, AT + timedelta(days=day)), 5)
        build.counted(build.event(people.one), 1)
    rows = figures(people.center, MONTH)["by_site"]
    assert [row["site"] for row in rows] == sorted(row["site"] for row in rows)
    assert [row["own"] for row in rows] == [True, False, False, False, False, False]


def test_the_center_is_expected_to_hold_one_event_in_two_months(people):
    with transaction():
        build.counted(build.event(people.center, clock.instant(date(2026, 8, 31), 9)), 5)
    levels = [
        figures(people.center, month)["figures"]["I-03"]["levels"]["center"]["met"]
        for month in (MONTH.plus(-1), MONTH, MONTH.plus(1))
    ]
    assert levels == [1, 1, 0]


def test_categories_keep_their_own_order(people):
    with transaction():
        for category in (Category.A07, Category.A01, Category.A07):
            build.counted(build.event(people.one, category=category), 5)
    assert figures(people.one, MONTH)["figures"]["I-01"]["by_category"] == {"A01": 1, "A07": 2}


@pytest.mark.both_databases
def test_the_number_of_queries_is_the_same_for_one_and_for_three(people):
    def ask() -> int:
        seen = []
        listening.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))
        figures(people.center, MONTH)
        return len(seen)

    with transaction():
        build.came(build.event(people.one), build.resident(people.one))
    once = ask()
    with transaction():
        for site in (people.one, people.two, people.far):
            cast.site(f"{site.code[:9]}{90 + site.id:03d}", site.level, f"新{site.id}", people.office)
            build.came(build.event(site), build.resident(site))
    db.session.expire_all()
    assert ask() - once <= 1  # the site itself is read once more after being expired
    assert once <= 26
