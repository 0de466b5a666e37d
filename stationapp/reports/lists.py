"""The list behind each figure: they are counted again from the rows, and must come to what the figure says (R4)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select

from stationapp.attendance.models import Attendance
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import Category, Theme
from stationapp.reports import rows_held, rows_people
from stationapp.reports.behind import Period, Scope
from stationapp.reports.rules import BANDS, GROUPS
from stationapp.signups.rules import Channel
from stationapp.sites.rules import Group


@dataclass(frozen=True)
class Ask:
    """Which rows are wanted. A figure that has no such choice leaves it aside; `community` is a site's code."""

    id: str
    group: Group | None = None
    category: Category | None = None
    community: str | None = None
    part: str = ""


ROWS = ""
"""Instead of a column's name: how many rows there are."""


@dataclass(frozen=True)
class Listing:
    """A list: `name` is its kind, `rows` a query (of people, and of many) or what was found.

    `above` and `below` say what is added up to the figure's value or numerator and to its denominator: a column,
    ROWS, or None where these rows do not hold it.
    """

    name: str
    rows: Select | Sequence
    above: str | None = ROWS
    below: str | None = None

    @property
    def of_people(self) -> bool:
        """Whether it shows persons, masked: whoever looks is written down (trust.md A1)."""
        return self.name in PEOPLE


PEOPLE = ("attendances", "persons", "reached", "promises", "waiting", "hours", "volunteers", "register")

PARTS = {"I-04": ("named", "anonymous"), "I-27": ("events", "old", "young", "persons")}
"""Figures of several lists; the first stands for the figure unless another is asked for."""


def part_of(ask: Ask) -> str:
    """Which of a figure's lists is meant."""
    parts = PARTS.get(ask.id, ("",))
    return ask.part if ask.part in parts else parts[0]


def listing(scope: Scope, ask: Ask) -> Listing | None:
    """The rows behind a figure, in a steady order; None for one that rests on nothing yet (I-24)."""
    made = _LISTS.get(ask.id)
    return made(scope, ask) if made else None


def measure(found: Listing) -> tuple[int | None, int | None]:
    """What the rows come to: value or numerator, and denominator; None where they do not hold it."""
    return _sum(found, found.above), _sum(found, found.below)


def _sum(found: Listing, column: str | None) -> int | None:
    if column is None:
        return None
    if not isinstance(found.rows, Select):
        return len(found.rows) if column == ROWS else sum(getattr(row, column) or 0 for row in found.rows)
    rows = found.rows.order_by(None).subquery()
    number = func.count() if column == ROWS else func.coalesce(func.sum(rows.c[column]), 0)
    return int(db.session.scalar(select(number).select_from(rows)))


def expected(body: dict, period: Period, ask: Ask) -> tuple[int | None, int | None]:
    """What the body says they must come to; None where it does not say it."""
    share = _share(body, period, ask)
    if share is None:
        return None, None
    above = share.get("numerator", share.get("value"))
    return above, share.get("denominator")


def _share(body: dict, period: Period, ask: Ask) -> dict | None:
    if ask.community not in (None, body["site"]):  # a station's own figures are its community's
        return _of_community(body, period, ask)
    figure = body.get("year" if period is Period.YEAR else "figures", {}).get(ask.id)
    if figure is None:
        return None
    if ask.id in ("I-07", "I-08") and (ask.group or ask.id == "I-08"):
        figures = body["year" if period is Period.YEAR else "figures"]
        group = ask.group or GROUPS[0]
        return figures["I-07"] if group is Group.ALL else figures["I-08"]["groups"][group.value]
    if ask.id == "I-09":
        return figure["categories"][(ask.category or Category.A01).value]
    return _of_part(figure, ask)


def _of_part(figure: dict, ask: Ask) -> dict | None:
    part = part_of(ask)
    if ask.id == "I-27":
        return figure[part]
    if ask.id == "I-04":
        return {"value": figure[part]}
    if ask.id == "I-13":
        return {"value": figure["minutes"]}
    if ask.id == "I-23":  # how many were pleased is not said of few
        return {"value": None, "denominator": figure["denominator"]}
    if ask.id == "I-01" and ask.category:
        return {"value": figure["by_category"].get(ask.category.value, 0)}
    if ask.id == "I-11" and ask.group:
        return None
    return figure


_VOLUNTEERS = {"I-16": ("registered", None), "I-17": ("active", "registered"), "I-18": ("served", None)}


def _of_community(body: dict, period: Period, ask: Ask) -> dict | None:
    """One cell of the table by community."""
    row = next((one for one in body["coverage"] if one["site"] == ask.community), None)
    if row is None:
        return None
    if ask.id in ("I-07", "I-08"):
        group = ask.group or (Group.ALL if ask.id == "I-07" else GROUPS[0])
        return row.get("year" if period is Period.YEAR else "groups", {}).get(group.value)
    if ask.id == "I-09" and period is Period.MONTH:
        return row.get("categories", {}).get((ask.category or Category.A01).value)
    if ask.id in _VOLUNTEERS and "volunteers" in row:
        above, below = _VOLUNTEERS[ask.id]
        return {"numerator": row["volunteers"][above]} | (
            {"denominator": row["volunteers"][below]} if below else {}
        )
    return None


