"""From a report's body to its tables, for every file alike (surface.md, Files out)."""

from collections.abc import Iterator

from flask_babel import gettext as _

from stationapp.calendar.rules import Month
from stationapp.events.rules import Category
from stationapp.reports import words
from stationapp.reports.heat import KINDS, MONTH
from stationapp.reports.lines import SummaryLine, summary
from stationapp.reports.prose import unit
from stationapp.reports.rules import SPECS, Kind, ReportState, Unit
from stationapp.reports.sheet import Cell, Chart, Document, Num, Section, Table, clean, day, fingerprint
from stationapp.reports.small_cells import note
from stationapp.sites.rules import Group, Level

WITHOUT_VALUE = ("I-08", "I-09", "I-27")
"""Figures that are several shares and no single number."""

TREND = ("I-01", "I-04", "I-05", "I-07", "I-13")


def document(body: dict) -> Document:
    """The whole report; of a body by older definitions what there is."""
    totals, trend = _summary(body), _trend(body)
    return Document(
        _("%(site)s %(month)s 覆盖报表", site=unit(body), month=body["month"]),
        tuple(facts(body)),
        (
            Section(_("汇总"), (totals,)),
            Section(_("桥接"), (_bridge(body),)),
            Section(_("分站"), (_sites(body),)),
            Section(_("分站分子分母"), (_made_of(body),)),
            Section(_("覆盖"), (_groups(body),)),
            Section(_("类别覆盖"), (_categories(body),)),
            Section(_("社区志愿者"), (_volunteers(body),)),
            Section(_("空白"), (_gaps(body),)),
            Section(_("趋势"), (trend,)),
            Section(_("功能室"), (_rooms(body),)),
            Section(_("版本与依据"), (_months(body), _populations(body), _unfiled(body))),
            Section(_("口径说明"), (_definitions(body),)),
        ),
        tuple(str(note) for note in words.NOTES),
        tuple(chart for chart in _charts(body, totals, trend) if chart.drawable),
    )


def _charts(body: dict, totals: Table, trend: Table) -> Iterator[Chart]:
    """The trend's lines, and the month by category, by age and by channel."""
    for column, id in enumerate(TREND, start=2):
        yield Chart("line", _with_unit(id), trend, 0, len(trend.rows) - 1, 0, column)
    keys = [line.key for line in summary(body)]
    for id, part, title in (
        ("I-01", "by_category", _("有效场次（按类别）")),
        ("I-04", "by_band", _("服务人次（按年龄段）")),
        ("I-22", "by_channel", _("实名人次（按渠道）")),
    ):
        rows = [at for at, key in enumerate(keys) if key[:2] == (id, part)]
        if rows:
            yield Chart("bar", title, totals, rows[0], rows[-1], 1, 4)


def facts(body: dict) -> Iterator[tuple[str, Cell]]:
    """What is to be known of the report itself."""
    yield _("单位"), unit(body)
    yield _("阵地代码"), body["site"]
    yield _("月份"), Month.parse(body["month"])
    yield _("状态"), words.said(ReportState(body["state"]))
    yield _("版本"), version(body["version"])
    yield _("口径版本"), body["definitions"]
    sources = "；".join(
        f"{clean(one['source'])}（{_('截至')} {clean(one['as_of'])}）" for one in body["populations"]
    )
    yield _("人口来源"), sources or "—"
    if body.get("outside"):
        yield _("范围"), _("对外。%(note)s", note=note(body))
    yield _("校验值"), fingerprint(body)


def version(number: int) -> str:
    """第 2 版; 尚未关账."""
    return _("第 %(n)d 版", n=number) if number else _("尚未关账")


def _summary(body: dict) -> Table:
    head = (_("编号"), _("指标"), _("口径"), _("单位"), _("当月"), _("分子"), _("分母"),
            _("年内累计"), _("年内分子"), _("年内分母"), _("备注"))  # fmt: skip
    return Table("summary", _("汇总"), head, tuple(_summary_row(line) for line in summary(body)))


def _summary_row(line: SummaryLine) -> tuple[Cell, ...]:
    year = line.year
    return (
        line.id,
        words.label(line.key),
        words.said(line.axis),
        words.unit(line),
        *_amounts(line),
        *(_amounts(year) if year else (None, None, None)),
        _note(line),
    )


def _amounts(line: SummaryLine) -> tuple[Cell, Cell, Cell]:
    whole = (line.numerator, line.denominator) != (None, None)
    return (
        Num(line.value, line.unit),
        Num(line.numerator) if whole else None,
        Num(line.denominator) if whole else None,
    )


def _note(line: SummaryLine) -> str:
    said = words.notes(line)
    if line.year and line.year.marks and line.year.marks != line.marks:
        said = "；".join(filter(None, (said, _("年内：%(note)s", note=words.notes(line.year)))))
    if line.missing:
        said += _("（%(n)d 个社区）", n=len(line.missing))
    return said


