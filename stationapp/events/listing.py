"""What residents read: what is on, and one event with its place. Plain columns, no sign-up is ever counted."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    not_,
    or_,
    select,
    union_all,
)

from stationapp import clock
from stationapp.db import UtcDateTime, db
from stationapp.events.models import Event, EventMove, EventPartner, EventTheme
from stationapp.events.queries import partners_of
from stationapp.events.rules import PUBLIC, Category, State, Theme
from stationapp.events.stages import Stage, stage_of
from stationapp.refusal import NotFound
from stationapp.rooms.models import Room
from stationapp.sites.models import Site
from stationapp.sites.rules import Level

UNDER_WAY_FOR = timedelta(days=92)
"""An event that began longer ago is not looked for among those under way."""

LAST_PAGE = 50
"""Nobody leafs further; a day or a search leads there. Bounds the work an address can ask for."""

LIST_LASTS = timedelta(seconds=30)
"""How long a list may stand although no stage in it turns."""

_CALLED_OFF = (State.CANCELLED, State.POSTPONED)


@dataclass(frozen=True)
class Filters:
    """What a reader narrows the list to; every part may be missing.

    `first` and `last` are local dates, both included; `path` is the site tree's, `site_id` for a site that has
    nothing beneath it; `words` is searched in title, summary, place and the site's short name.
    """

    site_id: int | None = None
    path: str = ""
    first: date | None = None
    last: date | None = None
    category: Category | None = None
    free: bool = False
    words: str = ""


class Line(NamedTuple):
    """An event as a list shows it."""

    code: str
    state: State
    title: str
    summary: str
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
    site: str

    def stage(self, now: datetime) -> Stage:
        """Where it stands at `now`."""
        return stage_of(self, now)

    @property
    def turns(self) -> tuple[datetime, ...]:
        """The instants at which it is said in other words though nothing was written."""
        times = (
            self.opens_at,
            self.closes_at,
            self.starts_at,
            self.ends_at,
            self.phone_until_at,
            self.draw_at,
        )
        return tuple(at for at in times if at)


LINE_COLUMNS = (
    Event.code,
    Event.state,
    Event.title,
    Event.summary,
    Event.place,
    Event.starts_at,
    Event.ends_at,
    Event.opens_at,
    Event.closes_at,
    Event.capacity,
    Event.taken,
    Event.waiting,
    Event.phone_seats,
    Event.phone_taken,
    Event.phone_until_at,
    Event.draw_at,
    Site.short_name,
)


def what_is_on(filters: Filters, *, page: int, size: int, now: datetime) -> tuple[Line, ...]:
    """Public events not over yet, soonest first; up to `size` + 1 lines tell whether another page follows.

    Events called off stay until the day they were meant for is over.
    """
    values = _values(filters, now)
    if joint := (filters.site_id or filters.path) and _joint(filters, now):
        values["joint"] = joint
    values |= {"reach": page * size + 1, "skip": (page - 1) * size}
    return tuple(Line(*row) for row in db.session.execute(_statement(frozenset(values)), values))


def _values(filters: Filters, now: datetime) -> dict[str, object]:
    """What the statement is run with; which names are there decides what it narrows to."""
    given = {
        "site_id": filters.site_id,
        "beneath": filters.path and not filters.site_id and f"{filters.path}%",
        "from_day": filters.first and clock.instant(filters.first),
        "to_day": filters.last and clock.instant(filters.last + timedelta(days=1)),
        "category": filters.category,
        "free": filters.free,
    }
    given |= {f"word{number}": _like(word) for number, word in enumerate(filters.words.split())}
    times = {"now": now, "midnight": _midnight(now), "earliest": now - UNDER_WAY_FOR}
    return {name: value for name, value in given.items() if value} | times


def _like(word: str) -> str:
    for special in "/%_":
        word = word.replace(special, "/" + special)
    return f"%{word}%"


@lru_cache(maxsize=256)
def _statement(names: frozenset[str]) -> Select:
    """The statement for these values. Putting it together takes longer than running it, so each is made once."""
    narrowed = select(*LINE_COLUMNS).join(Site, Site.id == Event.site_id).where(*_conditions(names))
    if "site_id" in names:
        merged = _of_some_sites(narrowed, Event.site_id == bindparam("site_id"), names)
    elif "beneath" in names:
        merged = _of_some_sites(narrowed, _BENEATH, names)
    else:
        merged = _of_the_district(narrowed)
    return merged.offset(bindparam("skip", type_=Integer))


def next_change(lines: Iterable[Line], now: datetime) -> datetime:
    """The instant until which a list of these lines stays true if nothing is written: a stage turns, or the day.

    Sign-up windows and beginnings of events outside the lines can bring them in only through the filter for free
    places, so a list never lasts longer than `LIST_LASTS`.
    """
    tomorrow = _midnight(now) + timedelta(days=1)
    return min(tomorrow, now + LIST_LASTS, *(at for line in lines for at in line.turns if at > now))


_NOW = bindparam("now", type_=UtcDateTime())
_MIDNIGHT = bindparam("midnight", type_=UtcDateTime())
_EARLIEST = bindparam("earliest", type_=UtcDateTime())
_REACH = bindparam("reach", type_=Integer)
_BENEATH = Site.path.like(bindparam("beneath"))  # digits and slashes: nothing to escape


def _of_some_sites(narrowed: Select, here: ColumnElement[bool], names: frozenset[str]) -> Select:
    """Walks the index on (site, starts_at); what these sites help others to hold is merged in by its ids."""
    live = and_(Event.state == State.PUBLISHED, Event.ends_at > _NOW)
    off = and_(Event.state.in_(_CALLED_OFF), Event.starts_at >= _MIDNIGHT)
    query = narrowed.where(Event.starts_at >= _EARLIEST, or_(live, off))
    own = query.where(here)
    if "joint" not in names:
        return own.order_by(Event.starts_at, Event.code).limit(_REACH)
    return _merged([own, query.where(Event.id.in_(bindparam("joint", expanding=True)))])


def _joint(filters: Filters, now: datetime) -> list[int]:
    """Ids of what these sites help others to hold and is not long over: few, so they are looked up by partner first.

    In one statement with the rest the database would walk everything that is to come in the district.
    """
    here = Site.id == filters.site_id if filters.site_id else Site.path.startswith(filters.path)
    sites = [filters.site_id] if filters.site_id else select(Site.id).where(here)
    rows = (
        select(Event.id)
        .join(EventPartner, EventPartner.event_id == Event.id)
        .join(Site, Site.id == Event.site_id)
        .where(EventPartner.site_id.in_(sites), not_(here), Event.starts_at >= now - UNDER_WAY_FOR)
        .distinct()
    )
    return list(db.session.scalars(rows))


def _of_the_district(narrowed: Select) -> Select:
    """Walks the index on (state, starts_at), once a state, and merges: no sorting of all that is to come."""
    live = narrowed.where(Event.state == State.PUBLISHED, Event.starts_at >= _EARLIEST, Event.ends_at > _NOW)
    off = [narrowed.where(Event.state == state, Event.starts_at >= _MIDNIGHT) for state in _CALLED_OFF]
    return _merged([live, *off])


def _merged(queries: Sequence[Select]) -> Select:
    """The first lines of all of them by time; each walks no further than that."""
    parts = [part.order_by(Event.starts_at, Event.code).limit(_REACH).subquery() for part in queries]
    merged = union_all(*(select(part) for part in parts)).subquery()
    return select(merged).order_by(merged.c.starts_at, merged.c.code).limit(_REACH)


def _conditions(names: frozenset[str]):
    if "from_day" in names:
        yield Event.ends_at > bindparam("from_day")
    if "to_day" in names:
        yield Event.starts_at < bindparam("to_day")
    if "category" in names:
        yield Event.category == bindparam("category")
    if "free" in names:
        yield has_free_places()
    for name in names:
        if name.startswith("word"):
            fields = (Event.title, Event.summary, Event.place, Site.short_name)
            yield or_(*(field.ilike(bindparam(name), escape="/") for field in fields))


def has_free_places() -> ColumnElement[bool]:
    """The condition "residents can sign up to it by themselves at `now`", a value the statement is run with."""
    return and_(
        Event.state == State.PUBLISHED,
        Event.starts_at > _NOW,
        or_(Event.opens_at.is_(None), Event.opens_at <= _NOW),
        or_(Event.closes_at.is_(None), Event.closes_at > _NOW),
        or_(Event.capacity.is_(None), Event.draw_at > _NOW, Event.taken + _kept_back() < Event.capacity),
    )


def _kept_back() -> ColumnElement[int]:
    """`stages.kept_back` in a query."""
    kept = and_(Event.phone_until_at > _NOW, Event.phone_seats > Event.phone_taken)
    return case((kept, Event.phone_seats - Event.phone_taken), else_=0)


def _midnight(now: datetime) -> datetime:
    return clock.instant(clock.day_of(now))


class Shown(NamedTuple):
    """A public event with everything its page says."""

    event: Event
    site: Site
    room: Room | None
    themes: tuple[Theme, ...]
    partners: tuple[Site, ...]
    moved: bool  # its time or place was another one before

    def stage(self, now: datetime) -> Stage:
        """Where it stands at `now`."""
        return stage_of(self.event, now)

    @property
    def phone(self) -> str:
        """Whom to call about it."""
        return self.event.contact_phone or self.site.phone


def get_shown(code: str) -> Shown:
    """The event with that code, if residents may see it; raises NotFound."""
    found = db.session.execute(
        select(
            Event,
            Site,
            Room,
            exists().where(EventMove.event_id == Event.id),
            exists().where(EventPartner.event_id == Event.id),
        )
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Room, Room.id == Event.room_id)
        .where(Event.code == code, Event.state.in_(PUBLIC))
    ).first()
    if found is None:
        raise NotFound
    event, site, room, moved, joint = found
    themes = db.session.scalars(
        select(EventTheme.theme).where(EventTheme.event_id == event.id).order_by(EventTheme.theme)
    )
    partners = partners_of(event.id) if joint else ()
    return Shown(event, site, room, tuple(themes), tuple(partners), moved)


class Contact(NamedTuple):
    """Where to call."""

    short_name: str
    phone: str


def center_contact() -> Contact | None:
    """The district center's name and telephone; None on an empty instance."""
    found = db.session.execute(select(Site.short_name, Site.phone).where(Site.level == Level.CENTER)).first()
    return Contact(*found) if found else None
