"""Teams, who belongs to them, and what is known of a volunteer besides hours."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base, live_index
from stationapp.teams.rules import DayPart, RecordKind, Skill, TeamKind


class Team(Base):
    """Volunteers who serve together, kept by one site."""

    __tablename__ = "teams"
    __table_args__ = (live_index("uq_teams_live", "site_id", "name", where="ended_at IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    name: Mapped[str]
    kind: Mapped[TeamKind]
    made_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Membership(Base):
    """Who belongs to a team, from when to when; leaders are members who lead."""

    __tablename__ = "memberships"
    __table_args__ = (live_index("uq_memberships_live", "team_id", "volunteer_id", where="left_at IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    leads: Mapped[bool] = mapped_column(default=False)
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class Ability(Base):
    """What a volunteer says they can do, and who confirmed it."""

    __tablename__ = "abilities"
    __table_args__ = (
        UniqueConstraint("volunteer_id", "skill"),
        CheckConstraint(
            "(confirmed_at IS NULL AND confirmed_by IS NULL AND confirmed_leader_id IS NULL) OR "
            "(confirmed_at IS NOT NULL AND (confirmed_by IS NULL) <> (confirmed_leader_id IS NULL))",
            name="confirmed",
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"))
    skill: Mapped[Skill]
    said_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # one of the two
    confirmed_leader_id: Mapped[int | None] = mapped_column(ForeignKey("volunteers.id"))


class FreeTime(Base):
    """A part of a weekday (0 Monday … 6 Sunday) in which a volunteer can usually help."""

    __tablename__ = "free_times"
    __table_args__ = (CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),)

    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(primary_key=True)
    part: Mapped[DayPart] = mapped_column(primary_key=True)


class ServiceRecord(Base):
    """A training or a commendation on a volunteer's record; a mistake is ended, not deleted."""

    __tablename__ = "service_records"

    id: Mapped[int] = mapped_column(primary_key=True)
    volunteer_id: Mapped[int] = mapped_column(ForeignKey("volunteers.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    kind: Mapped[RecordKind]
    title: Mapped[str]
    on: Mapped[date]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
