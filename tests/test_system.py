"""What audit says about the machine, shown to fire."""

import stat
from pathlib import Path

import pytest
from sqlalchemy import text

from stationapp.db import db, transaction
from stationapp.system import CHECKS, facts


def found() -> dict[str, list[str]]:
    rows = {check.name: check.find() for check in CHECKS}
    db.session.rollback()
    return {says: bad for says, bad in rows.items() if bad}


@pytest.mark.both_databases
def test_a_fresh_instance_is_clean_and_its_database_is_named(app):
    with app.app_context():
        assert found() == {}
        assert facts()["database"].startswith(("SQLite 3.", "PostgreSQL "))


def test_a_new_database_and_what_stands_beside_it_are_the_owners_alone(app):
    with app.app_context(), transaction():
        path = Path(db.engine.url.database)
        files = [path, *path.parent.glob("station.db-*")]
        assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600} and len(files) == 3


@pytest.mark.parametrize("name", ["keys.json", "station.db", "."])
def test_what_others_can_read_is_found(app, name):
    folder = Path(app.config["SETTINGS"].instance)
    path = folder.parent / name if name == "station.db" else folder / name
    path.chmod(0o755 if path.is_dir() else 0o644)
    with app.app_context():
        (names,) = found().values()
        assert path.resolve().name in names  # -wal and -shm take after the database


@pytest.mark.both_databases
def test_a_schema_that_is_not_the_codes_is_found(app):
    with app.app_context():
        with transaction():
            db.session.execute(text("CREATE TABLE smuggled (id integer)"))
        assert found() == {"Y1 schema": ["remove_table"]}


def test_a_database_that_forgets_what_it_acknowledged_is_found(app):
    with app.app_context():
        with db.engine.connect() as connection:
            connection.connection.driver_connection.execute("PRAGMA synchronous=OFF")
        assert found() == {"Y1 settings": ["synchronous 0"]}
