"""Whole bodies of a report made by hand, for pages and files: no fact stands behind them.

body = bodies.full(people, level="center")
bodies.freeze(people.center, body)
"""

from datetime import datetime

from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db
from stationapp.events.rules import Cadence, Category, Task
from stationapp.reports.models import CoverageReport
from stationapp.reports.rules import SPECS, Ratio, canonical, state_of
from stationapp.signups.rules import Channel
from stationapp.sites.models import Site
from stationapp.sites.rules import Group
from tests.reports.build import AFTER, MONTH

_POPULATION = {"all": 5000, "under14": 800, "under18": 1100, "over60": 1000, "over65": 700, "over80": 150}


def share(numerator: int, denominator: int | None) -> dict:
    """A share as a body holds it."""
    return Ratio(numerator, denominator).as_dict()


def _figure(id: str, value: float | None, **more: object) -> dict:
    spec = SPECS[id]
    return {"kind": spec.kind.value, "unit": spec.unit.value, "axis": spec.axis.value, "value": value} | more


def _ratio(id: str, numerator: int, denominator: int | None, **parts: object) -> dict:
    return _figure(id, None) | share(numerator, denominator) | parts


def figures(*, times: int = 1, people: int = 5000) -> dict:
    """All 28, `times` as much."""
    t = times
    groups = {g: share(n * t, _POPULATION[g]) | {"missing": []} for g, n in
              (("under14", 96), ("under18", 120), ("over60", 310), ("over65", 205), ("over80", 0))}  # fmt: skip
    kinds = {c.value: share(20 * i * t, people) for i, c in enumerate(Category)}
    return {
        "I-01": _figure("I-01", 214 * t, by_category={c.value: 10 + i for i, c in enumerate(Category)},
                        by_task={c.value: 40 for c in Task}, by_cadence={c.value: 50 for c in Cadence}),
        "I-02": _figure("I-02", 131 * t),
        "I-03": _ratio("I-03", 2, 3, levels={"center": {"met": 1, "active": 1}, "office": {"met": 1, "active": 2},
                                             "station": {"met": 2, "active": 3}}),
        "I-04": _figure("I-04", 12_034 * t, named=9034 * t, anonymous=3000 * t,
                        by_band={b.value: 900 for b in AgeBand}),
        "I-05": _figure("I-05", 8123 * t, by_home={"here": 8000, "outside": 100, "unknown": 23}),
        "I-06": _figure("I-06", 1.11, numerator=9034 * t, denominator=8123 * t, over=False),
        "I-07": _ratio("I-07", 512 * t, people, missing=[]),
        "I-08": _figure("I-08", None, groups=groups),
        "I-09": _figure("I-09", None, categories=kinds),
        "I-10": _ratio("I-10", 5, 6),
        "I-11": _figure("I-11", 3, communities=1, silent=1),
        "I-12": _figure("I-12", 88 * t),
        "I-13": _figure("I-13", 412.5 * t, minutes=24_750 * t),
        "I-14": _figure("I-14", 4.6, numerator=24_750 * t, denominator=88 * t, over=False),
        "I-15": _ratio("I-15", 1200 * t, 24_750 * t),
        "I-16": _ratio("I-16", 240, people),
        "I-17": _ratio("I-17", 120, 240),
        "I-18": _ratio("I-18", 130, people),
        "I-19": _ratio("I-19", 4210 * t, 4900 * t),
        "I-20": _ratio("I-20", 5300 * t, 5200 * t),
        "I-21": _ratio("I-21", 900 * t, 9034 * t),
        "I-22": _ratio("I-22", 2100 * t, 4000 * t, by_channel={c.value: 1500 * t for c in Channel}),
        "I-23": _figure("I-23", None, numerator=None, denominator=4, over=False, few=True, asked=12_034,
                        rate=share(4, 12_034), by_how={"page": 2, "paper": 1, "call": 1}),
        "I-24": _figure("I-24", None, numerator=None, denominator=None, over=False, missing="needs"),
        "I-25": _ratio("I-25", 6 * t, 220 * t),
        "I-26": _ratio("I-26", 9000 * t, 40_000 * t, rooms=12, without_hours=3, person_hours=1200.5,
                       person_minutes=72_030),
        "I-27": _figure("I-27", None, events=share(80 * t, 214 * t), old=share(60 * t, 214 * t),
                        young=share(20 * t, 214 * t), persons=share(4400 * t, 8123 * t)),
        "I-28": _figure("I-28", 37 * t, waiting=37 * t, needs=None),
    }  # fmt: skip


def _brief(found: dict) -> dict:
    kept = ("value", "numerator", "denominator", "over")
    return {
        id: {name: figure[name] for name in kept if name in figure}
        for id, figure in found.items()
        if id not in ("I-08", "I-09")
    }


