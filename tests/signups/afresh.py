"""A database brought back to how it was, again and again, faster than another one is made."""

from sqlalchemy import event as listening
from sqlalchemy import func, select, text

from stationapp.db import Base, db, transaction

_KEPT: set[str] = set()


def wipe() -> None:
    """Bring the database back to how it was before the first history."""
    with transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name not in _KEPT:
                session.execute(table.delete())
    db.session.expunge_all()


def unguard() -> None:
    """Drop the triggers that keep rows from being deleted, and note which tables are in use already."""
    if on_sqlite := db.engine.dialect.name == "sqlite":  # nothing here has to survive the machine
        listening.listen(db.engine, "connect", lambda one, _record: one.execute("PRAGMA synchronous=OFF"))
        db.session.remove()
        db.engine.dispose()
    with transaction() as session:
        guards = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'" if on_sqlite else (
            "SELECT format('DROP TRIGGER %I ON %s', tgname, tgrelid::regclass) FROM pg_trigger WHERE NOT tgisinternal"
        )  # fmt: skip
        for drop in session.scalars(text(guards)).all():
            session.execute(text(drop))
        _KEPT.clear()
        for table in Base.metadata.sorted_tables:
            if session.scalar(select(func.count()).select_from(table)):
                _KEPT.add(table.name)
