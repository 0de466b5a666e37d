"""Personal cards, and certificates with their registers"""

import sqlalchemy as sa
from alembic import op

import stationapp.db
from stationapp.migrations.append_only import guard

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    for table in ("certificates", "revocations"):
        guard(table)
