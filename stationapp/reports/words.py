"""What figures and their parts are called, and how a month is told (domain.md §9, look.md)."""

import re
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from stationapp.calendar.rules import AgeBand, Month
from stationapp.events.rules import Cadence, Category, Task
from stationapp.reports.lines import Key, Mark, Number, SummaryLine
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
    "I-09": _("类别覆盖率"),
    "I-10": _("阵地活跃率"),
    "I-11": _("空白清单"),
    "I-12": _("参与志愿者"),
    "I-13": _("志愿服务时长"),
    "I-14": _("人均时长"),
    "I-15": _("补录占比"),
    "I-16": _("注册志愿者占比"),
    "I-17": _("志愿者活跃率"),
    "I-18": _("志愿服务参与率"),
    "I-19": _("到场率"),
    "I-20": _("名额使用率"),
    "I-21": _("现场到场占比"),
    "I-22": _("渠道构成"),
    "I-23": _("满意度"),
    "I-24": _("点单办结率"),
    "I-25": _("取消率"),
    "I-26": _("功能室使用率"),
    "I-27": _("一老一小占比"),
    "I-28": _("未满足需求"),
}

MEANING = {
    "I-01": _("期内开始、已归档，且至少有一人次签到或现场计数的场次；按类别、任务、周期分列。"),
    "I-02": _("有效场次所属的系列活动与单次活动，每项只算一次。"),
    "I-03": _(
        "当月自办有效场次达到最低要求（站每月 %(station)d 场）的站 ÷ 月末在用的站；"
        "所每月 %(office)d 场、中心每两月 %(center)d 场另列。"
        "年内累计按“站·月”计：各月达标站数之和 ÷ 各月月末在用站数之和。",
        station=MINIMUM[Level.STATION][0],
        office=MINIMUM[Level.OFFICE][0],
        center=MINIMUM[Level.CENTER][0],
    ),
    "I-04": _("受益居民的签到人次，加上没有留名的现场计数；实名与计数分列。"),
    "I-05": _("受益居民去重人数；现场计数不算人数。上级按并集重新去重，并列出桥接。"),
    "I-06": _("实名人次 ÷ 服务人数，保留两位小数。"),
    "I-07": _("辖区社区居民期内参加过全区任一活动的去重人数 ÷ 社区人口。任一社区缺人口数时，合计写“—”。"),
    "I-08": _("同社区覆盖率，分 14 岁以下、18 岁以下、60、65、80 岁以上；年龄按活动当日。"),
    "I-09": _("同社区覆盖率，按活动类别：参加过该类活动的居民 ÷ 社区总人口。"),
    "I-10": _("期内至少自办一场有效活动的阵地 ÷ 月末在用的阵地，中心、所、站都算。"),
    "I-11": _(
        "期内没有一人参加过任何活动的“社区·群体”个数；该群体人口为 0 的不算。连续三个月以上没有一人参加的社区另列。"
    ),
    "I-12": _("在有效场次以志愿者身份到场，或台账在期内有时长的志愿者，去重。"),
    "I-13": _("台账分钟数按服务日期合计 ÷ 60，保留一位小数，只舍不入。"),
    "I-14": _("志愿服务时长 ÷ 参与志愿者，保留一位小数，只舍不入。"),
    "I-15": _("补录的分钟数（含对补录的更正）÷ 台账分钟数。"),
    "I-16": _("月末在册、现住辖区社区的志愿者 ÷ 社区人口。"),
    "I-17": _("现住辖区、月末在册的志愿者中，最近 12 个月在全区服务过的人数 ÷ 在册人数。"),
    "I-18": _("现住辖区、最近 12 个月在全区做过志愿服务的人数 ÷ 社区人口。"),
    "I-19": _("有效场次的已确认报名中到场的人数 ÷ 已确认报名；现场到场与已取消的不算。"),
    "I-20": _("限名额的有效场次：实名与现场计数之和 ÷ 名额；不限名额的不算，可以超过 100%。"),
    "I-21": _("没有报名、直接到场的实名人次 ÷ 实名人次。"),
    "I-22": _("实名人次按报名渠道分列；比率为 60 岁以上人次中电话代报与现场代报所占。"),
    "I-23": _(
        "活动后的评价中四分以上（满意的脸）的份数 ÷ 评价份数；每人只取最后一次，任何人不得代填。不足五份写“样本不足”。"
        "另列应评人次与评价率。"
    ),
    "I-24": _("在期限内办结的点单 ÷ 收到的点单。点单尚未启用时写“—”。"),
    "I-25": _("取消的场次 ÷（有效场次 + 取消的场次），按原定开始时间归月。"),
    "I-26": _("本阵地功能室在开放时间内的使用分钟数 ÷ 开放分钟数；没有登记开放时间的功能室不算，另列间数。"),
    "I-27": _("标了“一老”或“一小”主题的有效场次 ÷ 有效场次；60 岁以上与 14 岁以下的服务人数 ÷ 服务人数。"),
    "I-28": _("有效场次中始终没有轮到名额的候补人次，加上被驳回或过期的点单。"),
}

