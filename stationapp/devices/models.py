"""Tablets, phones and PCs that a site checks people in with, network or not."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base


class Device(Base):
    """One device of one site; the link enrols it once, the token is its own from then on."""

    __tablename__ = "devices"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="dates"),
        CheckConstraint("(token_index IS NULL) = (taken_up_at IS NULL)", name="taken_up"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"), index=True)
    name: Mapped[str]
    names_shown: Mapped[bool] = mapped_column(default=False)  # its list may be searched by name
    from_on: Mapped[date]
    until_on: Mapped[date]
    link_index: Mapped[bytes | None] = mapped_column(unique=True)
    link_until_at: Mapped[datetime]
    token_index: Mapped[bytes | None] = mapped_column(unique=True)
    made_at: Mapped[datetime]
    made_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    taken_up_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    before_id: Mapped[int | None] = mapped_column(ForeignKey("devices.id"))  # what its browser was until then
