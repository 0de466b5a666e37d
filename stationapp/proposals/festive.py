"""Days that call for something, and what a site could hold on them (domain.md §12): texts of drafts, to be adapted."""

from dataclasses import replace
from datetime import date, time
from itertools import count

from stationapp.calendar.festivals import Festival, festivals
from stationapp.calendar.rules import Month
from stationapp.catalogue.rules import TemplateFields
from stationapp.events.rules import Category, Task, Theme
from stationapp.proposals.ground import Idea, Occasion, Origin

NEIGHBOURS_DAY = 3
"""The day of each month on which 洛阳 holds its 邻里日."""

_OURS = frozenset({Theme.FESTIVALS})
_EVERYBODY = "全体居民"


def _festive(title: str, summary: str, **changes: object) -> TemplateFields:
    values = {
        "title": title,
        "summary": summary,
        "category": Category.A03,
        "task": Task.T4,
        "audience": _EVERYBODY,
        "starts": time(9),
        "minutes": 90,
        "capacity": 40,
        "themes": _OURS,
    }
    return TemplateFields(**values | changes)


_NEIGHBOURS = _festive(
    "邻里日：街坊坐坐", "喝杯茶，认认门，有事大家商量", task=Task.T3, themes=frozenset({Theme.NEIGHBOURS})
)

_TEXTS = {
    Festival.NEW_YEARS_EVE: _festive("除夕写春联送福字", "现场写春联、剪窗花，带一副回家"),
    Festival.SPRING: _festive("新春邻里拜年会", "街坊一起拜年，猜谜、唱戏、吃糖"),
    Festival.LANTERN: _festive("元宵猜灯谜", "猜灯谜、做花灯、尝元宵"),
    Festival.QINGMING: _festive("清明缅怀先烈", "讲一段英烈故事，献一束花", task=Task.T3),
    Festival.DRAGON_BOAT: _festive("端午包粽子", "一起包粽子、编五彩绳，送给独居老人"),
    Festival.QIXI: _festive("七夕话家风", "金婚夫妻讲故事，邻里说说好家风", task=Task.T5),
    Festival.MID_AUTUMN: _festive("中秋邻里赏月", "做月饼、读古诗、话团圆"),
    Festival.DOUBLE_NINTH: _festive(
        "重阳敬老茶话会",
        "陪老人喝茶聊天、量量血压、照张相",
        audience="60岁以上老人",
        min_age=60,
        themes=_OURS | {Theme.OLD},
    ),
    Festival.LEI_FENG: _festive(
        "学雷锋便民服务",
        "理发、磨刀、修小家电，都不要钱",
        category=Category.A07,
        task=Task.T3,
        capacity=None,
        themes=frozenset({Theme.LEI_FENG}),
    ),
    Festival.VOLUNTEERS: _festive(
        "志愿者日：谢谢身边的志愿者",
        "听志愿者讲故事，也欢迎您来报名",
        category=Category.A06,
        task=Task.T3,
        themes=frozenset({Theme.LEI_FENG}),
    ),
}


def occasions(month: Month) -> list[Occasion]:
    """The days of the month that call for something, in order."""
    found = [
        Occasion(festival, day) for day, festival in festivals(month.year).items() if Month.of(day) == month
    ]
    third = Occasion(None, date(month.year, month.month, NEIGHBOURS_DAY))
    return sorted([third, *found], key=lambda one: (one.on, one.festival is not None))


def bound(idea: Idea, days: list[Occasion]) -> Idea:
    """An idea that is made for one of these days belongs on it: by its theme, or by the festival in its title."""
    for one in days:
        if one.festival is None:
            fits = Theme.NEIGHBOURS in idea.fields.themes
        elif one.festival in _LEI_FENG:
            fits = Theme.LEI_FENG in idea.fields.themes
        else:
            fits = _NAMES[one.festival] in idea.fields.title
        if fits:
            return replace(idea, occasion=one)
    return idea


_LEI_FENG = frozenset({Festival.LEI_FENG, Festival.VOLUNTEERS})

_NAMES = {
    Festival.NEW_YEARS_EVE: "除夕",
    Festival.SPRING: "新春",
    Festival.LANTERN: "元宵",
    Festival.QINGMING: "清明",
    Festival.DRAGON_BOAT: "端午",
    Festival.QIXI: "七夕",
    Festival.MID_AUTUMN: "中秋",
    Festival.DOUBLE_NINTH: "重阳",
}


def festive_ideas(days: list[Occasion], path: str) -> list[Idea]:
    """One idea for each of these days, for every site at or beneath `path`."""
    numbers = count(1)
    return [
        Idea(
            key=f"day-{next(numbers)}",
            origin=Origin.DAY,
            fields=_TEXTS[one.festival] if one.festival else _NEIGHBOURS,
            path=path,
            occasion=one,
        )
        for one in days
    ]
