"""Facts as columns of numbers: what a reading of the database found, for a site and everything beneath it.

Sites stand in columns as positions in code order (`Facts.at`), the last one for "none"; months as numbers from the
oldest of the window, enums as their place among their cases. Who is imported here brings numpy along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from typing import NamedTuple, TypeVar

import numpy as np

from stationapp.calendar.rules import Month
from stationapp.opinions.queries import Scores
from stationapp.reports.halls import RoomUse
from stationapp.reports.places import Ground, Place
from stationapp.reports.registers import Volunteers
from stationapp.reports.rules import canonical
from stationapp.reports.unfiled import Unfiled

WINDOW = 13
"""Months that are read: the twelve of a report and the one before, for the trend and the center's minimum (I-03)."""

NOW = WINDOW - 1
"""The report's own month among them."""


class Events(NamedTuple):
    """Closed-out events, in the order in which they began; places asked for, themes and rooms of this year alone."""

    id: np.ndarray
    site: np.ndarray
    month: np.ndarray
    category: np.ndarray
    task: np.ndarray
    cadence: np.ndarray
    activity: np.ndarray  # its series, or itself below zero
    named: np.ndarray  # resident rows
    anonymous: np.ndarray  # headcount
    capacity: np.ndarray  # 0: none
    confirmed: np.ndarray
    came: np.ndarray  # of these
    waiting: np.ndarray
    old: np.ndarray
    young: np.ndarray
    room_minutes: np.ndarray


class Rows(NamedTuple):
    """Attendances that stand, residents' or volunteers'; `event` is its place in `Events`."""

    event: np.ndarray
    person: np.ndarray  # as whom they count, here and below
    channel: np.ndarray
    lives: np.ndarray
    band: np.ndarray
    community: np.ndarray  # as written on the row
    site: np.ndarray
    month: np.ndarray
    category: np.ndarray


class Heads(NamedTuple):
    """People counted without a name."""

    event: np.ndarray
    band: np.ndarray
    people: np.ndarray
    site: np.ndarray
    month: np.ndarray


class Lines(NamedTuple):
    """Lines of the hours ledger, by date of service."""

    id: np.ndarray
    person: np.ndarray
    site: np.ndarray
    month: np.ndarray
    minutes: np.ndarray
    manual: np.ndarray


class CalledOff(NamedTuple):
    """Events that were to begin in the window and will not be; `at` is when that was said."""

    site: np.ndarray
    month: np.ndarray
    at: np.ndarray


Columns = TypeVar("Columns", Events, Rows, Heads, Lines)


def picked(columns: Columns, which: np.ndarray) -> Columns:
    """The same columns, of some rows alone; all of them are not copied."""
    return columns if which.all() else columns._make(column[which] for column in columns)


@dataclass(frozen=True)
class Facts:
    """Everything the month of a site, and of each site beneath it, rests on; read once."""

    month: Month
    site_id: int
    today: date
    closed_at: datetime | None
    months: tuple[Month, ...]  # the window, oldest first
    begun: Month  # the first month anything is known of in the district
    grounds: tuple[Ground, ...]  # of each month
    at: dict[int, int]  # a site's position
    events: Events
    closed_out: list[datetime]  # when each of the events was
    rows: Rows  # residents'
    helpers: Rows  # volunteers'
    heads: Heads
    lines: Lines
    cancelled: CalledOff
    volunteers: dict[int, Volunteers]  # by community in force
    unfiled: list[Unfiled]
    ledger: int  # the last line there was
    answers: int  # the last answer there was
    rooms_of: Callable[[tuple[Month, ...]], dict[Month, dict[int, RoomUse]]]  # asked where it is needed, once
    answers_of: Callable[[Month, Month, int], dict[int, Scores]]  # of [first, last] up to an answer; once

    @property
    def ground(self) -> Ground:
        """The district in the report's own month."""
        return self.grounds[NOW]

    @property
    def site(self) -> Place:
        """The report's site."""
        return self.ground.places[self.site_id]

    @property
    def places(self) -> list[Place]:
        """The site and those beneath it, in code order."""
        return self.ground.beneath(self.site)

    @property
    def tree(self) -> str:
        """Which sites stood where in each month, and for whom, as one word: whether that is still so (trust.md R2)."""
        stood = [ground.standing(ground.places[self.site_id]) for ground in self.grounds]
        return sha256(canonical(stood).encode()).hexdigest()

    @property
    def year(self) -> range:
        """The months from January to the report's, as numbers; those before anything is known of are none of it."""
        return range(max(NOW + 1 - self.month.month, self.unknown), WINDOW)

    @property
    def unknown(self) -> int:
        """How many months of the window lie before anything is known of."""
        return sum(month < self.begun for month in self.months)

    def inside(self, place: Place) -> np.ndarray:
        """By position: whether a site is the place or beneath it."""
        found = np.zeros(len(self.at) + 1, dtype=bool)
        found[[self.at[other.id] for other in self.ground.beneath(place)]] = True
        return found

    def homes(self, month: int = NOW) -> np.ndarray:
        """By position of a community: the one that stands for it in a month; past the last where none is in force.

        Whose population nobody counts any more is in no numerator either.
        """
        ground, none = self.grounds[month], len(self.at)
        stand = [self.at[ground.homes[id]] if id in ground.homes else none for id in ground.places]
        return np.array([*stand, none], dtype=np.int16)

    def of(self, site_id: int) -> Facts:
        """What the month of a site beneath rests on, without another query."""
        if site_id == self.site_id:
            return self
        inside = self.inside(self.ground.places[site_id])
        lives = np.logical_or.reduce([inside[self.homes(month)] for month in range(WINDOW)])
        return replace(
            self,
            site_id=site_id,
            rows=picked(self.rows, inside[self.rows.site] | lives[self.rows.community]),
            helpers=picked(self.helpers, inside[self.helpers.site]),
            heads=picked(self.heads, inside[self.heads.site]),
            lines=picked(self.lines, inside[self.lines.site]),
        )
