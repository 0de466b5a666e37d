"""Sign-ups: a party is what one request asked for, a sign-up is one person's place in it."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base, live_index
from stationapp.signups.rules import Channel, Counted, HoldEnd, OfferEnd, PassedWhy, Place, Span

_WALK_IN = text("channel = 'walk_in'")
"""The few whom somebody let in at the door: every report leaves them out of those who promised to come."""


class Party(Base):
    """One acknowledged request: its key maps to one answer for ever (trust.md S8)."""

    __tablename__ = "parties"
    __table_args__ = (
        UniqueConstraint("event_id", "queue_number"),
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("channel IN ('web', 'family') OR by IS NOT NULL", name="staff"),
        Index(
            "ix_parties_walk_in", "event_id", **dict.fromkeys(("sqlite_where", "postgresql_where"), _WALK_IN)
        ),
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
    declared: Mapped[bool] = mapped_column(default=False)  # all said to belong to the event's audience
    lifted: Mapped[str] = mapped_column(default="")  # staff's reason for going beyond a limit
    drawn: Mapped[int | None]  # rank by lot; who has one stands before who has none
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
    """A waiting party that kept its rank while another was seated before it, and why (trust.md S4)."""

    __tablename__ = "passed_over"

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    overtaken_by: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    needed: Mapped[int]
    why: Mapped[PassedWhy] = mapped_column(default=PassedWhy.SIZE)
    at: Mapped[datetime]


class SeatHold(Base):
    """Seats kept for a few minutes while a form or a call is under way; counted in the event's `taken`.

    Of a course there is one a date, with keys derived like those of parties.
    """

    __tablename__ = "seat_holds"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        CheckConstraint("(ended_at IS NULL) = (ended IS NULL)", name="end"),
        CheckConstraint("first_at <= made_at", name="first"),
        CheckConstraint(
            "CASE WHEN ended = 'used' THEN party_id IS NOT NULL ELSE party_id IS NULL END", name="used"
        ),
        Index("ix_seat_holds_ended_until", "ended_at", "until_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key_index: Mapped[bytes] = mapped_column(unique=True)  # keyed hash of the token in the form
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    size: Mapped[int]
    by_phone: Mapped[bool]  # may take seats kept back for callers
    asker_index: Mapped[bytes | None]  # keyed hash of the address a form was asked from
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    first_at: Mapped[datetime]  # when its token first held seats: how long a form may go on counts from here
    made_at: Mapped[datetime]  # since when so many are held
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended: Mapped[HoldEnd | None]
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))


class Offer(Base):
    """A freed place kept for a waiting household until it answers or the time is over."""

    __tablename__ = "offers"
    __table_args__ = (
        live_index("uq_offers_live", "party_id", where="ended_at IS NULL"),
        CheckConstraint("(ended_at IS NULL) = (ended IS NULL)", name="end"),
        CheckConstraint("until_at > made_at", name="window"),
        Index("ix_offers_ended_until", "ended_at", "until_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    made_at: Mapped[datetime]
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended: Mapped[OfferEnd | None]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # None: they themselves


class Draw(Base):
    """The lot of an event: what is published beforehand, and after it the seed by which anybody can do it again."""

    __tablename__ = "draws"
    __table_args__ = (CheckConstraint("(drawn_at IS NULL) = (seed IS NULL)", name="revealed"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    commitment: Mapped[str]  # hex SHA-256 of the seed
    seed_sealed: Mapped[bytes]
    made_at: Mapped[datetime]
    drawn_at: Mapped[datetime | None]
    seed: Mapped[str | None]  # in clear once drawn


class PlaceLimit(Base):
    """How many live places one person or household may take by itself at the events of a site and all beneath."""

    __tablename__ = "place_limits"
    __table_args__ = (
        live_index("uq_place_limits_live", "site_id", "counted", "span", where="ended_at IS NULL"),
        CheckConstraint("most > 0", name="most"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    counted: Mapped[Counted]
    span: Mapped[Span]
    most: Mapped[int]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
