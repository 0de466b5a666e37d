"""What a reviewer should look at before letting an event go before the public (domain.md §5, §12)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum


class Problem(Enum):
    """A reason to look twice; none of them forbids anything."""

    MISSING = "missing"  # a required field is empty
    NOT_BOOKED = "not_booked"  # its room, or what goes round, is not booked for it
    CLOSED = "closed"  # outside the opening hours of the room or the site
    HOLIDAY = "holiday"
    WORKED_INSTEAD = "worked_instead"  # a weekend day on which people work and children are at school
    TWIN = "twin"  # the same title on the same day under the same office
    SOON = "soon"  # less than a day left for anybody to hear of it
    OVER = "over"  # it has begun or is over
    SIGN_UP_TOO_LATE = "sign_up_too_late"  # sign-up opens only when it has begun
    SIGN_UP_OVER = "sign_up_over"  # sign-up closes before anybody could
    SIGN_UP_AFTER_END = "sign_up_after_end"
    TOO_MANY_FOR_ROOM = "too_many_for_room"
    ROOM_TOO_LARGE = "room_too_large"
    UNINSURED = "uninsured"  # an elevated risk without a policy number
    OWN = "own"  # the reviewer submitted it themself


class ReviewRefusal(Enum):
    """Why a decision is not taken."""

    CHANGED = "changed"  # it is not what was looked at any more


@dataclass(frozen=True)
class Seen:
    """What is known of a submitted event. Times are aware instants, `capacity` None: no limit.

    `room_capacity` None: no room, or one without a limit; `open` whether the place is open all the time; `holiday`
    and `worked_instead` what the day is; `twins` short names of sites with the same title that day.
    """

    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    capacity: int | None = None
    room_capacity: int | None = None
    missing: tuple[str, ...] = ()
    booked: bool = True
    open: bool = True
    holiday: bool = False
    worked_instead: bool = False
    twins: tuple[str, ...] = ()
    uninsured: bool = False
    own: bool = False


NOTICE = timedelta(days=1)
"""How long before its start people should be able to hear of it."""

LARGE, SHARE = 40, 4
"""A room for `LARGE` or more is too large when the event fills less than one `SHARE`th of it."""


def problems(seen: Seen, now: datetime) -> tuple[Problem, ...]:
    """What to look at in it at `now`, most serious first; none: it is clean."""
    return (*_of_time(seen, now), *_of_place(seen), *_of_sign_up(seen, now), *_of_the_rest(seen))


def _of_time(seen: Seen, now: datetime) -> Iterator[Problem]:
    if seen.missing:
        yield Problem.MISSING
    if seen.starts_at <= now:
        yield Problem.OVER
    elif seen.starts_at - now < NOTICE:
        yield Problem.SOON
    if seen.holiday:
        yield Problem.HOLIDAY
    if seen.worked_instead:
        yield Problem.WORKED_INSTEAD


def _of_place(seen: Seen) -> Iterator[Problem]:
    if not seen.booked:
        yield Problem.NOT_BOOKED
    if not seen.open:
        yield Problem.CLOSED
    seats = seen.room_capacity
    if seats is not None and (seen.capacity is None or seen.capacity > seats):
        yield Problem.TOO_MANY_FOR_ROOM
    if seats is not None and seats >= LARGE and seen.capacity is not None and seen.capacity * SHARE < seats:
        yield Problem.ROOM_TOO_LARGE


def _of_sign_up(seen: Seen, now: datetime) -> Iterator[Problem]:
    if seen.opens_at and seen.opens_at >= seen.starts_at:
        yield Problem.SIGN_UP_TOO_LATE
    if seen.closes_at and seen.closes_at <= now:
        yield Problem.SIGN_UP_OVER
    if seen.closes_at and seen.closes_at > seen.ends_at:
        yield Problem.SIGN_UP_AFTER_END


def _of_the_rest(seen: Seen) -> Iterator[Problem]:
    if seen.twins:
        yield Problem.TWIN
    if seen.uninsured:
        yield Problem.UNINSURED
    if seen.own:
        yield Problem.OWN
