"""What can be booked, and for how long (domain.md §5)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum

from stationapp import clock
from stationapp.rooms.hours import Week

Span = tuple[datetime, datetime]
"""Half-open, aware instants."""


class RoomKind(Enum):
    """What kind of thing is booked."""

    ROOM = "room"  # a room of a site: only its own events use it
    SHARED = "shared"  # goes round: a lecturers' group, a bus; any site beneath its owner may ask for it


class RoomRefusal(Enum):
    """Why something cannot be booked."""

    TAKEN = "taken"  # facts["clashes"]: what is in the way, as `queries.Clash` rows
    ENDS_BEFORE_START = "ends_before_start"
    PURPOSE_MISSING = "purpose_missing"
    IN_PAST = "in_past"
    TOO_LONG = "too_long"  # a hold of more than LONGEST_HOLD
    NAME_MISSING = "name_missing"
    NAME_TAKEN = "name_taken"  # another room of that site is called so
    STATION_LENDS_NOT = "station_lends_not"  # what goes round belongs to an office or the center


RELEASE_AFTER = 30
"""Minutes after the start at which a room nobody came to is given back, unless the room says otherwise."""

LONGEST_HOLD = timedelta(days=31)
"""A hold is for days or weeks, not for good; what is closed for longer changes its opening hours."""


@dataclass(frozen=True)
class RoomFacts:
    """What may be written about a room: `capacity` None not limited, `release_after` in minutes, None never."""

    name: str
    capacity: int | None = None
    floor: str = ""
    step_free: bool | None = None
    hours: str = ""
    release_after: int | None = RELEASE_AFTER


def suits(wished: object, other: object, people: int | None) -> bool:
    """Whether another room will do instead of the wished: big enough for `people`, as easily reached."""
    if people and other.capacity is not None and other.capacity < people:
        return False
    return bool(other.step_free) if wished.step_free else True


def is_unused(release_after: int | None, starts_at: datetime, now: datetime) -> bool:
    """Whether a room nobody has come to should be given back at `now` (domain.md §5)."""
    return release_after is not None and now >= starts_at + timedelta(minutes=release_after)


_LAST_MINUTE = time(23, 59)  # how hours say "until midnight"


def open_spans(week: Week, on: date) -> list[Span]:
    """When a room is open on a local day; the whole day when its hours are not said (an empty week)."""
    if not week:
        return [(clock.instant(on), clock.instant(on + timedelta(days=1)))]
    return [(_at(on, start), _at(on, end)) for start, end in week.get(on.weekday(), ())]


def is_open(week: Week, starts_at: datetime, ends_at: datetime) -> bool:
    """Whether [starts_at, ends_at) lies within the hours, Shanghai time; hours not said are always open."""
    reached = starts_at
    while week and reached < ends_at:
        spans = open_spans(week, clock.day_of(reached))
        reached, before = next((end for start, end in spans if start <= reached < end), reached), reached
        if reached == before:
            return False
    return True


def _at(on: date, moment: time) -> datetime:
    if moment == _LAST_MINUTE:
        return clock.instant(on + timedelta(days=1))
    return clock.instant(on, moment.hour, moment.minute)
