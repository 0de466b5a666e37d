"""A room nobody came to is given back half an hour after the start, once, and people may still come after all."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rooms import person_minutes
from stationapp.attendance.rules import How, Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.jobs.operations import release_rooms
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.operations import add_room, change_room, retake
from stationapp.rooms.rules import RoomFacts, RoomKind
from stationapp.signups.rules import Channel
from tests import cast

pytestmark = pytest.mark.both_databases
MINUTE = timedelta(minutes=1)


class Event:
    """An event of an hour that began now, in a room and with a bus."""

    def __init__(self, app):
        self.people = cast.district(app)
        self.starts_at = clock.now().replace(microsecond=0)
        self.ends_at = self.starts_at + 60 * MINUTE
        self.room, self.bus = (
            self.add(self.people.one, "舞蹈室"),
            self.add(self.people.center, "图书车", RoomKind.SHARED),
        )
        self.event = cast.event(
            self.people.one,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            room_id=self.room.id,
            shared=frozenset({self.bus.id}),
        )

    @staticmethod
    def add(site, name, kind=RoomKind.ROOM) -> Room:
        with transaction():
            return add_room(site, kind, RoomFacts(name), by=None, now=clock.now())

    def after(self, minutes: int) -> int:
        """What the duty does so many minutes after the start."""
        with transaction():
            return release_rooms(now=self.starts_at + minutes * MINUTE)

    def ends(self) -> list[int]:
        """After how many minutes each booking ends."""
        ends = db.session.scalars(select(Booking.ends_at).order_by(Booking.room_id))
        return [(at - self.starts_at) // MINUTE for at in ends]

    def come(self) -> None:
        given = cast.granny_wu(self.people.one)
        with transaction():
            attendance.check_in(
                self.event, cast.resident(given), how=How.ROSTER, part=Part.RESIDENT, channel=Channel.WALK_IN,
                by=None, now=clock.now(),
            )  # fmt: skip


@pytest.fixture
def event(app):
    with app.app_context():
        yield Event(app)


def told() -> list[tuple[str, int]]:
    query = select(Notice.subject, Notice.site_id).where(Notice.occasion == Occasion.ROOM_RELEASED)
    return [tuple(row) for row in db.session.execute(query)]


def test_after_half_an_hour_without_anybody_everything_is_given_back_and_the_desk_told_once(event):
    assert (event.after(29), event.ends()) == (0, [60, 60])
    assert (event.after(30), event.ends()) == (2, [30, 30])
    assert (event.after(31), event.ends()) == (0, [30, 30])
    assert told() == [(f"event {event.event.code}", event.people.one.id)]


def test_where_somebody_came_or_was_counted_nothing_is_given_back(event):
    event.come()
    assert (event.after(45), told()) == (0, [])
    with transaction():
        attendance.undo(
            event.event, cast.resident(cast.granny_wu(event.people.one)), by=None, now=clock.now()
        )
        attendance.count_heads(event.event, {AgeBand.B60: 12}, by=None, now=clock.now())
    assert (event.after(45), event.ends()) == (0, [60, 60])
    with transaction():
        attendance.count_heads(event.event, {}, by=None, now=clock.now())
    assert event.after(45) == 2


def test_a_room_waits_as_long_as_it_says(event):
    with transaction():
        change_room(event.room, RoomFacts("舞蹈室", release_after=45), by=None, now=clock.now())
        change_room(event.bus, RoomFacts("图书车", release_after=None), by=None, now=clock.now())
    assert [event.after(minutes) for minutes in (30, 44, 45, 59)] == [0, 0, 1, 0]
    assert event.ends() == [45, 60]


def test_a_room_taken_again_is_not_given_back_a_second_time(event):
    assert event.after(30) == 2
    with transaction():
        assert retake(event.event.id, ends_at=event.ends_at, by=None, now=event.starts_at + 35 * MINUTE) == 2
    assert (event.after(40), event.ends(), len(told())) == (0, [60, 60], 1)


def test_people_who_come_after_the_release_are_taken_in_all_the_same(event):
    event.after(30)
    event.come()
    with transaction():
        attendance.close_out(event.event, note="晚到", by=None, now=event.ends_at)
    assert event.ends() == [30, 30]


def test_person_hours_are_people_served_times_the_length_of_the_event(event):
    event.come()
    with transaction():
        attendance.count_heads(event.event, {AgeBand.B60: 12}, by=None, now=clock.now())
    rooms = [event.room.id, event.bus.id]
    day = timedelta(days=1)
    assert person_minutes(rooms, event.starts_at, event.starts_at + day) == dict.fromkeys(rooms, 13 * 60)
    assert person_minutes(rooms, event.starts_at + MINUTE, event.starts_at + day) == dict.fromkeys(rooms, 0)
