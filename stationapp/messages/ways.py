"""By which ways a household hears of something (domain.md §6): pure, over what is known of it."""

from collections.abc import Collection
from dataclasses import dataclass

from stationapp.messages.rules import CALLED_ABOUT, Way
from stationapp.notices.rules import Occasion
from stationapp.phones import is_mobile


@dataclass(frozen=True, slots=True)
class Reach:
    """How a household can be reached. `phone` in its one form, None without one."""

    phone: str | None
    email: bool
    no_texts: bool  # wants neither text messages nor mail
    asks_for_calls: bool = True  # may be called for a reminder: signed up by phone or at the desk


def ways(occasion: Occasion, reach: Reach, on: Collection[Way]) -> tuple[Way, ...]:
    """The ways, PAGE first. `on`: which of SMS and EMAIL this place has switched on.

    Who can be written to is not called. A reminder goes out by one way only: one a household and day.
    """
    written = [
        way
        for way, reachable in ((Way.SMS, is_mobile(reach.phone)), (Way.EMAIL, reach.email))
        if way in on and reachable and not reach.no_texts
    ]
    if occasion is Occasion.REMINDER:
        written = written[:1]
    if written:
        return Way.PAGE, *written
    called = occasion in CALLED_ABOUT and (occasion is not Occasion.REMINDER or reach.asks_for_calls)
    return (Way.PAGE, Way.CALL) if called else (Way.PAGE,)
