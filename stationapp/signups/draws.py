"""Places drawn by lot (抽签): announced by a fingerprint, drawn from a sealed seed, to be done again by anybody.

Who signs up before waits for the draw. It gives every party that waits then a rank by `draw_rules.order`, and places
in that order as far as whole households fit; who comes later stands behind.
"""

import secrets
from datetime import datetime

from sqlalchemy import bindparam, select, update

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.admission_rules import AdmissionRefusal
from stationapp.events.models import Event
from stationapp.events.rules import PUBLIC, State
from stationapp.refusal import Refused
from stationapp.signups import queries
from stationapp.signups.draw_rules import SEED_BYTES, DrawRefusal, fingerprint, order
from stationapp.signups.models import Draw, Party
from stationapp.signups.promotion import hand_on
from stationapp.signups.steps import hold
from stationapp.vault import vault

MOST = 50
"""Draws one round of the duty holds; what is left waits for the next round."""


def announce(event: Event, *, now: datetime) -> None:
    """Make the seed of a public event's draw and the fingerprint people see of it; once, whatever changes later."""
    if event.draw_at is None or event.state not in PUBLIC or db.session.get(Draw, event.id) is not None:
        return
    seed = secrets.token_hex(SEED_BYTES)
    made = Draw(event_id=event.id, commitment=fingerprint(seed), seed_sealed=vault().seal(seed), made_at=now)
    db.session.add(made)
    db.session.flush()


def refuse_other_time(event: Event, before: datetime | None) -> None:
    """The draw that was to be at `before` may have another time now, or none, unless the lots are drawn.

    Raises Refused(AdmissionRefusal.DRAW_OVER). `events` cannot tell by the time alone: an event put off is not drawn.
    """
    if event.draw_at == before:
        return
    made = db.session.get(Draw, event.id, populate_existing=True)
    if made is not None and made.drawn_at is not None:
        raise Refused(AdmissionRefusal.DRAW_OVER)


def draw(event_id: int, *, by: int | None = None, now: datetime) -> list[int]:
    """Draw the lots and give out the places; the parties seated. Nothing happens when it was drawn before.

    Raises Refused(DrawRefusal) when there is nothing to draw now.
    """
    event = hold(event_id)
    announce(event, now=now)
    made = db.session.get(Draw, event_id, populate_existing=True)
    if made is not None and made.drawn_at is not None:
        return []
    if event.draw_at is None or event.state is not State.PUBLISHED or now >= event.starts_at:
        raise Refused(DrawRefusal.NOTHING)
    if now < event.draw_at:
        raise Refused(DrawRefusal.TOO_EARLY, draw_at=event.draw_at)
    seed = vault().unseal(made.seed_sealed)
    _rank(event_id, seed)
    made.seed, made.drawn_at = seed, now
    seated = hand_on(event_id, now=now, by_lot=True)
    record("signups.draw", f"event {event.code}", by=by, now=now, site_id=event.site_id)
    return seated


_number = update(Party.__table__).where(Party.__table__.c.id == bindparam("party"))
_number = _number.values(drawn=bindparam("rank"))


def _rank(event_id: int, seed: str) -> None:
    """Give everybody who waits the rank that was drawn."""
    waits = {party.queue_number: party.party_id for party in queries.list_waiting(event_id)}
    ranked = order(seed, waits)
    if ranked:
        rows = [{"party": waits[number], "rank": rank} for rank, number in enumerate(ranked, start=1)]
        db.session.connection().execute(_number, rows)


def draw_due(*, now: datetime) -> int:
    """Hold every draw whose time has come; how many."""
    due = (
        select(Event.id)
        .outerjoin(Draw, Draw.event_id == Event.id)
        .where(
            Event.state == State.PUBLISHED,
            Event.draw_at <= now,
            Event.starts_at > now,
            Draw.drawn_at.is_(None),
        )
        .order_by(Event.id)
        .limit(MOST)
    )
    found = db.session.scalars(due).all()
    for event_id in found:
        draw(event_id, now=now)
    return len(found)
