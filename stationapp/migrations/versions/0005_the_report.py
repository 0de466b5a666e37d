"""The month a district can sign: answers, asking and signing, links, files, indexes"""

import sqlalchemy as sa
from alembic import op

import stationapp.db
from stationapp.migrations.append_only import guard
from stationapp.migrations.cases import allow

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

OCCASIONS = (
    "close_out_due", "month_prepared", "promoted", "postponed", "cancelled", "room_released", "joint", "moved",
    "offered", "offer_lapsed", "confirmed", "waitlisted", "draw_awaited", "not_drawn", "reminder", "certificate",
    "hours", "hours_back", "answered", "shift", "home_code", "stopped", "month_missing", "month_to_sign",
)  # fmt: skip

NEW_OCCASIONS = OCCASIONS[-2:]


def upgrade() -> None:
    _opinions()
    _life()
    _indexes_registers()


def downgrade() -> None:
    op.drop_index("ix_parties_walk_in", table_name="parties")
    _undo_life()
    for table in ("opinion_calls", "slip_sheets", "answers"):
        op.drop_table(table)


def _opinions() -> None:
    """Answers after an event, the slips they are written on, who was called."""
    op.create_table(
        "answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("slot_index", sa.LargeBinary(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("comment_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "how",
            sa.Enum(
                "page", "paper", "call", name="how", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.Column("said_on", sa.Date(), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("replaces_id", sa.Integer(), nullable=True),
        sa.Column("key_index", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("score IN (1, 3, 5)", name=op.f("ck_answers_score")),
        sa.CheckConstraint("(how = 'page') = (by IS NULL)", name=op.f("ck_answers_by")),
        sa.CheckConstraint(
            "score IS NOT NULL OR (comment_sealed IS NULL AND how <> 'page')",
            name=op.f("ck_answers_taken_back"),
        ),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_answers_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_answers_event_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["answers.id"], name=op.f("fk_answers_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
        sa.UniqueConstraint("key_index", name=op.f("uq_answers_key_index")),
    )
    op.create_index("ix_answers_event", "answers", ["event_id", "id", "score", "how"])
    op.create_index(op.f("ix_answers_slot_index"), "answers", ["slot_index"])
    where = sa.text("replaces_id IS NOT NULL")
    op.create_index(
        "uq_answers_replaces",
        "answers",
        ["replaces_id"],
        unique=True,
        sqlite_where=where,
        postgresql_where=where,
    )
    op.create_table(
        "slip_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("slips", sa.Integer(), nullable=False),
        sa.Column("printed_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("printed_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("slips > 0", name=op.f("ck_slip_sheets_slips")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_slip_sheets_event_id")),
        sa.ForeignKeyConstraint(["printed_by"], ["staff.id"], name=op.f("fk_slip_sheets_printed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_sheets")),
        sa.UniqueConstraint("serial", name=op.f("uq_slip_sheets_serial")),
    )
    op.create_index(op.f("ix_slip_sheets_event_id"), "slip_sheets", ["event_id"])
    op.create_table(
        "opinion_calls",
        sa.Column("asked_index", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_opinion_calls_event_id")),
        sa.PrimaryKeyConstraint("asked_index", name=op.f("pk_opinion_calls")),
    )
    op.create_index(op.f("ix_opinion_calls_event_id"), "opinion_calls", ["event_id"])
    for table in ("answers", "slip_sheets", "opinion_calls"):
        guard(table)


def _life() -> None:
    """Marks, files and links of a closed month; two notices about it."""
    for table in ("notices", "messages", "wordings"):
        allow(table, ["occasion"], OCCASIONS)
    op.create_table(
        "sign_offs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "mark",
            sa.Enum(
                "seen",
                "agreed",
                "objected",
                name="mark",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("mark <> 'objected' OR sentence <> ''", name=op.f("ck_sign_offs_sentence")),
        sa.ForeignKeyConstraint(["report_id"], ["coverage_reports.id"], name=op.f("fk_sign_offs_report_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_sign_offs_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_offs")),
    )
    op.create_index(op.f("ix_sign_offs_report_id"), "sign_offs", ["report_id"])
    op.create_table(
        "report_files",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("audience", _audience(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["report_id"], ["coverage_reports.id"], name=op.f("fk_report_files_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_files")),
        sa.UniqueConstraint(
            "report_id", "format", "audience", name=op.f("uq_report_files_report_id_format_audience")
        ),
    )
    op.create_table(
        "report_links",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=False),
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("audience", _audience(), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_report_links_ended_by")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_report_links_made_by")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["coverage_reports.id"], name=op.f("fk_report_links_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_links")),
        sa.UniqueConstraint("token_index", name=op.f("uq_report_links_token_index")),
    )
    op.create_index(op.f("ix_report_links_report_id"), "report_links", ["report_id"])
    for table in ("sign_offs", "report_files"):
        guard(table)


def _audience() -> sa.Enum:
    return sa.Enum("inside", "outside", name="audience", native_enum=False, create_constraint=True, length=30)


def _undo_life() -> None:
    for table in ("report_links", "report_files", "sign_offs"):
        op.drop_table(table)
    listed = ", ".join(f"'{case}'" for case in NEW_OCCASIONS)
    op.execute(f"DELETE FROM notices WHERE occasion IN ({listed})")
    for table in ("notices", "messages", "wordings"):
        allow(table, ["occasion"], OCCASIONS[:-2])


def _indexes_registers() -> None:
    """Who was let in at the door, for the share of those who came of those who promised to (I-19)."""
    where = sa.text("channel = 'walk_in'")
    op.create_index("ix_parties_walk_in", "parties", ["event_id"], sqlite_where=where, postgresql_where=where)
