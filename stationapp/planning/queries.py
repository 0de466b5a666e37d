"""Reads of the plan board: everything about a span of days at a site and beneath, in a fixed number of queries."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from stationapp import clock
from stationapp.calendar.queries import Named, named
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events import rules
from stationapp.events.models import Event, EventPartner, EventShared, EventTheme
from stationapp.events.rules import PLANNED, State, Theme
from stationapp.planning.aims import aims_at
from stationapp.planning.board import Claim, Community, Slot, marked
from stationapp.reports.queries import Communities, communities
from stationapp.rooms.hours import Week, week_of
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.sites.rules import Group, Level, contains, ids_of


@dataclass(frozen=True)
class Plan:
    """What is planned at a site and beneath on [first, last], with its marks, and what else a board shows.

    `above` are the events of the offices and the center over the site: they are for its people too. `joint` are events
    that others lead and one of these sites holds with them.
    """

    site: Site
    first: date
    last: date
    sites: list[Site]  # the site and those beneath, in code order
    rooms: list[Room]  # theirs, and what goes round and may be asked for there
    slots: list[Slot]
    above: list[Slot]
    joint: list[Slot]
    held: list[Claim]  # rooms kept for something that is not an event
    claims: list[
        Claim
    ]  # on rooms and shared things, of these events, of others that ask for the same, of holds
    hours: dict[int, Week]  # opening hours by room
    named: dict[date, Named]

    @property
    def holidays(self) -> set[date]:
        """The public holidays."""
        return {day for day, name in self.named.items() if not name.works}


def plan_of(site: Site, first: date, last: date, *, now: datetime) -> Plan:
    """The plan of [first, last] at `site` and beneath: eight queries, however many events there are."""
    within = _within(first, last)
    over = ids_of(site.path)[:-1]
    theirs = or_(beneath(site.path), Site.id.in_(over))
    sites = {one.id: one for one in db.session.scalars(select(Site).where(theirs).order_by(Site.code))}
    rooms = _rooms(site, over)
    by_id = {room.id: room for room in rooms}
    concerns = within & or_(theirs, Event.id.in_(_LED_WITH.where(theirs)))
    themes, shared, partners = _themes(concerns), _shared(within), _partners(concerns)
    rows = db.session.execute(_SLOTS.where(concerns, Event.state != State.DISCARDED)).all()
    slots, own, joint = [], {one.id for one in sites.values() if contains(site.path, one.path)}, []
    for row in rows:
        slot = _slot(row, by_id, themes, partners, {one[1] for one in shared.get(row.id, ())}, now)
        if slot.site_id in own or not own & slot.partners:
            slots.append(slot)
        else:
            joint.append(replace(slot, movable=False))  # its lead moves it
    here = [slot for slot in slots if slot.site_id in own]
    holidays = named(first, last)
    off = {day for day, name in holidays.items() if not name.works}
    held, hours = _holds(theirs, first, last), _hours(rooms)
    claims = _claims(here, shared) + held
    return Plan(
        site=site,
        first=first,
        last=last,
        sites=[one for one in sites.values() if one.id in own],
        rooms=rooms,
        slots=marked(here, claims, off, hours),
        above=[slot for slot in slots if slot.site_id not in own],
        joint=joint,
        held=held,
        claims=claims,
        hours=hours,
        named=holidays,
    )


def list_communities(site: Site, month: Month) -> list[Community]:
    """The stations at and beneath a site in force on the month's last day, as its report takes them (domain.md §9)."""
    return communities_of(communities(site, month))


def communities_of(known: Communities) -> list[Community]:
    """The stations among what a report is reckoned against, in code order, with the people known in each group."""
    people: dict[int, dict[Group, int]] = {}
    for (site_id, group), number in known.populations.items():
        people.setdefault(site_id, {})[group] = number
    return [
        Community(one.id, one.code, one.name, frozenset(ids_of(one.path)), people.get(one.id, {}))
        for one in known.places.values()
        if one.level is Level.STATION and one.active
    ]


def _within(first: date, last: date) -> ColumnElement[bool]:
    """The condition on Event "has a part in [first, last]"."""
    begins, ends = clock.instant(first), clock.instant(last + timedelta(days=1))
    return (Event.starts_at < ends) & (Event.ends_at > begins)


_SLOTS = (
    select(
        Event.id,
        Event.code,
        Event.site_id,
        Site.short_name,
        Event.title,
        Event.summary,
        Event.state,
        Event.category,
        Event.task,
        Event.audience,
        Event.room_id,
        Event.place,
        Event.starts_at,
        Event.ends_at,
        Event.capacity,
        Event.taken,
        Event.min_age,
        Event.max_age,
    )
    .join(Site, Site.id == Event.site_id)
    .order_by(Event.starts_at, Site.code, Event.id)
)


