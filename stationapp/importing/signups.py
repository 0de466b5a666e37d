"""Reading a list of who signs up (报名表), kept beside the telephone: one row a party. Pure.

Everybody of a party is named: a bare number of people makes nobody, and the row is kept out.
"""

import re
import unicodedata
from dataclasses import replace

from stationapp.importing import headers
from stationapp.importing.names import SiteIndex
from stationapp.importing.paper import Companion, Paper, Person, born, draft_person, read_person
from stationapp.importing.records import Record
from stationapp.importing.values import folded, text_of
from stationapp.refusal import Unreadable
from stationapp.residents.rules import name_problem, tidy_name

OTHERS_LENGTH = 300
"""Characters that may stand in a cell of further people."""

_COUNT = re.compile(r"(?:(\+)(\d{1,3})|共?(\d{1,3}))(?:人|位|个)?[:：、，,。]?")
_ALONE = ("", "无", "没有", "本人", "-", "—", "/")
_BETWEEN = re.compile(r"[、，,/;；\s]+")
_NAMED = re.compile(r"([^()]+)(?:\(([^()]*)\))?")
_DESK = ("现场", "现场报名", "当面", "来站", "到站", "柜台", "窗口")
_PHONE = ("", "电话", "电话报名", "来电", "打电话")


def others_of(value: object, count: object = None) -> tuple[Companion, ...]:
    """The further people of a cell: names, perhaps with 出生年月 in brackets, perhaps after "+2" or "3人".

    `count` is the cell of a column of its own for how many people, if there is one. Raises Unreadable when the names
    are not as many as said, or are none.
    """
    text = unicodedata.normalize("NFKC", text_of(value)).strip()
    if len(text) > OTHERS_LENGTH:
        raise Unreadable("太长了，不像几个人的姓名；请用顿号隔开")
    more, text = _more(text)
    if more is None and (said := unicodedata.normalize("NFKC", text_of(count)).strip()):
        more, rest = _more(said)
        if more is None or rest:
            raise Unreadable("人数那一格不是一个数；请写共几个人")
    names = [] if text in _ALONE else [one for one in _BETWEEN.split(text) if one]
    found = tuple(_companion(one) for one in names)
    if more is not None and more != len(found):
        raise Unreadable(f"除本人外写了{more}人，姓名却有{len(found)}个；同行的每个人都要写姓名")
    return found


def _more(text: str) -> tuple[int | None, str]:
    """(people besides the first, the rest of the text); None when no number stands in front."""
    found = _COUNT.match(text)
    if not found:
        return None, text
    more = int(found[2]) if found[1] else int(found[3]) - 1
    if more < 0:
        raise Unreadable("人数不能是0；请写共几个人")
    return more, text[found.end() :].strip()


def _companion(text: str) -> Companion:
    found = _NAMED.fullmatch(text)
    name = tidy_name(found[1]) if found else ""
    if not found or name_problem(name):
        raise Unreadable("有一个不像姓名；请用顿号隔开，出生年月写在姓名后的括号里")
    birth_month, _age, _why = born(found[2])
    if found[2] and birth_month is None:
        raise Unreadable("括号里不是出生年月；请写成 2018-06 的样子")
    return Companion(name, birth_month)


def said_of(others: tuple[Companion, ...]) -> str:
    """Companions as `others_of` reads them."""
    return "、".join(f"{one.name}（{one.birth_month}）" if one.birth_month else one.name for one in others)


def at_desk(value: object) -> bool:
    """Whether they came to the desk; nothing written is a call. Raises Unreadable."""
    text = folded(value)
    if text not in _DESK + _PHONE:
        raise Unreadable("方式应是 电话、现场 之一；请改正")
    return text in _DESK


def _read(record: Record, stations: SiteIndex) -> Person | None:
    others = record.read("others", others_of, count=record.value("count"))
    came = record.read("way", at_desk)
    person = read_person(record, stations)
    return person and replace(person, others=others, at_desk=came)


def _draft(record: Record, stations: SiteIndex) -> Person:
    try:
        others = others_of(record.value("others"))
    except Unreadable:
        others = ()
    came = folded(record.value("way")) in _DESK
    return replace(draft_person(record, stations), others=others, at_desk=came)


SIGNUPS = Paper("报名表", headers.SIGNUPS, lambda record: True, _read, _draft)
