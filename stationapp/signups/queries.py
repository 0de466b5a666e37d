"""Reads of places: what a sign-up must know, one's own place, the roster."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.orm import aliased

from stationapp.codes import tidy
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Enrolment, State
from stationapp.refusal import NotFound
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import records_at, records_of
from stationapp.signups.models import Party, PlaceLimit, Signup
from stationapp.signups.rules import CALLERS, AgeRule, Answer, Place, Terms, Waiting
from stationapp.sites.models import Site
from stationapp.vault import vault

# What a sign-up reads is read in lean statements, compiled once (architecture.md, Speed).
_above = aliased(Site)
_limited = (
    select(PlaceLimit.id)
    .join(_above, _above.id == PlaceLimit.site_id)
    .where(PlaceLimit.ended_at.is_(None), Site.path.startswith(_above.path))
)
_terms = select(
    Event.id,
    Event.site_id,
    Site.path,
    Event.state,
    Event.starts_at,
    Event.ends_at,
    Event.opens_at,
    Event.closes_at,
    Event.capacity,
    Event.taken,
    Event.waiting,
    Event.min_age,
    Event.max_age,
    Event.residence,
    Event.phone_seats,
    Event.phone_taken,
    Event.phone_until_at,
    Event.home_limit,
    Event.draw_at,
    Event.audience,
    Event.audience_only,
    _limited.exists(),
    Series.id,
)
_terms = _terms.join_from(Event, Site, Site.id == Event.site_id).outerjoin(
    Series, (Series.id == Event.series_id) & (Series.enrolment == Enrolment.COURSE)
)
_terms_by_id = _terms.where(Event.id == bindparam("event_id"))
_terms_by_code = _terms.where(Event.code == bindparam("code"))


def get_terms(*, event_id: int = 0, code: str = "") -> Terms:
    """The terms of an event, by id or by code; raises NotFound."""
    statement, wanted = (
        (_terms_by_id, {"event_id": event_id}) if event_id else (_terms_by_code, {"code": code})
    )
    row = db.session.connection().execute(statement, wanted).one_or_none()
    if row is None:
        raise NotFound
    return _as_terms(row)


def list_course_terms(course_id: int, now: datetime) -> list[Terms]:
    """The terms of a course's public dates that have not begun, the soonest first."""
    rows = db.session.execute(
        _terms.where(
            Event.series_id == course_id, Event.state == State.PUBLISHED, Event.starts_at > now
        ).order_by(Event.starts_at, Event.id)
    )
    return [_as_terms(row) for row in rows]


def asks_age(terms: Terms, now: datetime) -> bool:
    """Whether a month of birth is needed: of a course, when any of its dates to come has an age rule."""
    if terms.ages.exists or terms.course_id is None:
        return terms.ages.exists
    return any(date.ages.exists for date in list_course_terms(terms.course_id, now))


def _as_terms(row: Row) -> Terms:
    return Terms(*row[:11], AgeRule(row[11], row[12]), *row[13:])


@dataclass(frozen=True, slots=True)
class Given:
    """An answer given earlier, with what was asked for then."""

    answer: Answer
    event_id: int
    series_id: int | None
    phone_index: bytes | None
    names: tuple[str, ...]


_given = (
    select(
        Party.id,
        Party.first_state,
        Party.queue_number,
        Party.event_id,
        Event.series_id,
        Household.phone_index,
        Signup.code_sealed,
        Resident.name,
    )
    .join_from(Party, Household, Household.id == Party.household_id)
    .join(Event, Event.id == Party.event_id)
    .join(Signup, Signup.party_id == Party.id)
    .join(Resident, Resident.id == Signup.resident_id)
    .where(Party.key_index == bindparam("key_index"))
    .order_by(Signup.id)
)


def find_given(key_index: bytes) -> Given | None:
    """What the request with this key was answered with (trust.md S8)."""
    rows = db.session.connection().execute(_given, {"key_index": key_index}).all()
    if not rows:
        return None
    party_id, state, number, event_id, series_id, phone_index = rows[0][:6]
    answer = Answer(party_id, state, tuple(vault().unseal(row[6]) for row in rows), number, True)
    return Given(answer, event_id, series_id, phone_index, tuple(row[7] for row in rows))


@dataclass(frozen=True, slots=True)
class Taken:
    """A live place that somebody of a household has at this event, or at another one at the same time."""

    resident_id: int  # as whom they count
    event_id: int
    party_id: int
    state: Place
    code_sealed: bytes
    queue_number: int | None


# Whose record was merged into another one is one person with it, whichever of their phones is asked about.
_live_of_household = (
    select(
        func.coalesce(Resident.merged_into, Resident.id),
        Signup.event_id,
        Signup.party_id,
        Signup.state,
        Signup.code_sealed,
        Party.queue_number,
        Event.starts_at,
        Event.ends_at,
        Event.state,
    )
    .join_from(Resident, Signup, Signup.resident_id == Resident.id)
    .join(Party, Party.id == Signup.party_id)
    .join(Event, Event.id == Signup.event_id)
    .where(Resident.id.in_(records_at(bindparam("household_id"))), Signup.state != Place.CANCELLED)
)


def list_taken(household_id: int, dates: Sequence[Terms]) -> list[Taken]:
    """The household's live places at these events and at those that overlap with one of them in time.

    Times are compared here: given them, a planner starts from all events of a state instead of one household.
    """
    rows = db.session.connection().execute(_live_of_household, {"household_id": household_id})
    asked_for = {date.event_id for date in dates}
    return [
        Taken(*row[:6])
        for row in rows
        if row[1] in asked_for
        or (
            row[8] is State.PUBLISHED
            and any(row[6] < date.ends_at and row[7] > date.starts_at for date in dates)
        )
    ]


