"""Reads of draws: what was announced, and what came of it, by numbers alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.signups.models import Draw, Party, Signup, SignupMove
from stationapp.signups.promotion import DRAWN
from stationapp.signups.queries import LINE
from stationapp.signups.rules import Place


def find_draw(event: Event) -> Draw | None:
    """The draw of an event, held or to come; None when places go by who comes first."""
    return None if event.draw_at is None else db.session.get(Draw, event.id)


def is_awaited(event: Event, draw: Draw | None) -> bool:
    """Whether whoever waits, waits for a draw."""
    return event.draw_at is not None and (draw is None or draw.drawn_at is None)


def lots_until(event: Event, draw: Draw | None, now: datetime) -> datetime | None:
    """Until when who signed up got a lot and not a rank: the draw, `now` while it is to come; None: there is none."""
    if event.draw_at is None:
        return None
    return draw.drawn_at if draw and draw.drawn_at else now


def awaits_lot() -> ColumnElement[bool]:
    """Whether whoever waits, waits for a draw, as a condition on Event, to which Draw is joined from outside."""
    return and_(Event.draw_at.is_not(None), Draw.drawn_at.is_(None))


@dataclass(frozen=True, slots=True)
class Drawn:
    """A lot in its order: the queue number, for how many people, and whether it brought places."""

    rank: int
    number: int
    size: int
    won: bool


def list_drawn(event_id: int) -> list[Drawn]:
    """All lots of an event as they were drawn; whatever became of the places later."""
    by_lot = and_(SignupMove.signup_id == Signup.id, SignupMove.why == DRAWN)
    rows = db.session.execute(
        select(Party.drawn, Party.queue_number, Party.size, func.count(SignupMove.id))
        .join(Signup, Signup.party_id == Party.id)
        .outerjoin(SignupMove, by_lot)
        .where(Party.event_id == event_id, Party.drawn.is_not(None))
        .group_by(Party.id, Party.drawn, Party.queue_number, Party.size)
        .order_by(Party.drawn)
    )
    return [Drawn(rank, number, size, won > 0) for rank, number, size, won in rows]


def ranks(event_ids: Iterable[int]) -> dict[int, int]:
    """The place in line at this moment of every waiting party at these events, by its id; one question."""
    waits = select(Signup.id).where(Signup.party_id == Party.id, Signup.state == Place.WAITLISTED).exists()
    query = select(Party.event_id, Party.id).where(Party.event_id.in_(set(event_ids)), waits)
    found: dict[int, int] = {}
    stands: dict[int, int] = {}
    for event_id, party_id in db.session.execute(query.order_by(Party.event_id, *LINE)):
        stands[event_id] = stands.get(event_id, 0) + 1
        found[party_id] = stands[event_id]
    return found


def count_waiting(event_id: int) -> int:
    """How many parties have signed up for the draw so far."""
    waiting = select(func.count(Signup.party_id.distinct()))
    return db.session.scalar(waiting.where(Signup.event_id == event_id, Signup.state == Place.WAITLISTED))
