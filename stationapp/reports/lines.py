"""A report's figures as flat lines: the one source of its tables, its CSV, its workbook and its differences."""

from dataclasses import dataclass

from stationapp.reports.rules import SPECS, Unit

Key = tuple[str, ...]
"""("I-01",) the figure itself; ("I-01", "by_category", "A03") a part of it."""

_PARTS = ("by_category", "by_task", "by_cadence", "by_band", "by_home", "by_channel")


@dataclass(frozen=True)
class SummaryLine:
    """One number with what it is made of."""

    key: Key
    value: int | float | None
    unit: Unit
    numerator: int | None = None
    denominator: int | None = None
    over: bool = False

    @property
    def id(self) -> str:
        """The figure it belongs to."""
        return self.key[0]


def summary(body: dict) -> list[SummaryLine]:
    """Every line of the summary, in the order of the figures."""
    found = []
    for id, figure in body["figures"].items():
        found += _figure(id, figure)
    return found


def _figure(id: str, figure: dict) -> list[SummaryLine]:
    unit = SPECS[id].unit
    found = [] if id == "I-08" else [_line((id,), figure, unit)]
    for name in ("named", "anonymous", "minutes"):
        if name in figure:
            found.append(SummaryLine((id, name), figure[name], Unit.COUNT))
    for part in _PARTS:
        found += [SummaryLine((id, part, key), n, Unit.COUNT) for key, n in figure.get(part, {}).items()]
    for level, one in figure.get("levels", {}).items():
        found.append(SummaryLine((id, "level", level), one["met"], Unit.COUNT, one["met"], one["active"]))
    if "year" in figure:
        found.append(_line((id, "year"), figure["year"], unit))
    for group, share in figure.get("groups", {}).items():
        found.append(_line((id, group), share, unit))
        found.append(_line((id, group, "year"), share["year"], unit))
    return found


def _line(key: Key, share: dict, unit: Unit) -> SummaryLine:
    return SummaryLine(
        key,
        share["value"],
        unit,
        share.get("numerator"),
        share.get("denominator"),
        share.get("over", False),
    )


def flat(body: dict) -> dict[Key, tuple]:
    """(value, numerator, denominator) by key, for comparing two bodies."""
    return {line.key: (line.value, line.numerator, line.denominator) for line in summary(body)}
