"""A month of a site for the wall: what is held on which day, laid out so that nothing is ever smaller than 16 points.

What does not fit its day goes on in a list on the following pages, in the same size (domain.md §10).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy import or_, select

from stationapp import clock
from stationapp.calendar.festivals import festivals
from stationapp.calendar.queries import named
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, EventPartner
from stationapp.events.rules import PUBLIC, State
from stationapp.publicity.grid import GEOMETRY, PAD, Geometry, Paper, count_shown, need, shared_out
from stationapp.rooms.models import Room
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.web.filters import day as said_day
from stationapp.web.filters import time as said_time
from stationapp.web.paper import Box, Code, Sized, code, fit, settable
from stationapp.web.words import word

LAST_YEAR = 2099
"""Lunar festivals are known until then."""


class Held(NamedTuple):
    """An event of the month as the database gives it."""

    event: Event
    site: str  # its lead's short name
    lead_id: int
    room: str | None


@dataclass(frozen=True)
class Entry:
    """One event on one day, in words."""

    time: str
    what: str
    place: str  # "" in this house

    @property
    def brief(self) -> "Entry":
        """Without its place: for a month too full for both."""
        return replace(self, place="")

    @property
    def said(self) -> str:
        """As it stands in its day."""
        return f"{self.time} {self.what}（{self.place}）" if self.place else f"{self.time} {self.what}"


@dataclass(frozen=True)
class Day:
    """One day: its number, what it is called, the entries that fit, and how many more there are."""

    on: date
    number: str
    mark: str
    rest: bool  # a weekend or a holiday
    entries: tuple[str, ...]
    more: str


@dataclass(frozen=True)
class Week:
    """Seven days from Monday (None: of another month), and how many lines each has below its number."""

    lines: int
    days: tuple[Day | None, ...]


@dataclass(frozen=True)
class Later:
    """A day of the list on the following pages."""

    heading: str
    entries: tuple[str, ...]


@dataclass(frozen=True)
class Wall:
    """A month ready for the page and for the typesetter."""

    paper: Paper
    month: str
    year: str
    title: Sized
    weekdays: tuple[str, ...]
    weeks: tuple[Week, ...]
    later: tuple[Later, ...]
    agenda: tuple[Later, ...]  # every day with everything, for a phone's screen
    call: str
    phone: str
    scan: str
    qr: Code


def held(site: Site, month: Month, *, with_beneath: bool) -> list[Held]:
    """Public events that touch the month: the site's own, those it holds with others, those beneath if wanted."""
    joint = select(EventPartner.event_id).where(EventPartner.site_id == site.id)
    whose = beneath(site.path) if with_beneath else Event.site_id == site.id
    rows = db.session.execute(
        select(Event, Site.short_name, Site.id, Room.name)
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Room, Room.id == Event.room_id)
        .where(
            Event.state.in_(PUBLIC),
            Event.starts_at < month.ends_at,
            Event.ends_at > month.begins_at,
            or_(whose, Event.id.in_(joint)),
        )
        .order_by(Event.starts_at, Site.code, Event.id)
    )
    return [Held(*row) for row in rows]


def wall(site: Site, month: Month, events: Sequence[Held], paper: Paper, *, address: str) -> Wall:
    """The month of `events` on that paper; `address` is the page's own, absolute, as the code holds it."""
    by_day = _by_day(site, month, events)
    geometry = GEOMETRY[paper]
    weeks = _weeks(month, by_day, geometry)
    if any(day.more for week in weeks for day in week.days if day):
        # Rather all of them without their places, which the list behind the code has, than some left out.
        brief = {day: [entry.brief for entry in entries] for day, entries in by_day.items()}
        weeks = _weeks(month, brief, geometry)
    laid = {day.on: day for week in weeks for day in week.days if day}
    name = _("%(site)s活动月历", site=site.short_name)
    return Wall(
        paper=paper,
        month=_("%(n)d月", n=month.month),
        year=_("%(n)d年", n=month.year),
        title=fit(name, Box(0, 0, geometry.column * 2.9, 16), (30, 28, 26, 24, 22, 20, 18, 16)),
        weekdays=tuple(_("周%(name)s", name=name) for name in "一二三四五六日"),
        weeks=weeks,
        later=tuple(
            Later(said_day(day), tuple(entry.said for entry in by_day[day][len(shown.entries) :]))
            for day, shown in laid.items()
            if shown.more
        ),
        agenda=tuple(
            Later(f"{said_day(day)} {laid[day].mark}".strip(), tuple(entry.said for entry in entries))
            for day, entries in sorted(by_day.items())
        ),
        call=_("打电话报名"),
        phone=settable(site.phone),
        scan=_("扫码看这个月"),
        qr=code(address),
    )


