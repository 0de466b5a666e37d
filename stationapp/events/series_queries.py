"""Reads of series and of what was written at once."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from stationapp.db import db
from stationapp.events.models import Batch, Event, EventStep, Series
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import State, Step
from stationapp.refusal import NotFound
from stationapp.sites.models import Site


def get_batch_with_site(code: str) -> tuple[Batch, Site]:
    """What was written at once, and the site it was written for; raises NotFound."""
    found = db.session.execute(
        select(Batch, Site).join(Site, Site.id == Batch.site_id).where(Batch.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound
    batch, site = found
    return batch, site


def list_batch(batch: Batch) -> list[tuple[Event, Site]]:
    """Its events, discarded ones too, each with its site, by time."""
    query = select(Event, Site).join(Site, Site.id == Event.site_id).where(Event.batch_id == batch.id)
    rows = db.session.execute(query.order_by(Event.starts_at, Event.id))
    return [(event, site) for event, site in rows]


def list_undone(batch: Batch) -> list[Event]:
    """The events its undoing took out and nobody brought back since, by id."""
    later = aliased(EventStep)
    last = select(func.max(later.id)).where(later.event_id == Event.id).scalar_subquery()
    query = (
        select(Event)
        .join(EventStep, EventStep.id == last)
        .where(Event.batch_id == batch.id, EventStep.step == Step.DISCARD, EventStep.at == batch.undone_at)
    )
    return list(db.session.scalars(query.order_by(Event.id)))


def list_series_in(batch: Batch) -> list[Series]:
    """The series its events belong to."""
    its = select(Event.series_id).where(Event.batch_id == batch.id)
    return list(db.session.scalars(select(Series).where(Series.id.in_(its)).order_by(Series.id)))


def find_series(series_id: int | None) -> Series | None:
    """The series with that id."""
    return db.session.get(Series, series_id) if series_id is not None else None


def rule_of(series: Series) -> Recurrence | None:
    """The rule its dates were made by; None when they were given one by one."""
    if series.pattern is None:
        return None
    return Recurrence(
        series.pattern,
        series.first_on,
        last_on=series.last_on,
        weekdays=frozenset(int(digit) for digit in series.weekdays),
        nth=series.nth,
        month_day=series.month_day,
        every=series.every,
        around_holidays=series.around_holidays,
    )


def list_ahead(series_id: int, now: datetime) -> list[Event]:
    """Its events that have not begun, whatever their state, by id; held until the end when something is written."""
    query = select(Event).where(Event.series_id == series_id, Event.starts_at > now).order_by(Event.id)
    return list(db.session.scalars(query.with_for_update().execution_options(populate_existing=True)))


def model_of(series: Series) -> Event | None:
    """The event new dates are made after: the latest one that was not called off, else the latest."""
    off = Event.state.in_([State.CANCELLED, State.DISCARDED])
    query = select(Event).where(Event.series_id == series.id).order_by(off, Event.starts_at.desc(), Event.id)
    return db.session.scalar(query.limit(1))
