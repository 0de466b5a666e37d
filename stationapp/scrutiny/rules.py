"""What asks for a second look, and the monthly spot check (domain.md §7). Never a punishment by itself."""

from enum import Enum


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
    ONE_HAND = "one_hand"  # one member of staff wrote down both ends of everybody's service, and afterwards
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
    OWN_LINES = "own_lines"  # who proposed or approved does not check
    DECIDED = "decided"


SHARE = 20
"""One of so many manual lines is drawn (5 %)."""

LEAST = 5
"""And so many at least, while there are as many."""


def to_draw(lines: int) -> int:
    """How many of a month's manual lines are drawn."""
    return min(lines, max(LEAST, -(-lines // SHARE)))
