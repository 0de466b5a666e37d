"""Where an event stands at a moment, for residents and for those who work on it; derived, stored nowhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from stationapp.events.rules import State


class Stage(Enum):
    """Where a published event stands at a moment, derived from the facts."""

    NOT_OPEN = "not_open"  # sign-up has not begun
    OPEN = "open"
    FULL = "full"  # waitlist open
    SIGN_UP_OVER = "sign_up_over"
    UNDER_WAY = "under_way"
    ENDED = "ended"  # not closed out yet
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    CLOSED_OUT = "closed_out"
    HIDDEN = "hidden"  # not published


@dataclass(frozen=True)
class Window:
    """The times of an event that decide its stage; `opens_at` None: at once, `closes_at` None: until start."""

    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None


def stage(state: State, window: Window, capacity: int | None, taken: int, now: datetime) -> Stage:
    """The stage of an event at `now`."""
    if state in _FIXED:
        return _FIXED[state]
    if state is not State.PUBLISHED:
        return Stage.HIDDEN
    if now >= window.ends_at:
        return Stage.ENDED
    if now >= window.starts_at:
        return Stage.UNDER_WAY
    if window.opens_at and now < window.opens_at:
        return Stage.NOT_OPEN
    if window.closes_at and now >= window.closes_at:
        return Stage.SIGN_UP_OVER
    return Stage.FULL if capacity is not None and taken >= capacity else Stage.OPEN


def kept_back(seats: int, taken: int, until_at: datetime | None, now: datetime) -> int:
    """How many free seats only callers may take at `now`: of `seats` kept back, callers have `taken`."""
    return max(seats - taken, 0) if until_at is not None and now < until_at else 0


def kept_for_callers(event: object, now: datetime) -> int:
    """How many seats of an event (or a line of a list) are still kept back for those who call."""
    return kept_back(event.phone_seats, event.phone_taken, event.phone_until_at, now)


def left_for_callers(event: object, now: datetime) -> int:
    """How many seats only those who call can have at `now`: of those kept back no more than are free."""
    return min(kept_for_callers(event, now), max((event.capacity or 0) - event.taken, 0))


def free_on_the_web(event: object, now: datetime) -> int | None:
    """How many seats residents can take by themselves at `now`; None without a number of places."""
    if event.capacity is None:
        return None
    return max(event.capacity - event.taken - kept_for_callers(event, now), 0)


DRAWN_WITHIN = timedelta(minutes=10)
"""So long after its time a draw that gave nobody a seat is taken to be still ahead."""


def draws_later(event: object, now: datetime) -> bool:
    """Whether lots are still to be drawn: who signs up until then waits for it, whatever is free.

    From its time on until somebody has drawn, people wait and nobody has a seat.
    """
    if event.draw_at is None or now >= event.draw_at + DRAWN_WITHIN:
        return False
    return now < event.draw_at or (event.taken == 0 and event.waiting > 0)


def stage_of(event: object, now: datetime) -> Stage:
    """Where an event (or a line of a list) stands at `now` for residents, who cannot take seats kept for callers."""
    taken = 0 if draws_later(event, now) else event.taken + kept_for_callers(event, now)
    return stage(event.state, window(event), event.capacity, taken, now)


def window(event: object) -> Window:
    """The times of an event or of `EventFields`."""
    return Window(event.starts_at, event.ends_at, event.opens_at, event.closes_at)


_FIXED = {
    State.POSTPONED: Stage.POSTPONED,
    State.CANCELLED: Stage.CANCELLED,
    State.CLOSED_OUT: Stage.CLOSED_OUT,
}


class Standing(Enum):
    """Where an event stands for those who work on it; "published" is told apart by its end."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    COMING = "coming"  # published and not over
    NOT_CLOSED_OUT = "not_closed_out"  # published and over
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    CLOSED_OUT = "closed_out"
    DISCARDED = "discarded"
