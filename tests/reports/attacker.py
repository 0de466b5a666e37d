"""Somebody who reads a report made for outside and computes: every hidden number an integer unknown, every
relation that holds between numbers of such a report a row, and HiGHS finds how small and how large each unknown can be.

Written from domain.md §9 over the tree of tests/reports/tiny.py; shares no code with the product. The attacker is told
for nothing whether a withheld number is one of 5 and more (`truth`), which no reader knows.
"""

import highspy

ADDED = {"I-04": ("value",), "I-06": ("numerator",), "I-19": ("numerator", "denominator"), "I-20": ("numerator",),
         "I-21": ("numerator",), "I-22": ("numerator", "denominator"), "I-23": ("numerator", "denominator"),
         "I-28": ("value",)}  # fmt: skip
INSIDE = (
    ("under14", "under18"),
    ("under18", "all"),
    ("over80", "over65"),
    ("over65", "over60"),
    ("over60", "all"),
)


def at(body, path):
    for key in path:
        body = body.get(key) if isinstance(body, dict) else body[key] if isinstance(body, list) else None
    return body


class Attacker:
    """What can be concluded from one hidden body."""

    def __init__(self, body: dict, truth: dict) -> None:
        self.body, self.truth = body, truth
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        # With it, HiGHS 1.15 once called 2 the smallest where 1 is possible (seed 1111): a claim too many.
        self.solver.setOptionValue("presolve", "off")
        self.unknown: dict[tuple, object] = {}
        self._relate()

    def number(self, path):
        """A constant, or the unknown of a hidden one; None where there is nothing."""
        value = at(self.body, path)
        if value not in ("<5", "*"):
            return value if isinstance(value, int) else None
        if path not in self.unknown:
            low, high = (1, 4) if value == "<5" else (5 if at(self.truth, path) > 4 else 1, 9999)
            if path[-2:] == ("I-23", "numerator") and at(self.truth, (*path[:-1], "denominator")) < 5:
                low = 0  # of few answers it is withheld that nobody was pleased, too
            self.unknown[path] = self.solver.addIntegral(low, high)
        return self.unknown[path]

    def total(self, paths):
        values = [self.number(path) for path in paths]
        return None if not values or any(one is None for one in values) else sum(values)

    def relate(self, left, sign, right):
        """left = right, or left ≤ right; both lists of paths."""
        a, b = self.total(left), self.total(right)
        if a is None or b is None or (isinstance(a, int) and isinstance(b, int)):
            return
        self.solver.addConstr(a - b == 0 if sign == "=" else a - b <= 0)

    def range(self, path) -> tuple[int, int]:
        """The smallest and the largest value it can have."""
        found = []
        for sense in (self.solver.minimize, self.solver.maximize):
            sense(self.unknown[path] + 0)
            status = self.solver.getModelStatus()
            assert status == highspy.HighsModelStatus.kOptimal, status
            found.append(round(self.solver.getInfo().objective_function_value))
        return found[0], found[1]

    # --- what the reader knows ----------------------------------------------------------------------------------

    def _relate(self):
        rows = self.body["by_site"]
        for its in (("figures",), ("year",), *(("by_site", n, "figures") for n in range(len(rows)))):
            self._within(its)
        for month, year in ((("figures",), ("year",)),):
            self._grows(month, year)
        self._places(rows)
        self._homes()
        self._months()

    def _within(self, its):
        def p(*path):
            return [(*its, *path)]

        def parts(*path):
            value = at(self.body, (*its, *path))
            return [(*its, *path, key) for key in value] if value else []

        named, served, persons = p("I-06", "numerator"), p("I-04", "value"), p("I-05", "value")
        for same in (
            (named, p("I-04", "named"), p("I-21", "denominator")),
            (persons, p("I-06", "denominator"), p("I-27", "persons", "denominator")),
            (served, p("I-23", "asked"), p("I-23", "rate", "denominator")),
            (p("I-23", "denominator"), p("I-23", "rate", "numerator")),
            (p("I-12", "value"), p("I-14", "denominator")),
            (p("I-16", "numerator"), p("I-17", "denominator")),
            (p("I-07", "denominator"), p("I-16", "denominator"), p("I-18", "denominator")),
            (p("I-21", "numerator"), p("I-22", "by_channel", "walk_in")),
            (p("I-28", "value"), p("I-28", "waiting")),
        ):
            for other in same[1:]:
                self.relate(same[0], "=", other)
        self.relate(served, "=", p("I-04", "named") + p("I-04", "anonymous"))
        self.relate(served, "=", parts("I-04", "by_band"))
        self.relate(persons, "=", parts("I-05", "by_home"))
        self.relate(named, "=", parts("I-22", "by_channel"))
        self.relate(p("I-23", "denominator"), "=", parts("I-23", "by_how"))
        for id in ("I-17", "I-19", "I-21", "I-22", "I-23"):
            self.relate(p(id, "numerator"), "<", p(id, "denominator"))
        self.relate(p("I-27", "persons", "numerator"), "<", persons)
        self.relate(p("I-01", "value"), "<", served)
        self.relate(persons, "<", named)
        self.relate(named, "<", served)
        self.relate(p("I-22", "denominator"), "<", named)
        self.relate(p("I-20", "numerator"), "<", served)
        self.relate(p("I-17", "numerator"), "<", p("I-18", "numerator"))
        old = [path for path in parts("I-04", "by_band") if path[-1] in ("60-64", "65-69", "70-79", "80+")]
        self.relate(p("I-22", "denominator"), "<", old)
        self.relate(old, "<", p("I-22", "denominator") + p("I-04", "anonymous"))
        self._nested({g: (*its, "I-08", "groups", g) for g in ("under14", "under18", "over60", "over65", "over80")}
                     | {"all": (*its, "I-07")}, parts("I-09", "categories"))  # fmt: skip

    def _nested(self, share, kinds):
        for part in ("numerator", "denominator"):
            for inner, outer in INSIDE:
                self.relate([(*share[inner], part)], "<", [(*share[outer], part)])
            self.relate([(*share["under18"], part), (*share["over60"], part)], "<", [(*share["all"], part)])
        everybody = [(*share["all"], "numerator")]
        for kind in kinds:
            self.relate([(*kind, "numerator")], "<", everybody)
            self.relate([(*kind, "denominator")], "=", [(*share["all"], "denominator")])
        self.relate(everybody, "<", [(*kind, "numerator") for kind in kinds])

    def _grows(self, month, year, sign="<"):
        """Every hidden or shown number of the month against the year's; in January they are one."""
        sign = "=" if self.body["month"].endswith("-01") else "<"

        def walk(value, path):
            if isinstance(value, dict):
                for key, one in value.items():
                    walk(one, (*path, key))
            elif path[-1] not in ("over", "missing", "few") and (path[-1] != "value" or len(path) == 2):
                if path[0] in ("I-16", "I-17", "I-18"):
                    self.relate([(*month, *path)], "=", [(*year, *path)])
                elif "by_home" not in path and (
                    path[-1] != "value" or path[0] in ("I-04", "I-05", "I-12", "I-28")
                ):
                    self.relate([(*month, *path)], sign, [(*year, *path)])

        walk(at(self.body, year), ())

    def _places(self, rows):
        site = self.body["site"]
        for parent in {row["parent"] for row in rows if row["parent"]}:
            beneath = [n for n, row in enumerate(rows) if row["parent"] == parent]
            top = parent == site
            its = ("figures",) if top else ("by_site", [r["site"] for r in rows].index(parent), "figures")
            own = [n for n, row in enumerate(rows) if row["own"]] if top else []
            held = [
                at(self.body, (*where, "I-01", "value"))
                for where in (its, *(("by_site", n, "figures") for n in own + beneath))
            ]
            sign = "=" if held[0] == sum(held[1:]) else "<"  # an office's own part is printed nowhere
            for id, keys in ADDED.items():
                for key in keys:
                    parts = [("by_site", n, "figures", id, key) for n in own + beneath]
                    self.relate(parts, sign, [(*its, id, key)])
            for id in ("I-07", "I-16", "I-17", "I-18"):
                parts = [("by_site", n, "figures", id, "numerator") for n in beneath]
                self.relate([(*its, id, "numerator")], "=", parts)
            for id in ("I-05", "I-12"):
                parts = [("by_site", n, "figures", id, "value") for n in own + beneath]
                for part in parts:
                    self.relate([part], "<", [(*its, id, "value")])
                if sign == "=":
                    self.relate([(*its, id, "value")], "<", parts)
        for name, its in (("bridge", "figures"), ("year_bridge", "year")):
            for id in self.body[name]:
                b = {key: [(name, id, key)] for key in ("children", "repeated", "own_new", "total")}
                self.relate(b["total"], "=", [(its, id, "value")])
                self.relate(b["children"] + b["own_new"], "=", b["total"] + b["repeated"])
                if name == "bridge":
                    children = [n for n, row in enumerate(rows) if row["parent"] == site]
                    self.relate(
                        b["children"], "=", [("by_site", n, "figures", id, "value") for n in children]
                    )
                    self.relate(b["own_new"], "<", [("by_site", 0, "figures", id, "value")])

    def _homes(self):
        coverage = self.body["coverage"]
        for n, row in enumerate(coverage):
            its = ("coverage", n)
            kinds = [(*its, "categories", c) for c in row["categories"]]
            self._nested({g: (*its, "groups", g) for g in row["groups"]}, kinds)
            self._nested({g: (*its, "year", g) for g in row["year"]}, [])
            for g in row["groups"]:
                for part, sign in (("numerator", "<"), ("denominator", "=")):
                    self.relate([(*its, "groups", g, part)], sign, [(*its, "year", g, part)])
                self.relate([(*its, "year", g, "numerator"), (*its, "groups", "all", "numerator")], "<",
                            [(*its, "groups", g, "numerator"), (*its, "year", "all", "numerator")])  # fmt: skip
            for other in ("registered", "served"):
                self.relate([(*its, "volunteers", "active")], "<", [(*its, "volunteers", other)])
            for m, place in enumerate(self.body["by_site"]):
                if place["site"] == row["site"] and not place["own"]:
                    for part in ("numerator", "denominator"):
                        self.relate(
                            [("by_site", m, "figures", "I-07", part)], "=", [(*its, "groups", "all", part)]
                        )
                    for name, id in (("registered", "I-16"), ("active", "I-17"), ("served", "I-18")):
                        self.relate(
                            [("by_site", m, "figures", id, "numerator")], "=", [(*its, "volunteers", name)]
                        )
        where = range(len(coverage))
        for section, name in (("figures", "groups"), ("year", "year")):
            for g in ("all", "under14", "under18", "over60", "over65", "over80"):
                its = (section, "I-07") if g == "all" else (section, "I-08", "groups", g)
                for part in ("numerator", "denominator"):
                    self.relate([(*its, part)], "=", [("coverage", n, name, g, part) for n in where])
        for c in self.body["figures"]["I-09"]["categories"]:
            parts = [("coverage", n, "categories", c, "numerator") for n in where]
            self.relate([("figures", "I-09", "categories", c, "numerator")], "=", parts)
        for name, id in (("registered", "I-16"), ("active", "I-17"), ("served", "I-18")):
            self.relate(
                [("figures", id, "numerator")], "=", [("coverage", n, "volunteers", name) for n in where]
            )

    def _months(self):
        months = range(len(self.body["trend"]))
        for id, key in (("I-04", ()), ("I-05", ()), ("I-07", ("numerator",))):
            year = [("year", id, *(key or ("value",)))]
            parts = [("trend", n, "figures", id, *key) for n in months]
            self.relate(parts[-1:], "=", [("figures", id, *(key or ("value",)))])
            self.relate(year, "=" if id == "I-04" else "<", parts)
            for part in parts:
                self.relate([part], "<", year)
