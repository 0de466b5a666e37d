"""Reading a district's files into typed rows (surface.md "Files in"). Pure: no database, page or clock.

How an operation calls it:

    table = read_table(data, filename)                      # bytes and the name they came with
    reading = read_sites(table, known={site.code: site.level}, terms={site.code: Term(…)})
    reading = read_population(table, sites={site.code})
    reading = read_rooms(table, sites={site.code})
    reading = read_holidays(table)
    reading = read_plan(table, sites=[SiteName(code, name, level)], month=(2026, 11))

`reading.rows` are frozen dataclasses in the order to load them (upper sites first), each with `row`, the
number Excel shows. `reading.problems` are for the person, `problem.line` in one line. `reading.lost` are those
that left something out: `--strict` stops when it is not empty. A file that cannot be opened is a reading
without rows and with one problem; nothing here raises for what a file holds. `month` is only used when no line
above the heads says 2026年11月. Reading the same file again gives equal rows, so a load can compare first.
"""

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from stationapp.importing import headers
from stationapp.importing.names import SiteName
from stationapp.importing.plan import PlanRow, read_plan
from stationapp.importing.problems import Problem, Reading, Weight
from stationapp.importing.records import Problems, Record, parts
from stationapp.importing.tables import Table, read_table
from stationapp.importing.terms import Term, check_term, read_term
from stationapp.importing.values import day, folded, text_of, whole_number
from stationapp.phones import normal_phone
from stationapp.refusal import Unreadable
from stationapp.rooms.hours import Week, opening
from stationapp.sites.rules import BENEATH, Group, Level

__all__ = [
    "HolidayRow",
    "PlanRow",
    "PopulationRow",
    "Problem",
    "Reading",
    "RoomRow",
    "SiteName",
    "SiteRow",
    "Table",
    "Term",
    "Weight",
    "read_holidays",
    "read_plan",
    "read_population",
    "read_rooms",
    "read_sites",
    "read_table",
]


@dataclass(frozen=True)
class SiteRow:
    """A site. `parent` is a code, None for the center; `phone` is normal or empty; `hours` as written.

    `said` names the columns that the file has and a site may lack: of the others it says nothing.
    """

    row: int
    code: str
    level: Level
    name: str
    parent: str | None
    address: str
    phone: str
    legal_body: str
    hours: str
    term: Term
    said: frozenset[str]


@dataclass(frozen=True)
class PopulationRow:
    """People of one group in one community on one day."""

    row: int
    site: str
    group: Group
    people: int
    as_of: date
    source: str


@dataclass(frozen=True)
class RoomRow:
    """A room. `capacity` None is not limited; `step_free` None is not said; `week` is `hours` understood."""

    row: int
    site: str
    name: str
    capacity: int | None
    floor: str
    step_free: bool | None
    hours: str
    week: Week


@dataclass(frozen=True)
class HolidayRow:
    """A day that differs from its weekday; `works` for a make-up working day."""

    row: int
    day: date
    name: str
    works: bool


_LEVELS = {
    "center": Level.CENTER,
    "中心": Level.CENTER,
    "实践中心": Level.CENTER,
    "office": Level.OFFICE,
    "所": Level.OFFICE,
    "实践所": Level.OFFICE,
    "station": Level.STATION,
    "站": Level.STATION,
    "实践站": Level.STATION,
}
_GROUPS = {
    Group.ALL: ("all", "总人口", "全体", "全部", "全体居民", "总人数", "常住人口", "所有人"),
    Group.UNDER_14: ("under14", "14岁以下", "不满14岁", "未满14岁", "0-13岁", "<14"),
    Group.UNDER_18: ("under18", "18岁以下", "不满18岁", "未满18岁", "0-17岁", "<18", "未成年人"),
    Group.OVER_60: ("over60", "60岁以上", "60岁+", "60+", ">=60", "≥60", "老年人"),
    Group.OVER_65: ("over65", "65岁以上", "65岁+", "65+", ">=65", "≥65"),
    Group.OVER_80: ("over80", "80岁以上", "80岁+", "80+", ">=80", "≥80", "高龄老人"),
}
_GROUP_WORDS = {word: group for group, words in _GROUPS.items() for word in words}
_WITHIN = {
    Group.UNDER_14: (Group.ALL, Group.UNDER_18),
    Group.UNDER_18: (Group.ALL,),
    Group.OVER_60: (Group.ALL,),
    Group.OVER_65: (Group.ALL, Group.OVER_60),
    Group.OVER_80: (Group.ALL, Group.OVER_65, Group.OVER_60),
}
_YES, _NO = (
    ("是", "有", "√", "✓", "y", "yes", "1", "true"),
    ("否", "无", "没有", "×", "x", "✗", "n", "no", "0", "false"),
)
_REST, _WORK = ("休", "休息", "放假", "休假"), ("班", "上班", "补班", "调休上班", "工作")


