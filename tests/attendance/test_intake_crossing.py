"""Two sendings of the same device at the same moment, and a close-out in between: each scan is taken in once."""

import threading
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp.attendance import operations
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.intake import Result, take_in
from stationapp.attendance.models import RefusedScan, Scan
from stationapp.attendance.rules import How, Kind
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from tests.attendance.test_intake import Door

pytestmark = pytest.mark.both_databases

SCANS = 12


def sent(app, scans, now, answers: list, begin: threading.Barrier) -> None:
    """One sending: each scan in a transaction of its own, as it comes."""
    with app.app_context():
        begin.wait()
        for scan in scans:

            def one(scan=scan):
                with transaction():
                    return take_in(scan, by=None, now=now)

            answers.append(retried(one)[0])


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
