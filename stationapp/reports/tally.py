"""Counting: from the rows of a month to one tally a site, and up the tree. Pure Python over read rows."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple

from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand, Month
from stationapp.events.rules import Cadence, Category, Task
from stationapp.reports.rules import BANDS
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.rules import Group, Level, contains


class Place(NamedTuple):
    """A site as the report needs it."""

    id: int
    code: str
    name: str
    level: Level
    path: str
    parent_id: int | None
    active: bool  # in force on the month's last day
    lived: bool  # in force on some day of the month


class Held(NamedTuple):
    """A closed-out event of the month."""

    id: int
    site_id: int
    category: Category
    task: Task
    series_id: int | None
    cadence: Cadence | None
    order: tuple  # (start, id)


class Row(NamedTuple):
    """One attendance that stands."""

    resident_id: int  # as whom they count, here and below
    event_id: int
    part: Part
    channel: Channel
    lives: Lives
    band: AgeBand


class Line(NamedTuple):
    """One line of the hours ledger, by date of service."""

    resident_id: int
    site_id: int
    minutes: int
    manual: bool


class Reached(NamedTuple):
    """Somebody living in a community, served by anyone this year; `now`: this month."""

    resident_id: int
    community_id: int
    band: AgeBand
    now: bool


@dataclass
class Facts:
    """Everything a site's month rests on, read once."""

    month: Month
    site_id: int
    places: dict[int, Place]  # the site and those beneath it, in code order
    homes: dict[int, int]  # community a row was written for → the community that stands for it now
    events: list[Held]
    rows: list[Row]
    heads: list[tuple[int, AgeBand, int]]  # event, band, people
    lines: list[Line]
    reached: list[Reached]
    populations: dict[tuple[int, Group], int]
    sources: list[dict]  # which population was used: as_of, source
    before: int  # valid events of the center itself in the month before
    ledger: int  # the last ledger line there was

    @property
    def site(self) -> Place:
        """The report's site."""
        return self.places[self.site_id]

    def beneath(self, place: Place) -> list[Place]:
        """The place and all beneath it, in code order."""
        return [other for other in self.places.values() if contains(place.path, other.path)]

    def communities(self, place: Place) -> list[Place]:
        """The stations in force among them: each stands for a community."""
        return [other for other in self.beneath(place) if other.level is Level.STATION and other.active]


@dataclass
class Tally:
    """Counts and sets of one site (own), or of it and all beneath."""

    events: int = 0
    categories: Counter = field(default_factory=Counter)
    tasks: Counter = field(default_factory=Counter)
    cadences: Counter = field(default_factory=Counter)
    activities: set = field(default_factory=set)
    named: int = 0
    anonymous: int = 0
    bands: Counter = field(default_factory=Counter)  # named and anonymous
    channels: Counter = field(default_factory=Counter)
    old_channels: Counter = field(default_factory=Counter)  # of rows of people of 60 and more
    persons: set = field(default_factory=set)
    homes: dict = field(default_factory=dict)  # resident → (order, Lives), the latest of the month
    volunteers: set = field(default_factory=set)
    minutes: int = 0
    manual: int = 0

    def absorb(self, other: "Tally") -> None:
        """Add another site's tally to this one: counts are summed, sets united."""
        for name in ("events", "named", "anonymous", "minutes", "manual"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("categories", "tasks", "cadences", "bands", "channels", "old_channels"):
            getattr(self, name).update(getattr(other, name))
        for name in ("activities", "persons", "volunteers"):
            getattr(self, name).update(getattr(other, name))
        for resident, home in other.homes.items():
            self.live(resident, home)

    def live(self, resident: int, home: tuple) -> None:
        """Remember where somebody lives, by the latest event they came to."""
        if resident not in self.homes or self.homes[resident][0] < home[0]:
            self.homes[resident] = home

    def lives(self) -> Counter:
        """Persons by what is known of their home."""
        return Counter(lives for _, lives in self.homes.values())


def valid_events(facts: Facts) -> dict[int, Held]:
    """The events that count: closed out, with at least one resident or one person counted (I-01)."""
    served = {row.event_id for row in facts.rows if row.part is Part.RESIDENT}
    served.update(event_id for event_id, _, people in facts.heads if people)
    return {event.id: event for event in facts.events if event.id in served}


def own_tallies(facts: Facts) -> dict[int, Tally]:
    """What each site held itself, by site id; every place of the report has one."""
    tallies: dict[int, Tally] = {id: Tally() for id in facts.places}
    events = valid_events(facts)
    for event in events.values():
        _add_event(tallies[event.site_id], event)
    for row in facts.rows:
        if event := events.get(row.event_id):
            _add_row(tallies[event.site_id], event, row)
    for event_id, band, people in facts.heads:
        if event := events.get(event_id):
            tallies[event.site_id].anonymous += people
            tallies[event.site_id].bands[band] += people
    _add_lines(tallies, facts.lines)
    return tallies


def _add_event(tally: Tally, event: Held) -> None:
    tally.events += 1
    tally.categories[event.category] += 1
    tally.tasks[event.task] += 1
    tally.cadences[event.cadence or Cadence.ONE_OFF] += 1
    tally.activities.add(("series", event.series_id) if event.series_id else ("event", event.id))


def _add_row(tally: Tally, event: Held, row: Row) -> None:
    if row.part is Part.VOLUNTEER:
        tally.volunteers.add(row.resident_id)
    if row.part is not Part.RESIDENT:
        return
    tally.named += 1
    tally.bands[row.band] += 1
    tally.channels[row.channel] += 1
    if row.band in BANDS[Group.OVER_60]:
        tally.old_channels[row.channel] += 1
    tally.persons.add(row.resident_id)
    tally.live(row.resident_id, (event.order, row.lives))


def _add_lines(tallies: dict[int, Tally], lines: list[Line]) -> None:
    earned: Counter = Counter()
    for line in lines:
        tallies[line.site_id].minutes += line.minutes
        tallies[line.site_id].manual += line.minutes if line.manual else 0
        earned[line.site_id, line.resident_id] += line.minutes
    for (site_id, resident_id), minutes in earned.items():
        if minutes > 0:
            tallies[site_id].volunteers.add(resident_id)


def rolled_up(facts: Facts, own: dict[int, Tally]) -> dict[int, Tally]:
    """Each site with all beneath it."""
    rolled: dict[int, Tally] = {id: Tally() for id in facts.places}
    for id, tally in own.items():
        for upper in _upwards(facts, id):
            rolled[upper].absorb(tally)
    return rolled


Reach = dict[tuple[str, Group], set[int]]
"""("month" or "year", group) → residents reached."""


def reach_of(facts: Facts) -> dict[int, Reach]:
    """Who was reached in each community, and in each site's communities together."""
    found: dict[int, Reach] = {id: defaultdict(set) for id in facts.places}
    groups = {band: [group for group in Group if band in BANDS[group]] for band in AgeBand}
    for resident_id, community_id, band, now in facts.reached:
        community = found[facts.homes[community_id]]
        for group in groups[band]:
            community["year", group].add(resident_id)
            if now:
                community["month", group].add(resident_id)
    alone = {id: dict(reach) for id, reach in found.items()}
    for id, reach in alone.items():
        for upper in _upwards(facts, id)[1:]:
            for key, residents in reach.items():
                found[upper][key] |= residents
    return found


def _upwards(facts: Facts, id: int) -> list[int]:
    """The place and those above it, as far up as the report's own site."""
    chain: list[int] = []
    upper: int | None = id
    while upper is not None and upper in facts.places:
        chain.append(upper)
        upper = facts.places[upper].parent_id
    return chain
