"""What may be taken down at the door, and what it amounts to."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance import operations
from stationapp.attendance.models import Attendance, Headcount, Scan
from stationapp.attendance.rules import AttendanceRefusal, How, Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.rules import EventRefusal, State
from stationapp.refusal import Refused
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from tests import cast

pytestmark = pytest.mark.both_databases


class Hall:
    """An event that began an hour ago, with Granny Wu signed up for it."""

    def __init__(self, app, **changes):
        self.people = cast.district(app)
        self.now = clock.now()
        self.event = cast.event(self.people.one, starts_at=self.now - timedelta(hours=1), **changes)
        given = cast.granny_wu(self.people.one)
        cast.sign_up(self.event, given, now=self.now - timedelta(hours=3))
        self.wu = cast.resident(given)
        self.li = cast.resident(cast.xiao_li(self.people.two))

    def come(self, who=None, **changes):
        values = {"how": How.ROSTER, "part": Part.RESIDENT, "by": self.people.lin.id, "now": self.now}
        with transaction():
            return operations.check_in(self.event, who or self.wu, **values | changes)

    def leave(self, who=None, **changes):
        values = {"how": How.ROSTER, "by": self.people.lin.id, "now": self.now + timedelta(minutes=5)}
        with transaction():
            return operations.check_out(self.event, who or self.wu, **values | changes)

    def take_back(self, who=None):
        with transaction():
            return operations.undo(self.event, who or self.wu, by=self.people.lin.id, now=self.now)

    def close(self, now=None):
        with transaction():
            operations.close_out(
                self.event, note="顺利", by=self.people.lin.id, now=now or self.now + timedelta(hours=2)
            )


@pytest.fixture
def hall(app):
    with app.app_context():
        yield Hall(app)


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value.reason


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_a_check_in_keeps_home_age_band_and_channel_as_they_were(hall):
    row = hall.come()
    assert (row.lives, row.community_id, row.band) == (Lives.HERE, hall.people.one.id, AgeBand.B70)
    assert (row.channel, row.part, row.came_at, row.left_at) == (Channel.WEB, Part.RESIDENT, hall.now, None)


def test_a_repeated_check_in_returns_the_same_row(hall):
    first = hall.come()
    again = hall.come(how=How.VENUE, by=None, now=hall.now + timedelta(minutes=3))
    assert (again.id, again.came_at, again.came_how) == (first.id, hall.now, How.ROSTER)
    assert (count(Scan), count(Attendance)) == (1, 1)


def test_a_repeated_form_is_one_scan(hall):
    at = hall.now - timedelta(minutes=10)
    first = hall.come(at=at, nonce="n1")
    hall.come(at=at, nonce="n1")
    hall.take_back()
    again = hall.come(at=at, nonce="n1")
    assert (again.id, again.undone, count(Scan)) == (first.id, True, 2)


def test_taking_back_leaves_the_row_waiting_and_coming_again_revives_it(hall):
    row = hall.come()
    assert hall.take_back().undone
    assert hall.take_back().undone
    again = hall.come()
    assert (again.id, again.undone, count(Scan)) == (row.id, False, 3)


def test_somebody_without_a_sign_up_must_walk_in(hall):
    assert refusal(hall.come, hall.li) is AttendanceRefusal.NOT_SIGNED_UP
    row = hall.come(hall.li, how=How.WALK_IN, channel=Channel.WALK_IN)
    assert (row.channel, row.community_id) == (Channel.WALK_IN, hall.people.two.id)


def test_who_still_waits_is_let_in_only_at_the_door(app):
    with app.app_context():
        hall = Hall(app, capacity=1)
        given = cast.person("孙丽", "19900002222")
        cast.sign_up(hall.event, given, now=hall.now - timedelta(hours=2))
        sun = cast.resident(given)
        assert refusal(hall.come, sun) is AttendanceRefusal.STILL_WAITING
        assert hall.come(sun, how=How.WALK_IN).channel is Channel.WEB


def test_one_person_has_one_role(hall):
    hall.come(part=Part.VOLUNTEER)
    assert refusal(hall.come, part=Part.RESIDENT) is AttendanceRefusal.OTHER_PART
    hall.take_back()
    assert hall.come(part=Part.RESIDENT).part is Part.RESIDENT


def test_check_in_has_its_hours(hall):
    early, late = hall.event.starts_at - timedelta(minutes=61), hall.event.ends_at + timedelta(minutes=181)
    assert refusal(hall.come, now=early) is AttendanceRefusal.TOO_EARLY
    assert refusal(hall.come, now=late, how=How.VENUE, by=None) is AttendanceRefusal.TOO_LATE
    assert hall.come(now=late).came_at == late


def test_leaving_needs_having_come_and_the_last_time_counts(hall):
    assert refusal(hall.leave) is AttendanceRefusal.NOT_CHECKED_IN
    hall.come()
    assert refusal(hall.leave, at=hall.now) is AttendanceRefusal.LEFT_BEFORE_CAME
    hall.leave()
    row = hall.leave(now=hall.now + timedelta(minutes=20))
    assert row.left_at == hall.now + timedelta(minutes=20)


def test_heads_are_counted_anew_each_time(hall):
    def heads(people):
        with transaction():
            operations.count_heads(hall.event, people, by=hall.people.lin.id, now=hall.now)

    heads({AgeBand.B60: 3, AgeBand.B7: 2})
    heads({AgeBand.B60: 4, AgeBand.B7: 0})
    assert [(row.band, row.people) for row in db.session.scalars(select(Headcount))] == [(AgeBand.B60, 4)]
    assert refusal(heads, {AgeBand.B0: -1}) is AttendanceRefusal.HEADCOUNT_NEGATIVE


def test_nothing_changes_after_the_close_out_unless_reopened(hall):
    hall.come()
    assert refusal(hall.close, now=hall.now) is EventRefusal.NOT_OVER_YET
    hall.close()
    assert hall.event.state is State.CLOSED_OUT
    for act in (hall.come, hall.leave, hall.take_back, hall.close):
        assert refusal(act) is AttendanceRefusal.CLOSED_OUT
    with transaction():
        events.reopen(hall.event, by=hall.people.lin.id, now=hall.now + timedelta(hours=3), reason="漏记一人")
    assert hall.take_back().undone


def test_a_cancelled_event_takes_nobody_in(app):
    with app.app_context():
        people = cast.district(app)
        event = cast.event(people.one)
        wu = cast.resident(cast.granny_wu(people.one))
        with transaction():
            events.cancel(event, by=people.lin.id, now=clock.now(), reason="下雨")
        with pytest.raises(Refused) as caught, transaction():
            operations.check_in(
                event,
                wu,
                how=How.ROSTER,
                part=Part.RESIDENT,
                channel=Channel.WALK_IN,
                by=None,
                now=event.starts_at,
            )
        assert caught.value.reason is AttendanceRefusal.EVENT_CANCELLED
