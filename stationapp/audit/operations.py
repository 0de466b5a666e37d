"""Appending to hash chains: the audit log here, the hours ledger and closed reports elsewhere."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial

from sqlalchemy import bindparam, insert, update

from stationapp.audit.models import AuditLine, Chain
from stationapp.db import at_end, db


def digest(previous: str, content: dict) -> str:
    """SHA-256 (hex) over the previous hash and the content in one canonical writing."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str)
    return hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()


def append(chain: str, content: dict) -> tuple[int, str, str]:
    """Take the next link: (number, previous hash, hash). See `append_all`."""
    return append_all(chain, [content])[0]


def append_all(chain: str, contents: Sequence[dict]) -> list[tuple[int, str, str]]:
    """Take the next links, one a content: (number, previous hash, hash) each.

    Holds the chain's row until the transaction ends, so call it as late in an operation as can be.
    A content must be what the reader of the chain can rebuild from the stored row.
    """
    connection = db.session.connection()
    last, previous = connection.execute(_step, {"chain": chain, "links": len(contents)}).one()
    links = []
    for number, content in enumerate(contents, last - len(contents) + 1):
        link = digest(previous, {"number": number, **content})
        links.append((number, previous, link))
        previous = link
    connection.execute(_close, {"chain": chain, "link": previous})
    return links


# Lean statements: every act of staff runs them while others wait for the chain's row.
_chains = Chain.__table__
_step = (
    update(_chains)
    .where(_chains.c.name == bindparam("chain"))
    .values(length=_chains.c.length + bindparam("links"))
    .returning(_chains.c.length, _chains.c.hash)
)
_close = update(_chains).where(_chains.c.name == bindparam("chain")).values(hash=bindparam("link"))
_add_line = insert(AuditLine.__table__)


def record(
    act: str, subject: str, *, by: int | None, now: datetime, site_id: int | None = None, reason: str = ""
) -> None:
    """Write the audit line of a staff change or of a showing, in the same transaction as the act.

    The chain is taken at the very end of it: rows that the act has yet to lock are locked before.
    """
    at_end(partial(_write, act, subject, by, now, site_id, reason))


def _write(act: str, subject: str, by: int | None, now: datetime, site_id: int | None, reason: str) -> None:
    number, previous, link = append("audit", line_content(now, by, act, subject, site_id, reason))
    line = {"number": number, "at": now, "actor_id": by, "act": act, "subject": subject, "site_id": site_id}
    db.session.connection().execute(
        _add_line, {**line, "reason": reason, "previous_hash": previous, "hash": link}
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
