"""Reads of presence: one person's scans, an event's roster, the venue's code of the moment."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased

from stationapp.attendance.models import Attendance, Headcount, Scan
from stationapp.attendance.rules import Kind, Part, Presence, Seen, meant, opens_at, undone
from stationapp.calendar.rules import AgeBand
from stationapp.codes import tidy
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import records_of, search_text
from stationapp.residents.rules import Masked, mask
from stationapp.signups.dates import held_by
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from stationapp.vault import vault


def scans_of(event_id: int, resident_id: int) -> list[Seen]:
    """One person's scans at an event."""
    rows = db.session.execute(
        select(Scan.kind, Scan.at, Scan.how, Scan.said_at).where(
            Scan.event_id == event_id, Scan.resident_id == resident_id
        )
    )
    return [Seen(*row) for row in rows]


def taken_back_at(event: Event) -> dict[int, Presence]:
    """Whose coming was taken back at an event and can be put back, by resident id, with what it was.

    In the order of `taken_back`.
    """
    found = taken_back(event.id)
    return {one: was for one, was in found.items() if was.came_at >= opens_at(event.starts_at)}


def taken_back(event_id: int, among: Collection[int] | None = None) -> dict[int, Presence]:
    """What was taken back at an event, by resident id; with `among` only of these records.

    Of several records of one person the first is the one to put back: the one taken back last, and of those taken
    back with one press the one that was shown.
    """
    its = (Attendance.event_id == Scan.event_id) & (Attendance.resident_id == Scan.resident_id)
    rows = (
        select(Attendance, Scan.kind, Scan.at, Scan.how, Scan.said_at)
        .join(Attendance, its & Attendance.undone)
        .where(Scan.event_id == event_id)
    )
    if among is not None:
        rows = rows.where(Scan.resident_id.in_(among))
    scans: dict[Attendance, list[Seen]] = {}
    for row, *seen in db.session.execute(rows):
        scans.setdefault(row, []).append(Seen(*seen))
    found = [(row, was, _last_undo(scans[row])) for row in scans if (was := undone(scans[row]))]
    found.sort(key=lambda one: shown_first(one[0].part, one[1].came_at, one[0].id))
    found.sort(key=lambda one: one[2], reverse=True)
    return {row.resident_id: was for row, was, _at in found}


def _last_undo(scans: Iterable[Seen]) -> datetime:
    return max(seen.at for seen in scans if seen.kind is Kind.UNDO)


def shown_first(part: Part, came_at: datetime, number: int) -> tuple[bool, datetime, int]:
    """By what somebody's rows at an event are ranked when several records turned out to be one person.

    The volunteer's comes first, for hours hang on its leaving; else the earliest. `number` is the row's.
    """
    return part is not Part.VOLUNTEER, came_at, number


def find_attendance(event_id: int, resident_id: int) -> Attendance | None:
    """Somebody's presence at an event, unless taken back."""
    return db.session.scalar(
        select(Attendance).where(
            Attendance.event_id == event_id, Attendance.resident_id == resident_id, ~Attendance.undone
        )
    )


def came_to(resident_id: int, event_ids: Collection[int]) -> frozenset[int]:
    """At which of these events somebody was."""
    there = (Attendance.resident_id == resident_id, Attendance.event_id.in_(event_ids), ~Attendance.undone)
    return frozenset(db.session.scalars(select(Attendance.event_id).where(*there)))


def is_anybody_there(event_id: int) -> bool:
    """Whether anybody's presence at an event stands."""
    there = select(Attendance.id).where(Attendance.event_id == event_id, ~Attendance.undone).limit(1)
    return db.session.scalar(there) is not None


def at_the_door(signup: Signup, *, now: datetime) -> tuple[Signup, Event]:
    """The place somebody shows the code of, at the date of its course that is held now; else at the next one."""
    held = held_by(signup, now=now)
    live = [place for place in held.places if place[0].state is not Place.CANCELLED]
    on = [place for place in live if place[1].state in (State.PUBLISHED, State.CLOSED_OUT)]
    found = meant([(event.starts_at, event.ends_at) for _place, event in on], now)
    return held.next if found is None else on[found]


