"""The hot write of a sign-up: one guarded statement decides who sits down and who waits (trust.md S1)."""

from datetime import datetime

from sqlalchemy import Integer, Update, and_, bindparam, case, or_, select, update

from stationapp.db import UtcDateTime, db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.signups import queries
from stationapp.signups.models import Draw, SeatHold
from stationapp.signups.rules import WAITLIST_LIMIT, Place, SignupRefusal, Terms

_E = Event.__table__.c
_size, _more = bindparam("size", type_=Integer), bindparam("more", type_=Integer)
_open_event = (_E.id == bindparam("event_id")) & (_E.state == State.PUBLISHED)
_kept_back = case(
    (
        and_(_E.phone_until_at > bindparam("now", type_=UtcDateTime()), _E.phone_seats > _E.phone_taken),
        _E.phone_seats - _E.phone_taken,
    ),
    else_=0,
)
_drawn = select(Draw.event_id).where(Draw.event_id == _E.id, Draw.drawn_at.is_not(None)).exists()
_before_draw = _E.draw_at.is_not(None) & ~_drawn


def _take(kept) -> Update:
    """Sit down in `more` seats; `more` is less than the party where some are held for it already."""
    room = or_(_E.capacity.is_(None), _more <= 0, _E.taken + _more <= _E.capacity - kept)
    return (
        update(Event.__table__)
        .where(_open_event, room, ~_before_draw)
        .values(taken=_E.taken + _more, phone_taken=_E.phone_taken + bindparam("phone_more"))
        .returning(_E.waiting)
    )


def _queue(kept) -> Update:
    """Draw a number, where there is no room or the lot decides."""
    return (
        update(Event.__table__)
        .where(
            _open_event,
            or_(_before_draw, _E.taken + _size > _E.capacity - kept),
            _E.waiting + _size <= WAITLIST_LIMIT,
        )
        .values(waiting=_E.waiting + _size, queued=_E.queued + 1)
        .returning(_E.queued)
    )


# Compiled once each: for whoever may have what is kept back for callers, and for everybody else.
_STATEMENTS = {
    caller: ((_take(kept), Place.CONFIRMED), (_queue(kept), Place.WAITLISTED))
    for caller, kept in ((True, 0), (False, _kept_back))
}


def decide(
    terms: Terms, size: int, *, caller: bool, row: SeatHold | None, now: datetime
) -> tuple[Place, int]:
    """(CONFIRMED, people who wait) or (WAITLISTED, the number drawn); raises Refused.

    What was read a moment ago only says which of the two to try first; each refuses when it is not so. With seats
    held (`row`, whose event the caller holds) only what they lack must be free, and nobody is put on the waitlist.
    """
    held = row.size if row else 0
    asked = {
        "event_id": terms.event_id,
        "size": size,
        "more": size - held,
        "phone_more": (size if caller else 0) - (held if row and row.by_phone else 0),
        "now": now,
    }
    take, queue = _STATEMENTS[caller]
    if row is not None:
        order = (take,)
    else:
        order = (take, queue) * 2 if terms.fits(size, caller=caller, now=now) else (queue, take, queue, take)
    for statement, state in order:
        number = db.session.connection().execute(statement, asked).scalar()
        if number is not None:
            return state, number
    raise Refused(_why_not(terms.event_id, held), held=held)


def _why_not(event_id: int, held: int) -> SignupRefusal:
    state = queries.get_terms(event_id=event_id).state
    reasons = {State.CANCELLED: SignupRefusal.CANCELLED, State.POSTPONED: SignupRefusal.POSTPONED}
    full = SignupRefusal.HOLD_TOO_SMALL if held else SignupRefusal.FULL
    return reasons.get(state, full if state is State.PUBLISHED else SignupRefusal.CLOSED)
