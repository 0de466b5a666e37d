"""What a month is planned on: who lacks what, and what there is to do something about it. Values only.

Times within the month are whole minutes since its first local midnight, half-open; days count from 0. Shanghai keeps
no summer time, so a day has 1440 of them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import NamedTuple

from stationapp.calendar.festivals import Festival
from stationapp.calendar.rules import Month
from stationapp.catalogue.rules import TemplateFields
from stationapp.events.rules import Category
from stationapp.planning.aims import aims_at
from stationapp.rooms.hours import Week
from stationapp.sites.rules import Group, Level, contains

DAY = 24 * 60
Span = tuple[int, int]
"""Minutes of the month, half-open."""


class Place(NamedTuple):
    """A site that may hold something."""

    id: int
    code: str
    name: str
    level: Level
    path: str
    parent_id: int | None
    address: str
    phone: str
    week: Week


class Hall(NamedTuple):
    """A room of a site; `capacity` None: not limited, `step_free` None: not said."""

    id: int
    site_id: int
    name: str
    capacity: int | None
    step_free: bool | None
    week: Week


class Shared(NamedTuple):
    """What goes round; `path` is its owner's."""

    id: int
    name: str
    path: str
    week: Week


class Planned(NamedTuple):
    """An event that stands in the month or in the month before. `site_ids`: its lead first, then its partners."""

    site_ids: tuple[int, ...]
    span: Span
    groups: frozenset[Group]
    category: Category | None
    title: str
    from_suggestion: str  # the fingerprint of the suggestion it was made from, or ""
    code: str


class Gap(NamedTuple):
    """A group of a community for which the month plans nothing. `people` None: not counted.

    `since`: the month from which on nobody of it was served; None: somebody was in the month before.
    """

    site_id: int
    group: Group
    people: int | None
    since: Month | None


class Wait(NamedTuple):
    """People of a community (or of a site's events, when their home is not known) who waited for nothing."""

    site_id: int
    title: str
    people: int


class Origin(Enum):
    """Where an idea comes from."""

    OWN = "own"  # held here, and people came
    TEMPLATE = "template"
    NEAR = "near"  # held at another site of the same office, and people came
    DAY = "day"  # a festival, the neighbours' day


class Occasion(NamedTuple):
    """A day that calls for something: a festival, or the neighbours' day when `festival` is None."""

    festival: Festival | None
    on: date


@dataclass(frozen=True)
class Idea:
    """Something that could be held. `key` names it among a site's ideas; `site_id`: where it was held, whose it is."""

    key: str
    origin: Origin
    fields: TemplateFields
    path: str  # only sites at or beneath it may hold it
    site_id: int | None = None
    room_id: int | None = None  # where it was held
    occasion: Occasion | None = None
    people: int = 0  # who came the last time
    held_on: date | None = None

    @property
    def groups(self) -> frozenset[Group]:
        """Whom it is made for."""
        return aims_at(self.fields.min_age, self.fields.max_age, self.fields.themes)


@dataclass(frozen=True)
class Ground:
    """Everything the planner and the suggestions rest on, read at one moment."""

    month: Month
    places: dict[int, Place]  # those that may hold something, in code order
    differs: dict[date, bool]
    free_from: int  # the first minute at which something new may begin
    gaps: list[Gap] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    held: dict[int, frozenset[Category]] = field(default_factory=dict)  # categories of late, by site
    missing: dict[int, int] = field(default_factory=dict)  # events to the minimum, by site
    halls: dict[int, list[Hall]] = field(default_factory=dict)
    shared: dict[int, Shared] = field(default_factory=dict)
    busy: dict[int, list[Span]] = field(default_factory=dict)  # of rooms and what goes round
    planned: list[Planned] = field(default_factory=list)
    volunteers: dict[int, int] = field(default_factory=dict)
    duties: list[tuple[int, int, Span]] = field(default_factory=list)  # (site, volunteer, when)
    ideas: list[Idea] = field(default_factory=list)
    occasions: list[Occasion] = field(default_factory=list)

    @property
    def days(self) -> int:
        """How many days the month has."""
        return self.month.last_day.day

    def day(self, number: int) -> date:
        """The date of day `number`."""
        return self.month.first_day + timedelta(days=number)

    def at(self, minute: int) -> datetime:
        """The instant of a minute of the month."""
        return self.month.begins_at + timedelta(minutes=minute)

    def ideas_for(self, place: Place) -> list[Idea]:
        """What that site could hold: its own, then templates, then what went well next door.

        Each title once, and none that it plans in the month already.
        """
        planned = {one.title for one in self.planned if one.site_ids[0] == place.id and one.span[0] >= 0}
        here = (idea for idea in self.ideas if contains(idea.path, place.path))
        mine = [idea for idea in here if idea.fields.title not in planned]
        mine.sort(key=lambda idea: (_ORDER[self._origin_at(idea, place)], idea.key))
        best: dict[str, Idea] = {}
        for idea in mine:
            best.setdefault(idea.fields.title, idea)
        return list(best.values())

    def _origin_at(self, idea: Idea, place: Place) -> Origin:
        return Origin.OWN if idea.origin is Origin.NEAR and idea.site_id == place.id else idea.origin


_ORDER = {origin: number for number, origin in enumerate(Origin)}


def overlaps(one: Span, other: Span) -> bool:
    """Whether two half-open spans share a minute."""
    return one[0] < other[1] and other[0] < one[1]


def minutes_of(month: Month, starts_at: datetime, ends_at: datetime) -> Span:
    """Two instants as minutes of the month; may lie before it or after it."""
    begins = month.begins_at
    minute = timedelta(minutes=1)
    return (starts_at - begins) // minute, -((begins - ends_at) // minute)


def spans_within(month: Month, busy: Iterable[tuple[datetime, datetime]]) -> list[Span]:
    """Instants as minutes of the month, in order."""
    return sorted(minutes_of(month, *one) for one in busy)
