"""Reading a sheet people signed (签到表). Pure.

A role that cannot be read keeps the row out, because it would make another figure of somebody.
"""

from dataclasses import replace

from stationapp.attendance.rules import Part as Role
from stationapp.importing import headers
from stationapp.importing.names import SiteIndex
from stationapp.importing.paper import Paper, Person, draft_person, read_person
from stationapp.importing.records import Record
from stationapp.importing.values import folded
from stationapp.refusal import Unreadable


def _read(record: Record, stations: SiteIndex) -> Person | None:
    role = record.read("part", role_of)
    person = read_person(record, stations)
    return person and replace(person, role=role)


def _draft(record: Record, stations: SiteIndex) -> Person:
    role = _BY_WORD.get(folded(record.value("part")), Role.RESIDENT)
    return replace(draft_person(record, stations), role=role)


_NOT_SIGNED = frozenset(
    ("", "x", "×", "✗", "✘", "╳", "否", "无", "没", "未", "没来", "未来", "未到", "没到", "缺席", "缺", "请假", "-",
     "—", "/", "0", "no", "n")
)  # fmt: skip
_ROLES = {
    Role.RESIDENT: ("", "居民", "群众", "村民", "参加者", "受益居民", "党员", "家长", "学生"),
    Role.VOLUNTEER: ("志愿者", "志愿", "志愿服务", "志愿者服务"),
    Role.STAFF: ("工作人员", "社区工作者", "社工", "网格员", "工作", "在岗工作人员", "干部"),
}
_BY_WORD = {word: role for role, words in _ROLES.items() for word in words}


def signed(value: object) -> bool:
    """Whether somebody came: any mark or name but an empty cell, a cross or a word for no."""
    return folded(value) not in _NOT_SIGNED


def role_of(value: object) -> Role:
    """What somebody was there as; nothing written is a resident. Raises Unreadable."""
    text = folded(value)
    if text not in _BY_WORD:
        raise Unreadable("身份应是 居民、志愿者、工作人员 之一；请改正")
    return _BY_WORD[text]


SIGNIN = Paper("签到表", headers.SIGNIN, lambda record: signed(record.value("sign")), _read, _draft)
