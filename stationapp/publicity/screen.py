"""What the outdoor screen shows: today first, then the coming days, three at a time (domain.md §10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from stationapp.publicity.queries import Announced

AT_ONCE = 3
"""Events on the screen at a time."""

MOST = 18
"""Six pages: who waits at the crossing sees the same one again within little more than a minute."""


class Heading(Enum):
    """What stands above a page's events."""

    TODAY = "today"
    BOTH = "both"  # the last of today and the first of what comes
    COMING = "coming"
    NONE_TODAY = "none_today"  # nothing today; what comes next
    NOTHING = "nothing"


@dataclass(frozen=True)
class Sheet:
    """One page of the screen."""

    heading: Heading
    lines: tuple[Announced, ...]


def sheets(lines: Sequence[Announced], today: date) -> tuple[Sheet, ...]:
    """The pages in the order they are shown, at least one. `static/screen.js` does the same when a day begins."""
    pages = [tuple(lines[start : start + AT_ONCE]) for start in range(0, len(lines), AT_ONCE)]
    anything = any(line.first_day <= today for line in lines)
    made = tuple(Sheet(_heading(page, today, anything), page) for page in pages)
    return made or (Sheet(Heading.NOTHING, ()),)


def _heading(page: Sequence[Announced], today: date, anything: bool) -> Heading:
    """`anything`: whether there is an event today at all."""
    if not anything:
        return Heading.NONE_TODAY
    here = [line.first_day <= today for line in page]
    return Heading.TODAY if all(here) else Heading.BOTH if any(here) else Heading.COMING
