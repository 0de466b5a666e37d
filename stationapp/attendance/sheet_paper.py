"""A sign-in sheet as it is set on paper and shown on a page: one set of data for both (look.md, Paper)."""

from collections.abc import Sequence

from flask_babel import gettext as _

from stationapp.attendance.models import SignSheet
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import Part
from stationapp.attendance.sheet_rules import said_serial
from stationapp.attendance.sheets import last_row
from stationapp.events.models import Event
from stationapp.sites.models import Site
from stationapp.web.filters import day, span, stamp
from stationapp.web.paper import Box, Sized, code, fit

_TITLE = Box(0, 0, 140, 22)
_FACT = Box(0, 0, 140, 12)
_NAME = Box(0, 0, 34, 9)
_TITLES = (28, 26, 24, 22, 20, 18, 16, 14)
_FACTS = (14, 13, 12, 11, 10)
_NAMES = (18, 17, 16, 15, 14, 13, 12, 11, 10, 9)

_NUMBER, _NAME_WIDE, _TAIL, _TIME, _PHONE, _REST = (
    13,
    38,
    26,
    24,
    52,
    0,
)  # millimetres; the rest is for signing


def as_data(
    sheet: SignSheet, event: Event, site: Site, lines: Sequence[tuple[int, Line]], *, address: str
) -> dict:
    """What `sheet.typ` sets; `lines` are the named rows with their numbers, `address` is what the code holds."""
    place = "，".join(part for part in (event.place, site.short_name) if part)
    when = span(event.starts_at, event.ends_at)
    return {
        "title": vars(fit(_("%(title)s 签到表", title=event.title), _TITLE, _TITLES)),
        "facts": [vars(fit(one, _FACT, _FACTS)) for one in (when, place)],
        "how": _("请在自己那一行签名。名单上没有的，请写在后面的空行里。"),
        "running": fit(f"{day(event.starts_at)} {event.title}", Box(0, 0, 105, 6), (11,)).text,
        "number_word": _("表号"),
        "serial": said_serial(sheet.serial),
        "scan": _("工作人员扫码录入"),
        "keep": _(
            "%(at)s打印。结束后把表号或二维码交给录入的人，全部几张一起录。", at=stamp(sheet.printed_at)
        ),
        "qr": vars(code(address)),
        "parts": [part for part in _parts(sheet, lines) if part["rows"]],
    }


def _parts(sheet: SignSheet, lines: Sequence[tuple[int, Line]]):
    helpers = [one for one in lines if one[1].part is Part.VOLUNTEER]
    yield {
        "title": _("参加的人"),
        "head": [_("序号"), _("姓名"), _("电话尾号"), _("签名")],
        "widths": [_NUMBER, _NAME_WIDE, _TAIL, _REST],
        "rows": [_row(*one) for one in lines if one[1].part is not Part.VOLUNTEER],
    }
    yield {
        "title": _("志愿者（到和离开都要写时间）"),
        "head": [_("序号"), _("姓名"), _("电话尾号"), _("几点到"), _("几点离开"), _("签名")],
        "widths": [_NUMBER, _NAME_WIDE, _TAIL, _TIME, _TIME, _REST],
        "rows": [_row(*one) for one in helpers],
    }
    yield {
        "title": _("没有报名、今天来的人"),
        "head": [_("序号"), _("姓名"), _("电话"), _("签名")],
        "widths": [_NUMBER, _NAME_WIDE, _PHONE, _REST],
        "rows": [_empty(n) for n in range(sheet.named_rows + 1, last_row(sheet) + 1)],
    }


def _row(number: int, line: Line) -> dict:
    return {"number": number, "name": vars(fit(line.shown.name, _NAME, _NAMES)), "tail": line.tail}


def _empty(number: int) -> dict:
    return {"number": number, "name": vars(Sized("", 9)), "tail": ""}
