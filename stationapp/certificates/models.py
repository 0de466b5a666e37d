"""Who may issue certificates, their register, and what each one says."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base


class Issuer(Base):
    """A site that is a legal person, with what must stand on a certificate."""

    __tablename__ = "issuers"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    legal_name: Mapped[str]
    in_charge: Mapped[str]
    handler: Mapped[str]
    contact: Mapped[str]
    filled_at: Mapped[datetime]
    filled_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Register(Base):
    """The last serial an issuer gave out in a year; numbers have no gap."""

    __tablename__ = "registers"

    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]


class Certificate(Base):
    """One certificate as it was issued: `content` is what it says, sealed, `hash` is of that text."""

    __tablename__ = "certificates"
    __table_args__ = (
        UniqueConstraint("site_id", "year", "serial"),
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("serial > 0", name="serial"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    year: Mapped[int]
    serial: Mapped[int]
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    up_to_id: Mapped[int] = mapped_column(ForeignKey("hours_entries.id"))  # the ledger's last line it counts
    minutes: Mapped[int]
    from_on: Mapped[date]
    to_on: Mapped[date]
    content_sealed: Mapped[bytes]
    hash: Mapped[str]
    key_index: Mapped[bytes] = mapped_column(unique=True)  # of issuer, form and volunteer
    issued_at: Mapped[datetime]
    issued_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Revocation(Base):
    """A certificate taken back, with the reason its check page says."""

    __tablename__ = "revocations"
    __table_args__ = (CheckConstraint("reason <> ''", name="reason"),)

    certificate_id: Mapped[int] = mapped_column(ForeignKey("certificates.id"), primary_key=True)
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
