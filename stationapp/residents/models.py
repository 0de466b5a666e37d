"""People and the phones they are reached by. Phones and codes are sealed; see `vault`."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base, live_index
from stationapp.residents.rules import CodeVia, Lives


class Household(Base):
    """People managed from one phone; without a phone, a household of its own."""

    __tablename__ = "households"

    id: Mapped[int] = mapped_column(primary_key=True)
    phone_index: Mapped[bytes | None] = mapped_column(unique=True)
    phone_sealed: Mapped[bytes | None]
    tail_index: Mapped[bytes | None] = mapped_column(index=True)  # keyed hash of the last four digits
    made_at: Mapped[datetime]
    email_sealed: Mapped[bytes | None]
    reach_sealed: Mapped[bytes | None]  # without a phone: how else to reach them, in words
    no_texts_at: Mapped[datetime | None]  # since when no text messages and no mail but codes asked for


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
    guardian_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id"), index=True)  # who agreed
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("residents.id"), index=True)  # see Merge
    made_at: Mapped[datetime]


class Merge(Base):
    """Two records found to be one person: `gone_id` stands for `kept_id` from `at` until it was undone.

    No fact is rewritten; who counts as whom at a moment is read from here, so that a closed month stays as it was.
    """

    __tablename__ = "merges"
    __table_args__ = (
        live_index("uq_merges_live", "gone_id", where="undone_at IS NULL"),
        CheckConstraint("kept_id <> gone_id", name="two"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kept_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    gone_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    undone_at: Mapped[datetime | None]
    undone_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class KeptApart(Base):
    """Two records that look like one person and are not, as somebody said: no longer suggested for merging."""

    __tablename__ = "kept_apart"
    __table_args__ = (CheckConstraint("one_id < other_id", name="order"),)

    one_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), primary_key=True)
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class HomeCode(Base):
    """A six-digit code that opens a household's own page once: sent to the phone, or read out by the desk."""

    __tablename__ = "home_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    code_index: Mapped[bytes]  # keyed hash of household and code
    code_sealed: Mapped[bytes | None]  # kept until it is sent or used, whichever comes first
    via: Mapped[CodeVia]
    made_at: Mapped[datetime]
    until_at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who read it out
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]


class HomeLogin(Base):
    """A browser in which a household's own page is open."""

    __tablename__ = "home_logins"

    id: Mapped[int] = mapped_column(primary_key=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    token_index: Mapped[bytes] = mapped_column(unique=True)
    device: Mapped[str]
    made_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
