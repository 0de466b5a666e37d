"""Who was there. Figures rest on these rows alone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.attendance.rules import How, Kind, Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import Base
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel


class Scan(Base):
    """A fact: somebody was seen coming or going. Append-only."""

    __tablename__ = "scans"
    __table_args__ = (Index("ix_scans_event_resident", "event_id", "resident_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"))
    kind: Mapped[Kind]
    how: Mapped[How]
    at: Mapped[datetime]  # when it happened
    arrived_at: Mapped[datetime]  # when it reached us
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    nonce_index: Mapped[bytes | None] = mapped_column(unique=True)  # makes a repeated form harmless


class Attendance(Base):
    """The fold of one person's scans at one event; `undone` when nothing is left of it, and the row waits.

    Home community and age band are written down as they were on the day (domain.md §9).
    """

    __tablename__ = "attendances"
    __table_args__ = (
        UniqueConstraint("event_id", "resident_id"),
        CheckConstraint("left_at IS NULL OR left_at > came_at", name="times"),
        CheckConstraint("(left_at IS NULL) = (left_how IS NULL)", name="left"),
        CheckConstraint("(lives = 'here') = (community_id IS NOT NULL)", name="home"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    part: Mapped[Part]
    channel: Mapped[Channel]
    came_at: Mapped[datetime]
    came_how: Mapped[How]
    left_at: Mapped[datetime | None]
    left_how: Mapped[How | None]
    lives: Mapped[Lives]
    community_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    band: Mapped[AgeBand]
    undone: Mapped[bool] = mapped_column(default=False)


class Headcount(Base):
    """People counted but not named at an event, by age band; adds to attendances, never to persons."""

    __tablename__ = "headcounts"
    __table_args__ = (CheckConstraint("people > 0", name="people"),)

    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    band: Mapped[AgeBand] = mapped_column(primary_key=True)
    people: Mapped[int]
