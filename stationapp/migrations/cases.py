"""Giving an enum's column another list of cases, where what is written in its CHECK must change."""

import re
from collections.abc import Sequence

from alembic import op


def allow(table: str, columns: Sequence[str], cases: Sequence[str]) -> None:
    """Let these columns of `table` hold exactly these cases."""
    for column in columns:
        name, listed = f"ck_{table}_{column}", ", ".join(f"'{case}'" for case in cases)
        if op.get_bind().dialect.name == "sqlite":
            _rebuild(
                table,
                rf"CONSTRAINT {name} CHECK \({column} IN \([^)]*\)\)",
                f"CONSTRAINT {name} CHECK ({column} IN ({listed}))",
            )
        else:
            op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            op.execute(f"ALTER TABLE {table} ADD CONSTRAINT {name} CHECK ({column} IN ({listed}))")


def _rebuild(table: str, old: str, new: str) -> None:
    """SQLite cannot change a CHECK: the table is written anew, with its indexes and triggers as they were."""
    connection = op.get_bind()
    parts = connection.exec_driver_sql(
        "SELECT type, sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'table' DESC",
        (table,),
    ).all()
    written, count = re.subn(old, new, parts[0].sql)
    if count != 1:
        raise RuntimeError(f"{table}: {old} was expected once and found {count} times")
    named = re.sub(rf'^CREATE TABLE "?{table}"?', f"CREATE TABLE {table}_anew", written)
    for statement in (
        named,
        f"INSERT INTO {table}_anew SELECT * FROM {table}",
        f"DROP TABLE {table}",
        f"ALTER TABLE {table}_anew RENAME TO {table}",
        *(part.sql for part in parts[1:]),
    ):
        connection.exec_driver_sql(statement)
