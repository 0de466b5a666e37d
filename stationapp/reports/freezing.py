"""What of a version's inputs is part of the version: put in the place of what is read today (trust.md R2)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from stationapp.calendar.rules import Month
from stationapp.reports.columns import NOW, Facts
from stationapp.reports.places import Ground
from stationapp.reports.registers import Volunteers
from stationapp.reports.unfiled import Unfiled
from stationapp.sites.rules import Group


def as_frozen(facts: Facts, frozen: dict) -> Facts:
    """The facts with populations, sources, sites, register and what was not filed as the version has them."""
    ids = {place.code: place.id for place in facts.places}
    return replace(
        facts,
        grounds=(*facts.grounds[:NOW], _ground(facts, frozen, ids)),
        begun=min(_months(frozen)),
        volunteers={
            ids[row["site"]]: Volunteers(**row["volunteers"])
            for row in frozen["coverage"]
            if row["site"] in ids
        },
        unfiled=[
            Unfiled(ids[row["site"]], row["event"], row["title"], date.fromisoformat(row["on"]))
            for row in frozen["unfiled"]
            if row["site"] in ids
        ],
        ledger=frozen["ledger"],
        answers=frozen["answers"],
    )


def same_tree(facts: Facts, frozen: dict) -> bool:
    """Whether the sites still stand as the version found them: one may be ended, moved or merged for days gone by."""
    above = {
        place.code: facts.ground.places[place.parent_id].code if place.parent_id else None
        for place in facts.places
    }
    hang = all(above.get(row["site"]) == row["parent"] for row in frozen["by_site"] if not row["own"])
    return hang and frozen.get("tree") == facts.tree


def _months(frozen: dict) -> Iterable[Month]:
    return (Month.parse(row["month"]) for row in frozen["trend"] if row["figures"])


def _ground(facts: Facts, frozen: dict, ids: dict[str, int]) -> Ground:
    rows = {row["site"]: row for row in frozen["by_site"]}
    places = dict(facts.ground.places)
    for place in facts.places:
        row = rows.get(place.code)
        places[place.id] = place._replace(
            name=row["name"] if row else place.name,
            active=bool(row and row["active"]),
            lived=row is not None,
        )
    populations = {
        (ids[row["site"]], Group(group)): share["denominator"]
        for row in frozen["coverage"]
        for group, share in row["groups"].items()
        if share["denominator"] is not None and row["site"] in ids
    }
    return Ground(places, facts.ground.homes, populations, facts.ground.sources)
