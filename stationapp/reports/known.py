"""What a reader of a report knows of its counts of people: one number twice, sums, and what cannot exceed what. Pure.

Every relation that holds between printed numbers stands here once (domain.md §9). Where facts do not keep
it (somebody who moved counts in two communities), the difference there is counts as known: who knows less learns less.
"""

from collections.abc import Sequence

from stationapp.calendar.rules import Month
from stationapp.reports.hiding import LARGEST, SMALLEST, Grid

Path = tuple  # of keys and places in lists, to a number of the body

_OLD = ("60-64", "65-69", "70-79", "80+")
_NESTED = (
    ("under14", "under18"),
    ("under18", "all"),
    ("over80", "over65"),
    ("over65", "over60"),
    ("over60", "all"),
)
_ADDED = (("I-04", "value"), ("I-06", "numerator"), ("I-19", "numerator"), ("I-19", "denominator"),
          ("I-20", "numerator"), ("I-21", "numerator"), ("I-22", "numerator"), ("I-22", "denominator"),
          ("I-23", "numerator"), ("I-23", "denominator"), ("I-28", "value"))  # fmt: skip
_LIVING = (("I-07", "numerator"), ("I-16", "numerator"), ("I-17", "numerator"), ("I-18", "numerator"))
_VOLUNTEERS = (("registered", "I-16"), ("active", "I-17"), ("served", "I-18"))
_SAME_ALL_YEAR = ("I-16", "I-17", "I-18")
_VALUES = {("I-04", "value"), ("I-05", "value"), ("I-12", "value"), ("I-28", "value")}
_HEADLINES = {("I-04", "value"), ("I-05", "value"), ("I-07", "numerator"), ("I-12", "value")}
_NAMED = ("named", "anonymous", "waiting", "needs", "asked")
_LISTED = ("by_band", "by_home", "by_channel", "by_how")
_BELOW = {
    "I-06",
    "I-07",
    "I-08",
    "I-09",
    "I-14",
    "I-16",
    "I-17",
    "I-18",
    "I-19",
    "I-21",
    "I-22",
    "I-23",
    "I-27",
}
_OF_POPULATION = {"I-07", "I-08", "I-09", "I-16", "I-18"}
_ABOVE = _BELOW - {"I-14"} | {"I-20"}


def number(body: dict | list, path: Path) -> int | None:
    """The whole number at a path; None where there is none."""
    value: object = body
    for key in path:
        if isinstance(value, list):
            value = value[key]
        elif isinstance(value, dict):
            value = value.get(key)
        else:
            return None
    return value if type(value) is int else None


