"""What asks for a second look, and the monthly spot check (domain.md §7). Never a punishment by itself."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.volunteers.rules import DAILY_CAP, UNIT


class Flag(Enum):
    """What asks for somebody's look; each is found from the facts, none is stored."""

    TWO_PLACES = "two_places"  # one person at two events at the same time
    ONE_DEVICE = "one_device"  # one browser signed four people or more in
    MOSTLY_MANUAL = "mostly_manual"  # most of an event's hours were entered by hand
    ALL_AT_CAP = "all_at_cap"  # everybody exactly at the day's cap
    LONG_DAY = "long_day"  # more than twelve hours there in a day
    MADE_LATE = "made_late"  # the event was written after it had begun
    APPROVER_GAINS = "approver_gains"  # who approved hours has hours of the same event
    SPLIT_SHIFTS = "split_shifts"  # one person's manual lines of a day add up to what one may not be
    CLOCK_FORWARD = "clock_forward"  # a device said it was later than it was
    ONE_HAND = "one_hand"  # one member of staff wrote down both ends of several services, and afterwards
    LATE_SCANS = "late_scans"  # scans of an event arrived days after it


class Outcome(Enum):
    """What the call of a spot check found."""

    CONFIRMED = "confirmed"
    DENIED = "denied"  # the person says it was not so
    NOT_REACHED = "not_reached"


class ScrutinyRefusal(Enum):
    """Why something about flags and spot checks is refused."""

    REASON_MISSING = "reason_missing"
    NO_FLAG = "no_flag"  # what was to be dismissed is not there any more
    OWN_LINES = "own_lines"  # who proposed, approved, ticked or gains does not check
    DECIDED = "decided"
    TOO_EARLY = "too_early"  # the month is not over


# --- thresholds, each with its reason -----------------------------------------------------------------------------

MANY_ON_ONE_DEVICE = 4
"""Couples, grandchildren and a neighbour share a phone; the fourth person asks for a look (domain.md §7)."""

LINES_FOR_A_SHARE = 4
"""Below four lines a half says nothing: one forgotten sign-out of two would be "most of it"."""

PEOPLE_AT_CAP = 3
"""Two helpers of one long day are chance; three with the same full day are worth a look."""

LONGEST_DAY = timedelta(hours=12)
"""More than twelve hours there is nearly always a sign-out forgotten (domain.md §7)."""

STAYS_AT_LEAST = timedelta(minutes=30)
"""Of somebody who did not sign out we know only that they came: so long they are taken to have been there."""

LATE = timedelta(days=3)
"""The second reminder to close out comes after three days: paper and devices have been brought in by then."""

AFTERWARDS = timedelta(hours=2)
"""An end taken down later than this was not seen when it was written; a list is finished the same afternoon."""

PEOPLE_OF_ONE_HAND = 2
"""One volunteer helped out of a dead phone is daily life; two at one event, by one hand, are worth a look."""

NEARLY_FULL = DAILY_CAP - UNIT
"""Manual lines that together come within one unit of the day's cap would have stood out as one line."""

NEARLY_FULL_DAYS = 3
"""So many days within a month just under the cap, by hand, of one person."""


# --- what a flag says ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Span:
    """The days looked at, both included."""

    first: date
    last: date

    @property
    def begins_at(self) -> datetime:
        """Its first instant, UTC."""
        return clock.instant(self.first)

    @property
    def ends_at(self) -> datetime:
        """The first instant after it, UTC."""
        return clock.instant(self.last + timedelta(days=1))


def usual_span(today: date) -> Span:
    """The month and the one before."""
    return Span(Month.of(today).plus(-1).first_day, today)


def month_span(month: Month) -> Span:
    """One month."""
    return Span(month.first_day, month.last_day)


@dataclass(frozen=True)
class Rest:
    """A row a flag rests on, as a page may show it: `name` is masked, codes lead to the pages behind."""

    event: str = ""
    title: str = ""
    site: str = ""
    volunteer: str = ""
    resident_id: int | None = None
    name: str = ""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    minutes: int | None = None
    manual: bool = False
    staff: str = ""


@dataclass(frozen=True)
class Raised:
    """A flag as it was found: what, where, when, the figures of its sentence, and the rows it rests on.

    `keys` are the facts themselves (ids and values): a dismissal holds only as long as they are the same.
    `concerned` are members of staff who have a part in it and cannot dismiss it. It is not whole to an asker who
    does not reach all it is about: what they say to it holds for `site_id` alone.
    """

    flag: Flag
    subject: str
    site_id: int
    day: date
    facts: dict[str, object]
    rests: tuple[Rest, ...]
    keys: tuple = ()
    concerned: frozenset[int] = field(default=frozenset())
    is_whole: bool = True

    @property
    def facts_hash(self) -> str:
        """SHA-256 (hex) of the facts, in whatever order they were read."""
        text = json.dumps([self.flag.value, self.subject, sorted(map(str, self.keys))], ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()


# --- presence as intervals ----------------------------------------------------------------------------------------

Interval = tuple[datetime, datetime]


def presence(came_at: datetime, left_at: datetime | None, starts_at: datetime, ends_at: datetime) -> Interval:
    """When somebody was surely at an event: within its own time, so that coming early to the next is nothing."""
    begin = max(came_at, starts_at)
    end = left_at if left_at is not None else begin + STAYS_AT_LEAST
    return begin, min(end, ends_at)


def meet(one: Interval, other: Interval) -> bool:
    """Whether two intervals have any time in common."""
    return max(one[0], other[0]) < min(one[1], other[1])


def together(parts: Iterable[Interval]) -> timedelta:
    """How long the intervals are, time that is in several counted once."""
    total, reached = timedelta(), None
    for begin, end in sorted(parts):
        begin = begin if reached is None else max(begin, reached)
        total += max(end - begin, timedelta())
        reached = end if reached is None else max(reached, end)
    return total


# --- the spot check -----------------------------------------------------------------------------------------------

SHARE = 20
"""One of so many manual lines is drawn (5 %)."""

LEAST = 5
"""And so many at least, while there are as many."""


def to_draw(lines: int) -> int:
    """How many of a month's manual lines are drawn."""
    return min(lines, max(LEAST, -(-lines // SHARE)))
