"""The district's sites and the people of its communities, as they stood on a month's last day. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import NamedTuple

from stationapp.calendar.rules import Month
from stationapp.sites.rules import Group, Level, ids_of


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


@dataclass(frozen=True)
class Ground:
    """What a month's figures are reckoned against."""

    places: dict[int, Place]  # in code order
    homes: dict[int, int]  # community a row was written for → the one in force that stands for it
    populations: dict[tuple[int, Group], int]  # by community: the value in force on the month's last day
    sources: dict[tuple[int, Group], tuple[str, str]]  # of each value: as of which day, from where

    @cached_property
    def _beneath(self) -> dict[int, list[Place]]:
        found: dict[int, list[Place]] = {id: [] for id in self.places}
        for place in self.places.values():
            for above in ids_of(place.path):
                found[above].append(place)
        return found

    def beneath(self, place: Place) -> list[Place]:
        """The place and all beneath it, in code order."""
        return self._beneath[place.id]

    @cached_property
    def _led_to(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {id: [] for id in self.places}
        for raw, home in self.homes.items():
            if raw != home:
                found[home].append(self.places[raw].code)
        return found

    def standing(self, place: Place) -> list[tuple]:
        """The sites in force among these: code, the one above, and for which communities that are no more it stands."""
        return [
            (one.code, "" if one is place else self.places[one.parent_id].code, sorted(self._led_to[one.id]))
            for one in self.beneath(place)
            if one.active
        ]

    def communities(self, place: Place) -> list[Place]:
        """The stations in force among them: each stands for a community."""
        return [other for other in self.beneath(place) if other.level is Level.STATION and other.active]

    def people(self, communities: Iterable[Place], group: Group = Group.ALL) -> int | None:
        """How many live in these communities; None as soon as one of them is not known, or without any."""
        values = [self.populations.get((one.id, group)) for one in communities]
        return sum(values) if values and None not in values else None


def ground_of(tree: list, counts: list, month: Month) -> Ground:
    """The whole district in a month, of rows of Site (in code order) and of Population (oldest first)."""
    first, last = month.first_day, month.last_day
    places = {row.id: _place(row, first, last) for row in tree}
    rows = {row.id: row for row in tree}
    led_to = {id: _home(row, rows, places) for id, row in rows.items()}
    homes = {id: home for id, home in led_to.items() if places[home].active}
    latest = {(row.site_id, row.group): row for row in counts if row.as_of <= last}
    return Ground(
        places,
        homes,
        {key: row.people for key, row in latest.items()},
        {key: (row.as_of.isoformat(), row.source) for key, row in latest.items()},
    )


def _place(row, first: date, last: date) -> Place:
    return Place(
        row.id,
        row.code,
        row.short_name,
        row.level,
        row.path,
        row.parent_id,
        active=_in_force(row, last, last),
        lived=_in_force(row, first, last),
    )


def _in_force(row, since, until) -> bool:
    return row.valid_from <= until and (row.valid_to is None or row.valid_to >= since)


def _home(row, tree: dict, places: dict[int, Place]) -> int:
    """Merged ones are led to their successor."""
    steps = 0
    while not places[row.id].active and row.successor_id and steps < 9:
        row, steps = tree[row.successor_id], steps + 1
    return row.id
