"""A month of a site for the wall: what is held on which day, laid out so that nothing is ever smaller than 16 points.

What does not fit its day goes on in a list on the following pages, in the same size (domain.md §10).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from enum import Enum
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
from stationapp.publicity.paper import PT, Box, Code, Sized, code, count_lines, fit, settable
from stationapp.rooms.models import Room
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.web.filters import day as said_day
from stationapp.web.filters import time as said_time
from stationapp.web.words import word


class Paper(Enum):
    """The sheets it is printed on, landscape."""

    A4 = "a4"
    A3 = "a3"


@dataclass(frozen=True)
class Geometry:
    """Where things stand on a sheet: millimetres, type sizes in points. `static/paper.css` says the same."""

    wide: float
    high: float
    margin: float
    header: float
    heads: float  # the row of weekdays
    number: int
    pt: int

    @property
    def column(self) -> float:
        """How wide a day is."""
        return (self.wide - 2 * self.margin) / 7

    def row(self, weeks: int) -> float:
        """How high a day is in a month of that many weeks."""
        return (self.high - 2 * self.margin - self.header - self.heads) / weeks


GEOMETRY = {
    Paper.A4: Geometry(297, 210, 8, 30, 8, 20, 16),
    Paper.A3: Geometry(420, 297, 10, 40, 11, 26, 18),
}
LEADING = 1.15
PAD = 1.4
"""White around a day's text, millimetres."""

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

    @property
    def said(self) -> str:
        """As it stands in its day."""
        return f"{self.time} {self.what}"


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
    weeks: tuple[tuple[Day | None, ...], ...]
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
    days = list(_whole_weeks(month))
    weeks = len(days) // 7
    marks = _marks(days[0], days[-1])
    laid = {
        day: _day(day, marks[day], by_day.get(day, []), geometry, weeks) for day in days if _in(month, day)
    }
    name = _("%(site)s活动月历", site=site.short_name)
    return Wall(
        paper=paper,
        month=_("%(n)d月", n=month.month),
        year=_("%(n)d年", n=month.year),
        title=fit(name, Box(0, 0, geometry.column * 2.9, 16), (30, 28, 26, 24, 22, 20, 18, 16)),
        weekdays=tuple(_("周%(name)s", name=name) for name in "一二三四五六日"),
        weeks=tuple(tuple(laid.get(day) for day in days[at : at + 7]) for at in range(0, len(days), 7)),
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
    """The month for the typesetter, with its geometry."""
    geometry = GEOMETRY[sheet.paper]
    shown = asdict(sheet) | {"paper": sheet.paper.value, "weeks": _plain(sheet.weeks)}
    del shown["agenda"]
    return shown | {
        "geometry": asdict(geometry) | {"row": geometry.row(len(sheet.weeks)), "pad": PAD},
        "continued": _("%(title)s（续）", title=f"{sheet.month} {sheet.title.text}"),
    }


def _plain(weeks):
    return [[day and asdict(day) | {"on": day.on.isoformat()} for day in week] for week in weeks]


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
        what = _what(site, one)
        for day in (first + timedelta(days=n) for n in range((last - first).days + 1)):
            if _in(month, day):
                time = said_time(one.event.starts_at) if day == first else _("接着办")
                found.setdefault(day, []).append(Entry(time, what))
    return found


def _what(site: Site, one: Held) -> str:
    """The title, where it is if not in this house, and whether it was called off."""
    off = {State.CANCELLED: _("【已取消】"), State.POSTPONED: _("【延期】")}.get(one.event.state, "")
    place = settable(one.event.place)
    if one.lead_id != site.id:
        where = one.site if one.site in place or not place else f"{one.site}{place}"
        place = place if one.site in place else where
    elif one.room or place == site.short_name:
        place = ""
    title = settable(one.event.title)
    return f"{off}{title}（{place}）" if place else f"{off}{title}"


def _marks(first: date, last: date) -> dict[date, tuple[str, bool]]:
    """What each day is called, and whether people are off."""
    differs = named(first, last)
    lunar = {day: case for year in {first.year, last.year} for day, case in festivals(year).items()}
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


def _day(day: date, mark: tuple[str, bool], entries: Sequence[Entry], geometry: Geometry, weeks: int) -> Day:
    name, rest = mark
    room = (geometry.column - 2 * PAD) / (geometry.pt * PT)
    lines = _lines_left(day, name, geometry, weeks, room)
    needed = [count_lines(entry.said, room) for entry in entries]
    shown = len(entries) if sum(needed) <= lines else 0
    if not shown and entries:
        while shown < len(entries) and sum(needed[: shown + 1]) <= lines - 1:
            shown += 1
    left = len(entries) - shown
    return Day(
        on=day,
        number=str(day.day),
        mark=name,
        rest=rest,
        entries=tuple(entry.said for entry in entries[:shown]),
        more=_more(shown, left) if left else "",
    )


def _lines_left(day: date, name: str, geometry: Geometry, weeks: int, room: float) -> int:
    """How many lines of entries a day has room for below its number."""
    beside = room - 0.6 * len(str(day.day)) * geometry.number / geometry.pt - 0.5
    wraps = bool(name) and count_lines(name, beside) > 1
    high = geometry.row(weeks) - 2 * PAD - geometry.number * LEADING * PT
    return int(high / (geometry.pt * LEADING * PT)) - wraps


def _more(shown: int, left: int) -> str:
    return _("续页还有%(n)d场", n=left) if shown else _("续页有%(n)d场", n=left)
