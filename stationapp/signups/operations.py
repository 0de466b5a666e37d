"""The verbs of sign-ups: give a place, take it back, hand it on (domain.md §6; trust.md S1–S8).

A sign-up is `weigh` (plain reads: repeats and refusals are answered without any lock) and `seat` (one guarded
counter, then inserts). `sign_up` is both in one go. Locks are taken in one order everywhere: people, the event's
row, the party, its places. Where two requests meet, a unique index lets one through; the edge repeats the other
(`db.retried`), which then finds what the first one wrote.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import bindparam, insert, or_, select, update

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.codes import new_personal
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.residents.operations import admit, checked
from stationapp.residents.queries import Home, Known, home_of
from stationapp.residents.rules import Lives, PersonIn, ResidentRefusal, is_child
from stationapp.signups import queries
from stationapp.signups.models import Party, PassedOver, Signup, SignupMove
from stationapp.signups.rules import (
    PARTY_LIMIT,
    SEATED,
    WAITLIST_LIMIT,
    Answer,
    Channel,
    Place,
    SignupRefusal,
    Terms,
    age_problem,
    event_problem,
    home_problem,
    next_in_line,
)
from stationapp.vault import vault


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that nothing stands against, as far as plain reads can tell."""

    terms: Terms
    people: tuple[PersonIn, ...]
    home: Home
    key_index: bytes


def sign_up(
    event: Event,
    people: Sequence[PersonIn],
    *,
    key: str,
    channel: Channel,
    by: int | None,
    consent: str,
    now: datetime,
) -> Answer:
    """Give a party of one household places, all or none, or put it on the waitlist.

    The same `key` gets the same answer for ever, and people who all have a place get the one they have; both with
    `repeated`. Raises Refused(SignupRefusal | ResidentRefusal).
    """
    terms = queries.get_terms(event_id=event.id)
    wish = weigh(terms, people, key=key, by=by, now=now)
    if isinstance(wish, Answer):
        return wish
    answer = seat(wish, channel=channel, by=by, consent=consent, now=now)
    if event in db.session:
        db.session.expire(event, ["taken", "waiting", "queued"])
    return answer


def weigh(
    terms: Terms, people: Sequence[PersonIn], *, key: str, by: int | None, now: datetime
) -> Answer | Wish:
    """By plain reads: the answer already given, a refusal, or a wish that may be seated."""
    key_index = vault().index("request", key)
    given = queries.find_given(key_index)
    people = _party(people, by, now)
    if given is not None:
        return _same_request(given, terms, people)
    home = home_of(people[0])
    members = [_member(home, person) for person in people]
    if answer := _at_the_door(terms, home, members, by):
        return answer
    if problem := event_problem(terms, by_staff=by is not None, now=now):
        raise _refused(problem, terms)
    for person, known in zip(people, members, strict=True):
        _person_may_come(terms, person, known)
    return Wish(terms, people, home, key_index)


def _party(people: Sequence[PersonIn], by: int | None, now: datetime) -> tuple[PersonIn, ...]:
    """The checked people, all reached by the first one's phone."""
    if not people:
        raise Refused(SignupRefusal.PARTY_EMPTY)
    if len(people) > PARTY_LIMIT:
        raise Refused(SignupRefusal.PARTY_TOO_LARGE, limit=PARTY_LIMIT)
    first = checked(people[0], now=now)
    if by is None and first.phone is None:
        raise Refused(ResidentRefusal.PHONE_MISSING)
    party = (first, *(checked(replace(person, phone=first.phone), now=now) for person in people[1:]))
    if len({person.resident_id or person.name for person in party}) < len(party):
        raise Refused(SignupRefusal.SAME_PERSON_TWICE)
    return party


def _same_request(given: queries.Given, terms: Terms, people: tuple[PersonIn, ...]) -> Answer:
    phone = people[0].phone
    asked = (terms.event_id, vault().index("phone", phone) if phone else None, tuple(p.name for p in people))
    if (given.event_id, given.phone_index, given.names) != asked and people[0].resident_id is None:
        raise Refused(SignupRefusal.KEY_REUSED)
    return given.answer


def _member(home: Home, person: PersonIn) -> Known | None:
    if person.resident_id is None:
        return home.people.get(person.name)
    return next((known for known in home.people.values() if known.id == person.resident_id), None)


