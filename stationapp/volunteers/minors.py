"""What the rules for minors need to know of people at an event, and who of those who help no longer fits them.

A guardian may stay away, a birth month be put right, an event move to the evening after somebody was put to a shift:
that is told to whoever looks at the shift, and of those who came to whoever closes the event out (domain.md §7).
"""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import age_on
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.signups.models import Signup
from stationapp.signups.rules import SEATED
from stationapp.volunteers.models import Assignment, Shift, Volunteer
from stationapp.volunteers.rules import GROWN_FROM, Minor, Risk, VolunteerRefusal, ends_late, shift_problem


def unfit_at(event: Event) -> dict[int, VolunteerRefusal]:
    """By resident id why volunteers who are there should not help; whose age is unknown is not asked for it."""
    people = db.session.scalars(
        select(Resident)
        .join(Attendance, Attendance.resident_id == Resident.id)
        .where(Attendance.event_id == event.id, Attendance.part == Part.VOLUNTEER, ~Attendance.undone)
    ).all()
    risks, by_risk = risks_at(event, people), defaultdict(list)
    for person in people:
        by_risk[risks[person.id]].append(person)
    found = {who: why for risk, some in by_risk.items() for who, why in problems(some, event, risk).items()}
    return {who: why for who, why in found.items() if why is not VolunteerRefusal.AGE_UNKNOWN}


def risks_at(event: Event, people: Collection[Resident]) -> dict[int, Risk]:
    """What each of these is exposed to: the highest risk of their own shifts; without any, elevated where all are."""
    rows = db.session.execute(
        select(Shift.risk, Volunteer.resident_id)
        .outerjoin(Assignment, (Assignment.shift_id == Shift.id) & Assignment.ended_at.is_(None))
        .outerjoin(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .where(Shift.event_id == event.id)
    ).all()
    own = defaultdict(set)
    for risk, who in rows:
        own[who].add(risk)
    ordinary = not rows or any(risk is Risk.ORDINARY for risk, _who in rows)
    without = Risk.ORDINARY if ordinary else Risk.ELEVATED
    return {
        one.id: (Risk.ELEVATED if Risk.ELEVATED in own[one.id] else Risk.ORDINARY)
        if one.id in own
        else without
        for one in people
    }


def problems(people: Collection[Resident], event: Event, risk: Risk) -> dict[int, VolunteerRefusal]:
    """By resident id why these people cannot help at the event, as far as their age goes."""
    late = ends_late(clock.local(event.ends_at), clock.local(event.starts_at))
    found = {who: shift_problem(minor, risk, late) for who, minor in minors_at(people, event).items()}
    return {who: problem for who, problem in found.items() if problem}


def minors_at(people: Collection[Resident], event: Event) -> dict[int, Minor]:
    """How old these people are on the event's day, and who looks after them there, by resident id.

    Somebody of the family who helps, has a place there or came, and is not known to be under 18, is a grown-up there.
    """
    day = clock.day_of(event.starts_at)
    helps = (
        select(Volunteer.resident_id)
        .join(Assignment, Assignment.volunteer_id == Volunteer.id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .where(Shift.event_id == event.id, Assignment.ended_at.is_(None))
    )
    comes = select(Signup.resident_id).where(Signup.event_id == event.id, Signup.state.in_(SEATED))
    came = select(Attendance.resident_id).where(Attendance.event_id == event.id, ~Attendance.undone)
    rows = db.session.execute(
        select(Resident.household_id, Resident.id, Resident.birth_month).where(
            Resident.household_id.in_({person.household_id for person in people}),
            Resident.id.in_(helps) | Resident.id.in_(comes) | Resident.id.in_(came),
        )
    )
    grown = [(home, who) for home, who, month in rows if month is None or age_on(month, day) >= GROWN_FROM]
    return {
        person.id: Minor(
            age_on(person.birth_month, day) if person.birth_month else None,
            person.guardian_consent_at is not None,
            any(home == person.household_id and who != person.id for home, who in grown),
        )
        for person in people
    }
