"""Months a planner proposed."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base


class Proposal(Base):
    """A month the planner proposed for an office's stations; nothing is held until it is taken over as drafts."""

    __tablename__ = "proposals"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    month_on: Mapped[date]
    body: Mapped[str]  # JSON: what was placed and why, what was not and why
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    batch_id: Mapped[int | None] = mapped_column(ForeignKey("batches.id"))  # the drafts it became
