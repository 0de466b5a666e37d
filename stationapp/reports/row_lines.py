"""The rows behind a figure as lines of a table: heads and cells in words, for the page and for its files.

Names are masked; of a minor not even that stands there (domain.md §11, trust.md A3): a list needs no reason, and what
would show who a child is needs one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from stationapp.calendar.rules import Month
from stationapp.opinions.rules import Face
from stationapp.reports import words
from stationapp.reports.rules import BANDS
from stationapp.residents.rules import OF_AGE, masked_name
from stationapp.sites.rules import Group
from stationapp.web.filters import stamp
from stationapp.web.words import word


@dataclass(frozen=True)
class Linked:
    """A cell that leads to an event's own page."""

    text: str
    event: str  # its code

    def __str__(self) -> str:
        return self.text


Cell = str | int | Linked | None
Line = list[Cell]


def lines(name: str, rows: Iterable, month: Month) -> list[Line]:
    """The cells of each row; who is under age is reckoned on the month's last day."""
    cells, youngest = _CELLS[name], of_age_in(month)
    return [cells(row, youngest) for row in rows]


def of_age_in(month: Month) -> str:
    """The month of birth of the youngest who are of age on a month's last day."""
    return f"{month.year - OF_AGE:04d}-{month.month:02d}"


def heads(name: str) -> list[str]:
    """What the columns are called."""
    return [str(head) for head in HEADS[name]]


def month_said(month: Month) -> str:
    """2026年9月."""
    return gettext("%(y)d年%(m)d月", y=month.year, m=month.month)


def shown_name(row, youngest: str) -> str:
    """Masked; of a minor, by the age of that day or by the month of birth, nothing."""
    child = getattr(row, "child", 0) or getattr(row, "band", None) in BANDS[Group.UNDER_18]
    if child or (row.birth_month or "") > youngest:
        return gettext("未成年人")
    return masked_name(row.name)


def _yes(flag: object) -> str:
    return gettext("是") if flag else gettext("否")


def _event(row) -> Linked:
    return Linked(row.title, row.code)


_WHEN = (_("时间"), _("活动"), _("阵地"))

HEADS: dict[str, tuple] = {
    "events": (*_WHEN, _("类别"), _("实名"), _("现场计数"), _("名额")),
    "activities": (_("活动"), _("周期"), _("阵地"), _("场次")),
    "headcounts": (*_WHEN, _("年龄段"), _("人次")),
    "called_off": _WHEN,
    "minimum": (_("月份"), _("代码"), _("阵地"), _("自办有效场次"), _("达标")),
    "sites": (_("代码"), _("阵地"), _("自办有效场次"), _("办过")),
    "gaps": (_("社区"), _("群体"), _("人口")),
    "rooms": (_("阵地"), _("功能室"), _("开放时间"), _("开放时间内使用（分钟）"), _("开放（分钟）")),
    "answers": (_("活动"), _("满意程度")),
    "attendances": (*_WHEN, _("姓名"), _("年龄段"), _("居住地"), _("渠道")),
    "persons": (_("编号"), _("姓名"), _("人次")),
    "reached": (_("姓名"), _("其中来这里的人次")),
    "promises": (*_WHEN, _("姓名"), _("渠道"), _("到场")),
    "waiting": (*_WHEN, _("姓名"), _("渠道")),
    "hours": (_("台账行"), _("服务日期"), _("志愿者"), _("阵地"), _("来源"), _("分钟")),
    "volunteers": (_("编号"), _("姓名"), _("分钟")),
    "register": (_("姓名"), _("现住社区"), _("近 12 个月服务过")),
}


def _source(row) -> str:
    said = {
        "attendance": gettext("签到"),
        "manual": gettext("补录"),
        "correction": gettext("更正第 %(n)s 行", n=row.corrects_id or ""),
    }[row.source]
    return said + gettext("（补录）") if row.manual and row.source == "correction" else said


def _events(row, _youngest: str) -> Line:
    when = [stamp(row.starts_at), _event(row), row.short_name]
    return [*when, words.said(row.category), row.named, row.anonymous, row.capacity]


def _attendance(row, youngest: str) -> Line:
    home = row.home or words.said(row.lives)
    who = [shown_name(row, youngest), words.age(row.band), home, words.said(row.channel)]
    return [stamp(row.starts_at), _event(row), row.short_name, *who]


def _signup(row, youngest: str) -> Line:
    return [
        stamp(row.starts_at),
        _event(row),
        row.short_name,
        shown_name(row, youngest),
        words.said(row.channel),
    ]


def _hours(row, youngest: str) -> Line:
    who = [shown_name(row, youngest), row.short_name, _source(row), row.minutes]
    return [str(row.id), row.served_on.isoformat(), *who]


def _answer(row, _youngest: str) -> Line:
    face = str(word(Face(row.score))) if row.score is not None else gettext("不单列")
    return [row.title or gettext("答复少的场次，合在一起"), face]


def _activity(row, _youngest: str) -> Line:
    cadence = words.said(row.cadence) if row.cadence else gettext("单次")
    return [_event(row), cadence, row.short_name, row.events]


def _room(row, _youngest: str) -> Line:
    return [row.site, row.name, row.hours or gettext("没有写"), row.used, row.open]


_CELLS: dict[str, Callable[..., Line]] = {
    "events": _events,
    "activities": _activity,
    "headcounts": lambda row, _: [
        stamp(row.starts_at), _event(row), row.short_name, words.age(row.band), row.people
    ],
    "called_off": lambda row, _: [stamp(row.starts_at), _event(row), row.short_name],
    "minimum": lambda row, _: [
        month_said(row.month), row.place.code, row.place.name, row.events, _yes(row.reached)
    ],
    "sites": lambda row, _: [row.place.code, row.place.name, row.events, _yes(row.reached)],
    "gaps": lambda row, _: [row.place.name, words.said(row.group), row.people],
    "rooms": _room,
    "answers": _answer,
    "attendances": _attendance,
    "persons": lambda row, youngest: [str(row.id), shown_name(row, youngest), row.times],
    # Without numbers: they would tell a station which of the people it knows went or served where else.
    "reached": lambda row, youngest: [shown_name(row, youngest), row.times],
    "promises": lambda row, youngest: [*_signup(row, youngest), _yes(row.came)],
    "waiting": _signup,
    "hours": _hours,
    "volunteers": lambda row, youngest: [str(row.id), shown_name(row, youngest), row.minutes],
    "register": lambda row, youngest: [shown_name(row, youngest), row.home, _yes(row.active)],
}  # fmt: skip
