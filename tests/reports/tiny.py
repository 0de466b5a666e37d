"""Bodies of tiny districts reckoned from people who came or not: everything adds up as in a real one, and is small.

`body(seed, level=…)`: the same seed, the same body; no code is shared with the product.
"""

from random import Random

BANDS = ("0-2", "7-13", "14-17", "18-44", "60-64", "65-69", "70-79", "80+")
GROUPS = {"all": set(BANDS), "under14": {"0-2", "7-13"}, "under18": {"0-2", "7-13", "14-17"},
          "over60": {"60-64", "65-69", "70-79", "80+"}, "over65": {"65-69", "70-79", "80+"},
          "over80": {"80+"}}  # fmt: skip
OLD = GROUPS["over60"]
CATEGORIES = ("A01", "A02", "A05")
CHANNELS = ("web", "phone", "desk", "walk_in")


class District:
    """People, events and who came, for some months of 2026."""

    def __init__(self, seed: int, level: str, *, wide: bool = False) -> None:
        self.random = Random(seed)
        self.last = self.random.choice((1, 2, 4))
        offices = {"center": 9 if wide else self.random.randint(1, 3), "office": 1, "station": 0}[level]
        self.top = {"center": "0", "office": "00", "station": "000"}[level]
        self.parents = {self.top: None}
        for office in range(offices):
            code = self.top if level == "office" else f"0{office}"
            self.parents.setdefault(code, "0")
            for station in range(9 if wide else self.random.randint(1, 4)):
                self.parents[f"{code}{station}"] = code
        self.stations = [code for code in self.parents if len(code) == 3]
        crowd = 600 if wide else self.random.choice((4, 10, 30, 60))
        self.people = [self._person() for _ in range(crowd)]
        self.events = [self._event(month) for month in range(1, self.last + 1) for _ in range(self._busy())]

    def _busy(self) -> int:
        return self.random.randint(0, 2 * len(self.parents))

    def _person(self) -> dict:
        pick = self.random
        home = pick.choice([*self.stations, *self.stations, None])
        return {"home": home, "band": pick.choice(BANDS), "volunteer": home and pick.random() < 0.3}

    def _event(self, month: int) -> dict:
        pick = self.random
        most = pick.choice((1, 3, 8, 25))
        near = [who for who, one in enumerate(self.people) if pick.random() < 0.6]
        came = pick.sample(near, min(len(near), pick.randint(0, most)))
        event = {
            "month": month,
            "site": pick.choice(list(self.parents)),
            "category": pick.choice(CATEGORIES),
            "rows": {who: pick.choice(CHANNELS) for who in came},
            "heads": {band: pick.randint(1, 6) for band in BANDS if pick.random() < 0.1},
            "helped": [w for w, one in enumerate(self.people) if one["volunteer"] and pick.random() < 0.2],
            "absent": pick.randint(0, 3),
            "waiting": pick.choice((0, 0, 0, 2, 6)),
            "scores": {},
        }
        event["scores"] = {who: pick.choice((1, 3, 5, 5)) for who in came if pick.random() < 0.4}
        event["capped"] = pick.random() < 0.5
        event["valid"] = bool(event["rows"] or event["heads"])
        return event

    def beneath(self, site: str) -> list[str]:
        found = [site]
        for code, parent in self.parents.items():
            if parent in found and code not in found:
                found.append(code)
        return found

    def held(self, sites, months) -> list[dict]:
        return [
            one for one in self.events if one["site"] in sites and one["month"] in months and one["valid"]
        ]

    def population(self, sites, group) -> int:
        return sum(300 if group == "all" else 2 + 9 * (int(site, 10) % 5) * (len(GROUPS[group]) - 1)
                   for site in sites if site in self.stations)  # fmt: skip


def share(above: int, below: int | None) -> dict:
    value = None if not below else round(100 * above / below, 1)
    return {"value": value, "numerator": above, "denominator": below, "over": bool(below) and above > below}


def counted(values) -> dict:
    found: dict = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return dict(sorted(found.items()))


def reached(d: District, communities, months, bands, category=None) -> int:
    return len({who for e in d.held(d.parents, months) if category in (None, e["category"]) for who in e["rows"]
                if d.people[who]["home"] in communities and d.people[who]["band"] in bands})  # fmt: skip


def persons(d: District, sites, months) -> set:
    return {who for event in d.held(sites, months) for who in event["rows"]}


def helpers(d: District, sites, months) -> set:
    return {who for event in d.held(sites, months) for who in event["helped"]}


