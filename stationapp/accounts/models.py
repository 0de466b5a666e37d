"""Staff, what they may do where, and where they are signed in."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from stationapp.accounts.rules import Role
from stationapp.db import Base, live_index


class Staff(Base):
    """A person who works at the desk. `password_hash` is None until the invitation is taken up."""

    __tablename__ = "staff"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str | None] = mapped_column(unique=True)  # lower case
    name: Mapped[str]
    password_hash: Mapped[str | None]
    added_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Grant(Base):
    """A role at a site, from one moment to another."""

    __tablename__ = "grants"
    __table_args__ = (live_index("uq_grants_live", "staff_id", "site_id", "role", where="ended_at IS NULL"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    site_id: Mapped[int] = mapped_column(ForeignKey("sites.id"))
    role: Mapped[Role]
    granted_at: Mapped[datetime]
    granted_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))  # None: from the command line
    ended_at: Mapped[datetime | None]


class Invitation(Base):
    """A one-time link that lets a member of staff choose a password; only its keyed hash is kept."""

    __tablename__ = "invitations"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_index: Mapped[bytes] = mapped_column(unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class Login(Base):
    """A signed-in browser; it ends when told to, after 15 idle minutes, or after 8 hours (trust.md §4.11)."""

    __tablename__ = "logins"

    id: Mapped[int] = mapped_column(primary_key=True)
    token_index: Mapped[bytes] = mapped_column(unique=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    device: Mapped[str]  # a word for the browser, for the list of sign-ins
    began_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Tries(Base):
    """How often something was tried in a window of time; shared by all processes, keyed by a hash."""

    __tablename__ = "tries"

    key_index: Mapped[bytes] = mapped_column(primary_key=True)
    window_at: Mapped[datetime] = mapped_column(primary_key=True)
    count: Mapped[int]
