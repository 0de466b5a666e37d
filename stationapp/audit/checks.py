"""The audit log's invariant."""

from sqlalchemy import select

from stationapp.audit.models import GENESIS, AuditLine, Chain
from stationapp.audit.operations import digest, line_content
from stationapp.audit.rules import Check
from stationapp.db import db


def _broken_chain() -> list[str]:
    found, previous, expected = [], GENESIS, 1
    for line in db.session.scalars(
        select(AuditLine).order_by(AuditLine.number).execution_options(yield_per=1000)
    ):
        content = line_content(line.at, line.actor_id, line.act, line.subject, line.site_id, line.reason)
        right = digest(previous, {"number": line.number, **content})
        if line.number != expected or line.previous_hash != previous or line.hash != right:
            found.append(f"audit line {line.number}")
        previous, expected = line.hash, line.number + 1
    head = db.session.execute(select(Chain.length, Chain.hash).where(Chain.name == "audit")).one_or_none()
    if (head.length, head.hash) != (expected - 1, previous) if head else expected != 1:
        found.append("chain audit")
    return found


CHECKS = (Check("A2", "审计日志没有缺号，每一条的校验值都接得上", _broken_chain),)