def _place(site: Site, parent: str | None, *, own: bool = False, active: bool = True) -> dict:
    return {"site": site.code, "name": site.short_name, "level": site.level.value, "parent": parent, "active": active,
            "own": own, "minutes": 600, "figures": _brief(figures())}  # fmt: skip


def community(site: Site, **empty: int | None) -> dict:
    """A community's coverage; `empty`: numerators by group where they are not the usual ones."""
    groups, year = {}, {}
    for group in Group:
        numerator = empty.get(group.value, _POPULATION[group.value] // 20)
        groups[group.value] = share(numerator, _POPULATION[group.value])
        year[group.value] = share(numerator * 4, _POPULATION[group.value])
    kinds = {c.value: share(i * 9, 5000) for i, c in enumerate(Category)}
    return {"site": site.code, "name": site.short_name, "groups": groups, "year": year, "categories": kinds,
            "silent": 0, "volunteers": {"registered": 80, "active": 40, "served": 44}}  # fmt: skip


def trend(month: Month) -> list[dict]:
    """Thirteen months; of the two oldest nothing is known, the third was never closed."""
    found = []
    for back in range(12, -1, -1):
        one, age = month.plus(-back), 12 - back
        known = age > 1
        values = {"I-01": 150 + 5 * age, "I-04": 9000 + 200 * age, "I-05": 6000 + 150 * age,
                  "I-07": share(400 + 9 * age, 5000), "I-13": 300.5 + age, "minutes": 18_030 + 60 * age}  # fmt: skip
        version = 0 if age == 2 or not known else 1
        found.append(
            {"month": str(one), "version": version, "figures": values if known else dict.fromkeys(values)}
        )
    return found


def full(
    people, site: Site | None = None, *, month: Month = MONTH, version: int = 1, **changes: object
) -> dict:
    """The body of a site of the cast (the center's unless given) with everything spec'd in it."""
    site = site or people.center
    below = {people.center.id: [people.office, people.one, people.two, people.far_office, people.far],
             people.office.id: [people.one, people.two]}.get(site.id, [])  # fmt: skip
    codes = {one.id: one.code for one in [site, *below]}
    homes = [one for one in (people.one, people.two, people.far) if one.id in codes]
    coverage = [
        community(one, **({"over80": 0, "under14": 0} if n == 0 else {"all": 5100}))
        for n, one in enumerate(homes)
    ]
    year = figures(times=4)
    body = {
        "site": site.code, "name": site.short_name, "level": site.level.value, "month": str(month),
        "version": version, "state": state_of(version).value, "definitions": "2026-12",
        "figures": figures(), "year": year,
        "by_site": [_place(site, None, own=True), *(_place(one, codes[one.parent_id]) for one in below)],
        "bridge": {"I-05": {"children": 8200, "repeated": 100, "own_new": 23, "total": 8123},
                   "I-12": {"children": 90, "repeated": 3, "own_new": 1, "total": 88}},
        "year_bridge": {"I-05": {"children": 9, "repeated": 1, "own_new": 1, "total": 9},
                        "I-12": {"children": 9, "repeated": 1, "own_new": 1, "total": 9}},
        "coverage": coverage,
        "gaps": [{"site": homes[0].code, "name": homes[0].short_name, "groups": ["under14", "over80"],
                  "categories": ["A01"], "silent": 0}] if homes else [],
        "trend": trend(month),
        "months": [{"month": str(month.plus(-back)), "version": version if not back else 1 if back < 10 else 0,
                    "again": 2 if back == 3 else 0} for back in range(11, -1, -1)],
        "unfiled": [],
        "rooms": {}, "year_rooms": {},
        "populations": [{"as_of": "2025-12-31", "source": "示例数据", "communities": len(homes)}],
        "ledger": 0, "answers": 0,
    }  # fmt: skip
    return body | changes


def freeze(
    site: Site, body: dict, *, reason: str = "", closed_at: datetime = AFTER, by: int | None = None
) -> CoverageReport:
    """Keep a body as if the month had been closed with it; its links of the chain are of no meaning."""
    last = db.session.query(CoverageReport).order_by(CoverageReport.id.desc()).first()
    report = CoverageReport(
        id=last.id + 1 if last else 1,
        site_id=site.id,
        month_on=Month.parse(body["month"]).first_day,
        version=body["version"],
        body=canonical(body),
        reason=reason,
        closed_at=closed_at,
        closed_by=by,
        previous_hash="0" * 64,
        hash=f"{body['version']}abcdef0123456789".ljust(64, "0"),
    )
    db.session.add(report)
    db.session.flush()
    return report
