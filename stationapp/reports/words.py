"""What figures and their parts are called, and how a month is told (domain.md §9, look.md)."""

from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from stationapp.calendar.rules import AgeBand, Month
from stationapp.events.rules import Cadence, Category, Task
from stationapp.reports.lines import Key
from stationapp.reports.rules import MINIMUM, Axis, ReportState, Unit
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.rules import Group, Level
from stationapp.web.words import word

FIGURES = {
    "I-01": _("有效场次"),
    "I-02": _("活动项数"),
    "I-03": _("达标站数"),
    "I-04": _("服务人次"),
    "I-05": _("服务人数"),
    "I-06": _("人均参与"),
    "I-07": _("社区覆盖率"),
    "I-08": _("群体覆盖率"),
    "I-12": _("参与志愿者"),
    "I-13": _("志愿服务时长"),
    "I-15": _("补录占比"),
    "I-22": _("渠道构成"),
}

MEANING = {
    "I-01": _("当月开始、已归档，且至少有一人次签到或现场计数的场次；按类别、任务、周期分列。"),
    "I-02": _("有效场次所属的系列活动与单次活动，每项只算一次。"),
    "I-03": _(
        "当月自办有效场次达到最低要求（站每月 %(station)d 场）的站 ÷ 月末在用的站；"
        "所每月 %(office)d 场、中心每两月 %(center)d 场另列。",
        station=MINIMUM[Level.STATION][0],
        office=MINIMUM[Level.OFFICE][0],
        center=MINIMUM[Level.CENTER][0],
    ),
    "I-04": _("受益居民的签到人次，加上没有留名的现场计数；实名与计数分列。"),
    "I-05": _("受益居民去重人数；现场计数不算人数。上级按并集重新去重，并列出桥接。"),
    "I-06": _("实名人次 ÷ 服务人数，保留两位小数。"),
    "I-07": _(
        "居住地口径：辖区社区居民当月（及年内累计）参加过全区任一活动的去重人数 ÷ 社区人口。"
        "任一社区缺人口数时，合计写“—”。"
    ),
    "I-08": _("居住地口径：同社区覆盖率，分 14 岁以下、18 岁以下、60、65、80 岁以上；年龄按活动当日。"),
    "I-12": _("当月在有效场次以志愿者身份到场，或台账有当月时长的志愿者，去重。"),
    "I-13": _("台账分钟数按服务日期合计 ÷ 60，保留一位小数，只舍不入。"),
    "I-15": _("补录的分钟数（含对补录的更正）÷ 台账分钟数。"),
    "I-22": _("实名人次按报名渠道分列；比率为 60 岁以上人次中电话代报与现场代报所占。"),
}

NOTES = (
    _("月份为自然月（北京时间），以活动开始时间归月，含月初、不含下月初。"),
    _("举办口径：谁举办算谁的；居住地口径：人住在哪个社区算哪个社区。联办只算牵头单位。"),
    _("居住社区与年龄段取签到当时的记录；外区居民与住址不详者单列，不进覆盖率。"),
    _("分母取月末当日有效的人口数；缺数写“—”，不写 0%。百分比保留一位小数，四舍五入；超过 100% 照印并标注。"),
    _("各级人数不能相加：同一人到过两个站，上级只算一人。"),
)

_AXES = {Axis.ORGANISER: _("举办口径"), Axis.RESIDENCE: _("居住地口径")}
_STATES = {
    ReportState.OPEN: _("未关账"),
    ReportState.CLOSED: _("已关账"),
    ReportState.RESTATED: _("已更正"),
}
_GROUPS = {
    Group.ALL: _("全体"),
    Group.UNDER_14: _("14岁以下"),
    Group.UNDER_18: _("18岁以下"),
    Group.OVER_60: _("60岁以上"),
    Group.OVER_65: _("65岁以上"),
    Group.OVER_80: _("80岁以上"),
}
_LEVELS = {Level.CENTER: _("中心"), Level.OFFICE: _("所"), Level.STATION: _("站")}
_CHANNELS = {
    Channel.WEB: _("本人网上"),
    Channel.FAMILY: _("亲友代报"),
    Channel.PHONE: _("电话代报"),
    Channel.DESK: _("现场代报"),
    Channel.TEAM: _("团队名单"),
    Channel.WALK_IN: _("现场到场"),
}
_HOMES = {Lives.HERE: _("本区社区"), Lives.OUTSIDE: _("外区居民"), Lives.UNKNOWN: _("住址不详")}
_UNITS = {Unit.COUNT: "", Unit.PERCENT: "%", Unit.TIMES: _("次/人"), Unit.HOURS: _("小时")}
_COUNTS = {
    "I-01": _("场"), "I-02": _("项"), "I-04": _("人次"), "I-05": _("人"), "I-12": _("人"),
}  # fmt: skip
_NAMED = {"named": _("实名"), "anonymous": _("现场计数"), "minutes": _("台账分钟"), "year": _("年内累计")}
_PARTS: dict[str, type[Enum]] = {
    "by_category": Category,
    "by_task": Task,
    "by_cadence": Cadence,
    "by_band": AgeBand,
    "by_home": Lives,
    "by_channel": Channel,
    "level": Level,
}


