"""When a room is free: arithmetic over half-open spans of time. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta

from stationapp import clock
from stationapp.rooms.hours import Week
from stationapp.rooms.rules import Span, open_spans

DAYS_AHEAD = 14
"""How many days after the wished one are looked at for another time."""

_STEP = timedelta(minutes=30)
_DAY = timedelta(days=1)


def days_of(first_at: datetime, last_at: datetime) -> Iterator[date]:
    """The local days that [first_at, last_at) touches."""
    on = clock.day_of(first_at)
    while clock.instant(on) < last_at:
        yield on
        on += _DAY


def opening(week: Week, within: Span) -> list[Span]:
    """When a room is open within a span; the whole of it when its hours are not said."""
    spans = (span for on in days_of(*within) for span in open_spans(week, on))
    return _joined(cut for span in spans if (cut := common(span, within)))


def free(taken: Iterable[Span], within: Span) -> list[Span]:
    """What is left of a span; `taken` in any order, overlapping or not."""
    left, reached = [], within[0]
    for start, end in sorted(taken):
        if start > reached:
            left.append((reached, min(start, within[1])))
        reached = max(reached, end)
        if reached >= within[1]:
            return [span for span in left if span[0] < span[1]]
    return [*left, (reached, within[1])]


def common(one: Span, other: Span) -> Span | None:
    """What two spans share."""
    start, end = max(one[0], other[0]), min(one[1], other[1])
    return (start, end) if start < end else None


def minutes(spans: Iterable[Span]) -> int:
    """How long they are together, when they do not overlap."""
    return sum((end - start for start, end in spans), timedelta()) // timedelta(minutes=1)


def minutes_used(week: Week, busy: Iterable[Span], within: Span) -> int:
    """The booked minutes that lie in the opening hours within a span (domain.md §9, I-26)."""
    cuts = (cut for span in busy if (cut := common(span, within)))
    return minutes(used for cut in cuts for open_ in opening(week, cut) if (used := common(cut, open_)))


def reach(wished_at: datetime, length: timedelta, now: datetime) -> Span:
    """From when to when bookings must be known to answer `nearest_times`; whole days, the wished or today first."""
    first = max(clock.day_of(wished_at), clock.day_of(now))
    return clock.instant(first), clock.instant(first + (DAYS_AHEAD + 1) * _DAY) + length


def nearest_times(
    weeks: Sequence[Week],
    busy: Iterable[Span],
    wished_at: datetime,
    length: timedelta,
    *,
    now: datetime,
    most: int = 3,
) -> list[datetime]:
    """Starts, on the half hour and not before `now`, at which every room is free and open for `length`.

    `weeks` are the rooms' opening hours, `busy` the bookings of all of them. The wished day comes first (today,
    when that has passed), then the next DAYS_AHEAD days. Of a day's free stretches each gives the one start
    nearest to the wished time of day, the nearest first; of two equally near the earlier.
    """
    first = max(clock.day_of(wished_at), clock.day_of(now))
    last = first + DAYS_AHEAD * _DAY
    reach = (clock.instant(first), clock.instant(last + _DAY) + length)
    closed = [span for week in weeks for span in free(opening(week, reach), reach)]
    stretches = free([*busy, *closed, (reach[0], max(reach[0], now))], reach)
    since_midnight = wished_at - clock.instant(clock.day_of(wished_at))
    found: list[datetime] = []
    for number in range(DAYS_AHEAD + 1):
        wish = clock.instant(first + number * _DAY) + since_midnight
        found += sorted(
            _starts(stretches, first + number * _DAY, wish, length), key=lambda at: abs(at - wish)
        )
        if len(found) >= most:
            break
    return found[:most]


def _starts(stretches: Iterable[Span], on: date, wish: datetime, length: timedelta) -> Iterator[datetime]:
    """Of each stretch the start on that day nearest to the wish."""
    for start, end in stretches:
        earliest = _half_hour(max(start, clock.instant(on)), up=True)
        latest = _half_hour(min(end - length, clock.instant(on + _DAY) - _STEP), up=False)
        if earliest <= latest:
            before = _half_hour(min(max(wish, earliest), latest), up=False)
            after = min(before + _STEP, latest)
            yield min(before, after, key=lambda at: abs(at - wish))


def _half_hour(at: datetime, *, up: bool) -> datetime:
    over = timedelta(seconds=at.timestamp() % _STEP.total_seconds())
    return at - over + (_STEP if up and over else timedelta())


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans in order, those that touch made one."""
    joined: list[Span] = []
    for span in spans:
        if joined and joined[-1][1] == span[0]:
            joined[-1] = (joined[-1][0], span[1])
        else:
            joined.append(span)
    return joined
