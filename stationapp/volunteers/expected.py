"""Who is expected at a day's events of one site, and by which codes each of them can be recognised at the door."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Row, func, select, true

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.cards.models import Card
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.queries import touching
from stationapp.events.rules import Enrolment, State
from stationapp.residents.models import Resident
from stationapp.residents.rules import mask
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place
from stationapp.vault import vault
from stationapp.volunteers.doors import Stands
from stationapp.volunteers.models import Assignment, Shift, Volunteer

_FIRST = (
    Stands.HELPS,
    Stands.SEATED,
    Stands.WAITING,
)  # of two records' standings at one event the first counts


@dataclass
class Expected:
    """A person with a shift or a place on that day, as whom they count; the name is masked."""

    resident_id: int
    name: str
    initials: str
    stands: dict[str, Stands] = field(default_factory=dict)  # by the event's code
    codes: set[str] = field(default_factory=set)


def events_on(site_id: int, day: date) -> list[Event]:
    """The site's events of that day which take place, by their start."""
    held = (Event.site_id == site_id, Event.state == State.PUBLISHED, touching(day))
    return list(db.session.scalars(select(Event).where(*held).order_by(Event.starts_at, Event.id)))


def expected_at(events: Collection[Event]) -> list[Expected]:
    """Everybody with a live place or a shift at these events, or there already, by their numbers.

    A fixed number of questions, however many people.
    """
    by_id = {event.id: event.code for event in events}
    found: dict[int, Expected] = {}
    records: dict[int, int] = {}
    signed = _signed(by_id)
    standing = [
        *((row.Resident, row.event_id, Stands.HELPS) for row in _helping(by_id)),
        *(
            (resident, event_id, Stands.HELPS if helps else Stands.SEATED)
            for resident, event_id, helps in _there(by_id)
        ),
        *((resident, signup.event_id, _as_stands(signup)) for signup, resident in signed),
    ]
    for resident, event_id, stands in standing:
        person = resident.merged_into or resident.id
        records[resident.id] = person
        name = mask(resident.name, None).name
        its = found.setdefault(person, Expected(person, name, resident.initials))
        before = its.stands.get(by_id[event_id], stands)
        its.stands[by_id[event_id]] = min(before, stands, key=_FIRST.index)
    for signup, resident in signed:
        found[records[resident.id]].codes.add(vault().unseal(signup.code_sealed))
    _add_codes(found, by_id)
    return [found[person] for person in sorted(found)]


def _as_stands(signup: Signup) -> Stands:
    return Stands.WAITING if signup.state is Place.WAITLISTED else Stands.SEATED


def _signed(by_id: Mapping[int, str]) -> list[tuple[Signup, Resident]]:
    rows = db.session.execute(
        select(Signup, Resident)
        .join(Resident, Resident.id == Signup.resident_id)
        .where(Signup.event_id.in_(by_id), Signup.state != Place.CANCELLED)
    )
    return [tuple(row) for row in rows]


def _helping(by_id: Mapping[int, str]) -> list[Row]:
    return list(
        db.session.execute(
            select(Resident, Shift.event_id)
            .join(Volunteer, Volunteer.resident_id == Resident.id)
            .join(Assignment, Assignment.volunteer_id == Volunteer.id)
            .join(Shift, Shift.id == Assignment.shift_id)
            .where(Shift.event_id.in_(by_id), Assignment.ended_at.is_(None))
        )
    )


def _there(by_id: Mapping[int, str]) -> list[Row]:
    """Who has come already, taken in at the door: (resident, event id, whether they help)."""
    return list(
        db.session.execute(
            select(Resident, Attendance.event_id, Attendance.part == Part.VOLUNTEER)
            .join(Attendance, Attendance.resident_id == Resident.id)
            .where(Attendance.event_id.in_(by_id), ~Attendance.undone)
        )
    )


def _add_codes(found: Mapping[int, Expected], by_id: Mapping[int, str]) -> None:
    """Cards and volunteers' own codes, by whichever of a person's records, and a course's places at its other dates."""
    theirs = {
        number: kept or number
        for number, kept in db.session.execute(
            select(Resident.id, Resident.merged_into).where(
                Resident.id.in_(found) | Resident.merged_into.in_(found)
            )
        )
    }
    cards = select(Card.resident_id, Card.code_sealed).where(
        Card.resident_id.in_(theirs), Card.ended_at.is_(None)
    )
    own = select(Volunteer.resident_id, Volunteer.personal_sealed).where(
        Volunteer.resident_id.in_(theirs), Volunteer.ended_at.is_(None)
    )
    courses = (
        select(Event.series_id)
        .join(Series, Series.id == Event.series_id)
        .where(Event.id.in_(by_id), Series.enrolment == Enrolment.COURSE)
    )
    others = (
        select(Signup.resident_id, Signup.code_sealed)
        .join(Event, Event.id == Signup.event_id)
        .where(Signup.resident_id.in_(theirs), Event.series_id.in_(courses))
    )
    for statement in (cards, own, others):
        for resident_id, sealed in db.session.execute(statement):
            found[theirs[resident_id]].codes.add(vault().unseal(sealed))


def whose(codes: Iterable[str]) -> dict[str, int]:
    """Whom these codes stand for, as whom they count: places', cards' in force and volunteers' own; unknown ones are
    left out."""
    wanted = set(codes)
    found: dict[str, int] = {}
    for kind, index, resident, in_force in (
        ("place", Signup.code_index, Signup.resident_id, true()),
        ("card", Card.code_index, Card.resident_id, Card.ended_at.is_(None)),
        ("volunteer", Volunteer.personal_index, Volunteer.resident_id, Volunteer.ended_at.is_(None)),
    ):
        known = {vault().index(kind, code): code for code in wanted}
        rows = db.session.execute(
            select(index, func.coalesce(Resident.merged_into, Resident.id))
            .join(Resident, Resident.id == resident)
            .where(index.in_(known), in_force)
        )
        found |= {known[bytes(raw)]: person for raw, person in rows}
    return found


def who_counts(resident_ids: Iterable[int]) -> dict[int, int]:
    """As whom each of these records counts; unknown ones are left out."""
    wanted = select(Resident.id, func.coalesce(Resident.merged_into, Resident.id))
    return dict(db.session.execute(wanted.where(Resident.id.in_(set(resident_ids)))).all())
