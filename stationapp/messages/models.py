"""The outbox: who is to be told what, by which way, and what became of it (trust.md, Messages)."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base, live_index
from stationapp.messages.rules import AttemptEnd, CallOutcome, Delivery, StopWhy, Way
from stationapp.notices.rules import Occasion


class Message(Base):
    """One thing told to one household by one way; one row per occasion, household and way (trust.md M1).

    What it says is made from the facts when it is sent, so that it is true then. `subject` is a notice's
    ("event K7Q2M9X4", "party 51"), or "day 2026-11-25" of a reminder: never a person's data.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("occasion", "subject", "step", "household_id", "way"),
        CheckConstraint("(state = 'claimed' OR state = 'sending') = (claimed_at IS NOT NULL)", name="claim"),
        CheckConstraint("(claimed_at IS NULL) = (claim IS NULL)", name="claimed"),
        Index("ix_messages_state_due", "state", "way", "due_at"),
        Index("ix_messages_site_way", "site_id", "way", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    occasion: Mapped[Occasion]
    subject: Mapped[str]
    step: Mapped[int] = mapped_column(default=0)
    household_id: Mapped[int] = mapped_column(ForeignKey("households.id"), index=True)
    way: Mapped[Way]
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))  # whose desk it belongs to
    notice_id: Mapped[int | None] = mapped_column(ForeignKey("notices.id"), index=True)  # its cause
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"), index=True)  # whose places
    made_at: Mapped[datetime]
    due_at: Mapped[datetime]  # not before
    until_at: Mapped[datetime | None]  # of no use after
    state: Mapped[Delivery] = mapped_column(default=Delivery.PENDING)
    why: Mapped[str] = mapped_column(default="")  # of a final state; never a person's data
    tries: Mapped[int] = mapped_column(default=0)  # how often it was handed to the gateway
    claim: Mapped[str | None]  # which taking-up has it: a random token
    claimed_at: Mapped[datetime | None]
    gateway_ref: Mapped[str | None] = mapped_column(unique=True)  # the gateway's name for it
    text_sealed: Mapped[bytes | None]  # what was sent
    ended_at: Mapped[datetime | None]


class Attempt(Base):
    """One handing of a message to the gateway: append-only."""

    __tablename__ = "message_attempts"
    __table_args__ = (UniqueConstraint("message_id", "number"), Index("ix_message_attempts_at", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    number: Mapped[int]
    at: Mapped[datetime]
    outcome: Mapped[AttemptEnd]
    said: Mapped[str]  # the gateway's code or the error's class
    gateway_ref: Mapped[str | None]


class Receipt(Base):
    """What the gateway reported later about a message: append-only; the same report twice is one row."""

    __tablename__ = "receipts"
    __table_args__ = (UniqueConstraint("gateway_ref", "delivered"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    gateway_ref: Mapped[str]
    delivered: Mapped[bool]
    said: Mapped[str]
    at: Mapped[datetime]


class Wording(Base):
    """A district's own words for an occasion and way, instead of the built-in ones."""

    __tablename__ = "wordings"
    __table_args__ = (UniqueConstraint("occasion", "way"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    occasion: Mapped[Occasion]
    way: Mapped[Way]
    text: Mapped[str]
    gateway_code: Mapped[str] = mapped_column(default="")  # the number under which a gateway approved it
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class Stop(Base):
    """A way of sending is stopped until somebody lifts it."""

    __tablename__ = "stops"
    __table_args__ = (
        live_index("uq_stops_live", "way", where="lifted_at IS NULL"),
        CheckConstraint("(lifted_at IS NULL) OR (lifted_by IS NOT NULL)", name="lifted"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    way: Mapped[Way]
    why: Mapped[StopWhy]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class CallAnswer(Base):
    """What came of a call: append-only, the last one holds."""

    __tablename__ = "call_answers"

    id: Mapped[int] = mapped_column(primary_key=True)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id"), index=True)
    outcome: Mapped[CallOutcome]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
