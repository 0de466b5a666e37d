"""A report as it may leave the district: counts of 1 to 4 people are "<5", and nobody can compute them back.

domain.md §9: "Cells 1–4 in anything sent outside show '<5'"; trust.md §4.31: with complements. `hidden(body)` says of a
report's body what is a count of people and what a reader knows about these numbers: which are one number printed twice,
which add up (parts, sites beneath, communities, bands, months of the year, the bridge), which cannot exceed another
(a group inside a group, month and year, persons and attendances, children and union). `hiding.Grid` then withholds as
few as it finds necessary, by its rule. Zero stays 0: that nobody came is what the report is for. Counts of events and
sites, minutes and hours are no people and stay; so do differences that are printed nowhere (60 to 64 year old people of
a community as "60+ less 65+"). But people times minutes in a room, divided by an event's length, are its people: of a
site's rooms they are withheld, and as a sum (I-26) where it is not said of each site how many came.

What this cannot do, because it looks at one report alone: somebody who lays several versions of a month, the reports of
several months or those of an office and of its stations side by side can learn more than each of them says, as can
somebody who knows from elsewhere who came or how long each volunteer served, or works out what the rule would have
withheld for other numbers. Hand out one version, of one level.
"""

from copy import deepcopy

from flask_babel import lazy_gettext as _

from stationapp.reports.hiding import LARGEST, SMALLEST, State
from stationapp.reports.known import Known, Path, number

SMALL = "<5"
WITHHELD = "*"
MARKS = {State.SMALL: SMALL, State.STAR: WITHHELD}
NOTE = _("“<5”：1 至 4 人。“*”：为保护个人信息不公布。")
"""The sentence under whatever prints hidden numbers."""
COARSE = _("这份报表里人数小的地方太多，为保护个人信息，多数人数没有公布。")

_BREAKDOWNS = (("I-04", "by_band"), ("I-05", "by_home"), ("I-22", "by_channel"), ("I-23", "by_how"))
_STAYS = ("person_minutes", "person_hours")
_TOTALS = {
    "I-04": ("I-04", "value"),
    "I-05": ("I-05", "value"),
    "I-22": ("I-06", "numerator"),
    "I-23": ("I-23", "denominator"),
}


def hidden(body: dict) -> dict:
    """The body for outside: the same keys and `outside`; hidden counts are "<5" or "*", shares made of them "*".

    A breakdown of a total of 1 to 4 is empty: its keys alone would say how the total is made up.
    A body that could not be proven safe number by number within the steps allowed says `"withheld": "coarse"`:
    its tables, and where need be its figures, show no count of people but 0.
    """
    told = deepcopy(body) | {"outside": True}
    _drop_small_breakdowns(told)
    known = Known(told)
    known.tell()
    known.grid.hide()
    if known.grid.coarse:
        told["withheld"] = "coarse"
    for path, cell in known.printed.items():
        if mark := MARKS.get(known.grid.cells[cell].state):
            _put(told, path, mark)
    _hide_shares(told)
    _hide_stays(told)
    return told


def note(told: dict) -> str:
    """What is said beneath a hidden body; of one that was hidden coarsely, that it is."""
    return f"{NOTE}{COARSE}" if told.get("withheld") == "coarse" else str(NOTE)


def _drop_small_breakdowns(body: dict) -> None:
    for section in ("figures", "year"):
        figures = body.get(section, {})
        for id, name in _BREAKDOWNS:
            total = number(figures, _TOTALS[id])
            if name in figures.get(id, {}) and total is not None and SMALLEST <= total <= LARGEST:
                figures[id][name] = {}


def _hide_shares(value: object) -> None:
    """A share of which a part is hidden says nothing itself, not even whether it is over 100 %."""
    if isinstance(value, list):
        for one in value:
            _hide_shares(one)
    if isinstance(value, dict):
        for one in value.values():
            _hide_shares(one)
        parts = (value.get("numerator"), value.get("denominator"))
        if WITHHELD in parts or SMALL in parts:
            value["value"] = None if value.get("value") is None else WITHHELD
            if "over" in value:
                value["over"] = False


def _hide_stays(body: dict) -> None:
    rooms = [use for part in ("rooms", "year_rooms") for use in body.get(part, {}).values()]
    sections = [body[part] for part in ("figures", "year") if part in body]
    came = [figures.get("I-04", {}) for figures in (*sections, *(row["figures"] for row in body["by_site"]))]
    if any(isinstance(one.get(name), str) for one in came for name in ("value", "named", "anonymous")):
        rooms += [figures["I-26"] for figures in sections if "I-26" in figures]
    for use in rooms:
        use |= {name: WITHHELD for name in _STAYS if use.get(name)}


def _put(body: dict | list, path: Path, mark: str) -> None:
    for key in path[:-1]:
        body = body[key]
    body[path[-1]] = mark
