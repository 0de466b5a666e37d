"""From facts to the report's body: figures, table by site, bridge, coverage and gaps (domain.md §9). Pure."""

from collections import Counter
from enum import Enum

from stationapp.reports.rules import (
    DEFINITIONS,
    GROUPS,
    MINIMUM,
    Bridge,
    Figure,
    Ratio,
    ReportState,
    bridge,
    half_up,
    hours,
)
from stationapp.reports.tally import Facts, Place, Reach, Tally, own_tallies, reach_of, rolled_up
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.rules import Group, Level


class Reckoning:
    """All tallies of one report; each method answers one part of its body."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.own = own_tallies(facts)
        self.all = rolled_up(facts, self.own)
        self.reach = reach_of(facts)
        self.communities = {place.id: facts.communities(place) for place in facts.places.values()}

    def figures(self, place: Place) -> dict[str, Figure]:
        """Every figure of a site with all beneath it."""
        found = [
            *held(self.all[place.id]),
            self.meeting(place),
            *served(self.all[place.id]),
            self.covered(place),
            self.covered_groups(place),
        ]
        return {figure.id: figure for figure in sorted(found, key=lambda figure: figure.id)}

    def meets(self, place: Place) -> bool:
        """Whether a site itself held as many events as it is expected to (I-03)."""
        at_least, months = MINIMUM[place.level]
        earlier = self.facts.before if months > 1 and place.id == self.facts.site_id else 0
        return self.own[place.id].events + earlier >= at_least

    def meeting(self, place: Place) -> Figure:
        """I-03: stations that reached the minimum over stations in force; offices and the center apart."""
        levels = {}
        for level in Level:
            sites = [one for one in self.facts.beneath(place) if one.level is level and one.active]
            if sites:
                levels[level.value] = {"met": sum(map(self.meets, sites)), "active": len(sites)}
        stations = levels.get(Level.STATION.value)
        ratio = Ratio(stations["met"], stations["active"]) if stations else Ratio(0, None)
        return Figure.of("I-03", ratio, levels=levels)

    def coverage(self, place: Place, group: Group, period: str) -> Ratio:
        """Residents of the site's communities reached by anyone, over their population."""
        reach: Reach = self.reach[place.id]
        return Ratio(len(reach.get((period, group), ())), self.population(place, group))

    def population(self, place: Place, group: Group) -> int | None:
        """The people of all its communities; None as soon as one of them is not known."""
        values = [self.facts.populations.get((one.id, group)) for one in self.communities[place.id]]
        return sum(values) if values and None not in values else None

    def covered(self, place: Place) -> Figure:
        """I-07, month and year to date."""
        missing = [
            one.code
            for one in self.communities[place.id]
            if (one.id, Group.ALL) not in self.facts.populations
        ]
        year = self.coverage(place, Group.ALL, "year").as_dict()
        return Figure.of("I-07", self.coverage(place, Group.ALL, "month"), year=year, missing=missing)

    def covered_groups(self, place: Place) -> Figure:
        """I-08: one share a group; there is no single value."""
        groups = {
            group.value: self.coverage(place, group, "month").as_dict()
            | {"year": self.coverage(place, group, "year").as_dict()}
            for group in GROUPS
        }
        return Figure("I-08", None, parts={"groups": groups})

    def bridges(self) -> dict[str, Bridge]:
        """How the distinct figures follow from the sites directly beneath."""
        site = self.facts.site
        children = [one.id for one in self.facts.places.values() if one.parent_id == site.id]
        return {
            id: bridge(
                getattr(self.own[site.id], name), [getattr(self.all[child], name) for child in children]
            )
            for id, name in (("I-05", "persons"), ("I-12", "volunteers"))
        }


def held(tally: Tally) -> list[Figure]:
    """I-01 and I-02."""
    return [
        Figure(
            "I-01",
            tally.events,
            parts={
                "by_category": counted(tally.categories),
                "by_task": counted(tally.tasks),
                "by_cadence": counted(tally.cadences),
            },
        ),
        Figure("I-02", len(tally.activities)),
    ]


