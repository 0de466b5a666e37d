"""How the minutes of one presence came about, step by step, for whoever answers a question about it (domain.md §7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from stationapp.volunteers.rules import DAILY_CAP, UNIT, Served, Span, alone, credited, span


@dataclass(frozen=True)
class Explained:
    """`begin` to `end` is what counts of the presence (None: nothing does), all in minutes after that."""

    served: Served
    begin: datetime | None
    end: datetime | None
    elsewhere: int  # counted already at an event that began earlier, or by hand
    net: int  # what is left of it, without the stated break
    credited: int
    earned: int  # that day before it, by hand and at other events

    @property
    def is_capped(self) -> bool:
        """Whether the day's most left less than it was worth."""
        return self.credited < self.net // UNIT * UNIT and self.earned + self.credited > DAILY_CAP - UNIT


def explain(
    day: Sequence[Served], attendance_id: int, *, earned: int = 0, before: Iterable[Span] = ()
) -> Explained | None:
    """The steps of one of a day's presences; None when it is not among them.

    `earned`: minutes entered by hand; `before`: time that counts already (`rules.credited`).
    """
    before = list(before)
    minutes = credited(day, earned=earned, before=before)
    for served in sorted(day, key=lambda one: one.turn):
        part = span(served)
        if served.attendance_id == attendance_id:
            return _explained(served, part, before, minutes[attendance_id], earned)
        earned += minutes[served.attendance_id]
        before += [part] if part else []
    return None


def _explained(
    served: Served,
    part: Span | None,
    before: Sequence[Span],
    worth: int,
    earned: int,
) -> Explained:
    if part is None:
        return Explained(served, None, None, 0, 0, worth, earned)
    begin, end = part
    left = alone(part, before)
    net = max(0, _minutes(left) - served.break_minutes)
    return Explained(served, begin, end, _minutes(end - begin - left), net, worth, earned)


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
