"""Rooms (功能室) of a site."""

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base


class Room(Base):
    """A bookable room."""

    __tablename__ = "rooms"
    __table_args__ = (UniqueConstraint("site_id", "name"), CheckConstraint("capacity >= 0", name="capacity"))

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    name: Mapped[str]
    capacity: Mapped[int | None]  # None: not limited
    floor: Mapped[str] = mapped_column(default="")
    step_free: Mapped[bool | None]  # None: not said
    hours: Mapped[str] = mapped_column(default="")
