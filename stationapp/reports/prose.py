"""The month told in the sentences of an official report, each number as the tables have it. Pure over the body.

What is missing is said to be missing; what is hidden is "不足5"; a clause without a number is left out.
"""

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from flask_babel import gettext as _

from stationapp.calendar.rules import Month
from stationapp.events.rules import Cadence, Category
from stationapp.reports import words
from stationapp.reports.lines import Number
from stationapp.reports.rules import GROUPS, ReportState, Unit
from stationapp.reports.sheet import Cell, clean, day
from stationapp.reports.small_cells import note
from stationapp.sites.rules import Group, Level

NAMED = 10
"""So many communities or events are named in a sentence; the rest stand in the annex."""

LONG_SILENT = 3
"""Months in a row from which on a community is said to be silent (I-11)."""


class Part(NamedTuple):
    """One numbered section: its heading and its paragraphs."""

    heading: str
    paragraphs: list[str]


def month_said(body: dict) -> str:
    """2026年10月."""
    month = Month.parse(body["month"])
    return _("%(year)d年%(month)d月", year=month.year, month=month.month)


def day_said(on: Cell) -> str:
    """2026年11月9日; what is no date as it stands."""
    return f"{on.year}年{on.month}月{on.day}日" if isinstance(on, date) else str(on)


def unit(body: dict) -> str:
    """The whole name of whose report it is: a body has what people say, 湖北路 for 湖北路新时代文明实践所."""
    name = clean(body["name"])
    return name if _("文明实践") in name else f"{name}{_('新时代文明实践')}{words.said(Level(body['level']))}"


def title(body: dict) -> str:
    """What the report is called."""
    return _("关于%(month)s新时代文明实践覆盖情况的报告", month=month_said(body))


def parts(body: dict) -> list[Part]:
    """The report's sections; those that an older body cannot fill are left out."""
    told = (
        (_("总体情况"), _whole(body)),
        (_("阵地与活动"), _sites(body)),
        (_("覆盖情况"), _coverage(body)),
        (_("志愿服务"), _volunteers(body)),
        (_("群众评价与需求"), _opinions(body)),
        (_("空白与下一步"), _gaps(body)),
        (_("数据说明"), _basis(body)),
    )
    written = [(heading, list(filter(None, sentences))) for heading, sentences in told]
    return [Part(heading, paragraphs) for heading, paragraphs in written if paragraphs]


def amount(value: Number, what: str = "") -> str:
    """12,034人次; 不足5人; 若干人."""
    if isinstance(value, str):
        return (_("不足5") if value == "<5" else _("若干")) + what
    return f"{value:,}{what}"


def _share(share: dict, unit: Unit = Unit.PERCENT) -> str:
    """10.2%, with what is to be said of more than 100 %."""
    said = words.shown(share["value"], unit)
    return _("%(share)s（超过100%%）", share=said) if share.get("over") else said


def _known(share: dict | None) -> bool:
    """Whether there is a share to print."""
    return share is not None and isinstance(share.get("value"), int | float)


def who(body: dict) -> str:
    """Whose month it is, as a sentence says it."""
    return _("全区") if body["level"] == Level.CENTER.value else unit(body)


def _joined(clauses: list[str], end: str = "。") -> str:
    found = [clause for clause in clauses if clause]
    return "，".join(found) + end if found else ""


# --- 一 --------------------------------------------------------------------------------------------------------


def _whole(body: dict) -> Iterator[str]:
    month = month_said(body)
    figures = body["figures"]
    if not figures["I-01"]["value"]:
        yield _("%(month)s，%(who)s没有已归档的有效活动。", month=month, who=who(body))
    else:
        yield _joined([f"{month}，{who(body)}{_held(figures)}", *_served(figures)]) + _last_month(body)
    year = body.get("year")
    if year and Month.parse(body["month"]).month > 1 and year["I-01"]["value"]:
        span = _("1月至%(month)d月", month=Month.parse(body["month"]).month)
        yield _joined([_("%(span)s累计%(held)s", span=span, held=_held(year)), *_served(year)])


def _held(figures: dict) -> str:
    events, activities = figures["I-01"]["value"], figures["I-02"]["value"]
    return _(
        "举办有效活动%(events)s（计%(n)s）", events=amount(events, _("场")), n=amount(activities, _("项"))
    )


