"""The list behind each figure comes to what the figure says, as it stands and in each version (trust.md R4)."""

import json
import random
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.events.models import EventTheme
from stationapp.events.rules import Category, State, Task, Theme
from stationapp.opinions.models import Answer
from stationapp.opinions.rules import Via
from stationapp.reports import lists
from stationapp.reports.behind import Period, scope_of
from stationapp.reports.lists import Ask
from stationapp.reports.operations import close_month
from stationapp.reports.queries import figures
from stationapp.reports.versions import find_latest
from stationapp.residents.models import Merge
from stationapp.rooms.models import Booking, Room
from stationapp.signups.rules import Channel, Place
from stationapp.sites.models import Site
from stationapp.sites.rules import Group
from stationapp.vault import vault
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, MONTH
from tests.reports.test_registers import kept, promised

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(app):
    district = cast.district(app)
    with app.app_context():
        yield district


def of(site) -> Site:
    return db.session.get(Site, site.id)


def fill(people, seed: int, months=range(-3, 1)) -> None:
    """A few months with something of everything."""
    draw = random.Random(seed)
    sites = [people.center, people.office, people.one, people.two, people.far]
    persons = [build.resident(draw.choice([people.one, people.two, people.far, None])) for _ in range(40)]
    helpers = [build.volunteer(one, people.one) for one in persons[:8]]
    for one, other in ((10, 11), (0, 1)):
        kept(Merge(kept_id=persons[one].id, gone_id=persons[other].id, at=build.AT - timedelta(days=200)))
    for back in months:
        month = MONTH.plus(back)
        for _ in range(8):
            place = draw.randrange(len(sites))
            at = month.begins_at + timedelta(hours=draw.randrange(24 * 28))
            state = draw.choice([State.CLOSED_OUT] * 6 + [State.CANCELLED])
            event = build.event(
                sites[place],
                at,
                state=state,
                capacity=draw.choice([None, 10]),
                category=draw.choice([Category.A01, Category.A02, Category.A05]),
                task=Task.T4,
            )
            if state is State.CANCELLED:
                continue
            hours = draw.choice(["每天 08:00-18:00", ""])
            hall = kept(Room(site_id=sites[place].id, name=f"厅{event.id}", hours=hours))
            spell = {"starts_at": at, "ends_at": event.ends_at, "made_at": at}
            kept(Booking(event_id=event.id, room_id=hall.id, **spell))
            if draw.random() < 0.4:
                kept(EventTheme(event_id=event.id, theme=draw.choice([Theme.OLD, Theme.YOUNG, Theme.FIRE])))
            for person in draw.sample(persons, draw.randrange(12)):
                part = draw.choice([Part.RESIDENT] * 5 + [Part.VOLUNTEER])
                channel = draw.choice([Channel.WEB, Channel.PHONE, Channel.WALK_IN])
                row = build.came(event, person, part=part, band=draw.choice(list(AgeBand)), channel=channel)
                helper = next((one for one in helpers if one.resident_id == person.id), None)
                if part is Part.VOLUNTEER and helper:
                    build.line(helper, sites[place], 60, clock.day_of(at), attendance_id=row.id)
            for person in draw.sample(persons, draw.randrange(8)):
                promised(event, person, draw.choice([Place.CONFIRMED, Place.CONFIRMED, Place.WAITLISTED]))
            if draw.random() < 0.3:
                build.counted(event, draw.randrange(1, 9), AgeBand.B70)
            for number in range(draw.choice([0, 2, 7])):
                kept(Answer(event_id=event.id, slot_index=vault().index("slot", f"{event.id}-{number}"),
                            score=draw.choice([1, 3, 5]), how=Via.PAGE, said_on=clock.day_of(at)))  # fmt: skip
        build.manual(helpers[2], people.two, 30, month.first_day, people.ma.id, people.chen.id)


@pytest.mark.parametrize("seed", range(3))
def test_every_list_comes_to_its_figure(people, seed):
    with transaction():
        fill(people, seed)
    for site in (people.center, people.office, people.one):
        its = of(site)
        body = figures(its, MONTH)
        for period in Period:
            assert lists.disagreements(scope_of(its, MONTH, None, period), body) == [], (site.code, period)


