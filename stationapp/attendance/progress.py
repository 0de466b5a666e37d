"""Who came to how many dates of a series, and whose course is complete (domain.md §5, completion rule)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import PUBLIC, State
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Masked, mask
from stationapp.signups.models import Signup
from stationapp.signups.rules import SEATED
from stationapp.vault import vault


@dataclass(frozen=True)
class Learner:
    """Somebody with a seat at a date of the series, or who came to one; masked."""

    resident_id: int
    shown: Masked
    came: int
    missed: int  # dates over at which they had a seat and were not seen
    complete: bool


@dataclass(frozen=True)
class Progress:
    """A series date by date: `dates` were or will be held, `over` of them are; `learners` by initials."""

    dates: int
    over: int
    learners: tuple[Learner, ...]

    @property
    def complete(self) -> int:
        """How many have come as often as completes the course."""
        return sum(learner.complete for learner in self.learners)


def progress_of(series: Series, *, now: datetime) -> Progress:
    """Attendance of a whole series as it stands at `now`, in four questions."""
    dates = db.session.execute(
        select(Event.id, Event.ends_at).where(
            Event.series_id == series.id, Event.state.in_(PUBLIC - {State.CANCELLED})
        )
    ).all()
    over = {event_id for event_id, ends_at in dates if ends_at <= now}
    came = _came({event_id for event_id, _ in dates})
    missed = _missed(over)
    people = _people(came.keys() | _seated({event_id for event_id, _ in dates}))
    learners = tuple(
        Learner(
            person.id,
            shown,
            came.get(person.id, 0),
            missed.get(person.id, 0),
            series.complete_after is not None and came.get(person.id, 0) >= series.complete_after,
        )
        for person, shown in people
    )
    return Progress(len(dates), len(over), learners)


def _came(event_ids: Collection[int]) -> dict[int, int]:
    there = (Attendance.event_id.in_(event_ids), ~Attendance.undone, Attendance.part == Part.RESIDENT)
    rows = select(Attendance.resident_id, func.count()).where(*there).group_by(Attendance.resident_id)
    return dict(db.session.execute(rows).all())


def _seated(event_ids: Collection[int]) -> set[int]:
    places = select(Signup.resident_id).where(Signup.event_id.in_(event_ids), Signup.state.in_(SEATED))
    return set(db.session.scalars(places.distinct()))


def _missed(event_ids: Collection[int]) -> dict[int, int]:
    there = select(Attendance.id).where(
        Attendance.event_id == Signup.event_id,
        Attendance.resident_id == Signup.resident_id,
        ~Attendance.undone,
    )
    places = select(Signup.resident_id, func.count()).where(
        Signup.event_id.in_(event_ids), Signup.state.in_(SEATED), ~there.exists()
    )
    return dict(db.session.execute(places.group_by(Signup.resident_id)).all())


def _people(ids: Collection[int]) -> list[tuple[Resident, Masked]]:
    rows = db.session.execute(
        select(Resident, Household.phone_sealed)
        .join(Household, Household.id == Resident.household_id)
        .where(Resident.id.in_(ids))
        .order_by(Resident.initials, Resident.id)
    )
    return [
        (person, mask(person.name, vault().unseal(sealed) if sealed else None)) for person, sealed in rows
    ]
