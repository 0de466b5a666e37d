"""Files uploaded at the desk, kept only between preview and confirmation."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base
from stationapp.importing.kinds import Kind


class Upload(Base):
    """A file somebody is looking at before it is taken in; dropped when taken in, or after a day."""

    __tablename__ = "uploads"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    kind: Mapped[Kind]
    filename: Mapped[str]
    month: Mapped[str | None]  # "YYYY-MM", for a plan whose title names none
    content: Mapped[bytes]  # sealed where the kind is PERSONAL
    corrections_sealed: Mapped[bytes | None]  # what was put right on the preview: importing.corrections
    made_at: Mapped[datetime]
