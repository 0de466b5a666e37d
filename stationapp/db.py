"""The database: one base, one way to write (`transaction()`), the same on SQLite and PostgreSQL (trust.md §1)."""

import enum
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from operator import itemgetter
from typing import TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Engine,
    Enum,
    Index,
    LargeBinary,
    MetaData,
    Table,
    Text,
    event,
    text,
)
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, registry
from sqlalchemy.types import TypeDecorator

BUSY_SECONDS = 8
T = TypeVar("T")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, kept in UTC; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _check_name(constraint: CheckConstraint, _table: Table) -> str:
    """An enum's CHECK is named after its column: two columns of one enum may stand in a table."""
    if constraint._type_bound:
        return "_".join(column.name for column in constraint.columns)
    return str(constraint.name)


_NAMES = {
    "constraint_name": _check_name,
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

_TYPES = {
    str: Text(),
    bytes: LargeBinary(),
    datetime: UtcDateTime(),
    enum.Enum: Enum(
        enum.Enum,
        native_enum=False,
        create_constraint=True,
        length=30,
        values_callable=lambda cases: [case.value for case in cases],
    ),
}


class Base(DeclarativeBase):
    """Every table's base. The type map must sit in the registry (Flask-SQLAlchemy 3.1)."""

    registry = registry(metadata=MetaData(naming_convention=_NAMES), type_annotation_map=_TYPES)


def live_index(name: str, *columns: str, where: str) -> Index:
    """A unique index over the rows for which `where` (plain SQL) holds, on both databases."""
    return Index(name, *columns, unique=True, sqlite_where=text(where), postgresql_where=text(where))


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False}, disable_autonaming=True)

# SQLite's own waiting is unfair; standing in line here first cuts the longest waits to a third.
_turn = threading.Lock()


class Busy(Exception):
    """The database stayed locked for longer than anybody should wait."""


@contextmanager
def transaction(*, rehearse: bool = False) -> Iterator[Session]:
    """One write unit: everything inside is kept, or nothing. Opened only at the edge, never nested.

    With `rehearse` everything is done and checked, and then nothing is kept: for previews.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("a transaction is already open; the edge opens one, operations none")
    session.rollback()  # a read begun earlier in this request would be a deferred transaction
    with _in_turn(session):
        session.info["writing"] = True
        try:
            session.connection(execution_options=writing(session.get_bind()))
            yield session
            session.flush()
            for _turn_of, act in sorted(session.info.pop("at_end", ()), key=itemgetter(0)):
                act()
            session.rollback() if rehearse else session.commit()
        except BaseException:
            session.rollback()
            raise
        finally:
            session.info.pop("writing", None)
            session.info.pop("at_end", None)


@contextmanager
def one_moment() -> Iterator[None]:
    """All that is read inside is of one moment, where many statements must fit each other.

    SQLite does so by itself. On PostgreSQL a read is a transaction of its own, and others commit between two of them;
    whoever writes holds what must not move.
    """
    session = db.session()
    if (
        session.info.get("writing")
        or session.info.get("moment")
        or session.get_bind().dialect.name == "sqlite"
    ):
        yield
        return
    session.rollback()
    session.info["moment"] = True
    try:
        session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        yield
    finally:
        session.info.pop("moment", None)
        session.rollback()


def at_end(act: Callable[[], None], turn: int = 0) -> None:
    """Do `act` as the last thing of the write unit that is open, inside it: for a row that everybody waits for.

    Whoever takes such a row last waits for nobody while holding it, and so can be part of no deadlock. With several
    such rows those of the lower `turn` come first, for everybody alike.
    """
    if not db.session().info.get("writing"):
        raise RuntimeError("nothing is being written; the edge opens a transaction first")
    db.session().info.setdefault("at_end", []).append((turn, act))


class Overtaken(Exception):
    """While this one waited for its turn, another request wrote what this one is about: to be looked at anew."""


def retried(attempt: Callable[[], T], times: int = 4) -> T:
    """Run `attempt`, which opens its own transaction; again when a unique index let another request through first.

    What the other one wrote is there to be found then; so it is when an operation found itself `Overtaken`, and when
    two waited for each other and PostgreSQL sent this one back. An error that stays is a fault and is raised.
    """
    for _ in range(times - 1):
        try:
            return attempt()
        except (IntegrityError, Overtaken):
            continue
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                raise
    return attempt()


_DEADLOCK = "40P01"


def writing(engine: Engine) -> dict:
    """The execution options under which a connection may write."""
    return {"writes": True} if engine.dialect.name == "sqlite" else {"isolation_level": "READ COMMITTED"}


def _in_turn(session: Session):
    return _waiting() if session.get_bind().dialect.name == "sqlite" else nullcontext()


@contextmanager
def _waiting() -> Iterator[None]:
    if not _turn.acquire(timeout=BUSY_SECONDS):
        raise Busy
    try:
        yield
    finally:
        _turn.release()


@event.listens_for(Session, "before_flush")
def _only_in_transaction(session: Session, *_: object) -> None:
    if not session.info.get("writing") and (session.new or session.dirty or session.deleted):
        raise RuntimeError("a write outside transaction()")


def engine_options(url: str) -> dict:
    """What `create_engine` needs for this address. What is written may be somebody's: no error quotes it."""
    if url.startswith("sqlite"):
        return {
            "hide_parameters": True,
            "module": sqlite_module(),
            "connect_args": {"timeout": BUSY_SECONDS},
        }
    return {
        "hide_parameters": True,
        "pool_pre_ping": True,
        # Reads need no transaction of their own: each statement sees what was committed when it began, as it would
        # in one. It saves a BEGIN and a ROLLBACK on every page.
        "isolation_level": "AUTOCOMMIT",
        "pool_size": 8,
        "max_overflow": 8,
        # Statements are short or many times the same: compiling them takes longer than it saves (0.4 s of a report).
        "connect_args": {
            "target_session_attrs": "read-write",
            "options": f"-c synchronous_commit=on -c jit=off -c timezone=UTC -c lock_timeout={BUSY_SECONDS}s",
        },
    }


def sqlite_module():
    """`pysqlite3` bundles a SQLite without the WAL-reset bug; the standard library's is the fallback."""
    try:
        import pysqlite3
    except ImportError:  # no wheel for this platform
        import sqlite3

        return sqlite3
    return pysqlite3


def _make_private(path: str | None) -> None:
    """Make a new database file readable by its owner alone; SQLite gives its -wal and -shm the same mode."""
    if path and path != ":memory:":
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def prepare(engine: Engine) -> None:
    """Give each SQLite connection its settings and let `transaction()` decide how it begins."""
    if engine.dialect.name != "sqlite":
        return
    _make_private(engine.url.database)

    @event.listens_for(engine, "connect")
    def _settings(connection, _record) -> None:
        connection.isolation_level = None  # BEGIN is ours
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            f"busy_timeout={BUSY_SECONDS * 1000}",
            "journal_size_limit=67108864",
            "cache_size=-16000",
        ):
            connection.execute(f"PRAGMA {pragma}").fetchall()

    @event.listens_for(engine, "begin")
    def _begin(connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
