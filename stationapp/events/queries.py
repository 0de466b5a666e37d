"""Reads of events for those who work on them; what residents see is in `listing.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, or_, select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, EventPartner, EventShared, EventStep, EventTheme
from stationapp.events.rules import COLUMNS, PUBLIC, Category, EventFields, State, Theme
from stationapp.events.stages import Standing
from stationapp.refusal import NotFound
from stationapp.rooms.models import Room
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath


def find_event(code: str) -> Event | None:
    """The event with that code."""
    return db.session.scalar(select(Event).where(Event.code == code))


def get_event(code: str) -> Event:
    """The event with that code; raises NotFound."""
    event = find_event(code)
    if event is None:
        raise NotFound
    return event


def get_with_site(code: str) -> tuple[Event, Site]:
    """The event and the site that holds it; raises NotFound."""
    found = db.session.execute(
        select(Event, Site).join(Site, Site.id == Event.site_id).where(Event.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound
    event, site = found
    return event, site


def themes_of(event_id: int) -> frozenset[Theme]:
    """The themes of an event."""
    return frozenset(db.session.scalars(select(EventTheme.theme).where(EventTheme.event_id == event_id)))


def partners_of(event_id: int) -> list[Site]:
    """The sites that hold it together with the lead, in the order of their codes."""
    query = select(Site).join(EventPartner, EventPartner.site_id == Site.id)
    return list(db.session.scalars(query.where(EventPartner.event_id == event_id).order_by(Site.code)))


def shared_of(event_id: int) -> list[Room]:
    """What goes round and the event asks for."""
    query = select(Room).join(EventShared, EventShared.room_id == Room.id)
    return list(db.session.scalars(query.where(EventShared.event_id == event_id).order_by(Room.id)))


def joint(where: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on Event "public, and held together with a lead by a site for which `where` on Site holds"."""
    sites = select(Site.id).where(where).correlate(None)
    held = select(EventPartner.event_id).where(EventPartner.site_id.in_(sites))
    return Event.state.in_(PUBLIC) & Event.id.in_(held)


SET_COLUMNS = {"themes": EventTheme.theme, "partners": EventPartner.site_id, "shared": EventShared.room_id}
"""Where each of `rules.SETS` stands."""


def fields_of(event: Event) -> EventFields:
    """What stands in an event now, ready to be changed with `dataclasses.replace`."""
    return fields_of_all([event])[event.id]


def fields_of_all(events: Iterable[Event]) -> dict[int, EventFields]:
    """The same of many at once, by their ids."""
    events = list(events)
    sets: dict[str, dict[int, set]] = {name: {event.id: set() for event in events} for name in SET_COLUMNS}
    for name, column in SET_COLUMNS.items():
        rows = select(column.class_.event_id, column).where(
            column.class_.event_id.in_([event.id for event in events])
        )
        for event_id, value in db.session.execute(rows):
            sets[name][event_id].add(value)
    return {
        event.id: EventFields(
            **{name: getattr(event, name) for name in COLUMNS},
            **{name: frozenset(found[event.id]) for name, found in sets.items()},
        )
        for event in events
    }


def maker_of(event: Event) -> str | None:
    """The name of who wrote the draft; None: the system, or a file."""
    return db.session.scalar(select(Staff.name).where(Staff.id == event.made_by))


def list_steps(event_id: int) -> list[tuple[EventStep, str | None]]:
    """The steps taken, oldest first, each with the name of who took it (None: the system)."""
    rows = db.session.execute(
        select(EventStep, Staff.name)
        .outerjoin(Staff, Staff.id == EventStep.by)
        .where(EventStep.event_id == event_id)
        .order_by(EventStep.id)
    )
    return [(step, name) for step, name in rows]


def office_publishes_directly(site: Site) -> bool:
    """Whether the site above lets its stations publish without asking."""
    return bool(db.session.scalar(select(Site.publishes_directly).where(Site.id == site.parent_id)))


@dataclass(frozen=True)
class Wanted:
    """What a list at the desk is narrowed to; None or "": not at all. `site` stands for itself and those beneath."""

    site: Site | None = None
    standing: Standing | None = None
    month: Month | None = None
    category: Category | None = None
    text: str = ""


def touching(day: date) -> ColumnElement[bool]:
    """The condition on Event that `rules.touches` is for one at hand."""
    begins, ends = clock.instant(day), clock.instant(day + timedelta(days=1))
    return (Event.starts_at < ends) & (Event.ends_at >= begins)


def at_desk(reached: ColumnElement[bool], wanted: Wanted, now: datetime) -> Select:
    """(Event, Site) at the sites `reached` allows; what is still ahead or open first by time, for `paged`."""
    query = select(Event, Site).join(Site, Site.id == Event.site_id).where(reached)
    if wanted.site:
        here = beneath(wanted.site.path)
        query = query.where(here | joint(here))
    if wanted.month:
        query = query.where(Event.starts_at >= wanted.month.begins_at, Event.starts_at < wanted.month.ends_at)
    if wanted.category:
        query = query.where(Event.category == wanted.category)
    if wanted.text:
        query = query.where(
            or_(
                Event.title.contains(wanted.text, autoescape=True),
                Event.place.contains(wanted.text, autoescape=True),
                Event.code == wanted.text.upper(),
            )
        )
    latest_first = wanted.standing is None and wanted.month is None
    order = Event.starts_at.desc() if latest_first else Event.starts_at
    return query.where(stands(wanted.standing, now)).order_by(order, Site.code, Event.id)


def stands(standing: Standing | None, now: datetime) -> ColumnElement[bool]:
    """The condition "stands so at `now`"; None: anything that was not discarded."""
    if standing is None:
        return Event.state != State.DISCARDED
    if standing is Standing.COMING:
        return (Event.state == State.PUBLISHED) & (Event.ends_at > now)
    if standing is Standing.NOT_CLOSED_OUT:
        return (Event.state == State.PUBLISHED) & (Event.ends_at <= now)
    return Event.state == State(standing.value)