def _at_the_door(terms: Terms, home: Home, members: list[Known | None], by: int | None) -> Answer | None:
    """What the household's other places say: the answer if everybody here has one already, or a refusal."""
    if home.id is None:
        return None
    taken = queries.list_taken(home.id, terms)
    ids = [known.id if known else None for known in members]
    here = {place.resident_id: place for place in taken if place.event_id == terms.event_id}
    have = [here[resident_id] for resident_id in ids if resident_id in here]
    if len(have) == len(members):
        codes = tuple(vault().unseal(place.code_sealed) for place in have)
        return Answer(have[0].party_id, have[0].state, codes, have[0].queue_number, True)
    if have:
        raise Refused(SignupRefusal.ALREADY)
    if by is None and len(here) + len(members) > PARTY_LIMIT:
        raise Refused(SignupRefusal.PARTY_TOO_LARGE, limit=PARTY_LIMIT)
    if any(place.resident_id in ids for place in taken if place.event_id != terms.event_id):
        raise Refused(SignupRefusal.CLASHES)
    return None


def _person_may_come(terms: Terms, person: PersonIn, known: Known | None) -> None:
    day = clock.day_of(terms.starts_at)
    birth_month = person.birth_month or (known.birth_month if known else None)
    if problem := age_problem(terms.ages, birth_month, day):
        raise _refused(problem, terms)
    if is_child(birth_month, day) and not (person.guardian_consent or (known and known.consented)):
        raise Refused(ResidentRefusal.CONSENT_MISSING)
    lives, community_id = person.lives, person.community_id
    if lives is Lives.UNKNOWN and known:
        lives, community_id = known.lives, known.community_id
    path = queries.community_path(community_id) if community_id else None
    if problem := home_problem(terms.residence, terms.site_path, lives, path):
        raise _refused(problem, terms)


def _refused(reason: SignupRefusal, terms: Terms) -> Refused:
    return Refused(
        reason,
        opens_at=terms.opens_at,
        min_age=terms.ages.min_age,
        max_age=terms.ages.max_age,
        limit=PARTY_LIMIT,
    )


# --- the hot write -----------------------------------------------------------------------------------------------

_E = Event.__table__.c
_open_event = (_E.id == bindparam("event_id")) & (_E.state == State.PUBLISHED)
_take = (
    update(Event.__table__)
    .where(_open_event, or_(_E.capacity.is_(None), _E.taken + bindparam("size") <= _E.capacity))
    .values(taken=_E.taken + bindparam("size"))
    .returning(_E.waiting)
)
_queue = (
    update(Event.__table__)
    .where(
        _open_event,
        _E.taken + bindparam("size") > _E.capacity,
        _E.waiting + bindparam("size") <= WAITLIST_LIMIT,
    )
    .values(waiting=_E.waiting + bindparam("size"), queued=_E.queued + 1)
    .returning(_E.queued)
)
_add_party = insert(Party.__table__)
_add_signup = insert(Signup.__table__)


def seat(wish: Wish, *, channel: Channel, by: int | None, consent: str, now: datetime) -> Answer:
    """Take the seats or draw a waiting number, by one guarded statement; then write the party down."""
    terms, size = wish.terms, len(wish.people)
    household_id, resident_ids = admit(wish.home, wish.people, now=now)
    state, number = _decide(terms, size)
    lean = db.session.connection()
    if by is None and wish.home.id is not None:
        _within_limit(terms.event_id, household_id, size)
    party = {
        "key_index": wish.key_index,
        "event_id": terms.event_id,
        "household_id": household_id,
        "size": size,
        "first_state": state,
        "queue_number": None if state is Place.CONFIRMED else number,
        "channel": channel,
        "by": by,
        "consent": consent,
        "made_at": now,
    }
    party_id = lean.execute(_add_party, party).inserted_primary_key[0]
    codes = tuple(new_personal() for _ in wish.people)
    safe = vault()
    lean.execute(
        _add_signup,
        [
            {
                "party_id": party_id,
                "event_id": terms.event_id,
                "resident_id": resident_id,
                "state": state,
                "code_index": safe.index("place", code),
                "code_sealed": safe.seal(code),
            }
            for resident_id, code in zip(resident_ids, codes, strict=True)
        ],
    )
    if state is Place.CONFIRMED and number:
        _note_passed_over(terms.event_id, party_id, now)
    if by is not None:
        record("signups.sign_up", f"party {party_id}", by=by, now=now, site_id=terms.site_id)
    return Answer(party_id, state, codes, party["queue_number"], False)


