"""What `audit` says and checks about the machine rather than about the facts (trust.md Y1, Y2, Y5, §1)."""

import stat
from datetime import UTC, datetime
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import current_app
from sqlalchemy import text

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.jobs.queries import find_lease
from stationapp.jobs.rules import NIGHT
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


def _stopped() -> list[str]:
    """That nobody has led for a night, and what to do."""
    lease = find_lease()
    since = lease.until_at if lease else _made_at()
    if since is None or clock.now() - since <= NIGHT:
        return []
    said = f"从 {clock.local(since):%Y-%m-%d %H:%M} 起没有运行" if lease else "从来没有运行过"
    return [f"后台任务{said}，到点的事都停着：请启动 stationapp jobs（或 stationapp run），并让它一直开着"]


def _made_at() -> datetime | None:
    """When the instance was made: its keys are written once."""
    keys = Path(current_app.config["SETTINGS"].instance) / "keys.json"
    return datetime.fromtimestamp(keys.stat().st_mtime, UTC) if keys.exists() else None


CHECKS = (
    Check("Y1 schema", "数据库结构与程序一致", _schema),
    Check("Y1 settings", "数据库答应保存的都会保住", _settings),
    Check("Y2 jobs", "后台任务没有整夜停着", _stopped),
    Check("Y5", "密钥和数据库只有所有者能读", _modes),
)
