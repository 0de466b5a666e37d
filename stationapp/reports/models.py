"""Closed months. A version is never changed; a correction is the next version. Beside it: marks, files, links."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.reports.life_rules import Audience, Mark


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


class SignOff(Base):
    """What somebody of the site said to one version (签审). Append-only: of one person the last one is shown."""

    __tablename__ = "sign_offs"
    __table_args__ = (CheckConstraint("mark <> 'objected' OR sentence <> ''", name="sentence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("coverage_reports.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    role: Mapped[str]  # in words, as it was then: roles end
    mark: Mapped[Mark]
    sentence: Mapped[str] = mapped_column(default="")
    at: Mapped[datetime]


class ReportFile(Base):
    """A version as a file, kept as it was made: paper and definitions may look different later. Append-only."""

    __tablename__ = "report_files"
    __table_args__ = (UniqueConstraint("report_id", "format", "audience"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("coverage_reports.id"))
    format: Mapped[str]  # "xlsx", "docx", "pdf"
    audience: Mapped[Audience]
    content: Mapped[bytes] = mapped_column(deferred=True)
    digest: Mapped[str]  # SHA-256 of the content
    made_at: Mapped[datetime]


class ReportLink(Base):
    """An address that shows one version to whoever has it, for a while; its token is kept as a keyed hash."""

    __tablename__ = "report_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_index: Mapped[bytes] = mapped_column(unique=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("coverage_reports.id"), index=True)
    audience: Mapped[Audience] = mapped_column(default=Audience.OUTSIDE)
    made_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    made_at: Mapped[datetime]
    until_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
