"""Alembic's entry: one connection, one transaction, foreign keys off on SQLite while tables are rebuilt."""

from alembic import context

from stationapp.db import writing
from stationapp.tables import metadata

engine = context.config.attributes["engine"]

with engine.connect() as connection:
    lite = connection.dialect.name == "sqlite"
    if lite:
        # Inside a transaction the pragma does nothing, and batch mode would delete child rows.
        connection.connection.driver_connection.execute("PRAGMA foreign_keys=OFF")
    connection = connection.execution_options(**writing(engine))
    context.configure(
        connection=connection, target_metadata=metadata, render_as_batch=lite, transactional_ddl=True
    )
    try:
        if not lite:
            # A migration may have to wait for another process's, however long that takes.
            connection.exec_driver_sql("SET LOCAL lock_timeout = 0")
            # Two processes may start at once; SQLite's own write lock puts them in line.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(hashtext('stationapp.migrations'))")
        with context.begin_transaction():
            context.run_migrations()
            if lite and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
                raise RuntimeError("the migration left rows without their parents; nothing was changed")
        connection.commit()
    finally:
        connection.rollback()  # nothing after the commit, everything when it was not reached
        if lite:
            connection.connection.driver_connection.execute("PRAGMA foreign_keys=ON")
