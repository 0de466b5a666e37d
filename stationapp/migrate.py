"""Bringing a database to the code's schema: Alembic, with a copy of a SQLite file taken first."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect

from stationapp import clock
from stationapp.db import sqlite_module

_FOLDER = Path(__file__).parent / "migrations"


def pending(engine: Engine) -> bool:
    """Whether the database is behind (or ahead of) the code."""
    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_heads() != _heads()


def migrate(engine: Engine) -> None:
    """Migrate; harmless when nothing is pending. A SQLite database with rows is copied beside itself first."""
    if not pending(engine):
        return
    _copy(engine)
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.attributes["engine"] = engine
    command.upgrade(config, "head")


def _heads() -> tuple[str, ...]:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return tuple(ScriptDirectory.from_config(config).get_heads())


def _copy(engine: Engine) -> None:
    if engine.dialect.name != "sqlite" or not _tables(engine):
        return
    stamp = clock.local(clock.now()).strftime("%Y%m%d-%H%M%S")
    target_path = Path(f"{engine.url.database}.before-{stamp}")
    target_path.touch(mode=0o600)  # before anything is written into it
    # The engine's own SQLite library must do it: a second library in the process would drop the first's locks.
    target = sqlite_module().connect(str(target_path))
    source = engine.raw_connection()
    try:
        source.driver_connection.backup(target)
    finally:
        source.close()
        target.close()


def _tables(engine: Engine) -> list[str]:
    return inspect(engine).get_table_names()
