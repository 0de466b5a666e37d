"""The grid of a month for the wall: how much fits a day where nothing is smaller than 16 points, how high a week is."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from stationapp.web.paper import PT, count_lines


class Paper(Enum):
    """The sheets it is printed on, landscape."""

    A4 = "a4"
    A3 = "a3"


@dataclass(frozen=True)
class Geometry:
    """Where things stand on a sheet: millimetres, type sizes in points. `static/paper.css` says the same."""

    wide: float
    high: float
    margin: float
    header: float
    heads: float  # the row of weekdays
    number: int
    pt: int

    @property
    def column(self) -> float:
        """How wide a day is."""
        return (self.wide - 2 * self.margin) / 7

    @property
    def room(self) -> float:
        """How many type sizes fit beside one another in a day."""
        return (self.column - 2 * PAD) / (self.pt * PT)

    @property
    def line(self) -> float:
        """From line to line."""
        return self.pt * LEADING * PT

    @property
    def top(self) -> float:
        """What a day takes besides its lines: its number and the white around."""
        return self.number * LEADING * PT + 2 * PAD

    def spare(self, lines: Sequence[int]) -> float:
        """What is left of the sheet's height under weeks of that many lines."""
        weeks = self.high - 2 * self.margin - self.header - self.heads - SLACK
        return weeks - sum(self.top + self.line * count for count in lines)


GEOMETRY = {
    Paper.A4: Geometry(297, 210, 8, 30, 8, 20, 16),
    Paper.A3: Geometry(420, 297, 10, 40, 11, 26, 18),
}
LEADING = 1.15
PAD = 1.4
"""White around a day's text, millimetres."""

SLACK = 1.0
"""Left for lines and rounding, millimetres a sheet."""


def need(number: str, name: str, entries: Sequence[str], geometry: Geometry) -> list[int]:
    """The lines a day's name takes below its number (0 or 1), and those of each entry."""
    beside = geometry.room - 0.6 * len(number) * geometry.number / geometry.pt - 0.5
    wraps = bool(name) and count_lines(name, beside) > 1
    return [int(wraps), *(count_lines(entry, geometry.room) for entry in entries)]


def count_shown(need: Sequence[int], lines: int) -> int:
    """How many entries that many lines show; where not all fit, one line is taken to say so."""
    count = len(need) - 1
    if sum(need) <= lines:
        return count
    return max((n for n in range(count) if sum(need[: n + 1]) < lines), default=0)


def shared_out(gains: list[list[int]], least: list[int]) -> list[int]:
    """Lines for each week so that most entries are shown; `gains[week][n]` are shown by n lines of all there are."""
    free = len(gains[0]) - 1
    best: dict[int, tuple[int, list[int]]] = {0: (0, [])}  # lines used: entries shown, lines of each week
    for gain, fewest in zip(gains, least, strict=True):
        found: dict[int, tuple[int, list[int]]] = {}
        for used, (shown, lines) in best.items():
            for n in range(fewest, free - used + 1):
                if used + n not in found or shown + gain[n] > found[used + n][0]:
                    found[used + n] = shown + gain[n], [*lines, n]
        best = found
    _used, (_shown, lines) = max(best.items(), key=lambda one: (one[1][0], -one[0]))
    return lines
