"""Personal cards as data for the typesetter (`typst/cards.typ`): ten to an A4, each the size of a bank card."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from stationapp.sites.models import Site
from stationapp.web.paper import LEADING, PT, Box, code, fit, height, settable, width

NAME = Box(0, 0, 38, 14)
SITE = Box(0, 0, 38, 7.5)

_ONE_LINE = (26, 23, 20, 17, 15)
_IN_PARTS = (17, 15, 13, 11, 9)


@dataclass(frozen=True)
class Name:
    """A name in lines and the size in points at which they fit their place."""

    lines: list[str]
    pt: int


def name_of(text: str) -> Name:
    """A name at the largest size that fits; a long one breaks after a point between its parts, never inside one."""
    text = settable(text)
    for pt in _ONE_LINE:
        if width(text) * pt * PT <= NAME.w:
            return Name([text], pt)
    parts = [f"{part}·" for part in text.split("·")]
    parts[-1] = parts[-1].removesuffix("·")
    for pt in _IN_PARTS if len(parts) > 1 else ():
        lines = _packed(parts, NAME.w / (pt * PT))
        if lines and height(len(lines), pt) <= NAME.h:
            return Name(lines, pt)
    fitted = fit(text, NAME, (17, 14, 11, 9))
    return Name([fitted.text], fitted.pt)


def _packed(parts: Sequence[str], room: float) -> list[str]:
    """The parts in as few lines as `room` type sizes allow; none when one of them does not fit alone."""
    lines: list[str] = []
    for part in parts:
        if width(part) > room:
            return []
        if lines and width(lines[-1] + part) <= room:
            lines[-1] += part
        else:
            lines.append(part)
    return lines


def sheet(people: Sequence[tuple[str, str, str]], site: Site, *, district: str) -> dict:
    """Cards handed out by a site, for people as (full name, serial, address of the code)."""
    return {
        "title": _("个人卡"),
        "house": _("%(district)s新时代文明实践", district=district),
        "use": _("参加活动时出示"),
        "lost": _("卡丢了，请打电话挂失"),
        "leading": LEADING - 1,
        "cards": [
            {
                "name": vars(name_of(name)),
                "number": serial,
                "qr": vars(code(address)),
                "site": vars(fit(site.short_name, SITE, (9, 8, 7))),
                "phone": site.phone,
            }
            for name, serial, address in people
        ],
    }
