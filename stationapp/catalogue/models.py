"""Templates (活动模板) that go down from the center."""

from datetime import datetime, time

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.events.rules import Category, Task, Theme


class Template(Base):
    """An activity written once, which the sites beneath its owner take over and adapt."""

    __tablename__ = "templates"
    __table_args__ = (
        CheckConstraint("minutes > 0", name="minutes"),
        CheckConstraint("capacity IS NULL OR capacity > 0", name="capacity"),
        CheckConstraint("min_age IS NULL OR max_age IS NULL OR min_age <= max_age", name="ages"),
        CheckConstraint("volunteers >= 0", name="volunteers"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    based_on: Mapped[int | None] = mapped_column(ForeignKey("templates.id"))  # which one it was adapted from
    title: Mapped[str]
    summary: Mapped[str]
    category: Mapped[Category]
    task: Mapped[Task]
    audience: Mapped[str]
    min_age: Mapped[int | None]
    max_age: Mapped[int | None]
    capacity: Mapped[int | None]
    starts: Mapped[time]  # the usual hour, Shanghai time
    minutes: Mapped[int]
    bring: Mapped[str] = mapped_column(default="")
    notes: Mapped[str] = mapped_column(default="")
    volunteers: Mapped[int] = mapped_column(default=0)  # people needed to help
    shared_id: Mapped[int | None] = mapped_column(
        ForeignKey("rooms.id")
    )  # what goes round and it cannot do without
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    retired_at: Mapped[datetime | None]


class TemplateTheme(Base):
    """A theme of a template."""

    __tablename__ = "template_themes"

    template_id: Mapped[int] = mapped_column(ForeignKey("templates.id"), primary_key=True)
    theme: Mapped[Theme] = mapped_column(primary_key=True)