def read_sites(
    table: Table, *, known: Mapping[str, Level] | None = None, terms: Mapping[str, Term] | None = None
) -> Reading[SiteRow]:
    """Sites, upper levels first, of a level those that last longest. A parent is in `known`, the sites already there,
    or in the file; `terms` says how long those there are in use.
    """
    problems, before = Problems(table), terms or {}
    read = [
        (record, _site(record, before))
        for part in parts(table, headers.SITES, problems)
        for record in part.records()
    ]
    terms = {**before} | {site.code: site.term for _record, site in read if site}
    read.sort(key=lambda one: one[1].term.until or date.max if one[1] else date.max, reverse=True)
    in_file = {site.code: record.row for record, site in read if site}
    levels = dict(known or {})
    seen: dict[str, int] = {}
    rows = []
    for level in Level:
        for record, site in read:
            if not site or site.level is not level:
                continue
            if site.code in seen:
                record.lost("code", f"与第{seen[site.code]}行的代码相同；请删去一行或改正代码")
                continue
            seen[site.code] = site.row
            _check_parent(record, site, levels, in_file)
            check_term(record, site.code, site.level, terms, levels, before=before.get(site.code))
            if not record.failed:
                levels[site.code] = site.level
                rows.append(site)
    return Reading(tuple(rows), problems.sorted())


_MAY_LACK = ("address", "phone", "legal_body", "hours")


def _site(record: Record, terms: Mapping[str, Term]) -> SiteRow | None:
    code, level = record.read("code", _code), record.read("level", _level)
    name = record.needed("name")
    parent = record.read("parent", _code) if record.text("parent") else None
    phone = record.read("phone", _phone)
    hours = record.text("hours")
    successor = record.read("successor", _code) if record.text("successor") else None
    term = read_term(record, successor, terms.get(code or "", Term()))
    try:
        opening(hours)
    except Unreadable as wrong:
        record.notice("hours", f"照原样保存，但{wrong}")
    if record.failed:
        return None
    return SiteRow(
        record.row,
        code,
        level,
        name,
        parent,
        record.text("address"),
        phone,
        record.text("legal_body"),
        hours,
        term,
        frozenset(field for field in _MAY_LACK if record.has(field)),
    )


def _check_parent(
    record: Record, site: SiteRow, levels: Mapping[str, Level], in_file: Mapping[str, int]
) -> None:
    if site.level is Level.CENTER:
        others = [code for code, level in levels.items() if level is Level.CENTER and code != site.code]
        if site.parent:
            record.lost("parent", "中心没有上级；请清空这一格，或改正层级")
        elif others:
            record.lost("level", f"已有中心{others[0]}，一个区只能有一个；请改正层级")
    elif not site.parent:
        record.lost("parent", "所和站必须填上级代码；请补上")
    elif site.parent not in levels:
        row = in_file.get(site.parent)
        why = f"上级在第{row}行，但那一行有问题没有读取" if row else "没有这个上级"
        record.lost("parent", f"{why}；请先改正上级")
    elif BENEATH.get(levels[site.parent]) is not site.level:
        record.lost("parent", "上级的层级不对，所的上级是中心，站的上级是所；请改正")


def read_population(table: Table, *, sites: Collection[str]) -> Reading[PopulationRow]:
    """Population figures of known sites; each site, group and date once."""
    problems = Problems(table)
    read: dict[tuple[str, date, Group], tuple[Record, PopulationRow]] = {}
    for part in parts(table, headers.POPULATION, problems):
        for record in part.records():
            row = _population(record, sites)
            if not row:
                continue
            key = (row.site, row.as_of, row.group)
            if key in read:
                record.lost("group", f"与第{read[key][1].row}行重复（同一阵地、群体和日期）；请删去一行")
            else:
                read[key] = record, row
    for record, row in read.values():
        _check_plausible(record, row, read)
    return Reading(tuple(row for record, row in read.values() if not record.failed), problems.sorted())


def _check_plausible(
    record: Record, row: PopulationRow, read: Mapping[tuple[str, date, Group], tuple[Record, PopulationRow]]
) -> None:
    """More than everybody cannot be; more than a wider age group says only that one of the two is wrong."""
    for wider in _WITHIN.get(row.group, ()):
        other = read.get((row.site, row.as_of, wider))
        if not other or row.people <= other[1].people:
            continue
        clause = f"比第{other[1].row}行的{_GROUPS[wider][1]}（{other[1].people}人）还多"
        if wider is Group.ALL:
            record.lost("people", f"{clause}；请核对这两行")
        else:
            record.notice("people", f"{clause}；照原样读取，请核对这两行")
        return


