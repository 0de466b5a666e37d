"""Who did what, when and why: an append-only, hash-chained log (trust.md A1, A2)."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base

GENESIS = "0" * 64
CHAINS = ("audit", "hours", "reports", "scans")


class Chain(Base):
    """The head of a hash chain; taking its row is what puts appenders in line. The migration makes the rows."""

    __tablename__ = "chains"

    name: Mapped[str] = mapped_column(primary_key=True)
    length: Mapped[int]
    hash: Mapped[str]


class AuditLine(Base):
    """One act of staff, or one showing of personal data in full. Holds no personal data itself."""

    __tablename__ = "audit_lines"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(index=True)
    actor_id: Mapped[int | None] = mapped_column(index=True)  # a Staff id; None: the system itself
    act: Mapped[str]  # "events.publish", "residents.reveal", …
    subject: Mapped[str]  # "event K7Q2M9X4", "resident 17"
    site_id: Mapped[int | None]
    reason: Mapped[str] = mapped_column(default="")
    previous_hash: Mapped[str]
    hash: Mapped[str]
