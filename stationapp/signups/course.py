"""A course: one sign-up takes a place at every date still to come, and so it stays (domain.md §5).

In lockstep: whoever is on a course has the same state at each of its public dates that have not begun, the line is
the same at all of them, and so is the number of places. A date put off keeps its places and follows what is given
back and handed on meanwhile; whoever joined since is brought along when it is public again.

Every verb first holds all dates of the course, in the order of their ids, and only then anything else of it: whoever
waits for a date holds none with a higher id, so that no two can wait for each other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Enrolment, EventRefusal, State
from stationapp.refusal import Refused
from stationapp.signups import course_line, held
from stationapp.signups.course_line import ahead_of, handed_on_at
from stationapp.signups.models import Party, SeatHold, Signup
from stationapp.signups.rules import (
    CALLERS,
    WAITLIST_LIMIT,
    Answer,
    Place,
    SignupRefusal,
    free_seats,
)
from stationapp.signups.steps import Entry, leave, note_passed_over, within_home_limit, write_party
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


# --- signing up ---------------------------------------------------------------------------------------------------


def hold_to_come(course_id: int, event_id: int, *, now: datetime) -> list[Event]:
    """Hold the course; the public date asked for, then the others ahead. Nothing when that one is not public."""
    dates = hold(course_id, now=now)
    asked = [date for date in dates if date.id == event_id and date.state is State.PUBLISHED]
    return [*asked, *(date for date in ahead_of(dates, now) if date not in asked)] if asked else []


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
    if rows:
        promote(wish.terms.course_id, now=now)  # what a smaller party leaves of them
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


def leave_all(
    course_id: int, signups: Sequence[Signup], *, by: int | None, why: str, now: datetime
) -> set[int]:
    """Give back all places of these people that are still to come, together; the people who had any left.

    Staff may also take back the place they were asked about while its event lasts. Raises Refused(EVENT_STARTED)
    when everything has begun.
    """
    dates = {date.id: date for date in hold(course_id, now=now)}
    kept = {date.id for date in handed_on_at(dates.values(), now)}
    if by is not None:
        kept |= {signup.event_id for signup in signups if signup.event_id in dates}
    people = [signup.resident_id for signup in signups]
    places = list(
        db.session.scalars(
            select(Signup)
            .where(Signup.resident_id.in_(people), Signup.event_id.in_(kept))
            .order_by(Signup.event_id, Signup.id)
            .execution_options(populate_existing=True)
        )
    )
    if not places:
        raise Refused(SignupRefusal.EVENT_STARTED)
    live = [place for place in places if place.state is not Place.CANCELLED]
    for place in live:
        leave(dates[place.event_id], place, by=by, why=why, now=now)
    if live:
        course_line.promote(dates.values(), now)
    return {place.resident_id for place in live}


def promote(course_id: int, *, now: datetime) -> list[int]:
    """Seat whoever is next in line, at every date at once; the ids of their parties at the next date."""
    return course_line.promote(hold(course_id, now=now), now)


def seat_out_of_turn(course_id: int, party_id: int, *, by: int, why: str, now: datetime) -> None:
    """Seat one waiting party at every date before those ahead of it; raises Refused(OfferRefusal)."""
    course_line.seat_out_of_turn(hold(course_id, now=now), party_id, by=by, why=why, now=now)


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
    others = [date for date in ahead_of(dates, now) if date.id != event.id]
    kept = [
        date for date in handed_on_at(dates, now) if date.id != event.id
    ]  # who waits is seated at all of them
    if kept and event.starts_at > now and kept[0].capacity != event.capacity:
        raise Refused(SignupRefusal.COURSE_PLACES_DIFFER, capacity=kept[0].capacity)
    if kept and event.starts_at > now:
        event.phone_seats, event.phone_until_at = _for_callers(kept[-1], event)
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
    course_line.promote(dates, now)
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
    """Give every other date that has not begun the number of places this public one has now, and as many of them
    kept for callers, until the same moment: one sign-up is for all dates.

    Nothing happens for an event that is no course's, or not public. Raises Refused(CAPACITY_BELOW_TAKEN).
    """
    course_id = find_course(event.id)
    if course_id is None or event.state not in (State.PUBLISHED, State.POSTPONED):
        return
    dates = hold(course_id, now=now)
    kept = handed_on_at(dates, now)
    for date in [*kept, *(date for date in dates if date.state in _UNPUBLISHED)]:
        if _counted(date) == (event.capacity, *_for_callers(event, date)):
            continue
        if event.capacity is not None and date.taken > event.capacity:
            raise Refused(EventRefusal.CAPACITY_BELOW_TAKEN, taken=date.taken)
        date.capacity = event.capacity
        date.phone_seats, date.phone_until_at = _for_callers(event, date)
        record("events.change", f"event {date.code}", by=by, now=now, site_id=date.site_id)
    db.session.flush()


def _counted(date: Event) -> tuple[int | None, int, datetime | None]:
    return date.capacity, date.phone_seats, date.phone_until_at


def _for_callers(event: Event, date: Event) -> tuple[int, datetime | None]:
    """What `date` keeps for callers, and until when, as `event` does; at the longest until it begins."""
    until_at = event.phone_until_at
    return event.phone_seats, until_at and min(until_at, date.starts_at)
