"""The line of a course: what is free at all its dates at once, and who is seated at all of them together.

Everything here takes dates that are held (`course.hold`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.signups import queries
from stationapp.signups.models import PassedOver, Signup
from stationapp.signups.offer_rules import OfferRefusal
from stationapp.signups.rules import (
    Passed,
    Place,
    Promotion,
    Waiting,
    kept_back,
    next_in_line,
    out_of_turn,
)
from stationapp.signups.steps import move


def ahead_of(dates: Iterable[Event], now: datetime) -> list[Event]:
    """The public ones that have not begun, the soonest first: these are in lockstep."""
    ahead = (date for date in dates if date.state is State.PUBLISHED and date.starts_at > now)
    return sorted(ahead, key=lambda date: (date.starts_at, date.id))


def handed_on_at(dates: Iterable[Event], now: datetime) -> list[Event]:
    """Those at which places can be given back and handed on: ahead, then put off."""
    dates = list(dates)
    return [*ahead_of(dates, now), *(date for date in dates if date.state is State.POSTPONED)]


def promote(dates: Iterable[Event], now: datetime) -> list[int]:
    """Seat whoever is next in line, at every date at once; the ids of their parties at the next date."""
    line = _line(list(dates), now)
    if line is None:
        return []
    found = next_in_line(line.free, queries.list_waiting(line.lead.id), line.reserved)
    _seat_all(line, found, by=None, why="seat freed", now=now)
    return [party.party_id for party in found.seat]


def seat_out_of_turn(dates: Iterable[Event], party_id: int, *, by: int, why: str, now: datetime) -> None:
    """Seat one waiting party at every date before those ahead of it; raises Refused(OfferRefusal)."""
    dates = list(dates)
    line = _line(dates, now)
    people = set(db.session.scalars(select(Signup.resident_id).where(Signup.party_id == party_id)))
    its = _places_of(line, people) if line else []
    found = out_of_turn(queries.list_waiting(line.lead.id), its[0].party_id) if its else None
    if found is None:
        raise Refused(OfferRefusal.NOT_WAITING)
    size = found.seat[0].size
    if size > line.free:
        raise Refused(OfferRefusal.NO_ROOM, free=line.free, size=size)
    _seat_all(line, found, by=by, why=why, now=now)
    promote(dates, now)


@dataclass(frozen=True, slots=True)
class _Line:
    """What is free at all dates at once, and who waits; `lead` is the date whose line counts."""

    kept: Sequence[Event]
    lead: Event
    waits: dict[int, dict[int, Signup]]
    free: int
    reserved: int


def _line(dates: Sequence[Event], now: datetime) -> _Line | None:
    ahead, kept = ahead_of(dates, now), handed_on_at(dates, now)
    if not kept:
        return None
    lead = ahead[0] if ahead else max(kept, key=lambda date: (date.taken + date.waiting, date.id))
    limits = [date.capacity - date.taken for date in ahead or [lead] if date.capacity is not None]
    free = max(0, min(limits, default=lead.waiting))
    reserved = [
        kept_back(date.phone_seats, date.phone_taken, date.phone_until_at, now) for date in ahead or [lead]
    ]
    return _Line(kept, lead, _waiting_at(kept), free, max(reserved))


def _seat_all(line: _Line, found: Promotion, *, by: int | None, why: str, now: datetime) -> None:
    for party in found.seat:
        for date in line.kept:
            places = _counterpart(line, date, party)
            _seat_at(date, places, party.caller, by=by, why=why, now=now)
            _note(line, date, party, found.passed_by(party), now)
        tell_desk(Occasion.PROMOTED, f"party {party.party_id}", site_id=line.lead.site_id, now=now)
    db.session.flush()


def _places_of(line: _Line, people: set[int]) -> list[Signup]:
    """Their waiting places at the date whose line counts."""
    return [place for person, place in line.waits[line.lead.id].items() if person in people]


def _waiting_at(dates: Sequence[Event]) -> dict[int, dict[int, Signup]]:
    """The places of those who wait, by event and person."""
    waits: dict[int, dict[int, Signup]] = {date.id: {} for date in dates}
    for place in db.session.scalars(
        select(Signup).where(Signup.event_id.in_(waits), Signup.state == Place.WAITLISTED).order_by(Signup.id)
    ):
        waits[place.event_id][place.resident_id] = place
    return waits


def _counterpart(line: _Line, date: Event, party: Waiting) -> list[Signup]:
    """The same people's waiting places at another date."""
    leading, there = line.waits[line.lead.id], line.waits[date.id]
    people = [person for person, place in leading.items() if place.party_id == party.party_id]
    return [there[person] for person in people if person in there]


def _seat_at(
    date: Event, places: Sequence[Signup], caller: bool, *, by: int | None, why: str, now: datetime
) -> None:
    date.taken += len(places)
    date.phone_taken += len(places) if caller else 0
    date.waiting -= len(places)
    for place in places:
        move(place, Place.CONFIRMED, by=by, why=why, now=now)


def _note(line: _Line, date: Event, party: Waiting, passed: Sequence[Passed], now: datetime) -> None:
    """Who was passed over at that date too."""
    seated = _counterpart(line, date, party)
    for other in passed:
        ahead = _counterpart(line, date, other.party)
        if seated and ahead:
            db.session.add(
                PassedOver(
                    party_id=ahead[0].party_id,
                    overtaken_by=seated[0].party_id,
                    needed=len(ahead),
                    why=other.why,
                    at=now,
                )
            )
