"""Who would have too long a day: shifts and services of one local day together (domain.md §7).

Long days are told to whoever plans and to the volunteer; nobody is refused for one.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.volunteers import operations
from stationapp.volunteers.models import Assignment, Shift, Volunteer
from stationapp.volunteers.rules import REST_WARNING_HOURS, VolunteerRefusal, busy_minutes

Span = tuple[datetime, datetime]

_DAY, _LONG = timedelta(days=1), REST_WARNING_HOURS * 60


def assign_rested(
    shift: Shift, volunteer: Volunteer, *, knowing: bool, by: int | None, now: datetime
) -> Assignment:
    """`operations.assign`, which asks once more before it makes a day too long.

    Raises Refused(VolunteerRefusal.LONG_DAY, minutes) unless `knowing`; whatever forbids the shift comes first.
    """
    made = operations.assign(shift, volunteer, by=by, now=now)
    if not knowing and made.made_at == now:
        event = db.session.get_one(Event, shift.event_id)
        if minutes := tired([volunteer.id], event).get(volunteer.id):
            raise Refused(VolunteerRefusal.LONG_DAY, minutes=minutes)
    return made


def tired(volunteer_ids: Collection[int], event: Event) -> dict[int, int]:
    """Of these volunteers those whose day would be too long with `event`: the minutes of the longest such day."""
    days = list(_days_of((event.starts_at, event.ends_at)))
    begins, ends = clock.instant(days[0]), clock.instant(days[-1] + _DAY)
    spans = _spans(volunteer_ids, begins, ends)
    longest = {
        who: max(_minutes([*spans[who], (event.starts_at, event.ends_at)], day) for day in days)
        for who in volunteer_ids
    }
    return {who: minutes for who, minutes in longest.items() if minutes > _LONG}


def long_days(volunteer_id: int, *, since: date) -> list[tuple[date, int]]:
    """A volunteer's days from `since` on that are too long: (day, minutes), by day."""
    spans = _spans([volunteer_id], clock.instant(since), None)[volunteer_id]
    days = sorted({day for span in spans for day in _days_of(span) if day >= since})
    found = [(day, _minutes(spans, day)) for day in days]
    return [(day, minutes) for day, minutes in found if minutes > _LONG]


def _minutes(spans: list[Span], day: date) -> int:
    return busy_minutes(spans, clock.instant(day), clock.instant(day + _DAY))


def _days_of(span: Span) -> Iterator[date]:
    """The local days that a span touches."""
    day, last = clock.day_of(span[0]), clock.day_of(span[1] - timedelta(microseconds=1))
    while day <= last:
        yield day
        day += _DAY


def _spans(volunteer_ids: Collection[int], begins: datetime, ends: datetime | None) -> dict[int, list[Span]]:
    """When they have shifts, or were there as volunteers, from `begins` until `ends` or for ever."""
    shifts = (
        select(Assignment.volunteer_id, Event.starts_at, Event.ends_at)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Event, Event.id == Shift.event_id)
        .where(
            Assignment.volunteer_id.in_(volunteer_ids),
            Assignment.ended_at.is_(None),
            Event.state.not_in((State.CANCELLED, State.POSTPONED, State.DISCARDED)),
            Event.ends_at > begins,
        )
    )
    left = func.coalesce(Attendance.left_at, Event.ends_at)
    services = (
        select(Volunteer.id, Attendance.came_at, left)
        .join(Attendance, Attendance.resident_id == Volunteer.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            Volunteer.id.in_(volunteer_ids),
            Attendance.part == Part.VOLUNTEER,
            ~Attendance.undone,
            left > begins,
        )
    )
    if ends:
        shifts, services = shifts.where(Event.starts_at < ends), services.where(Attendance.came_at < ends)
    found: dict[int, list[Span]] = defaultdict(list)
    for query in (shifts, services):
        for who, start, end in db.session.execute(query):
            if start < end:
                found[who].append((start, end))
    return found
