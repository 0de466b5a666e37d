"""The invariants of presence fire on rows made wrong on purpose."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp.attendance.checks import CHECKS
from stationapp.attendance.rules import How
from stationapp.db import db, writing
from stationapp.signups.rules import Channel
from tests.attendance.test_operations import Hall

pytestmark = pytest.mark.both_databases


@pytest.fixture
def hall(app):
    with app.app_context():
        made = Hall(app)
        made.come()
        made.leave()
        made.come(made.li, how=How.WALK_IN, channel=Channel.WALK_IN)
        made.take_back(made.li)
        made.close()
        assert findings() == []
        yield made


def findings() -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    return [row for check in CHECKS for row in check.find()]


def corrupt(statement: str) -> None:
    db.session.rollback()  # its reads would hold the tables against us
    with db.engine.connect().execution_options(**writing(db.engine)) as connection, connection.begin():
        connection.execute(text(statement))


@pytest.mark.parametrize(
    "change",
    [
        "came_how = 'venue'",
        "left_at = NULL, left_how = NULL",
        "undone = NOT undone, left_at = NULL, left_how = NULL",
    ],
)
def test_a_row_that_is_not_the_fold_is_found(hall, change):
    corrupt(f"UPDATE attendances SET {change} WHERE resident_id = {hall.wu.id}")
    assert len(findings()) == 1


def test_scans_without_a_row_are_found(hall):
    corrupt(f"DELETE FROM attendances WHERE resident_id = {hall.wu.id}")
    assert findings() == [f"event {hall.event.id} resident {hall.wu.id}"]


def test_a_scan_after_the_close_out_is_found(hall):
    later = (hall.now + timedelta(hours=4)).strftime("%Y-%m-%d %H:%M:%S")
    corrupt(
        "INSERT INTO scans (event_id, resident_id, kind, how, at, arrived_at) SELECT event_id, resident_id,"
        f" 'in', 'roster', at, '{later}' FROM scans WHERE resident_id = {hall.wu.id} AND kind = 'in'"
    )
    found = findings()
    assert len(found) == 2 and len(set(found)) == 1  # it came too late, and no link of the chain holds it