def disagreements(scope: Scope, body: dict) -> list[str]:
    """The lists of a body's figures that do not come to what it says, as "I-08 60+" (R4)."""
    found = []
    for ask in asks():
        if ask.id == "I-26" and any(part.report_id for part in scope.parts[:-1]):
            continue  # rooms of closed months count as printed, and no version keeps one by one what they were
        its = listing(scope, ask)
        if its is not None and not agrees(measure(its), expected(body, scope.period, ask)):
            which = ask.group.value if ask.group else ask.category.value if ask.category else ask.part
            found.append(f"{ask.id} {which}".strip())
    return found


def agrees(found: tuple, said: tuple) -> bool:
    """Whether rows come to what is said, as far as both say something; nothing said of a denominator is 0."""
    (above, below), (value, base) = found, said
    if value is not None and above is not None and above != value:
        return False
    return below is None or below == (base or 0)


def asks() -> list[Ask]:
    """Every list of a report, each part, group and category apart."""
    found = []
    for id in _LISTS:
        if id == "I-08":
            found += [Ask(id, group=group) for group in GROUPS]
        elif id == "I-09":
            found += [Ask(id, category=category) for category in Category]
        else:
            found += [Ask(id, part=part) for part in PARTS.get(id, ("",))]
    return found


# --- which list stands behind which figure ----------------------------------------------------------------------


def _events(scope: Scope, ask: Ask) -> Listing:
    return Listing("events", rows_held.events(scope, *rows_held.of_category(ask.category)))


def _named_or_not(scope: Scope, ask: Ask) -> Listing:
    if part_of(ask) == "anonymous":
        return Listing("headcounts", rows_held.headcounts(scope), above="people")
    return Listing("attendances", rows_people.attendances(scope))


def _reached(scope: Scope, ask: Ask) -> Listing:
    group = ask.group or (GROUPS[0] if ask.id == "I-08" else Group.ALL)
    if ask.id == "I-09":
        category = ask.category or Category.A01
        rows = rows_people.reached(scope, Group.ALL, ask.community, Event.category == category)
        return Listing("reached", rows)
    return Listing("reached", rows_people.reached(scope, group, ask.community))


_THEMES = {"events": (Theme.OLD, Theme.YOUNG), "old": (Theme.OLD,), "young": (Theme.YOUNG,)}


def _old_and_young(scope: Scope, ask: Ask) -> Listing:
    part = part_of(ask)
    if part == "persons":
        ages = BANDS[Group.OVER_60] | BANDS[Group.UNDER_14]
        return Listing("persons", rows_people.persons(scope, rows_people.of_ages(ages)))
    return Listing("events", rows_held.events(scope, rows_held.themed(*_THEMES[part])))


def _old(scope: Scope, _ask: Ask) -> Listing:
    rows = rows_people.attendances(scope, rows_people.of_ages(BANDS[Group.OVER_60]))
    return Listing("attendances", rows, above="helped", below=ROWS)


def _walk_ins(scope: Scope, _ask: Ask) -> Listing:
    return Listing("attendances", rows_people.attendances(scope, Attendance.channel == Channel.WALK_IN))


def _limited(scope: Scope, _ask: Ask) -> Listing:
    return Listing("events", rows_held.events(scope, Event.capacity > 0), above="came", below="capacity")


_LISTS: dict[str, Callable[[Scope, Ask], Listing]] = {
    "I-01": _events,
    "I-02": lambda scope, _: Listing("activities", rows_held.activities(scope)),
    "I-03": lambda scope, _: Listing("minimum", rows_held.minimum(scope), above="met", below="due"),
    "I-04": _named_or_not,
    "I-05": lambda scope, _: Listing("persons", rows_people.persons(scope)),
    "I-06": lambda scope, _: Listing("attendances", rows_people.attendances(scope)),
    "I-07": _reached,
    "I-08": _reached,
    "I-09": _reached,
    "I-10": lambda scope, _: Listing("sites", rows_held.active_sites(scope), above="met", below="due"),
    "I-11": lambda scope, ask: Listing("gaps", rows_held.gaps(scope, ask.community, ask.group)),
    "I-12": lambda scope, _: Listing("volunteers", rows_people.volunteers(scope)),
    "I-13": lambda scope, _: Listing("hours", rows_people.hours(scope), above="minutes"),
    "I-14": lambda scope, _: Listing("volunteers", rows_people.volunteers(scope), "minutes", ROWS),
    "I-15": lambda scope, _: Listing("hours", rows_people.hours(scope, manual=True), above="minutes"),
    "I-16": lambda scope, ask: Listing("register", rows_people.register(scope, ask.community)),
    "I-17": lambda scope, ask: Listing(
        "register", rows_people.register(scope, ask.community), above="active", below=ROWS
    ),
    "I-18": lambda scope, ask: Listing("register", rows_people.register(scope, ask.community, anybody=True)),
    "I-19": lambda scope, _: Listing("promises", rows_people.promises(scope), above="came", below=ROWS),
    "I-20": _limited,
    "I-21": _walk_ins,
    "I-22": _old,
    "I-23": lambda scope, _: Listing("answers", rows_held.answers(scope), above=None, below=ROWS),
    "I-25": lambda scope, _: Listing("called_off", rows_held.called_off(scope)),
    "I-26": lambda scope, _: Listing("rooms", rows_held.rooms(scope), above="used", below="open"),
    "I-27": _old_and_young,
    "I-28": lambda scope, _: Listing("waiting", rows_people.waiting(scope)),
}
"""Of I-24 there are no rows yet."""
