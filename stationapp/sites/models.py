"""Sites (阵地) and the population they serve."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.sites.rules import Group, Level


class Site(Base):
    """A center, office or station; a station is also the community whose residents it serves."""

    __tablename__ = "sites"
    __table_args__ = (
        CheckConstraint("(level = 'center') = (parent_id IS NULL)", name="parent"),
        CheckConstraint("valid_to IS NULL OR valid_to >= valid_from", name="dates"),
        CheckConstraint("offer_hours > 0", name="offer_hours"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # administrative code; its order is the display order
    level: Mapped[Level]
    name: Mapped[str]
    short_name: Mapped[str]  # as people say it: 湖北路示例一社区
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"), index=True)
    path: Mapped[str] = mapped_column(index=True)  # ids from the center down, "/1/4/17/"
    address: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    legal_body: Mapped[str] = mapped_column(default="")
    hours: Mapped[str] = mapped_column(default="")
    publishes_directly: Mapped[bool] = mapped_column(default=False)  # an office's word for its stations
    offer_hours: Mapped[int] = mapped_column(default=12)  # how long an offered place is kept
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    successor_id: Mapped[int | None] = mapped_column(ForeignKey("sites.id"))


class Population(Base):
    """How many people of a group live in a community: the denominator of coverage."""

    __tablename__ = "populations"
    __table_args__ = (
        UniqueConstraint("site_id", "group", "as_of"),
        CheckConstraint("people >= 0", name="people"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    group: Mapped[Group]
    people: Mapped[int]
    as_of: Mapped[date]
    source: Mapped[str]
    loaded_at: Mapped[datetime]
