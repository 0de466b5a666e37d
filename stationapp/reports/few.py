"""A body as it is shown: of fewer than five answers nobody reads how many were pleased (domain.md §9, I-23)."""

from stationapp.opinions.rules import ENOUGH


def unsaid(body: dict) -> dict:
    """The same body without the numerators of I-23 where answers are few; frozen bytes and sums keep them."""
    shown = body | {part: _quiet(body[part]) for part in ("figures", "year") if part in body}
    shown["by_site"] = [row | {"figures": _quiet(row["figures"])} for row in body["by_site"]]
    return shown


def _quiet(figures: dict) -> dict:
    share = figures.get("I-23")
    if share is None or not 0 < (share["denominator"] or 0) < ENOUGH:
        return figures
    return figures | {"I-23": share | {"numerator": None}}
