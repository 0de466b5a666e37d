"""Two sendings of the same device at the same moment, and a close-out in between: each scan is taken in once."""

import threading
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp.attendance import operations
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.intake import take_in
from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.attendance.rules import How, Kind, Result
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from tests import cast
from tests.attendance.test_intake import Door, device

pytestmark = pytest.mark.both_databases

SCANS = 12


def sent(app, scans, now, answers: list, begin: threading.Barrier, at_a_time: int = 3) -> None:
    """One sending: a few scans in each transaction, as they come."""
    with app.app_context():
        begin.wait()
        for first in range(0, len(scans), at_a_time):

            def some(part=scans[first : first + at_a_time]):
                with transaction():
                    return take_in(part, by=None, now=now)

            answers += [result for result, _reason in retried(some)]


def at_once(*acts) -> None:
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_a_sending_repeated_while_the_first_is_under_way_changes_nothing(app):
    with app.app_context():
        door = Door(app)
        scans = [door.scan(who=door.li, minutes=-n, how=How.WALK_IN) for n in range(SCANS // 2)]
        scans += [door.scan(Kind.OUT, minutes=-n) for n in range(SCANS // 2)]
        db.session.rollback()
    answers: list[Result] = []
    begin = threading.Barrier(2)
    at_once(
        lambda: sent(app, scans, door.now, answers, begin),
        lambda: sent(app, scans[::-1], door.now, answers, begin),
    )
    assert Counter(answers) == {Result.ACCEPTED: SCANS, Result.ALREADY: SCANS}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Scan)) == SCANS
        assert [row for check in CHECKS for row in check.find()] == []


def test_two_devices_that_saw_the_same_people_at_the_same_moment_are_both_answered(app):
    with app.app_context():
        door = Door(app)
        crowd = [cast.resident(cast.person(f"来客{n}", f"1990000{5000 + n}")) for n in range(SCANS)]
        other = device(door.people.one, code="DEV2")
        scans = [door.scan(who=who, how=How.WALK_IN) for who in crowd]
        twins = [replace(scan, device_id=other) for scan in scans]
        db.session.rollback()
    answers: list[Result] = []
    begin = threading.Barrier(2)
    at_once(
        lambda: sent(app, scans, door.now, answers, begin, SCANS),
        lambda: sent(app, twins[::-1], door.now, answers, begin, SCANS),
    )
    assert Counter(answers) == {Result.ACCEPTED: 2 * SCANS}
    with app.app_context():
        assert db.session.scalar(select(func.count()).where(~Attendance.undone)) == SCANS
        assert [row for check in CHECKS for row in check.find()] == []


def test_a_close_out_in_between_loses_none(app):
    with app.app_context():
        door = Door(app)
        event_id, after = door.event.id, door.event.ends_at + timedelta(minutes=5)
        scans = [door.scan(who=door.li, minutes=-n, how=How.WALK_IN) for n in range(SCANS)]
        db.session.rollback()
    answers: list[Result] = []
    begin = threading.Barrier(2)

    def close():
        with app.app_context():
            begin.wait()
            with transaction():
                event = db.session.get_one(Event, event_id)
                operations.close_out(event, note="顺利", by=None, now=after)

    at_once(lambda: sent(app, scans, after, answers, begin), close)
    assert len(answers) == SCANS and set(answers) <= {Result.ACCEPTED, Result.WAITING}
    with app.app_context():
        kept = [db.session.scalar(select(func.count()).select_from(table)) for table in (Scan, RefusedScan)]
        assert sum(kept) == SCANS
        assert [row for check in CHECKS for row in check.find()] == []