def _served(figures: dict) -> Iterator[str]:
    times, persons = figures["I-04"], figures["I-05"]["value"]
    if not times["named"]:
        yield _("服务%(n)s，均为现场计数、没有留名", n=amount(times["value"], _("人次")))
        return
    yield _(
        "服务居民%(persons)s、%(times)s",
        persons=amount(persons, _("人")),
        times=amount(times["value"], _("人次")),
    )
    if times["anonymous"]:
        yield _(
            "其中实名%(named)s、现场计数%(anonymous)s",
            named=amount(times["named"], _("人次")),
            anonymous=amount(times["anonymous"], _("人次")),
        )
    if _known(figures["I-06"]):
        yield _("人均参与%(n)s次", n=words.shown(figures["I-06"]["value"], Unit.TIMES))


def _last_month(body: dict) -> str:
    trend = body.get("trend") or []
    if len(trend) < 2 or not trend[-2]["figures"]:
        return ""
    last = trend[-2]["figures"]
    if last.get("I-01") is None or last.get("I-04") is None:
        return ""
    return _(
        "上月为%(events)s、%(times)s。",
        events=amount(last["I-01"], _("场")),
        times=amount(last["I-04"], _("人次")),
    )


# --- 二 --------------------------------------------------------------------------------------------------------


