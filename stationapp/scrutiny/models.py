"""What somebody said to a flag, and the lines drawn for the spot check."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.scrutiny.rules import Flag, Outcome


class Dismissal(Base):
    """A flag somebody looked at and found in order, or (`lifted`) took that word back. Append-only: the last counts.

    New facts (another `facts_hash`) raise the flag again by themselves.
    """

    __tablename__ = "dismissals"
    __table_args__ = (CheckConstraint("lifted OR reason <> ''", name="reason"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    flag: Mapped[Flag]
    subject: Mapped[str]  # "event 12", "volunteer 7 2026-11-03"
    facts_hash: Mapped[str] = mapped_column(index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    reason: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    lifted: Mapped[bool]
    whole: Mapped[
        bool
    ]  # said by somebody who reaches every site it is about; else it counts at `site_id` alone


class SpotDraw(Base):
    """One office's draw of a month; the seed makes it possible to draw again and get the same.

    The center draws for itself and whatever stands beneath no office.
    """

    __tablename__ = "spot_draws"
    __table_args__ = (UniqueConstraint("site_id", "month"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    month: Mapped[str]  # "YYYY-MM": the lines posted in it
    seed: Mapped[str]
    up_to_id: Mapped[int]  # the last line of the ledger then: what came after it is not of this draw
    manual: Mapped[int]  # of how many manual lines; `SpotLot` says which
    one_hand: Mapped[int]  # and of how many that rest on one member of staff
    at: Mapped[datetime]
    by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # None: by the jobs


class SpotLot(Base):
    """A line of the ledger that was in a draw, drawn or not; in one for good. Append-only.

    Written down because presences, the tree and scans go on: who draws again must find the lines there were then.
    """

    __tablename__ = "spot_lots"

    entry_id: Mapped[int] = mapped_column(
        ForeignKey("hours_entries.id"), primary_key=True, autoincrement=False
    )
    draw_id: Mapped[int] = mapped_column(ForeignKey("spot_draws.id"), index=True)
    one_hand: Mapped[bool]  # drawn among those that rest on one hand, not among the manual ones


class SpotCheck(Base):
    """One drawn line of the ledger and what the call found."""

    __tablename__ = "spot_checks"
    __table_args__ = (CheckConstraint("(outcome IS NULL) = (checked_at IS NULL)", name="checked"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    draw_id: Mapped[int] = mapped_column(ForeignKey("spot_draws.id"), index=True)
    entry_id: Mapped[int] = mapped_column(ForeignKey("hours_entries.id"), unique=True)
    outcome: Mapped[Outcome | None]
    note: Mapped[str] = mapped_column(default="")
    checked_at: Mapped[datetime | None]
    checked_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
