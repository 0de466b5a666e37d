"""What the two papers share: one row a person, the event above the table (surface.md "Files in").

Pure: no database, page or clock. What a cell does not say is not guessed: an age tells no month of birth, a street no
community; the row then says less, with a notice. A phone that cannot be read keeps the row out, because it would make
another person of somebody. The sheet people signed is read by `signin`, the list kept beside the telephone by
`signups`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from stationapp.attendance.rules import Part as Role
from stationapp.importing.headers import Column
from stationapp.importing.names import SiteIndex
from stationapp.importing.records import Part, Problems, Record, parts
from stationapp.importing.tables import Table
from stationapp.importing.values import folded, text_of
from stationapp.phones import normal_phone
from stationapp.refusal import Unreadable
from stationapp.residents.rules import Lives, tidy_name
from stationapp.sites.rules import Level

MOST_LINES = 300
"""Lines of one file: nobody writes so many people down for an afternoon, and each line is looked up."""

OWN = "own"
"""A home that says 本社区: the community of the station the event belongs to."""


@dataclass(frozen=True)
class Companion:
    """Somebody who comes along. `birth_month` is "YYYY-MM"."""

    name: str
    birth_month: str | None = None


@dataclass(frozen=True)
class Person:
    """What a line says of somebody. `home` is a station's code, OWN, or "" when `lives` says enough.

    `age` is a whole number of years when that was written instead of a month of birth ("YYYY-MM"). `role` is said by
    signed sheets; `others` and `at_desk` (came to the desk instead of calling) by lists of who signs up.
    """

    name: str
    phone: str | None
    birth_month: str | None = None
    age: int | None = None
    lives: Lives = Lives.UNKNOWN
    home: str = ""
    role: Role = Role.RESIDENT
    consent: bool = False  # a child's guardian agrees; paper does not say so, the desk may
    others: tuple[Companion, ...] = ()
    at_desk: bool = False


@dataclass(frozen=True)
class Written:
    """The cells of a line as they are read, for a person to compare; "" where the paper has no such column."""

    name: str
    phone: str
    born: str
    home: str
    sign: str
    role: str
    others: str
    way: str


@dataclass
class SheetLine:
    """One line of a sheet. `number` counts the file's lines from 0; `person` is None when it could not be read.

    `came` is False where a signed sheet says that they did not. `twice` is the row in which the same person stands
    already.
    """

    number: int
    record: Record
    written: Written
    came: bool
    person: Person | None
    draft: Person  # what could be read of it, to be put right by hand
    twice: int | None = None


@dataclass
class PaperSheet:
    """One sheet with the texts above its heads."""

    name: str
    titles: tuple[str, ...]
    lines: list[SheetLine] = field(default_factory=list)


@dataclass(frozen=True)
class Paper:
    """One of the two papers: its name, its columns, and how a line is read.

    `came(record)`: whether the line is to be read at all; `read`: the person, None when something keeps it out;
    `draft`: what can be read of it, saying nothing of what cannot.
    """

    called: str
    columns: tuple[Column, ...]
    came: Callable[[Record], bool]
    read: Callable[[Record, SiteIndex], Person | None]
    draft: Callable[[Record, SiteIndex], Person]


_FIELDS = ("name", "phone", "born", "home", "sign", "part", "others", "way")


def read_paper(paper: Paper, table: Table, problems: Problems, *, stations: SiteIndex) -> list[PaperSheet]:
    """The sheets of a file, their lines in order; too many lines are a problem and no sheet."""
    sheets, number = [], 0
    for part in parts(table, paper.columns, problems):
        sheet = PaperSheet(part.name, part.titles)
        for record in _people(part):
            if number == MOST_LINES:
                said = f"一份{paper.called}最多读{MOST_LINES}人，没有读取。请按活动拆成几份。"
                problems.add(part.name, said)
                return []
            sheet.lines.append(_line(paper, number, record, stations))
            number += 1
        _mark_twice(sheet.lines)
        sheets.append(sheet)
    return sheets


def _people(part: Part) -> Iterable[Record]:
    """Lines printed with a number alone are empty."""
    return (record for record in part.records() if any(record.text(name) for name in _FIELDS))


def _line(paper: Paper, number: int, record: Record, stations: SiteIndex) -> SheetLine:
    written = Written(*(record.text(name)[:40] for name in _FIELDS))
    came = paper.came(record)
    person = paper.read(record, stations) if came else None
    return SheetLine(number, record, written, came, person, person or paper.draft(record, stations))


def read_person(record: Record, stations: SiteIndex) -> Person | None:
    """Whom a line names, as far as both papers say it; None when name or phone keep it out."""
    name = tidy_name(record.needed("name"))
    phone = record.read("phone", phone_of)
    if record.failed:
        return None
    birth_month, age, why = born(record.value("born"))
    if why:
        record.notice("born", why)
    lives, home, why = home_of(record.value("home"), stations)
    if why:
        record.notice("home", why)
    return Person(name, phone, birth_month, age, lives, home)


def draft_person(record: Record, stations: SiteIndex) -> Person:
    """What can be read, saying nothing of what cannot."""
    phone = normal_phone(record.value("phone"))
    birth_month, age, _why = born(record.value("born"))
    lives, home, _why = home_of(record.value("home"), stations)
    return Person(tidy_name(record.text("name")[:40]), phone, birth_month, age, lives, home)


def _mark_twice(lines: list[SheetLine]) -> None:
    """The same person counts once: the same name and phone, or the same name under the same printed number."""
    seen: dict[tuple[str, str], int] = {}
    names: dict[str, SheetLine] = {}
    for line in lines:
        who = line.person
        if who is None:
            continue
        serial = line.record.text("serial")
        keys = [(who.name, who.phone)] if who.phone else []
        keys += [(who.name, f"第{serial}号")] if serial else []
        line.twice = next((seen[key] for key in keys if key in seen), None)
        if line.twice is not None:
            line.record.notice("name", f"与第{line.twice}行是同一个人，只算一次")
        elif who.name in names and who.phone and names[who.name].person.phone:
            row = names[who.name].record.row
            line.record.notice("name", f"与第{row}行同名、电话不同，按两个人算；是同一个人就留一行")
        for key in keys:
            seen.setdefault(key, line.record.row)
        names.setdefault(who.name, line)


# --- single cells ------------------------------------------------------------------------------------------------

_OWN_WORDS = ("本社区", "本村", "本站", "本小区", "本辖区")
_OUTSIDE_WORDS = ("外区", "区外", "外地", "外市", "市外", "外县", "外省", "不住本区", "非本区")
_MONTH = re.compile(r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月]\d{0,2}日?)?|(\d{2})(?:\d{2})?)")
_AGE = re.compile(r"(\d{1,3})(?:周?岁)?")
_YEAR = re.compile(r"(\d{4})年?生?")
OLDEST = 125


def born(value: object) -> tuple[str | None, int | None, str]:
    """(month of birth, age, what to look at): never both of the first, and neither for what says no month."""
    if isinstance(value, datetime | date):
        return f"{value:%Y-%m}", None, ""
    text = "".join(unicodedata.normalize("NFKC", text_of(value)).split())
    if not text:
        return None, None, ""
    if isinstance(value, float) and re.fullmatch(r"\d{4}\.1", text):
        return None, None, "表格软件分不清1月和10月，没有记出生年月；请把单元格设为文本再填"
    if (found := _AGE.fullmatch(text)) and int(found[1]) <= OLDEST:
        return None, int(found[1]), "只有年龄，推不出出生年月；没有记出生年月，别的照样记下"
    if found := _MONTH.fullmatch(text):
        month = int(found[2] or found[3])
        if 1 <= month <= 12:
            return f"{found[1]}-{month:02d}", None, ""
    if _YEAR.fullmatch(text):
        return None, None, "只有年份，没有记出生年月；别的照样记下"
    return None, None, "不像年龄或出生年月，没有记；别的照样记下"


def home_of(value: object, stations: SiteIndex) -> tuple[Lives, str, str]:
    """(where somebody lives, the station's code or OWN, what to look at)."""
    text = folded(value)
    if not text or text in ("本区", "不详", "不清楚", "未知"):
        return Lives.UNKNOWN, "", ""
    if text in _OUTSIDE_WORDS:
        return Lives.OUTSIDE, "", ""
    if text in _OWN_WORDS:
        return Lives.HERE, OWN, ""
    try:
        site = stations.find(value)
    except Unreadable as wrong:
        near = re.search("是不是(.+?)？", str(wrong))
        return Lives.UNKNOWN, "", f"认不出是哪个社区，没有记社区{f'，是不是{near[1]}？' if near else ''}"
    if site.level is not Level.STATION:
        return Lives.UNKNOWN, "", "这不是一个社区，没有记社区"
    return Lives.HERE, site.code, ""


def phone_of(value: object) -> str | None:
    """The phone in its one form, None for a cell that says none. Raises Unreadable."""
    if not folded(value).strip("-—/无没有"):
        return None
    phone = normal_phone(value)
    if phone is None:
        raise Unreadable("不是完整的电话；请填11位手机号，或带区号的固定电话，没有电话就空着")
    return phone
