"""What becomes of a message after it was handed over, and how much may go out (trust.md M2, §4.8): pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from stationapp.messages.rules import AttemptEnd, Delivery

CLAIM_LASTS = timedelta(minutes=2)
"""A process that has had a message for longer than this is taken to be gone."""

STALE = timedelta(seconds=60)
"""A process that wakes up longer than this after marking a message as sent does not hand it over any more."""

GROUP = 32
"""Messages marked in one transaction before they are handed over: what one crash may leave in doubt."""

BATCH = 256
"""Messages taken up at once, and put into words at once."""

FRESH = timedelta(seconds=3)
"""How old words may be when they go out: they must be true then."""

HANDS = 8
"""Messages handed over at the same time."""

MOST_TRIES = 5
_WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=5), timedelta(minutes=15))

CODES_AN_HOUR, ALL_A_DAY = 5, 8
"""What one number gets at most: codes in an hour, messages of any kind in a day."""

FAILING, FAILING_FOR = 10, timedelta(minutes=3)
"""A way is stopped after so many attempts in a row that nobody took, over so long a time."""


class SendingRefusal(Enum):
    """Why something about sending cannot be done as asked."""

    TEXT_MISSING = "text_missing"
    TEXT_TOO_LONG = "text_too_long"  # most
    PLACE_UNKNOWN = "place_unknown"  # places
    PLACE_MISSING = "place_missing"  # places
    BRACKETS = "brackets"
    CODE_UNREADABLE = "code_unreadable"  # the number at the gateway
    REASON_MISSING = "reason_missing"
    NOT_IN_DOUBT = "not_in_doubt"  # somebody, or the gateway, has decided already
    STOPPED_ALREADY = "stopped_already"
    LIFTED_ALREADY = "lifted_already"


@dataclass(frozen=True)
class Limits:
    """How many text messages the whole system may send."""

    a_minute: int = 600
    a_day: int = 5000
    codes_a_minute: int = 60


def state_after(end: AttemptEnd, tries: int) -> Delivery:
    """Where a message stands after its `tries`-th handing over."""
    if end is AttemptEnd.BUSY:
        return Delivery.PENDING if tries < MOST_TRIES else Delivery.FAILED
    return {
        AttemptEnd.ACCEPTED: Delivery.ACCEPTED,
        AttemptEnd.REFUSED: Delivery.FAILED,
        AttemptEnd.UNKNOWN: Delivery.IN_DOUBT,
    }[end]


def again_at(tries: int, now: datetime) -> datetime:
    """When a message that was not taken is tried again."""
    return now + _WAITS[min(tries, len(_WAITS)) - 1]
