"""Notices waiting at a site's desk."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.notices.rules import Occasion

_TO_SPREAD = text("spread_at IS NULL")


class Notice(Base):
    """One thing a site's desk should know or do; one row per occasion, subject and step (trust.md M1)."""

    __tablename__ = "notices"
    __table_args__ = (
        UniqueConstraint("occasion", "subject", "step"),
        Index(
            "ix_notices_to_spread", "id", **dict.fromkeys(("sqlite_where", "postgresql_where"), _TO_SPREAD)
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    occasion: Mapped[Occasion]
    subject: Mapped[str]  # "event K7Q2M9X4", "month 410305000 2026-10", "party 51": never a person's data
    step: Mapped[int] = mapped_column(default=0)  # which reminder of a row of them
    made_at: Mapped[datetime]
    spread_at: Mapped[datetime | None]  # when messages to the people concerned were written; None: not yet
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
