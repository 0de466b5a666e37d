"""What the rules for minors need to know of people at an event, and who of those put to a shift no longer fits them.

A guardian may stay away, a birth month be put right, an event move to the evening after somebody was put to a shift:
that is told to whoever looks at the shift (domain.md §7).
"""

from collections.abc import Collection

from sqlalchemy import select

from stationapp import clock
from stationapp.calendar.rules import age_on
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.signups.models import Signup
from stationapp.signups.rules import SEATED
from stationapp.volunteers.models import Assignment, Shift, Volunteer
from stationapp.volunteers.rules import GROWN_FROM, Minor, Risk, VolunteerRefusal, ends_late, shift_problem


def problems(people: Collection[Resident], event: Event, risk: Risk) -> dict[int, VolunteerRefusal]:
    """By resident id why these people cannot help at the event, as far as their age goes."""
    late = ends_late(clock.local(event.ends_at), clock.local(event.starts_at))
    found = {who: shift_problem(minor, risk, late) for who, minor in minors_at(people, event).items()}
    return {who: problem for who, problem in found.items() if problem}


def minors_at(people: Collection[Resident], event: Event) -> dict[int, Minor]:
    """How old these people are on the event's day, and who looks after them there, by resident id.

    Somebody of the family who helps or has a place there, and is not known to be under 18, is a grown-up there.
    """
    day = clock.day_of(event.starts_at)
    helps = (
        select(Volunteer.resident_id)
        .join(Assignment, Assignment.volunteer_id == Volunteer.id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .where(Shift.event_id == event.id, Assignment.ended_at.is_(None))
    )
    comes = select(Signup.resident_id).where(Signup.event_id == event.id, Signup.state.in_(SEATED))
    rows = db.session.execute(
        select(Resident.household_id, Resident.id, Resident.birth_month).where(
            Resident.household_id.in_({person.household_id for person in people}),
            Resident.id.in_(helps) | Resident.id.in_(comes),
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
