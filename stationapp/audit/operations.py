"""Appending to hash chains: the audit log here, the hours ledger and closed reports elsewhere."""

import hashlib
import json
from datetime import datetime

from sqlalchemy import update

from stationapp.audit.models import AuditLine, Chain
from stationapp.db import db

GENESIS = "0" * 64


def digest(previous: str, content: dict) -> str:
    """SHA-256 (hex) over the previous hash and the content in one canonical writing."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def append(chain: str, content: dict) -> tuple[int, str, str]:
    """Take the next link: (number, previous hash, hash).

    Holds the chain's row until the transaction ends, so call it as late in an operation as can be.
    `content` must be what the reader of the chain can rebuild from the stored row.
    """
    head = db.session.execute(
        update(Chain)
        .where(Chain.name == chain)
        .values(length=Chain.length + 1)
        .returning(Chain.length, Chain.hash)
    ).one_or_none()
    if head is None:
        db.session.add(Chain(name=chain, length=1, hash=GENESIS))
        db.session.flush()
        number, previous = 1, GENESIS
    else:
        number, previous = head
    link = digest(previous, {"number": number, **content})
    db.session.execute(update(Chain).where(Chain.name == chain).values(hash=link))
    return number, previous, link


def record(
    act: str, subject: str, *, by: int | None, now: datetime, site_id: int | None = None, reason: str = ""
) -> None:
    """Write the audit line of a staff change or of a showing, in the same transaction as the act."""
    content = line_content(now, by, act, subject, site_id, reason)
    number, previous, link = append("audit", content)
    db.session.add(
        AuditLine(
            number=number,
            at=now,
            actor_id=by,
            act=act,
            subject=subject,
            site_id=site_id,
            reason=reason,
            previous_hash=previous,
            hash=link,
        )
    )


def line_content(
    at: datetime, actor_id: int | None, act: str, subject: str, site_id: int | None, reason: str
) -> dict:
    """What the hash of an audit line covers, besides its number."""
    return {
        "at": at.isoformat(),
        "actor": actor_id,
        "act": act,
        "subject": subject,
        "site": site_id,
        "reason": reason,
    }