class Known:
    """What a reader of the body knows; every count of people of the body becomes a cell."""

    def __init__(self, body: dict) -> None:
        self.body = body
        self.grid = Grid()
        self.printed: dict[Path, int] = {}
        self.month = Month.parse(body["month"])
        self.rows = body.get("by_site", [])
        self.groups = sorted({group for row in body.get("coverage", []) for group in row["groups"]})

    def tell(self) -> None:
        """All of it; first what is one number, so that it is one cell."""
        self._one_number()
        for section in ("figures", "year"):
            if section in self.body:
                self._figures((section,))
                self._parts((section,))
        for at in range(len(self.rows)):
            self._figures(("by_site", at, "figures"))
        self._tree()
        self._bridge("figures", "bridge")
        self._bridge("year", "year_bridge")
        self._communities()
        self._month_and_year()
        self._trend()

    # --- cells ------------------------------------------------------------------------------------------------

    def at(self, *path: Path, people: bool = True) -> list[int]:
        """The cells printed at the paths; where a body has no number there, none."""
        found = []
        for one in path:
            value = number(self.body, one)
            if value is None:
                continue
            if one not in self.printed:
                self.printed[one] = self._cell(one, value, people=people)
            found.append(self.printed[one])
        return found

    def _cell(self, path: Path, value: int, *, people: bool) -> int:
        if path[-2:] == ("I-23", "numerator"):
            answers = number(self.body, (*path[:-1], "denominator"))
            if (
                answers is not None and SMALLEST <= answers <= LARGEST
            ):  # "0 of <5" says what each of them thought
                return self.grid.unsaid(value)
        return self.grid.cell(value, people=people and not _is_population(path), rank=_rank(path))

    def same(self, *paths: Path) -> None:
        """One number printed at several places; where they differ, they are not it."""
        first, *others = paths
        for other in others:
            if self.at(first) and number(self.body, first) == number(self.body, other):
                if other not in self.printed:
                    self.printed[other] = self.printed[first]
                elif self.printed[other] != self.printed[first]:
                    self.grid.equal(self.at(first), self.at(other))

    def equal(self, left: Sequence[Path], right: Sequence[Path]) -> None:
        """Both sides come to the same, or differ by what is known; nothing is known where a number is missing."""
        if left and right and all(number(self.body, path) is not None for path in (*left, *right)):
            self.grid.equal(self.at(*left), self.at(*right))

    def at_most(self, left: Sequence[Path], right: Sequence[Path]) -> None:
        """The left side is no more than the right one."""
        if left and right and all(number(self.body, path) is not None for path in (*left, *right)):
            self.grid.at_most(self.at(*left), self.at(*right))

    def under(self, path: Path) -> list[Path]:
        """What a breakdown lists."""
        value = self.body
        for key in path:
            value = value[key] if isinstance(value, list) else (value or {}).get(key)
        return [(*path, key) for key in value] if isinstance(value, dict) else []

    # --- one set of figures -------------------------------------------------------------------------------------

    def _figures(self, its: Path) -> None:
        """What figures say of one another, of a site's month, its year, or a row of the table by site."""
        served, persons, named = (*its, "I-04", "value"), (*its, "I-05", "value"), (*its, "I-06", "numerator")
        above = {id: (*its, id, "numerator") for id in ("I-07", "I-16", "I-17", "I-18", "I-19", "I-20", "I-21",
                                                        "I-22", "I-23")}  # fmt: skip
        below = {id: (*its, id, "denominator") for id in ("I-06", "I-07", "I-14", "I-16", "I-17", "I-18", "I-19",
                                                          "I-21", "I-22", "I-23")}  # fmt: skip
        volunteers = (*its, "I-12", "value")
        self.at(served, persons, named, volunteers, *above.values(), (*its, "I-28", "value"))
        self.same(persons, below["I-06"])
        self.same(volunteers, below["I-14"])
        self.same(named, below["I-21"])
        self.same(above["I-16"], below["I-17"])
        self.same(below["I-07"], below["I-16"], below["I-18"])
        self.at(*below.values())
        self.at((*its, "I-01", "value"), people=False)
        self.at_most([(*its, "I-01", "value")], [served])
        self.at_most([persons], [named])
        self.at_most([named], [served])
        self.at_most([above["I-17"]], [below["I-17"]])
        self.at_most([above["I-17"]], [above["I-18"]])
        self.at_most([above["I-20"]], [served])
        self.at_most([below["I-22"]], [named])
        self.at_most([below["I-23"]], [served])
        for id in ("I-19", "I-21", "I-22", "I-23"):
            self.at_most([above[id]], [below[id]])

    def _parts(self, its: Path) -> None:
        """What stands beneath the figures of the site itself."""
        served, persons, named = (*its, "I-04", "value"), (*its, "I-05", "value"), (*its, "I-04", "named")
        bands, channels = self.under((*its, "I-04", "by_band")), self.under((*its, "I-22", "by_channel"))
        answers, old = (*its, "I-23", "denominator"), (*its, "I-22", "denominator")
        self.same((*its, "I-06", "numerator"), named)
        self.same((*its, "I-21", "numerator"), (*its, "I-22", "by_channel", "walk_in"))
        self.same(persons, (*its, "I-27", "persons", "denominator"))
        self.same(served, (*its, "I-23", "asked"), (*its, "I-23", "rate", "denominator"))
        self.same(answers, (*its, "I-23", "rate", "numerator"))
        self.same((*its, "I-28", "value"), (*its, "I-28", "waiting"))
        self.equal([served], [named, (*its, "I-04", "anonymous")])
        self.equal([served], bands)
        self.equal([persons], self.under((*its, "I-05", "by_home")))
        self.equal([named], channels)
        self.equal([answers], self.under((*its, "I-23", "by_how")))
        self.at_most([(*its, "I-27", "persons", "numerator")], [persons])
        self.at_most([(*its, "I-22", "numerator")], [one for one in channels if one[-1] in ("phone", "desk")])
        elders = [one for one in bands if one[-1] in _OLD]
        self.at_most([old], elders)
        self.at_most(elders, [old, (*its, "I-04", "anonymous")])
        categories = self.under((*its, "I-09", "categories"))
        self._reached({group: self._share(its[0], group) for group in self.groups}, categories)

    def _reached(self, share: dict[str, Path], categories: Sequence[Path]) -> None:
        """Groups lie in one another; who came, came to something of a category."""
        for part in ("numerator", "denominator"):
            self.at(*((*one, part) for one in share.values()))
            for inner, outer in _NESTED:
                if inner in share and outer in share:
                    self.at_most([(*share[inner], part)], [(*share[outer], part)])
            if {"under18", "over60", "all"} <= set(share):
                apart = [(*share["under18"], part), (*share["over60"], part)]
                self.at_most(apart, [(*share["all"], part)])
        if "all" not in share:
            return
        for one in categories:
            self.same((*share["all"], "denominator"), (*one, "denominator"))
            self.at_most([(*one, "numerator")], [(*share["all"], "numerator")])
        self.at_most([(*share["all"], "numerator")], [(*one, "numerator") for one in categories])

    def _share(self, section: str, group: str) -> Path:
        """Where the share of a group stands; in bodies of "2026-11" the year's stands within the month's."""
        where = ("I-07",) if group == "all" else ("I-08", "groups", group)
        return (
            ("figures", *where, "year")
            if section == "year" and "year" not in self.body
            else (section, *where)
        )

    # --- the tree -----------------------------------------------------------------------------------------------

    def _tree(self) -> None:
        """A site's figures are those of the sites beneath it and its own."""
        own = [at for at, row in enumerate(self.rows) if row["own"]]
        beneath = [at for at, row in enumerate(self.rows) if not row["own"]]
        children = [at for at in beneath if self.rows[at]["parent"] == self.body["site"]]
        self._join(("figures",), own + children, children, bounded=True)
        for at in beneath:
            below = [one for one in beneath if self.rows[one]["parent"] == self.rows[at]["site"]]
            if below:
                self._join(("by_site", at, "figures"), below, below, bounded=self._all_held_by(at, below))

    def _join(self, total: Path, held: list[int], lived: list[int], *, bounded: bool) -> None:
        """Who lives where adds up, and who held what, where the own part is printed or there is none (`bounded`)."""
        for figures, rows in ((_ADDED, held), (_LIVING, lived)):
            for figure in figures:
                parts = [("by_site", at, "figures", *figure) for at in rows]
                if bounded or figures is _LIVING:
                    self.equal([(*total, *figure)], parts)
                else:
                    self.at_most(parts, [(*total, *figure)])
        self._union(total, held, bounded=bounded)

    def _union(self, total: Path, rows: list[int], *, bounded: bool) -> None:
        """People of a union: no fewer than of each part, no more than of all parts together."""
        for id in ("I-05", "I-12"):
            parts = [("by_site", at, "figures", id, "value") for at in rows]
            for part in parts:
                self.at_most([part], [(*total, id, "value")])
            if bounded:
                self.at_most([(*total, id, "value")], parts)

    def _all_held_by(self, at: int, below: list[int]) -> bool:
        """Whether the site itself held nothing, by what is printed."""
        figures = [self.rows[one]["figures"].get("I-01", {}).get("value") or 0 for one in (at, *below)]
        minutes = [self.rows[one].get("minutes") or 0 for one in (at, *below)]
        return figures[0] == sum(figures[1:]) and minutes[0] == sum(minutes[1:])

    def _bridge(self, section: str, name: str) -> None:
        for id in self.body.get(name, {}):
            its = {part: (name, id, part) for part in ("children", "repeated", "own_new", "total")}
            self.same((section, id, "value"), its["total"])
            self.equal([its["children"], its["own_new"]], [its["total"], its["repeated"]])
            if section == "figures":
                rows = [
                    ("by_site", at, "figures", id, "value")
                    for at, row in enumerate(self.rows)
                    if not row["own"] and row["parent"] == self.body["site"]
                ]
                self.equal([its["children"]], rows)
                own = [
                    ("by_site", at, "figures", id, "value") for at, row in enumerate(self.rows) if row["own"]
                ]
                self.at_most([its["own_new"]], own)

    # --- communities --------------------------------------------------------------------------------------------

    def _communities(self) -> None:
        """Each community with its groups, categories and volunteers; together they are the site's."""
        rows = {row["site"]: at for at, row in enumerate(self.rows) if not row["own"]}
        coverage = self.body.get("coverage", [])
        for at, row in enumerate(coverage):
            its = ("coverage", at)
            if (place := rows.get(row["site"])) is not None:
                figures = ("by_site", place, "figures")
                self.same((*figures, "I-07", "numerator"), (*its, "groups", "all", "numerator"))
                self.same((*figures, "I-07", "denominator"), (*its, "groups", "all", "denominator"))
                for name, id in _VOLUNTEERS:
                    self.same((*figures, id, "numerator"), (*its, "volunteers", name))
            for group in self.groups:
                month, year = (*its, "groups", group), (*its, "year", group)
                self.same((*month, "denominator"), (*year, "denominator"))
            self._reached(
                {one: (*its, "groups", one) for one in self.groups}, self.under((*its, "categories"))
            )
            self._reached({one[-1]: one for one in self.under((*its, "year"))}, [])
            self._growth({one: ((*its, "groups", one), (*its, "year", one)) for one in self.groups})
            self.at_most([(*its, "volunteers", "active")], [(*its, "volunteers", "registered")])
            self.at_most([(*its, "volunteers", "active")], [(*its, "volunteers", "served")])
        self._together(range(len(coverage)))

    def _together(self, coverage: range) -> None:
        for group in self.groups:
            month, year = self._share("figures", group), self._share("year", group)
            for part in ("numerator", "denominator"):
                self.equal([(*month, part)], [("coverage", at, "groups", group, part) for at in coverage])
                self.equal([(*year, part)], [("coverage", at, "year", group, part) for at in coverage])
        for one in self.under(("figures", "I-09", "categories")):
            parts = [("coverage", at, "categories", one[-1], "numerator") for at in coverage]
            self.equal([(*one, "numerator")], parts)
        for name, id in _VOLUNTEERS:
            parts = [("coverage", at, "volunteers", name) for at in coverage]
            self.equal([("figures", id, "numerator")], parts)

    # --- time ---------------------------------------------------------------------------------------------------

    def _one_number(self) -> None:
        """What the year says again: in January all of it, later who lives where and helps, and the populations."""
        for id in self.body.get("year", {}):
            if self.month.month == 1 or id in _SAME_ALL_YEAR:
                for path in self._counts(("year", id)):
                    self.same(("figures", *path[1:]), path)
        for group in self.groups:
            month, year = self._share("figures", group), self._share("year", group)
            self.same((*month, "denominator"), (*year, "denominator"))

    def _counts(self, path: Path) -> list[Path]:
        """The counts of people at and beneath a path."""
        if is_people(path[1:]):
            return [path]
        return [leaf for one in self.under(path) for leaf in self._counts(one)]

    def _month_and_year(self) -> None:
        """What counted this month counts this year."""
        for id in self.body.get("year", {}):
            for path in self._counts(("year", id)):
                if id not in _SAME_ALL_YEAR and path[2] != "by_home":
                    self.at_most([("figures", *path[1:])], [path])
        self._growth({one: (self._share("figures", one), self._share("year", one)) for one in self.groups})

    def _growth(self, shares: dict[str, tuple[Path, Path]]) -> None:
        """Whom the year has of a group beyond the month, it has beyond the month altogether."""
        for group, (month, year) in shares.items():
            self.at_most([(*month, "numerator")], [(*year, "numerator")])
            if group != "all" and "all" in shares:
                everybody, ever = ((*one, "numerator") for one in shares["all"])
                self.at_most([(*year, "numerator"), everybody], [(*month, "numerator"), ever])

    def _trend(self) -> None:
        """Thirteen months; those of the year make up its figures."""
        year = str(self.month)[:5]
        months = [at for at, one in enumerate(self.body.get("trend", [])) if one["figures"]]
        of_year = [at for at in months if self.body["trend"][at]["month"].startswith(year)]
        for figure in (("I-04", "value"), ("I-05", "value"), ("I-07", "numerator"), ("I-07", "denominator")):
            paths = {
                at: ("trend", at, "figures", *(one for one in figure if one != "value")) for at in months
            }
            for at in months:
                if self.body["trend"][at]["month"] == str(self.month):
                    self.same(("figures", *figure), paths[at])
                self.at(paths[at])
            its = [paths[at] for at in of_year]
            if figure[0] == "I-04":
                self.equal([("year", *figure)], its)
            elif figure[1] != "denominator":
                self.at_most([("year", *figure)], its)
                for one in its:
                    self.at_most([one], [("year", *figure)])


def is_people(figure: Path) -> bool:
    """Whether a path beneath the figures ("I-04", "by_band", "80+") leads to a count of people."""
    if len(figure) < 2:
        return False
    id, last = figure[0], figure[-1]
    if id == "I-27" and figure[1] != "persons":
        return False
    if last in ("numerator", "denominator"):
        return id in (_ABOVE if last == "numerator" else _BELOW)
    return figure in _VALUES or last in _NAMED or (len(figure) > 2 and figure[-2] in _LISTED)


def _is_population(path: Path) -> bool:
    """Whether it is a denominator of coverage: a published number, with its source, of a whole community."""
    if path[-1] != "denominator":
        return False
    return path[0] == "coverage" or bool(_OF_POPULATION & set(path))


def _rank(path: Path) -> int:
    """How long a number stays: the site's own headlines longest, then its figures, then tables and parts."""
    if path[0] not in ("figures", "year"):
        return 0
    return 2 if path[1:] in _HEADLINES else 1
