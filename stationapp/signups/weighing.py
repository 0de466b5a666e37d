"""What stands against a sign-up, by plain reads: repeats and refusals are answered without any lock."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from stationapp import clock
from stationapp.refusal import Refused
from stationapp.residents.operations import checked
from stationapp.residents.queries import Home, Known, home_of
from stationapp.residents.rules import Lives, PersonIn, ResidentRefusal, is_child
from stationapp.signups import limits, queries
from stationapp.signups.rules import (
    CALLERS,
    LIFT_LENGTH,
    PARTY_LIMIT,
    Answer,
    Channel,
    SignupRefusal,
    Terms,
    age_problem,
    event_problem,
    home_problem,
)
from stationapp.vault import vault


@dataclass(frozen=True, slots=True)
class Wish:
    """A request that nothing stands against, as far as plain reads can tell."""

    dates: tuple[Terms, ...]  # the event asked for; of a course then the others
    people: tuple[PersonIn, ...]
    home: Home
    key_index: bytes
    channel: Channel
    by: int | None
    hold: str  # the token of seats held for it, "" for none
    lift: str  # staff's reason for going beyond the limit that stands against it, "" for none

    @property
    def terms(self) -> Terms:
        """Those of the event asked for."""
        return self.dates[0]

    @property
    def caller(self) -> bool:
        """Whether it may take seats kept back for callers."""
        return self.channel in CALLERS


def weigh(
    terms: Terms,
    people: Sequence[PersonIn],
    *,
    key: str,
    channel: Channel,
    by: int | None,
    now: datetime,
    hold: str = "",
    declared: bool = False,
    lift: str = "",
) -> Answer | Wish:
    """By plain reads: the answer already given, a refusal, or a wish that may be seated.

    `hold`: the token of `holds.hold_seats`; one that ran out or was never known is harmless. `declared`: they say
    that the event is for them. `lift`: why staff go beyond a limit. Raises Refused(SignupRefusal | ResidentRefusal).
    """
    key_index = vault().index("request", key)
    given = queries.find_given(key_index)
    people = _party(people, by, now)
    if given is not None:
        return _same_request(given, terms, people)
    home = home_of(people[0])
    members = [_member(home, person) for person in people]
    met = [known.id for known in members if known]
    if len(set(met)) < len(met):
        raise Refused(SignupRefusal.SAME_PERSON_TWICE)
    dates = _dates(terms, now)
    taken = queries.list_taken(home.id, dates) if home.id else []
    if taken and (given := queries.find_given(key_index)):
        return _same_request(
            given, terms, people
        )  # the same request, pressed twice, was seated between two reads
    if answer := _at_the_door(dates, taken, members):
        return answer
    if problem := event_problem(terms, by_staff=by is not None, now=now):
        raise _refused(problem, terms)
    for person, known in zip(people, members, strict=True):
        _person_may_come(dates, person, known, alone=len(people) == 1)
    if by is None and not declared and (its := next((date for date in dates if date.audience_only), None)):
        raise Refused(SignupRefusal.NOT_DECLARED, audience=its.audience)
    reason = " ".join(lift.split())[:LIFT_LENGTH] if by is not None else ""
    beyond = _beyond(dates, home, taken, members, by)
    if beyond is not None and not reason:
        raise beyond
    return Wish(dates, people, home, key_index, channel, by, hold, reason if beyond else "")


def _beyond(
    dates: Sequence[Terms],
    home: Home,
    taken: Sequence[queries.Taken],
    members: list[Known | None],
    by: int | None,
) -> Refused | None:
    """The limit that so many people more would pass."""
    here = sum(place.event_id == dates[0].event_id for place in taken)
    problem = limits.home_problem(dates, here + len(members), by_staff=by is not None)
    if problem or not dates[0].limited:
        return problem
    return limits.stands_against(dates, home.id, [known.id if known else None for known in members])


def _dates(terms: Terms, now: datetime) -> tuple[Terms, ...]:
    """Everything the request is about: the event asked for, and of a course every other date still to come."""
    if terms.course_id is None:
        return (terms,)
    others = queries.list_course_terms(terms.course_id, now)
    return (terms, *(date for date in others if date.event_id != terms.event_id))


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
    """The answer this request got before; refused when it was another one. Who was picked needs no phone."""
    first = people[0]
    phone = vault().index("phone", first.phone) if first.phone else None
    same = given.event_id == terms.event_id or (terms.course_id and given.series_id == terms.course_id)
    reached = given.phone_index == phone or first.resident_id is not None
    if not (same and reached and given.names == tuple(person.name for person in people)):
        raise Refused(SignupRefusal.KEY_REUSED)
    return given.answer


def _member(home: Home, person: PersonIn) -> Known | None:
    if person.resident_id is None:
        return home.people.get(person.name)
    return next((known for known in home.people.values() if known.id == person.resident_id), None)


def _at_the_door(
    dates: Sequence[Terms], taken: Sequence[queries.Taken], members: list[Known | None]
) -> Answer | None:
    """What the household's other places say: the answer if everybody here has one already, or a refusal."""
    ids = [known.id if known else None for known in members]
    here = {place.resident_id: place for place in taken if place.event_id == dates[0].event_id}
    have = [here[resident_id] for resident_id in ids if resident_id in here]
    if len(have) == len(members):
        codes = tuple(vault().unseal(place.code_sealed) for place in have)
        return Answer(have[0].party_id, have[0].state, codes, have[0].queue_number, True)
    if have:
        raise Refused(SignupRefusal.ALREADY)
    asked_for = {date.event_id for date in dates}
    if any(place.resident_id in ids for place in taken if place.event_id not in asked_for):
        raise Refused(SignupRefusal.CLASHES)
    return None


def _person_may_come(dates: Sequence[Terms], person: PersonIn, known: Known | None, *, alone: bool) -> None:
    birth_month = (known.birth_month if known else None) or person.birth_month
    consented = person.guardian_consent or (known and known.consented)
    lives, community_id = person.lives, person.community_id
    if lives is Lives.UNKNOWN and known:
        lives, community_id = known.lives, known.community_id
    path = queries.community_path(community_id) if community_id else None
    for terms in dates:
        day = clock.day_of(terms.starts_at)
        if problem := age_problem(terms.ages, birth_month, day):
            raise _refused(problem, terms)
        if is_child(birth_month, day) and not consented:
            raise Refused(ResidentRefusal.CONSENT_MISSING, alone=alone)
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
