"""A freed place goes to whoever is next: offered while there is time to ask, else given at once (domain.md §6).

Of a course places are always given at once: an answer for many dates is not asked for in half a day.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.signups import course, queries
from stationapp.signups.models import Draw, Offer, PassedOver, Signup
from stationapp.signups.offer_rules import OfferRefusal, window
from stationapp.signups.rules import Passed, Place, Waiting, kept_back, next_in_line, out_of_turn
from stationapp.signups.steps import hold, move
from stationapp.sites.models import Site

SEAT_FREED = "seat freed"
DRAWN = "drawn"
OUT_OF_TURN = "out of turn: "  # before the desk's reason


def promote(event_id: int, *, now: datetime) -> list[int]:
    """Hand free places on to whoever is next in line; returns the ids of the parties that have them now.

    Called when a place was given back and by whoever raised the capacity, in the same transaction. Of a course the
    same household is seated at every date still to come. Before a draw nobody is next.
    """
    course_id = course.find_course(event_id)
    return hand_on(event_id, now=now) if course_id is None else course.promote(course_id, now=now)


def hand_on(event_id: int, *, now: datetime, by_lot: bool = False) -> list[int]:
    """The same for an event that is no course's; `by_lot`: what a draw gives is given at once."""
    event = hold(event_id)
    open_still = event.state is State.POSTPONED or (event.state is State.PUBLISHED and now < event.starts_at)
    if not open_still or event.waiting == 0 or not was_drawn(event):
        return []
    until_at = None if by_lot or event.state is State.POSTPONED else _until(event, now)
    free = event.waiting if event.capacity is None else event.capacity - event.taken
    kept = kept_back(event.phone_seats, event.phone_taken, event.phone_until_at, now)
    line = next_in_line(free, queries.list_waiting(event_id), kept)
    for party in line.seat:
        seat_party(event, party, until_at=until_at, by=None, why=DRAWN if by_lot else SEAT_FREED, now=now)
        note_passed(party, line.passed_by(party), now)
    db.session.flush()
    return [party.party_id for party in line.seat]


def seat_out_of_turn(party_id: int, *, by: int, reason: str, now: datetime) -> None:
    """Seat a waiting party before those ahead of it, for a reason they may read.

    It needs free places: nobody's place is taken. Raises NotFound, Refused(OfferRefusal).
    """
    reason = reason.strip()
    if not reason:
        raise Refused(OfferRefusal.REASON_MISSING)
    event_id = queries.get_party(party_id).event_id
    course_id = course.find_course(event_id)
    if course_id is not None:
        course.seat_out_of_turn(course_id, party_id, by=by, why=f"{OUT_OF_TURN}{reason}", now=now)
    else:
        _seat_alone(event_id, party_id, by=by, why=f"{OUT_OF_TURN}{reason}", now=now)
    site_id = db.session.scalar(select(Event.site_id).where(Event.id == event_id))
    record("signups.seat_out_of_turn", f"party {party_id}", by=by, now=now, site_id=site_id, reason=reason)


def _seat_alone(event_id: int, party_id: int, *, by: int, why: str, now: datetime) -> None:
    event = hold(event_id)
    if not was_drawn(event):
        raise Refused(OfferRefusal.NOT_DRAWN)
    if event.state is State.PUBLISHED and now >= event.ends_at:
        raise Refused(OfferRefusal.EVENT_OVER)
    found = out_of_turn(queries.list_waiting(event_id), party_id)
    if found is None or event.state not in (State.PUBLISHED, State.POSTPONED):
        raise Refused(OfferRefusal.NOT_WAITING)
    party = found.seat[0]
    free = event.waiting if event.capacity is None else event.capacity - event.taken
    if party.size > free:
        raise Refused(OfferRefusal.NO_ROOM, free=free, size=party.size)
    seat_party(event, party, until_at=None, by=by, why=why, now=now)
    note_passed(party, found.pass_over, now)
    hand_on(event_id, now=now)


def was_drawn(event: Event) -> bool:
    """Whether places may be given out: there is no draw, or it has been held."""
    if event.draw_at is None:
        return True
    drawn = select(Draw.event_id).where(Draw.event_id == event.id, Draw.drawn_at.is_not(None))
    return db.session.scalar(drawn) is not None


def _until(event: Event, now: datetime) -> datetime | None:
    hours = db.session.scalar(select(Site.offer_hours).where(Site.id == event.site_id))
    return window(now, event.starts_at, hours)


def seat_party(
    event: Event, party: Waiting, *, until_at: datetime | None, by: int | None, why: str, now: datetime
) -> None:
    """Give a waiting party its places at the event that is held, or offer them until `until_at`; the desk is told."""
    waits = select(Signup).where(Signup.party_id == party.party_id, Signup.state == Place.WAITLISTED)
    for signup in db.session.scalars(waits.execution_options(populate_existing=True)):
        move(signup, Place.OFFERED if until_at else Place.CONFIRMED, by=by, why=why, now=now)
    event.taken += party.size
    event.waiting -= party.size
    event.phone_taken += party.size if party.caller else 0
    if until_at:
        db.session.add(Offer(party_id=party.party_id, made_at=now, until_at=until_at))
    occasion = Occasion.OFFERED if until_at else Occasion.PROMOTED
    tell_desk(occasion, f"party {party.party_id}", site_id=event.site_id, now=now)


def note_passed(party: Waiting, passed: Sequence[Passed], now: datetime) -> None:
    """Write down whom `party` overtook, and why."""
    db.session.add_all(
        PassedOver(
            party_id=one.party.party_id,
            overtaken_by=party.party_id,
            needed=one.party.size,
            why=one.why,
            at=now,
        )
        for one in passed
    )
