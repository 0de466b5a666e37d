"""Each invariant of events fires on a corrupted row, and on that row alone."""

import pytest
from sqlalchemy import text

from stationapp.db import db
from stationapp.events.checks import CHECKS
from tests import cast

CORRUPTIONS = [
    ("S5 event state", "UPDATE events SET state = 'cancelled' WHERE id = :id", "event"),
    ("S5 event state", "UPDATE events SET state = 'draft' WHERE id = :id", "event"),
    ("S5 event steps", "UPDATE event_steps SET from_state = 'cancelled' WHERE event_id = :id AND step = 'publish'",
     "event_step"),
    ("S5 event steps", "UPDATE event_steps SET from_state = 'returned' WHERE event_id = :id AND step = 'submit'",
     "event_step"),
    ("S5 event steps", "UPDATE event_steps SET from_state = 'draft' WHERE event_id = :id AND step = 'publish'",
     "event_step"),
    ("S9 event times", "UPDATE events SET ends_at = starts_at WHERE id = :id", "event"),
    ("S9 event times", "UPDATE events SET min_age = 9, max_age = 8 WHERE id = :id", "event"),
    ("S9 event times", "UPDATE events SET opens_at = starts_at, closes_at = starts_at WHERE id = :id", "event"),
    ("S9 event times", "UPDATE events SET break_minutes = -1 WHERE id = :id", "event"),
    ("S9 event seats", "UPDATE events SET capacity = -1 WHERE id = :id", "event"),
    ("S9 event seats", "UPDATE events SET capacity = 3, taken = 4 WHERE id = :id", "event"),
    ("S9 event seats", "UPDATE events SET waiting = -1 WHERE id = :id", "event"),
    ("S9 event complete", "UPDATE events SET audience = '' WHERE id = :id", "event"),
    ("S9 event complete", "UPDATE events SET task = NULL WHERE id = :id", "event"),
]  # fmt: skip


def found() -> dict[str, list[str]]:
    db.session.rollback()
    return {check.name: check.find() for check in CHECKS if check.find()}


def without_guards() -> None:
    """Take away what would refuse the corruption: triggers and CHECKs."""
    if db.engine.dialect.name == "sqlite":
        for verb in ("update", "delete"):
            db.session.execute(text(f"DROP TRIGGER event_steps_no_{verb}"))
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
        return
    db.session.execute(text("DROP TRIGGER event_steps_no_change ON event_steps"))
    names = db.session.scalars(
        text("SELECT conname FROM pg_constraint WHERE contype = 'c' AND conrelid = 'events'::regclass")
    )
    for name in names.all():
        db.session.execute(text(f'ALTER TABLE events DROP CONSTRAINT "{name}"'))


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "sql", "table"), CORRUPTIONS)
def test_the_check_fires_on_the_corrupted_row_alone(app, name, sql, table):
    people = cast.district(app)
    with app.app_context():
        cast.event(people.two)
        event = cast.event(people.one)
        assert found() == {}
        without_guards()
        db.session.execute(text(sql), {"id": event.id})
        db.session.commit()
        rows = found()
        assert list(rows) == [name]
        assert len(rows[name]) == 1
        assert rows[name][0].startswith(f"{table} ")
        if table == "event":
            assert rows[name] == [f"event {event.id}"]


def test_every_check_is_shown_to_fire():
    assert {name for name, _sql, _table in CORRUPTIONS} == {check.name for check in CHECKS}
