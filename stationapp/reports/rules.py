"""What the month's figures are and how they are written down (domain.md §9). Values only, no database."""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from enum import Enum

from stationapp.calendar.rules import AgeBand
from stationapp.sites.rules import Group, Level

DEFINITIONS = "2026-12"
"""The version of the definitions below; a frozen report names the one it was made by."""

MINIMUM = {Level.STATION: (1, 1), Level.OFFICE: (1, 1), Level.CENTER: (1, 2)}
"""Events a site is expected to hold itself: (how many, within how many months)."""


class Kind(Enum):
    """How a figure of a site follows from those beneath it."""

    ADDITIVE = "additive"  # own + children
    DISTINCT = "distinct"  # recomputed on the union
    RATIO = "ratio"  # recomputed from numerator and denominator


class Axis(Enum):
    """Whose the figure is; always labelled."""

    ORGANISER = "organiser"  # who held it
    RESIDENCE = "residence"  # where the person lives


class Unit(Enum):
    """What a value counts."""

    COUNT = "count"
    PERCENT = "percent"
    TIMES = "times"  # attendances a person
    HOURS = "hours"


@dataclass(frozen=True)
class Spec:
    """What is fixed about a figure. `sums`: a ratio whose numerators and denominators add up like an additive figure.

    On the residence axis a site has no part of its own: it is the sum of the communities beneath.
    """

    kind: Kind
    unit: Unit = Unit.COUNT
    axis: Axis = Axis.ORGANISER
    sums: bool = False


_SHARE = Spec(Kind.RATIO, Unit.PERCENT)
_SUM_SHARE = Spec(Kind.RATIO, Unit.PERCENT, sums=True)
_HOME_SHARE = Spec(Kind.RATIO, Unit.PERCENT, Axis.RESIDENCE)
_HOME_SUM_SHARE = Spec(Kind.RATIO, Unit.PERCENT, Axis.RESIDENCE, sums=True)

SPECS: dict[str, Spec] = {
    "I-01": Spec(Kind.ADDITIVE),
    "I-02": Spec(Kind.DISTINCT),
    "I-03": _SHARE,
    "I-04": Spec(Kind.ADDITIVE),
    "I-05": Spec(Kind.DISTINCT),
    "I-06": Spec(Kind.RATIO, Unit.TIMES),
    "I-07": _HOME_SHARE,
    "I-08": _HOME_SHARE,
    "I-09": _HOME_SHARE,
    "I-10": _SHARE,
    "I-11": Spec(Kind.ADDITIVE, axis=Axis.RESIDENCE),
    "I-12": Spec(Kind.DISTINCT),
    "I-13": Spec(Kind.ADDITIVE, Unit.HOURS),
    "I-14": Spec(Kind.RATIO, Unit.HOURS),
    "I-15": _SUM_SHARE,
    "I-16": _HOME_SUM_SHARE,
    "I-17": _HOME_SUM_SHARE,
    "I-18": _HOME_SUM_SHARE,
    "I-19": _SUM_SHARE,
    "I-20": _SUM_SHARE,
    "I-21": _SUM_SHARE,
    "I-22": _SUM_SHARE,
    "I-23": _SUM_SHARE,
    "I-24": _SUM_SHARE,
    "I-25": _SUM_SHARE,
    "I-26": _SUM_SHARE,
    "I-27": _SHARE,
    "I-28": Spec(Kind.ADDITIVE),
}
"""The figures of a report, in the order in which they are read. Bodies frozen by earlier definitions have fewer."""

GROUPS = tuple(group for group in Group if group is not Group.ALL)
"""The groups of I-08."""

_YOUNG = frozenset({AgeBand.B0, AgeBand.B3, AgeBand.B7})
BANDS: dict[Group, frozenset[AgeBand]] = {
    Group.ALL: frozenset(AgeBand),
    Group.UNDER_14: _YOUNG,
    Group.UNDER_18: _YOUNG | {AgeBand.B14},
    Group.OVER_60: frozenset({AgeBand.B60, AgeBand.B65, AgeBand.B70, AgeBand.B80}),
    Group.OVER_65: frozenset({AgeBand.B65, AgeBand.B70, AgeBand.B80}),
    Group.OVER_80: frozenset({AgeBand.B80}),
}
"""Which age bands make up a group; an unknown age belongs to ALL alone."""


