"""Closed months. A version is never changed; a correction is the next version."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base


class CoverageReport(Base):
    """One frozen version of a site's month: figures with their parts, and no person."""

    __tablename__ = "coverage_reports"
    __table_args__ = (
        UniqueConstraint("site_id", "month_on", "version"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("version = 1 OR reason <> ''", name="reason"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # the link's number in the chain
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    month_on: Mapped[date]  # the month's first day
    version: Mapped[int]
    body: Mapped[str]  # canonical JSON; its SHA-256 goes into `hash`
    reason: Mapped[str] = mapped_column(default="")
    closed_at: Mapped[datetime]
    closed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    previous_hash: Mapped[str]
    hash: Mapped[str]


class CountedEvent(Base):
    """An event that a version counted, and the close-out it counted it by (trust.md R2, R5)."""

    __tablename__ = "counted_events"

    report_id: Mapped[int] = mapped_column(ForeignKey("coverage_reports.id"), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), primary_key=True)
    closed_out_at: Mapped[datetime]
