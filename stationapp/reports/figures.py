"""The report's body: figures, table by site, bridges, coverage, gaps, trend (domain.md §9). No person is in it."""

from stationapp.events.rules import Category
from stationapp.reports.columns import NOW, WINDOW, Facts
from stationapp.reports.counting import Counted
from stationapp.reports.definitions import FIGURES, is_gap
from stationapp.reports.places import Place
from stationapp.reports.registers import Volunteers
from stationapp.reports.rules import DEFINITIONS, GROUPS, SPECS, Axis, Ratio, ReportState
from stationapp.reports.tally import Book, Scope, bridge, scope_of
from stationapp.sites.rules import Group

OWN = tuple(id for id, spec in SPECS.items() if spec.axis is Axis.ORGANISER and id not in ("I-03", "I-10"))
"""Figures of what a site held itself, without those that count sites."""

BRIEF = tuple(id for id in SPECS if id not in ("I-08", "I-09"))
"""Figures of a row by site: those with no value of their own stand by community under "coverage"."""

TREND = ("I-01", "I-04", "I-05", "I-07", "I-13")


def body(facts: Facts, counted: Counted, *, version: int, state: ReportState) -> dict:
    """The whole report as JSON-ready values (surface.md)."""
    book = Book(facts, counted, facts.grounds)
    month = scope_of(book, range(NOW, WINDOW), counted.rooms)
    year = scope_of(book, facts.year, counted.year_rooms)
    figures = reckoned(month)
    coverage = coverage_rows(month, year)
    site = facts.site
    return {
        "site": site.code,
        "name": site.name,
        "level": site.level.value,
        "month": str(facts.month),
        "version": version,
        "state": state.value,
        "definitions": DEFINITIONS,
        "figures": figures,
        "year": reckoned(year),
        "by_site": by_site(month),
        "bridge": bridges(month),
        "year_bridge": bridges(year),
        "coverage": coverage,
        "gaps": [
            row
            for row in (_gap(month, one, line) for one, line in zip(month.communities, coverage, strict=True))
            if row
        ],
        "trend": trend(book, figures, version),
        "months": months(book, version),
        "unfiled": unfiled(facts),
        "rooms": {month.ground.places[id].code: use for id, use in counted.rooms.items()},
        "year_rooms": {month.ground.places[id].code: use for id, use in counted.year_rooms.items()},
        "populations": sources(month),
        "tree": facts.tree,
        "ledger": facts.ledger,
        "answers": facts.answers,
    }


def reckoned(scope: Scope) -> dict[str, dict]:
    """Every figure of a scope, with its parts."""
    return {id: figure(scope).as_dict() for id, figure in FIGURES.items()}


def by_site(month: Scope) -> list[dict]:
    """The site's own part, then every site beneath it with its subtree; in code order, never ranked."""
    rows = [_row(month.own(), OWN) | {"own": True, "parent": None}]
    for place in month.places:
        if place.id == month.place.id:
            continue
        scope = month.of(place)
        if any(one.lived for one in scope.places) or _anything(scope):
            rows.append(_row(scope, BRIEF))
    return rows


def _anything(scope: Scope) -> bool:
    """Whether there is something that the sums above hold, and be it an event called off."""
    return bool(len(scope.events.id) or len(scope.served[0]) or len(scope.lines.id) or scope.cancelled)


def _row(scope: Scope, ids: tuple[str, ...]) -> dict:
    place = scope.place
    return {
        "site": place.code,
        "name": place.name,
        "level": place.level.value,
        "parent": scope.ground.places[place.parent_id].code if place.parent_id else None,
        "active": place.active,
        "own": False,
        "minutes": int(scope.lines.minutes.sum()),
        "figures": {id: FIGURES[id](scope).brief() for id in ids},
    }


def bridges(scope: Scope) -> dict[str, dict]:
    """How the distinct figures follow from the sites directly beneath."""
    return {
        "I-05": bridge(scope, scope.rows.site, scope.rows.person).as_dict(),
        "I-12": bridge(scope, *scope.served).as_dict(),
    }


