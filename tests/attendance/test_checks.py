"""The invariants of presence fire on rows made wrong on purpose."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from stationapp.attendance import checks, deciding
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction, writing
from stationapp.signups.rules import Channel
from tests.attendance.test_intake import Door
from tests.attendance.test_operations import Hall
from tests.signups.afresh import unguard

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


def found_by(name: str) -> list[str]:
    db.session.rollback()
    db.session.expire_all()
    return next(check for check in CHECKS if check.name == name).find()


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


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_the_chain_is_read_some_at_a_time_and_each_link_is_looked_at(hall, monkeypatch, number):
    monkeypatch.setattr(checks, "AT_A_TIME", 2)
    assert found_by("H10 scans") == []
    unguard()
    corrupt(f"UPDATE scan_links SET hash = 'x' WHERE number = {number}")
    assert len(found_by("H10 scans")) == 2  # the link, and the next or the head that rest on it
    corrupt(f"UPDATE scan_links SET number = -{number} WHERE number = {number}")
    assert found_by("H10 scans")


def test_a_scan_after_the_close_out_is_found(hall):
    later = (hall.now + timedelta(hours=4)).strftime("%Y-%m-%d %H:%M:%S")
    corrupt(
        "INSERT INTO scans (event_id, resident_id, kind, how, at, arrived_at) SELECT event_id, resident_id,"
        f" 'in', 'roster', at, '{later}' FROM scans WHERE resident_id = {hall.wu.id} AND kind = 'in'"
    )
    found = findings()
    assert len(found) == 2 and len(set(found)) == 1  # it came too late, and no link of the chain holds it


# --- scans put aside --------------------------------------------------------------------------------------------


@pytest.fixture
def waiting(app):
    """A scan taken in, and three put aside: one waits, one was taken, one dropped."""
    with app.app_context():
        door = Door(app)
        door.arrive(door.scan(), *(door.scan(who=door.li, minutes=-n) for n in (25, 20, 15)))
        _first, taken, dropped = db.session.scalars(select(RefusedScan).order_by(RefusedScan.id))
        given = {"by": door.people.lin.id, "now": door.now}
        with transaction():
            deciding.take(taken, (door.li.id, Part.RESIDENT), **given)
            deciding.drop(dropped, note="走错了门", **given)
        assert findings() == []
        yield door


def test_numbers_that_stand_twice_are_found(waiting):
    unguard()
    corrupt("UPDATE refused_scans SET sequence = 1 WHERE id = 1")
    assert found_by("H9") == ["scan 1"]
    corrupt("UPDATE refused_scans SET sequence = 2 WHERE id = 1")
    corrupt(
        "UPDATE refused_scans SET nonce_index = (SELECT nonce_index FROM scans WHERE id = 1) WHERE id = 1"
    )
    assert found_by("H9") == ["scan 1"]
    corrupt("DROP INDEX uq_scans_device_sequence")
    corrupt("UPDATE scans SET sequence = 1 WHERE id = 2")
    assert found_by("H9") == ["scan 1", "scan 2"]


def test_a_device_that_spoke_of_another_sites_event_is_found(waiting):
    corrupt(f"UPDATE devices SET site_id = {waiting.people.two.id}")
    assert found_by("H9 device") == ["scan 1", "scan 2"]


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ("nonce_index = NULL", 1),
        ("resident_id = NULL", 1),
        ("decided_by = 1", 1),
        ("reason = ''", 1),
        ("at = arrived_at", 2),
        ("decided_by = NULL", 2),
        ("note = ''", 3),
        ("fate = 'taken'", 3),
    ],
)
def test_a_scan_put_aside_that_is_not_as_it_should_be_is_found(waiting, change, number):
    corrupt(f"UPDATE refused_scans SET {change} WHERE id = {number}")
    assert found_by("H9 decided") == [f"refused scan {number}"]


def test_what_a_device_sent_after_it_was_revoked_is_found(waiting):
    corrupt("UPDATE devices SET revoked_at = '2026-01-01 00:00:00.000000'")
    assert found_by("H9 revoked")[:2] == ["scan 1", "scan 2"]
    assert "refused scan 1" in found_by("H9 revoked")


def test_a_scan_taken_in_that_waits_all_the_same_is_found(waiting):
    corrupt("UPDATE refused_scans SET fate = 'waiting', decided_at = NULL, decided_by = NULL WHERE id = 2")
    assert found_by("H9") == ["scan 2"]
