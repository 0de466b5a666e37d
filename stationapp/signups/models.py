"""Sign-ups: a party is what one request asked for, a sign-up is one person's place in it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base, live_index
from stationapp.signups.rules import CallOutcome, Channel, Place


class Party(Base):
    """One acknowledged request: its key maps to one answer for ever (trust.md S8)."""

    __tablename__ = "parties"
    __table_args__ = (
        UniqueConstraint("event_id", "queue_number"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("channel IN ('web', 'family') OR by IS NOT NULL", name="staff"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_index: Mapped[bytes] = mapped_column(unique=True)  # keyed hash of the request key
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    size: Mapped[int]
    first_state: Mapped[Place]  # what the request was answered with
    queue_number: Mapped[int | None]  # set when it had to wait
    channel: Mapped[Channel]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    consent: Mapped[str]  # the wording version agreed to, "web-1", "oral-1"
    made_at: Mapped[datetime]


class Signup(Base):
    """A person's place at an event. `state` is the party's first state or where the last move led."""

    __tablename__ = "signups"
    __table_args__ = (
        live_index("uq_signups_live", "event_id", "resident_id", where="state <> 'cancelled'"),
        Index("ix_signups_event_state", "event_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    state: Mapped[Place]
    code_index: Mapped[bytes] = mapped_column(unique=True)
    code_sealed: Mapped[bytes]


class SignupMove(Base):
    """A change of a place's state after the first: append-only (trust.md S5)."""

    __tablename__ = "signup_moves"

    id: Mapped[int] = mapped_column(primary_key=True)
    signup_id: Mapped[int] = mapped_column(ForeignKey("signups.id"), index=True)
    from_state: Mapped[Place]
    to_state: Mapped[Place]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    why: Mapped[str]  # "own", "staff", "seat freed"


class PassedOver(Base):
    """A waiting party that kept its rank while a smaller one behind it was seated (trust.md S4)."""

    __tablename__ = "passed_over"

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    overtaken_by: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    needed: Mapped[int]
    at: Mapped[datetime]


class CallAnswer(Base):
    """What came of calling a party about a notice: append-only, the last one holds.

    Whom to call is derived: the parties that had a place when the notice was made.
    """

    __tablename__ = "call_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("notices.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    outcome: Mapped[CallOutcome]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
