"""Sign-up in full: homes and merges, holds, offers, draws, limits, and the outbox"""

import sqlalchemy as sa
from alembic import op

import stationapp.db
from stationapp.migrations import append_only
from stationapp.migrations.cases import allow

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KINDS = ("sites", "population", "rooms", "holidays", "plan", "signin", "signups")
PLACES = ("confirmed", "waitlisted", "offered", "cancelled")
OCCASIONS = (
    "close_out_due", "month_prepared", "promoted", "postponed", "cancelled", "room_released", "joint", "moved",
    "offered", "offer_lapsed", "confirmed", "waitlisted", "reminder", "certificate", "home_code", "stopped",
    "draw_awaited", "not_drawn",
)  # fmt: skip

COLUMNS = (
    "sites ADD COLUMN offer_hours INTEGER DEFAULT 12 NOT NULL CONSTRAINT ck_sites_offer_hours CHECK (offer_hours > 0)",
    "households ADD COLUMN email_sealed {bytes}",
    "households ADD COLUMN reach_sealed {bytes}",
    "households ADD COLUMN no_texts_at {instant}",
    "residents ADD COLUMN guardian_id INTEGER CONSTRAINT fk_residents_guardian_id REFERENCES residents (id)",
    "residents ADD COLUMN merged_into INTEGER CONSTRAINT fk_residents_merged_into REFERENCES residents (id)",
    "events ADD COLUMN audience_only BOOLEAN DEFAULT {false} NOT NULL",
    "events ADD COLUMN home_limit INTEGER "
    "CONSTRAINT ck_events_home_limit CHECK (home_limit IS NULL OR home_limit > 0)",
    "events ADD COLUMN phone_seats INTEGER DEFAULT 0 NOT NULL",
    "events ADD COLUMN phone_taken INTEGER DEFAULT 0 NOT NULL "
    "CONSTRAINT ck_events_phone CHECK (phone_seats >= 0 AND phone_taken >= 0)",
    "events ADD COLUMN phone_until_at {instant} "
    "CONSTRAINT ck_events_phone_until CHECK ((phone_seats > 0) = (phone_until_at IS NOT NULL))",
    "events ADD COLUMN draw_at {instant}",
    "notices ADD COLUMN spread_at {instant}",
    "parties ADD COLUMN declared BOOLEAN DEFAULT {false} NOT NULL",
    "parties ADD COLUMN lifted TEXT DEFAULT '' NOT NULL",
    "parties ADD COLUMN drawn INTEGER",
    "uploads ADD COLUMN corrections_sealed {bytes}",
    "passed_over ADD COLUMN why VARCHAR(30) DEFAULT 'size' NOT NULL "
    "CONSTRAINT ck_passed_over_why CHECK (why IN ('size', 'phone', 'staff'))",
)

TYPES = {
    "sqlite": {"bytes": "BLOB", "instant": "DATETIME", "false": "0"},
    "postgresql": {"bytes": "BYTEA", "instant": "TIMESTAMP WITH TIME ZONE", "false": "false"},
}


