"""Certificates and record sheets as data for the typesetter (`typst/certificate.typ`, `typst/record.typ`)."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from flask_babel import gettext as _
from sqlalchemy import Row

from stationapp import clock
from stationapp.certificates.rules import stars
from stationapp.messages.certified import check_code, check_path
from stationapp.residents.rules import Masked
from stationapp.web.filters import groups, hours
from stationapp.web.paper import Box, code, fit, settable
from stationapp.web.words import word

ISSUER = Box(0, 0, 94, 20)


def long_day(day: date) -> str:
    """A day as a document says it: 2026年11月23日."""
    return _("%(y)s年%(m)s月%(d)s日", y=day.year, m=day.month, d=day.day)


def stars_said(reached: int) -> str:
    """What may be said of stars: the hours to apply are reached, never that any were awarded; "" below the first."""
    if not reached:
        return ""
    return _("累计时长已达到申请%(n)s星级志愿者所需的小时数。", n=_("一二三四五")[reached - 1])


def certificate(said: dict, *, revoked: bool, public_url: str) -> dict:
    """A certificate's sheet, from its frozen content."""
    number = said["number"]
    return {
        "title": _("志愿服务记录证明"),
        "number_label": _("编号"),
        "number": number,
        "revoked": _("已撤销") if revoked else "",
        "before": _("兹证明"),
        "name": settable(said["name"]),
        "identity": _identity(said),
        "body": _body(date.fromisoformat(said["from"]), date.fromisoformat(said["to"])),
        "hours": hours(said["minutes"]),
        "unit": _("小时"),
        "head": [_("服务内容"), _("次数"), _("小时")],
        "kinds": [
            [kind or _("其他志愿服务"), str(times), hours(minutes)] for kind, times, minutes in said["kinds"]
        ],
        "total": [_("合计"), str(sum(times for _kind, times, _m in said["kinds"])), hours(said["minutes"])],
        "stars": stars_said(said["stars"]),
        "closing": _("特此证明。"),
        "signed": [[_("负责人"), settable(said["in_charge"])], [_("经办人"), settable(said["handler"])]],
        "contact": [_("联系方式"), settable(said["contact"])],
        "issuer": asdict(fit(said["issuer"], ISSUER, (16, 15, 14, 13, 12))),
        "seal": _("（公章）"),
        "on": long_day(date.fromisoformat(said["on"])),
        "qr": asdict(code(public_url + check_path(number))),
        "scan": _("微信扫一扫，查验真伪"),
        "check": _("校验码 %(code)s", code=groups(check_code(number))),
        "notes": [
            _("本证明免费出具，只计出具单位和所属站点记录的志愿服务。时长以查验页面为准。"),
            _(
                "不方便扫码的，打开 %(address)s，填编号和校验码。页面写着“已撤销”的，本证明无效。",
                address=f"{public_url.split('://')[-1]}/certificates",
            ),
        ],
    }


def certificates(sheets: Sequence[dict]) -> dict:
    """Several of them as one file, a page each."""
    return {"title": _("志愿服务记录证明"), "sheets": list(sheets)}


def _identity(said: dict) -> str:
    """How the person can be told from others of that name."""
    if not said["phone"]:
        return _("（志愿者编号 %(code)s）", code=said["volunteer"])
    return _("（联系电话 %(phone)s，志愿者编号 %(code)s）", code=said["volunteer"], phone=said["phone"])


def _body(begin: date, end: date) -> list[list[str]]:
    """The sentence after the name in pieces: what is said, and "day" where it is one."""
    days = [[long_day(begin), "day"]]
    if end != begin:
        days += [[_("至"), ""], [long_day(end), "day"]]
    span = _("参加志愿服务。") if end == begin else _("期间参加志愿服务。")
    return [[_("于"), ""], *days, [span + _("按照志愿服务记录，累计服务时长为"), ""]]


def record(
    person: Masked,
    lines: Sequence[Row],
    total: int,
    elsewhere: int,
    *,
    volunteer_code: str,
    site_name: str,
    phone: str,
    now: datetime,
) -> dict:
    """The record sheet: `lines` as `volunteers.ledger.list_lines` gives them; `elsewhere`: minutes left out.

    Each line of it: its cells, and whether another line took it back.
    """
    by_hand = sum(row.HoursEntry.minutes for row in lines if row[3] and not row[4])
    return {
        "title": _("志愿服务记录（平台查询单）"),
        "notice": _("本单是平台记录的查询结果，不是证明。需要证明的，请向组织服务的单位申请出具。"),
        "who": [
            [_("姓名"), settable(person.name)],
            [_("联系电话"), person.phone or "—"],
            [_("志愿者编号"), volunteer_code],
            [_("登记在"), settable(site_name)],
        ],
        "head": [_("行号"), _("日期"), _("做了什么"), _("阵地"), _("分钟"), _("来源")],
        "lines": [_line(row) for row in reversed(lines)],
        "elsewhere": [_("记在别的阵地的合计"), _minutes(elsewhere)] if elsewhere else [],
        "total": [_("合计"), _("%(m)s 分钟", m=_minutes(total)), _("%(h)s 小时", h=hours(total))],
        "by_hand": _("其中补录 %(h)s 小时。", h=hours(by_hand)) if by_hand else "",
        "stars": stars_said(stars(total)),
        "empty": _("还没有记入的时长。"),
        "legend": _(
            "“签到”是活动现场签到、签退算出的时长；“补录”是事后由一人提出、上一级另一人批准的时长；“更正”是冲销前面一行的新行。记录只增不改。"
        ),
        "ask": _("觉得不对，请联系%(site)s %(phone)s，站点必须答复。", site=settable(site_name), phone=phone),
        "foot": _("志愿者编号 %(code)s", code=volunteer_code),
        "page": [_("第 "), _(" 页，共 "), _(" 页")],
        "printed": _("查询时间 %(at)s", at=clock.local(now).strftime("%Y-%m-%d %H:%M")),
    }


def _line(row: Row) -> tuple[list[str], bool]:
    line, site, event, manual, undone = row
    if event:
        what = event.title
    elif manual:
        what = word(manual.reason)
    else:
        what = _("更正第 %(n)s 行", n=line.corrects_id)
    source = _("更正") if line.corrects_id else _("补录") if manual else _("签到")
    if undone:
        source = _("%(source)s，已冲销", source=source)
    return [
        str(line.id), line.served_on.isoformat(), settable(what), settable(site.short_name), _minutes(line.minutes),
        source,
    ], undone  # fmt: skip


def _minutes(minutes: int) -> str:
    return f"−{-minutes}" if minutes < 0 else str(minutes)
