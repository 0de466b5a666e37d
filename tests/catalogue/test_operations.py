"""What templates say, how they become events, and how the days of several sites are spread."""

from dataclasses import replace
from datetime import date, time, timedelta

import pytest

from stationapp import clock
from stationapp.catalogue import operations
from stationapp.catalogue.queries import fields_of
from stationapp.catalogue.rules import (
    Seats,
    TemplateFields,
    TemplateRefusal,
    fitting_room,
    problem,
    spread,
)
from stationapp.db import transaction
from stationapp.events.queries import fields_of as event_fields_of
from stationapp.events.rules import BatchKind, Category, State, Task, Theme
from stationapp.refusal import Refused
from stationapp.rooms.models import Room
from stationapp.rooms.operations import hold
from stationapp.rooms.rules import RoomKind
from tests import cast

PAPER = TemplateFields(
    title="剪窗花",
    summary="跟着老师剪一张窗花",
    category=Category.A03,
    task=Task.T4,
    audience="6—12岁的孩子",
    starts=time(15, 0),
    minutes=90,
    min_age=6,
    max_age=12,
    capacity=20,
    bring="剪刀",
    notes="请家长陪着",
    volunteers=2,
    themes=frozenset({Theme.YOUNG, Theme.FESTIVALS}),
)


@pytest.fixture
def people(app):
    with app.app_context():
        yield cast.district(app)


def write(owner, fields=PAPER, **more):
    with transaction():
        return operations.write(owner, fields, by=None, now=clock.now(), **more)


def room(where, name="多功能厅", **values) -> int:
    made = Room(site_id=where.id, name=name, **values)
    with transaction() as session:
        session.add(made)
    return made.id


def take(template, *wishes, **more):
    with transaction():
        return operations.take_over(
            template, [operations.Wish(*wish) for wish in wishes], by=None, now=clock.now(), **more
        )


def next_week(hour: int = 15):
    return clock.instant(clock.day_of(clock.now()) + timedelta(days=7), hour)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({}, None),
        ({"title": ""}, TemplateRefusal.INCOMPLETE),
        ({"summary": ""}, TemplateRefusal.INCOMPLETE),
        ({"minutes": 0}, TemplateRefusal.INCOMPLETE),
        ({"summary": "字" * 41}, TemplateRefusal.SUMMARY_TOO_LONG),
        ({"min_age": 13}, TemplateRefusal.AGES_CROSSED),
        ({"themes": frozenset({Theme.OLD})}, TemplateRefusal.THEME_AGAINST_AGES),
        ({"themes": frozenset({Theme.OLD}), "max_age": 50}, None),
        ({"min_age": 22, "max_age": None}, TemplateRefusal.THEME_AGAINST_AGES),
        ({"min_age": 21, "max_age": None}, None),
    ],
)
def test_a_template_must_not_contradict_itself(changes, reason):
    assert problem(replace(PAPER, **changes)) is reason


def test_the_smallest_free_room_that_seats_everybody_is_chosen():
    now = clock.instant(date(2031, 3, 3), 9)
    later = now + timedelta(hours=1)
    rooms = [Seats(1, "大厅", 100), Seats(2, "小屋", 10), Seats(3, "教室", 30), Seats(4, "广场", None)]
    assert fitting_room(rooms, {}, now, later, 20).room_id == 3
    assert fitting_room(rooms, {3: [(now, later)]}, now, later, 20).room_id == 1
    assert fitting_room(rooms, {3: [(later, later + timedelta(hours=1))]}, now, later, 20).room_id == 3
    assert fitting_room(rooms, {}, now, later, 200).room_id == 4
    assert fitting_room(rooms, {}, now, later, None).room_id == 4
    assert fitting_room(rooms[:3], {}, now, later, None) is None


def test_days_are_spread_over_weekdays_and_pass_over_holidays():
    monday = date(2031, 3, 3)
    off = frozenset({date(2031, 3, 5)})
    assert [day.day for day in spread(4, monday, frozenset({0, 2}), 1, off)] == [3, 10, 12, 17]
    assert [day.day for day in spread(5, monday, frozenset(), 2, off)] == [3, 3, 4, 4, 6]
    assert spread(0, monday, frozenset(), 1, off) == []


