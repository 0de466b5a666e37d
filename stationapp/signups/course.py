"""A course: one sign-up takes a place at every date still to come, and so it stays (domain.md §5).

In lockstep: whoever is on a course has the same state at each of its public dates that have not begun, the line is
the same at all of them, and so is the number of places. A date put off keeps its places and follows what is given
back and handed on meanwhile; whoever joined since is brought along when it is public again.

Every verb first holds all dates of the course, in the order of their ids, and only then anything else of it: whoever
waits for a date holds none with a higher id, so that no two can wait for each other.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Enrolment, EventRefusal, State
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.signups import held, queries
from stationapp.signups.models import Party, PassedOver, SeatHold, Signup
from stationapp.signups.rules import (
    CALLERS,
    WAITLIST_LIMIT,
    Answer,
    Passed,
    Place,
    SignupRefusal,
    Waiting,
    free_seats,
    kept_back,
    next_in_line,
)
from stationapp.signups.steps import Entry, leave, move, note_passed_over, within_home_limit, write_party
from stationapp.signups.weighing import Wish
from stationapp.vault import vault

_UNPUBLISHED = frozenset({State.DRAFT, State.SUBMITTED, State.RETURNED})


def find_course(event_id: int) -> int | None:
    """The series of an event when one sign-up is for the whole of it."""
    return db.session.scalar(
        select(Series.id)
        .join(Event, Event.series_id == Series.id)
        .where(Event.id == event_id, Series.enrolment == Enrolment.COURSE)
    )


def hold(course_id: int, *, now: datetime) -> list[Event]:
    """The dates that are not over, unpublished ones too, as they are now; held until the transaction ends.

    All its dates are held, whatever their state: one brought back or opened again while this waits would otherwise be
    taken out of turn. Those that were written meanwhile have the highest ids.
    """
    db.session.flush()
    its = select(Event.id).where(Event.series_id == course_id).order_by(Event.id)
    db.session.execute(its.with_for_update(key_share=True))
    open_still = or_(
        Event.state.in_((State.POSTPONED, *_UNPUBLISHED)),
        (Event.state == State.PUBLISHED) & (Event.ends_at > now),
    )
    rows = select(Event).where(Event.series_id == course_id, open_still).order_by(Event.id)
    rows = rows.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(rows))


def hold_for(event: Event, *, now: datetime) -> None:
    """Hold the whole course before one of its dates is changed or published; nothing for any other event."""
    if (course_id := find_course(event.id)) is not None:
        hold(course_id, now=now)


def _ahead(dates: Iterable[Event], now: datetime) -> list[Event]:
    """The public ones that have not begun, the soonest first: these are in lockstep."""
    ahead = (date for date in dates if date.state is State.PUBLISHED and date.starts_at > now)
    return sorted(ahead, key=lambda date: (date.starts_at, date.id))


def _kept(dates: Iterable[Event], now: datetime) -> list[Event]:
    """Those at which places can be given back and handed on: ahead, then put off."""
    dates = list(dates)
    return [*_ahead(dates, now), *(date for date in dates if date.state is State.POSTPONED)]


# --- signing up ---------------------------------------------------------------------------------------------------


def hold_to_come(course_id: int, event_id: int, *, now: datetime) -> list[Event]:
    """Hold the course; the public date asked for, then the others ahead. Nothing when that one is not public."""
    dates = hold(course_id, now=now)
    asked = [date for date in dates if date.id == event_id and date.state is State.PUBLISHED]
    return [*asked, *(date for date in _ahead(dates, now) if date not in asked)] if asked else []


def seat(wish: Wish, entry: Entry, *, now: datetime) -> Answer:
    """A place at every date ahead, all or none: seated at all if all have room, else waiting at all.

    The request's key belongs to the first date; the parties of the others have keys derived from it. Seats held for
    it are taken at the dates where they are held; it is never put on the waitlist then.
    """
    wanted = hold_to_come(wish.terms.course_id, wish.terms.event_id, now=now)
    if not wanted:
        raise Refused(SignupRefusal.CLOSED)
    size = len(entry.resident_ids)
    rows = held.list_standing(wish.hold, [date.id for date in wanted])
    seated = all(_has_room(date, rows, size, wish.caller, now) for date in wanted)
    if not seated and rows:
        raise Refused(SignupRefusal.HOLD_TOO_SMALL, held=min(row.size for row in rows.values()))
    if not seated and any(date.waiting + size > WAITLIST_LIMIT for date in wanted):
        raise Refused(SignupRefusal.FULL)
    within_home_limit(wish, entry)
    answers = []
    for date in wanted:
        key = wish.key_index if not answers else _key(wish.key_index, date)
        answers.append(_enter(date, entry, key, seated, now, rows.get(date.id)))
    party_id, codes, number = answers[0]
    return Answer(party_id, Place.CONFIRMED if seated else Place.WAITLISTED, codes, number, False)


def _has_room(date: Event, rows: Mapping[int, SeatHold], size: int, caller: bool, now: datetime) -> bool:
    free = free_seats(date, caller=caller, now=now)
    more = size - rows[date.id].size if date.id in rows else size
    return free is None or more <= max(free, 0)


def _key(key_index: bytes, date: Event) -> bytes:
    return vault().index("request", f"{key_index.hex()} {date.code}")


def _enter(
    date: Event, entry: Entry, key_index: bytes, seated: bool, now: datetime, row: SeatHold | None = None
):
    """Write a party down at one date that is held: (its id, codes, number)."""
    size, number = len(entry.resident_ids), None
    if seated:
        _count(date, size if entry.channel in CALLERS else 0, size, row)
    else:
        date.waiting += size
        date.queued += 1
        number = date.queued
    db.session.flush()
    party_id, codes = write_party(entry, date.id, key_index=key_index, number=number, now=now)
    if row is not None:
        held.use(row, party_id, now=now)
    if seated and date.waiting:
        free = (date.capacity or 0) - date.taken + size
        note_passed_over(date.id, party_id, free, before=row and row.made_at, now=now)
    return party_id, codes, number


def _count(date: Event, by_callers: int, size: int, row: SeatHold | None) -> None:
    """Count the seated instead of what was held for them."""
    date.taken += size - (row.size if row else 0)
    date.phone_taken += by_callers - (row.size if row and row.by_phone else 0)


# --- taking back and handing on -----------------------------------------------------------------------------------


def leave_all(course_id: int, signup: Signup, *, by: int | None, why: str, now: datetime) -> int | None:
    """Give back all places of this person that are still to come; the site, or None when there was none left.

    Staff may also take back the place they were asked about while its event lasts. Raises Refused(EVENT_STARTED)
    when everything has begun.
    """
    dates = {date.id: date for date in hold(course_id, now=now)}
    kept = {date.id for date in _kept(dates.values(), now)}
    if by is not None and signup.event_id in dates:
        kept.add(signup.event_id)
    places = list(
        db.session.scalars(
            select(Signup)
            .where(Signup.resident_id == signup.resident_id, Signup.event_id.in_(kept))
            .order_by(Signup.event_id, Signup.id)
            .execution_options(populate_existing=True)
        )
    )
    if not places:
        raise Refused(SignupRefusal.EVENT_STARTED)
    live = [place for place in places if place.state is not Place.CANCELLED]
    for place in live:
        leave(dates[place.event_id], place, by=by, why=why, now=now)
    if not live:
        return None
    _promote(dates.values(), now)
    return dates[live[0].event_id].site_id


def promote(course_id: int, *, now: datetime) -> list[int]:
    """Seat whoever is next in line, at every date at once; the ids of their parties at the next date."""
    return _promote(hold(course_id, now=now), now)


def _promote(dates: Iterable[Event], now: datetime) -> list[int]:
    dates = list(dates)
    ahead, kept = _ahead(dates, now), _kept(dates, now)
    if not kept:
        return []
    lead = ahead[0] if ahead else max(kept, key=lambda date: (date.taken + date.waiting, date.id))
    waits = _waiting_at(kept)
    limits = [date.capacity - date.taken for date in ahead or [lead] if date.capacity is not None]
    free = max(0, min(limits, default=lead.waiting))
    reserved = [
        kept_back(date.phone_seats, date.phone_taken, date.phone_until_at, now) for date in ahead or [lead]
    ]
    line = next_in_line(free, queries.list_waiting(lead.id), max(reserved))
    for party in line.seat:
        for date in kept:
            _seat_at(date, _counterpart(waits, lead, date, party), party.caller, now)
            _note(waits, lead, date, party, line.passed_by(party), now)
        tell_desk(Occasion.PROMOTED, f"party {party.party_id}", site_id=lead.site_id, now=now)
    db.session.flush()
    return [party.party_id for party in line.seat]


def _waiting_at(dates: Sequence[Event]) -> dict[int, dict[int, Signup]]:
    """The places of those who wait, by event and person."""
    waits: dict[int, dict[int, Signup]] = {date.id: {} for date in dates}
    for place in db.session.scalars(
        select(Signup).where(Signup.event_id.in_(waits), Signup.state == Place.WAITLISTED).order_by(Signup.id)
    ):
        waits[place.event_id][place.resident_id] = place
    return waits


def _counterpart(waits, lead: Event, date: Event, party: Waiting) -> list[Signup]:
    """The same people's waiting places at another date."""
    people = [person for person, place in waits[lead.id].items() if place.party_id == party.party_id]
    return [waits[date.id][person] for person in people if person in waits[date.id]]


