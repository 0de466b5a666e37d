"""Reads of what is announced: public events of a site with those beneath it and those it holds together with others.

No row knows the contact's name: what is announced says a telephone number and never a person (domain.md §10).
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select

from stationapp import clock
from stationapp.db import db
from stationapp.events.models import Event, EventPartner
from stationapp.events.rules import PUBLIC, Category, State
from stationapp.events.stages import Stage, stage_of
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath


class Announced(NamedTuple):
    """A public event as posters, screens, feeds and texts know it."""

    event_id: int
    code: str
    state: State
    title: str
    summary: str
    audience: str
    category: Category | None
    place: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None
    capacity: int | None
    taken: int
    waiting: int
    phone_seats: int
    phone_taken: int
    phone_until_at: datetime | None
    draw_at: datetime | None
    made_at: datetime
    phone: str  # its own, or the site's
    site: str  # the lead's short name
    site_address: str

    def stage(self, now: datetime) -> Stage:
        """Where it stands at `now`."""
        return stage_of(self, now)

    @property
    def where(self) -> str:
        """The place, or the site when none is said."""
        return self.place or self.site

    @property
    def first_day(self) -> date:
        """The local day it begins on."""
        return clock.day_of(self.starts_at)

    @property
    def last_day(self) -> date:
        """The local day it ends on; midnight still belongs to the day before."""
        return clock.day_of(self.ends_at - timedelta(microseconds=1))

    @property
    def is_called_off(self) -> bool:
        """Whether it is cancelled, or put off without a new time."""
        return self.state in _CALLED_OFF

    @property
    def shown_until(self) -> datetime:
        """When it leaves lists of what is coming: at its end, or with its day when it was called off."""
        return clock.instant(self.first_day + timedelta(days=1)) if self.is_called_off else self.ends_at


_CALLED_OFF = (State.CANCELLED, State.POSTPONED)
_COLUMNS = (
    Event.id, Event.code, Event.state, Event.title, Event.summary, Event.audience, Event.category, Event.place,
    Event.starts_at, Event.ends_at, Event.opens_at, Event.closes_at, Event.capacity, Event.taken, Event.waiting,
    Event.phone_seats, Event.phone_taken, Event.phone_until_at, Event.draw_at,
    Event.made_at, func.coalesce(func.nullif(Event.contact_phone, ""), Site.phone), Site.short_name, Site.address,
)  # fmt: skip


@dataclass(frozen=True)
class Scope:
    """Whose events: of a site, those beneath it and those any of them holds together with others (None: everybody's);
    of one category, when given."""

    site: Site | None = None
    category: Category | None = None


def list_between(scope: Scope, first: date, last: date, *, now: datetime, most: int) -> list[Announced]:
    """What has a part in the local days `first` to `last`, both included, in order of time.

    When there are more than `most`, those that are over are left out first, then the farthest.
    """
    begins, ends = clock.instant(first), clock.instant(last + timedelta(days=1))
    query = _public(scope).where(Event.starts_at < ends, Event.ends_at > begins)
    over = case((Event.ends_at > now, 0), else_=1)
    rows = db.session.execute(query.order_by(over, Event.starts_at, Event.code).limit(most))
    return sorted((Announced(*row) for row in rows), key=lambda line: (line.starts_at, line.code))


def list_coming(scope: Scope, *, now: datetime, most: int) -> list[Announced]:
    """What is not over, soonest first; what was called off stays until its day is over."""
    midnight = clock.instant(clock.day_of(now))
    live = and_(Event.state == State.PUBLISHED, Event.ends_at > now)
    off = and_(Event.state.in_(_CALLED_OFF), Event.starts_at >= midnight)
    query = _public(scope).where(or_(live, off)).order_by(Event.starts_at, Event.code).limit(most)
    return [Announced(*row) for row in db.session.execute(query)]


def get_announced(code: str) -> Announced:
    """The public event with that code; raises NotFound."""
    found = db.session.execute(_public(Scope()).where(Event.code == code)).one_or_none()
    if found is None:
        raise NotFound
    return Announced(*found)


def _public(scope: Scope) -> Select:
    query = select(*_COLUMNS).join(Site, Site.id == Event.site_id).where(Event.state.in_(PUBLIC))
    if scope.category:
        query = query.where(Event.category == scope.category)
    return query.where(_held_by(scope.site)) if scope.site else query


def _held_by(site: Site) -> ColumnElement[bool]:
    theirs = select(Site.id).where(beneath(site.path)).correlate(None)
    joint = select(EventPartner.event_id).where(EventPartner.site_id.in_(theirs))
    return or_(Event.site_id.in_(theirs), Event.id.in_(joint))
