"""Personal cards: a code of a person's own, good at every event, on a card that can be lost."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.cards.rules import Ended
from stationapp.db import Base, live_index


class Card(Base):
    """One card; a person has one at a time. `serial` stands on it for people, the code in its QR for phones."""

    __tablename__ = "cards"
    __table_args__ = (
        live_index("uq_cards_live", "resident_id", where="ended_at IS NULL"),
        CheckConstraint("(ended_at IS NULL) = (ended_why IS NULL)", name="ended"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(unique=True)
    resident_id: Mapped[int] = mapped_column(ForeignKey("residents.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)  # where it was made
    code_index: Mapped[bytes] = mapped_column(unique=True)
    code_sealed: Mapped[bytes]
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    ended_why: Mapped[Ended | None]
