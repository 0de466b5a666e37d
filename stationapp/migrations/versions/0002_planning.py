"""Planning: series with a rule, bookings, templates, joint events, moves, calls"""

import sqlalchemy as sa
from alembic import op

import stationapp.db
from stationapp.migrations import append_only, no_overlap
from stationapp.migrations.cases import allow

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

STATES = ("draft", "submitted", "returned", "published", "postponed", "cancelled", "closed_out", "discarded")
STEPS = (
    "submit", "withdraw", "return", "publish", "postpone", "cancel", "close_out", "reopen", "discard", "restore",
)  # fmt: skip
OCCASIONS = (
    "close_out_due", "month_prepared", "promoted", "postponed", "cancelled", "room_released", "joint", "moved",
)  # fmt: skip

COLUMNS = (
    "series ADD COLUMN enrolment VARCHAR(30) DEFAULT 'per_event' NOT NULL "
    "CONSTRAINT ck_series_enrolment CHECK (enrolment IN ('per_event', 'course'))",
    "series ADD COLUMN complete_after INTEGER "
    "CONSTRAINT ck_series_complete_after CHECK (complete_after IS NULL OR complete_after > 0)",
    "series ADD COLUMN pattern VARCHAR(30) "
    "CONSTRAINT ck_series_pattern CHECK (pattern IN ('weekly', 'monthly_weekday', 'monthly_date'))",
    "series ADD COLUMN every INTEGER DEFAULT 1 NOT NULL CONSTRAINT ck_series_every CHECK (every > 0)",
    "series ADD COLUMN weekdays TEXT DEFAULT '' NOT NULL",
    "series ADD COLUMN nth INTEGER",
    "series ADD COLUMN month_day INTEGER",
    "series ADD COLUMN around_holidays VARCHAR(30) DEFAULT 'hold' NOT NULL "
    "CONSTRAINT ck_series_around_holidays CHECK (around_holidays IN ('hold', 'skip', 'earlier', 'later'))",
    "series ADD COLUMN first_on DATE",
    "series ADD COLUMN last_on DATE",
    "rooms ADD COLUMN kind VARCHAR(30) DEFAULT 'room' NOT NULL "
    "CONSTRAINT ck_rooms_kind CHECK (kind IN ('room', 'shared'))",
    "rooms ADD COLUMN release_after INTEGER DEFAULT 30 "
    "CONSTRAINT ck_rooms_release_after CHECK (release_after > 0)",
    "events ADD COLUMN batch_id INTEGER CONSTRAINT fk_events_batch_id REFERENCES batches (id)",
)