def has_place(event_id: int, resident_id: int) -> bool:
    """Whether somebody is signed up for an event, waiting included."""
    live = select(Signup.id).where(
        Signup.event_id == event_id, Signup.resident_id == resident_id, Signup.state != Place.CANCELLED
    )
    return db.session.scalar(live) is not None


@dataclass(frozen=True)
class Line:
    """Somebody on an event's roster. What is shown is masked; `name` and `phone` are only searched in."""

    resident_id: int
    shown: Masked
    name: str
    initials: str
    phone: str
    place: Place | None  # None: no sign-up
    there: Attendance | None
    helps: bool = False
    back: Presence | None = None  # taken back, and what it was
    also: tuple[int, ...] = ()  # other records of the same person on this roster

    @property
    def tail(self) -> str:
        """The last four digits of the phone, empty without one."""
        return self.phone[-4:]

    @property
    def part(self) -> Part:
        """The role they have, or would be taken in with."""
        if self.there:
            return self.there.part
        return Part.VOLUNTEER if self.helps else Part.RESIDENT

    def fits(self, text: str) -> bool:
        """Whether a search means this person: pinyin initials, part of the name, or last digits."""
        if text.isascii() and text.isdigit():
            return len(text) >= 4 and self.phone.replace("-", "").endswith(text)
        if text.isascii():
            return self.initials.startswith(text.lower())
        return text in self.name


def roster(
    event: Event,
    helpers: Collection[int] = (),
    back: Mapping[int, Presence] = MappingProxyType({}),
    *,
    whose: int | None = None,
) -> list[Line]:
    """Everybody signed up, those who walked in, and `helpers` (resident ids), by initials; who waits comes last.

    With `back` (`taken_back_at`) also those whose coming was taken back. One person has one line, whichever records
    are on it: that by which they are there (of several by `shown_first`), else that which takes a shift, else that
    which is signed up. With `whose` only the line of the person with that record.
    """
    query = (
        select(Resident, Household.phone_sealed, Signup.state, Attendance)
        .join(Household, Household.id == Resident.household_id)
        .outerjoin(
            Signup,
            (Signup.resident_id == Resident.id)
            & (Signup.event_id == event.id)
            & (Signup.state != Place.CANCELLED),
        )
        .outerjoin(
            Attendance,
            (Attendance.resident_id == Resident.id) & (Attendance.event_id == event.id) & ~Attendance.undone,
        )
        .where(Resident.id.in_(_who(event)) | Resident.id.in_({*helpers, *back}))
        .order_by(Resident.initials, Resident.id)
        .execution_options(populate_existing=True)
    )
    if whose is not None:
        kept = select(func.coalesce(Resident.merged_into, Resident.id)).where(Resident.id == whose)
        query = query.where(Resident.id.in_(records_of(kept.scalar_subquery())))
    people: dict[int, list[Line]] = {}
    for person, *said in db.session.execute(query):
        number = person.id
        line = replace(_line(person, *said), helps=number in helpers, back=back.get(number))
        people.setdefault(person.merged_into or number, []).append(line)
    lines = [_as_one(records, back) for records in people.values()]
    return sorted(lines, key=lambda line: line.place is Place.WAITLISTED and line.there is None)


def _as_one(records: list[Line], back: Mapping[int, Presence]) -> Line:
    """The line of a person, of those of their records; `back` is in the order of `taken_back`."""
    if len(records) == 1:
        return records[0]
    numbers = {one.resident_id for one in records}
    ranked = sorted(
        records,
        key=lambda one: (
            one.there is None,
            one.there and shown_first(one.there.part, one.there.came_at, one.there.id),
            not one.helps,
            one.place in (None, Place.WAITLISTED),
            not one.place,
        ),
    )
    first, others = ranked[0], ranked[1:]
    return replace(
        first,
        place=next((one.place for one in ranked if one.place), None),
        helps=any(one.helps for one in records),
        back=None if first.there else next((was for number, was in back.items() if number in numbers), None),
        also=tuple(one.resident_id for one in others),
    )


