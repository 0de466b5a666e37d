"""Each invariant of events fires on a corrupted row, and on that row alone."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.batches import undo
from stationapp.events.checks import CHECKS
from stationapp.events.operations import restore
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import Cadence, EventFields, Pattern
from stationapp.events.series import Laid, lay_out
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


OF_SERIES = [
    ("S9 series site", "UPDATE series SET site_id = :elsewhere WHERE id = :id", "event"),
    ("S9 batch undone", "UPDATE batches SET undone_at = made_at WHERE id = :batch", "event"),
    ("S9 series rule", "UPDATE series SET weekdays = '' WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET weekdays = '17' WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET weekdays = '11' WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET pattern = 'monthly_weekday' WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET pattern = 'monthly_weekday', nth = 6 WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET pattern = 'monthly_weekday', nth = 0 WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET pattern = 'monthly_date' WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET pattern = 'monthly_date', month_day = 32 WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET last_on = NULL WHERE id = :id", "series"),
    ("S9 series rule", "UPDATE series SET last_on = '2020-01-01' WHERE id = :id", "series"),
]


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


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "sql", "table"), OF_SERIES)
def test_the_check_fires_on_the_corrupted_series_alone(app, name, sql, table):
    people = cast.district(app)
    with app.app_context():
        laid, undone = _series(people.one), _series(people.one)
        with transaction():
            undo(undone.batch, by=None, now=clock.now())
        with transaction():
            restore(undone.events[0], by=None, now=clock.now())
        assert found() == {}
        given = {"id": laid.series.id, "batch": laid.batch.id, "elsewhere": people.two.id}
        db.session.execute(text(sql), {key: value for key, value in given.items() if f":{key}" in sql})
        db.session.commit()
        assert found() == {
            name: [f"event {laid.events[0].id}" if table == "event" else f"series {laid.series.id}"]
        }


def _series(site) -> Laid:
    starts = clock.now() + timedelta(days=3)
    rule = Recurrence(Pattern.WEEKLY, clock.day_of(starts), times=1, weekdays=frozenset(range(7)))
    fields = EventFields(title="课", starts_at=starts, ends_at=starts + timedelta(hours=1))
    with transaction():
        return lay_out(site, fields, rule, cadence=Cadence.STAGED, by=None, now=clock.now())


def test_every_check_is_shown_to_fire():
    assert {name for name, _sql, _table in (*CORRUPTIONS, *OF_SERIES)} == {check.name for check in CHECKS}
