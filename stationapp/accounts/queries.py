"""Reads of staff, their rights and their sign-ins."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, false, or_, select

from stationapp.accounts.models import Grant, Invitation, Login, Staff
from stationapp.accounts.rules import Held, Reach, Role, User, suggest_login
from stationapp.db import db
from stationapp.refusal import NotFound
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
    live = (Grant.staff_id == Staff.id) & Grant.ended_at.is_(None)
    found = db.session.execute(
        select(Login.id, Login.seen_at, Staff.id, Staff.name, Grant.role, Site.path, Site.short_name)
        .join(Staff, Staff.id == Login.staff_id)
        .outerjoin(Grant, live)
        .outerjoin(Site, Site.id == Grant.site_id)
        .where(
            Login.token_index == vault().index("login", token),
            Login.ended_at.is_(None),
            Login.seen_at > now - IDLE,
            Login.began_at > now - LONGEST,
            Staff.ended_at.is_(None),
        )
        .order_by(Site.code)
    ).all()
    if not found:
        return None
    login_id, seen_at, staff_id, name, *_ = found[0]
    held = tuple(Held(*row[4:]) for row in found if row[4] is not None)  # (no row of it: no role any more)
    return User(staff_id, name, held), Open(login_id, seen_at)


def list_held(staff_id: int) -> tuple[Held, ...]:
    """The roles somebody holds now, in the order of their sites' codes."""
    rows = db.session.execute(
        select(Grant.role, Site.path, Site.short_name)
        .join(Site, Site.id == Grant.site_id)
        .where(Grant.staff_id == staff_id, Grant.ended_at.is_(None))
        .order_by(Site.code)
    )
    return tuple(Held(*row) for row in rows)


def reached(where: tuple[tuple[str, Reach], ...]) -> ColumnElement[bool]:
    """The condition on Site "the user may act here", from `guard.reach()`."""
    return or_(false(), *(_one(path, reach) for path, reach in where))


def _one(path: str, reach: Reach) -> ColumnElement[bool]:
    if reach is Reach.SITE:
        return Site.path == path
    inside = Site.path.startswith(path, autoescape=True)
    return inside & (Site.path != path) if reach is Reach.BENEATH else inside


def find_invited(token: str, *, now: datetime) -> tuple[Invitation, Staff] | None:
    """Whose invitation this token is; None when unknown, used, expired or of an ended account."""
    found = db.session.execute(
        select(Invitation, Staff)
        .join(Staff, Staff.id == Invitation.staff_id)
        .where(
            Invitation.token_index == vault().index("invitation", token),
            Invitation.used_at.is_(None),
            Invitation.expires_at > now,
            Staff.ended_at.is_(None),
        )
    ).one_or_none()
    return None if found is None else (found[0], found[1])


def find_by_login(login: str) -> Staff | None:
    """The active member of staff with that login name."""
    return db.session.scalar(select(Staff).where(Staff.login == login, Staff.ended_at.is_(None)))


def get_staff(staff_id: int) -> Staff:
    """The member of staff with that id; raises NotFound."""
    staff = db.session.get(Staff, staff_id)
    if staff is None:
        raise NotFound
    return staff


def free_login(name: str) -> str:
    """A login name for this person that nobody has: their name in pinyin."""
    stem = suggest_login(name)
    return suggest_login(
        name, set(db.session.scalars(select(Staff.login).where(Staff.login.startswith(stem))))
    )


def list_logins(staff_id: int, *, now: datetime) -> list[Login]:
    """The person's sign-ins that still hold, latest first."""
    return list(
        db.session.scalars(
            select(Login)
            .where(
                Login.staff_id == staff_id,
                Login.ended_at.is_(None),
                Login.seen_at > now - IDLE,
                Login.began_at > now - LONGEST,
            )
            .order_by(Login.seen_at.desc(), Login.id.desc())
        )
    )


@dataclass(frozen=True)
class RoleAt:
    """A role somebody holds, with what a page says of its site."""

    grant_id: int
    staff_id: int
    role: Role
    site_id: int
    site_name: str
    site_path: str
    granted_at: datetime


def list_roles(staff_ids: list[int]) -> list[RoleAt]:
    """The roles these people hold now, in the order of the sites' codes."""
    rows = db.session.execute(
        select(Grant.id, Grant.staff_id, Grant.role, Site.id, Site.short_name, Site.path, Grant.granted_at)
        .join(Site, Site.id == Grant.site_id)
        .where(Grant.staff_id.in_(staff_ids), Grant.ended_at.is_(None))
        .order_by(Site.code, Grant.id)
    )
    return [RoleAt(*row) for row in rows]


def works_within(where: tuple[tuple[str, Reach], ...]) -> ColumnElement[bool]:
    """The condition on Staff "holds, or last held, a role at a site the user reaches"."""
    return exists().where(Grant.staff_id == Staff.id, Grant.site_id == Site.id, reached(where))
