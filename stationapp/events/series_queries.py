"""Reads of series and of what was written at once."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from stationapp.db import db
from stationapp.events.models import Batch, Event, EventStep, Series
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import Cadence, State, Step
from stationapp.refusal import NotFound
from stationapp.sites.models import Site

OFF = frozenset({State.CANCELLED, State.DISCARDED})
"""States of dates that will not be held."""


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
    return list(
        db.session.scalars(query.with_for_update(key_share=True).execution_options(populate_existing=True))
    )


def model_of(series: Series) -> Event | None:
    """The event new dates are made after: the latest one that was not called off, else the latest."""
    query = select(Event).where(Event.series_id == series.id)
    query = query.order_by(Event.state.in_(OFF), Event.starts_at.desc(), Event.id)
    return db.session.scalar(query.limit(1))


def get_with_site(code: str) -> tuple[Series, Site]:
    """The series and the site that holds it; raises NotFound."""
    found = db.session.execute(
        select(Series, Site).join(Site, Site.id == Series.site_id).where(Series.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound
    series, site = found
    return series, site


def list_dates(series: Series) -> list[Event]:
    """All its events, discarded ones too, by time."""
    query = select(Event).where(Event.series_id == series.id).order_by(Event.starts_at, Event.id)
    return list(db.session.scalars(query))


def list_batches_of(series: Series) -> list[Batch]:
    """What it was written in, the latest first."""
    its = select(Event.batch_id).where(Event.series_id == series.id)
    return list(db.session.scalars(select(Batch).where(Batch.id.in_(its)).order_by(Batch.id.desc())))


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; None or "": not at all. `site` stands for itself and those beneath."""

    site: Site | None = None
    cadence: Cadence | None = None
    text: str = ""


def at_desk(reached: ColumnElement[bool], wanted: Wanted, now: datetime) -> Select:
    """(Series, Site, dates, ahead, next_at, last_at, taken): at the sites `reached` allows, those going on first.

    Counted are dates that were neither cancelled nor taken out of the plan; `taken` are places, at all of them.
    """
    lies_ahead = Event.starts_at > now
    dates = (
        select(
            Event.series_id,
            func.count().label("dates"),
            func.count().filter(lies_ahead).label("ahead"),
            func.min(Event.starts_at).filter(lies_ahead).label("next_at"),
            func.max(Event.starts_at).label("last_at"),
            func.sum(Event.taken).label("taken"),
        )
        .where(Event.series_id.is_not(None), Event.state.not_in(OFF))
        .group_by(Event.series_id)
        .subquery()
    )
    counted = dates.c
    query = (
        select(
            Series,
            Site,
            func.coalesce(counted.dates, 0).label("dates"),
            func.coalesce(counted.ahead, 0).label("ahead"),
            counted.next_at,
            counted.last_at,
            func.coalesce(counted.taken, 0).label("taken"),
        )
        .join(Site, Site.id == Series.site_id)
        .outerjoin(dates, counted.series_id == Series.id)
        .where(reached)
    )
    if wanted.site:
        query = query.where(Site.path.startswith(wanted.site.path, autoescape=True))
    if wanted.cadence:
        query = query.where(Series.cadence == wanted.cadence)
    if wanted.text:
        query = query.where(Series.title.contains(wanted.text, autoescape=True))
    return query.order_by(counted.next_at.is_(None), counted.next_at, Series.id.desc())