NOTES = (
    _("月份为自然月（北京时间），以活动开始时间归月，含月初、不含下月初。"),
    _("举办口径：谁举办算谁的；居住地口径：人住在哪个社区算哪个社区。联合举办的只算在牵头的阵地。"),
    _("居住社区与年龄段取签到当时的记录；外区居民与住址不详者单列，不进覆盖率。"),
    _("分母取月末当日有效的人口数；缺数写“—”，不写 0%。百分比保留一位小数，四舍五入；超过 100% 照印并标注。"),
    _("各级人数不能相加：同一人到过两个站，上级只算一人。"),
    _("年内累计以各月已关账的版本为准；关账后补来的事实记入该月的下一版。"),
    _("对外文件中 1 至 4 人写“<5”，能倒推出它的数写“*”。"),
)

_AXES = {Axis.ORGANISER: _("举办口径"), Axis.RESIDENCE: _("居住地口径")}
_STATES = {
    "open": _("未关账"),
    "provisional": _("暂定"),
    "closed": _("已关账"),
    "restated": _("已更正"),
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
    "I-01": _("场"), "I-02": _("项"), "I-04": _("人次"), "I-05": _("人"), "I-11": _("处"), "I-12": _("人"),
    "I-22": _("人次"), "I-23": _("份"), "I-28": _("人次"),
}  # fmt: skip
_NAMED = {
    "named": _("实名"),
    "anonymous": _("现场计数"),
    "minutes": _("台账分钟"),
    "communities": _("没有一人参加的社区"),
    "silent": _("连续三个月以上没有一人参加的社区"),
    "asked": _("应评人次"),
    "rate": _("评价率"),
    "rooms": _("功能室"),
    "without_hours": _("没有登记开放时间的功能室"),
    "person_minutes": _("使用的人·分钟"),
    "person_hours": _("使用的人·小时"),
    "events": _("一老一小场次"),
    "old": _("一老场次"),
    "young": _("一小场次"),
    "persons": _("老人和孩子"),
    "waiting": _("候补没有轮到"),
    "needs": _("点单没有满足"),
    "year": _("年内累计"),
}
_PART_UNITS = {
    "minutes": _("分钟"),
    "communities": _("个社区"),
    "silent": _("个社区"),
    "asked": _("人次"),
    "rooms": _("间"),
    "without_hours": _("间"),
    "person_minutes": _("人·分钟"),
    "person_hours": _("人·小时"),
    "level": _("个"),
}
_HOWS = {"page": _("网上"), "paper": _("纸条"), "call": _("电话")}
_MARKS = {
    Mark.OVER: _("超过 100%"),
    Mark.FEW: _("样本不足"),
    Mark.NOT_IN_USE: _("点单尚未启用"),
    Mark.NO_POPULATION: _("缺人口数"),
}
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
    if isinstance(case, ReportState):
        return str(_STATES[case.value])
    for words in (_GROUPS, _LEVELS, _CHANNELS, _HOMES, _AXES, _UNITS, _MARKS):
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
    return str(_HOWS[value]) if name == "by_how" else said(_PARTS[name](value))


def label(key: Key) -> str:
    """A summary line's name: 有效场次 · 文化服务."""
    words = [str(FIGURES[key[0]])]
    rest = list(key[1:])
    if len(rest) > 1 and (rest[0] in _PARTS or rest[0] == "by_how"):
        words.append(part(rest[0], rest[1]))
        rest = rest[2:]
    return " · ".join(words + [_named(one) for one in rest])


