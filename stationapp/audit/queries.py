"""Reads of the audit log."""

from sqlalchemy import Select, select

from stationapp.audit.models import AuditLine
from stationapp.db import db


def lines(
    *, actor_id: int | None = None, act: str = "", begins_at=None, ends_at=None
) -> Select[tuple[AuditLine]]:
    """The log, latest first; narrowed to one actor, one act, a half-open span of time."""
    query = select(AuditLine).order_by(AuditLine.number.desc())
    if actor_id is not None:
        query = query.where(AuditLine.actor_id == actor_id)
    if act:
        query = query.where(AuditLine.act == act)
    if begins_at is not None:
        query = query.where(AuditLine.at >= begins_at)
    if ends_at is not None:
        query = query.where(AuditLine.at < ends_at)
    return query


def list_acts() -> list[str]:
    """Every act that was ever written down."""
    return list(db.session.scalars(select(AuditLine.act).distinct().order_by(AuditLine.act)))