def upgrade() -> None:
    op.create_table(
        "receipts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("gateway_ref", sa.Text(), nullable=False),
        sa.Column("delivered", sa.Boolean(), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipts")),
        sa.UniqueConstraint("gateway_ref", "delivered", name=op.f("uq_receipts_gateway_ref_delivered")),
    )
    op.create_table(
        "home_codes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column(
            "via",
            sa.Enum("sms", "desk", name="codevia", native_enum=False, create_constraint=True, length=30),
            nullable=False,
        ),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("used_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_home_codes_by")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_home_codes_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_codes")),
    )
    with op.batch_alter_table("home_codes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_home_codes_household_id"), ["household_id"], unique=False)

    op.create_table(
        "home_logins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["household_id"], ["households.id"], name=op.f("fk_home_logins_household_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_home_logins")),
        sa.UniqueConstraint("token_index", name=op.f("uq_home_logins_token_index")),
    )
    with op.batch_alter_table("home_logins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_home_logins_household_id"), ["household_id"], unique=False)

    op.create_table(
        "place_limits",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "counted",
            sa.Enum("person", "home", name="counted", native_enum=False, create_constraint=True, length=30),
            nullable=False,
        ),
        sa.Column(
            "span",
            sa.Enum("week", "month", name="span", native_enum=False, create_constraint=True, length=30),
            nullable=False,
        ),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("most > 0", name=op.f("ck_place_limits_most")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_place_limits_ended_by")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_place_limits_made_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_place_limits_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_place_limits")),
    )
    with op.batch_alter_table("place_limits", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_place_limits_site_id"), ["site_id"], unique=False)
        batch_op.create_index(
            "uq_place_limits_live",
            ["site_id", "counted", "span"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "stops",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "call",
                "sms",
                "email",
                "page",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "why",
            sa.Enum(
                "day_limit",
                "rate",
                "gateway",
                "person",
                name="stopwhy",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("lifted_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("lifted_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(lifted_at IS NULL) OR (lifted_by IS NOT NULL)", name=op.f("ck_stops_lifted")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_stops_by")),
        sa.ForeignKeyConstraint(["lifted_by"], ["staff.id"], name=op.f("fk_stops_lifted_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stops")),
    )
    with op.batch_alter_table("stops", schema=None) as batch_op:
        batch_op.create_index(
            "uq_stops_live",
            ["way"],
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        )

    op.create_table(
        "wordings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum(
                "close_out_due",
                "month_prepared",
                "promoted",
                "postponed",
                "cancelled",
                "room_released",
                "joint",
                "moved",
                "offered",
                "offer_lapsed",
                "confirmed",
                "waitlisted",
                "reminder",
                "certificate",
                "home_code",
                "stopped",
                "draw_awaited",
                "not_drawn",
                name="occasion",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "way",
            sa.Enum(
                "call",
                "sms",
                "email",
                "page",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("gateway_code", sa.Text(), nullable=False),
        sa.Column("changed_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_wordings_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wordings")),
        sa.UniqueConstraint("occasion", "way", name=op.f("uq_wordings_occasion_way")),
    )
    op.create_table(
        "kept_apart",
        sa.Column("one_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_kept_apart_order")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_kept_apart_by")),
        sa.ForeignKeyConstraint(["one_id"], ["residents.id"], name=op.f("fk_kept_apart_one_id")),
        sa.ForeignKeyConstraint(["other_id"], ["residents.id"], name=op.f("fk_kept_apart_other_id")),
        sa.PrimaryKeyConstraint("one_id", "other_id", name=op.f("pk_kept_apart")),
    )
    op.create_table(
        "merges",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kept_id", sa.Integer(), nullable=False),
        sa.Column("gone_id", sa.Integer(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("undone_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("kept_id <> gone_id", name=op.f("ck_merges_two")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_merges_by")),
        sa.ForeignKeyConstraint(["gone_id"], ["residents.id"], name=op.f("fk_merges_gone_id")),
        sa.ForeignKeyConstraint(["kept_id"], ["residents.id"], name=op.f("fk_merges_kept_id")),
        sa.ForeignKeyConstraint(["undone_by"], ["staff.id"], name=op.f("fk_merges_undone_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_merges")),
    )
    with op.batch_alter_table("merges", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_merges_gone_id"), ["gone_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_merges_kept_id"), ["kept_id"], unique=False)
        batch_op.create_index(
            "uq_merges_live",
            ["gone_id"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )

    op.create_table(
        "draws",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("seed_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("drawn_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seed", sa.Text(), nullable=True),
        sa.CheckConstraint("(drawn_at IS NULL) = (seed IS NULL)", name=op.f("ck_draws_revealed")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_draws_event_id")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_draws")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum(
                "close_out_due",
                "month_prepared",
                "promoted",
                "postponed",
                "cancelled",
                "room_released",
                "joint",
                "moved",
                "offered",
                "offer_lapsed",
                "confirmed",
                "waitlisted",
                "reminder",
                "certificate",
                "home_code",
                "stopped",
                "draw_awaited",
                "not_drawn",
                name="occasion",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column(
            "way",
            sa.Enum(
                "call",
                "sms",
                "email",
                "page",
                name="way",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("notice_id", sa.Integer(), nullable=True),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "pending",
                "claimed",
                "sending",
                "accepted",
                "in_doubt",
                "delivered",
                "failed",
                "answered",
                "void",
                name="delivery",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("claim", sa.Text(), nullable=True),
        sa.Column("claimed_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "(state = 'claimed' OR state = 'sending') = (claimed_at IS NOT NULL)",
            name=op.f("ck_messages_claim"),
        ),
        sa.CheckConstraint("(claimed_at IS NULL) = (claim IS NULL)", name=op.f("ck_messages_claimed")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_messages_household_id")),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name=op.f("fk_messages_notice_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_messages_party_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_messages_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("gateway_ref", name=op.f("uq_messages_gateway_ref")),
        sa.UniqueConstraint(
            "occasion",
            "subject",
            "step",
            "household_id",
            "way",
            name=op.f("uq_messages_occasion_subject_step_household_id_way"),
        ),
    )
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_messages_household_id"), ["household_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_notice_id"), ["notice_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_messages_party_id"), ["party_id"], unique=False)
        batch_op.create_index("ix_messages_site_way", ["site_id", "way", "state"], unique=False)
        batch_op.create_index("ix_messages_state_due", ["state", "way", "due_at"], unique=False)

    op.create_table(
        "offers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "ended",
            sa.Enum(
                "accepted",
                "declined",
                "lapsed",
                "given",
                "withdrawn",
                name="offerend",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(ended_at IS NULL) = (ended IS NULL)", name=op.f("ck_offers_end")),
        sa.CheckConstraint("until_at > made_at", name=op.f("ck_offers_window")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_offers_by")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_offers_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    with op.batch_alter_table("offers", schema=None) as batch_op:
        batch_op.create_index("ix_offers_ended_until", ["ended_at", "until_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_offers_party_id"), ["party_id"], unique=False)
        batch_op.create_index(
            "uq_offers_live",
            ["party_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "seat_holds",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("by_phone", sa.Boolean(), nullable=False),
        sa.Column("asker_index", sa.LargeBinary(), nullable=True),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("first_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("until_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "ended",
            sa.Enum(
                "used",
                "released",
                "expired",
                name="holdend",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("party_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "CASE WHEN ended = 'used' THEN party_id IS NOT NULL ELSE party_id IS NULL END",
            name=op.f("ck_seat_holds_used"),
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended IS NULL)", name=op.f("ck_seat_holds_end")),
        sa.CheckConstraint("first_at <= made_at", name=op.f("ck_seat_holds_first")),
        sa.CheckConstraint("size > 0", name=op.f("ck_seat_holds_size")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_seat_holds_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_seat_holds_event_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_seat_holds_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_holds")),
        sa.UniqueConstraint("key_index", name=op.f("uq_seat_holds_key_index")),
    )
    with op.batch_alter_table("seat_holds", schema=None) as batch_op:
        batch_op.create_index("ix_seat_holds_ended_until", ["ended_at", "until_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_seat_holds_event_id"), ["event_id"], unique=False)

    op.create_table(
        "message_attempts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "accepted",
                "refused",
                "busy",
                "unknown",
                name="attemptend",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("gateway_ref", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_message_attempts_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_attempts")),
        sa.UniqueConstraint("message_id", "number", name=op.f("uq_message_attempts_message_id_number")),
    )
    op.create_index("ix_message_attempts_at", "message_attempts", ["at"])
    # ### end Alembic commands ###
    for column in COLUMNS:
        op.execute(f"ALTER TABLE {column.format(**TYPES[op.get_bind().dialect.name])}")
    op.create_index("ix_residents_guardian_id", "residents", ["guardian_id"])
    op.create_index("ix_residents_merged_into", "residents", ["merged_into"])
    allow("notices", ["occasion"], OCCASIONS)
    allow("parties", ["first_state"], PLACES)
    allow("uploads", ["kind"], KINDS)
    allow("signups", ["state"], PLACES)
    allow("signup_moves", ["from_state", "to_state"], PLACES)
    # What was settled before there were messages needs none; what is still open gets them from the next round of jobs.
    op.execute("UPDATE notices SET spread_at = coalesce(done_at, made_at) WHERE done_at IS NOT NULL")
    # Of what was seated before, callers' places count as such.
    op.execute(
        "UPDATE events SET phone_taken = (SELECT count(*) FROM signups JOIN parties ON parties.id = signups.party_id "
        "WHERE signups.event_id = events.id AND signups.state IN ('confirmed', 'offered') "
        "AND parties.channel IN ('phone', 'desk'))"
    )
    _calls_become_messages()
    op.create_index(
        "ix_notices_to_spread",
        "notices",
        ["id"],
        sqlite_where=sa.text("spread_at IS NULL"),
        postgresql_where=sa.text("spread_at IS NULL"),
    )
    for table in ("message_attempts", "receipts", "call_answers"):
        append_only.guard(table)


def _calls_become_messages() -> None:
    """Each household that was called about a notice has a message of way "call" now, and its answers belong to that.

    The table of answers is made anew: it loses two columns, and what is written in it may not be changed.
    """
    op.execute(
        "INSERT INTO messages (occasion, subject, step, household_id, way, site_id, notice_id, party_id, made_at, "
        "due_at, state, why, tries, ended_at) SELECT n.occasion, n.subject, n.step, p.household_id, 'call', n.site_id, "
        "n.id, min(a.party_id), n.made_at, n.made_at, CASE WHEN max(a.id) IN (SELECT id FROM call_answers WHERE "
        "outcome = 'no_answer') THEN 'pending' ELSE 'answered' END, '', 0, CASE WHEN max(a.id) IN (SELECT id FROM "
        "call_answers WHERE outcome = 'no_answer') THEN NULL ELSE max(a.at) END FROM call_answers AS a "
        "JOIN notices AS n ON n.id = a.notice_id JOIN parties AS p ON p.id = a.party_id "
        "GROUP BY n.id, n.occasion, n.subject, n.step, n.site_id, n.made_at, p.household_id"
    )
    op.execute(
        "CREATE TEMPORARY TABLE answers_before AS SELECT a.id, m.id AS message_id, a.outcome, a.at, a.by "
        "FROM call_answers AS a JOIN parties AS p ON p.id = a.party_id "
        "JOIN messages AS m ON m.notice_id = a.notice_id AND m.household_id = p.household_id"
    )
    op.drop_table("call_answers")
    op.create_table(
        "call_answers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("message_id", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], name=op.f("fk_call_answers_message_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_answers")),
    )
    op.create_index("ix_call_answers_message_id", "call_answers", ["message_id"])
    op.execute(
        "INSERT INTO call_answers (id, message_id, outcome, at, by) "
        "SELECT id, message_id, outcome, at, by FROM answers_before ORDER BY id"
    )
    op.execute("DROP TABLE answers_before")
    if op.get_bind().dialect.name != "sqlite":
        op.execute(
            "SELECT setval(pg_get_serial_sequence('call_answers', 'id'), "
            "(SELECT coalesce(max(id), 0) + 1 FROM call_answers), false)"
        )
