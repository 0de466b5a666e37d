"""The body of a report as a page tells it: six figures, gaps, all figures in plain groups. Pure; older bodies too."""

from collections.abc import Sequence
from dataclasses import dataclass

from stationapp.calendar.rules import Month
from stationapp.reports.lines import SummaryLine, summary
from stationapp.sites.rules import Group

SIX = ("I-01", "I-04", "I-05", "I-03", "I-07", "I-13")
"""The figures on top of a page for many sites."""

SIX_OF_ONE = ("I-01", "I-04", "I-05", "I-12", "I-07", "I-13")
"""On top of a station's: whether it met its minimum is no share there."""

_NARROWER = {"over60": {"over65", "over80"}, "over65": {"over80"}, "under18": {"under14"}}


@dataclass(frozen=True)
class Before:
    """The same figures earlier; each by its id, missing ones left out. None: nothing is known of that month."""

    last: dict[str, dict] | None
    year_ago: dict[str, dict] | None


def rests_on(body: dict, month: Month) -> tuple[int, int]:
    """(version of the month before, of that month a year ago) as the body knew them; 0: not closed, or not known."""
    used = {one["month"]: one["version"] for one in [*body.get("trend", ()), *body.get("months", ())]}
    return used.get(str(month.plus(-1)), 0), used.get(str(month.plus(-12)), 0)


def told_by_trend(body: dict, month: Month) -> dict[str, dict] | None:
    """What a body's own trend says of another month: figures of a value, and where there are such of both numbers.

    None where it says that nothing is known of that month.
    """
    for one in body.get("trend", ()):
        if one["month"] == str(month):
            if one["figures"] is None:
                return None
            found = {
                id: value if isinstance(value, dict) else {"value": value}
                for id, value in one["figures"].items()
            }
            return {id: figure for id, figure in found.items() if figure.get("value") is not None}
    return {}


@dataclass(frozen=True)
class Gap:
    """A community with those it left out: `groups` the widest ones alone, an empty 60+ says nothing new of 80+."""

    site: str
    name: str
    groups: tuple[str, ...]
    categories: tuple[str, ...]
    silent: int

    @property
    def whole(self) -> bool:
        """Whether nobody at all came."""
        return "all" in self.groups


def gaps(body: dict) -> list[Gap]:
    """The gaps of a body, in code order: nothing is ranked."""
    return [
        Gap(
            one["site"],
            one["name"],
            tuple(_widest(one["groups"])),
            tuple(one.get("categories", ())),
            one.get("silent", 0),
        )
        for one in body["gaps"]
    ]


def _widest(groups: Sequence[str]) -> list[str]:
    if "all" in groups:
        return ["all"]
    implied = set().union(*(_NARROWER.get(group, set()) for group in groups))
    return [group for group in groups if group not in implied]


def lacking(body: dict) -> list[tuple[Group, list[str]]]:
    """(group, the communities whose number of people of that group is not known); of one known of nobody, once."""
    figures = body["figures"]
    nobody = figures["I-07"].get("missing", [])
    told = {Group.ALL: nobody} | {
        group: [
            code
            for code in figures["I-08"]["groups"].get(group.value, {}).get("missing", ())
            if code not in nobody
        ]
        for group in Group
        if group is not Group.ALL
    }
    names = {one["site"]: one["name"] for one in body["coverage"]}
    found = {group: [names[code] for code in codes if code in names] for group, codes in told.items()}
    return [(group, said) for group, said in found.items() if said]


PARTS = (
    ("held", ("I-01", "I-02", "I-03", "I-10", "I-25")),
    ("came", ("I-04", "I-05", "I-06", "I-19", "I-20", "I-21", "I-22")),
    ("reached", ("I-07", "I-08", "I-09", "I-11", "I-27")),
    ("helped", ("I-12", "I-13", "I-14", "I-15", "I-16", "I-17", "I-18")),
    ("liked", ("I-23", "I-24", "I-26", "I-28")),
)
"""All figures in the order in which somebody asks for them."""


@dataclass(frozen=True)
class Told:
    """A figure with its lines: `main` its own number (None: its parts have them), shares, breakdowns."""

    id: str
    main: SummaryLine | None
    parts: tuple[SummaryLine, ...]
    counts: tuple[tuple[SummaryLine, ...], ...]


def told(body: dict) -> list[tuple[str, list[Told]]]:
    """(part, its figures) of everything a body has, with the year beside each line."""
    by_id: dict[str, list[SummaryLine]] = {}
    for line in summary(body):
        by_id.setdefault(line.id, []).append(line)
    found = [(part, [_told(id, by_id[id]) for id in ids if id in by_id]) for part, ids in PARTS]
    return [(part, figures) for part, figures in found if figures]


def breakdown(body: dict, id: str, name: str) -> list[SummaryLine]:
    """A figure's counts by one thing ("by_category"), in the order in which they are read."""
    return [line for line in summary(body) if line.key[:2] == (id, name)]


_GROUPS = [group.value for group in Group]


def _place(line: SummaryLine) -> int:
    """Groups from young to old, whatever order a frozen body keeps; the rest as it comes."""
    return _GROUPS.index(line.key[1]) if line.key[1] in _GROUPS else 0


_ASKED_BY = {"I-08": "group", "I-09": "category", "I-04": "part", "I-27": "part"}


def narrowed(key: tuple[str, ...]) -> dict[str, str]:
    """The arguments of an address that lead to the rows behind one part of a figure; none where it has none."""
    return {_ASKED_BY[key[0]]: key[1]} if len(key) > 1 and key[0] in _ASKED_BY else {}


def _told(id: str, lines: list[SummaryLine]) -> Told:
    main = next((line for line in lines if len(line.key) == 1), None)
    parts = tuple(sorted((line for line in lines if len(line.key) == 2), key=_place))
    counts: dict[str, list[SummaryLine]] = {}
    for line in lines:
        if len(line.key) > 2:
            counts.setdefault(line.key[1], []).append(line)
    return Told(id, main, parts, tuple(map(tuple, counts.values())))
