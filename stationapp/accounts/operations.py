"""The verbs of accounts: add staff, invite, grant and end roles, end an account. Signing in: `logins.py`."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from stationapp.accounts.logins import end_all_logins
from stationapp.accounts.models import Grant, Invitation, Staff
from stationapp.accounts.queries import find_invited
from stationapp.accounts.rules import AccountRefusal, Role, login_problem, role_fits
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.vault import vault

INVITATION_LASTS = timedelta(days=3)


def add_staff(name: str, *, site: Site, role: Role, by: int | None, now: datetime) -> Staff:
    """A new member of staff with one role; without a password until the invitation is taken up."""
    name = " ".join(name.split())
    if not name:
        raise Refused(AccountRefusal.NAME_MISSING)
    staff = Staff(name=name, added_at=now)
    db.session.add(staff)
    db.session.flush()
    grant_role(staff, site=site, role=role, by=by, now=now)
    return staff


def grant_role(staff: Staff, *, site: Site, role: Role, by: int | None, now: datetime) -> Grant:
    """Give a role at a site; giving it again changes nothing.

    Raises Refused ROLE_NOT_HERE for a role that does not belong to the site's level, NOT_FROM_ABOVE for a role
    given to oneself: an administrator does not see personal data by default.
    """
    if staff.id == by:
        raise Refused(AccountRefusal.NOT_FROM_ABOVE)
    if not role_fits(role, site.level):
        raise Refused(AccountRefusal.ROLE_NOT_HERE)
    held = db.session.scalar(
        select(Grant).where(
            Grant.staff_id == staff.id, Grant.site_id == site.id, Grant.role == role, Grant.ended_at.is_(None)
        )
    )
    if held:
        return held
    grant = Grant(staff_id=staff.id, site_id=site.id, role=role, granted_at=now, granted_by=by)
    db.session.add(grant)
    db.session.flush()
    record("accounts.grant", f"staff {staff.id} {role.value}", by=by, now=now, site_id=site.id)
    return grant


def end_role(grant: Grant, *, by: int | None, now: datetime) -> None:
    """Take a role back; the last administrator of the center keeps theirs (LAST_ADMINISTRATOR)."""
    if grant.ended_at:
        return
    if grant.role is Role.ADMINISTRATOR:
        _someone_else_administers(grant.staff_id)
    grant.ended_at = now
    db.session.flush()
    record(
        "accounts.end_role",
        f"staff {grant.staff_id} {grant.role.value}",
        by=by,
        now=now,
        site_id=grant.site_id,
    )


def end_account(staff: Staff, *, by: int | None, now: datetime) -> None:
    """End an account with its roles, sign-ins and open invitations, at once.

    Raises Refused OWN_ACCOUNT, LAST_ADMINISTRATOR.
    """
    if staff.id == by:
        raise Refused(AccountRefusal.OWN_ACCOUNT)
    if staff.ended_at:
        return
    grants = list(
        db.session.scalars(select(Grant).where(Grant.staff_id == staff.id, Grant.ended_at.is_(None)))
    )
    if any(grant.role is Role.ADMINISTRATOR for grant in grants):
        _someone_else_administers(staff.id)
    for grant in grants:
        grant.ended_at = now
    staff.ended_at = now
    db.session.flush()
    end_all_logins(staff.id, now=now)
    _end_invitations(staff.id, now=now)
    record("accounts.end", f"staff {staff.id}", by=by, now=now)


def _someone_else_administers(staff_id: int) -> None:
    # The rows are locked together and in order: two administrators cannot end each other at the same moment.
    holders = db.session.scalars(
        select(Grant.staff_id)
        .where(Grant.role == Role.ADMINISTRATOR, Grant.ended_at.is_(None))
        .order_by(Grant.id)
        .with_for_update()
    )
    if set(holders) <= {staff_id}:
        raise Refused(AccountRefusal.LAST_ADMINISTRATOR)


def invite(staff: Staff, *, by: int | None, now: datetime) -> str:
    """A one-time token that lets `staff` choose a password; shown once, kept as a keyed hash.

    Earlier invitations of the same person end.
    """
    _end_invitations(staff.id, now=now)
    token = secrets.token_urlsafe(24)
    db.session.add(
        Invitation(
            token_index=vault().index("invitation", token),
            staff_id=staff.id,
            made_at=now,
            expires_at=now + INVITATION_LASTS,
        )
    )
    db.session.flush()
    record("accounts.invite", f"staff {staff.id}", by=by, now=now)
    return token


def _end_invitations(staff_id: int, *, now: datetime) -> None:
    open_ones = (Invitation.staff_id == staff_id, Invitation.used_at.is_(None), Invitation.expires_at > now)
    db.session.execute(update(Invitation).where(*open_ones).values(expires_at=now))


def take_up(token: str, *, login: str, password_hash: str, now: datetime) -> Staff:
    """Use an invitation: set login name (lower case) and password; every earlier sign-in of the person ends.

    Raises Refused LINK_INVALID, LOGIN_BAD, LOGIN_TAKEN.
    """
    found = find_invited(token, now=now)
    if found is None:
        raise Refused(AccountRefusal.LINK_INVALID)
    invitation, staff = found
    if problem := login_problem(login):
        raise Refused(problem)
    used = (
        update(Invitation)
        .where(Invitation.id == invitation.id, Invitation.used_at.is_(None))
        .values(used_at=now)
    )
    if db.session.execute(used).rowcount != 1:
        raise Refused(AccountRefusal.LINK_INVALID)
    if db.session.scalar(select(func.count()).where(Staff.login == login, Staff.id != staff.id)):
        raise Refused(AccountRefusal.LOGIN_TAKEN)
    staff.login, staff.password_hash = login, password_hash
    try:
        db.session.flush()
    except IntegrityError as error:  # taken a moment ago: the constraint has the last word
        raise Refused(AccountRefusal.LOGIN_TAKEN) from error
    end_all_logins(staff.id, now=now)
    record("accounts.take_up", f"staff {staff.id}", by=staff.id, now=now)
    return staff