def _bridge(body: dict) -> Table:
    head = (
        _("去重人数的来历"),
        _("时段"),
        _("下级合计"),
        _("减：跨站重复"),
        _("加：本级自办新增"),
        _("等于：合计"),
    )
    rows = [
        (
            str(words.FIGURES[id]),
            said,
            *(Num(one[name]) for name in ("children", "repeated", "own_new", "total")),
        )
        for said, part in ((_("当月"), "bridge"), (_("年内累计"), "year_bridge"))
        for id, one in body.get(part, {}).items()
    ]
    return Table("bridge", _("桥接"), head, tuple(rows), empty=_("没有下级阵地。"))


# --- by site ---------------------------------------------------------------------------------------------------


def single(body: dict) -> list[str]:
    """The figures that are one number."""
    return [id for id in body["figures"] if id not in WITHOUT_VALUE]


def _who(row: dict) -> tuple[Cell, Cell, Cell]:
    name = clean(row["name"])
    if row["own"]:
        name = _("%(name)s（本级自办）", name=name)
    elif not row["active"]:
        name = _("%(name)s（已停用）", name=name)
    return row["site"], words.said(Level(row["level"])), name


def _sites(body: dict) -> Table:
    ids = single(body)
    head = (_("代码"), _("层级"), _("名称"), *(_with_unit(id) for id in ids))
    rows = []
    for row in body["by_site"]:
        values = [
            Num(row["figures"][id]["value"], SPECS[id].unit) if id in row["figures"] else None for id in ids
        ]
        rows.append((*_who(row), *values))
    return Table("sites", _("分站"), head, tuple(rows))


def _with_unit(id: str) -> str:
    said = words.said(SPECS[id].unit) or words.counting(id)
    return f"{words.FIGURES[id]}（{said}）" if said else str(words.FIGURES[id])


def _made_of(body: dict) -> Table:
    ids = [id for id in single(body) if SPECS[id].kind is Kind.RATIO]
    head = [_("代码"), _("层级"), _("名称")]
    for id in ids:
        head += [_("%(figure)s分子", figure=words.FIGURES[id]), _("%(figure)s分母", figure=words.FIGURES[id])]
    rows = []
    for row in body["by_site"]:
        cells: list[Cell] = [*_who(row)]
        for id in ids:
            share = row["figures"].get(id)
            cells += [Num(share["numerator"]), Num(share["denominator"])] if share else [None, None]
        rows.append(tuple(cells))
    return Table("made_of", _("分站分子分母"), tuple(head), tuple(rows))


# --- coverage --------------------------------------------------------------------------------------------------


def _groups(body: dict) -> Table:
    head, heat = [_("代码"), _("社区")], []
    for group in Group:
        said = words.said(group)
        head += [_("%(group)s参加", group=said), _("%(group)s人口", group=said)]
        heat += [len(head)]
        head += [_("%(group)s覆盖率%%", group=said), _("%(group)s年内%%", group=said)]
    head.append(_("连续无人参加（月）"))
    rows = []
    for row in body["coverage"]:
        cells: list[Cell] = [row["site"], clean(row["name"])]
        for group in Group:
            share, year = row["groups"][group.value], row.get("year", {}).get(group.value)
            cells += [Num(share["numerator"]), Num(share["denominator"]), Num(share["value"], Unit.PERCENT)]
            cells.append(Num(year["value"], Unit.PERCENT) if year else None)
        rows.append((*cells, Num(row["silent"]) if "silent" in row else None))
    note = _("居住地口径：人住在哪个社区算哪个社区。%(shades)s", shades=_shades(MONTH))
    return Table(
        "coverage", _("社区·群体"), tuple(head), tuple(rows), tuple(heat), MONTH, note, _("没有所辖社区。")
    )


def _shades(steps: tuple[int, ...]) -> str:
    """What the shades mean: one means the same in every month and at every site."""
    from_on = "、".join(f"{step}%" for step in steps)
    return _("颜色越深，参加的人占人口越多，%(steps)s 起各深一档。", steps=from_on)


def _categories(body: dict) -> Table:
    head, heat = [_("代码"), _("社区")], []
    for category in Category:
        said = words.said(category)
        heat.append(len(head) + 1)
        head += [_("%(category)s参加", category=said), _("%(category)s覆盖率%%", category=said)]
    rows = []
    for row in body["coverage"]:
        cells: list[Cell] = [row["site"], clean(row["name"])]
        for category in Category:
            share = row.get("categories", {}).get(category.value)
            cells += [Num(share["numerator"]), Num(share["value"], Unit.PERCENT)] if share else [None, None]
        rows.append(tuple(cells))
    return Table("categories", _("社区·类别"), tuple(head), tuple(rows), tuple(heat), KINDS, _shades(KINDS))


