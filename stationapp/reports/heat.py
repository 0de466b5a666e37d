"""The heat tables: each share of a community in at most five steps, with its number always in it (look.md). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

MONTH, YEAR, KINDS = (5, 10, 20), (20, 40, 60), (1, 3, 10)
"""Percentages at which a step begins, fixed so that one shade means the same in every month and at every site."""


@dataclass(frozen=True)
class Cell:
    """A share on the table. `step`: None without a population, 0 nobody, 1…4 from few to many."""

    share: dict
    step: int | None


@dataclass(frozen=True)
class Row:
    """A community with its cells, in the order of the heads."""

    site: str
    name: str
    cells: tuple[Cell, ...]


def step_of(share: dict, bounds: Sequence[int]) -> int | None:
    """Which step a share is on; a hidden or missing one is on none."""
    numerator, value = share.get("numerator"), share.get("value")
    if numerator == 0 and share.get("denominator"):
        return 0
    if not isinstance(value, int | float):
        return None
    return 1 + sum(value >= bound for bound in bounds)


def rows(coverage: Sequence[dict], part: str, heads: Sequence[str], bounds: Sequence[int]) -> list[Row]:
    """`part` of each community's coverage ("groups", "year", "categories") as rows; what it lacks is missing."""
    return [
        Row(one["site"], one["name"], tuple(cell(one.get(part, {}).get(head), bounds) for head in heads))
        for one in coverage
    ]


def cell(share: dict | None, bounds: Sequence[int]) -> Cell:
    """One share with its step."""
    share = share or {"value": None, "numerator": None, "denominator": None}
    return Cell(share, step_of(share, bounds))


def legend(bounds: Sequence[int]) -> list[tuple[int, str]]:
    """(step, from–to in percent) of the steps above nobody: 1 "<5%", 2 "5–10%", 3 "10–20%", 4 "≥20%"."""
    low, middle, high = bounds
    return [(1, f"<{low}%"), (2, f"{low}–{middle}%"), (3, f"{middle}–{high}%"), (4, f"≥{high}%")]
