"""Each invariant of the ledger fires on a row made wrong on purpose."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp.db import db, transaction, writing
from stationapp.sites.models import Site
from stationapp.volunteers import operations
from stationapp.volunteers.checks import CHECKS
from stationapp.volunteers.models import ManualHours
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.volunteers.acts import DAY, at, close, event, reopen, serve, volunteer

pytestmark = pytest.mark.both_databases


def findings() -> dict[str, list[str]]:
    db.session.rollback()
    db.session.expire_all()
    return {check.name: rows for check in CHECKS if (rows := check.find())}


def corrupt(*statements: str) -> None:
    """Change what the triggers and constraints protect, as somebody with a shell could."""
    db.session.rollback()  # its reads would hold the tables against us
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect().execution_options(**writing(db.engine)) as connection, connection.begin():
        if sqlite:
            for verb in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER IF EXISTS hours_entries_no_{verb}"))
            connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
        else:
            connection.execute(text("DROP TRIGGER IF EXISTS hours_entries_no_change ON hours_entries"))
            for name in ("one_source", "sign", "turn"):
                connection.execute(
                    text(f"ALTER TABLE hours_entries DROP CONSTRAINT IF EXISTS ck_hours_entries_{name}")
                )
            connection.execute(
                text("ALTER TABLE manual_hours DROP CONSTRAINT IF EXISTS ck_manual_hours_two_people")
            )
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def ledger_of(app):
    """A volunteer with two overlapping events, one of them reopened and closed again, and manual hours."""
    people = cast.district(app)
    with app.app_context():
        who = volunteer(people.one)
        one, two = event(people.one, at(9), at(11)), event(people.two, at(10), at(12))
        for made, begin, end in ((one, at(9), at(11)), (two, at(10), at(12))):
            serve(made, who, begin, end)
            close(made)
        reopen(one)
        close(one)
        with transaction():
            manual = operations.propose_manual(
                who,
                site=people.one,
                from_site=people.one,
                served_on=DAY,
                minutes=60,
                reason=ManualReason.OUTSIDE,
                note="上门",
                by=people.lin.id,
                now=at(18),
            )
        with transaction():
            operations.decide_manual(
                manual, approved=True, from_site=people.office, by=people.chen.id, now=at(19)
            )
        assert findings() == {}
        yield people, who, manual


def live(minutes: int) -> str:
    return (
        f"SELECT max(id) FROM hours_entries WHERE minutes = {minutes} AND attendance_id IS NOT NULL"
        " AND id NOT IN (SELECT corrects_id FROM hours_entries WHERE corrects_id IS NOT NULL)"
    )


def test_a_line_without_a_source_is_found(ledger_of):
    corrupt("UPDATE hours_entries SET manual_id = NULL WHERE manual_id IS NOT NULL")
    assert "H1" in findings()


def test_a_correction_of_another_amount_is_found(ledger_of):
    corrupt("UPDATE hours_entries SET minutes = -30 WHERE corrects_id IS NOT NULL")
    assert {"H1", "H7", "H10"} <= findings().keys()


def test_two_standing_lines_of_one_attendance_are_found(ledger_of):
    corrupt(
        "INSERT INTO hours_entries (id, volunteer_id, site_id, served_on, minutes, attendance_id, turn,"
        " posted_at, previous_hash, hash) SELECT 99, volunteer_id, site_id, served_on, minutes, attendance_id,"
        f" 9, posted_at, previous_hash, hash FROM hours_entries WHERE id = ({live(120)})"
    )
    assert {"H2", "H3"} <= findings().keys()


def test_other_minutes_than_the_rules_are_found(ledger_of):
    corrupt(f"UPDATE hours_entries SET minutes = 90 WHERE id = ({live(120)})")
    assert findings().keys() == {"H3", "H10"}


def test_time_counted_twice_is_found(ledger_of):
    corrupt(f"UPDATE hours_entries SET minutes = 120 WHERE id = ({live(60)})")
    assert {"H3", "H5"} <= findings().keys()


def test_more_than_eight_hours_a_day_are_found(ledger_of):
    corrupt("UPDATE hours_entries SET minutes = 480 WHERE manual_id IS NOT NULL")
    assert "H6" in findings()


def test_half_a_unit_is_found(ledger_of):
    corrupt(f"UPDATE hours_entries SET minutes = 45 WHERE id = ({live(60)})")
    assert "H6" in findings()


@pytest.mark.parametrize(
    "change",
    [
        "proposed_by = decided_by",
        "decided_from = site_id",
        "proposed_from = decided_from",
        "proposed_from = (SELECT id FROM sites WHERE short_name = '天津路示例一社区')",
        "late",
    ],
)
def test_manual_hours_against_the_book_are_found(ledger_of, change):
    _people, _who, manual = ledger_of
    if change == "late":
        with transaction():
            db.session.get(ManualHours, manual.id).served_on = DAY - timedelta(days=30)
    else:
        corrupt(f"UPDATE manual_hours SET {change}")
    assert "H4" in findings()


def test_a_station_that_moved_to_another_office_accuses_nobody(ledger_of):
    people, _who, _manual = ledger_of
    with transaction():
        station = db.session.get(Site, people.one.id)
        station.parent_id, station.path = people.far_office.id, f"{people.far_office.path}{station.id}/"
    assert findings() == {}


def test_a_line_taken_from_the_end_is_found(ledger_of):
    corrupt("DELETE FROM hours_entries WHERE id = (SELECT max(id) FROM hours_entries)")
    assert findings()["H10"] == ["chain hours"]


def test_an_attendance_changed_behind_the_ledger_is_found(ledger_of):
    corrupt("UPDATE events SET state = 'published', closed_out_at = NULL")
    assert "H3" in findings()