def _slot(
    row,
    rooms: dict[int, Room],
    themes: dict[int, set[Theme]],
    partners: dict[int, set[int]],
    shared: set[int],
    now: datetime,
) -> Slot:
    room = rooms.get(row.room_id)
    return Slot(
        id=row.id,
        code=row.code,
        site_id=row.site_id,
        site=row.short_name,
        title=row.title,
        state=row.state,
        category=row.category,
        room_id=row.room_id,
        room=room.name if room else "",
        place=row.place,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        capacity=row.capacity,
        taken=row.taken,
        missing=rules.missing(row),
        things=frozenset(shared | ({row.room_id} if row.room_id else set())),
        groups=aims_at(row.min_age, row.max_age, frozenset(themes.get(row.id, ()))),
        partners=frozenset(partners.get(row.id, ())),
        movable=rules.locked(row.state, row.starts_at, now) is None,
    )


_LED_WITH = select(EventPartner.event_id).join(Site, Site.id == EventPartner.site_id)


def _partners(here: ColumnElement[bool]) -> dict[int, set[int]]:
    rows = db.session.execute(
        select(EventPartner.event_id, EventPartner.site_id)
        .join(Event, Event.id == EventPartner.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(here)
    )
    found: dict[int, set[int]] = {}
    for event_id, site_id in rows:
        found.setdefault(event_id, set()).add(site_id)
    return found


def _themes(here: ColumnElement[bool]) -> dict[int, set[Theme]]:
    rows = db.session.execute(
        select(EventTheme.event_id, EventTheme.theme)
        .join(Event, Event.id == EventTheme.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(here)
    )
    found: dict[int, set[Theme]] = {}
    for event_id, theme in rows:
        found.setdefault(event_id, set()).add(theme)
    return found


def _shared(within: ColumnElement[bool]) -> dict[int, list[tuple[str, int, datetime, datetime]]]:
    """What goes round and is asked for anywhere in the district: by event, (site, thing, start, end)."""
    rows = db.session.execute(
        select(EventShared.event_id, Site.short_name, EventShared.room_id, Event.starts_at, Event.ends_at)
        .join(Event, Event.id == EventShared.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(within, Event.state.in_(PLANNED))
    )
    found: dict[int, list] = {}
    for event_id, *rest in rows:
        found.setdefault(event_id, []).append(tuple(rest))
    return found


def _claims(here: list[Slot], shared: dict[int, list]) -> list[Claim]:
    """What the events here want, and what others in the district want of the same shared things.

    Another site's event is named by its site alone: its title is not public before it is published.
    """
    own = [
        Claim(thing, slot.starts_at, slot.ends_at, slot.id, f"{slot.site} {slot.title}")
        for slot in here
        if slot.state in PLANNED
        for thing in slot.things
    ]
    known, wanted = {slot.id for slot in here}, {claim.room_id for claim in own}
    others = [
        Claim(thing, starts_at, ends_at, event_id, name)
        for event_id, rows in shared.items()
        if event_id not in known
        for name, thing, starts_at, ends_at in rows
        if thing in wanted
    ]
    return own + others


def _holds(theirs: ColumnElement[bool], first: date, last: date) -> list[Claim]:
    """Rooms held for something that is not an event."""
    begins, ends = clock.instant(first), clock.instant(last + timedelta(days=1))
    rows = db.session.execute(
        select(Booking.room_id, Booking.starts_at, Booking.ends_at, Booking.event_id, Booking.purpose)
        .join(Room, Room.id == Booking.room_id)
        .join(Site, Site.id == Room.site_id)
        .where(theirs, Booking.event_id.is_(None), Booking.starts_at < ends, Booking.ends_at > begins)
    )
    return [Claim(*row) for row in rows]


def _rooms(site: Site, over: list[int]) -> list[Room]:
    """The rooms at and beneath a site in the order of its codes, then what goes round there."""
    query = (
        select(Room)
        .join(Site, Site.id == Room.site_id)
        .where(or_(beneath(site.path), Site.id.in_(over) & (Room.kind == RoomKind.SHARED)))
        .order_by(Room.kind, Site.code, Room.id)
    )
    return list(db.session.scalars(query))


def _hours(rooms: list[Room]) -> dict[int, Week]:
    """Opening hours by room; each text is read once."""
    read = {text: week_of(text) for text in {room.hours for room in rooms}}
    return {room.id: read[room.hours] for room in rooms}
