"""Volunteers, shifts and the append-only ledger of hours."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.ext.hybrid import hybrid_method
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base, live_index
from stationapp.volunteers import question_rules
from stationapp.volunteers.rules import ManualReason, ManualState, QuestionOutcome, Risk


class Volunteer(Base):
    """A resident's volunteer profile. `code` is for the desk; the personal code opens the own ledger."""

    __tablename__ = "volunteers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)  # where the profile was taken in
    personal_index: Mapped[bytes] = mapped_column(unique=True)
    personal_sealed: Mapped[bytes]
    registered_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Shift(Base):
    """A need for volunteers at an event; states its risks (志愿服务条例 12, 17)."""

    __tablename__ = "shifts"
    __table_args__ = (
        CheckConstraint("needed > 0", name="needed"),
        CheckConstraint("risk = 'ordinary' OR insurance <> ''", name="insurance"),
        CheckConstraint("risk_note <> ''", name="risk_note"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("events.id"), index=True)
    title: Mapped[str]
    needed: Mapped[int]
    risk: Mapped[Risk] = mapped_column(default=Risk.ORDINARY)
    risk_note: Mapped[str]
    insurance: Mapped[str] = mapped_column(default="")  # policy number
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]  # taken back by the desk: nobody stands in it, and no list shows it


class Assignment(Base):
    """Who takes a shift."""

    __tablename__ = "assignments"
    __table_args__ = (
        live_index("uq_assignments_live", "shift_id", "volunteer_id", where="ended_at IS NULL"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    shift_id: Mapped[int] = mapped_column(ForeignKey("shifts.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ManualHours(Base):
    """Hours without a scan (补录): proposed by one person, approved by another at a higher site (H4)."""

    __tablename__ = "manual_hours"
    __table_args__ = (
        CheckConstraint("minutes > 0 AND minutes <= 480 AND minutes % 30 = 0", name="minutes"),
        CheckConstraint("decided_by IS NULL OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint("(state = 'proposed') = (decided_at IS NULL)", name="decided"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    served_on: Mapped[date]
    minutes: Mapped[int]
    reason: Mapped[ManualReason]
    note: Mapped[str]
    state: Mapped[ManualState] = mapped_column(default=ManualState.PROPOSED)
    proposed_by: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    # Where the proposer's right came from; None: the place itself (proposed before this was kept).
    proposed_from: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))
    proposed_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]
    decided_from: Mapped[int | None] = mapped_column(
        ForeignKey("sites.id")
    )  # where the approver's right came from


class HoursEntry(Base):
    """A line of the ledger. Never changed or deleted; a correction is a new line naming the one it undoes."""

    __tablename__ = "hours_entries"
    __table_args__ = (
        CheckConstraint(
            "(CASE WHEN attendance_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN manual_id IS NULL THEN 0 ELSE 1 END)"
            " + (CASE WHEN corrects_id IS NULL THEN 0 ELSE 1 END) = 1",
            name="one_source",
        ),
        CheckConstraint("corrects_id IS NOT NULL OR minutes >= 0", name="sign"),
        CheckConstraint("(attendance_id IS NULL) = (turn IS NULL)", name="turn"),
        UniqueConstraint("attendance_id", "turn"),
        UniqueConstraint("manual_id"),
        UniqueConstraint("corrects_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # the link's number in the chain
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    served_on: Mapped[date] = mapped_column(index=True)
    minutes: Mapped[int]  # a correcting line carries the negative of the line it corrects
    attendance_id: Mapped[int | None] = mapped_column(ForeignKey("attendances.id"))
    turn: Mapped[int | None]  # 1, and one more after each correction of this attendance's line (H2)
    manual_id: Mapped[int | None] = mapped_column(ForeignKey("manual_hours.id"))
    corrects_id: Mapped[int | None] = mapped_column(ForeignKey("hours_entries.id"))
    posted_at: Mapped[datetime]
    posted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    previous_hash: Mapped[str]
    hash: Mapped[str]


class HourQuestion(Base):
    """A volunteer's request to put their ledger right, and its answer; staff must answer by `due_on`."""

    __tablename__ = "hour_questions"
    __table_args__ = (
        CheckConstraint("(answered_at IS NULL) = (outcome IS NULL)", name="answered"),
        CheckConstraint("outcome IS NULL OR answer <> ''", name="answer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)  # who must answer
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("hours_entries.id"))
    event_id: Mapped[int | None] = mapped_column(ForeignKey("events.id"))
    key_index: Mapped[bytes] = mapped_column(unique=True)
    said_sealed: Mapped[bytes]
    asked_at: Mapped[datetime]
    due_on: Mapped[date]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[QuestionOutcome | None]
    answer: Mapped[str] = mapped_column(default="")

    @hybrid_method
    def is_overdue(self, today: date) -> bool:
        """Whether an open one should have had its answer before today; as a condition, too."""
        return question_rules.is_overdue(self.due_on, today)