def coverage_rows(month: Scope, year: Scope) -> list[dict]:
    """Each community: who of it came, by group and by category; how long nobody did; its volunteers."""
    book = month.book
    categories = {one.value: month.reached_by_category(number) for number, one in enumerate(Category)}
    rows = []
    for place in month.communities:
        at, everybody = book.facts.at[place.id], month.ground.people([place])
        volunteers = book.facts.volunteers.get(place.id, Volunteers(0, 0, 0))
        rows.append(
            {
                "site": place.code,
                "name": place.name,
                "groups": _groups(month, place),
                "year": _groups(year, place),
                "categories": {
                    name: Ratio(int(counts[at]), everybody).as_dict() for name, counts in categories.items()
                },
                "silent": int(book.silent[at]),
                "volunteers": volunteers._asdict(),
            }
        )
    return rows


def _groups(scope: Scope, place: Place) -> dict[str, dict]:
    at = scope.book.facts.at[place.id]
    return {
        group.value: Ratio(int(scope.reached[group][at]), scope.ground.people([place], group)).as_dict()
        for group in Group
    }


def _gap(month: Scope, place: Place, row: dict) -> dict | None:
    """A community with groups of whom nobody came; "all" stands alone for the whole of it."""
    whole = is_gap(month, place.id, Group.ALL)
    groups = [Group.ALL] if whole else [group for group in GROUPS if is_gap(month, place.id, group)]
    if not groups:
        return None
    everybody = row["categories"]["A01"]["denominator"]
    categories = [
        name for name, share in row["categories"].items() if not share["numerator"] and everybody != 0
    ]
    return {
        "site": place.code,
        "name": place.name,
        "groups": [group.value for group in groups],
        "categories": categories,
        "silent": row["silent"],
    }


def trend(book: Book, figures: dict, version: int) -> list[dict]:
    """Thirteen months, oldest first: closed ones as their version printed them, open ones as they stand."""
    rows = []
    for number, month in enumerate(book.facts.months):
        known = figures if number == NOW else _known(book, number)
        shown = _shown(known) if known else None
        which = version if number == NOW else book.counted.versions[number]
        rows.append({"month": str(month), "version": which, "figures": shown})
    return rows


def _known(book: Book, number: int) -> dict | None:
    """A month's figures as they were printed, or reckoned; None before anything is known of the district."""
    if book.facts.months[number] < book.facts.begun:
        return None  # closed or not: a version made again reads here where the year began
    if number in book.counted.printed:
        return book.counted.printed[number]["figures"]
    scope = scope_of(book, range(number, number + 1), {}, as_of=number)
    found = {id: FIGURES[id](scope).as_dict() for id in TREND}
    if number in book.counted.people:
        share = Ratio(found["I-07"]["numerator"], book.counted.people[number])
        found["I-07"] |= share.as_dict()
    return found


def _shown(figures: dict) -> dict:
    share = {name: figures["I-07"][name] for name in ("value", "numerator", "denominator", "over")}
    values = {id: figures[id]["value"] for id in TREND}
    return values | {"I-07": share, "minutes": figures["I-13"]["minutes"]}


def months(book: Book, version: int) -> list[dict]:
    """Which version each month of the year rests on, the report's own last."""
    counted = book.counted
    versions, again = (*counted.versions[:NOW], version), (*counted.again[:NOW], 0)
    return [
        {"month": str(month), "version": versions[number], "again": again[number]}
        for number, month in enumerate(book.facts.months)
        if number
    ]


def unfiled(facts: Facts) -> list[dict]:
    """What ended long ago at these sites and nobody closed out."""
    places = {place.id: place for place in facts.places}
    return [
        {
            "site": places[one.site_id].code,
            "name": places[one.site_id].name,
            "event": one.event,
            "title": one.title,
            "on": one.on.isoformat(),
        }
        for one in facts.unfiled
        if one.site_id in places
    ]


def sources(month: Scope) -> list[dict]:
    """Which counts the populations come from, and of how many communities."""
    used: dict[tuple[str, str], set[int]] = {}
    mine = {place.id for place in month.communities}
    for (community, _group), source in month.ground.sources.items():
        if community in mine:
            used.setdefault(source, set()).add(community)
    return [
        {"as_of": as_of, "source": source, "communities": len(communities)}
        for (as_of, source), communities in sorted(used.items())
    ]