def _who(event: Event):
    signed = select(Signup.resident_id).where(Signup.event_id == event.id, Signup.state != Place.CANCELLED)
    there = select(Attendance.resident_id).where(Attendance.event_id == event.id, ~Attendance.undone)
    return signed.union(there)


def _line(person: Resident, sealed: bytes | None, place: Place | None, there: Attendance | None) -> Line:
    phone = vault().unseal(sealed) if sealed else ""
    return Line(
        person.id, mask(person.name, phone or None), person.name, person.initials, phone, place, there
    )


def found(lines: Iterable[Line], text: str) -> list[Line]:
    """The lines a search means; all of them for an empty text."""
    text = search_text(text)
    return [line for line in lines if not text or line.fits(text)]


def room_left(event: Event) -> int | None:
    """How many may still walk in: capacity less places given and less those here without one. None: no limit."""
    if event.capacity is None:
        return None
    seated = select(Signup.resident_id).where(
        Signup.event_id == event.id, Signup.state.not_in((Place.CANCELLED, Place.WAITLISTED))
    )
    extra = db.session.scalar(
        select(func.count())
        .select_from(Attendance)
        .where(
            Attendance.event_id == event.id,
            ~Attendance.undone,
            Attendance.part == Part.RESIDENT,
            Attendance.resident_id.not_in(seated),
        )
    )
    return max(0, event.capacity - event.taken - extra)


def heads_of(event_id: int) -> dict[AgeBand, int]:
    """The unnamed people counted at an event."""
    rows = db.session.execute(select(Headcount.band, Headcount.people).where(Headcount.event_id == event_id))
    return dict(rows.all())


STEP_SECONDS = 30
EXPIRED_STEPS = 120
"""A code of the last hour is told apart from one that never was."""


def venue_token(event: Event, now: datetime) -> str:
    """The venue's code of this half minute: event code, hyphen, six characters that only we can compute."""
    return _token(event.code, _step(now))


@dataclass(frozen=True)
class VenueCode:
    """What a venue's code stands for: `event_code` when it is one of ours, `fresh` while it may be used."""

    event_code: str | None
    fresh: bool


def read_venue_token(token: str, now: datetime) -> VenueCode:
    """What somebody scanned; one step early or late is still fresh."""
    typed = token[:40].upper()
    code, hyphen, _ = typed.rpartition("-")
    if not hyphen or tidy(code) != code:
        return VenueCode(None, False)
    step = _step(now)
    age = next((n for n in range(-1, EXPIRED_STEPS) if _token(code, step - n) == typed), None)
    return VenueCode(None if age is None else code, age is not None and age <= 1)


def _step(now: datetime) -> int:
    return int(now.timestamp()) // STEP_SECONDS


def _token(code: str, step: int) -> str:
    return f"{code}-{vault().token('venue', f'{code}:{step}', 6)}"


def known_at(reached: ColumnElement[bool], person: type[Resident] = Resident) -> ColumnElement[bool]:
    """The condition on Resident (or an alias of it) "lives, signed up or came there"; `reached` is one on Site.

    For a desk nobody else exists (trust.md §4.1). Whom a record was merged into is known where the record is.
    """
    other = aliased(Resident)
    led_here = select(other.merged_into).where(other.merged_into.is_not(None), _known(other, reached))
    return or_(_known(person, reached), person.id.in_(led_here))


def _known(person: type[Resident], reached: ColumnElement[bool]) -> ColumnElement[bool]:
    sites = select(Site.id).where(reached)
    events = select(Event.id).where(Event.site_id.in_(sites))
    return or_(
        person.community_id.in_(sites),
        person.id.in_(select(Signup.resident_id).where(Signup.event_id.in_(events))),
        person.id.in_(select(Attendance.resident_id).where(Attendance.event_id.in_(events))),
    )
