"""Where an event stands at a moment, for residents and for those who work on it; derived, stored nowhere."""

from dataclasses import dataclass
from datetime import datetime
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
