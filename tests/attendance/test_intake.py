"""Scans that happened earlier, of a device or a paper: facts in any order, and what waits for a person."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance import operations
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.intake import take_in
from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.attendance.rules import Arrived, AttendanceRefusal, Fate, How, Kind, Part, Result
from stationapp.db import db, transaction
from stationapp.devices.models import Device
from stationapp.events import operations as events
from stationapp.signups import operations as signups
from stationapp.signups.models import Signup
from stationapp.signups.rules import Channel
from tests import cast
from tests.attendance.test_operations import Hall, count

pytestmark = pytest.mark.both_databases


def device(site, name="门口平板", code="DEV1") -> int:
    """A tablet of a site, enrolled today; its id."""
    now = clock.now()
    today = clock.day_of(now)
    with transaction():
        made = Device(
            code=code,
            site_id=site.id,
            name=name,
            from_on=today - timedelta(days=7),
            until_on=today + timedelta(days=7),
            link_until_at=now,
            made_at=now,
        )
        db.session.add(made)
        db.session.flush()
        return made.id


class Door(Hall):
    """The hall of test_operations with a tablet that counts its scans."""

    def __init__(self, app, **changes):
        super().__init__(app, **changes)
        self.device = device(self.people.one)
        self.sequence = 0

    def scan(self, kind=Kind.IN, who=None, *, minutes=-30, **changes) -> Arrived:
        self.sequence += 1
        values = {
            "event_id": self.event.id,
            "resident_id": (who or self.wu).id,
            "kind": kind,
            "how": How.STAFF_SCAN,
            "at": self.now + timedelta(minutes=minutes),
            "nonce": f"n{self.sequence}",
            "device_id": self.device,
            "sequence": self.sequence,
        }
        return Arrived(**values | changes)

    def arrive(self, *scans: Arrived, now=None):
        answers = []
        for one in scans:
            with transaction():
                answers += take_in([one], by=None, now=now or self.now)
        return answers

    def row(self, who=None) -> Attendance | None:
        db.session.rollback()
        return db.session.scalar(
            select(Attendance)
            .where(Attendance.resident_id == (who or self.wu).id)
            .execution_options(populate_existing=True)
        )


@pytest.fixture
def door(app):
    with app.app_context():
        yield Door(app)
        assert [row for check in CHECKS for row in check.find()] == []


def aside() -> list[tuple[str, Fate]]:
    return [tuple(row) for row in db.session.execute(select(RefusedScan.reason, RefusedScan.fate))]


ACCEPTED = (Result.ACCEPTED, None)


def test_a_scan_of_a_device_becomes_the_same_row_as_one_on_the_spot(door):
    assert door.arrive(door.scan(), door.scan(Kind.OUT, minutes=-5)) == [ACCEPTED, ACCEPTED]
    row = door.row()
    assert (row.part, row.channel, row.came_how, row.undone) == (
        Part.RESIDENT,
        Channel.WEB,
        How.STAFF_SCAN,
        False,
    )
    assert (row.came_at, row.left_at) == (
        door.now - timedelta(minutes=30),
        door.now - timedelta(minutes=5),
    )


def test_who_left_before_the_coming_arrived_is_there_once_it_does(door):
    came, left = door.scan(), door.scan(Kind.OUT, minutes=-5)
    assert door.arrive(left) == [ACCEPTED]
    assert door.row().undone
    assert door.arrive(came) == [ACCEPTED]
    row = door.row()
    assert (row.came_at, row.left_at, row.undone) == (came.at, left.at, False)


def test_a_coming_taken_back_before_it_arrived_counts_for_nothing(door):
    door.arrive(door.scan(Kind.UNDO, minutes=-10), door.scan(minutes=-30))
    assert door.row().undone
    door.arrive(door.scan(minutes=-8))
    assert (door.row().undone, door.row().came_at) == (False, door.now - timedelta(minutes=8))


def test_who_left_by_a_device_first_can_still_be_ticked(door):
    door.arrive(door.scan(Kind.OUT, minutes=-5))
    assert not door.come().undone


def test_the_same_scan_again_is_already_there(door):
    scan = door.scan()
    assert door.arrive(scan, scan) == [ACCEPTED, (Result.ALREADY, None)]
    assert count(Scan) == 1


def test_a_number_used_for_another_scan_waits_instead_of_being_lost(door):
    first = door.scan()
    other = door.scan(Kind.OUT, minutes=-5, sequence=first.sequence)
    assert door.arrive(first, other) == [ACCEPTED, (Result.WAITING, AttendanceRefusal.SEQUENCE_USED)]
    assert door.arrive(other) == [(Result.ALREADY, AttendanceRefusal.SEQUENCE_USED)]


def test_a_full_room_refuses_no_past_walk_in(app):
    with app.app_context():
        door = Door(app, capacity=1)
        assert door.arrive(door.scan(who=door.li, how=How.WALK_IN)) == [ACCEPTED]
        assert (door.row(door.li).channel, door.row(door.li).came_how) == (Channel.WALK_IN, How.WALK_IN)


@pytest.mark.parametrize(
    ("minutes", "reason"),
    [
        (-125, AttendanceRefusal.TOO_EARLY),
        (3, AttendanceRefusal.CLOCK_AHEAD),
    ],
)
def test_a_time_outside_the_doors_waits(door, minutes, reason):
    assert door.arrive(door.scan(minutes=minutes)) == [(Result.WAITING, reason)]
    assert door.row() is None


def test_a_time_long_after_the_end_waits(door):
    late = door.scan(minutes=60 * 8)
    assert door.arrive(late, now=door.now + timedelta(hours=9)) == [
        (Result.WAITING, AttendanceRefusal.TOO_LATE)
    ]


def test_a_clock_a_minute_ahead_is_believed(door):
    assert door.arrive(door.scan(minutes=1)) == [ACCEPTED]


def test_who_is_not_signed_up_waits_and_so_does_who_cancelled(door):
    assert door.arrive(door.scan(who=door.li)) == [(Result.WAITING, AttendanceRefusal.NOT_SIGNED_UP)]
    signup = db.session.scalar(select(Signup).where(Signup.resident_id == door.wu.id))
    with transaction():
        signups.cancel(signup, why="有事", by=None, now=door.now - timedelta(hours=2))
    assert door.arrive(door.scan()) == [(Result.WAITING, AttendanceRefusal.SIGNUP_CANCELLED)]


def test_another_role_waits_in_whichever_order_it_was_taken_back(door):
    door.arrive(door.scan(), door.scan(Kind.UNDO, minutes=-20))
    helps = door.scan(minutes=-10, part=Part.VOLUNTEER)
    assert door.arrive(helps) == [(Result.WAITING, AttendanceRefusal.OTHER_PART)]


def test_what_arrives_after_the_close_out_waits_and_changes_nothing(door):
    door.come()
    door.close()
    late = door.scan(Kind.OUT)
    assert door.arrive(late) == [(Result.WAITING, AttendanceRefusal.CLOSED_OUT)]
    assert (door.row().left_at, count(Scan)) == (None, 1)


def test_a_cancelled_event_keeps_its_scans_waiting(app):
    with app.app_context():
        door = Door(app)
        coming = cast.event(door.people.one, starts_at=door.now + timedelta(minutes=30))
        with transaction():
            events.cancel(coming, reason="下雨", by=door.people.lin.id, now=door.now)
        scan = door.scan(event_id=coming.id, how=How.WALK_IN)
        assert door.arrive(scan) == [(Result.WAITING, AttendanceRefusal.EVENT_CANCELLED)]


def test_an_unknown_code_is_kept_once_with_its_reason(door):
    scan = door.scan(resident_id=None)
    answers = door.arrive(scan, scan)
    reason = AttendanceRefusal.CODE_UNKNOWN_PLACE
    assert answers == [(Result.REFUSED, reason), (Result.REFUSED, reason)]
    nowhere = door.scan(event_id=None)
    assert door.arrive(nowhere) == [(Result.REFUSED, AttendanceRefusal.NOTHING_ON)]
    assert {fate for _reason, fate in aside()} == {Fate.REFUSED} and len(aside()) == 2


def test_a_paper_without_a_device_is_known_again_by_its_nonce(door):
    row = door.scan(device_id=None, sequence=None, how=How.PAPER, nonce="sheet 7 row 3")
    assert door.arrive(row, row) == [ACCEPTED, (Result.ALREADY, None)]


def test_undoing_on_the_spot_comes_after_a_device_whose_clock_is_a_little_ahead(door):
    door.arrive(door.scan(minutes=1))
    with transaction():
        operations.undo(door.event, door.wu, by=door.people.lin.id, now=door.now)
    assert door.row().undone
    assert db.session.scalar(select(func.count()).select_from(Scan)) == 2
