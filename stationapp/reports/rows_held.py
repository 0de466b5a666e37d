"""The rows behind what was held and what it was held in: events, sites, rooms, gaps (domain.md §9)."""

from collections import Counter, defaultdict
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, func, select

from stationapp import clock
from stationapp.attendance.models import Attendance, Headcount
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, EventTheme, Series
from stationapp.events.rules import Category, State, Theme
from stationapp.opinions.queries import rows_of
from stationapp.reports import halls
from stationapp.reports.behind import Part, Scope
from stationapp.reports.places import Place
from stationapp.reports.queries import event_valid, is_served
from stationapp.reports.rules import BANDS, GROUPS, MINIMUM
from stationapp.rooms.models import Room
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.sites.rules import Group, Level


def _per_event(number, event_id, *conditions):
    return select(func.coalesce(number, 0)).where(event_id == Event.id, *conditions).scalar_subquery()


def events(scope: Scope, *conditions: ColumnElement[bool]) -> Select:
    """The events that count, with who came: named and anonymous."""
    named = _per_event(func.count(Attendance.id), Attendance.event_id, is_served())
    heads = _per_event(func.sum(Headcount.people), Headcount.event_id)
    return (
        select(
            Event.code,
            Event.title,
            Event.starts_at,
            Event.category,
            Event.capacity,
            Site.short_name,
            named.label("named"),
            heads.label("anonymous"),
            (named + heads).label("came"),
        )
        .join(Site, Site.id == Event.site_id)
        .where(scope.here, *conditions)
        .order_by(Event.starts_at, Event.id)
    )


def of_category(category: Category | None) -> list[ColumnElement[bool]]:
    """The condition on Event "of that category"; none: any."""
    return [] if category is None else [Event.category == category]


def themed(*themes: Theme) -> ColumnElement[bool]:
    """The condition on Event "has one of these themes"."""
    return Event.id.in_(select(EventTheme.event_id).where(EventTheme.theme.in_(themes)))


def activities(scope: Scope) -> Select:
    """A series once, a single event for itself, with how many events of it count."""
    groups = (
        select(func.min(Event.id).label("first"), func.count().label("events"))
        .join(Site, Site.id == Event.site_id)
        .where(scope.here)
        .group_by(func.coalesce(Event.series_id, -Event.id))
        .subquery()
    )
    return (
        select(
            Event.code,
            func.coalesce(Series.title, Event.title).label("title"),
            Event.starts_at,
            Series.cadence,
            Site.short_name,
            groups.c.events,
        )
        .join(groups, groups.c.first == Event.id)
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Series, Series.id == Event.series_id)
        .order_by(Event.starts_at, Event.id)
    )


