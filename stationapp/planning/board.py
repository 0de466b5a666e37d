"""The plan board as values: what is planned, what is amiss with it, and how it is laid out. Pure, no database."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.events.rules import PLANNED, SUBMITTABLE, Category, State
from stationapp.rooms.hours import Week
from stationapp.rooms.rules import is_open
from stationapp.sites.rules import Group


class By(Enum):
    """What a row of the board stands for."""

    SITE = "site"
    ROOM = "room"
    CATEGORY = "category"
    DAY = "day"  # one day after the other, for a phone
    HOUR = "hour"  # the hour at which it begins, in a week


class Mark(Enum):
    """What somebody who plans should look at."""

    CLASH = "clash"  # something it wants is wanted or promised elsewhere at that time
    HOLIDAY = "holiday"  # on a public holiday
    CLOSED = "closed"  # outside the room's opening hours
    MISSING = "missing"  # cannot be submitted as it stands


@dataclass(frozen=True)
class Claim:
    """Somebody's wish for a room or a shared thing, half-open; `event_id` None: held for something else.

    `says` names it for those who may know: an event's title, a purpose, or the site alone.
    """

    room_id: int
    starts_at: datetime
    ends_at: datetime
    event_id: int | None
    says: str


@dataclass(frozen=True)
class Slot:
    """An event as the board shows it. `things` are the ids of its room and of what goes round and it asks for."""

    id: int
    code: str
    site_id: int
    site: str
    title: str
    state: State
    category: Category | None
    room_id: int | None
    room: str
    place: str
    starts_at: datetime
    ends_at: datetime
    capacity: int | None
    taken: int
    missing: tuple[str, ...] = ()
    things: frozenset[int] = frozenset()
    groups: frozenset[Group] = frozenset()
    partners: frozenset[int] = frozenset()  # ids of the sites that hold it too
    movable: bool = False
    marks: tuple[Mark, ...] = ()
    clashes: tuple[Claim, ...] = ()

    @property
    def day(self) -> date:
        """The local day it begins on."""
        return clock.day_of(self.starts_at)


# --- what is amiss ----------------------------------------------------------------------------------------------


def clashing(claims: Iterable[Claim]) -> dict[int, tuple[Claim, ...]]:
    """By event id, what overlaps with its claims in the same room; each pair is told to both sides.

    One sweep a room in the order of starts: only what has not ended is compared.
    """
    rooms: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        rooms[claim.room_id].append(claim)
    found: dict[int, list[Claim]] = defaultdict(list)
    for wanted in rooms.values():
        live: list[Claim] = []
        for claim in sorted(wanted, key=lambda one: (one.starts_at, one.ends_at)):
            live = [one for one in live if one.ends_at > claim.starts_at]
            for other in live:
                if other.event_id is not None:
                    found[other.event_id].append(claim)
                if claim.event_id is not None:
                    found[claim.event_id].append(other)
            live.append(claim)
    return {event_id: tuple(others) for event_id, others in found.items()}


def marked(
    slots: Iterable[Slot],
    claims: Iterable[Claim],
    holidays: Collection[date],
    hours: Mapping[int, Week],
) -> list[Slot]:
    """The slots with their marks; `hours` by room id, a room that says nothing is always open.

    What was called off, put off or is over with needs no looking at.
    """
    clashes = clashing(claims)
    return [
        replace(
            slot, marks=_marks(slot, slot.id in clashes, holidays, hours), clashes=clashes.get(slot.id, ())
        )
        for slot in slots
    ]


def _marks(
    slot: Slot, clashes: bool, holidays: Collection[date], hours: Mapping[int, Week]
) -> tuple[Mark, ...]:
    if slot.state not in PLANNED or slot.state is State.CLOSED_OUT:
        return ()
    closed = any(not is_open(hours.get(thing, {}), slot.starts_at, slot.ends_at) for thing in slot.things)
    holds = {
        Mark.CLASH: clashes,
        Mark.HOLIDAY: slot.day in holidays,
        Mark.CLOSED: closed,
        Mark.MISSING: bool(slot.missing) and slot.state in SUBMITTABLE,
    }
    return tuple(mark for mark, stands in holds.items() if stands)


# --- what is lacking --------------------------------------------------------------------------------------------


Aims = Mapping[int, set[Group]]
"""By site id, whom what it plans is made for."""


def aims_of(planned: Iterable[tuple[Collection[Group], Collection[int]]]) -> Aims:
    """From events as (groups, ids of the sites that hold it)."""
    aims: dict[int, set[Group]] = defaultdict(set)
    for groups, site_ids in planned:
        for site_id in site_ids:
            aims[site_id] |= set(groups)
    return aims


@dataclass(frozen=True)
class Community:
    """A station as the place its residents live, with the people known in each group."""

    site_id: int
    code: str
    name: str
    above: frozenset[int]  # ids of itself and of the sites above it: whose events are for its people
    people: Mapping[Group, int]

    def has(self, aims: Aims, group: Group) -> bool:
        """Whether it, its office or the center plans something for the group, alone or with others."""
        return any(group in aims.get(site_id, ()) for site_id in self.above)

    def lacks(self, aims: Aims, groups: Iterable[Group]) -> tuple[Group, ...]:
        """The groups nobody plans anything for.

        As in the report (domain.md §9 I-11): a group in which nobody lives is no gap, one nobody counted is.
        """
        return tuple(one for one in groups if self.people.get(one) != 0 and not self.has(aims, one))


@dataclass(frozen=True)
class Lack:
    """What a community lacks in the plan; `groups` empty: nothing."""

    community: Community
    groups: tuple[Group, ...]
    whole: bool = False  # not even anything for everybody


def gaps(communities: Iterable[Community], slots: Iterable[Slot], groups: Collection[Group]) -> list[Lack]:
    """Communities with groups for which nothing is planned (`Community.lacks`)."""
    aims = aims_of((slot.groups, {slot.site_id} | slot.partners) for slot in slots if slot.state in PLANNED)
    lacks = ((one, one.lacks(aims, groups), not one.has(aims, Group.ALL)) for one in communities)
    return [Lack(*lack) for lack in lacks if lack[1]]


def uncounted(communities: Iterable[Community]) -> list[Lack]:
    """Communities with groups whose people nobody counted: their coverage will read “—” (domain.md §9)."""
    found = (Lack(one, tuple(group for group in Group if group not in one.people)) for one in communities)
    return [lack for lack in found if lack.groups]


def idle_days(month: Month, slots: Iterable[Slot]) -> list[date]:
    """The days of the month on which nothing is planned."""
    busy = {slot.day for slot in slots if slot.state in PLANNED}
    return [day for day in days(month.first_day, month.last_day) if day not in busy]


# --- days -------------------------------------------------------------------------------------------------------


def days(first: date, last: date) -> list[date]:
    """Every day of [first, last]."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def monday(day: date) -> date:
    """The Monday of its week."""
    return day - timedelta(days=day.weekday())


