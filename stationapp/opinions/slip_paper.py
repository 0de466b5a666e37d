"""Slips as they are set on paper: eight on a page to be cut apart, each with serial and number, no name anywhere."""

from flask_babel import gettext as _

from stationapp.attendance.sheet_rules import said_serial
from stationapp.events.models import Event
from stationapp.opinions.models import SlipSheet
from stationapp.opinions.rules import Face
from stationapp.sites.models import Site
from stationapp.web.filters import day
from stationapp.web.paper import Box, code, fit
from stationapp.web.words import word

_TITLE = Box(0, 0, 62, 12)
_FACT = Box(0, 0, 84, 5.5)
_TITLES = (16, 15, 14, 13, 12, 11)


def as_data(sheet: SlipSheet, event: Event, site: Site, *, address: str) -> dict:
    """What `slips.typ` sets; `address` opens the page on which the slips are entered."""
    return {
        "title": vars(fit(event.title, _TITLE, _TITLES)),
        "fact": vars(fit(f"{day(event.starts_at)} · {site.short_name}", _FACT, (11, 10, 9))),
        "question": _("这场活动怎么样？请圈一张脸。"),
        "faces": [
            {"small": place, "score": face.value, "word": str(word(face)), "mouth": _MOUTHS[face]}
            for place, face in enumerate(Face, 1)
        ],
        "comment": _("想说一句（不写也行）"),
        "promise": _("不用写名字。填好放进箱子里。"),
        "serial": said_serial(sheet.serial),
        "slips": sheet.slips,
        "qr": vars(code(address)),
        "running": _("评价单 %(title)s", title=fit(event.title, Box(0, 0, 80, 6), (11,)).text),
    }


_MOUTHS = {
    Face.GOOD: "M14 29c3 5 17 5 20 0",
    Face.SO_SO: "M15 31h18",
    Face.BAD: "M14 34c3-5 17-5 20 0",
}
"""As in components/faces.html."""
