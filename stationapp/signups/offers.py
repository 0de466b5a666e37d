"""Answers to offered places: taken, given up, or left unanswered; what is given up goes on to the next at once.

Everything holds the event first (the same order as in `operations`), and finds out under its lock what is still open,
so that an answer and the end of its time never both count.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.signups import queries
from stationapp.signups.models import Offer, Party, Signup
from stationapp.signups.offer_rules import OfferRefusal, last_end
from stationapp.signups.promotion import SEAT_FREED, hand_on
from stationapp.signups.rules import OfferEnd, Place, SignupRefusal
from stationapp.signups.steps import hold, leave, move

_THEIRS = frozenset({OfferEnd.ACCEPTED, OfferEnd.GIVEN})
"""Ends after which the places are the household's."""

MOST = 200
"""Events whose offers one round of the duty ends; what is left waits for the next round."""


def accept(party_id: int, *, by: int | None, now: datetime) -> None:
    """They come: the offered places are theirs; harmless when they said so before. `by`: staff, after a call.

    Raises NotFound, Refused(OVER) when the time to answer is over or the places were given up, and
    Refused(SignupRefusal.CANCELLED) when the event was called off.
    """
    event, offer = _held(party_id)
    if offer is not None and offer.ended in _THEIRS:
        return
    if event.state is State.CANCELLED:
        raise Refused(SignupRefusal.CANCELLED)
    if offer is None:
        raise Refused(OfferRefusal.OVER)
    if offer.ended is not None or now > offer.until_at:
        raise Refused(OfferRefusal.OVER, until_at=offer.until_at)
    for place in _offered(party_id):
        move(place, Place.CONFIRMED, by=by, why=OfferEnd.ACCEPTED.value, now=now)
    _end(offer, OfferEnd.ACCEPTED, by, now)
    _record("accept", event, party_id, by, now)


def decline(party_id: int, *, by: int | None, now: datetime) -> None:
    """They do not come: the places go on to the next; harmless when they are gone already.

    Raises NotFound, and Refused(ACCEPTED) when the places are theirs already: those are given back by `cancel`.
    """
    event, offer = _held(party_id)
    if offer is None:
        raise Refused(OfferRefusal.OVER)
    if offer.ended in _THEIRS:
        raise Refused(OfferRefusal.ACCEPTED)
    if offer.ended is not None:
        return
    _give_up(event, offer, OfferEnd.DECLINED, "declined", by, now)
    hand_on(event.id, now=now)
    _record("decline", event, party_id, by, now)


def settle(events: Sequence[Event], *, now: datetime) -> int:
    """Give the places at once whose answers can be waited for no longer; how many.

    That is so when the start is nearer now, and when the event was put off: nobody can say yes to a time that is not
    known, and nobody should lose a place to it. Called by whoever moved or put off these events, which are held, in
    the same transaction: nobody is told of an end that comes sooner than the one they know.
    """
    last = {event.id: last_end(event.starts_at) for event in events}
    put_off = {event.id for event in events if event.state is State.POSTPONED}
    live = select(Offer, Party.event_id).join(Party, Party.id == Offer.party_id)
    live = live.where(Party.event_id.in_(last), Offer.ended_at.is_(None)).order_by(Offer.id)
    rows = db.session.execute(live.execution_options(populate_existing=True)).all()
    given = [row for row in rows if row[1] in put_off or row[0].until_at > last[row[1]]]
    site_of = {event.id: event.site_id for event in events}
    for offer, event_id in given:
        for place in _offered(offer.party_id):
            move(place, Place.CONFIRMED, by=None, why=SEAT_FREED, now=now)
        _end(offer, OfferEnd.GIVEN, None, now)
        tell_desk(Occasion.PROMOTED, f"party {offer.party_id}", site_id=site_of[event_id], now=now)
    return len(given)


def lapse(*, now: datetime) -> int:
    """End the offers nobody answered in time, and those of events that were called off; how many.

    The desk is told of what lapsed, and the places go on at once.
    """
    due = (
        select(Event.id)
        .join(Party, Party.event_id == Event.id)
        .join(Offer, Offer.party_id == Party.id)
        .where(Offer.ended_at.is_(None), or_(Offer.until_at < now, Event.state == State.CANCELLED))
        .distinct()
        .order_by(Event.id)
        .limit(MOST)
    )
    return sum(_lapse_at(event_id, now) for event_id in db.session.scalars(due).all())


def _lapse_at(event_id: int, now: datetime) -> int:
    event = hold(event_id)
    called_off = event.state is State.CANCELLED
    live = (
        select(Offer)
        .join(Party, Party.id == Offer.party_id)
        .where(Party.event_id == event_id, Offer.ended_at.is_(None))
        .order_by(Offer.id)
        .execution_options(populate_existing=True)
    )
    over = [offer for offer in db.session.scalars(live) if called_off or offer.until_at < now]
    for offer in over:
        if called_off:
            _give_up(event, offer, OfferEnd.WITHDRAWN, "event called off", None, now)
            continue
        _give_up(event, offer, OfferEnd.LAPSED, "offer lapsed", None, now)
        tell_desk(Occasion.OFFER_LAPSED, f"party {offer.party_id}", site_id=event.site_id, now=now)
    if over:
        hand_on(event_id, now=now)
    return len(over)


def _held(party_id: int) -> tuple[Event, Offer | None]:
    """The event of a party, held, and the last offer the party was made."""
    event = hold(queries.get_party(party_id).event_id)
    last = select(Offer).where(Offer.party_id == party_id).order_by(Offer.id.desc()).limit(1)
    return event, db.session.scalar(last.execution_options(populate_existing=True))


def _offered(party_id: int) -> list[Signup]:
    its = select(Signup).where(Signup.party_id == party_id, Signup.state == Place.OFFERED)
    return list(db.session.scalars(its.order_by(Signup.id).execution_options(populate_existing=True)))


def _give_up(event: Event, offer: Offer, end: OfferEnd, why: str, by: int | None, now: datetime) -> None:
    _end(offer, end, by, now)
    for place in _offered(offer.party_id):
        leave(event, place, by=by, why=why, now=now)


def _end(offer: Offer, end: OfferEnd, by: int | None, now: datetime) -> None:
    offer.ended, offer.ended_at, offer.by = end, now, by
    db.session.flush()


def _record(act: str, event: Event, party_id: int, by: int | None, now: datetime) -> None:
    if by is not None:
        record(f"signups.{act}", f"party {party_id}", by=by, now=now, site_id=event.site_id)