def _seat_at(date: Event, places: Sequence[Signup], caller: bool, now: datetime) -> None:
    date.taken += len(places)
    date.phone_taken += len(places) if caller else 0
    date.waiting -= len(places)
    for place in places:
        move(place, Place.CONFIRMED, by=None, why="seat freed", now=now)


def _note(waits, lead: Event, date: Event, party: Waiting, passed: Sequence[Passed], now: datetime) -> None:
    """Who was passed over at that date too."""
    seated = _counterpart(waits, lead, date, party)
    for other in passed:
        ahead = _counterpart(waits, lead, date, other.party)
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


# --- a date more, and other numbers of places ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Member:
    """A household's party on the course, as it stands at the date that is copied."""

    party: Party
    people: tuple[int, ...]
    seated: bool


def bring_along(event: Event, *, now: datetime) -> int:
    """Take everybody who is on the course along to a date that just became public; how many people.

    They are on it who have a place at the other dates ahead, or, when there is none, at the last one held. Nothing
    happens for an event that is no course's. Raises Refused(COURSE_PLACES_DIFFER | COURSE_TOO_SMALL).
    """
    course_id = find_course(event.id)
    if course_id is None:
        return 0
    dates = hold(course_id, now=now)
    others = [date for date in _ahead(dates, now) if date.id != event.id]
    if others and event.starts_at > now and others[0].capacity != event.capacity:
        raise Refused(SignupRefusal.COURSE_PLACES_DIFFER, capacity=others[0].capacity)
    copied = others[0] if others else _last_one(event)
    if copied is None:
        return 0
    members = _members(copied.id, without=event.id)
    seated = event.taken + sum(len(member.people) for member in members if member.seated)
    if event.capacity is not None and seated > event.capacity:
        raise Refused(SignupRefusal.COURSE_TOO_SMALL, taken=seated)
    for member in members:
        party = member.party
        entry = Entry(
            party.household_id,
            member.people,
            party.channel,
            party.by,
            party.consent,
            party.declared,
            party.lifted,
        )
        _enter(event, entry, _key(party.key_index, event), member.seated, now)
    _promote(dates, now)
    return sum(len(member.people) for member in members)


