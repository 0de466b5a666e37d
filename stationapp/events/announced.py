"""What residents read beside an event's own facts: the series it belongs to, and what changed since."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from stationapp.db import db
from stationapp.events.listing import Shown
from stationapp.events.models import Event, EventMove, EventStep, Series
from stationapp.events.rules import PUBLIC, Enrolment, State, Step
from stationapp.events.stages import Stage, stage_of
from stationapp.refusal import NotFound
from stationapp.sites.models import Site


class ShownSeries(NamedTuple):
    """A series with all its public dates, by time; at least one."""

    series: Series
    site: Site
    dates: tuple[Event, ...]

    @property
    def is_course(self) -> bool:
        """Whether one sign-up is for all its dates still to come."""
        return self.series.enrolment is Enrolment.COURSE

    @property
    def held(self) -> tuple[Event, ...]:
        """The dates that were or will be held: all but those called off."""
        return tuple(date for date in self.dates if date.state is not State.CANCELLED)

    def ahead(self, now: datetime) -> tuple[Event, ...]:
        """The dates that are not over; those put off and called off too, while their time has not come."""
        return tuple(date for date in self.dates if date.ends_at > now and date.state is not State.CLOSED_OUT)

    def open(self, now: datetime) -> Event | None:
        """The next date through which one can sign up."""
        return next((date for date in self.dates if stage_of(date, now) in (Stage.OPEN, Stage.FULL)), None)

    def next(self, now: datetime) -> Event:
        """The date its page speaks of: where one can sign up, else the next one, else the last there was."""
        coming = [date for date in self.ahead(now) if date.state is State.PUBLISHED]
        return self.open(now) or (coming or self.ahead(now) or self.dates[-1:])[0]


def get_series(code: str) -> ShownSeries:
    """The series with that code, if residents may see any of its dates; raises NotFound."""
    found = find_series(select(Series.id).where(Series.code == code).scalar_subquery())
    if found is None:
        raise NotFound
    return found


def find_series(series_id) -> ShownSeries | None:
    """The series with that id, with its public dates; None without any."""
    rows = db.session.execute(
        select(Series, Site, Event)
        .join(Site, Site.id == Series.site_id)
        .join(Event, Event.series_id == Series.id)
        .where(Series.id == series_id, Event.state.in_(PUBLIC))
        .order_by(Event.starts_at, Event.id)
    ).all()
    if not rows:
        return None
    return ShownSeries(rows[0][0], rows[0][1], tuple(row[2] for row in rows))


class News(NamedTuple):
    """What its page says about a public event that is not in the event: `before` when it was moved since."""

    series: ShownSeries | None
    before: EventMove | None
    reason: str


def news_of(shown: Shown) -> News:
    """The series of an event, what it was to be when it was published, why it was put off or called off."""
    event = shown.event
    series = find_series(event.series_id) if event.series_id else None
    before = moved_since({event.id: event.made_at}, {event.id: event}) if shown.moved else {}
    return News(series, before.get(event.id), why(event))


def moved_since(since: Mapping[int, datetime], events: Mapping[int, Event]) -> dict[int, EventMove]:
    """What events were to be at an instant each, by event id: only those that are to be otherwise now."""
    query = select(EventMove).where(EventMove.event_id.in_(since)).order_by(EventMove.id)
    first: dict[int, EventMove] = {}
    for move in db.session.scalars(query):
        if move.at > since[move.event_id]:
            first.setdefault(move.event_id, move)
    return {number: move for number, move in first.items() if differs(move, events[number])}


def differs(before: EventMove, event: Event) -> bool:
    """Whether people would notice: another time, or a place of another name."""
    return (before.starts_at, before.ends_at, before.place) != (event.starts_at, event.ends_at, event.place)


_STEPS = {State.POSTPONED: Step.POSTPONE, State.CANCELLED: Step.CANCEL}


def why(event: Event) -> str:
    """The reason given for putting it off or calling it off; empty for any other event."""
    if event.state not in _STEPS:
        return ""
    its = (EventStep.event_id == event.id, EventStep.step == _STEPS[event.state])
    return (
        db.session.scalar(select(EventStep.reason).where(*its).order_by(EventStep.id.desc()).limit(1)) or ""
    )
