"""People and the phones they are reached by. Phones and codes are sealed; see `vault`."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.residents.rules import Lives


class Household(Base):
    """People managed from one phone; without a phone, a household of its own."""

    __tablename__ = "households"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone_index: Mapped[bytes | None] = mapped_column(unique=True)
    phone_sealed: Mapped[bytes | None]
    tail_index: Mapped[bytes | None] = mapped_column(index=True)  # keyed hash of the last four digits
    made_at: Mapped[datetime]


class Resident(Base):
    """A person: a name within a household."""

    __tablename__ = "residents"
    __table_args__ = (
        UniqueConstraint("household_id", "name"),
        CheckConstraint("(lives = 'here') = (community_id IS NOT NULL)", name="home"),
        CheckConstraint("birth_month IS NULL OR length(birth_month) = 7", name="birth_month"),
        Index("ix_residents_initials", "initials"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    name: Mapped[str]
    initials: Mapped[str]
    birth_month: Mapped[str | None]  # "YYYY-MM"
    lives: Mapped[Lives] = mapped_column(default=Lives.UNKNOWN)
    community_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    guardian_consent_at: Mapped[datetime | None]  # for a child under 14: when the guardian agreed
    made_at: Mapped[datetime]
