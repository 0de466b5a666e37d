"""Events that were called off, for the whole district at once (domain.md §9, I-25)."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, exists, func, select

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, EventStep
from stationapp.events.rules import State


class CalledOff(NamedTuple):
    """An event that will not be; `at` is when that was said (None: nobody knows)."""

    site_id: int
    month: Month  # in which it was to begin
    at: datetime | None


def cancelled(begins_at: datetime, ends_at: datetime) -> list[CalledOff]:
    """The events that were to begin in [begins_at, ends_at) and were called off (I-25)."""
    said = select(func.max(EventStep.at)).where(EventStep.event_id == Event.id, _calls_off())
    rows = db.session.execute(
        select(Event.site_id, Event.starts_at, said.scalar_subquery()).where(
            Event.state == State.CANCELLED, Event.starts_at >= begins_at, Event.starts_at < ends_at
        )
    )
    return [CalledOff(site_id, Month.of(clock.day_of(starts_at)), at) for site_id, starts_at, at in rows]


def cancelled_by(instant: datetime | None) -> ColumnElement[bool]:
    """The condition on Event "called off", or "called off by then": what was put off may be called off long after the
    day it was to be, when its month is closed."""
    if instant is None:
        return Event.state == State.CANCELLED
    later = exists().where(EventStep.event_id == Event.id, _calls_off(), EventStep.at > instant)
    return (Event.state == State.CANCELLED) & ~later.correlate(Event)


def _calls_off() -> ColumnElement[bool]:
    return EventStep.to_state == State.CANCELLED
