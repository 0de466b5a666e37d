"""Who is expected at a day's events of one site, and by which codes each of them can be recognised at the door."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Row, func, null, select

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.cards.models import Card
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.queries import touching
from stationapp.events.rules import Enrolment, State
from stationapp.residents.models import Resident
from stationapp.residents.queries import masked_each
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
    """A person with a shift or a place on that day, as whom they count; the name is masked, and `tail` is the phone's
    last four digits, empty without one: what tells two of one masked name apart."""

    resident_id: int
    name: str
    initials: str
    tail: str
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
    shown = masked_each({resident.id: resident for resident, *_ in standing}.values())
    for resident, event_id, stands in standing:
        person, its_own = resident.merged_into or resident.id, shown[resident.id]
        records[resident.id] = person
        tail = (its_own.phone or "")[-4:]
        its = found.setdefault(person, Expected(person, its_own.name, resident.initials, tail))
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


@dataclass(frozen=True)
class Meant:
    """Whom a code stands for, as whom they count, and since when it does so no more."""

    resident_id: int
    ended_at: datetime | None
    by_serial: bool = False  # what is printed openly on a card: it names the person and proves nothing


def whose(codes: Iterable[str]) -> dict[str, Meant]:
    """Whom these codes stand for: places', cards' and volunteers' own, and cards' serials; unknown ones are left out.

    Ended ones are found, too: a scan that happened before is as good as it was then.
    """
    wanted = set(codes)
    found: dict[str, Meant] = {}
    for kind, index, resident, ended in (
        ("place", Signup.code_index, Signup.resident_id, null()),
        ("card", Card.code_index, Card.resident_id, Card.ended_at),
        ("volunteer", Volunteer.personal_index, Volunteer.resident_id, Volunteer.ended_at),
    ):
        known = {vault().index(kind, code): code for code in wanted}
        rows = _bearers(index, resident, ended, known)
        found |= {known[bytes(raw)]: Meant(person, ended_at) for raw, person, ended_at in rows}
    serials = _bearers(Card.serial, Card.resident_id, Card.ended_at, wanted - found.keys())
    return found | {serial: Meant(person, ended_at, by_serial=True) for serial, person, ended_at in serials}


def _bearers(found_by, resident, ended, wanted: Collection) -> Sequence[Row]:
    """(what it is found by, as whom its bearer counts, when it ended)."""
    return db.session.execute(
        select(found_by, func.coalesce(Resident.merged_into, Resident.id), ended)
        .join(Resident, Resident.id == resident)
        .where(found_by.in_(wanted))
    ).all()


def who_counts(resident_ids: Iterable[int]) -> dict[int, int]:
    """As whom each of these records counts; unknown ones are left out."""
    wanted = select(Resident.id, func.coalesce(Resident.merged_into, Resident.id))
    return dict(db.session.execute(wanted.where(Resident.id.in_(set(resident_ids)))).all())
