"""Triggers that refuse to change or delete what must stay as it was written (trust.md H10, R1, A2)."""

from alembic import op

TABLES = (
    "audit_lines",
    "event_steps",
    "signup_moves",
    "scans",
    "hours_entries",
    "coverage_reports",
    "counted_events",
    "event_moves",
    "call_answers",
    "message_attempts",
    "receipts",
    "certificates",
    "revocations",
    "spot_draws",
    "spot_lots",
    "dismissals",
    "sign_sheets",
    "sheet_rows",
    "scan_links",
    "sign_offs",
    "report_files",
    "answers",
    "slip_sheets",
    "opinion_calls",
)
"""All of them by now; each migration guards those it makes."""


def guard(table: str) -> None:
    """Refuse UPDATE and DELETE on `table`."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
    )
