"""A room's days as a table shows them: when it is open, what has it, when it can be had."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from stationapp import clock
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import Span, open_spans
from stationapp.rooms.times import common, free


@dataclass(frozen=True)
class Title:
    """What a desk may read of what has a room; `code` is that of an event it may open, else empty."""

    says: str
    code: str = ""
    where: str = ""  # the site that holds it, when it may be known


@dataclass(frozen=True)
class Taken:
    """A booking on a day, cut to that day, and what a desk may read of it."""

    starts_at: datetime
    ends_at: datetime
    title: Title
    hold: int | None  # its id, when it is a hold that is not over
    released: bool


@dataclass(frozen=True)
class Day:
    """One local day of a room; `hours` None: not said."""

    on: date
    hours: list[Span] | None
    taken: list[Taken]
    free: list[Span]


def days_of_room(
    room: Room, days: Iterable[date], bookings: Sequence[Booking], titles: Mapping[int, Title], now: datetime
) -> list[Day]:
    """Those days, with the room's `bookings` that touch them; free is what is open, not taken and not over."""
    return [_day(room, on, bookings, titles, now) for on in days]


def _day(
    room: Room, on: date, bookings: Sequence[Booking], titles: Mapping[int, Title], now: datetime
) -> Day:
    whole = (clock.instant(on), clock.instant(on + timedelta(days=1)))
    week = week_of(room.hours)
    cuts = [(one, cut) for one in bookings if (cut := common((one.starts_at, one.ends_at), whole))]
    gone = (whole[0], min(max(now, whole[0]), whole[1]))
    busy = [cut for _, cut in cuts] + [gone]
    return Day(
        on,
        open_spans(week, on) if week else None,
        [_taken(one, cut, titles, now) for one, cut in cuts],
        [span for hours in open_spans(week, on) for span in free(busy, hours)],
    )


def _taken(one: Booking, cut: Span, titles: Mapping[int, Title], now: datetime) -> Taken:
    title = titles[one.event_id] if one.event_id else Title(one.purpose)
    hold = one.id if one.event_id is None and one.ends_at > now else None
    return Taken(*cut, title, hold, one.released_at is not None)
