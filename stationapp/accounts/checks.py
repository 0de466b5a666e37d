"""The invariants of accounts."""

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from stationapp.accounts.models import Grant, Invitation, Login, Staff, Tries
from stationapp.accounts.rules import Role
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.sites.models import Site
from stationapp.sites.rules import Level


def _no_administrator() -> list[str]:
    sites = db.session.scalars(
        select(Site.id).where(
            Site.level == Level.CENTER,
            exists().where(Grant.id.is_not(None)),  # a district nobody works in yet has none to miss
            ~exists().where(
                Grant.site_id == Site.id,
                Grant.role == Role.ADMINISTRATOR,
                Grant.ended_at.is_(None),
                Staff.id == Grant.staff_id,
                Staff.ended_at.is_(None),
            ),
        )
    )
    return [f"site {number}" for number in sites]


def _not_from_above() -> list[str]:
    given, right, upper = aliased(Grant), aliased(Grant), aliased(Site)
    had_the_right = exists().where(
        right.staff_id == given.granted_by,
        right.role == Role.ADMINISTRATOR,
        right.granted_at <= given.granted_at,
        or_(right.ended_at.is_(None), right.ended_at >= given.granted_at),
        upper.id == right.site_id,
        func.substr(Site.path, 1, func.length(upper.path)) == upper.path,
    )
    query = (
        select(given.id)
        .join(Site, Site.id == given.site_id)
        .where(given.granted_by.is_not(None), or_(given.granted_by == given.staff_id, ~had_the_right))
    )
    return [f"grant {number}" for number in db.session.scalars(query.order_by(given.id))]


def _secrets_in_clear() -> list[str]:
    staff = select(Staff.id).where(
        Staff.password_hash.is_not(None), ~Staff.password_hash.startswith("$argon2id$", autoescape=True)
    )
    found = [f"staff {number}" for number in db.session.scalars(staff.order_by(Staff.id))]
    for table in (Invitation, Login):
        query = select(table.id).where(func.length(table.token_index) != 16).order_by(table.id)
        found += [f"{table.__tablename__[:-1]} {number}" for number in db.session.scalars(query)]
    tries = select(func.count()).where(func.length(Tries.key_index) != 16)
    return found + ["tries"] * (db.session.scalar(tries) or 0)


CHECKS = (
    Check("A4 administrator", "中心有在用的系统管理员", _no_administrator),
    Check("A4 grants", "角色都由上级的另一个人授予", _not_from_above),
    Check("A7 accounts", "密码和口令都不以明文保存", _secrets_in_clear),
)