def weeks(month: Month) -> list[list[date]]:
    """Whole weeks, Monday first, that cover the month."""
    first = monday(month.first_day)
    last = monday(month.last_day) + timedelta(days=6)
    every = days(first, last)
    return [every[start : start + 7] for start in range(0, len(every), 7)]


def nth(day: date) -> int:
    """Which of its month's Tuesdays a Tuesday is, from 1."""
    return (day.day - 1) // 7 + 1


def same_weekday(day: date, month: Month) -> date | None:
    """The second Tuesday for a second Tuesday; None when the month has no fifth."""
    first = month.first_day
    found = first + timedelta(days=(day.weekday() - first.weekday()) % 7 + 7 * (nth(day) - 1))
    return found if Month.of(found) == month else None


# --- layout -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One row of the grid: a cell of slots for each day. `site_id` names whose room or site it is, if anybody's."""

    key: str
    label: str
    site: str
    cells: tuple[tuple[Slot, ...], ...]

    @property
    def count(self) -> int:
        """How many slots stand in it."""
        return sum(map(len, self.cells))


Head = tuple[str, str, str]
"""A row before anything stands in it: key, label, and whose it is ("" when that says nothing)."""


def lay(
    slots: Iterable[Slot], shown: list[date], heads: Iterable[Head], key: Callable[[Slot], Collection[str]]
) -> list[Row]:
    """Rows × days: each slot in the rows that `key` names, in the column of its day, by time.

    What began before the first day stands in the first column.
    """
    column = {day: number for number, day in enumerate(shown)}
    filled: dict[str, list[list[Slot]]] = {head[0]: [[] for _ in shown] for head in heads}
    for slot in sorted(slots, key=lambda one: (one.starts_at, one.id)):
        number = column.get(max(slot.day, shown[0]))
        for name in key(slot) if number is not None else ():
            if name in filled:
                filled[name][number].append(slot)
    return [
        Row(name, label, whose, tuple(tuple(cell) for cell in filled[name])) for name, label, whose in heads
    ]