def test_every_list_comes_to_its_figure_in_a_version_though_facts_came_later(people):
    with transaction():
        fill(people, 7)
    with transaction():
        close_month(of(people.center), MONTH.plus(-1), by=None, now=AFTER)
        close_month(of(people.center), MONTH, by=None, now=AFTER)
    with transaction():
        fill(people, 8)
        close_month(
            of(people.center), MONTH.plus(-1), by=None, now=AFTER + timedelta(days=1), reason="补归档"
        )
    report = find_latest(of(people.center), MONTH)
    body = json.loads(report.body)
    kept_as_then = ("I-16", "I-17", "I-18", "I-25", "I-26")
    for period in Period:
        found = lists.disagreements(scope_of(of(people.center), MONTH, report, period), body)
        assert [one for one in found if one.split()[0] not in kept_as_then] == []
    live = figures(of(people.center), MONTH)
    assert lists.disagreements(scope_of(of(people.center), MONTH, None, Period.YEAR), live) == []
    assert live["year"]["I-05"]["value"] != body["year"]["I-05"]["value"]


def test_a_cell_of_the_heat_table_opens_its_people(people):
    with transaction():
        fill(people, 3)
    its = of(people.center)
    body = figures(its, MONTH)
    for period, name in ((Period.MONTH, "groups"), (Period.YEAR, "year")):
        scope = scope_of(its, MONTH, None, period)
        for row in body["coverage"]:
            for group in Group:
                ask = Ask("I-08", group=group, community=row["site"])
                said = lists.expected(body, period, ask)
                assert said[0] == row[name][group.value]["numerator"]
                assert lists.measure(lists.listing(scope, ask))[0] == said[0]
    scope = scope_of(its, MONTH, None, Period.MONTH)
    for row in body["coverage"]:
        for ask in (
            *(Ask("I-09", category=one, community=row["site"]) for one in Category),
            *(Ask(id, community=row["site"]) for id in ("I-16", "I-17", "I-18")),
        ):
            assert lists.agrees(
                lists.measure(lists.listing(scope, ask)), lists.expected(body, Period.MONTH, ask)
            ), ask


def test_a_station_of_its_own_says_of_each_list_what_it_must_come_to(people):
    with transaction():
        fill(people, 4)
    its = of(people.one)
    body = figures(its, MONTH)
    for period, part in ((Period.MONTH, "figures"), (Period.YEAR, "year")):
        scope = scope_of(its, MONTH, None, period)
        for ask in (
            *(Ask("I-09", category=one, community=its.code) for one in Category),
            *(Ask(id, community=its.code) for id in ("I-07", "I-11", "I-16", "I-17", "I-18")),
        ):
            found, said = lists.measure(lists.listing(scope, ask)), lists.expected(body, period, ask)
            assert lists.agrees(found, said), ask
            if ask.id == "I-09":
                assert said[0] == body[part]["I-09"]["categories"][ask.category.value]["numerator"]


def test_a_room_that_opens_at_other_hours_since_a_month_was_closed_is_no_violation(people):
    with transaction():
        build.came(build.event(people.one), build.resident(people.one))
        hall = Room(site_id=people.one.id, name="舞蹈室", hours="每天 08:30-12:00")
        db.session.add(hall)
    with transaction():
        close_month(of(people.center), MONTH, by=None, now=AFTER)
    with transaction():
        hall.hours = "每天 08:30-20:00"
    for site in (people.one, people.office, people.center):
        body = figures(of(site), MONTH.plus(1))
        year = body["year"]["I-26"]["denominator"]
        assert (
            year
            < lists.measure(lists.listing(scope_of(of(site), MONTH.plus(1), None, Period.YEAR), Ask("I-26")))[
                1
            ]
        )
        for period in Period:
            assert lists.disagreements(scope_of(of(site), MONTH.plus(1), None, period), body) == []
