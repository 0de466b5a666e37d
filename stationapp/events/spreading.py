"""One event's values on other days, and one event's change for others of its series: purely (domain.md §5)."""

from dataclasses import fields as columns_of
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from stationapp import clock
from stationapp.events.rules import SETS, TIMES, EventFields, moved


def on_day(fields: EventFields, day: date) -> EventFields:
    """The same, begun on local `day` at the same time of day; its sign-up window moves with it.

    China has kept one time all year since 1992: so many days later is the same wall-clock time.
    """
    by = day - clock.day_of(fields.starts_at)
    return moved(fields, by)


class _Relative(NamedTuple):
    """A time as people mean it: so many days from the day the event begins on, at a time of day."""

    days: timedelta
    at: time


def spread(before: EventFields, after: EventFields, other: EventFields) -> EventFields:
    """`other` with what `after` changed in `before`, and nothing else: its own exceptions stay.

    The event's day moves by as many days; a time of day that was changed is set, others stay as they are, seen from
    the day the event begins on. To a set is added what was added, and taken what was taken away.
    """
    changed = {
        column.name: getattr(after, column.name)
        for column in columns_of(EventFields)
        if column.name not in (*SETS, *TIMES) and getattr(after, column.name) != getattr(before, column.name)
    }
    for name in SETS:
        was, now = getattr(before, name), getattr(after, name)
        changed[name] = (getattr(other, name) - (was - now)) | (now - was)
    wish = replace(other, **changed, **_times(before, after, other))
    return _paired(wish, after)


def _paired(wish: EventFields, after: EventFields) -> EventFields:
    """Seats for callers with the time they are kept until, or neither: only one of the two may have been changed."""
    if not wish.phone_seats:
        return replace(wish, phone_until_at=None)
    if wish.phone_until_at or not after.phone_until_at:
        return wish
    return replace(wish, phone_until_at=wish.starts_at - (after.starts_at - after.phone_until_at))


def days_moved(before: EventFields, after: EventFields) -> int:
    """By how many local days the change moves an event; earlier is negative."""
    return (clock.day_of(after.starts_at) - clock.day_of(before.starts_at)).days


def _times(before: EventFields, after: EventFields, other: EventFields) -> dict[str, datetime | None]:
    begins_on = clock.day_of(other.starts_at) + timedelta(days=days_moved(before, after))
    found = {}
    for name in TIMES:
        was, now = (_relative(values, name) for values in (before, after))
        kept = now if was != now else _relative(other, name)
        found[name] = kept and clock.instant(
            begins_on + kept.days, kept.at.hour, kept.at.minute, kept.at.second
        )
    return found


def _relative(values: EventFields, name: str) -> _Relative | None:
    at = getattr(values, name)
    if at is None:
        return None
    return _Relative(clock.day_of(at) - clock.day_of(values.starts_at), clock.local(at).time())