def served(tally: Tally) -> list[Figure]:
    """I-04, I-05, I-06, I-12, I-13, I-15 and I-22."""
    persons = len(tally.persons)
    lives = tally.lives()
    old = sum(tally.old_channels.values())
    helped = tally.old_channels[Channel.PHONE] + tally.old_channels[Channel.DESK]
    return [
        Figure(
            "I-04",
            tally.named + tally.anonymous,
            parts={"named": tally.named, "anonymous": tally.anonymous, "by_band": counted(tally.bands)},
        ),
        Figure("I-05", persons, parts={"by_home": {one.value: lives[one] for one in Lives}}),
        Figure("I-06", half_up(tally.named, persons, digits=2), tally.named, persons),
        Figure("I-12", len(tally.volunteers)),
        Figure("I-13", hours(tally.minutes), parts={"minutes": tally.minutes}),
        Figure.of("I-15", Ratio(tally.manual, tally.minutes or None)),
        Figure.of("I-22", Ratio(helped, old or None), by_channel=counted(tally.channels)),
    ]


def counted(counter: Counter) -> dict[str, int]:
    """By value of the enum, in its order; only what occurs."""
    cases: list[Enum] = sorted((case for case in counter if counter[case]), key=_order)
    return {case.value: counter[case] for case in cases}


def _order(case: Enum) -> int:
    return list(type(case)).index(case)


def body(facts: Facts, *, version: int, state: ReportState) -> dict:
    """The whole report as JSON-ready values, no person in it (surface.md)."""
    reckoning = Reckoning(facts)
    site = facts.site
    figures = reckoning.figures(site)
    coverage = coverage_rows(reckoning)
    return {
        "site": site.code,
        "name": site.name,
        "level": site.level.value,
        "month": str(facts.month),
        "version": version,
        "state": state.value,
        "definitions": DEFINITIONS,
        "figures": {id: figure.as_dict() for id, figure in figures.items()},
        "by_site": by_site(reckoning),
        "bridge": {id: one.as_dict() for id, one in reckoning.bridges().items()},
        "coverage": coverage,
        "gaps": gaps(coverage),
        "populations": facts.sources,
        "ledger": facts.ledger,
    }


def by_site(reckoning: Reckoning) -> list[dict]:
    """The site's own part, then every site beneath it with its subtree; in code order, never ranked."""
    facts = reckoning.facts
    rows = []
    for place in facts.places.values():
        if not (place.lived or place.id == facts.site_id or _busy(reckoning.all[place.id])):
            continue
        row = {
            "site": place.code,
            "name": place.name,
            "level": place.level.value,
            "parent": facts.places[place.parent_id].code if place.id != facts.site_id else None,
            "active": place.active,
            "own": place.id == facts.site_id,
        }
        if place.id == facts.site_id:
            figures = [*held(reckoning.own[place.id]), *served(reckoning.own[place.id])]
        else:
            figures = list(reckoning.figures(place).values())
        # I-08 has no single value: its numbers by community stand under "coverage".
        row["figures"] = {figure.id: figure.brief() for figure in figures if figure.id != "I-08"}
        row["minutes"] = (reckoning.own if row["own"] else reckoning.all)[place.id].minutes
        rows.append(row)
    return rows


def _busy(tally: Tally) -> bool:
    return bool(tally.events or tally.minutes or tally.volunteers)


def coverage_rows(reckoning: Reckoning) -> list[dict]:
    """Each community with the share reached of everybody and of each group, this month."""
    facts = reckoning.facts
    return [
        {
            "site": place.code,
            "name": place.name,
            "groups": {group.value: reckoning.coverage(place, group, "month").as_dict() for group in Group},
        }
        for place in reckoning.communities[facts.site_id]
    ]


def gaps(coverage: list[dict]) -> list[dict]:
    """Communities with groups that nobody reached this month; groups in which nobody lives are none."""
    found = []
    for row in coverage:
        silent = [
            group
            for group, share in row["groups"].items()
            if share["numerator"] == 0 and share["denominator"] != 0
        ]
        if silent:
            found.append({"site": row["site"], "name": row["name"], "groups": silent})
    return found
