"""When people may be written to: never between nine in the evening and eight in the morning (trust.md M4)."""

from datetime import datetime, timedelta

from stationapp import clock
from stationapp.notices.rules import Occasion

QUIET_FROM, QUIET_UNTIL = 21, 8
"""Hours of the local day."""

AT_ANY_HOUR = frozenset({Occasion.HOME_CODE})
"""What somebody has just asked for and waits for."""


def allowed_from(occasion: Occasion, at: datetime) -> datetime:
    """The first moment from `at` on at which a message of this kind may go out; `at` itself by day."""
    wall = clock.local(at)
    if occasion in AT_ANY_HOUR or QUIET_UNTIL <= wall.hour < QUIET_FROM:
        return at
    day = wall.date() + timedelta(days=1 if wall.hour >= QUIET_FROM else 0)
    return clock.instant(day, QUIET_UNTIL)
