"""Who was there. Figures rest on these rows alone."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.attendance.rules import Fate, How, Kind, Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import Base
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel


class Scan(Base):
    """A fact: somebody was seen coming or going. Append-only."""

    __tablename__ = "scans"
    __table_args__ = (
        Index("ix_scans_event_resident", "event_id", "resident_id"),
        CheckConstraint("(device_id IS NULL) = (sequence IS NULL)", name="device"),
        Index("uq_scans_device_sequence", "device_id", "sequence", unique=True),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"))
    kind: Mapped[Kind]
    how: Mapped[How]
    at: Mapped[datetime]  # when it happened
    arrived_at: Mapped[datetime]  # when it reached us
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    nonce_index: Mapped[bytes | None] = mapped_column(unique=True)  # makes a repeated form harmless
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    sequence: Mapped[int | None]  # the device's own count of its scans
    asker_index: Mapped[bytes | None]  # keyed hash of the browser a person checked in with
    said_at: Mapped[datetime | None]  # told by staff afterwards: its place among the scans, instead of `at`


class ScanLink(Base):
    """The link of the chain that holds one scan as it was written; made at the end of the same transaction."""

    __tablename__ = "scan_links"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    scan_id: Mapped[int] = mapped_column(ForeignKey("scans.id"), unique=True)
    previous_hash: Mapped[str]
    hash: Mapped[str]


class RefusedScan(Base):
    """A scan that could not be applied, with its reason; a late or conflicting one waits for a person."""

    __tablename__ = "refused_scans"
    __table_args__ = (
        CheckConstraint("(device_id IS NULL) = (sequence IS NULL)", name="device"),
        CheckConstraint("(fate IN ('taken', 'dropped')) = (decided_at IS NOT NULL)", name="decided"),
        UniqueConstraint("device_id", "sequence"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"), index=True)
    resident_id: Mapped[int | None] = mapped_column(ForeignKey("residents.id"))
    kind: Mapped[Kind]
    how: Mapped[How]
    at: Mapped[datetime]
    arrived_at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    nonce_index: Mapped[bytes | None] = mapped_column(unique=True)
    device_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))
    sequence: Mapped[int | None]
    reason: Mapped[str]  # the value of an AttendanceRefusal
    fate: Mapped[Fate]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    note: Mapped[str] = mapped_column(default="")


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


class SignSheet(Base):
    """A sign-in sheet as it was printed: what its serial and row numbers mean."""

    __tablename__ = "sign_sheets"

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    named_rows: Mapped[int]  # as printed: rows 1 to this one; the empty ones are numbered on
    empty_rows: Mapped[int]
    printed_at: Mapped[datetime]
    printed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))


class SheetRow(Base):
    """Who stands in which row of a printed sheet; for an empty row, who turned out to have signed in it."""

    __tablename__ = "sheet_rows"
    __table_args__ = (UniqueConstraint("sheet_id", "resident_id"), CheckConstraint("row > 0", name="row"))

    sheet_id: Mapped[int] = mapped_column(ForeignKey("sign_sheets.id"), primary_key=True)
    row: Mapped[int] = mapped_column(primary_key=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"))


class Photo(Base):
    """A picture of an event, encoded anew so that nothing of the camera is left in it; three at most."""

    __tablename__ = "photos"
    __table_args__ = (
        UniqueConstraint("event_id", "place"),
        CheckConstraint("place BETWEEN 1 AND 3", name="place"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"))
    place: Mapped[int]
    jpeg: Mapped[bytes]
    digest: Mapped[str]  # of these bytes: the address pages may keep for ever
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