def _volunteers(body: dict) -> Table:
    head = (_("代码"), _("社区"), _("在册志愿者"), _("其中最近 12 个月服务过"), _("最近 12 个月做过志愿服务"))
    rows = [
        (
            row["site"],
            clean(row["name"]),
            *(Num(row["volunteers"][name]) for name in ("registered", "active", "served")),
        )
        for row in body["coverage"]
        if "volunteers" in row
    ]
    return Table("volunteers", _("社区·志愿者"), head, tuple(rows))


def _gaps(body: dict) -> Table:
    head = (
        _("代码"),
        _("社区"),
        _("当月没有一人参加的群体"),
        _("当月没有一人参加的类别"),
        _("连续无人参加（月）"),
    )
    rows = [
        (
            gap["site"],
            clean(gap["name"]),
            "、".join(words.said(Group(group)) for group in gap["groups"]),
            "、".join(words.said(Category(category)) for category in gap.get("categories", ())),
            Num(gap["silent"]) if "silent" in gap else None,
        )
        for gap in body["gaps"]
    ]
    empty = _("每个社区、每个群体都有人参加。") if body["coverage"] else _("没有所辖社区。")
    return Table("gaps", _("空白清单"), head, tuple(rows), empty=empty)


# --- over time and what it rests on ----------------------------------------------------------------------------


def _trend(body: dict) -> Table:
    head = (_("月份"), _("版本"), *(_with_unit(id) for id in TREND))
    rows = []
    for one in body.get("trend", ()):
        figures = one["figures"] or {}
        cells = []
        for id in TREND:
            value = figures.get(id)
            cells.append(Num(value["value"] if isinstance(value, dict) else value, SPECS[id].unit))
        rows.append((Month.parse(one["month"]), _version_of(one["month"], one["version"], body), *cells))
    return Table("trend", _("趋势"), head, tuple(rows), empty=_("这一版没有记下趋势。"))


def _version_of(month: str, number: int, body: dict) -> str:
    """第 1 版; 没有记录 of a month before anything was known."""
    trend = {one["month"]: one["figures"] or {} for one in body.get("trend", ())}
    known = month not in trend or any(value is not None for value in trend[month].values())
    return version(number) if number or known else _("没有记录")


def _months(body: dict) -> Table:
    head = (_("月份"), _("所用版本"), _("关账后又归档、按现在计的场次"))
    rows = [
        (Month.parse(one["month"]), _version_of(one["month"], one["version"], body), Num(one["again"]))
        for one in body.get("months", ())
    ]
    return Table("months", _("年内各月所用版本"), head, tuple(rows), empty=_("这一版没有记下各月版本。"))


def _populations(body: dict) -> Table:
    rows = [
        (clean(one["source"]), day(one["as_of"]), Num(one["communities"]) if "communities" in one else None)
        for one in body["populations"]
    ]
    head = (_("来源"), _("截至"), _("社区数"))
    return Table("populations", _("人口数"), head, tuple(rows), empty=_("没有登记人口数，覆盖率写“—”。"))


def _unfiled(body: dict) -> Table:
    head = (_("阵地代码"), _("阵地"), _("场次编号"), _("活动"), _("日期"))
    rows = [
        (one["site"], clean(one["name"]), one["event"], clean(one["title"]), day(one["on"]))
        for one in body.get("unfiled", ())
    ]
    note = _("结束十个工作日以后仍未归档的场次，不计入任何数字。")
    return Table("unfiled", _("未归档"), head, tuple(rows), note=note, empty=_("没有未归档的场次。"))


_ROOM = ("used", "open", "person_minutes", "rooms", "without_hours")


def _rooms(body: dict) -> Table:
    names = {row["site"]: clean(row["name"]) for row in reversed(body["by_site"])}
    head = (
        _("代码"),
        _("阵地"),
        _("时段"),
        _("使用分钟"),
        _("开放分钟"),
        _("人·分钟"),
        _("功能室"),
        _("没有开放时间"),
    )
    rows = [
        (code, names.get(code, "—"), said, *(Num(one[name]) for name in _ROOM))
        for said, part in ((_("当月"), "rooms"), (_("年内累计"), "year_rooms"))
        for code, one in body.get(part, {}).items()
    ]
    return Table("rooms", _("功能室"), head, tuple(rows), empty=_("没有功能室的使用记录。"))


def _definitions(body: dict) -> Table:
    head = (_("编号"), _("指标"), _("口径"), _("怎么算"))
    rows = [
        (id, str(words.FIGURES[id]), words.said(SPECS[id].axis), str(words.MEANING[id]))
        for id in body["figures"]
    ]
    return Table("definitions", _("口径说明"), head, tuple(rows))