def headcounts(scope: Scope) -> Select:
    """People counted without a name, by event and age band."""
    return (
        select(Event.code, Event.title, Event.starts_at, Site.short_name, Headcount.band, Headcount.people)
        .join(Event, Event.id == Headcount.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(scope.here)
        .order_by(Event.starts_at, Event.id, Headcount.band)
    )


def called_off(scope: Scope) -> Select:
    """Events that were to begin in the period and were cancelled."""
    return (
        select(Event.code, Event.title, Event.starts_at, Site.short_name)
        .join(Site, Site.id == Event.site_id)
        .where(scope.called_off)
        .order_by(Event.starts_at, Event.id)
    )


# --- sites -----------------------------------------------------------------------------------------------------


class SiteRow(NamedTuple):
    """A site in force on a month's last day, with the valid events it held itself. `met` and `due` are counted of
    stations alone: offices and the center are told beside (I-03)."""

    month: Month
    place: Place
    events: int
    reached: bool
    met: int
    due: int


def minimum(scope: Scope) -> list[SiteRow]:
    """Every site and month with whether it reached what is expected of it."""
    held = _held(scope, (scope.before, *scope.parts))
    rows = []
    for part, ground in zip(scope.parts, scope.grounds, strict=True):
        for place in ground.beneath(ground.places[scope.site.id]):
            if not place.active:
                continue
            at_least, months = MINIMUM[place.level]
            events = sum(held[place.id, part.month.plus(-back)] for back in range(months))
            reached, station = events >= at_least, place.level is Level.STATION
            rows.append(SiteRow(part.month, place, events, reached, int(reached and station), int(station)))
    return rows


def active_sites(scope: Scope) -> list[SiteRow]:
    """Every site in force on the last day, with the valid events it held itself in the period (I-10)."""
    held = _held(scope, scope.parts)
    rows = []
    for place in scope.places:
        if place.active:
            events = sum(held[place.id, part.month] for part in scope.parts)
            rows.append(SiteRow(scope.month, place, events, events > 0, int(events > 0), 1))
    return rows


def _held(scope: Scope, parts: tuple[Part, ...]) -> Counter[tuple[int, Month]]:
    found: Counter[tuple[int, Month]] = Counter()
    for part in parts:
        found.update(
            (site_id, part.month)
            for site_id in db.session.scalars(
                select(Event.site_id)
                .join(Site, Site.id == Event.site_id)
                .where(Event.state == State.CLOSED_OUT, part.held, event_valid(), beneath(scope.site.path))
            )
        )
    return found


# --- gaps ------------------------------------------------------------------------------------------------------


class GapRow(NamedTuple):
    """A community and a group of whom nobody came; `people` is None where nobody knows how many there are."""

    place: Place
    group: Group
    people: int | None


def gaps(scope: Scope, community: str | None, group: Group | None) -> list[GapRow]:
    """Community × group with nobody in the period, groups in which nobody lives left out (I-11)."""
    came = defaultdict(set)
    rows = db.session.execute(
        select(Attendance.community_id, Attendance.band)
        .join(Event, Event.id == Attendance.event_id)
        .where(scope.counts, is_served(Attendance.community_id.in_(scope.homes())))
        .distinct()
    )
    for home, band in rows:
        came[scope.ground.homes[home]].add(band)
    people = _populations(scope)
    return [
        GapRow(place, one, people.get((place.code, one)))
        for place in scope.ground.communities(scope.ground.places[scope.site.id])
        if community in (None, place.code)
        for one in GROUPS
        if group in (None, one) and not came[place.id] & BANDS[one] and people.get((place.code, one)) != 0
    ]


def _populations(scope: Scope) -> dict[tuple[str, Group], int]:
    if scope.frozen is None:
        places, known = scope.ground.places, scope.ground.populations
        return {(places[id].code, group): people for (id, group), people in known.items()}
    return {
        (row["site"], Group(group)): share["denominator"]
        for row in scope.frozen["coverage"]
        for group, share in row["groups"].items()
        if share["denominator"] is not None
    }


# --- rooms and answers -----------------------------------------------------------------------------------------


class RoomRow(NamedTuple):
    """A room over the period, in minutes; `used` and `open` are None where its hours are not said."""

    site: str
    name: str
    hours: str
    used: int | None
    open: int | None


def rooms(scope: Scope) -> list[RoomRow]:
    """The own rooms of these sites, with booked minutes within their opening hours (I-26)."""
    uses = halls.by_room([part.month for part in scope.parts])
    found = db.session.execute(
        select(Room.id, Room.name, Room.hours, Site.short_name)
        .join(Site, Site.id == Room.site_id)
        .where(Room.id.in_(uses), beneath(scope.site.path))
        .order_by(Site.code, Room.name)
    )
    return [RoomRow(site, name, hours, *uses[id]) for id, name, hours, site in found]


class AnswerLine(NamedTuple):
    """One answer; event and face only where so many answered that nobody can be told by it."""

    title: str | None
    score: int | None


def answers(scope: Scope) -> list[AnswerLine]:
    """The answers that count; of a closed month those up to its version's last (I-23)."""
    found, titles = [], {}
    for part in scope.parts:
        held = (Event.state == State.CLOSED_OUT, part.held, event_valid(), beneath(scope.site.path))
        named = select(Event.id, Event.title, Event.starts_at).join(Site, Site.id == Event.site_id)
        its = {row.id: row for row in db.session.execute(named.where(*held))}
        titles |= {id: f"{clock.day_of(row.starts_at)} {row.title}" for id, row in its.items()}
        found += rows_of(list(its), cut=part.answers)
    return [AnswerLine(titles.get(one.event_id), one.score) for one in found]
