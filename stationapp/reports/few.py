"""A body as it is shown: of fewer than five answers nobody reads how many were pleased (domain.md §9, I-23)."""

from collections import defaultdict

from stationapp.opinions.rules import ENOUGH, spoken


def unsaid(body: dict) -> dict:
    """The same body without the numerators of I-23 where answers are few, and where the rows of the table by site would
    tell those of a row with few; frozen bytes and sums keep them."""
    shown = body | {part: _quiet(body[part]) for part in ("figures", "year") if part in body}
    told = _told(body)
    shown["by_site"] = [
        row | {"figures": row["figures"] if n in told else _silent(row["figures"])}
        for n, row in enumerate(body["by_site"])
    ]
    return shown


def _quiet(figures: dict) -> dict:
    return figures if not 0 < _answers(figures) < ENOUGH else _silent(figures)


def _silent(figures: dict) -> dict:
    share = figures.get("I-23")
    return figures | {"I-23": share | {"value": None, "numerator": None}} if share else figures


def _answers(figures: dict) -> int:
    return figures.get("I-23", {}).get("denominator") or 0


_REST = -1
"""What a site held itself, where the table has no row for it."""


def _told(body: dict) -> set[int]:
    """The rows, by place, that say their share: each site's less those of the sites beneath it is nobody's, or that of
    five or more."""
    answers = {n: _answers(row["figures"]) for n, row in enumerate(body["by_site"])}
    whole = {row["site"]: answers[n] for n, row in enumerate(body["by_site"]) if not row["own"]}
    whole[body["site"]] = _answers(body["figures"])
    beneath = defaultdict(list)
    for n, row in enumerate(body["by_site"]):
        beneath[body["site"] if row["own"] else row["parent"]].append(n)
    told, silent = {n for n in answers if not answers[n]}, set()
    # Whoever is above comes before those beneath: the own row is the first.
    for above, its in beneath.items():
        known = {n: answers[n] for n in its}
        rest = whole.get(above, 0) - sum(known.values())
        spoke = set() if above in silent else spoken(known | {_REST: max(rest, 0)})
        told |= spoke
        silent |= {body["by_site"][n]["site"] for n in its if answers[n] and n not in spoke}
    return told - {_REST}
