"""Every invariant of messages is quiet on a healthy instance and speaks up about a corrupted row."""

from datetime import timedelta

import pytest
from sqlalchemy import inspect, text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.messages.checks import CHECKS
from stationapp.messages.operations import answer_call
from stationapp.messages.rules import CallOutcome
from stationapp.messages.spreading import spread
from tests import cast
from tests.signups.scene import people, sign_up

pytestmark = pytest.mark.both_databases

BY_NAME = {check.name: check for check in CHECKS}


@pytest.fixture
def lived(app):
    """An event put off: two households are to be called, one was reached."""
    district = cast.district(app)
    with app.app_context():
        event = cast.event(district.one, capacity=4)
        for household in (1, 2):
            sign_up(event, *people(1, household))
        now = clock.now()
        with transaction():
            events.postpone(event, by=None, now=now, reason="修房顶")
            spread(now=now)
        with transaction():
            answer_call(_call(1), CallOutcome.COMES, by=district.lin.id, now=now)
        db.session.rollback()
        yield event


def _call(household: int) -> int:
    query = "SELECT id FROM messages WHERE way = 'call' AND household_id = :home"
    return db.session.scalar(text(query), {"home": household})


def corrupt(statement: str) -> None:
    """Write past every operation, and past what would refuse it."""
    lite = db.engine.dialect.name == "sqlite"
    drop = (
        "DROP TRIGGER call_answers_no_update"
        if lite
        else "DROP TRIGGER call_answers_no_change ON call_answers"
    )
    db.session.rollback()
    with transaction() as session:
        session.execute(text(drop))
        session.execute(text(statement))


def test_a_lived_in_instance_is_clean(lived):
    assert {name: found for name, check in BY_NAME.items() if (found := check.find())} == {}


@pytest.mark.parametrize(
    ("name", "statement"),
    [
        ("M4 people", "UPDATE messages SET party_id = 3 - party_id WHERE way = 'page'"),
        ("M4 people", "UPDATE messages SET subject = 'event NOBODY' WHERE way = 'call'"),
        ("M4 people", "UPDATE messages SET occasion = 'moved' WHERE way = 'call'"),
        ("M4 calls", "UPDATE signups SET state = 'cancelled' WHERE id = 2"),
        (
            "M5 answers",
            "UPDATE call_answers SET message_id = (SELECT min(id) FROM messages WHERE way = 'page')",
        ),
        ("M5", "UPDATE messages SET state = 'pending' WHERE state = 'answered'"),
        ("M5", "UPDATE messages SET state = 'answered' WHERE state = 'pending'"),
        ("M5", "UPDATE call_answers SET outcome = 'no_answer'"),
    ],
)
def test_a_corrupted_row_is_named(lived, name, statement):
    corrupt(statement)
    assert BY_NAME[name].find()


def test_an_answer_nobody_can_give_is_named(lived):
    corrupt("UPDATE messages SET occasion = 'cancelled' WHERE way = 'call'")
    assert BY_NAME["M5 answers"].find() == ["call_answer 1"]


def test_a_household_told_twice_or_reminded_twice_is_named(lived):
    """The database refuses the first itself; without its constraint the check sees it."""
    day = clock.day_of(clock.now() + timedelta(days=1))
    copy = (
        "INSERT INTO messages "
        "(occasion, subject, step, household_id, way, site_id, made_at, due_at, state, why, tries) "
        "SELECT {occasion}, {subject}, 0, household_id, {way}, site_id, made_at, due_at, 'pending', '', 0 "
        "FROM messages WHERE way = 'page' AND household_id = 1"
    )
    corrupt(copy.format(occasion="'reminder'", subject=f"'day {day}'", way="'sms'"))
    assert BY_NAME["M1 reminders"].find() == []
    with transaction() as session:
        session.execute(text(copy.format(occasion="'reminder'", subject=f"'day {day}'", way="'email'")))
    assert len(BY_NAME["M1 reminders"].find()) == 1
    db.session.rollback()
    _drop_uniqueness()
    with transaction() as session:
        session.execute(text(copy.format(occasion="occasion", subject="subject", way="'page'")))
    assert len(BY_NAME["M1"].find()) == 1


def _drop_uniqueness() -> None:
    """Do without the constraint: PostgreSQL drops it, SQLite's table is written anew without it."""
    name = "uq_messages_occasion_subject_step_household_id_way"
    with transaction() as session:
        if db.engine.dialect.name != "sqlite":
            session.execute(text(f"ALTER TABLE messages DROP CONSTRAINT {name}"))
            return
        columns = ", ".join(
            column["name"] for column in inspect(session.connection()).get_columns("messages")
        )
        session.execute(text("PRAGMA defer_foreign_keys = ON"))
        session.execute(text(f"CREATE TABLE bare AS SELECT {columns} FROM messages"))
        session.execute(text("ALTER TABLE messages RENAME TO kept_messages"))
        session.execute(text("ALTER TABLE bare RENAME TO messages"))
