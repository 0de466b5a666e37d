"""Where a body of the report and the second count differ."""

from collections.abc import Iterator


def differences(body: dict, second: dict) -> Iterator[tuple]:
    """(where, in the report, in the second count), for everything that is counted."""
    for section in ("figures", "year", "bridge", "year_bridge", "rooms", "year_rooms"):
        yield from _within((section,), body.get(section, {}), second[section])
    yield from _each(
        "by_site", body.get("by_site", []), second["by_site"], lambda row: (row["site"], bool(row["own"]))
    )
    for section in ("coverage", "gaps"):
        yield from _each(section, body.get(section, []), second[section], lambda row: row["site"])
    yield from _each("months", body.get("months", []), second["months"], lambda row: row["month"])


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