def _named(name: str) -> str:
    if name in _NAMED:
        return str(_NAMED[name])
    return said(Category(name)) if name[0] == "A" else said(Group(name))


def counting(id: str) -> str:
    """What a count of this figure counts: 场, 人次."""
    return str(_COUNTS.get(id, ""))


def unit(line: SummaryLine) -> str:
    """What a line's number counts: 场, 人次, 小时, %."""
    if line.key[1:] and line.key[1] in _PART_UNITS:
        return str(_PART_UNITS[line.key[1]])
    if line.unit is Unit.COUNT:
        return counting(line.id)
    return gettext("小时/人") if line.id == "I-14" else said(line.unit)


def notes(line: SummaryLine) -> str:
    """What is to be known of a line's number: 超过 100%；缺人口数."""
    return "；".join(said(mark) for mark in line.marks)


def shown(value: Number, unit: Unit) -> str:
    """A value as printed: 12,345 · 88.0% · 1.37 · 40.5; "—" when there is none, "<5" and "*" as they stand."""
    if value is None:
        return "—"
    if isinstance(value, str):
        return value
    if unit is Unit.COUNT:
        return f"{value:,}"
    return f"{value:,.2f}" if unit is Unit.TIMES else f"{value:,.1f}{'%' if unit is Unit.PERCENT else ''}"


_NUMERALS = "一二三四五六七八九十"


def month_name(month: Month) -> str:
    """十月; 十一月."""
    tens = "十" if month.month > 10 else ""
    return gettext("%(name)s月", name=tens + _NUMERALS[(month.month - 1) % 10])


def spoken(number: int | str) -> str:
    """As a person would say it: 214, 约 8 千, 约 1 千 5 百, 约 1 万 2 千; 不到 5, 若干 where it
    is hidden."""
    if isinstance(number, str):
        return gettext("不到 5") if number == "<5" else gettext("若干")
    if number < 1000:
        return str(number)
    unit = 100 if number < 5000 else 1000
    whole = int((Decimal(number) / unit).quantize(Decimal(1), ROUND_HALF_UP)) * unit
    parts = (
        (whole // 10_000, gettext("万")),
        (whole // 1000 % 10, gettext("千")),
        (whole // 100 % 10, gettext("百")),
    )
    return gettext("约 %(number)s", number=" ".join(f"{count} {of}" for count, of in parts if count))


_BETWEEN_WORDS = re.compile("(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
"""约 8 千 人来了 约 9 千 次 → 约 8 千人来了约 9 千次: blanks stand around digits alone."""


def sentence(body: dict) -> str:
    """What a person would say of the month."""
    figures = body["figures"]
    month = month_name(Month.parse(body["month"]))
    if not figures["I-01"]["value"]:
        return gettext("%(month)s，%(site)s还没有一场归档的活动。", month=month, site=body["name"])
    told = f"{_opening(body, month)}{_came(figures)}{_silence(body)}"
    return _BETWEEN_WORDS.sub("", told)


def _came(figures: dict) -> str:
    persons, times, counted = figures["I-05"]["value"], figures["I-04"]["named"], figures["I-04"]["anonymous"]
    told = ""
    if times:
        told = gettext("，%(persons)s 人来了 %(times)s 次", persons=spoken(persons), times=spoken(times))
        if counted:
            told += gettext("，现场另计 %(n)s 人次", n=spoken(counted))
    elif counted:
        told = gettext("，现场计数 %(n)s 人次，没有人留名", n=spoken(counted))
    return told


def _opening(body: dict, month: str) -> str:
    events = spoken(body["figures"]["I-01"]["value"])
    if body["level"] == Level.STATION.value:
        return gettext("%(month)s，%(site)s办了 %(events)s 场", month=month, site=body["name"], events=events)
    site = gettext("全区") if body["level"] == Level.CENTER.value else body["name"]
    busy = sum(
        row["level"] == Level.STATION.value and row["figures"]["I-01"]["value"] > 0 for row in body["by_site"]
    )
    if not busy:
        return gettext(
            "%(month)s，%(site)s办了 %(events)s 场，没有一个站办", month=month, site=site, events=events
        )
    return gettext(
        "%(month)s，%(site)s %(sites)d 个站办了 %(events)s 场",
        month=month,
        site=site,
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
