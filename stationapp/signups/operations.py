"""The verbs of sign-ups: give a place, take it back, hand it on (domain.md §6; trust.md S1–S8).

A sign-up is `weighing.weigh` (plain reads: repeats and refusals are answered without any lock) and `seat` (one
guarded counter, `seats`, then inserts). `sign_up` is both in one go. Of a course every verb means all its dates still
to come (`course`). Locks are taken in one order everywhere: people, the events' rows by id, their holds, the party,
its places. Where two requests meet, a unique index lets one through; the edge repeats the other (`db.retried`), which
then finds what the first one wrote.
"""

from collections.abc import Sequence
from datetime import datetime

from stationapp.audit.operations import record
from stationapp.db import Overtaken, db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.residents.operations import admit
from stationapp.residents.rules import PersonIn
from stationapp.signups import course, held, holds, limits, queries, seats, weighing
from stationapp.signups.models import SeatHold, Signup
from stationapp.signups.promotion import hand_on
from stationapp.signups.rules import Answer, Channel, Place, SignupRefusal
from stationapp.signups.steps import Entry, hold, leave, note_passed_over, within_home_limit, write_party
from stationapp.signups.weighing import Wish


def sign_up(
    event: Event,
    people: Sequence[PersonIn],
    *,
    key: str,
    channel: Channel,
    by: int | None,
    consent: str,
    now: datetime,
    hold: str = "",
    declared: bool = False,
    lift: str = "",
) -> Answer:
    """Give a party of one household places, all or none, or put it on the waitlist.

    The same `key` gets the same answer for ever, and people who all have a place get the one they have; both with
    `repeated`. `hold`, `declared`, `lift`: see `weighing.weigh`. Raises Refused(SignupRefusal | ResidentRefusal).
    """
    terms = queries.get_terms(event_id=event.id)
    wish = weighing.weigh(
        terms, people, key=key, channel=channel, by=by, now=now, hold=hold, declared=declared, lift=lift
    )
    if isinstance(wish, Answer):
        return wish
    answer = seat(wish, consent=consent, now=now)
    if event in db.session:
        db.session.expire(event, ["taken", "phone_taken", "waiting", "queued"])
    return answer


# --- the hot write -----------------------------------------------------------------------------------------------


def seat(wish: Wish, *, consent: str, now: datetime) -> Answer:
    """Take the seats or draw a waiting number; then write the party down.

    At a single event one guarded statement decides, at a course its held dates. Raises Refused, or Overtaken when
    what stands against it was done by the same request, pressed twice.
    """
    terms = wish.terms
    household_id, resident_ids = admit(wish.home, wish.people, now=now)
    entry = Entry(
        household_id, resident_ids, wish.channel, wish.by, consent, terms.audience_only, lifted=wish.lift
    )
    try:
        if terms.limited and not wish.lift:
            limits.within_limits(wish.dates, household_id, resident_ids)
        answer = _seat(wish, entry, now)
    except Refused as refused:
        if queries.find_given(wish.key_index):
            raise Overtaken from refused
        raise
    if wish.by is not None:
        subject = f"party {answer.party_id}"
        record("signups.sign_up", subject, by=wish.by, now=now, site_id=terms.site_id, reason=wish.lift)
    return answer


_FULL = frozenset({SignupRefusal.FULL, SignupRefusal.HOLD_TOO_SMALL})


def _seat(wish: Wish, entry: Entry, now: datetime) -> Answer:
    """Before anybody is told that it is full, holds that are over are ended."""
    place = _seat_one if wish.terms.course_id is None else course.seat
    try:
        return place(wish, entry, now=now)
    except Refused as refused:
        if refused.reason not in _FULL or not holds.expire_at(wish.terms.event_id, now=now, but=wish.hold):
            raise
    return place(wish, entry, now=now)


def _seat_one(wish: Wish, entry: Entry, *, now: datetime) -> Answer:
    event_id, size = wish.terms.event_id, len(entry.resident_ids)
    row = _held(wish)
    state, number = seats.decide(wish.terms, size, caller=wish.caller, row=row, now=now)
    within_home_limit(wish, entry)
    rank = None if state is Place.CONFIRMED else number
    party_id, codes = write_party(entry, event_id, key_index=wish.key_index, number=rank, now=now)
    if row is not None:
        held.use(row, party_id, now=now)
        hand_on(event_id, now=now)  # what a smaller party leaves of it
    if state is Place.WAITLISTED and wish.terms.draw_at is not None:
        hand_on(event_id, now=now)  # the draw may have been held while this one waited for it
    if state is Place.CONFIRMED and number:
        terms = queries.get_terms(event_id=event_id)
        free = (terms.capacity or 0) - terms.taken + size
        note_passed_over(event_id, party_id, free, before=row and row.made_at, now=now)
    return Answer(party_id, state, codes, rank, False)


def _held(wish: Wish) -> SeatHold | None:
    """The seats held for this wish, whose event is then held too: they are neither given back nor used meanwhile."""
    if not wish.hold:
        return None
    event_id = wish.terms.event_id
    hold(event_id)
    return held.list_standing(wish.hold, [event_id]).get(event_id)


# --- taking back and handing on -----------------------------------------------------------------------------------


def cancel(*signups: Signup, by: int | None, why: str, now: datetime) -> None:
    """Give people's places at one event back and hand them on together; harmless when they were given back already.

    Of a course all their places still to come are given back: not to come once is simply absence.
    Raises Refused(EVENT_STARTED) once the event has begun, for staff (`by`) once it has ended.
    """
    event_id = signups[0].event_id
    course_id = course.find_course(event_id)
    if course_id is not None:
        left = course.leave_all(course_id, signups, by=by, why=why, now=now)
    else:
        left = _leave(event_id, signups, by=by, why=why, now=now)
    site_id = db.session.get_one(Event, event_id).site_id
    for signup in signups:
        if signup.resident_id in left and by is not None:
            record("signups.cancel", f"signup {signup.id}", by=by, now=now, site_id=site_id, reason=why)


def _leave(event_id: int, signups: Sequence[Signup], *, by: int | None, why: str, now: datetime) -> set[int]:
    """The people whose places were given back."""
    event = hold(event_id)
    for signup in signups:
        db.session.refresh(signup)
    live = [signup for signup in signups if signup.state is not Place.CANCELLED]
    if not live:
        return set()
    if event.state is not State.POSTPONED and now >= (event.starts_at if by is None else event.ends_at):
        raise Refused(SignupRefusal.EVENT_STARTED)
    for signup in live:
        leave(event, signup, by=by, why=why, now=now)
    hand_on(event.id, now=now)
    return {signup.resident_id for signup in live}