def said(case: Enum) -> str:
    """A case in words."""
    for words in (_GROUPS, _LEVELS, _CHANNELS, _HOMES, _STATES, _AXES, _UNITS):
        if case in words:
            return str(words[case])
    if isinstance(case, AgeBand):
        return age(case)
    return word(case)


def age(band: AgeBand) -> str:
    """0–2岁, 80岁以上, 年龄不详."""
    if band is AgeBand.UNKNOWN:
        return gettext("年龄不详")
    if band is AgeBand.B80:
        return gettext("80岁以上")
    return gettext("%(ages)s岁", ages=band.value.replace("-", "–"))


def part(name: str, value: str) -> str:
    """A part of a figure: ("by_category", "A03") → 文化服务."""
    return said(_PARTS[name](value))


def label(key: Key) -> str:
    """A summary line's name: 有效场次 · 文化服务."""
    words = [str(FIGURES[key[0]])]
    rest = list(key[1:])
    if rest and rest[0] in _PARTS:
        words.append(part(rest[0], rest[1]))
    else:
        words += [str(_NAMED[one]) if one in _NAMED else said(Group(one)) for one in rest]
    return " · ".join(words)


def counting(id: str) -> str:
    """What a count of this figure counts: 场, 人次."""
    return str(_COUNTS.get(id, ""))


def shown(value: int | float | None, unit: Unit) -> str:
    """A value as printed: 12,345 · 88.0% · 1.37 · 40.5; "—" when there is none."""
    if value is None:
        return "—"
    if unit is Unit.COUNT:
        return f"{value:,}"
    return f"{value:,.2f}" if unit is Unit.TIMES else f"{value:,.1f}{'%' if unit is Unit.PERCENT else ''}"


_NUMERALS = "一二三四五六七八九十"


def month_name(month: Month) -> str:
    """十月; 十一月."""
    tens = "十" if month.month > 10 else ""
    return gettext("%(name)s月", name=tens + _NUMERALS[(month.month - 1) % 10])


def spoken(number: int) -> str:
    """As a person would say it: 214, 8 千, 1 万 2 千."""
    if number < 1000:
        return str(number)
    thousands = int((Decimal(number) / 1000).quantize(Decimal(1), ROUND_HALF_UP))
    ten, rest = divmod(thousands, 10)
    words = [gettext("%(n)d 万", n=ten)] if ten else []
    words += [gettext("%(n)d 千", n=rest)] if rest else []
    return gettext("约 %(number)s", number=" ".join(words))


def sentence(body: dict) -> str:
    """What a person would say of the month."""
    figures = body["figures"]
    month = month_name(Month.parse(body["month"]))
    if not figures["I-01"]["value"]:
        return gettext("%(month)s，%(site)s还没有一场归档的活动。", month=month, site=body["name"])
    told = gettext(
        "，%(persons)s 人来了 %(times)s 次",
        persons=spoken(figures["I-05"]["value"]),
        times=spoken(figures["I-04"]["named"]),
    )
    if figures["I-04"]["anonymous"]:
        told += gettext("，现场另计 %(n)s 人次", n=spoken(figures["I-04"]["anonymous"]))
    return f"{_opening(body, month)}{told}{_silence(body)}"


def _opening(body: dict, month: str) -> str:
    events = spoken(body["figures"]["I-01"]["value"])
    if body["level"] == Level.STATION.value:
        return gettext("%(month)s，%(site)s办了 %(events)s 场", month=month, site=body["name"], events=events)
    busy = sum(
        row["level"] == Level.STATION.value and row["figures"]["I-01"]["value"] > 0 for row in body["by_site"]
    )
    return gettext(
        "%(month)s，%(site)s %(sites)d 个站办了 %(events)s 场",
        month=month,
        site=gettext("全区") if body["level"] == Level.CENTER.value else body["name"],
        sites=busy,
        events=events,
    )


def _silence(body: dict) -> str:
    children = sum(Group.UNDER_14.value in gap["groups"] or "all" in gap["groups"] for gap in body["gaps"])
    if not children:
        return gettext("。")
    if body["level"] == Level.STATION.value:
        return gettext("；这里的孩子一次也没轮上。")
    return gettext("；有 %(n)d 个社区的孩子一次也没轮上。", n=children)
