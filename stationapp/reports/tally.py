"""Counting: what one site's figures of one period are reckoned from, and how people are counted once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from functools import cached_property

import numpy as np

from stationapp.calendar.rules import AgeBand
from stationapp.reports.columns import NOW, WINDOW, Events, Facts, Heads, Lines, Rows, picked
from stationapp.reports.counting import Counted, Rooms
from stationapp.reports.places import Ground, Place
from stationapp.reports.rules import BANDS, MINIMUM, Bridge
from stationapp.sites.rules import Group, Level

FEW = 4096
"""Up to so many, people are counted by sorting them; more, by ticking each off in one list of everybody."""

SPARSE = 64
"""Up to so many cells of places and people for each row, pairs are ticked off; beyond, sorted."""

_PAIR = np.int64(1 << 32)


def distinct(people: np.ndarray) -> int:
    """How many different people these are."""
    if len(people) < FEW:
        return len(np.unique(people))
    seen = np.zeros(people.max() + 1, dtype=bool)
    seen[people] = True
    return int(np.count_nonzero(seen))


def distinct_by(place: np.ndarray, person: np.ndarray, size: int) -> np.ndarray:
    """How many different people belong to each place."""
    people = int(person.max(initial=-1)) + 1
    if size * people > SPARSE * len(person):
        pairs = np.unique(place * _PAIR + person)
        return np.bincount(pairs // _PAIR, minlength=size)
    seen = np.zeros((size, people), dtype=bool)
    seen[place, person] = True
    return np.count_nonzero(seen, axis=1)


def tallied(codes: np.ndarray, enum: type[Enum], weights: np.ndarray | None = None) -> dict[str, int]:
    """How many of each case, in its order; only what occurs, and nothing of what has none (−1)."""
    known = codes >= 0
    counts = np.bincount(codes[known], weights if weights is None else weights[known], minlength=len(enum))
    return {case.value: int(count) for case, count in zip(enum, counts, strict=True) if count}


def of_bands(bands: np.ndarray, group: Group) -> np.ndarray:
    """Which of these ages belong to a group."""
    return _OF_BAND[group][bands]


_OF_BAND = {group: np.array([band in BANDS[group] for band in AgeBand]) for group in Group}


@dataclass(frozen=True)
class Book:
    """What is known site by site, whatever the period."""

    facts: Facts
    counted: Counted
    grounds: tuple[Ground, ...]

    @cached_property
    def inside(self) -> dict[int, np.ndarray]:
        """Of each place of the report: which positions are it or beneath it."""
        return {place.id: self.facts.inside(place) for place in self.facts.places}

    @cached_property
    def held(self) -> np.ndarray:
        """Position × month: events a site held itself."""
        found = np.zeros((len(self.facts.at) + 1, WINDOW), dtype=np.int64)
        mine = self.counted.events
        np.add.at(found, (self.facts.events.site[mine], self.facts.events.month[mine]), 1)
        return found

    @cached_property
    def silent(self) -> np.ndarray:
        """By position: how many months in a row, this one the last, nobody living there came anywhere; 12 at most.

        Months before anything is known of the district are nobody's silence.
        """
        rows = self.facts.rows
        rows = picked(rows, self.counted.events[rows.event])
        came = np.zeros((len(self.facts.at) + 1, WINDOW), dtype=bool)
        came[self.facts.homes()[rows.community], rows.month] = True
        came[:, : max(1, self.facts.unknown)] = True
        return np.argmax(came[:, ::-1], axis=1)

    def meets(self, place: Place, month: int) -> bool:
        """Whether a site itself held as many events as it is expected to by that month (I-03)."""
        at_least, months = MINIMUM[place.level]
        return bool(self.held[self.facts.at[place.id], month + 1 - months : month + 1].sum() >= at_least)


@dataclass(frozen=True)
class Scope:
    """What one site's figures of one period are reckoned from: what it and the sites beneath it held, and what the
    people of its communities came to anywhere; nothing but what counts."""

    book: Book
    ground: Ground
    place: Place
    places: list[Place]  # the site and all beneath it
    months: range
    events: Events
    answers: dict[str, np.ndarray]  # over these events
    rows: Rows
    helpers: Rows
    heads: Heads
    lines: Lines
    lived: Rows  # by residence: `community` is the one in force
    rooms: Rooms
    above: Scope | None = None  # of the same period, where this is a site beneath

    @cached_property
    def active(self) -> list[Place]:
        """The sites in force on the month's last day."""
        return [place for place in self.places if place.active]

    @cached_property
    def communities(self) -> list[Place]:
        """The stations among them: each stands for a community."""
        return [place for place in self.active if place.level is Level.STATION]

    @cached_property
    def cancelled(self) -> int:
        """How many events were to be held there in these months, and were called off."""
        sites = [self.book.facts.at[place.id] for place in self.places]
        return int(self.book.counted.cancelled[np.ix_(sites, list(self.months))].sum())

    @cached_property
    def reached(self) -> dict[Group, np.ndarray]:
        """By group and position: how many people of a community came anywhere; the same for whoever looks at it."""
        if self.above:
            return self.above.reached
        return {group: self._reached(of_bands(self.lived.band, group)) for group in Group}

    def _reached(self, which: np.ndarray) -> np.ndarray:
        return distinct_by(self.lived.community[which], self.lived.person[which], self.size)

    def reached_by_category(self, category: int) -> np.ndarray:
        """By position: how many people of a community came to something of a category."""
        return self._reached(self.lived.category == category)

    @property
    def size(self) -> int:
        """How many positions there are."""
        return len(self.book.facts.at) + 1

    @cached_property
    def served(self) -> tuple[np.ndarray, np.ndarray]:
        """(site, person), each pair once: who came as a volunteer to an event there, or has minutes left there."""
        pairs, which = np.unique(self.lines.site * _PAIR + self.lines.person, return_inverse=True)
        earned = pairs[np.bincount(which, weights=self.lines.minutes, minlength=len(pairs)) > 0]
        pairs = np.union1d(earned, self.helpers.site * _PAIR + self.helpers.person)
        return (pairs // _PAIR).astype(np.int16), (pairs % _PAIR).astype(np.int32)

    def of(self, place: Place) -> Scope:
        """The same of a site beneath, with all beneath that."""
        inside = self.book.inside[place.id]
        here = self._within(inside, place, self.ground.beneath(place))
        return here._with(lived=picked(self.lived, inside[self.lived.community]), above=self)

    def own(self) -> Scope:
        """The same of what the site itself held, nobody's home being looked at."""
        alone = np.zeros(self.size, dtype=bool)
        alone[self.book.facts.at[self.place.id]] = True
        here = self._within(alone, self.place, [self.place])
        return here._with(lived=picked(self.lived, np.zeros(len(self.lived.person), dtype=bool)))

    def _within(self, inside: np.ndarray, place: Place, places: list[Place]) -> Scope:
        mine = inside[self.events.site]
        return self._with(
            place=place,
            places=places,
            events=picked(self.events, mine),
            answers={name: column[mine] for name, column in self.answers.items()},
            rows=picked(self.rows, inside[self.rows.site]),
            helpers=picked(self.helpers, inside[self.helpers.site]),
            heads=picked(self.heads, inside[self.heads.site]),
            lines=picked(self.lines, inside[self.lines.site]),
        )

    def _with(self, **changes: object) -> Scope:
        return Scope(**({name: getattr(self, name) for name in self.__dataclass_fields__} | changes))


def scope_of(book: Book, months: range, rooms: Rooms, *, as_of: int = NOW) -> Scope:
    """The report's own site over some months of the window, with communities as they stood in month `as_of`."""
    facts, counts = book.facts, book.counted.events
    ground = book.grounds[as_of]
    place = ground.places[facts.site_id]
    inside = facts.inside(place)
    chosen = np.isin(np.arange(WINDOW), months)
    event = counts & chosen[facts.events.month]
    mine = event & inside[facts.events.site]
    homes = facts.homes(as_of)
    lived = picked(facts.rows, event[facts.rows.event] & inside[homes[facts.rows.community]])
    return Scope(
        book=book,
        ground=ground,
        place=place,
        places=ground.beneath(place),
        months=months,
        events=picked(facts.events, mine),
        answers={name: column[mine] for name, column in book.counted.answers.items()},
        rows=picked(facts.rows, mine[facts.rows.event]),
        helpers=picked(facts.helpers, mine[facts.helpers.event]),
        heads=picked(facts.heads, mine[facts.heads.event]),
        lines=picked(facts.lines, book.counted.lines & chosen[facts.lines.month] & inside[facts.lines.site]),
        lived=lived._replace(community=homes[lived.community]),
        rooms=rooms,
    )


def bridge(scope: Scope, site: np.ndarray, person: np.ndarray) -> Bridge:
    """各站合计 − 跨站重复 + 本级自办新增 = 合计: people, each with where they were counted."""
    children = [one for one in scope.places if one.parent_id == scope.place.id]
    child = np.full(scope.size, -1, dtype=np.int64)
    for number, one in enumerate(children):
        child[scope.book.inside[one.id]] = number
    beneath = child[site] >= 0
    added = int(distinct_by(child[site[beneath]], person[beneath], len(children)).sum())
    together, total = distinct(person[beneath]), distinct(person)
    return Bridge(added, added - together, total - together, total)
