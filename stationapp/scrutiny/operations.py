"""The verbs about flags: finding one in order, and taking that word back. Nothing here touches a line of hours."""

from datetime import datetime

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.scrutiny.models import Dismissal
from stationapp.scrutiny.rules import Raised, ScrutinyRefusal


def dismiss(raised: Raised, *, reason: str, by: int, now: datetime) -> Dismissal:
    """Somebody looked and found it in order; it holds for these very facts. Raises Refused(ScrutinyRefusal).

    Never somebody with a part in it (`Raised.concerned`): who proposed, approved, ticked or wrote it. Who sees but
    one half of it speaks for that half alone.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused(ScrutinyRefusal.REASON_MISSING)
    return _said(raised, reason, lifted=False, by=by, now=now)


def look_again(raised: Raised, *, by: int, now: datetime) -> Dismissal:
    """Take back that it was found in order: the flag stands again. Raises Refused(ScrutinyRefusal)."""
    return _said(raised, "", lifted=True, by=by, now=now)


def _said(raised: Raised, reason: str, *, lifted: bool, by: int, now: datetime) -> Dismissal:
    if by in raised.concerned:
        raise Refused(ScrutinyRefusal.OWN_LINES)
    said = Dismissal(
        flag=raised.flag,
        subject=raised.subject,
        facts_hash=raised.facts_hash,
        site_id=raised.site_id,
        reason=reason,
        at=now,
        by=by,
        lifted=lifted,
        whole=raised.is_whole,
    )
    db.session.add(said)
    db.session.flush()
    act = "scrutiny.look_again" if lifted else "scrutiny.dismiss"
    subject = f"{raised.flag.value} {raised.subject}"
    record(act, subject, by=by, now=now, site_id=raised.site_id, reason=reason)
    return said
