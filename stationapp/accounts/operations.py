"""The verbs of accounts: add staff, invite, sign in and out, grant and end roles."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import update

from stationapp.accounts.models import Grant, Invitation, Login, Staff
from stationapp.accounts.rules import Role
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.sites.models import Site
from stationapp.vault import vault

INVITATION_LASTS = timedelta(days=3)


def add_staff(name: str, *, site: Site, role: Role, by: int | None, now: datetime) -> Staff:
    """A new member of staff with one role; without a password until the invitation is taken up."""
    staff = Staff(name=name, added_at=now)
    db.session.add(staff)
    db.session.flush()
    grant_role(staff, site=site, role=role, by=by, now=now)
    return staff


def grant_role(staff: Staff, *, site: Site, role: Role, by: int | None, now: datetime) -> Grant:
    """Give a role at a site."""
    grant = Grant(staff_id=staff.id, site_id=site.id, role=role, granted_at=now, granted_by=by)
    db.session.add(grant)
    db.session.flush()
    record("accounts.grant", f"staff {staff.id} {role.value}", by=by, now=now, site_id=site.id)
    return grant


def invite(staff: Staff, *, by: int | None, now: datetime) -> str:
    """A one-time token that lets `staff` choose a password; shown once, kept as a keyed hash."""
    token = secrets.token_urlsafe(24)
    db.session.add(
        Invitation(
            token_index=vault().index("invitation", token),
            staff_id=staff.id,
            made_at=now,
            expires_at=now + INVITATION_LASTS,
        )
    )
    record("accounts.invite", f"staff {staff.id}", by=by, now=now)
    return token


def begin_login(staff_id: int, *, device: str, now: datetime) -> str:
    """Open a sign-in; returns the cookie's token, which is kept as a keyed hash."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        Login(
            token_index=vault().index("login", token),
            staff_id=staff_id,
            device=device,
            began_at=now,
            seen_at=now,
        )
    )
    return token


def touch_login(login_id: int, *, now: datetime) -> None:
    """Note that a sign-in is in use."""
    db.session.execute(update(Login).where(Login.id == login_id).values(seen_at=now))
