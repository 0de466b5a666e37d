"""Presence and hours: cards, devices, refused scans, sheets, teams, spot checks, certificates, photos"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

import stationapp.db
from stationapp.audit.models import GENESIS
from stationapp.migrations.append_only import guard
from stationapp.migrations.cases import allow

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


OCCASIONS = (
    "close_out_due", "month_prepared", "promoted", "postponed", "cancelled", "room_released", "joint", "moved",
    "offered", "offer_lapsed", "confirmed", "waitlisted", "draw_awaited", "not_drawn", "reminder", "certificate",
    "hours", "hours_back", "answered", "shift", "home_code", "stopped",
)  # fmt: skip

HOWS = ("roster", "staff_scan", "venue", "walk_in", "paper", "pin")

KEPT = ("certificates", "revocations", "spot_draws", "spot_lots", "dismissals", "sign_sheets", "sheet_rows",
        "scan_links")  # fmt: skip

COLUMNS = (
    "device_id INTEGER CONSTRAINT fk_scans_device_id REFERENCES devices (id)",
    "sequence INTEGER CONSTRAINT ck_scans_device CHECK ((device_id IS NULL) = (sequence IS NULL))",
    "asker_index {bytes}",
    "said_at {instant}",
)

TYPES = {
    "sqlite": {"bytes": "BLOB", "instant": "DATETIME"},
    "postgresql": {"bytes": "BYTEA", "instant": "TIMESTAMP WITH TIME ZONE"},
}


def upgrade() -> None:
    op.create_table(
        "devices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("names_shown", sa.Boolean(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("link_index", sa.LargeBinary(), nullable=True),
        sa.Column("link_until_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("taken_up_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("seen_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Integer(), nullable=True),
        sa.Column("before_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(token_index IS NULL) = (taken_up_at IS NULL)", name=op.f("ck_devices_taken_up")),
        sa.CheckConstraint("until_on >= from_on", name=op.f("ck_devices_dates")),
        sa.ForeignKeyConstraint(["before_id"], ["devices.id"], name=op.f("fk_devices_before_id")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_devices_made_by")),
        sa.ForeignKeyConstraint(["revoked_by"], ["staff.id"], name=op.f("fk_devices_revoked_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_devices_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("code", name=op.f("uq_devices_code")),
        sa.UniqueConstraint("link_index", name=op.f("uq_devices_link_index")),
        sa.UniqueConstraint("token_index", name=op.f("uq_devices_token_index")),
    )
    with op.batch_alter_table("devices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_devices_site_id"), ["site_id"], unique=False)

    op.create_table(
        "dismissals",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column(
            "flag",
            sa.Enum(
                "two_places",
                "one_device",
                "mostly_manual",
                "all_at_cap",
                "long_day",
                "made_late",
                "approver_gains",
                "split_shifts",
                "clock_forward",
                "one_hand",
                "late_scans",
                name="flag",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("facts_hash", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("lifted", sa.Boolean(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.CheckConstraint("lifted OR reason <> ''", name=op.f("ck_dismissals_reason")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_dismissals_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_dismissals_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dismissals")),
    )
    with op.batch_alter_table("dismissals", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dismissals_facts_hash"), ["facts_hash"], unique=False)

    op.create_table(
        "issuers",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("legal_name", sa.Text(), nullable=False),
        sa.Column("in_charge", sa.Text(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("filled_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("filled_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["filled_by"], ["staff.id"], name=op.f("fk_issuers_filled_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_issuers_site_id")),
        sa.PrimaryKeyConstraint("site_id", name=op.f("pk_issuers")),
    )
    op.create_table(
        "registers",
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_registers_site_id")),
        sa.PrimaryKeyConstraint("site_id", "year", name=op.f("pk_registers")),
    )
    op.create_table(
        "spot_draws",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("month", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("up_to_id", sa.Integer(), nullable=False),
        sa.Column("manual", sa.Integer(), nullable=False),
        sa.Column("one_hand", sa.Integer(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_spot_draws_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_spot_draws_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_draws")),
        sa.UniqueConstraint("site_id", "month", name=op.f("uq_spot_draws_site_id_month")),
    )
    op.create_table(
        "teams",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "policy",
                "culture",
                "learning",
                "health",
                "science",
                "law",
                "green",
                "care",
                "local",
                name="teamkind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_teams_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teams")),
        sa.UniqueConstraint("code", name=op.f("uq_teams_code")),
    )
    with op.batch_alter_table("teams", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_teams_site_id"), ["site_id"], unique=False)
        batch_op.create_index(
            "uq_teams_live",
            ["site_id", "name"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "cards",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.Column(
            "ended_why",
            sa.Enum(
                "lost",
                "replaced",
                "returned",
                name="ended",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name=op.f("ck_cards_ended")),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_cards_ended_by")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_cards_made_by")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_cards_resident_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_cards_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cards")),
        sa.UniqueConstraint("code_index", name=op.f("uq_cards_code_index")),
        sa.UniqueConstraint("serial", name=op.f("uq_cards_serial")),
    )
    with op.batch_alter_table("cards", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_cards_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_cards_site_id"), ["site_id"], unique=False)
        batch_op.create_index(
            "uq_cards_live",
            ["resident_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "abilities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column(
            "skill",
            sa.Enum(
                "teaching",
                "lecturing",
                "haircut",
                "first_aid",
                "nursing",
                "law",
                "music",
                "dance",
                "calligraphy",
                "repair",
                "phone_help",
                "sign_language",
                "counselling",
                "photography",
                "driving",
                "cooking",
                name="skill",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("said_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Integer(), nullable=True),
        sa.Column("confirmed_leader_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(confirmed_at IS NULL AND confirmed_by IS NULL AND confirmed_leader_id IS NULL) OR "
            "(confirmed_at IS NOT NULL AND (confirmed_by IS NULL) <> (confirmed_leader_id IS NULL))",
            name=op.f("ck_abilities_confirmed"),
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_leader_id"], ["volunteers.id"], name=op.f("fk_abilities_confirmed_leader_id")
        ),
        sa.ForeignKeyConstraint(["confirmed_by"], ["staff.id"], name=op.f("fk_abilities_confirmed_by")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_abilities_volunteer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_abilities")),
        sa.UniqueConstraint("volunteer_id", "skill", name=op.f("uq_abilities_volunteer_id_skill")),
    )
    op.create_table(
        "free_times",
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "morning",
                "afternoon",
                "evening",
                name="daypart",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_free_times_weekday")),
        sa.ForeignKeyConstraint(["volunteer_id"], ["volunteers.id"], name=op.f("fk_free_times_volunteer_id")),
        sa.PrimaryKeyConstraint("volunteer_id", "weekday", "part", name=op.f("pk_free_times")),
    )
    op.create_table(
        "memberships",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("team_id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("leads", sa.Boolean(), nullable=False),
        sa.Column("joined_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("left_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name=op.f("fk_memberships_team_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_memberships_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_memberships")),
    )
    with op.batch_alter_table("memberships", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_memberships_volunteer_id"), ["volunteer_id"], unique=False)
        batch_op.create_index(
            "uq_memberships_live",
            ["team_id", "volunteer_id"],
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        )

    op.create_table(
        "photos",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("jpeg", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("added_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("place BETWEEN 1 AND 3", name=op.f("ck_photos_place")),
        sa.ForeignKeyConstraint(["added_by"], ["staff.id"], name=op.f("fk_photos_added_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_photos_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photos")),
        sa.UniqueConstraint("event_id", "place", name=op.f("uq_photos_event_id_place")),
    )
    op.create_table(
        "refused_scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("resident_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("in", "out", "undo", name="kind", native_enum=False, create_constraint=True, length=30),
            nullable=False,
        ),
        sa.Column(
            "how",
            sa.Enum(
                "roster",
                "staff_scan",
                "venue",
                "walk_in",
                "paper",
                "pin",
                name="how",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("arrived_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("nonce_index", sa.LargeBinary(), nullable=True),
        sa.Column("device_id", sa.Integer(), nullable=True),
        sa.Column("sequence", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column(
            "fate",
            sa.Enum(
                "refused",
                "waiting",
                "taken",
                "dropped",
                name="fate",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("decided_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(fate IN ('taken', 'dropped')) = (decided_at IS NOT NULL)", name=op.f("ck_refused_scans_decided")
        ),
        sa.CheckConstraint("(device_id IS NULL) = (sequence IS NULL)", name=op.f("ck_refused_scans_device")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_refused_scans_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_refused_scans_decided_by")),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_refused_scans_device_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_refused_scans_event_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_refused_scans_resident_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_refused_scans_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_scans")),
        sa.UniqueConstraint("device_id", "sequence", name=op.f("uq_refused_scans_device_id_sequence")),
        sa.UniqueConstraint("nonce_index", name=op.f("uq_refused_scans_nonce_index")),
    )
    with op.batch_alter_table("refused_scans", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refused_scans_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_refused_scans_site_id"), ["site_id"], unique=False)

    op.create_table(
        "service_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "training",
                "commendation",
                name="recordkind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("on", sa.Date(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["ended_by"], ["staff.id"], name=op.f("fk_service_records_ended_by")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_service_records_made_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_service_records_site_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_service_records_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_records")),
    )
    with op.batch_alter_table("service_records", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_service_records_volunteer_id"), ["volunteer_id"], unique=False)

    op.create_table(
        "sign_sheets",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("named_rows", sa.Integer(), nullable=False),
        sa.Column("empty_rows", sa.Integer(), nullable=False),
        sa.Column("printed_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("printed_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_sign_sheets_event_id")),
        sa.ForeignKeyConstraint(["printed_by"], ["staff.id"], name=op.f("fk_sign_sheets_printed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_sheets")),
        sa.UniqueConstraint("serial", name=op.f("uq_sign_sheets_serial")),
    )
    with op.batch_alter_table("sign_sheets", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_sheets_event_id"), ["event_id"], unique=False)

    op.create_table(
        "sheet_rows",
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("row > 0", name=op.f("ck_sheet_rows_row")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_sheet_rows_resident_id")),
        sa.ForeignKeyConstraint(["sheet_id"], ["sign_sheets.id"], name=op.f("fk_sheet_rows_sheet_id")),
        sa.PrimaryKeyConstraint("sheet_id", "row", name=op.f("pk_sheet_rows")),
        sa.UniqueConstraint("sheet_id", "resident_id", name=op.f("uq_sheet_rows_sheet_id_resident_id")),
    )
    op.create_table(
        "spot_lots",
        sa.Column("entry_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("one_hand", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["draw_id"], ["spot_draws.id"], name=op.f("fk_spot_lots_draw_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["hours_entries.id"], name=op.f("fk_spot_lots_entry_id")),
        sa.PrimaryKeyConstraint("entry_id", name=op.f("pk_spot_lots")),
    )
    with op.batch_alter_table("spot_lots", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spot_lots_draw_id"), ["draw_id"], unique=False)

    op.create_table(
        "spot_checks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "confirmed",
                "denied",
                "not_reached",
                name="outcome",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("checked_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("checked_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("(outcome IS NULL) = (checked_at IS NULL)", name=op.f("ck_spot_checks_checked")),
        sa.ForeignKeyConstraint(["checked_by"], ["staff.id"], name=op.f("fk_spot_checks_checked_by")),
        sa.ForeignKeyConstraint(["draw_id"], ["spot_draws.id"], name=op.f("fk_spot_checks_draw_id")),
        sa.ForeignKeyConstraint(["entry_id"], ["hours_entries.id"], name=op.f("fk_spot_checks_entry_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_checks")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_spot_checks_entry_id")),
    )
    with op.batch_alter_table("spot_checks", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_spot_checks_draw_id"), ["draw_id"], unique=False)

    op.create_table(
        "certificates",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("up_to_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sa.Column("issued_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_by", sa.Integer(), nullable=True),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_certificates_minutes")),
        sa.CheckConstraint("serial > 0", name=op.f("ck_certificates_serial")),
        sa.ForeignKeyConstraint(["issued_by"], ["staff.id"], name=op.f("fk_certificates_issued_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_certificates_site_id")),
        sa.ForeignKeyConstraint(["up_to_id"], ["hours_entries.id"], name=op.f("fk_certificates_up_to_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_certificates_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificates")),
        sa.UniqueConstraint("key_index", name=op.f("uq_certificates_key_index")),
        sa.UniqueConstraint("number", name=op.f("uq_certificates_number")),
        sa.UniqueConstraint("site_id", "year", "serial", name=op.f("uq_certificates_site_id_year_serial")),
    )
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_certificates_volunteer_id"), ["volunteer_id"], unique=False)

    op.create_table(
        "hour_questions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sa.Column("said_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("asked_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answered_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Integer(), nullable=True),
        sa.Column(
            "outcome",
            sa.Enum(
                "corrected",
                "as_it_stands",
                name="questionoutcome",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.CheckConstraint("outcome IS NULL OR answer <> ''", name=op.f("ck_hour_questions_answer")),
        sa.CheckConstraint(
            "(answered_at IS NULL) = (outcome IS NULL)", name=op.f("ck_hour_questions_answered")
        ),
        sa.ForeignKeyConstraint(["answered_by"], ["staff.id"], name=op.f("fk_hour_questions_answered_by")),
        sa.ForeignKeyConstraint(["entry_id"], ["hours_entries.id"], name=op.f("fk_hour_questions_entry_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_hour_questions_event_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_hour_questions_site_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_hour_questions_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hour_questions")),
        sa.UniqueConstraint("key_index", name=op.f("uq_hour_questions_key_index")),
    )
    with op.batch_alter_table("hour_questions", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hour_questions_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hour_questions_volunteer_id"), ["volunteer_id"], unique=False)

    op.create_table(
        "revocations",
        sa.Column("certificate_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.CheckConstraint("reason <> ''", name=op.f("ck_revocations_reason")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_revocations_by")),
        sa.ForeignKeyConstraint(
            ["certificate_id"], ["certificates.id"], name=op.f("fk_revocations_certificate_id")
        ),
        sa.PrimaryKeyConstraint("certificate_id", name=op.f("pk_revocations")),
    )
    op.create_table(
        "scan_links",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("scan_id", sa.Integer(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.id"], name=op.f("fk_scan_links_scan_id")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_scan_links")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_scan_links_scan_id")),
    )
    types = TYPES[op.get_bind().dialect.name]
    for column in COLUMNS:
        op.execute(f"ALTER TABLE scans ADD COLUMN {column.format(**types)}")
    op.execute(
        "ALTER TABLE manual_hours ADD COLUMN proposed_from INTEGER"
        " CONSTRAINT fk_manual_hours_proposed_from REFERENCES sites (id)"
    )
    op.add_column("shifts", sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True))
    op.create_index("uq_scans_device_sequence", "scans", ["device_id", "sequence"], unique=True)
    allow("scans", ["how"], HOWS)
    allow("attendances", ["came_how", "left_how"], HOWS)
    for table in ("notices", "messages", "wordings"):
        allow(table, ["occasion"], OCCASIONS)
    _chain_scans()
    for table in KEPT:
        guard(table)


def _chain_scans() -> None:
    """What was scanned before there was a chain gets its links in the order it was written."""
    connection = op.get_bind()
    scans = connection.execute(sa.select(_scans).order_by(_scans.c.id)).mappings()
    links, previous = [], GENESIS
    for number, scan in enumerate(scans, 1):
        content = {"number": number, "scan": scan["id"]}
        content |= dict.fromkeys(("device", "sequence", "asker", "said"))
        content["nonce"] = None if scan["nonce_index"] is None else bytes(scan["nonce_index"]).hex()
        content |= {name: scan[name] for name in ("kind", "how", "by")}
        content |= {"event": scan["event_id"], "resident": scan["resident_id"]}
        content |= {"at": scan["at"].isoformat(), "arrived": scan["arrived_at"].isoformat()}
        text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        link = hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
        links.append({"number": number, "scan_id": scan["id"], "previous_hash": previous, "hash": link})
        previous = link
    if links:
        op.bulk_insert(_links, links)
    op.bulk_insert(_chains, [{"name": "scans", "length": len(links), "hash": previous}])


_scans = sa.table(
    "scans",
    *(sa.column(name) for name in ("id", "event_id", "resident_id", "kind", "how", "by", "nonce_index")),
    sa.column("at", stationapp.db.UtcDateTime(timezone=True)),
    sa.column("arrived_at", stationapp.db.UtcDateTime(timezone=True)),
)
_links = sa.table("scan_links", *(sa.column(name) for name in ("number", "scan_id", "previous_hash", "hash")))
_chains = sa.table("chains", *(sa.column(name) for name in ("name", "length", "hash")))