def _last_one(event: Event) -> Event | None:
    """The date before, when no other is ahead: the last that was held or put off."""
    states = (State.PUBLISHED, State.CLOSED_OUT, State.POSTPONED)
    its = (Event.series_id == event.series_id, Event.id != event.id, Event.state.in_(states))
    return db.session.scalar(
        select(Event).where(*its).order_by(Event.starts_at.desc(), Event.id.desc()).limit(1)
    )


def _members(event_id: int, *, without: int) -> list[_Member]:
    """Who has a live place at one event and none at `without`: the seated first, then the line."""
    there = select(Signup.resident_id).where(Signup.event_id == without, Signup.state != Place.CANCELLED)
    rows = db.session.execute(
        select(Party, Signup.resident_id, Signup.state)
        .join(Signup, Signup.party_id == Party.id)
        .where(
            Signup.event_id == event_id,
            Signup.state != Place.CANCELLED,
            Signup.resident_id.not_in(there),
        )
        .order_by(Signup.state == Place.WAITLISTED, Party.queue_number, Party.id, Signup.id)
    )
    found: dict[int, tuple[Party, list[int], bool]] = {}
    for party, person, state in rows:
        found.setdefault(party.id, (party, [], state is not Place.WAITLISTED))[1].append(person)
    return [_Member(party, tuple(people), seated) for party, people, seated in found.values()]


def spread_places(event: Event, *, by: int | None, now: datetime) -> None:
    """Give every other date that has not begun the number of places this public one has now.

    Nothing happens for an event that is no course's, or not public. Raises Refused(CAPACITY_BELOW_TAKEN).
    """
    course_id = find_course(event.id)
    if course_id is None or event.state not in (State.PUBLISHED, State.POSTPONED):
        return
    dates = hold(course_id, now=now)
    kept = _kept(dates, now)
    for date in [*kept, *(date for date in dates if date.state in _UNPUBLISHED)]:
        if date.capacity == event.capacity:
            continue
        if event.capacity is not None and date.taken > event.capacity:
            raise Refused(EventRefusal.CAPACITY_BELOW_TAKEN, taken=date.taken)
        date.capacity = event.capacity
        record("events.change", f"event {date.code}", by=by, now=now, site_id=date.site_id)
    db.session.flush()
