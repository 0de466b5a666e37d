"""Writing rows into the outbox: each once, whoever else writes the same at the same time (trust.md M1)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from stationapp.db import db
from stationapp.messages.hours import allowed_from
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery, Way
from stationapp.notices.rules import Occasion

_M1 = ("occasion", "subject", "step", "household_id", "way")


def row(
    occasion: Occasion,
    subject: str,
    way: Way,
    *,
    household_id: int,
    site_id: int,
    now: datetime,
    step: int = 0,
    notice_id: int | None = None,
    party_id: int | None = None,
    until_at: datetime | None = None,
) -> dict[str, object]:
    """One message to be. What stands on a page is there at once; what is sent keeps the quiet hours.

    A call may be made at once: whoever sits at the desk knows the hour.
    """
    on_page = way is Way.PAGE
    return {
        "occasion": occasion,
        "subject": subject,
        "step": step,
        "household_id": household_id,
        "way": way,
        "site_id": site_id,
        "notice_id": notice_id,
        "party_id": party_id,
        "made_at": now,
        "due_at": now if way in (Way.PAGE, Way.CALL) else allowed_from(occasion, now),
        "until_at": until_at,
        "state": Delivery.ACCEPTED if on_page else Delivery.PENDING,
        "why": "",
        "tries": 0,
        "ended_at": now if on_page else None,
    }


def put(rows: Sequence[Mapping[str, object]]) -> int:
    """Write them, leaving out what is there already; how many were given.

    They are written in the order of their keys, so that two processes that write the same wait for each other in one
    direction only.
    """
    if rows:
        insert = insert_sqlite if db.session.get_bind().dialect.name == "sqlite" else insert_postgresql
        once = insert(Message.__table__).on_conflict_do_nothing(index_elements=_M1)
        ordered = sorted(rows, key=lambda one: tuple(str(one[name]) for name in _M1))
        db.session.connection().execute(once, ordered)
    return len(rows)
