"""Answers, the slips they may be written on, and who was called. No row leads to a person without the keys."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base, live_index
from stationapp.opinions.rules import Via


class Answer(Base):
    """What somebody thought of an event. Append-only: who answers anew writes a row that replaces the one before.

    It knows the day and not the hour, which could be held against a login or a list of calls. Without a score the
    answer was taken back (a slip entered by mistake).
    """

    __tablename__ = "answers"
    __table_args__ = (
        CheckConstraint("score IN (1, 3, 5)", name="score"),
        CheckConstraint("(how = 'page') = (by IS NULL)", name="by"),
        CheckConstraint("score IS NOT NULL OR (comment_sealed IS NULL AND how <> 'page')", name="taken_back"),
        Index("ix_answers_event", "event_id", "id", "score", "how"),
        live_index("uq_answers_replaces", "replaces_id", where="replaces_id IS NOT NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    slot_index: Mapped[bytes] = mapped_column(index=True)  # keyed hash of what may answer once: see slots
    score: Mapped[int | None]  # a Face's value
    comment_sealed: Mapped[bytes | None]
    how: Mapped[Via]
    said_on: Mapped[date]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # who entered it, or called
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("answers.id"))  # the slot's answer before
    key_index: Mapped[bytes | None] = mapped_column(unique=True)  # makes a repeated form harmless


class SlipSheet(Base):
    """Slips as they were printed for an event: a serial, and so many numbers. Append-only."""

    __tablename__ = "slip_sheets"
    __table_args__ = (CheckConstraint("slips > 0", name="slips"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    slips: Mapped[int]
    printed_at: Mapped[datetime]
    printed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class OpinionCall(Base):
    """That somebody was called about an event, so that nobody is called twice in a month; not who, not what came of it.

    Append-only.
    """

    __tablename__ = "opinion_calls"

    asked_index: Mapped[bytes] = mapped_column(primary_key=True)  # keyed hash of person and month: see slots
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
