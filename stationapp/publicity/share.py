"""The picture that goes along when a page is shared: square, as WeChat shows it, with the words in the middle."""

from stationapp.publicity.queries import Announced
from stationapp.sites.models import Site
from stationapp.web.filters import span
from stationapp.web.paper import PT, Box, fit
from stationapp.web.words import word

SIDE = 600
"""Pixels; WeChat takes no picture smaller than 300."""

_BANNER = (24, 18, 552, 60, (36, 30, 24))
_TITLE = (30, 116, 540, 250, (88, 76, 66, 58, 50, 42, 36, 30))
_WHEN = (30, 380, 540, 92, (40, 36, 32))
_WHERE = (30, 476, 540, 50, (32, 28, 24))
_WHOSE = (30, 532, 540, 44, (26, 22))


def of_event(line: Announced, house: str) -> dict:
    """What is drawn for an event (`typst/share.typ`): what, when, where, whose; `house` is the district's name."""
    banner = word(line.state) if line.is_called_off else house
    return _drawing(banner, line.title, span(line.starts_at, line.ends_at), line.where, line.site)


def of_site(site: Site, house: str) -> dict:
    """The same for a place: its name, when it is open, where it is."""
    return _drawing(house, site.short_name, site.hours, site.address, site.name)


def _drawing(banner: str, title: str, when: str, where: str, whose: str) -> dict:
    said = {"banner": banner, "title": title, "when": when, "where": where, "whose": whose}
    places = {"banner": _BANNER, "title": _TITLE, "when": _WHEN, "where": _WHERE, "whose": _WHOSE}
    return {name: _part(text, *places[name]) for name, text in said.items()} | {"side": SIDE}


def _part(text: str, x: int, y: int, w: int, h: int, ladder: tuple[int, ...]) -> dict:
    """Pixels are points here: one of each is the other at 72 to the inch."""
    box = Box(x * PT, y * PT, w * PT, h * PT)
    sized = fit(text, box, ladder)
    return {"box": {"x": box.x, "y": box.y, "w": box.w, "h": box.h}, "text": sized.text, "pt": sized.pt}
