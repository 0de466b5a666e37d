"""Days that differ from their weekday (domain.md §12)."""

from datetime import date

from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base


class Holiday(Base):
    """A public holiday, or a weekend day worked to make up for one."""

    __tablename__ = "holidays"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str]
    works: Mapped[bool]