def _population(record: Record, sites: Collection[str]) -> PopulationRow | None:
    site = record.read("site", _known_site, sites=sites)
    group = record.read("group", _group)
    people = record.read("people", whole_number)
    as_of = record.read("as_of", day)
    if record.failed:
        return None
    return PopulationRow(record.row, site, group, people, as_of, record.text("source"))


def read_rooms(table: Table, *, sites: Collection[str]) -> Reading[RoomRow]:
    """Rooms of known sites; a room's name is used once in a site."""
    problems = Problems(table)
    seen: dict[tuple[str, str], int] = {}
    rows = []
    for part in parts(table, headers.ROOMS, problems):
        for record in part.records():
            row = _room(record, sites)
            if row and (row.site, row.name) in seen:
                record.lost(
                    "name", f"与第{seen[row.site, row.name]}行重复；请删去一行，或给房间编号，如“书画室2”"
                )
            elif row:
                seen[row.site, row.name] = row.row
                rows.append(row)
    return Reading(tuple(rows), problems.sorted())


def _room(record: Record, sites: Collection[str]) -> RoomRow | None:
    site, name = record.read("site", _known_site, sites=sites), record.needed("name")
    unlimited = folded(record.value("capacity")) in ("", "不限", "无限制", "-", "/")
    capacity = None if unlimited else record.read("capacity", whole_number, of="容纳人数", least=1)
    step_free = record.read("accessible", _yes_or_no)
    hours = record.text("hours")
    week = record.read("hours", lambda value: opening(text_of(value)))
    if record.failed:
        return None
    return RoomRow(record.row, site, name, capacity, _floor(record.text("floor")), step_free, hours, week)


def read_holidays(table: Table) -> Reading[HolidayRow]:
    """Holidays and make-up working days; a day is named once."""
    problems = Problems(table)
    seen: dict[date, int] = {}
    rows = []
    for part in parts(table, headers.HOLIDAYS, problems):
        for record in part.records():
            on, name = record.read("day", day), record.needed("name")
            works = record.read("works", _works)
            if record.failed:
                continue
            if on in seen:
                record.lost("day", f"与第{seen[on]}行的日期相同；请删去一行")
                continue
            seen[on] = record.row
            rows.append(HolidayRow(record.row, on, name, works))
    return Reading(tuple(rows), problems.sorted())


def _code(value: object) -> str:
    text = folded(value)
    if not re.fullmatch(r"[0-9]{6,15}", text):
        raise Unreadable("代码应是6到15位数字；请按行政区划代码填写，并把单元格设为文本格式")
    return text


def _known_site(value: object, *, sites: Collection[str]) -> str:
    code = _code(value)
    if code not in sites:
        raise Unreadable("没有这个代码的阵地；请改正代码，新阵地请先导入阵地表")
    return code


def _level(value: object) -> Level:
    text = folded(value).replace("新时代", "").replace("文明", "")
    if text not in _LEVELS:
        raise Unreadable("层级应是 中心、所、站 之一；请改正")
    return _LEVELS[text]


def _phone(value: object) -> str:
    phone = normal_phone(value)
    if phone is None and value is not None:
        raise Unreadable("不是完整的电话；请填11位手机号，或带区号的固定电话，如 0379-00000101")
    return phone or ""


def _group(value: object) -> Group:
    text = re.sub(r"周岁", "岁", folded(value))
    text = re.sub(r"[及含()]|(?<=\d)-(?=-)", "", text)
    if text not in _GROUP_WORDS:
        raise Unreadable("不认识这个群体；请填 总人口、14岁以下、18岁以下、60岁以上、65岁以上、80岁以上 之一")
    return _GROUP_WORDS[text]


def _yes_or_no(value: object) -> bool | None:
    text = folded(value)
    if text and text not in _YES + _NO:
        raise Unreadable("应填 是 或 否；请改正")
    return text in _YES if text else None


def _works(value: object) -> bool:
    text = folded(value)
    if text not in _REST + _WORK:
        raise Unreadable("应填 休 或 班；请改正")
    return text in _WORK


def _floor(text: str) -> str:
    """2, 2楼, 二层 → "2"; other words as they are."""
    plain = re.sub(r"(?<=.)[楼层]$", "", "".join(unicodedata.normalize("NFKC", text).split()))
    return str("零一二三四五六七八九十".index(plain)) if plain and plain in "一二三四五六七八九十" else plain
