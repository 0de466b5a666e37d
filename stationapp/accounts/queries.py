"""Reads of staff, their rights and their sign-ins."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, false, or_, select

from stationapp.accounts.models import Grant, Login, Staff
from stationapp.accounts.rules import Held, Reach, User
from stationapp.db import db
from stationapp.sites.models import Site
from stationapp.vault import vault

IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=8)
TOUCH_EVERY = timedelta(minutes=1)


@dataclass(frozen=True)
class Open:
    """A sign-in that still holds."""

    id: int
    seen_at: datetime

    def needs_touch(self, now: datetime) -> bool:
        """Whether "last seen" is old enough to be written again."""
        return now - self.seen_at >= TOUCH_EVERY


def find_user(token: str, *, now: datetime) -> tuple[User, Open] | None:
    """Who holds this sign-in token, with their present rights; None when it ended or was idle too long."""
    found = db.session.execute(
        select(Login, Staff)
        .join(Staff, Staff.id == Login.staff_id)
        .where(
            Login.token_index == vault().index("login", token),
            Login.ended_at.is_(None),
            Login.seen_at > now - IDLE,
            Login.began_at > now - LONGEST,
            Staff.ended_at.is_(None),
        )
    ).one_or_none()
    if found is None:
        return None
    login, staff = found
    return User(staff.id, staff.name, list_held(staff.id)), Open(login.id, login.seen_at)


def list_held(staff_id: int) -> tuple[Held, ...]:
    """The roles somebody holds now, in the order of their sites' codes."""
    rows = db.session.execute(
        select(Grant.role, Site.path)
        .join(Site, Site.id == Grant.site_id)
        .where(Grant.staff_id == staff_id, Grant.ended_at.is_(None))
        .order_by(Site.code)
    )
    return tuple(Held(role, path) for role, path in rows)


def reached(where: tuple[tuple[str, Reach], ...]) -> ColumnElement[bool]:
    """The condition on Site "the user may act here", from `guard.reach()`."""
    return or_(false(), *(_one(path, reach) for path, reach in where))


def _one(path: str, reach: Reach) -> ColumnElement[bool]:
    if reach is Reach.SITE:
        return Site.path == path
    inside = Site.path.startswith(path, autoescape=True)
    return inside & (Site.path != path) if reach is Reach.BENEATH else inside