def figures(d: District, sites, months) -> dict:
    events, people = d.held(sites, months), persons(d, sites, months)
    rows = [(who, channel) for event in events for who, channel in event["rows"].items()]
    heads = [band for event in events for band, n in event["heads"].items() for _ in range(n)]
    old = [channel for who, channel in rows if d.people[who]["band"] in OLD]
    scores = [score for event in events for score in event["scores"].values()]
    confirmed = len(rows) + sum(event["absent"] for event in events)
    helped, minutes = helpers(d, sites, months), sum(60 * len(event["helped"]) for event in events)
    capped = sum(len(e["rows"]) + sum(e["heads"].values()) for e in events if e["capped"])
    waiting = sum(event["waiting"] for event in events)
    active = helpers(d, d.parents, range(1, d.last + 1))
    registered = {who for who, one in enumerate(d.people) if one["volunteer"] and one["home"] in sites}
    homes = counted("here" if d.people[who]["home"] else "outside" for who in people)
    groups = {g: share(reached(d, sites, months, GROUPS[g]), d.population(sites, g)) for g in GROUPS}
    kinds = {
        c: share(reached(d, sites, months, GROUPS["all"], c), d.population(sites, "all")) for c in CATEGORIES
    }
    satisfied = share(sum(score >= 4 for score in scores), len(scores))
    answered = [who for event in events for who in event["scores"]]
    return {
        "I-01": {"value": len(events)},
        "I-04": {"value": len(rows) + len(heads), "named": len(rows), "anonymous": len(heads),
                 "by_band": counted([d.people[who]["band"] for who, _ in rows] + heads)},
        "I-05": {"value": len(people), "by_home": {"here": 0, "outside": 0, "unknown": 0} | homes},
        "I-06": {"value": round(len(rows) / len(people), 2) if people else None, "numerator": len(rows),
                 "denominator": len(people), "over": False},
        "I-07": groups.pop("all") | {"missing": []},
        "I-08": {"value": None, "groups": groups},
        "I-09": {"value": None, "categories": kinds},
        "I-12": {"value": len(helped)},
        "I-13": {"value": minutes / 60, "minutes": minutes},
        "I-14": {"value": minutes / 60 / len(helped) if helped else None, "numerator": minutes,
                 "denominator": len(helped), "over": False},
        "I-16": share(len(registered), d.population(sites, "all")),
        "I-17": share(len(registered & active), len(registered)),
        "I-18": share(len(registered & active), d.population(sites, "all")),
        "I-19": share(len(rows), confirmed),
        "I-20": share(capped, 30 * len(events)),
        "I-21": share(sum(channel == "walk_in" for _, channel in rows), len(rows)),
        "I-22": share(sum(one in ("phone", "desk") for one in old), len(old))
                | {"by_channel": counted(channel for _, channel in rows)},
        "I-23": satisfied | {"value": satisfied["value"] if len(scores) > 4 else None, "few": len(scores) < 5,
                "asked": len(rows) + len(heads), "rate": share(len(scores), len(rows) + len(heads)),
                "by_how": counted("page" if who % 2 else "call" for who in answered)},
        "I-27": {"value": None, "persons": share(sum(d.people[who]["band"] in OLD | GROUPS["under14"]
                                                     for who in people), len(people))},
        "I-28": {"value": waiting, "waiting": waiting, "needs": None},
    }  # fmt: skip


def brief(told: dict, own: bool) -> dict:
    gone = {"I-08", "I-09"} | ({"I-07", "I-16", "I-17", "I-18"} if own else set())
    keys = ("value", "numerator", "denominator", "over")
    return {id: {k: one[k] for k in keys if k in one} for id, one in told.items() if id not in gone}


def bridge(d: District, who, months) -> dict:
    children = [who(d, d.beneath(code), months) for code, parent in d.parents.items() if parent == d.top]
    together = set().union(*children)
    own = who(d, [d.top], months)
    added = sum(map(len, children))
    return {"children": added, "repeated": added - len(together), "own_new": len(own - together),
            "total": len(own | together)}  # fmt: skip


def body(seed: int, *, level: str = "center", wide: bool = False) -> dict:
    """A month's report, as the engine would print it of such a district; `wide`: 91 sites, most numbers small."""
    d = District(seed, level, wide=wide)
    months, month, sites = range(1, d.last + 1), [d.last], d.beneath(d.top)
    rows = [{"site": d.top, "level": level, "parent": None, "own": True, "minutes": 0,
             "figures": brief(figures(d, [d.top], month), True)}]  # fmt: skip
    for code in sorted(d.parents):
        if code != d.top:
            told = figures(d, d.beneath(code), month)
            rows.append({"site": code, "level": "station", "parent": d.parents[code], "own": False,
                         "minutes": told["I-13"]["minutes"], "figures": brief(told, False)})  # fmt: skip
    coverage = [
        {
            "site": code,
            "groups": {g: share(reached(d, [code], month, GROUPS[g]), d.population([code], g)) for g in GROUPS},
            "year": {g: share(reached(d, [code], months, GROUPS[g]), d.population([code], g)) for g in GROUPS},
            "categories": {c: share(reached(d, [code], month, GROUPS["all"], c), d.population([code], "all"))
                           for c in CATEGORIES},
            "volunteers": dict(zip(("registered", "active", "served"),
                                   (figures(d, [code], month)[id]["numerator"] for id in ("I-16", "I-17", "I-18")),
                                   strict=True)),
        }
        for code in d.stations
    ]  # fmt: skip
    trend = []
    for at in months:
        told = figures(d, sites, [at])
        shown = {id: told[id]["value"] for id in ("I-01", "I-04", "I-05", "I-13")} | {
            "I-07": dict(told["I-07"])
        }
        trend.append({"month": f"2026-{at:02d}", "version": 0, "figures": shown})
    who = {"I-05": persons, "I-12": helpers}
    return {
        "site": d.top, "level": level, "month": f"2026-{d.last:02d}",
        "figures": figures(d, sites, month), "year": figures(d, sites, months), "by_site": rows,
        "bridge": {id: bridge(d, one, month) for id, one in who.items()},
        "year_bridge": {id: bridge(d, one, months) for id, one in who.items()},
        "coverage": coverage, "trend": trend,
    }  # fmt: skip
