"""Where the marks of a trend stand on paper: coordinates for SVG, reckoned once and drawn by `components/charts.html`.

Pure. Lengths are units of a drawing of WIDTH × HEIGHT; the origin is top left.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

WIDTH, HEIGHT = 360, 170
LEFT, RIGHT, TOP, BOTTOM = 18, 342, 38, 134


@dataclass(frozen=True)
class Reading:
    """One month of a series: its name below the line, its number, that in words, and whether it is final."""

    name: str
    value: float | None
    said: str
    final: bool


@dataclass(frozen=True)
class Mark:
    """A month on the drawing; `y` is None where nothing is known, `told` where its number is written beside it."""

    x: float
    y: float | None
    reading: Reading
    told: bool = False
    anchor: str = "middle"


@dataclass(frozen=True)
class Trend:
    """A drawing: its marks from left to right, and the lines between neighbours that are both known."""

    title: str
    unit: str
    marks: tuple[Mark, ...]
    lines: tuple[str, ...]

    @property
    def known(self) -> list[Mark]:
        """The months of which something is known."""
        return [mark for mark in self.marks if mark.y is not None]


def trend(title: str, unit: str, readings: Sequence[Reading]) -> Trend:
    """A line over the months, from nought up; the last, the highest and the lowest known month say their number."""
    values = [one.value for one in readings if one.value is not None]
    full = max(values, default=0) or 1
    step = (RIGHT - LEFT) / max(len(readings) - 1, 1)
    told = _told(readings)
    marks = tuple(
        Mark(
            round(LEFT + step * place, 1),
            None if one.value is None else round(BOTTOM - (BOTTOM - TOP) * one.value / full, 1),
            one,
            place in told,
            "start" if place == 0 else "end" if place == len(readings) - 1 else "middle",
        )
        for place, one in enumerate(readings)
    )
    return Trend(title, unit, marks, tuple(_lines(marks)))


def _told(readings: Sequence[Reading]) -> set[int]:
    """The months whose number is written out; a neighbour of the last one's says nothing, or they would overlap."""
    known = [place for place, one in enumerate(readings) if one.value is not None]
    if not known:
        return set()
    last = known[-1]
    found = {last}
    for place in (
        max(known, key=lambda one: readings[one].value),
        min(known, key=lambda one: readings[one].value),
    ):
        if all(abs(place - other) > 2 for other in found):
            found.add(place)
    return found


def _lines(marks: Sequence[Mark]) -> Iterator[str]:
    for known, run in groupby(marks, key=lambda mark: mark.y is not None):
        points = [f"{mark.x},{mark.y}" for mark in run]
        if known and len(points) > 1:
            yield " ".join(points)
