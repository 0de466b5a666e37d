"""The audit log's invariant."""

from collections.abc import Iterator

from sqlalchemy import Row, select

from stationapp.audit.models import GENESIS, AuditLine, Chain
from stationapp.audit.operations import digest, line_content
from stationapp.audit.rules import Check
from stationapp.db import db

AT_A_TIME = 5000


def _broken_chain() -> list[str]:
    found, previous, expected = [], GENESIS, 1
    for line in _all_lines():
        content = line_content(line.at, line.actor_id, line.act, line.subject, line.site_id, line.reason)
        right = digest(previous, {"number": line.number, **content})
        if line.number != expected or line.previous_hash != previous or line.hash != right:
            found.append(f"audit line {line.number}")
        previous, expected = line.hash, line.number + 1
    head = db.session.execute(select(Chain.length, Chain.hash).where(Chain.name == "audit")).one_or_none()
    if (head.length, head.hash) != (expected - 1, previous) if head else expected != 1:
        found.append("chain audit")
    return found


def _all_lines() -> Iterator[Row]:
    """The whole log in order, a few thousand lines in memory at a time."""
    table, last = AuditLine.__table__, 0
    query = select(table).order_by(table.c.number).limit(AT_A_TIME)
    while lines := db.session.execute(query.where(table.c.number > last)).all():
        yield from lines
        last = lines[-1].number


CHECKS = (Check("A2", "审计日志没有缺号，每一条的校验值都接得上", _broken_chain),)
