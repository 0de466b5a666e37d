"""Where a body of the report and the second count differ."""

from collections.abc import Iterator

BENEATH = {f"I-{number:02d}" for number in range(1, 29)} - {"I-08", "I-09"}
OWN = BENEATH - {"I-03", "I-07", "I-10", "I-11", "I-16", "I-17", "I-18"}
"""Figures that a row of a site beneath, and the row of what a site held itself, must have."""


def differences(body: dict, second: dict) -> Iterator[tuple]:
    """(where, in the report, in the second count), for everything that is counted."""
    for section in ("figures", "year", "bridge", "year_bridge", "rooms", "year_rooms"):
        yield from _within((section,), body[section], second[section])
    yield from _by_site(body["by_site"], second["by_site"])
    for section in ("coverage", "gaps"):
        yield from _each(section, body[section], second[section], lambda row: row["site"])
    for number, (ours, theirs) in enumerate(zip(body["unfiled"], second["unfiled"], strict=False)):
        yield from _within(("unfiled", number), ours, theirs)
    if len(body["unfiled"]) != len(second["unfiled"]):
        yield ("unfiled",), len(body["unfiled"]), len(second["unfiled"])
    yield from _each("months", body["months"], second["months"], lambda row: row["month"])
    for row in body["months"]:
        least, most = second["again"][row["month"]]
        if not least <= row["again"] <= most:
            yield ("months", row["month"], "again"), row["again"], (least, most)


def _by_site(ours: list, theirs: list) -> Iterator[tuple]:
    """A site that is no more and did nothing in the month may be left out; every other row has its figures."""
    there = {(row["site"], row["own"]) for row in ours}
    theirs = [row for row in theirs if (row["site"], row["own"]) in there or row["active"] or _did(row)]
    yield from _each("by_site", ours, theirs, lambda row: (row["site"], row["own"]))
    for row in ours:
        lacking = (OWN if row["own"] else BENEATH) - row["figures"].keys()
        if lacking:
            yield ("by_site", row["site"], "figures"), "not there", sorted(lacking)


def trend(body: dict, second: list) -> Iterator[tuple]:
    """The same of the thirteen months; of those before anything was known nothing is said."""
    for ours, theirs in zip(body["trend"], second, strict=True):
        where = ("trend", ours["month"])
        if ours["figures"] is not None:
            yield from _within(where, ours["figures"], theirs)
        elif theirs["I-01"] or theirs["minutes"]:
            yield where, None, theirs


def _did(row: dict) -> bool:
    """Organised something, or people served there."""
    return any(row["figures"][id]["value"] for id in ("I-01", "I-12", "I-13"))


def _each(section: str, ours: list, theirs: list, key) -> Iterator[tuple]:
    here, there = {key(row): row for row in ours}, {key(row): row for row in theirs}
    if list(here) != list(there):
        yield (section,), list(here), list(there)
    for name in here.keys() & there.keys():
        yield from _within((section, name), here[name], there[name])


def _within(where: tuple, ours, theirs) -> Iterator[tuple]:
    """What the second count has must stand in the report; a breakdown may leave its zeros out, a brief its parts."""
    if isinstance(theirs, dict):
        if not isinstance(ours, dict):
            yield where, ours, theirs
            return
        if str(where[-1]).startswith("by_"):
            theirs = {name: value for name, value in theirs.items() if value}
            ours = {name: value for name, value in ours.items() if value}
            yield from ((where, ours, theirs),) if ours != theirs else ()
            return
        for name, value in theirs.items():
            if name in ours:
                yield from _within((*where, name), ours[name], value)
            elif not _brief(where) and not (value is None or value == [] or value is False):
                yield (*where, name), "not there", value
    elif ours != theirs and not (where[-1] == "denominator" and not ours and not theirs):
        yield where, ours, theirs


def _brief(where: tuple) -> bool:
    """Rows of by_site name the value and its parts alone."""
    return where[0] == "by_site"


def numbers(where: tuple, value) -> Iterator[tuple]:
    """(path, number) for each counted number, so that what was never tried on anything but nothing is found."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from numbers((*where, name), one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield where, value
