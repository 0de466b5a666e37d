"""The first schema"""

import sqlalchemy as sa
from alembic import op

import stationapp.db
from stationapp.audit.models import GENESIS
from stationapp.migrations.append_only import guard

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CHAINS = ("audit", "hours", "reports")

KEPT = (
    "audit_lines",
    "event_steps",
    "signup_moves",
    "scans",
    "hours_entries",
    "coverage_reports",
    "counted_events",
)


def upgrade() -> None:
    op.create_table(
        "audit_lines",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_lines")),
    )
    with op.batch_alter_table("audit_lines", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_audit_lines_actor_id"), ["actor_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_audit_lines_at"), ["at"], unique=False)

    op.create_table(
        "chains",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chains")),
    )
    op.create_table(
        "holidays",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_holidays")),
    )
    op.create_table(
        "households",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("tail_index", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_households")),
        sa.UniqueConstraint("phone_index", name=op.f("uq_households_phone_index")),
    )
    with op.batch_alter_table("households", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_households_tail_index"), ["tail_index"], unique=False)

    op.create_table(
        "job_runs",
        sa.Column("job", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("began_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("done_ever", sa.Integer(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("job", name=op.f("pk_job_runs")),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("until_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "sites",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "level",
            sa.Enum(
                "center",
                "office",
                "station",
                name="level",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("legal_body", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("publishes_directly", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("successor_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("(level = 'center') = (parent_id IS NULL)", name=op.f("ck_sites_parent")),
        sa.CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name=op.f("ck_sites_dates")),
        sa.ForeignKeyConstraint(["parent_id"], ["sites.id"], name=op.f("fk_sites_parent_id")),
        sa.ForeignKeyConstraint(["successor_id"], ["sites.id"], name=op.f("fk_sites_successor_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("code", name=op.f("uq_sites_code")),
    )
    with op.batch_alter_table("sites", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sites_parent_id"), ["parent_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_sites_path"), ["path"], unique=False)

    op.create_table(
        "staff",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("added_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff")),
        sa.UniqueConstraint("login", name=op.f("uq_staff_login")),
    )
    op.create_table(
        "tries",
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sa.Column("window_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key_index", "window_at", name=op.f("pk_tries")),
    )
    op.create_table(
        "coverage_reports",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("month_on", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("closed_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Integer(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint("version = 1 OR reason <> ''", name=op.f("ck_coverage_reports_reason")),
        sa.CheckConstraint("version > 0", name=op.f("ck_coverage_reports_version")),
        sa.ForeignKeyConstraint(["closed_by"], ["staff.id"], name=op.f("fk_coverage_reports_closed_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_coverage_reports_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_reports")),
        sa.UniqueConstraint(
            "site_id", "month_on", "version", name=op.f("uq_coverage_reports_site_id_month_on_version")
        ),
    )
    with op.batch_alter_table("coverage_reports", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_coverage_reports_site_id"), ["site_id"], unique=False)

    op.create_table(
        "grants",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "manager",
                "helper",
                "reviewer",
                "viewer",
                "administrator",
                "auditor",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("granted_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("granted_by", sa.Integer(), nullable=True),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["granted_by"], ["staff.id"], name=op.f("fk_grants_granted_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_grants_site_id")),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_grants_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grants")),
    )
    with op.batch_alter_table("grants", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_grants_staff_id"), ["staff_id"], unique=False)
        batch_op.create_index(
            "uq_grants_live",
            ["staff_id", "site_id", "role"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "invitations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("expires_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("used_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_invitations_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitations")),
        sa.UniqueConstraint("token_index", name=op.f("uq_invitations_token_index")),
    )
    with op.batch_alter_table("invitations", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_invitations_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "logins",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("token_index", sa.LargeBinary(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column("device", sa.Text(), nullable=False),
        sa.Column("began_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("seen_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_logins_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_logins")),
        sa.UniqueConstraint("token_index", name=op.f("uq_logins_token_index")),
    )
    with op.batch_alter_table("logins", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_logins_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "occasion",
            sa.Enum(
                "close_out_due",
                "month_prepared",
                "promoted",
                "postponed",
                "cancelled",
                "moved",
                name="occasion",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["done_by"], ["staff.id"], name=op.f("fk_notices_done_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_notices_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("occasion", "subject", "step", name=op.f("uq_notices_occasion_subject_step")),
    )
    with op.batch_alter_table("notices", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_notices_site_id"), ["site_id"], unique=False)

    op.create_table(
        "populations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column(
            "group",
            sa.Enum(
                "all",
                "under14",
                "under18",
                "over60",
                "over65",
                "over80",
                name="group",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("loaded_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("people >= 0", name=op.f("ck_populations_people")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_populations_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_populations")),
        sa.UniqueConstraint("site_id", "group", "as_of", name=op.f("uq_populations_site_id_group_as_of")),
    )
    op.create_table(
        "residents",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("initials", sa.Text(), nullable=False),
        sa.Column("birth_month", sa.Text(), nullable=True),
        sa.Column(
            "lives",
            sa.Enum(
                "here",
                "outside",
                "unknown",
                name="lives",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column("guardian_consent_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(lives = 'here') = (community_id IS NOT NULL)", name=op.f("ck_residents_home")),
        sa.CheckConstraint(
            "birth_month IS NULL OR length(birth_month) = 7", name=op.f("ck_residents_birth_month")
        ),
        sa.ForeignKeyConstraint(["community_id"], ["sites.id"], name=op.f("fk_residents_community_id")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_residents_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_residents")),
        sa.UniqueConstraint("household_id", "name", name=op.f("uq_residents_household_id_name")),
    )
    with op.batch_alter_table("residents", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_residents_community_id"), ["community_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_residents_household_id"), ["household_id"], unique=False)
        batch_op.create_index("ix_residents_initials", ["initials"], unique=False)

    op.create_table(
        "rooms",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("floor", sa.Text(), nullable=False),
        sa.Column("step_free", sa.Boolean(), nullable=True),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.CheckConstraint("capacity >= 0", name=op.f("ck_rooms_capacity")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_rooms_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
        sa.UniqueConstraint("site_id", "name", name=op.f("uq_rooms_site_id_name")),
    )
    op.create_table(
        "series",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column(
            "cadence",
            sa.Enum(
                "year_round",
                "staged",
                "one_off",
                name="cadence",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_series_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_series")),
        sa.UniqueConstraint("code", name=op.f("uq_series_code")),
    )
    with op.batch_alter_table("series", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_series_site_id"), ["site_id"], unique=False)

    op.create_table(
        "uploads",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("staff_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "sites",
                "population",
                "rooms",
                "holidays",
                "plan",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("filename", sa.Text(), nullable=False),
        sa.Column("month", sa.Text(), nullable=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], name=op.f("fk_uploads_staff_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    with op.batch_alter_table("uploads", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_uploads_staff_id"), ["staff_id"], unique=False)

    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("series_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "published",
                "postponed",
                "cancelled",
                "closed_out",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
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
            nullable=True,
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
            nullable=True,
        ),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=True),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("starts_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ends_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("opens_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closes_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("min_age", sa.Integer(), nullable=True),
        sa.Column("max_age", sa.Integer(), nullable=True),
        sa.Column(
            "residence",
            sa.Enum(
                "anyone",
                "district",
                "office",
                "community",
                name="residence",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("bring", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("contact_phone", sa.Text(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("break_minutes", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.Column("queued", sa.Integer(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Integer(), nullable=True),
        sa.Column("published_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_out_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("capacity IS NULL OR capacity >= 0", name=op.f("ck_events_capacity")),
        sa.CheckConstraint(
            "closes_at IS NULL OR opens_at IS NULL OR closes_at > opens_at", name=op.f("ck_events_window")
        ),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_events_times")),
        sa.CheckConstraint(
            "min_age IS NULL OR max_age IS NULL OR min_age <= max_age", name=op.f("ck_events_ages")
        ),
        sa.CheckConstraint(
            "taken >= 0 AND (capacity IS NULL OR taken <= capacity)", name=op.f("ck_events_seats")
        ),
        sa.CheckConstraint("waiting >= 0 AND queued >= 0", name=op.f("ck_events_queue")),
        sa.ForeignKeyConstraint(["made_by"], ["staff.id"], name=op.f("fk_events_made_by")),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_events_room_id")),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name=op.f("fk_events_series_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_events_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
        sa.UniqueConstraint("code", name=op.f("uq_events_code")),
        sa.UniqueConstraint("source", name=op.f("uq_events_source")),
    )
    with op.batch_alter_table("events", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_events_series_id"), ["series_id"], unique=False)
        batch_op.create_index("ix_events_site_starts", ["site_id", "starts_at"], unique=False)
        batch_op.create_index("ix_events_state_starts", ["state", "starts_at"], unique=False)

    op.create_table(
        "volunteers",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("personal_index", sa.LargeBinary(), nullable=False),
        sa.Column("personal_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("registered_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_volunteers_resident_id")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_volunteers_site_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_volunteers")),
        sa.UniqueConstraint("code", name=op.f("uq_volunteers_code")),
        sa.UniqueConstraint("personal_index", name=op.f("uq_volunteers_personal_index")),
        sa.UniqueConstraint("resident_id", name=op.f("uq_volunteers_resident_id")),
    )
    with op.batch_alter_table("volunteers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_volunteers_site_id"), ["site_id"], unique=False)

    op.create_table(
        "attendances",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column(
            "part",
            sa.Enum(
                "resident",
                "volunteer",
                "staff",
                name="part",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "family",
                "phone",
                "desk",
                "team",
                "walk_in",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("came_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column(
            "came_how",
            sa.Enum(
                "roster",
                "staff_scan",
                "venue",
                "walk_in",
                "paper",
                name="how",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("left_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "left_how",
            sa.Enum(
                "roster",
                "staff_scan",
                "venue",
                "walk_in",
                "paper",
                name="how",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=True,
        ),
        sa.Column(
            "lives",
            sa.Enum(
                "here",
                "outside",
                "unknown",
                name="lives",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("community_id", sa.Integer(), nullable=True),
        sa.Column(
            "band",
            sa.Enum(
                "0-2",
                "3-6",
                "7-13",
                "14-17",
                "18-44",
                "45-59",
                "60-64",
                "65-69",
                "70-79",
                "80+",
                "unknown",
                name="ageband",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.CheckConstraint("(lives = 'here') = (community_id IS NOT NULL)", name=op.f("ck_attendances_home")),
        sa.CheckConstraint("(left_at IS NULL) = (left_how IS NULL)", name=op.f("ck_attendances_left")),
        sa.CheckConstraint("left_at IS NULL OR left_at > came_at", name=op.f("ck_attendances_times")),
        sa.ForeignKeyConstraint(["community_id"], ["sites.id"], name=op.f("fk_attendances_community_id")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_attendances_event_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_attendances_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attendances")),
        sa.UniqueConstraint("event_id", "resident_id", name=op.f("uq_attendances_event_id_resident_id")),
    )
    with op.batch_alter_table("attendances", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attendances_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_attendances_resident_id"), ["resident_id"], unique=False)

    op.create_table(
        "counted_events",
        sa.Column("report_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("closed_out_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_counted_events_event_id")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["coverage_reports.id"], name=op.f("fk_counted_events_report_id")
        ),
        sa.PrimaryKeyConstraint("report_id", "event_id", name=op.f("pk_counted_events")),
    )
    op.create_table(
        "event_steps",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "step",
            sa.Enum(
                "submit",
                "withdraw",
                "return",
                "publish",
                "postpone",
                "cancel",
                "close_out",
                "reopen",
                name="step",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "from_state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "published",
                "postponed",
                "cancelled",
                "closed_out",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "draft",
                "submitted",
                "returned",
                "published",
                "postponed",
                "cancelled",
                "closed_out",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_event_steps_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_steps_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event_steps")),
    )
    with op.batch_alter_table("event_steps", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_event_steps_event_id"), ["event_id"], unique=False)

    op.create_table(
        "event_themes",
        sa.Column("event_id", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_event_themes_event_id")),
        sa.PrimaryKeyConstraint("event_id", "theme", name=op.f("pk_event_themes")),
    )
    op.create_table(
        "headcounts",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column(
            "band",
            sa.Enum(
                "0-2",
                "3-6",
                "7-13",
                "14-17",
                "18-44",
                "45-59",
                "60-64",
                "65-69",
                "70-79",
                "80+",
                "unknown",
                name="ageband",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.CheckConstraint("people > 0", name=op.f("ck_headcounts_people")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_headcounts_event_id")),
        sa.PrimaryKeyConstraint("event_id", "band", name=op.f("pk_headcounts")),
    )
    op.create_table(
        "manual_hours",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=True),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "no_network",
                "forgot_out",
                "paper_only",
                "outside",
                "other",
                name="manualreason",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "proposed",
                "approved",
                "rejected",
                name="manualstate",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("proposed_by", sa.Integer(), nullable=False),
        sa.Column("proposed_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Integer(), nullable=True),
        sa.Column("decided_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_from", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "(state = 'proposed') = (decided_at IS NULL)", name=op.f("ck_manual_hours_decided")
        ),
        sa.CheckConstraint(
            "decided_by IS NULL OR decided_by <> proposed_by", name=op.f("ck_manual_hours_two_people")
        ),
        sa.CheckConstraint(
            "minutes > 0 AND minutes <= 480 AND minutes % 30 = 0", name=op.f("ck_manual_hours_minutes")
        ),
        sa.ForeignKeyConstraint(["decided_by"], ["staff.id"], name=op.f("fk_manual_hours_decided_by")),
        sa.ForeignKeyConstraint(["decided_from"], ["sites.id"], name=op.f("fk_manual_hours_decided_from")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_manual_hours_event_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["staff.id"], name=op.f("fk_manual_hours_proposed_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_manual_hours_site_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_manual_hours_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_manual_hours")),
    )
    with op.batch_alter_table("manual_hours", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_manual_hours_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_manual_hours_volunteer_id"), ["volunteer_id"], unique=False)

    op.create_table(
        "parties",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_index", sa.LargeBinary(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("household_id", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column(
            "first_state",
            sa.Enum(
                "held",
                "confirmed",
                "waitlisted",
                "offered",
                "cancelled",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("queue_number", sa.Integer(), nullable=True),
        sa.Column(
            "channel",
            sa.Enum(
                "web",
                "family",
                "phone",
                "desk",
                "team",
                "walk_in",
                name="channel",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("consent", sa.Text(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("channel IN ('web', 'family') OR by IS NOT NULL", name=op.f("ck_parties_staff")),
        sa.CheckConstraint("size > 0", name=op.f("ck_parties_size")),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_parties_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_parties_event_id")),
        sa.ForeignKeyConstraint(["household_id"], ["households.id"], name=op.f("fk_parties_household_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parties")),
        sa.UniqueConstraint("event_id", "queue_number", name=op.f("uq_parties_event_id_queue_number")),
        sa.UniqueConstraint("key_index", name=op.f("uq_parties_key_index")),
    )
    with op.batch_alter_table("parties", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_parties_event_id"), ["event_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_parties_household_id"), ["household_id"], unique=False)

    op.create_table(
        "scans",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
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
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_scans_by")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_scans_event_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_scans_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
        sa.UniqueConstraint("nonce_index", name=op.f("uq_scans_nonce_index")),
    )
    with op.batch_alter_table("scans", schema=None) as batch_op:
        batch_op.create_index("ix_scans_event_resident", ["event_id", "resident_id"], unique=False)

    op.create_table(
        "shifts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column(
            "risk",
            sa.Enum(
                "ordinary", "elevated", name="risk", native_enum=False, create_constraint=True, length=30
            ),
            nullable=False,
        ),
        sa.Column("risk_note", sa.Text(), nullable=False),
        sa.Column("insurance", sa.Text(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint("risk = 'ordinary' OR insurance <> ''", name=op.f("ck_shifts_insurance")),
        sa.CheckConstraint("risk_note <> ''", name=op.f("ck_shifts_risk_note")),
        sa.CheckConstraint("needed > 0", name=op.f("ck_shifts_needed")),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_shifts_event_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    with op.batch_alter_table("shifts", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_shifts_event_id"), ["event_id"], unique=False)

    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("made_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", stationapp.db.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["shift_id"], ["shifts.id"], name=op.f("fk_assignments_shift_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_assignments_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignments")),
    )
    with op.batch_alter_table("assignments", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_assignments_volunteer_id"), ["volunteer_id"], unique=False)
        batch_op.create_index(
            "uq_assignments_live",
            ["shift_id", "volunteer_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "hours_entries",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("volunteer_id", sa.Integer(), nullable=False),
        sa.Column("site_id", sa.Integer(), nullable=False),
        sa.Column("served_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("attendance_id", sa.Integer(), nullable=True),
        sa.Column("turn", sa.Integer(), nullable=True),
        sa.Column("manual_id", sa.Integer(), nullable=True),
        sa.Column("corrects_id", sa.Integer(), nullable=True),
        sa.Column("posted_at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("posted_by", sa.Integer(), nullable=True),
        sa.Column("previous_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(CASE WHEN attendance_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN manual_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN corrects_id IS NULL THEN 0 ELSE 1 END) = 1",
            name=op.f("ck_hours_entries_one_source"),
        ),
        sa.CheckConstraint("(attendance_id IS NULL) = (turn IS NULL)", name=op.f("ck_hours_entries_turn")),
        sa.CheckConstraint("corrects_id IS NOT NULL OR minutes >= 0", name=op.f("ck_hours_entries_sign")),
        sa.ForeignKeyConstraint(
            ["attendance_id"], ["attendances.id"], name=op.f("fk_hours_entries_attendance_id")
        ),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["hours_entries.id"], name=op.f("fk_hours_entries_corrects_id")
        ),
        sa.ForeignKeyConstraint(["manual_id"], ["manual_hours.id"], name=op.f("fk_hours_entries_manual_id")),
        sa.ForeignKeyConstraint(["posted_by"], ["staff.id"], name=op.f("fk_hours_entries_posted_by")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_hours_entries_site_id")),
        sa.ForeignKeyConstraint(
            ["volunteer_id"], ["volunteers.id"], name=op.f("fk_hours_entries_volunteer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hours_entries")),
        sa.UniqueConstraint("attendance_id", "turn", name=op.f("uq_hours_entries_attendance_id_turn")),
        sa.UniqueConstraint("corrects_id", name=op.f("uq_hours_entries_corrects_id")),
        sa.UniqueConstraint("manual_id", name=op.f("uq_hours_entries_manual_id")),
    )
    with op.batch_alter_table("hours_entries", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_hours_entries_served_on"), ["served_on"], unique=False)
        batch_op.create_index(batch_op.f("ix_hours_entries_site_id"), ["site_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_hours_entries_volunteer_id"), ["volunteer_id"], unique=False)

    op.create_table(
        "passed_over",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("overtaken_by", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["overtaken_by"], ["parties.id"], name=op.f("fk_passed_over_overtaken_by")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_passed_over_party_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passed_over")),
    )
    with op.batch_alter_table("passed_over", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_passed_over_party_id"), ["party_id"], unique=False)

    op.create_table(
        "signups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("party_id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("resident_id", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "held",
                "confirmed",
                "waitlisted",
                "offered",
                "cancelled",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("code_index", sa.LargeBinary(), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["event_id"], ["events.id"], name=op.f("fk_signups_event_id")),
        sa.ForeignKeyConstraint(["party_id"], ["parties.id"], name=op.f("fk_signups_party_id")),
        sa.ForeignKeyConstraint(["resident_id"], ["residents.id"], name=op.f("fk_signups_resident_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signups")),
        sa.UniqueConstraint("code_index", name=op.f("uq_signups_code_index")),
    )
    with op.batch_alter_table("signups", schema=None) as batch_op:
        batch_op.create_index("ix_signups_event_state", ["event_id", "state"], unique=False)
        batch_op.create_index(batch_op.f("ix_signups_party_id"), ["party_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_signups_resident_id"), ["resident_id"], unique=False)
        batch_op.create_index(
            "uq_signups_live",
            ["event_id", "resident_id"],
            unique=True,
            sqlite_where=sa.text("state <> 'cancelled'"),
            postgresql_where=sa.text("state <> 'cancelled'"),
        )

    op.create_table(
        "signup_moves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("signup_id", sa.Integer(), nullable=False),
        sa.Column(
            "from_state",
            sa.Enum(
                "held",
                "confirmed",
                "waitlisted",
                "offered",
                "cancelled",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column(
            "to_state",
            sa.Enum(
                "held",
                "confirmed",
                "waitlisted",
                "offered",
                "cancelled",
                name="place",
                native_enum=False,
                create_constraint=True,
                length=30,
            ),
            nullable=False,
        ),
        sa.Column("at", stationapp.db.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Integer(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["by"], ["staff.id"], name=op.f("fk_signup_moves_by")),
        sa.ForeignKeyConstraint(["signup_id"], ["signups.id"], name=op.f("fk_signup_moves_signup_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup_moves")),
    )
    with op.batch_alter_table("signup_moves", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_signup_moves_signup_id"), ["signup_id"], unique=False)

    for table in KEPT:
        guard(table)
    chains = sa.table("chains", sa.column("name"), sa.column("length"), sa.column("hash"))
    op.bulk_insert(chains, [{"name": name, "length": 0, "hash": GENESIS} for name in CHAINS])
