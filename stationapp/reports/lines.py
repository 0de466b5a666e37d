"""A report's figures as flat lines: the one source of its tables, its files and its differences.

Read from the body alone, so that a month frozen by older definitions (fewer figures, the year within I-07 and I-08)
gives its lines too. A number may be "<5" or "*" in a body that leaves the district.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from stationapp.calendar.rules import AgeBand
from stationapp.events.rules import Cadence, Category, Task
from stationapp.reports.rules import GROUPS, Axis, Unit
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel

Key = tuple[str, ...]
"""("I-01",) the figure itself; ("I-01", "by_category", "A03") a part of it."""

Number = int | float | str | None
"""A number, "<5" or "*" where it is hidden, None where it is missing."""

_BY: dict[str, tuple[str, ...]] = {
    name: tuple(case.value for case in cases)
    for name, cases in (
        ("by_category", Category),
        ("by_task", Task),
        ("by_cadence", Cadence),
        ("by_band", AgeBand),
        ("by_home", Lives),
        ("by_channel", Channel),
    )
} | {"by_how": ("page", "paper", "call")}
"""Breakdowns with their cases in the order in which they are read."""

_COUNTED = {
    "named": Unit.COUNT,
    "anonymous": Unit.COUNT,
    "minutes": Unit.COUNT,
    "communities": Unit.COUNT,
    "silent": Unit.COUNT,
    "asked": Unit.COUNT,
    "rooms": Unit.COUNT,
    "without_hours": Unit.COUNT,
    "person_minutes": Unit.COUNT,
    "person_hours": Unit.HOURS,
    "waiting": Unit.COUNT,
    "needs": Unit.COUNT,
}
"""Numbers that stand beside a figure."""

_SHARES = ("events", "old", "young", "persons", "rate")
"""Shares that stand beside a figure."""

_WITHIN = {"groups": GROUPS, "categories": tuple(Category)}
"""Figures without a value of their own: one share a group, one a category."""

_VALUELESS = ("I-08", "I-09", "I-27")


class Mark(Enum):
    """What is to be known of a number beside it."""

    OVER = "over"  # more than 100 %, printed all the same
    FEW = "few"  # too few answers to print a share
    NOT_IN_USE = "needs"  # what it counts is not in use yet
    NO_POPULATION = "population"  # a community's population is not known


@dataclass(frozen=True)
class SummaryLine:
    """One number with what it is made of; `year`: the same line from January to this month."""

    key: Key
    value: Number
    unit: Unit
    numerator: Number = None
    denominator: Number = None
    over: bool = False
    axis: Axis = Axis.ORGANISER
    marks: tuple[Mark, ...] = ()
    missing: tuple[str, ...] = ()  # codes of communities without a population
    year: "SummaryLine | None" = None

    @property
    def id(self) -> str:
        """The figure it belongs to."""
        return self.key[0]


def summary(body: dict) -> list[SummaryLine]:
    """Every line of the summary, in the order of the figures, each with its year where there is one."""
    month = {line.key: line for id, figure in body["figures"].items() for line in _figure(id, figure)}
    year = {line.key: line for id, figure in _years(body).items() for line in _figure(id, figure)}
    found = []
    for id in body["figures"]:
        keys = [key for key in month if key[0] == id]
        keys += [key for key in year if key[0] == id and key not in month]
        for key in sorted(keys, key=_place) if len(keys) > 1 else keys:
            line = month.get(key) or _nothing(year[key], body)
            found.append(_with_year(line, year.get(key)))
    return found


def _years(body: dict) -> dict[str, dict]:
    """The year's figures; of older definitions those that stood within the month's."""
    if "year" in body:
        return body["year"]
    found = {}
    for id, figure in body["figures"].items():
        same = {"unit": figure["unit"], "axis": figure["axis"]}
        if "year" in figure:
            found[id] = figure["year"] | same
        elif "groups" in figure:
            groups = {group: share["year"] for group, share in figure["groups"].items() if "year" in share}
            found[id] = {"value": None, "groups": groups} | same
    return found


_ORDER = ("", *_COUNTED, *_SHARES, "level", *_BY)


def _place(key: Key) -> tuple:
    """Where a line stands among those of its figure; groups and categories keep their own order."""
    name = key[1] if len(key) > 1 else ""
    if name in _BY:
        return _ORDER.index(name), _BY[name].index(key[2])
    return (_ORDER.index(name), 0) if name in _ORDER else (len(_ORDER), 0)


def _nothing(year: SummaryLine, body: dict) -> SummaryLine:
    """The month's line of a part that occurred earlier in the year only; "*" where all parts are hidden."""
    figure = body["figures"][year.id]
    all_hidden = body.get("outside") and figure["value"] != 0 and not figure.get(year.key[1])
    return SummaryLine(year.key, "*" if all_hidden else 0, year.unit, axis=year.axis)


def _with_year(line: SummaryLine, year: SummaryLine | None) -> SummaryLine:
    return line if year is None else replace(line, year=year)


def _figure(id: str, figure: dict) -> Iterator[SummaryLine]:
    unit, axis = Unit(figure["unit"]), Axis(figure["axis"])
    if id not in _VALUELESS:
        yield _line((id,), figure, unit, axis)
    for name, counted in _COUNTED.items():
        if name in figure and not isinstance(figure[name], dict | list):
            marks = (Mark.NOT_IN_USE,) if name == "needs" and figure[name] is None else ()
            yield SummaryLine((id, name), figure[name], counted, axis=axis, marks=marks)
    for name in _SHARES:
        if isinstance(figure.get(name), dict):
            yield _line((id, name), figure[name], Unit.PERCENT, axis)
    for level, one in figure.get("levels", {}).items():
        met, active = one["met"], one["active"]
        yield SummaryLine((id, "level", level), met, Unit.COUNT, met, active, axis=axis)
    for name in _BY:
        for case, n in figure.get(name, {}).items():
            yield SummaryLine((id, name, case), n, Unit.COUNT, axis=axis)
    for name, cases in _WITHIN.items():
        shares = figure.get(name, {})
        for case in cases:
            if case.value in shares:
                yield _line((id, case.value), shares[case.value], Unit.PERCENT, axis)


def _line(key: Key, share: dict, unit: Unit, axis: Axis) -> SummaryLine:
    missing = share.get("missing") or ()
    return SummaryLine(
        key,
        share["value"],
        unit,
        share.get("numerator"),
        share.get("denominator"),
        bool(share.get("over")),
        axis,
        tuple(_marks(share)),
        () if isinstance(missing, str) else tuple(missing),
    )


def _marks(share: dict) -> Iterator[Mark]:
    if share.get("over"):
        yield Mark.OVER
    if share.get("few"):
        yield Mark.FEW
    if share.get("missing"):
        yield Mark.NOT_IN_USE if share["missing"] == "needs" else Mark.NO_POPULATION


def flat(body: dict) -> dict[Key, SummaryLine]:
    """Every line by key, a year's key ending in "year"; for comparing two bodies."""
    found = {}
    for line in summary(body):
        found[line.key] = line
        if line.year:
            found[(*line.key, "year")] = line.year
    return found