def _decide(terms: Terms, size: int) -> tuple[Place, int]:
    """(CONFIRMED, people who wait) or (WAITLISTED, the number drawn).

    What was read a moment ago only says which of the two to try first; each refuses when it is not so.
    """
    order = ((_take, Place.CONFIRMED), (_queue, Place.WAITLISTED))
    for statement, state in (*order, *order) if terms.fits(size) else (*reversed(order), *order):
        number = (
            db.session.connection().execute(statement, {"event_id": terms.event_id, "size": size}).scalar()
        )
        if number is not None:
            return state, number
    now_state = queries.get_terms(event_id=terms.event_id).state
    reasons = {State.CANCELLED: SignupRefusal.CANCELLED, State.POSTPONED: SignupRefusal.POSTPONED}
    otherwise = SignupRefusal.FULL if now_state is State.PUBLISHED else SignupRefusal.CLOSED
    raise Refused(reasons.get(now_state, otherwise))


def _within_limit(event_id: int, household_id: int, size: int) -> None:
    """Refuse what would be too many places of one phone: many requests at once were weighed before any was seated."""
    if queries.count_live(event_id, household_id) + size > PARTY_LIMIT:
        raise Refused(SignupRefusal.PARTY_TOO_LARGE, limit=PARTY_LIMIT)


def _note_passed_over(event_id: int, overtaken_by: int, now: datetime) -> None:
    """Those who wait are too many for what was free (a freed seat is handed on at once): they keep their rank."""
    for party in queries.list_waiting(event_id):
        db.session.add(
            PassedOver(party_id=party.party_id, overtaken_by=overtaken_by, needed=party.size, at=now)
        )


# --- taking back and handing on -----------------------------------------------------------------------------------


def cancel(signup: Signup, *, by: int | None, why: str, now: datetime) -> None:
    """Give one person's place back and hand it on; harmless when it was given back already.

    Raises Refused(EVENT_STARTED) once the event has begun, for staff (`by`) once it has ended.
    """
    event = _lock(signup.event_id)
    db.session.refresh(signup)
    if signup.state is Place.CANCELLED:
        return
    if event.state is not State.POSTPONED and now >= (event.starts_at if by is None else event.ends_at):
        raise Refused(SignupRefusal.EVENT_STARTED)
    if signup.state in SEATED:
        event.taken -= 1
    else:
        event.waiting -= 1
    _move(signup, Place.CANCELLED, by=by, why=why, now=now)
    promote(event.id, now=now)
    if by is not None:
        record("signups.cancel", f"signup {signup.id}", by=by, now=now, site_id=event.site_id, reason=why)


def promote(event_id: int, *, now: datetime) -> list[int]:
    """Seat whoever is next in line as far as places are free; returns the ids of the parties seated.

    Called when a place was given back and by whoever raised the capacity, in the same transaction.
    """
    event = _lock(event_id)
    open_still = event.state is State.POSTPONED or (event.state is State.PUBLISHED and now < event.starts_at)
    if not open_still or event.waiting == 0:
        return []
    free = event.waiting if event.capacity is None else event.capacity - event.taken
    line = next_in_line(free, queries.list_waiting(event_id))
    for party in line.seat:
        for signup in db.session.scalars(
            select(Signup).where(Signup.party_id == party.party_id, Signup.state == Place.WAITLISTED)
        ):
            _move(signup, Place.CONFIRMED, by=None, why="seat freed", now=now)
        event.taken += party.size
        event.waiting -= party.size
        for passed in line.pass_over:
            if passed.queue_number < party.queue_number:
                db.session.add(
                    PassedOver(
                        party_id=passed.party_id, overtaken_by=party.party_id, needed=passed.size, at=now
                    )
                )
        tell_desk(Occasion.PROMOTED, f"party {party.party_id}", site_id=event.site_id, now=now)
    db.session.flush()
    return [party.party_id for party in line.seat]


def _lock(event_id: int) -> Event:
    """The event's row as it is now, held until the transaction ends."""
    db.session.flush()
    return db.session.scalars(
        select(Event).where(Event.id == event_id).with_for_update().execution_options(populate_existing=True)
    ).one()


def _move(signup: Signup, to: Place, *, by: int | None, why: str, now: datetime) -> None:
    db.session.add(
        SignupMove(signup_id=signup.id, from_state=signup.state, to_state=to, at=now, by=by, why=why)
    )
    signup.state = to
    db.session.flush()
