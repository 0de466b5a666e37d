"""What a site is (domain.md §4) and which groups a community's population is counted in (§9)."""

from enum import Enum


class Level(Enum):
    """The three tiers."""

    CENTER = "center"  # 中心: the district's
    OFFICE = "office"  # 所: a sub-district's
    STATION = "station"  # 站: a community's


class Group(Enum):
    """Groups whose coverage is reported, with `all` for everybody (domain.md §13)."""

    ALL = "all"
    UNDER_14 = "under14"
    UNDER_18 = "under18"
    OVER_60 = "over60"
    OVER_65 = "over65"
    OVER_80 = "over80"


class SiteRefusal(Enum):
    """Why an act on a site is refused."""

    NOT_AN_OFFICE = "not_an_office"  # only an office decides about stations
    OFFER_HOURS = "offer_hours"  # facts["longest"]


LONGEST_OFFER = 72
"""Hours a freed place may be kept for one household at most: others wait for it."""


BENEATH = {Level.CENTER: Level.OFFICE, Level.OFFICE: Level.STATION}
"""Which level may stand under which."""


def is_above(upper: Level, lower: Level) -> bool:
    """Whether one tier stands above another."""
    tiers = list(Level)
    return tiers.index(upper) < tiers.index(lower)


def contains(upper_path: str, lower_path: str) -> bool:
    """Whether the site with `lower_path` is the one with `upper_path` or stands beneath it.

    A path is the row of ids from the center down: "/1/4/17/".
    """
    return lower_path.startswith(upper_path)


def ids_of(path: str) -> list[int]:
    """The ids a path is the row of, from the center down to the site itself: [1, 4, 17] for "/1/4/17/"."""
    return [int(number) for number in path.strip("/").split("/")]


def office_path(path: str) -> str:
    """The path of the office a station stands under; an office's or the center's own."""
    return "/" + "/".join(map(str, ids_of(path)[:2])) + "/"