def _sites(body: dict) -> Iterator[str]:
    figures = body["figures"]
    yield _meeting(body)
    yield _kinds(figures["I-01"])
    yield _seats(figures)
    rooms = figures.get("I-26")
    if _known(rooms):
        hours = amount(rooms["numerator"] // 6 / 10 if isinstance(rooms["numerator"], int) else 0, _("小时"))
        told = _("功能室在开放时间内使用%(hours)s，使用率%(share)s", hours=hours, share=_share(rooms))
        without = rooms.get("without_hours")
        yield _joined(
            [told, _("另有%(n)s没有登记开放时间，未计入", n=amount(without, _("间"))) if without else ""]
        )


def _meeting(body: dict) -> str:
    meets, active = body["figures"]["I-03"], body["figures"].get("I-10")
    if body["level"] == Level.STATION.value:
        if not meets["denominator"]:
            return ""
        return _("本站达到了每月最低场次。") if meets["numerator"] else _("本站没有达到每月最低场次。")
    clauses = []
    if meets["denominator"]:
        clauses.append(
            _(
                "月末在用的%(active)d个站中有%(met)d个达到每月最低场次，占%(share)s",
                active=meets["denominator"],
                met=meets["numerator"],
                share=_share(meets),
            )
        )
    if _known(active):
        clauses.append(
            _(
                "中心、所、站%(all)d个阵地中有%(busy)d个自办了活动，阵地活跃率%(share)s",
                all=active["denominator"],
                busy=active["numerator"],
                share=_share(active),
            )
        )
    return _joined(clauses)


def _kinds(held: dict) -> str:
    def listed(name: str, cases) -> str:
        counts = held.get(name, {})
        return "、".join(
            f"{words.said(case)}{amount(counts[case.value], _('场'))}"
            for case in cases
            if counts.get(case.value)
        )

    kinds, cadences = listed("by_category", Category), listed("by_cadence", Cadence)
    return _joined(
        [
            _("按类别分，%(list)s", list=kinds) if kinds else "",
            _("按周期分，%(list)s", list=cadences) if cadences else "",
        ]
    ).replace("，按周期分", "；按周期分")


def _seats(figures: dict) -> str:
    came, used, cancelled = (figures.get(id) for id in ("I-19", "I-20", "I-25"))
    clauses = []
    if _known(came):
        clauses.append(
            _(
                "已确认的报名%(all)s中到场%(came)s，到场率%(share)s",
                all=amount(came["denominator"], _("人次")),
                came=amount(came["numerator"], _("人次")),
                share=_share(came),
            )
        )
    if _known(used):
        clauses.append(_("限名额场次的名额使用率%(share)s", share=_share(used)))
    if _known(cancelled):
        clauses.append(
            _(
                "取消活动%(n)s，取消率%(share)s",
                n=amount(cancelled["numerator"], _("场")),
                share=_share(cancelled),
            )
            if cancelled["numerator"]
            else _("没有取消的活动")
        )
    return _joined(clauses)


# --- 三 --------------------------------------------------------------------------------------------------------


def _coverage(body: dict) -> Iterator[str]:
    if not body["coverage"]:
        return
    figures = body["figures"]
    yield _reached(body)
    groups = figures["I-08"]["groups"]
    yield _("分群体看，%(list)s。", list="、".join(_group(group, groups[group.value]) for group in GROUPS))
    pair = figures.get("I-27")
    if pair and _known(pair["events"]):
        told = [_themed(pair["events"])]
        if _known(pair["persons"]):
            told.append(
                _(
                    "60岁以上和14岁以下居民%(n)s，占服务人数%(share)s",
                    n=amount(pair["persons"]["numerator"], _("人")),
                    share=_share(pair["persons"]),
                )
            )
        yield _joined(told)


def _themed(share: dict) -> str:
    if not share["numerator"]:
        return _("没有一老一小主题的活动")
    return _(
        "一老一小主题活动%(n)s，占有效场次%(share)s",
        n=amount(share["numerator"], _("场")),
        share=_share(share),
    )


def _reached(body: dict) -> str:
    covered = body["figures"]["I-07"]
    told = _("按居住地计，所辖社区居民有%(n)s参加过全区的活动", n=amount(covered["numerator"], _("人")))
    if covered["denominator"] is None:
        return _("%(told)s；有社区缺人口数，覆盖率未计算。", told=told)
    if not _known(covered):
        return _joined([told])
    clauses = [
        told,
        _(
            "占社区人口%(all)s的%(share)s",
            all=amount(covered["denominator"], _("人")),
            share=_share(covered),
        ),
    ]
    year = body.get("year", {}).get("I-07") or covered.get("year")
    if _known(year):
        clauses.append(
            _(
                "年内累计%(n)s、%(share)s",
                n=amount(year["numerator"], _("人")),
                share=_share(year),
            )
        )
    return _joined(clauses)


def _group(group: Group, share: dict) -> str:
    name = words.said(group)
    if share["denominator"] is None:
        return _("%(group)s缺人口数", group=name)
    if share["denominator"] == 0:
        return _("%(group)s没有人口", group=name)
    if not _known(share):
        return _("%(group)s%(n)s", group=name, n=amount(share["numerator"], _("人")))
    return _(
        "%(group)s%(share)s（%(n)s）", group=name, share=_share(share), n=amount(share["numerator"], _("人"))
    )


# --- 四、五 ----------------------------------------------------------------------------------------------------


def _volunteers(body: dict) -> Iterator[str]:
    figures = body["figures"]
    if not figures["I-12"]["value"]:
        yield _("本月没有志愿者服务的记录。")
    else:
        hours, manual, mean = figures["I-13"]["value"], figures["I-15"], figures.get("I-14")
        yield _joined(
            [
                _(
                    "参与志愿者%(n)s，服务%(hours)s小时",
                    n=amount(figures["I-12"]["value"], _("人")),
                    hours=words.shown(hours, Unit.HOURS),
                ),
                _("人均%(n)s小时", n=words.shown(mean["value"], Unit.HOURS)) if _known(mean) else "",
                _("其中补录占%(share)s", share=_share(manual)) if _known(manual) else "",
            ]
        )
    registered, active, served = (figures.get(id) for id in ("I-16", "I-17", "I-18"))
    if registered and registered["numerator"] == 0:
        yield _("月末没有在册、住在所辖社区的志愿者。")
    elif registered and registered["numerator"] is not None:
        clauses = [
            _("月末在册、住在所辖社区的志愿者%(n)s", n=amount(registered["numerator"], _("人"))),
            _("占社区人口%(share)s", share=_share(registered)) if _known(registered) else "",
            _("其中最近12个月服务过的占%(share)s", share=_share(active)) if _known(active) else "",
            _("志愿服务参与率%(share)s", share=_share(served)) if _known(served) else "",
        ]
        yield _joined(clauses)


def _opinions(body: dict) -> Iterator[str]:
    figures = body["figures"]
    if "I-23" in figures:
        yield _satisfied(figures["I-23"])
    if "I-28" in figures:
        waiting = figures["I-28"]["waiting"]
        yield (
            _("候补中有%(n)s始终没有轮到名额。", n=amount(waiting, _("人次")))
            if waiting
            else _("没有始终轮不到名额的候补。")
        )
    if figures.get("I-24", {}).get("missing") == "needs":
        yield _("点单尚未启用，点单办结率未计算。")


def _satisfied(one: dict) -> str:
    answers = one["denominator"]
    if not answers:
        return _("没有收到活动后的评价。")
    if not _known(one):
        few = _("不足五份，样本不足，不计算满意度") if one.get("few") else ""
        return _joined([_("收到活动后的评价%(n)s", n=amount(answers, _("份"))), few])
    rate = one.get("rate")
    return _joined(
        [
            _("收到活动后的评价%(n)s", n=amount(answers, _("份"))),
            _("评价率%(share)s", share=_share(rate)) if _known(rate) else "",
            _("其中满意%(n)s", n=amount(one["numerator"], _("份"))),
            _("满意度%(share)s", share=_share(one)),
        ]
    )


# --- 六、七 ----------------------------------------------------------------------------------------------------


def _gaps(body: dict) -> Iterator[str]:
    gaps = body["gaps"]
    if not body["coverage"]:
        return
    if not gaps:
        yield _("所辖社区的各个群体都有人参加，没有空白。")
        return
    alone = len(body["coverage"]) == 1
    empty = [gap for gap in gaps if "all" in gap["groups"]]
    if empty and alone:
        yield _("本月所辖社区没有一人参加过任何活动。")
    elif empty:
        yield _(
            "没有一人参加过任何活动的社区%(n)d个：%(list)s。",
            n=len(empty),
            list=_names([gap["name"] for gap in empty]),
        )
    long = [gap["name"] for gap in gaps if gap.get("silent", 0) >= LONG_SILENT]
    if long and alone:
        yield _("这里已经连续%(n)d个月没有一人参加。", n=gaps[0]["silent"])
    elif long and len(long) == len(empty):
        yield _("以上社区都已经连续三个月以上没有一人参加。")
    elif long:
        yield _("其中连续三个月以上没有一人参加的%(n)d个：%(list)s。", n=len(long), list=_names(long))
    partly = [(group, sum(group.value in gap["groups"] for gap in gaps)) for group in GROUPS]
    if alone:
        listed = "、".join(words.said(group) for group, n in partly if n)
        if listed:
            yield _("没有一人参加的群体：%(list)s。", list=listed)
    elif any(n for _group, n in partly):
        listed = "、".join(f"{words.said(group)}{amount(n, _('个社区'))}" for group, n in partly if n)
        yield _("另有部分群体没有一人参加：%(list)s，详见空白清单。", list=listed)
    yield _("下月安排活动时，优先考虑上述社区和群体。")


def _names(names: list[str]) -> str:
    said = "、".join(clean(name) for name in names[:NAMED])
    return said if len(names) <= NAMED else _("%(list)s等", list=said)


def _basis(body: dict) -> Iterator[str]:
    state = ReportState(body["state"])
    told = _("本报告的数字由活动归档、签到和志愿时长台账逐笔汇总，没有手工填报的合计数")
    if body["version"]:
        yield _("%(told)s，为第%(n)d版（%(state)s）。", told=told, n=body["version"], state=words.said(state))
    else:
        yield _("%(told)s。本月尚未关账，数字会随归档变化，以关账的版本为准。", told=told)
    if body["populations"]:
        sources = "、".join(
            _("%(source)s（截至%(as_of)s）", source=clean(one["source"]), as_of=day_said(day(one["as_of"])))
            for one in body["populations"]
        )
        yield _("人口数来源：%(list)s。", list=sources)
    unfiled = body.get("unfiled", ())
    if unfiled:
        listed = _names([_("%(site)s“%(title)s”", site=one["name"], title=one["title"]) for one in unfiled])
        yield _(
            "另有%(n)d场活动结束十个工作日以后仍未归档，未计入以上数字：%(list)s。",
            n=len(unfiled),
            list=listed,
        )
    again = sum(one["again"] or 0 for one in body.get("months", ()))
    if again:
        yield _("年内有%(n)d场活动在所在月份关账后又重新归档，按现在的记录计。", n=again)
    if body.get("outside"):
        yield note(body)
