"""A whole district's body, and one of a single station, made by hand: 106 sites, hostile names, missing numbers.

No database: whatever renders a body needs nothing else.
"""

from types import SimpleNamespace

from stationapp.calendar.rules import Month
from stationapp.events.rules import Category
from stationapp.sites.rules import Group, Level
from tests.reports import bodies
from tests.reports.bodies import share

MONTH = Month(2026, 10)

HOSTILE = (
    '=HYPERLINK("http://x.example","点我")',
    "=cmd|' /C calc'!A0",
    "@SUM(A1:A9)",
    "+86-379-00000001",
    "-2+3",
    "＝1＋1",
    "第一行\r\n第二行\t表",
    "长" * 2000,
    "长词" + "w" * 1998,
    "\u202eيلاتلا\u202c 👨‍👩‍👧 家",
    "前\x00\x0b\x1f后",
    "半\ud800个",
    "【单位】<w:p/>&amp;#set text",
    "",
)
"""Names no reader may take for a formula, an order or an end."""


def _site(id: int, level: Level, name: str, parent: SimpleNamespace | None) -> SimpleNamespace:
    code = {Level.CENTER: "410305000", Level.OFFICE: f"41030500{id:03d}", Level.STATION: f"410305{id:06d}"}[
        level
    ]
    return SimpleNamespace(id=id, code=code, level=level, short_name=name, parent=parent)


def district(
    sites: int = 106, *, month: Month = MONTH, version: int = 1, names: tuple[str, ...] = ()
) -> dict:
    """The center's month: offices of up to sixteen stations; `names` take the place of the first ones."""
    given = dict(enumerate(names))
    center = _site(1, Level.CENTER, given.get(0, "涧西区新时代文明实践中心"), None)
    office, below = None, []
    for n in range(2, sites + 1):
        if office is None or (n - 2) % 9 == 0:
            office = _site(n, Level.OFFICE, given.get(n - 1, f"示例街道{n}新时代文明实践所"), center)
            below.append(office)
        else:
            below.append(_site(n, Level.STATION, given.get(n - 1, f"示例{n}社区新时代文明实践站"), office))
    return _body(center, below, month, version)


def station(
    name: str = "湖北路示例一社区新时代文明实践站", *, month: Month = MONTH, version: int = 1
) -> dict:
    """One station's month."""
    one = _site(1, Level.STATION, name, None)
    return _body(one, [], month, version)


def _body(site: SimpleNamespace, below: list, month: Month, version: int) -> dict:
    nobody = SimpleNamespace(id=0)
    people = SimpleNamespace(
        center=nobody, office=nobody, one=site, two=nobody, far_office=nobody, far=nobody
    )
    body = bodies.full(people, site, month=month, version=version)
    homes = [one for one in (site, *below) if one.level is Level.STATION]
    body["by_site"] = [
        bodies._place(site, None, own=True),
        *(bodies._place(one, one.parent.code, active=one.id != 5) for one in below),
    ]
    body["coverage"] = [_community(one, at) for at, one in enumerate(homes)]
    body["gaps"] = [_gap(row) for row in body["coverage"] if _gap(row)["groups"]]
    body["populations"] = [{"as_of": "2025-12-31", "source": "示例数据", "communities": len(homes)}]
    body["unfiled"] = [
        {
            "site": one.code,
            "name": one.short_name,
            "event": f"E{n:07d}",
            "title": f"第{n}次讲座",
            "on": "2026-10-11",
        }
        for n, one in enumerate(homes[:3])
    ]
    room = {"used": 1200, "open": 9000, "person_minutes": 30_000, "rooms": 3, "without_hours": 1}
    body["rooms"] = {one.code: room for one in homes[:40]}
    body["year_rooms"] = body["rooms"]
    return body


def _community(site: SimpleNamespace, at: int) -> dict:
    """Communities differ: some nobody came from, some without a population, one over 100 %."""
    row = bodies.community(site, **({"under14": 0, "over80": 0} if at % 4 == 1 else {}))
    if at % 11 == 7:
        row["groups"] = {g.value: share(0, row["groups"][g.value]["denominator"]) for g in Group}
        row["categories"] = {c.value: share(0, 5000) for c in Category}
        row["silent"] = 1 + at % 5
    if at == 3:
        row["groups"] = {g.value: share(5, None) for g in Group}
    if at == 4:
        row["groups"]["over80"] = share(170, 150)
    for group in Group:
        if row["groups"][group.value]["numerator"]:
            row["groups"][group.value] = share(
                row["groups"][group.value]["numerator"] + at % 13, row["groups"][group.value]["denominator"]
            )
    return row


def _gap(row: dict) -> dict:
    empty = [
        g for g, one in row["groups"].items() if one["numerator"] == 0 and one["denominator"] not in (0, None)
    ]
    groups = ["all"] if "all" in empty else empty
    kinds = [c for c, one in row["categories"].items() if one["numerator"] == 0]
    return {
        "site": row["site"],
        "name": row["name"],
        "groups": groups,
        "categories": kinds,
        "silent": row["silent"],
    }