def as_data(sheet: Wall) -> dict:
    """The month for the typesetter, with its geometry; each row as high as its week needs, the rest shared out."""
    geometry = GEOMETRY[sheet.paper]
    share = geometry.spare([week.lines for week in sheet.weeks]) / len(sheet.weeks)
    rows = [geometry.top + geometry.line * week.lines + share for week in sheet.weeks]
    shown = asdict(sheet) | {"paper": sheet.paper.value, "agenda": []}
    for week in shown["weeks"]:
        week["days"] = [day and day | {"on": day["on"].isoformat()} for day in week["days"]]
    return shown | {
        "geometry": asdict(geometry) | {"rows": rows, "pad": PAD},
        "continued": _("%(title)s（续）", title=f"{sheet.month} {sheet.title.text}"),
    }


def _in(month: Month, day: date) -> bool:
    return Month.of(day) == month


def _whole_weeks(month: Month):
    """The days from the Monday before the month to the Sunday after it."""
    day = month.first_day - timedelta(days=month.first_day.weekday())
    while day <= month.last_day or day.weekday():
        yield day
        day += timedelta(days=1)


def _by_day(site: Site, month: Month, events: Sequence[Held]) -> dict[date, list[Entry]]:
    """What is held on each day of the month; an event over several days stands on each of them."""
    found: dict[date, list[Entry]] = {}
    for one in events:
        first = clock.day_of(one.event.starts_at)
        # An end at midnight belongs to the day before.
        last = clock.day_of(one.event.ends_at - timedelta(microseconds=1))
        what, place = _what(one), _place(site, one)
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            if _in(month, day):
                time = said_time(one.event.starts_at) if day == first else _("接着办")
                found.setdefault(day, []).append(Entry(time, what, place))
    return found


def _what(one: Held) -> str:
    """The title, and whether it was called off."""
    off = {State.CANCELLED: _("【已取消】"), State.POSTPONED: _("【延期】")}.get(one.event.state, "")
    return f"{off}{settable(one.event.title)}"


def _place(site: Site, one: Held) -> str:
    """Where it is, if not in this house."""
    place = settable(one.event.place)
    if one.lead_id != site.id:
        where = one.site if one.site in place or not place else f"{one.site}{place}"
        return place if one.site in place else where
    return "" if one.room or place == site.short_name else place


def _marks(first: date, last: date) -> dict[date, tuple[str, bool]]:
    """What each day is called, and whether people are off."""
    differs = named(first, last)
    lunar = {
        day: case for year in {first.year, min(last.year, LAST_YEAR)} for day, case in festivals(year).items()
    }
    marks = {}
    for n in range((last - first).days + 1):
        day = first + timedelta(days=n)
        name, table = word(lunar[day]) if day in lunar else "", differs.get(day)
        if table and table.works:
            marks[day] = f"{name} {_('上班')}".strip(), False
        elif table:
            marks[day] = f"{name or settable(table.name)} {_('休')}", True
        else:
            marks[day] = name, day.weekday() >= 5
    return marks


def _weeks(month: Month, by_day: dict[date, list[Entry]], geometry: Geometry) -> tuple[Week, ...]:
    days = list(_whole_weeks(month))
    marks = _marks(days[0], days[-1])
    needs = {
        day: need(str(day.day), marks[day][0], [one.said for one in by_day.get(day, ())], geometry)
        for day in days
    }
    weeks = [days[at : at + 7] for at in range(0, len(days), 7)]
    inside = [[day for day in week if _in(month, day)] for week in weeks]
    least = [max(needs[day][0] + (len(needs[day]) > 1) for day in week) for week in inside]
    free = int(geometry.spare([0] * len(weeks)) / geometry.line)
    gains = [[sum(count_shown(needs[day], n) for day in week) for n in range(free + 1)] for week in inside]
    return tuple(
        Week(
            lines,
            tuple(
                _day(day, marks[day], by_day.get(day, ()), needs[day], lines) if _in(month, day) else None
                for day in week
            ),
        )
        for week, lines in zip(weeks, shared_out(gains, least), strict=True)
    )


def _day(
    day: date, mark: tuple[str, bool], entries: Sequence[Entry], needs: Sequence[int], lines: int
) -> Day:
    """As many entries as fit whole, in order; where not all do, a line says how many stand elsewhere."""
    name, rest = mark
    shown = count_shown(needs, lines)
    left = len(entries) - shown
    return Day(
        on=day,
        number=str(day.day),
        mark=name,
        rest=rest,
        entries=tuple(entry.said for entry in entries[:shown]),
        more=_more(shown, left) if left else "",
    )


def _more(shown: int, left: int) -> str:
    return _("续页还有%(n)d场", n=left) if shown else _("续页有%(n)d场", n=left)
