"""Every invariant of sending is quiet on a healthy instance and speaks up about a corrupted row."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp.db import db, transaction
from stationapp.messages import stops
from stationapp.messages.deciding import decide
from stationapp.messages.gateways.base import Answer
from stationapp.messages.receipts import Report, take_in
from stationapp.messages.rules import AttemptEnd, StopWhy, Way
from stationapp.messages.sending import drain, sweep
from stationapp.messages.sending_checks import CHECKS
from stationapp.notices.rules import Occasion
from tests.messages.outbox import NOON, Playing, phone, scene, write

pytestmark = pytest.mark.both_databases

BY_NAME = {check.name: check for check in CHECKS}


@pytest.fixture
def lived(app):
    """1 delivered, 2 in doubt, 3 refused, 4 to be tried again, 5 decided by a person, 6 waiting; a stop lifted."""
    with app.app_context():
        made = scene(app, 6)
        write(made, occasion=Occasion.PROMOTED, parties=made.parties[:5])
        answers = {
            phone(0): Answer(AttemptEnd.ACCEPTED, "ok", "r1"),
            phone(1): Answer(AttemptEnd.UNKNOWN, "ReadTimeout"),
            phone(2): Answer(AttemptEnd.REFUSED, "http-400"),
            phone(3): Answer(AttemptEnd.BUSY, "http-503"),
            phone(4): Answer(AttemptEnd.UNKNOWN, "ReadTimeout"),
        }
        drain({Way.SMS: Playing(answers)}, now_of=lambda: NOON, most=10)
        with transaction():
            take_in([Report("r1", "", True, "DELIVRD")], now=NOON)
            decide(5, arrived=True, by=made.people.lin.id, now=NOON)
            stops.stop_itself(Way.SMS, StopWhy.DAY_LIMIT, now=NOON)
        with transaction():
            given = {"by": made.people.root.id, "site_id": made.site_id, "reason": "好了"}
            stops.lift(1, **given, now=NOON + timedelta(minutes=1))
        write(made, occasion=Occasion.PROMOTED, parties=made.parties[5:], now=NOON + timedelta(days=1))
        with transaction():
            sweep(now=NOON)
        yield made


def corrupt(*statements: str) -> None:
    """Write past every operation, and past what would refuse it."""
    lite = db.engine.dialect.name == "sqlite"
    with transaction() as session:
        for table in ("message_attempts", "receipts"):
            for name in _guards(session, table, lite):
                session.execute(text(f"DROP TRIGGER {name}" + ("" if lite else f" ON {table}")))
        for statement in statements:
            session.execute(text(statement))


def _guards(session, table: str, lite: bool) -> list[str]:
    named = (
        f"SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = '{table}'"
        if lite
        else f"SELECT tgname FROM pg_trigger WHERE tgrelid = '{table}'::regclass AND NOT tgisinternal"
    )
    return list(session.scalars(text(named)))


def found() -> dict[str, list[str]]:
    return {name: rows for name, check in BY_NAME.items() if (rows := check.find())}


def test_a_lived_in_outbox_is_clean(lived):
    assert found() == {}


def again(message: int, number: int, outcome: str, at: str = "2026-11-23 04:00:00") -> str:
    return (
        "INSERT INTO message_attempts (message_id, number, at, outcome, said) "
        f"VALUES ({message}, {number}, '{at}', '{outcome}', 'x')"
    )


@pytest.mark.parametrize(
    ("name", "row", "statements"),
    [
        ("M2", "message 1", [again(1, 2, "accepted")]),
        ("M2", "message 2", [again(2, 2, "busy")]),
        ("M2 states", "message 1", ["UPDATE messages SET state = 'pending' WHERE id = 1"]),
        ("M2 states", "message 2", ["UPDATE messages SET state = 'pending' WHERE id = 2"]),
        ("M2 states", "message 3", ["UPDATE messages SET state = 'accepted' WHERE id = 3"]),
        ("M2 states", "message 4", ["UPDATE messages SET state = 'in_doubt' WHERE id = 4"]),
        ("M2 tries", "message 1", ["UPDATE messages SET tries = 2 WHERE id = 1"]),
        ("M2 tries", "message 4", ["DELETE FROM message_attempts WHERE message_id = 4"]),
        ("M3", "message 1", ["DELETE FROM receipts"]),
        ("M3", "message 5", ["UPDATE messages SET why = '' WHERE id = 5"]),
        ("M3 receipts", "message 1", ["UPDATE messages SET state = 'accepted' WHERE id = 1"]),
        ("M4 hours", "attempt 1", ["UPDATE message_attempts SET at = '2026-11-23 13:00:00' WHERE id = 1"]),
        ("M4 hours", "attempt 1", ["UPDATE message_attempts SET at = '2026-11-23 23:59:59' WHERE id = 1"]),
        (
            "M2 claims",
            "message 4",
            [
                "UPDATE messages SET state = 'claimed', claim = 'x', claimed_at = '2026-01-01 04:00:00' "
                "WHERE id = 4"
            ],
        ),
        (
            "M6",
            "attempt 1",
            ["UPDATE stops SET at = '2020-01-01 04:00:00', lifted_at = '2099-01-01 04:00:00' WHERE id = 1"],
        ),
        ("M6 told", "stop 1", ["DELETE FROM notices WHERE occasion = 'stopped'"]),
    ],
)
def test_each_invariant_speaks_up_about_its_own_corruption(lived, name, row, statements):
    corrupt(*statements)
    assert row in found()[name]
