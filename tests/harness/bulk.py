"""Rows by the million, written straight into either database: what no rule has looked at and no operation made.

Values are what the drivers take: text, whole numbers, bytes, True and False, None; instants as the text `at`
makes of them, days in ISO form.
"""

import enum
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from sqlalchemy import Engine, Table, text


def at(moment: datetime) -> str:
    """An instant as both databases read it and SQLite keeps it; the connection's time zone is UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def load(engine: Engine, table: Table, columns: Sequence[str], rows: Iterable[Sequence]) -> None:
    """Insert `rows`, each the values of `columns`; other columns get the constant their model gives them, or NULL."""
    rest = {
        name: value
        for name, column in table.columns.items()
        if name not in columns and (value := _constant(column)) is not None
    }
    names, tail = [*columns, *rest], tuple(rest.values())
    whole = (tuple(row) + tail for row in rows)
    connection = engine.raw_connection()
    try:
        if engine.dialect.name == "sqlite":
            _into_sqlite(connection, table, names, whole)
        else:
            _into_postgresql(connection, table, names, whole)
    finally:
        connection.close()


def settle(engine: Engine, tables: Iterable[Table]) -> None:
    """After loading: numbers go on behind the last one given, and the planner knows the tables."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if engine.dialect.name == "postgresql":
            for table in tables:
                if "id" in table.columns and table.columns["id"].autoincrement is not False:
                    connection.execute(text(
                        f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "
                        f"greatest((SELECT max(id) FROM {table.name}), 1))"
                    ))  # fmt: skip
            connection.execute(text("VACUUM ANALYZE"))
        else:
            connection.exec_driver_sql("ANALYZE")


def _constant(column):
    default = column.default
    if default is None or not default.is_scalar:
        return None
    return default.arg.value if isinstance(default.arg, enum.Enum) else default.arg


def _into_sqlite(connection, table: Table, names, rows) -> None:
    cursor = connection.cursor()
    cursor.execute("BEGIN IMMEDIATE")
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" * len(names))
    cursor.executemany(f"INSERT INTO {table.name} ({listed}) VALUES ({marks})", rows)
    cursor.execute("COMMIT")
    cursor.close()


def _into_postgresql(connection, table: Table, names, rows) -> None:
    driver = connection.driver_connection
    listed = ", ".join(f'"{name}"' for name in names)
    with driver.cursor() as cursor, cursor.copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    if not driver.autocommit:
        driver.commit()
