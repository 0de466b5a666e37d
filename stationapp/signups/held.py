"""The rows of seat holds, found and ended under the lock of their events; the verbs are in `holds`.

Whoever changes a hold holds its event first: what is read of it here stays so until the transaction ends.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, select, update

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.signups.models import SeatHold
from stationapp.signups.rules import HoldEnd
from stationapp.vault import vault

_holds = SeatHold.__table__


def key_of(token: str, event_id: int = 0) -> bytes:
    """The key of a token's hold at the date it was asked for, or (`event_id`) at another date of the course."""
    return vault().index("hold", f"{token} {event_id}" if event_id else token)


def list_holds(token: str, event_ids: Collection[int]) -> dict[int, SeatHold]:
    """Everything that was ever held with this token at these events, by their ids."""
    keys = [key_of(token), *(key_of(token, event_id) for event_id in event_ids)]
    its = select(SeatHold).where(SeatHold.key_index.in_(keys)).order_by(SeatHold.id)
    rows = db.session.scalars(its.execution_options(populate_existing=True))
    return {row.event_id: row for row in rows if row.event_id in event_ids}


def list_standing(token: str, event_ids: Collection[int]) -> dict[int, SeatHold]:
    """The token's holds that were not ended yet, by event; nothing for no token."""
    if not token:
        return {}
    return {event_id: row for event_id, row in list_holds(token, event_ids).items() if row.ended_at is None}


def use(row: SeatHold, party_id: int, *, now: datetime) -> None:
    """A party sits there now; the caller has counted its places instead of the held ones."""
    row.ended, row.ended_at, row.party_id, row.asker_index = HoldEnd.USED, now, party_id, None
    db.session.flush()


def forget(before: datetime) -> int:
    """Drop what was held for nothing and ended before then; how many."""
    unused = _holds.c.ended.in_((HoldEnd.RELEASED, HoldEnd.EXPIRED))
    return db.session.execute(delete(_holds).where(unused, _holds.c.ended_at < before)).rowcount


def end_over(events: Sequence[Event], *, now: datetime, but: Iterable[int] = ()) -> list[Event]:
    """End the holds at these events, which are held, whose time is over; the events that got seats back.

    The holds with the ids `but` stay.
    """
    over = (
        _holds.c.event_id.in_([event.id for event in events]),
        _holds.c.ended_at.is_(None),
        _holds.c.until_at <= now,
        _holds.c.id.not_in(tuple(but)),
    )
    return _end(events, over, HoldEnd.EXPIRED, now)


def end_all(events: Sequence[Event], rows: Iterable[SeatHold], *, now: datetime) -> list[Event]:
    """Give these holds back, at events that are held; the events that got seats back."""
    its = (_holds.c.id.in_([row.id for row in rows]), _holds.c.ended_at.is_(None))
    return _end(events, its, HoldEnd.RELEASED, now)


def _end(events: Sequence[Event], its: tuple, how: HoldEnd, now: datetime) -> list[Event]:
    asked_by = _holds.c.asker_index if how is HoldEnd.EXPIRED else None  # who let many run out gets no more
    ended = update(_holds).where(*its).values(ended=how, ended_at=now, asker_index=asked_by)
    rows = db.session.execute(ended.returning(_holds.c.event_id, _holds.c.size, _holds.c.by_phone)).all()
    by_id = {event.id: event for event in events}
    for event_id, size, by_phone in rows:
        by_id[event_id].taken -= size
        by_id[event_id].phone_taken -= size if by_phone else 0
    db.session.flush()
    return [event for event in events if event.id in {row[0] for row in rows}]