def test_a_station_owns_no_template(people):
    with pytest.raises(Refused) as refused:
        write(people.one)
    assert refused.value.reason is TemplateRefusal.STATION_OWNS_NONE


@pytest.mark.both_databases
def test_it_is_changed_adapted_retired_and_brought_back(people):
    template = write(people.center)
    wish = replace(PAPER, title="剪纸", themes=frozenset({Theme.YOUNG}), volunteers=0)
    with transaction():
        operations.change(template, wish, by=None, now=clock.now())
        operations.retire(template, by=None, now=clock.now())
        operations.retire(template, by=None, now=clock.now())
    assert fields_of(template) == wish
    with pytest.raises(Refused) as refused:
        take(template, (people.one, next_week()))
    assert refused.value.reason is TemplateRefusal.RETIRED
    with transaction():
        operations.bring_back(template, by=None, now=clock.now())
    assert take(template, (people.one, next_week()))
    assert fields_of(write(people.office, wish, based_on=template)) == wish


@pytest.mark.both_databases
def test_it_becomes_a_whole_draft_in_a_room_of_the_site(people):
    small, large = room(people.one, "书画室", capacity=12), room(people.one, capacity=40)
    template = write(people.center)
    [event], batch = take(template, (people.one, next_week()), remark="加岗位")
    fields = event_fields_of(event)
    assert (event.state, batch, event.site_id) == (State.DRAFT, None, people.one.id)
    assert (fields.title, fields.summary, fields.audience) == ("剪窗花", "跟着老师剪一张窗花", "6—12岁的孩子")
    assert (fields.category, fields.task, fields.themes) == (Category.A03, Task.T4, PAPER.themes)
    assert (fields.min_age, fields.max_age, fields.capacity) == (6, 12, 20)
    assert (fields.bring, fields.notes, fields.remark) == ("剪刀", "请家长陪着", "加岗位")
    assert fields.ends_at - fields.starts_at == timedelta(minutes=90)
    assert (fields.room_id, fields.place) == (large, "多功能厅") != (small, "书画室")


def test_a_room_that_is_held_or_closed_is_not_chosen(people):
    held = room(people.one, capacity=40)
    room(people.one, "图书阅览室", capacity=40, hours="每天 08:00-11:00")
    at = next_week()
    with transaction() as session:
        hold(session.get_one(Room, held), starts_at=at, ends_at=at + timedelta(hours=3), purpose="开会", by=None,
             now=clock.now())  # fmt: skip
    [event], _batch = take(write(people.center), (people.one, at))
    assert (event.room_id, event.place) == (None, people.one.address)


def test_what_it_cannot_do_without_is_asked_for(people):
    bus = room(people.office, "讲师团", kind=RoomKind.SHARED)
    template = write(people.office, replace(PAPER, shared_id=bus))
    [event], _batch = take(template, (people.two, next_week()))
    assert event_fields_of(event).shared == {bus}
    with pytest.raises(Refused) as refused:
        write(people.center, replace(PAPER, shared_id=bus))
    assert refused.value.reason is TemplateRefusal.SHARED_ELSEWHERE


@pytest.mark.both_databases
def test_several_sites_take_it_over_as_one_batch(people):
    template = write(people.office)
    events, batch = take(template, (people.one, next_week()), (people.two, next_week(9)), at=people.office)
    assert batch.kind is BatchKind.TEMPLATE
    assert batch.site_id == people.office.id
    assert {event.batch_id for event in events} == {batch.id}
    assert [event.site_id for event in events] == [people.one.id, people.two.id]


def test_nothing_is_written_for_sites_elsewhere_nor_for_the_past_nor_for_nobody(people):
    template = write(people.office)
    for wishes, reason in (
        ([(people.one, next_week()), (people.far, next_week())], TemplateRefusal.NOT_OFFERED),
        ([(people.center, next_week())], TemplateRefusal.NOT_OFFERED),
        ([(people.one, clock.now())], TemplateRefusal.IN_PAST),
        ([], TemplateRefusal.NOBODY_CHOSEN),
        ([(people.one, next_week())] * 101, TemplateRefusal.TOO_MANY),
    ):
        with pytest.raises(Refused) as refused:
            take(template, *wishes, at=people.office)
        assert refused.value.reason is reason
