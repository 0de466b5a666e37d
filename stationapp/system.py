"""What `audit` says and checks about the machine rather than about the facts (trust.md Y1, Y5, §1)."""

import stat
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import current_app
from sqlalchemy import text

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.migrate import pending
from stationapp.tables import metadata

WANTED = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def facts() -> dict[str, str]:
    """Which database, which library."""
    engine = db.engine
    if engine.dialect.name != "sqlite":
        version = db.session.scalar(text("SHOW server_version"))
        return {"database": f"PostgreSQL {version}"}
    library = engine.dialect.dbapi
    version = library.sqlite_version
    doubt = "" if _sound(version) else " (has the WAL-reset bug: install pysqlite3)"
    return {"database": f"SQLite {version} through {library.__name__}{doubt}"}


def _sound(version: str) -> bool:
    return tuple(int(part) for part in version.split(".")) > (3, 51, 2)


def _schema() -> list[str]:
    if pending(db.engine):
        return ["schema is not at the code's migration"]
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        return [str(difference[0]) for difference in compare_metadata(context, metadata)]


def _settings() -> list[str]:
    if db.engine.dialect.name != "sqlite":
        value = db.session.scalar(text("SHOW synchronous_commit"))
        return [] if value == "on" else [f"synchronous_commit {value}"]
    is_now = {name: db.session.scalar(text(f"PRAGMA {name}")) for name in WANTED}
    return [f"{name} {is_now[name]}" for name, wanted in WANTED.items() if is_now[name] != wanted]


def _modes() -> list[str]:
    folder = Path(current_app.config["SETTINGS"].instance)
    kept = {
        folder,
        *(path for pattern in ("keys.json", "config.toml", "sms.txt") for path in folder.glob(pattern)),
    }
    if db.engine.dialect.name == "sqlite":
        database = Path(db.engine.url.database)
        kept |= {database, *database.parent.glob(f"{database.name}[-.]*")}  # -wal, -shm, copies
    return sorted(path.name for path in kept if stat.S_IMODE(path.stat().st_mode) & 0o077)


CHECKS = (
    Check("Y1 schema", "数据库结构与程序一致", _schema),
    Check("Y1 settings", "数据库答应保存的都会保住", _settings),
    Check("Y5", "密钥和数据库只有所有者能读", _modes),
)
