"""The database's promises, below every feature."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from stationapp import db as below
from stationapp.db import db, transaction
from tests import cast


@pytest.mark.both_databases
def test_nobody_waits_for_ever_behind_a_writer_that_stands_still(app, monkeypatch):
    """The one who waits is told after a while; nothing of theirs is kept, and the first one's work is."""
    people = cast.district(app)
    holds, done = threading.Event(), threading.Event()

    def stand_still():
        with app.app_context(), transaction():
            db.session.execute(
                text("UPDATE sites SET address = 'first' WHERE id = :id"), {"id": people.one.id}
            )
            holds.set()
            done.wait(20)

    def wait_behind():
        with app.app_context(), transaction():
            if db.engine.dialect.name == "postgresql":
                db.session.execute(text("SET LOCAL lock_timeout = '200ms'"))
            db.session.execute(
                text("UPDATE sites SET address = 'second' WHERE id = :id"), {"id": people.one.id}
            )

    monkeypatch.setattr(below, "BUSY_SECONDS", 0.2)
    first = threading.Thread(target=stand_still)
    first.start()
    try:
        assert holds.wait(5)
        with pytest.raises((below.Busy, OperationalError)):
            wait_behind()
    finally:
        done.set()
        first.join()
    with app.app_context():
        kept = db.session.scalar(text("SELECT address FROM sites WHERE id = :id"), {"id": people.one.id})
    assert kept == "first"


@pytest.mark.both_databases
def test_a_connection_says_how_long_it_waits(app):
    with app.app_context():
        ask = "SHOW lock_timeout" if db.engine.dialect.name == "postgresql" else "PRAGMA busy_timeout"
        assert str(db.session.scalar(text(ask))) in ("8s", "8000")
