"""Reads of volunteers, shifts and the ledger of hours."""

from sqlalchemy import ColumnElement, Row, Select, or_, select

from stationapp.accounts.models import Staff
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import NotFound
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers.models import Assignment, ManualHours, Shift, Volunteer
from stationapp.volunteers.rules import ManualState


def get_known(code: str, here: ColumnElement[bool]) -> Volunteer:
    """The volunteer with that desk code, if known at a site for which `here` holds; raises NotFound."""
    found = db.session.scalar(select(Volunteer).where(Volunteer.code == code, known_at(here)))
    if found is None:
        raise NotFound
    return found


def find_volunteer(code: str) -> Volunteer | None:
    """The volunteer with that desk code."""
    return db.session.scalar(select(Volunteer).where(Volunteer.code == code.strip().upper()))


def known_at(here: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on Volunteer "registered, helping or having helped at a site for which `here` holds"."""
    taken = (
        select(Assignment.volunteer_id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Event, Event.id == Shift.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(here)
    )
    helped = (
        select(Attendance.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(here, Attendance.part == Part.VOLUNTEER)
    )
    return or_(
        Volunteer.site_id.in_(select(Site.id).where(here)),
        Volunteer.id.in_(taken),
        Volunteer.resident_id.in_(helped),
    )


def find_by_personal_code(code: str) -> Volunteer | None:
    """The volunteer whose own ledger that code opens."""
    return db.session.scalar(
        select(Volunteer).where(Volunteer.personal_index == vault().index("volunteer", code))
    )


def proposed(here: ColumnElement[bool]) -> Select:
    """What waits for a decision at sites for which `here` holds, oldest first.

    (ManualHours, Volunteer, Resident, Site, the proposing Staff, Event or None).
    """
    return (
        select(ManualHours, Volunteer, Resident, Site, Staff, Event)
        .join(Volunteer, Volunteer.id == ManualHours.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Site, Site.id == ManualHours.site_id)
        .join(Staff, Staff.id == ManualHours.proposed_by)
        .outerjoin(Event, Event.id == ManualHours.event_id)
        .where(here, ManualHours.state == ManualState.PROPOSED)
        .order_by(ManualHours.id)
    )


def volunteers_at(event_id: int) -> list[Volunteer]:
    """Volunteers with a presence of any kind at an event, or a line from it: whose day it may change."""
    return list(
        db.session.scalars(
            select(Volunteer)
            .join(Attendance, Attendance.resident_id == Volunteer.resident_id)
            .where(Attendance.event_id == event_id)
            .order_by(Volunteer.id)
        )
    )


def list_shifts(event_id: int) -> list[tuple[Shift, list[Row]]]:
    """An event's shifts in order, each with who takes it: (Assignment, Volunteer, Resident)."""
    its = select(Shift).where(Shift.event_id == event_id, Shift.ended_at.is_(None))
    shifts = list(db.session.scalars(its.order_by(Shift.id)))
    taken: dict[int, list[Row]] = {shift.id: [] for shift in shifts}
    rows = db.session.execute(
        select(Assignment, Volunteer, Resident)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .where(Assignment.shift_id.in_(taken), Assignment.ended_at.is_(None))
        .order_by(Assignment.id)
    )
    for row in rows:
        taken[row.Assignment.shift_id].append(row)
    return [(shift, taken[shift.id]) for shift in shifts]


def helpers_at(event_id: int) -> frozenset[int]:
    """The residents who take a shift at an event."""
    return frozenset(
        db.session.scalars(
            select(Volunteer.resident_id)
            .join(Assignment, Assignment.volunteer_id == Volunteer.id)
            .join(Shift, Shift.id == Assignment.shift_id)
            .where(Shift.event_id == event_id, Assignment.ended_at.is_(None))
        )
    )


def clashing(volunteer_id: int, event: Event) -> Event | None:
    """An event at the same time at which the volunteer has another shift."""
    return db.session.scalar(
        select(Event)
        .join(Shift, Shift.event_id == Event.id)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .where(
            Assignment.volunteer_id == volunteer_id,
            Assignment.ended_at.is_(None),
            Event.id != event.id,
            Event.state.not_in((State.CANCELLED, State.POSTPONED, State.DISCARDED)),
            Event.starts_at < event.ends_at,
            Event.ends_at > event.starts_at,
        )
        .limit(1)
    )


def is_same_name(volunteer_id: int, staff_id: int) -> bool:
    """Whether a volunteer and a member of staff bear one name."""
    return (
        db.session.scalar(
            select(Staff.id)
            .join(Resident, Resident.name == Staff.name)
            .join(Volunteer, Volunteer.resident_id == Resident.id)
            .where(Staff.id == staff_id, Volunteer.id == volunteer_id)
        )
        is not None
    )
