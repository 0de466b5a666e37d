"""Moving an event and repeating last month's, below the pages."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance.operations import check_in
from stationapp.attendance.queries import is_anybody_there
from stationapp.attendance.rules import How, Part
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events import batches
from stationapp.events import operations as events
from stationapp.events.models import Batch, Event
from stationapp.events.queries import fields_of
from stationapp.events.rules import BatchKind, EventRefusal, State, Theme
from stationapp.planning import operations
from stationapp.refusal import Refused
from stationapp.rooms.models import Booking, Room
from tests import cast

NOW = clock.instant(date(2026, 11, 23), 10)
DECEMBER = Month(2026, 12)


@pytest.fixture
def people(app):
    made = cast.district(app)
    with app.app_context():
        yield made


def at(day: date, hour: int = 9):
    return clock.instant(day, hour)


def copy(site, *events, now=NOW, month=DECEMBER):
    with transaction():
        return operations.copy_month(site, month, [event.code for event in events], by=None, now=now)


def copies() -> list[Event]:
    return list(
        db.session.scalars(select(Event).where(Event.batch_id.is_not(None)).order_by(Event.starts_at))
    )


@pytest.mark.both_databases
def test_a_published_event_takes_its_room_along(people):
    with transaction():
        hall = Room(site_id=people.one.id, name="多功能厅")
        db.session.add(hall)
    event = cast.event(people.one, starts_at=at(date(2026, 12, 8)), room_id=hall.id)
    with transaction():
        operations.move(event, date(2026, 12, 9), time(14), by=None, now=NOW)
    (booking,) = db.session.scalars(select(Booking))
    assert booking.starts_at == at(date(2026, 12, 9), 14)


@pytest.mark.both_databases
def test_an_event_whose_lots_were_drawn_may_still_be_moved(people):
    event = cast.event(people.one, capacity=2, draw_at=NOW + timedelta(hours=1))
    drawn_at, day = event.draw_at, clock.day_of(event.starts_at) + timedelta(days=1)
    with transaction():
        operations.move(event, day, None, by=people.lin.id, now=drawn_at + timedelta(minutes=5))
    assert (clock.day_of(event.starts_at), event.draw_at) == (day, drawn_at)


def test_what_has_begun_stays(people):
    event = cast.event(people.one, starts_at=at(date(2026, 11, 23)))
    with pytest.raises(Refused) as refused, transaction():
        operations.move(event, date(2026, 12, 9), None, by=None, now=NOW)
    assert refused.value.reason is EventRefusal.ALREADY_HELD


def test_who_came_an_hour_early_to_what_is_moved_away_was_not_there(people):
    event = cast.event(people.one, starts_at=NOW + timedelta(minutes=30))
    granny = cast.resident(cast.granny_wu(people.one))
    with transaction():
        check_in(event, granny, part=Part.STAFF, how=How.ROSTER, by=None, now=NOW)
    assert is_anybody_there(event.id)
    with transaction():
        operations.move(event, date(2026, 12, 9), None, by=None, now=NOW)
    assert not is_anybody_there(event.id)


@pytest.mark.both_databases
def test_a_copy_is_a_draft_with_everything_but_its_dates(people):
    model = cast.event(
        people.one,
        starts_at=at(date(2026, 11, 10)),
        opens_at=at(date(2026, 11, 3)),
        closes_at=at(date(2026, 11, 9)),
        capacity=20,
        themes=frozenset({Theme.OLD}),
        partners=frozenset({people.two.id}),
    )
    batch, count = copy(people.one, model)
    (made,) = copies()
    assert (count, batch.kind, made.state, made.batch_id) == (1, BatchKind.COPY, State.DRAFT, batch.id)
    before, after = fields_of(model), fields_of(made)
    days = timedelta(days=28)
    assert after.starts_at - before.starts_at == after.opens_at - before.opens_at == days
    assert after.closes_at - before.closes_at == after.ends_at - before.ends_at == days
    assert (after.themes, after.partners, after.capacity) == (before.themes, before.partners, before.capacity)


@pytest.mark.both_databases
def test_doing_it_twice_doubles_nothing(people):
    model = cast.event(people.one, starts_at=at(date(2026, 11, 10)))
    copy(people.one, model)
    assert copy(people.one, model) == (None, 0)
    assert db.session.scalar(select(func.count()).select_from(Batch)) == len(copies()) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize(("first", "second"), [("office", "one"), ("one", "office")])
def test_an_office_and_its_station_that_copy_at_once_write_each_event_once(app, people, first, second):
    model = cast.event(people.one, starts_at=at(date(2026, 11, 10)))

    def meanwhile():
        with app.app_context():
            return copy(getattr(people, second), model)

    with ThreadPoolExecutor(1) as other:
        with transaction():
            site = getattr(people, first)
            _batch, count = operations.copy_month(site, DECEMBER, [model.code], by=None, now=NOW)
            late = other.submit(meanwhile)
            wait([late], timeout=0.5)  # long enough to come to whatever it has to wait for
        assert (count, late.result(20)) == (1, (None, 0))
    assert len(copies()) == 1


def test_what_was_undone_may_be_copied_again(people):
    model = cast.event(people.one, starts_at=at(date(2026, 11, 10)))
    batch, _count = copy(people.one, model)
    with transaction():
        batches.undo(batch, by=None, now=NOW)
    assert copy(people.one, model)[1] == 1


def test_only_what_was_chosen_here_and_lies_ahead_is_copied(people):
    chosen = cast.event(people.one, starts_at=at(date(2026, 11, 17)))
    cast.event(people.one, title="没有选", starts_at=at(date(2026, 11, 18)))
    past = cast.event(people.one, title="已经过去", starts_at=at(date(2026, 11, 3)))
    fifth = cast.event(people.one, title="第五个星期一", starts_at=at(date(2026, 11, 30)))
    elsewhere = cast.event(people.two, title="别的站", starts_at=at(date(2026, 11, 17)))
    off = cast.event(people.one, title="取消了", starts_at=at(date(2026, 11, 24)))
    with transaction():
        events.cancel(off, by=None, now=NOW, reason="下雪")
    copy(people.one, chosen, past, fifth, elsewhere, off, now=at(date(2026, 12, 10)))
    assert [(made.title, clock.day_of(made.starts_at)) for made in copies()] == [
        (chosen.title, date(2026, 12, 15))
    ]


def test_an_office_copies_for_its_stations_each_at_its_own(people):
    one = cast.event(people.one, starts_at=at(date(2026, 11, 10)))
    two = cast.event(people.two, starts_at=at(date(2026, 11, 11)))
    batch, count = copy(people.office, one, two)
    assert (count, batch.site_id) == (2, people.office.id)
    assert [made.site_id for made in copies()] == [people.one.id, people.two.id]
