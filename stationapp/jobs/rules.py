"""When a duty is due, and how late it is (trust.md Y2)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from stationapp.signups.hold_rules import HOLDS_SWEPT_EVERY

LEASE_LASTS = timedelta(seconds=30)
TICK = timedelta(seconds=5)

NIGHT = timedelta(hours=6)
"""So long without any jobs process somebody must hear of it: what is due waits, and people are not told."""

REMINDERS = ((1, timedelta(hours=24)), (2, timedelta(days=3)), (3, timedelta(days=7)))
"""Steps of the close-out reminder and how long after an event's end each falls due (domain.md §5)."""


@dataclass(frozen=True)
class Pace:
    """A duty's name and how often it looks for due work."""

    name: str
    every: timedelta


PACES = (
    Pace("holds", HOLDS_SWEPT_EVERY),
    Pace("phone_seats", HOLDS_SWEPT_EVERY),
    Pace("offers", timedelta(seconds=10)),
    Pace("draws", timedelta(seconds=10)),
    Pace("spread", TICK),
    Pace("call_tidying", timedelta(minutes=1)),
    Pace("close_out_reminders", timedelta(minutes=1)),
    Pace("room_release", timedelta(minutes=1)),
    Pace("month_preparation", timedelta(minutes=10)),
    Pace("month_asking", timedelta(minutes=10)),
    Pace("month_closing", timedelta(minutes=1)),
    Pace("report_files", timedelta(minutes=1)),
    Pace("spot_draws", timedelta(minutes=10)),
    Pace("sweep", timedelta(seconds=30)),
    Pace("tidy", timedelta(hours=1)),
)


def is_due(pace: Pace, last: datetime | None, now: datetime) -> bool:
    """Whether a duty that last began at `last` should look again; a clock set back makes it due at once."""
    return last is None or now - last >= pace.every or last > now


def lag(pace: Pace, last: datetime | None, now: datetime) -> timedelta:
    """How long ago the duty should have looked; zero when it is on time."""
    return max(timedelta(), now - last - pace.every) if last else timedelta()
