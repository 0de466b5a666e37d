"""Where a person could be checked in now: the events whose doors are open, and how the person stands to each."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, Row, func, or_, select

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import CLOSES_AFTER_MINUTES, OPENS_BEFORE_MINUTES, Part
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.residents.models import Resident
from stationapp.residents.queries import records_of
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from stationapp.volunteers.models import Assignment, Shift, Volunteer


class Stands(Enum):
    """How somebody stands to an event."""

    HELPS = "helps"  # has a shift
    SEATED = "seated"
    WAITING = "waiting"
    STRANGER = "stranger"  # not signed up


@dataclass(frozen=True)
class Door:
    """An event whose doors are open; `resident_id` is the record by which the person would be checked in."""

    event: Event
    site: Site
    resident_id: int
    stands: Stands
    there: Attendance | None

    @property
    def part(self) -> Part:
        """The role they are there in, or would be taken in with."""
        if self.there:
            return self.there.part
        return Part.VOLUNTEER if self.stands is Stands.HELPS else Part.RESIDENT

    @property
    def knows(self) -> bool:
        """Whether the person has to do with the event: a shift, a place, or being there."""
        return self.stands in (Stands.HELPS, Stands.SEATED) or self.there is not None


def open_doors(among: ColumnElement[bool], *, now: datetime) -> list[tuple[Event, Site]]:
    """Events at sites for which `among` holds where people may be checked in now, by their start."""
    rows = db.session.execute(
        select(Event, Site)
        .join(Site, Site.id == Event.site_id)
        .where(
            among,
            Event.state == State.PUBLISHED,
            Event.starts_at <= now + timedelta(minutes=OPENS_BEFORE_MINUTES),
            Event.ends_at >= now - timedelta(minutes=CLOSES_AFTER_MINUTES),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(200)
    )
    return [(event, site) for event, site in rows]


def doors_for(resident_id: int, opened: Collection[tuple[Event, Site]]) -> list[Door]:
    """The person with that id before each of these events, by whichever of their records."""
    records = list(db.session.scalars(records_of(resident_id)))
    events = [event.id for event, _site in opened]
    signed = _signed(records, events)
    helping = _helping(records, events)
    there = {row.event_id: row for row in db.session.scalars(_present(records, events))}
    doors = []
    for event, site in opened:
        row, place = there.get(event.id), signed.get(event.id)
        record, stands = resident_id, Stands.STRANGER
        if event.id in helping:
            record, stands = helping[event.id], Stands.HELPS
        elif place:
            record = place.resident_id
            stands = Stands.WAITING if place.state is Place.WAITLISTED else Stands.SEATED
        doors.append(Door(event, site, row.resident_id if row else record, stands, row))
    return doors


def roles_at(people: Collection[tuple[int, int]]) -> dict[tuple[int, int], tuple[int, Part]]:
    """By which of a person's records, and in what role, people are taken down at events, in four statements.

    (event id, resident id as whom they count) → (resident id, role). Who is there has one row: the record they came
    by goes on, whichever record has the shift; what has a shift is a volunteer's all the same.
    """
    records = dict(
        db.session.execute(
            select(Resident.id, func.coalesce(Resident.merged_into, Resident.id)).where(
                or_(
                    Resident.id.in_({person for _, person in people}),
                    Resident.merged_into.in_({person for _, person in people}),
                )
            )
        ).all()
    )
    events = {event for event, _ in people}
    found = {pair: (pair[1], Part.RESIDENT) for pair in people}
    for event_id, record, part in _standing(list(records), events):
        pair = (event_id, records[record])
        if pair in found:
            helps = found[pair][1] is Part.VOLUNTEER
            found[pair] = (record, Part.VOLUNTEER if helps else part)
    return found


def _standing(records: list[int], events: Collection[int]) -> Iterator[tuple[int, int, Part]]:
    """Places, shifts and presences of these records; which record is meant is said by the last."""
    places = (
        select(Signup.event_id, Signup.resident_id)
        .where(Signup.resident_id.in_(records), Signup.event_id.in_(events), Signup.state != Place.CANCELLED)
        .order_by(Signup.state != Place.WAITLISTED, Signup.id)
    )
    for event_id, record in db.session.execute(places):
        yield event_id, record, Part.RESIDENT
    for event_id, record in _assigned(records, events):
        yield event_id, record, Part.VOLUNTEER
    there = (Attendance.event_id, Attendance.resident_id, Attendance.part)
    yield from db.session.execute(_present(records, events).with_only_columns(*there))


def meant(doors: Collection[Door]) -> list[Door]:
    """Which of several a scan can mean: those the person has to do with, else those they wait for, else all."""
    known = [door for door in doors if door.knows]
    return known or [door for door in doors if door.stands is Stands.WAITING] or list(doors)


def _signed(records: list[int], events: list[int]) -> dict[int, Signup]:
    """Their live places by event; of two records' places a seat counts before a wait."""
    rows = select(Signup).where(
        Signup.resident_id.in_(records), Signup.event_id.in_(events), Signup.state != Place.CANCELLED
    )
    places = sorted(db.session.scalars(rows), key=lambda place: place.state is not Place.WAITLISTED)
    return {place.event_id: place for place in places}


def _helping(records: list[int], events: list[int]) -> dict[int, int]:
    return dict(_assigned(records, events))


def _assigned(records: list[int], events: Collection[int]) -> Sequence[Row]:
    return db.session.execute(
        select(Shift.event_id, Volunteer.resident_id)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .where(Volunteer.resident_id.in_(records), Shift.event_id.in_(events), Assignment.ended_at.is_(None))
    ).all()


def _present(records: list[int], events: Collection[int]):
    """Where they are there; of several rows of one person the last counts, the one the roster shows."""
    shown_last = (Attendance.part == Part.VOLUNTEER, Attendance.came_at.desc(), Attendance.id.desc())
    return (
        select(Attendance)
        .where(Attendance.resident_id.in_(records), Attendance.event_id.in_(events), ~Attendance.undone)
        .order_by(*shown_last)
    )