class ReportState(Enum):
    """Where a site's month stands."""

    OPEN = "open"  # the month runs
    PROVISIONAL = "provisional"  # it is over and waits for its closing
    CLOSED = "closed"
    RESTATED = "restated"


class ReportRefusal(Enum):
    """Why a month cannot be closed."""

    MONTH_NOT_OVER = "month_not_over"  # facts["ends"]: its last day
    REASON_MISSING = "reason_missing"  # a restatement says why
    NOTHING_CHANGED = "nothing_changed"  # facts["version"]: the version that still holds


def state_of(version: int, *, over: bool = False) -> ReportState:
    """The state that a version number stands for; 0: nothing closed yet, `over` once the month is."""
    if version:
        return ReportState.CLOSED if version == 1 else ReportState.RESTATED
    return ReportState.PROVISIONAL if over else ReportState.OPEN


def half_up(numerator: int, denominator: int | None, *, scale: int = 1, digits: int = 1) -> float | None:
    """`scale` × numerator / denominator, rounded half up on whole numbers; None without a denominator."""
    if not denominator:
        return None
    unit = 10**digits
    return (2 * scale * unit * numerator + denominator) // (2 * denominator) / unit


def percent(numerator: int, denominator: int | None) -> float | None:
    """A share in percent with one decimal, half up; None without a denominator, never 0 for a missing one."""
    return half_up(numerator, denominator, scale=100)


def hours(minutes: int) -> float:
    """Whole minutes as hours with one decimal, floored."""
    return minutes // 6 / 10


@dataclass(frozen=True)
class Ratio:
    """A numerator over a denominator that may be missing."""

    numerator: int
    denominator: int | None

    def as_dict(self) -> dict:
        """With its value in percent; `over` flags more than 100 %, which is printed all the same."""
        return {
            "value": percent(self.numerator, self.denominator),
            "numerator": self.numerator,
            "denominator": self.denominator,
            "over": bool(self.denominator) and self.numerator > self.denominator,
        }


@dataclass(frozen=True)
class Figure:
    """One figure of one site's month; `parts` is what else is printed with it."""

    id: str
    value: int | float | None
    numerator: int | None = None
    denominator: int | None = None
    parts: dict = field(default_factory=dict)

    @classmethod
    def of(cls, id: str, ratio: Ratio, **parts: object) -> "Figure":
        """A share in percent."""
        return cls(id, percent(ratio.numerator, ratio.denominator), ratio.numerator, ratio.denominator, parts)

    @property
    def spec(self) -> Spec:
        """What is fixed about it."""
        return SPECS[self.id]

    @property
    def over(self) -> bool:
        """Whether a share is above 100 %."""
        if self.spec.unit is not Unit.PERCENT or not self.denominator:
            return False
        return (self.numerator or 0) > self.denominator

    def brief(self) -> dict:
        """Value, numerator and denominator alone, for the table by site."""
        found: dict = {"value": self.value}
        if self.spec.kind is Kind.RATIO:
            found |= {"numerator": self.numerator, "denominator": self.denominator, "over": self.over}
        return found

    def as_dict(self) -> dict:
        """As the JSON shows it (surface.md)."""
        spec = self.spec
        fixed = {"kind": spec.kind.value, "unit": spec.unit.value, "axis": spec.axis.value}
        return fixed | self.brief() | self.parts


@dataclass(frozen=True)
class Bridge:
    """From the sum of the children to a distinct figure: children − repeated + own_new = total."""

    children: int
    repeated: int
    own_new: int
    total: int

    def as_dict(self) -> dict:
        """For the JSON."""
        return {
            "children": self.children,
            "repeated": self.repeated,
            "own_new": self.own_new,
            "total": self.total,
        }


def bridge(own: Collection[int], children: Collection[Collection[int]]) -> Bridge:
    """各站合计 − 跨站重复 + 本级自办新增 = 合计, over sets of people."""
    together = set().union(*children)
    added = sum(len(set(child)) for child in children)
    own_new = len(set(own) - together)
    return Bridge(added, added - len(together), own_new, len(together | set(own)))


def canonical(body: dict) -> str:
    """The one way to write a report down: what is hashed and frozen."""
    return json.dumps(body, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
