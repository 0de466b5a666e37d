"""How long a freed place is kept for a household that waits (domain.md §6), and why an answer to it is refused."""

from datetime import datetime, timedelta
from enum import Enum

from stationapp import clock

DIRECT_WITHIN = timedelta(hours=24)
"""So near the start nobody is asked any more: whoever is next has the place."""

LEAST = timedelta(hours=2)
"""So long a household can at least be reached and answer; for less, nobody is asked."""

NIGHT_FROM, NIGHT_TO = 21, 9
"""Local hours between which no time to answer ends: nobody should lose a place while asleep."""

TOLD_FROM = 8
"""The local hour from which people are told of what happened at night."""


class OfferRefusal(Enum):
    """Why an answer to an offer, or a seat out of turn, is refused."""

    OVER = "over"  # not answered in time, or given up before; facts["until_at"] when there was an offer
    ACCEPTED = "accepted"  # the places are theirs already, and they decline now
    NOT_WAITING = "not_waiting"  # nobody of the party waits any more
    EVENT_OVER = "event_over"
    NO_ROOM = "no_room"  # no free places for the whole party; facts["free"], facts["size"]
    NOT_DRAWN = "not_drawn"  # places are drawn by lot, and the draw is still to come
    REASON_MISSING = "reason_missing"


def last_end(starts_at: datetime) -> datetime:
    """The latest end of any offer: 24 h before the start, by day, so that the next one hears of the place too."""
    return _by_day(starts_at - DIRECT_WITHIN, earlier=True)


def window(freed_at: datetime, starts_at: datetime, hours: int) -> datetime | None:
    """Until when a place freed at `freed_at` is kept for whoever it is offered to; None: it is given at once.

    `hours`, or half of the time left if that is less; longer where it would end in the night or give less than
    LEAST of the day to answer; over 24 h before the start whatever happens, so that the next one hears of it too.
    """
    last = last_end(starts_at)
    least = _told_from(freed_at) + LEAST
    if last < least:
        return None
    wished = freed_at + min(timedelta(hours=hours), (starts_at - freed_at) / 2)
    return min(_by_day(max(wished, least)), last)


def _told_from(at: datetime) -> datetime:
    """When somebody can be told of what happened at `at`."""
    here = clock.local(at)
    if TOLD_FROM <= here.hour < NIGHT_FROM:
        return at
    day = here.date() + timedelta(days=here.hour >= NIGHT_FROM)
    return clock.instant(day, TOLD_FROM)


def _by_day(at: datetime, *, earlier: bool = False) -> datetime:
    """The same instant, or, when it lies in the night, the morning after it or (`earlier`) the evening before."""
    here = clock.local(at)
    evening = clock.instant(here.date(), NIGHT_FROM)
    morning = clock.instant(here.date(), NIGHT_TO)
    if morning <= at <= evening:
        return at
    day = timedelta(days=1)
    if at < morning:
        return evening - day if earlier else morning
    return evening if earlier else morning + day
