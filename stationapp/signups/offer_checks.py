"""The invariants of offers and draws (trust.md §2, S4–S6), as queries that return no row on either database."""

from datetime import timedelta
from itertools import groupby

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.signups.draw_rules import fingerprint, order
from stationapp.signups.models import Draw, Offer, Party, Signup
from stationapp.signups.rules import SEATED, OfferEnd, Place
from stationapp.vault import vault

TWO_ROUNDS = timedelta(seconds=20)
"""Two periods of the duties `offers` and `draws` (trust.md S6)."""


def _overdue() -> list[str]:
    """An offer that outlives its time."""
    late = clock.now() - TWO_ROUNDS
    query = select(Offer.id).where(Offer.ended_at.is_(None), Offer.until_at < late).order_by(Offer.id)
    return [f"offer {row}" for row in db.session.scalars(query)]


def _taken_late() -> list[str]:
    query = select(Offer.id).where(Offer.ended == OfferEnd.ACCEPTED, Offer.ended_at > Offer.until_at)
    return [f"offer {row}" for row in db.session.scalars(query)]


def _beyond_start() -> list[str]:
    """An offer that could still be answered once its event has begun, or whose event is put off."""
    query = select(Offer.id).join(Party, Party.id == Offer.party_id).join(Event, Event.id == Party.event_id)
    begun = (Event.state == State.PUBLISHED) & (Offer.until_at > Event.starts_at)
    beyond = (Offer.ended_at.is_(None), or_(begun, Event.state == State.POSTPONED))
    return [f"offer {row}" for row in db.session.scalars(query.where(*beyond).order_by(Offer.id))]


def _not_offered() -> list[str]:
    """An offered place without a live offer, or a live offer without an offered place."""
    live = select(Offer.id).where(Offer.party_id == Signup.party_id, Offer.ended_at.is_(None))
    places = select(Signup.id).where(Signup.state == Place.OFFERED, ~live.exists()).order_by(Signup.id)
    offered = select(Signup.id).where(Signup.party_id == Offer.party_id, Signup.state == Place.OFFERED)
    empty = select(Offer.id).where(Offer.ended_at.is_(None), ~offered.exists()).order_by(Offer.id)
    return [
        *(f"signup {row}" for row in db.session.scalars(places)),
        *(f"offer {row}" for row in db.session.scalars(empty)),
    ]


def _undrawn() -> list[str]:
    """A draw that is overdue or was never announced, or places given out by it beforehand."""
    late = clock.now() - TWO_ROUNDS
    undrawn = and_(Event.draw_at.is_not(None), Draw.drawn_at.is_(None))
    overdue = and_(Event.draw_at < late, Event.starts_at > clock.now())
    seated = select(Signup.id).where(Signup.event_id == Event.id, Signup.state.in_(SEATED))
    query = (
        select(Event.id)
        .outerjoin(Draw, Draw.event_id == Event.id)
        .where(
            Event.state == State.PUBLISHED,
            undrawn,
            or_(overdue, Draw.event_id.is_(None), seated.exists()),
        )
        .order_by(Event.id)
    )
    return [f"event {row}" for row in db.session.scalars(query)]


def _drawn_otherwise() -> list[str]:
    """A draw whose seed is not the announced one, or whose ranks are not those that follow from it."""
    draws = {
        draw.event_id: draw for draw in db.session.scalars(select(Draw).where(Draw.drawn_at.is_not(None)))
    }
    ranked = select(Party.event_id, Party.queue_number).where(Party.drawn.is_not(None))
    rows = db.session.execute(ranked.order_by(Party.event_id, Party.drawn)).all()
    as_drawn = {
        event_id: [number for _, number in its] for event_id, its in groupby(rows, key=lambda row: row[0])
    }
    wrong = {event_id for event_id in as_drawn if event_id not in draws}
    for event_id, draw in draws.items():
        numbers = as_drawn.get(event_id, [])
        sealed = vault().unseal(draw.seed_sealed)
        honest = draw.seed == sealed and fingerprint(sealed) == draw.commitment
        if not honest or numbers != order(sealed, numbers):
            wrong.add(event_id)
    return [f"event {row}" for row in sorted(wrong | _left_out())]


def _left_out() -> set[int]:
    """Draws that passed by somebody who waited for them and waits still.

    Who asked just before and was written down just after stands behind, with a higher number.
    """
    waits = select(Signup.id).where(Signup.party_id == Party.id, Signup.state == Place.WAITLISTED)
    other = aliased(Party)
    last = select(func.max(other.queue_number)).where(
        other.event_id == Party.event_id, other.drawn.is_not(None)
    )
    rows = db.session.execute(
        select(Party.event_id, Party.made_at, Draw.drawn_at, Party.queue_number < last.scalar_subquery())
        .join(Draw, Draw.event_id == Party.event_id)
        .where(Party.drawn.is_(None), Draw.drawn_at.is_not(None), waits.exists())
    )
    return {
        event_id
        for event_id, made_at, drawn_at, before in rows
        if before or made_at < drawn_at - timedelta(minutes=1)
    }


CHECKS = (
    Check("S5 offers", "等答复的名额都有一份没过期的通知，反过来也是", _not_offered),
    Check(
        "S6 offers",
        "过了时间没有答复的名额已经收回，没有迟到的答复算数，也没有等到开始以后、延期以后的",
        lambda: _overdue() + _taken_late() + _beyond_start(),
    ),
    Check("S6 draws", "抽签的活动都公布过签底，到点抽了签，抽之前没有人先占名额", _undrawn),
    Check("S4 draws", "抽签的次序与公布的种子算出来的一样，一家也没有漏", _drawn_otherwise),
)