def upgrade() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "series",
                "copy",
                "template",
                "proposal",
                name="batchkind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("undone_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_batches_made_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_batches_site_id")),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name=op.f("fk_batches_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batches")),
        sa.UniqueConstraint("code", name=op.f("uq_batches_code")),
    )
    with op.batch_alter_table("batches", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batches_site_id"), ["site_id"], unique=False)

    op.create_table(
        "proposals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name=op.f("fk_proposals_batch_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_proposals_made_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_proposals_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposals")),
        sa.UniqueConstraint("code", name=op.f("uq_proposals_code")),
    )
    with op.batch_alter_table("proposals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_proposals_site_id"), ["site_id"], unique=False)

    op.create_table(
        "templates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column(
            "category",
            sa.Enum(
                "A01",
                "A02",
                "A03",
                "A04",
                "A05",
                "A06",
                "A07",
                "A09",
                name="category",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "task",
            sa.Enum(
                "T1",
                "T2",
                "T3",
                "T4",
                "T5",
                name="task",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("bring", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("volunteers", sa.Integer(), nullable=False),
        sa.Column("shared_id", sa.Integer(), nullable=True),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("retired_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("capacity IS NULL OR capacity > 0", name=op.f("ck_templates_capacity")),
        sa.CheckConstraint(
            "min_age IS NULL OR max_age IS NULL OR min_age <= max_age", name=op.f("ck_templates_ages")
        ),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_templates_minutes")),
        sa.CheckConstraint("volunteers >= 0", name=op.f("ck_templates_volunteers")),
        sa.ForeignKeyConstraint(["based_on"], ["templates.id"], name=op.f("fk_templates_based_on")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_templates_made_by")),
        sa.ForeignKeyConstraint(["shared_id"], ["rooms.id"], name=op.f("fk_templates_shared_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_templates_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_templates")),
        sa.UniqueConstraint("code", name=op.f("uq_templates_code")),
    )
    with op.batch_alter_table("templates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_templates_site_id"), ["site_id"], unique=False)

    op.create_table(
        "bookings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("released_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(event_id IS NULL) = (purpose <> '')", name=op.f("ck_bookings_purpose")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_bookings_times")),
        sa.CheckConstraint("released_at IS NULL OR released_at = ends_at", name=op.f("ck_bookings_released")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_bookings_event_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_bookings_made_by")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_bookings_room_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bookings")),
        sa.UniqueConstraint("event_id", "room_id", name=op.f("uq_bookings_event_id_room_id")),
    )
    with op.batch_alter_table("bookings", schema=None) as batch_op:
        batch_op.create_index("ix_bookings_room_starts", ["room_id", "starts_at"], unique=False)

    op.create_table(
        "event_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_event_moves_times")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_event_moves_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_moves_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_moves")),
    )
    with op.batch_alter_table("event_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_moves_event_id"), ["event_id"], unique=False)

    op.create_table(
        "event_partners",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_partners_event_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_event_partners_site_id")),
        sa.PrimaryKeyConstraint("event_id", "site_id", name=op.f("pk_event_partners")),
    )
    with op.batch_alter_table("event_partners", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_partners_site_id"), ["site_id"], unique=False)

    op.create_table(
        "event_shared",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_shared_event_id")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_event_shared_room_id")),
        sa.PrimaryKeyConstraint("event_id", "room_id", name=op.f("pk_event_shared")),
    )
    op.create_table(
        "template_themes",
        sa.Column("template_id", sa.Integer(), nullable=False),
        sa.Column(
            "theme",
            sa.Enum(
                "old",
                "young",
                "disability",
                "army",
                "fraud",
                "fire",
                "festivals",
                "neighbours",
                "lei_feng",
                "jobs",
                "law",
                "mind",
                "waste",
                "traffic",
                name="theme",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["templates.id"], name=op.f("fk_template_themes_template_id")
        ),
        sa.PrimaryKeyConstraint("template_id", "theme", name=op.f("pk_template_themes")),
    )
    op.create_table(
        "call_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "reached",
                "no_answer",
                "comes",
                "not_coming",
                name="calloutcome",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_call_answers_by")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_call_answers_notice_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_call_answers_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_answers")),
    )
    with op.batch_alter_table("call_answers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_call_answers_notice_id"), ["notice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_call_answers_party_id"), ["party_id"], unique=False)

    for column in COLUMNS:
        op.execute(f"ALTER TABLE {column}")
    op.create_index("ix_events_batch_id", "events", ["batch_id"])
    allow("events", ["state"], STATES)
    allow("event_steps", ["from_state", "to_state"], STATES)
    allow("event_steps", ["step"], STEPS)
    allow("notices", ["occasion"], OCCASIONS)
    no_overlap.guard()
    _book()
    append_only.guard("event_moves")
    append_only.guard("call_answers")


def _book() -> None:
    """What is planned or was held gets its room; of two that were let in at once, the earlier one.

    `audit` names the other one while it is still to come.
    """
    connection = op.get_bind()
    wishes = connection.exec_driver_sql(
        "SELECT room_id, id, starts_at, ends_at, made_at, made_by FROM events "
        "WHERE room_id IS NOT NULL AND state IN ('submitted', 'published', 'closed_out') "
        "ORDER BY room_id, starts_at, id"
    ).all()
    bookings = sa.table("bookings", *map(sa.column, ("room_id", "event_id", "starts_at", "ends_at", "purpose")),
                        sa.column("made_at"), sa.column("made_by"))  # fmt: skip
    kept, room, free_from = [], None, None
    for wish in wishes:
        if wish.room_id != room or wish.starts_at >= free_from:
            kept.append({**wish._mapping, "event_id": wish.id, "purpose": ""})
            room, free_from = wish.room_id, wish.ends_at
    for row in kept:
        del row["id"]
    if kept:
        op.bulk_insert(bookings, kept)
