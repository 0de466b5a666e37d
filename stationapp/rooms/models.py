"""Rooms (功能室) of a site, what goes round between sites, and who has them when."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.rooms.rules import RELEASE_AFTER, RoomKind


class Room(Base):
    """Something that can be booked, by one at a time."""

    __tablename__ = "rooms"
    __table_args__ = (
        UniqueConstraint("site_id", "name"),
        CheckConstraint("capacity >= 0", name="capacity"),
        CheckConstraint("release_after > 0", name="release_after"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[RoomKind] = mapped_column(default=RoomKind.ROOM)
    name: Mapped[str]
    capacity: Mapped[int | None]  # None: not limited
    floor: Mapped[str] = mapped_column(default="")
    step_free: Mapped[bool | None]  # None: not said
    hours: Mapped[str] = mapped_column(default="")
    release_after: Mapped[int | None] = mapped_column(default=RELEASE_AFTER)  # minutes; None: never


class Booking(Base):
    """A room's time, half-open, for an event or held for something else.

    Two bookings of one room never overlap: an exclusion constraint on PostgreSQL and triggers on SQLite refuse it
    (migration 0002). A booking given back early ends where it was given back.
    """

    __tablename__ = "bookings"
    __table_args__ = (
        UniqueConstraint("event_id", "room_id"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("(event_id IS NULL) = (purpose <> '')", name="purpose"),
        CheckConstraint("released_at IS NULL OR released_at = ends_at", name="released"),
        Index("ix_bookings_room_starts", "room_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[int] = mapped_column(ForeignKey("rooms.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    purpose: Mapped[str] = mapped_column(default="")  # what it is held for, when it is not an event
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    released_at: Mapped[datetime | None]