_count_live = (
    select(func.count())
    .select_from(Signup)
    .join(Resident, Resident.id == Signup.resident_id)
    .where(
        Resident.id.in_(records_at(bindparam("household_id"))),
        Signup.event_id == bindparam("event_id"),
        Signup.state != Place.CANCELLED,
    )
)


def count_live(event_id: int, household_id: int) -> int:
    """How many live places a household has at an event."""
    wanted = {"event_id": event_id, "household_id": household_id}
    return db.session.connection().execute(_count_live, wanted).scalar_one()


def community_path(community_id: int) -> str | None:
    """The path of a community."""
    return db.session.scalar(select(Site.path).where(Site.id == community_id))


LINE = (Party.drawn.is_(None), Party.drawn, Party.queue_number)
"""The order of a line: who drew a lot by it, then the others by their numbers."""


def list_waiting(event_id: int, *, before: datetime | None = None) -> list[Waiting]:
    """The waiting parties of an event in their order, with the number of people still waiting in each.

    With `before` only those that came before.
    """
    came = (Party.made_at < before,) if before else ()
    rows = db.session.execute(
        select(Party.id, Party.queue_number, func.count(), Party.drawn, Party.channel)
        .join_from(Signup, Party, Party.id == Signup.party_id)
        .where(Signup.event_id == event_id, Signup.state == Place.WAITLISTED, *came)
        .group_by(Party.id, Party.queue_number, Party.drawn, Party.channel)
        .order_by(*LINE)
    )
    return [Waiting(*row[:4], row[4] in CALLERS) for row in rows]


def find_by_code(code: str) -> Signup | None:
    """The place with that code, however it was typed."""
    index = vault().index("place", tidy(code))
    return db.session.scalar(select(Signup).where(Signup.code_index == index))


def get_by_code(code: str) -> Signup:
    """The place with that code; raises NotFound."""
    signup = find_by_code(code)
    if signup is None:
        raise NotFound
    return signup


def code_of(signup: Signup) -> str:
    """The code that stands for the place."""
    return vault().unseal(signup.code_sealed)


def is_read_out(party: Party) -> bool:
    """Whether a member of staff made the request and read its codes out. Those of requests that people made themselves
    no desk shows: whoever has such a code may answer for them."""
    return party.by is not None


def get_party(party_id: int) -> Party:
    """The party with that id; raises NotFound."""
    party = db.session.get(Party, party_id)
    if party is None:
        raise NotFound
    return party


def event_of(signup: Signup) -> tuple[Event, Site]:
    """The event of a place, with its organiser."""
    query = select(Event, Site).join(Site, Site.id == Event.site_id).where(Event.id == signup.event_id)
    return tuple(db.session.execute(query).one())


def rank_of(party: Party) -> int | None:
    """How many waiting parties stand up to and including this one; None when it does not wait."""
    waiting = (
        select(Party.id).join(Signup, Signup.party_id == Party.id).where(Signup.state == Place.WAITLISTED)
    )
    if db.session.scalar(waiting.where(Party.id == party.id).limit(1)) is None:
        return None
    ahead = Party.drawn.is_(None) & (Party.queue_number <= party.queue_number) | Party.drawn.is_not(None)
    if party.drawn is not None:
        ahead = Party.drawn <= party.drawn
    return db.session.scalar(
        select(func.count(Signup.party_id.distinct()))
        .join(Party, Party.id == Signup.party_id)
        .where(Signup.event_id == party.event_id, Signup.state == Place.WAITLISTED, ahead)
    )


def made_at(signups: Sequence[Signup]) -> dict[int, datetime]:
    """When their parties were made, by party id."""
    query = select(Party.id, Party.made_at).where(Party.id.in_({signup.party_id for signup in signups}))
    return dict(db.session.execute(query).all())


def members(party_id: int) -> list[tuple[Signup, Resident]]:
    """Everybody of a party, cancelled places too, in the order they were written."""
    rows = db.session.execute(_with_person().where(Signup.party_id == party_id).order_by(Signup.id))
    return [(signup, resident) for signup, resident in rows]


def roster(event: Event) -> list[tuple[Signup, Resident, Party]]:
    """Everybody with a live place at an event: those with a seat by initials, then those who wait in line."""
    rows = db.session.execute(
        _with_person()
        .join(Party, Party.id == Signup.party_id)
        .add_columns(Party)
        .where(Signup.event_id == event.id, Signup.state != Place.CANCELLED)
        .order_by(Signup.state == Place.WAITLISTED, *LINE, Resident.initials, Signup.id)
    )
    return [tuple(row) for row in rows]


def places_of(resident_id: int, *, limit: int = 50) -> list[tuple[Signup, Event]]:
    """A person's places, by whichever of their records, newest event first."""
    rows = db.session.execute(
        select(Signup, Event)
        .join(Event, Event.id == Signup.event_id)
        .where(Signup.resident_id.in_(records_of(resident_id)))
        .order_by(Event.starts_at.desc(), Signup.id)
        .limit(limit)
    )
    return [(signup, event) for signup, event in rows]


def by_codes(codes: Sequence[str]) -> list[tuple[Signup, Event, str]]:
    """The places that codes stand for, with event and code, soonest event first; unknown codes are left out."""
    known = {vault().index("place", code): code for code in codes}
    rows = db.session.execute(
        select(Signup, Event)
        .join(Event, Event.id == Signup.event_id)
        .where(Signup.code_index.in_(known))
        .order_by(Event.starts_at, Signup.id)
    )
    return [(signup, event, known[bytes(signup.code_index)]) for signup, event in rows]


def _with_person() -> Select:
    return select(Signup, Resident).join(Resident, Resident.id == Signup.resident_id)
