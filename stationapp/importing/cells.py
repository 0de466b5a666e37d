"""The cells of a plan that have a shape of their own: 人数, 负责人及电话, 备注, 活动类别, 任务."""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from stationapp.events.rules import Category, Task
from stationapp.importing.values import chinese_number, folded, text_of, whole_number
from stationapp.phones import normal_phone
from stationapp.refusal import Unreadable

CATEGORIES = {
    "理论宣讲": Category.A01,
    "教育服务": Category.A02,
    "文化服务": Category.A03,
    "科技与科普": Category.A04,
    "健身体育": Category.A05,
    "文明创建": Category.A06,
    "惠民便民": Category.A07,
    "其他": Category.A09,
}
"""domain.md §13."""

TASKS = {
    "学习实践科学理论": Task.T1,
    "宣传宣讲党的政策": Task.T2,
    "培育践行主流价值": Task.T3,
    "丰富活跃文化生活": Task.T4,
    "持续深入移风易俗": Task.T5,
}
"""domain.md §13."""

_ABOUT = re.compile(r"^(?:约|大约|大概|预计|计划|不超过|最多|限|限额|共)+|(?:左右|以内|以下|上下)+$")
_RANGE = re.compile(r"(.+?)(?:[-‐‑–—―−~〜∼]+|至|到)(.+)")
_NO_LIMIT = ("", "不限", "不限人数", "人数不限", "无限制", "不限制", "-", "/")


def seats(value: object) -> int | None:
    """30, 30人, 20-25人 (the larger), 约50, 三十 → the number; 不限 and empty → None. Raises Unreadable."""
    if isinstance(value, date):
        raise Unreadable("表格软件把人数变成了日期；请把单元格设为文本格式，再填“20-25”")
    text = re.sub(r"(?:人次|人|名|位)(?=$|左右|以内|以下|上下)", "", folded(value))
    if text in _NO_LIMIT:
        return None
    text = re.sub(r"[人名位]$", "", _ABOUT.sub("", text))
    span = _RANGE.fullmatch(text)
    pieces = [re.sub(r"[人名位]$", "", piece) for piece in span.groups()] if span else [text]
    try:
        return max(whole_number(piece, least=1) for piece in pieces)
    except Unreadable:
        raise Unreadable("人数读不懂；请写成“30”“20-25人”“不限”的样子") from None


class Contact(NamedTuple):
    """A name and a normal phone, either may be empty; `more` when further phones were written."""

    name: str
    phone: str
    more: bool


_PHONE = re.compile(r"(?:\+|\(\s*0|\d)[\d\s\-‐‑–—()]{5,}\d")
_LABEL = re.compile(r"(?:联系电话|联系方式|电话|手机号?|负责人|联系人|tel)\s*[:：]?", re.IGNORECASE)


def contact(value: object) -> Contact:
    """`钟子 19900000242`, `钟子：0379-00000101`, a phone alone, a name alone. Raises Unreadable."""
    if isinstance(value, float | int):
        found = [text_of(value)]
        text = ""
    else:
        text = unicodedata.normalize("NFKC", text_of(value))
        found = [piece for run in _PHONE.findall(text) for piece in _separate(run)]
        text = _LABEL.sub(" ", _PHONE.sub(" ", text))
    name = " ".join(text.strip(" ,、:;()/+.。").split())
    phones = [normal_phone(piece) for piece in found]
    if None in phones or re.search(r"\d{3}", name):
        raise Unreadable("电话不完整；请填11位手机号，或带区号的固定电话，如 0379-00000101")
    if len(name) > 40:
        raise Unreadable("负责人写得太长；请只写姓名和电话")
    return Contact(name, phones[0] if phones else "", len(phones) > 1)


def _separate(run: str) -> list[str]:
    """One run of digits and blanks may be two numbers side by side."""
    pieces = run.split()
    if normal_phone(run) is None and len(pieces) > 1 and all(normal_phone(piece) for piece in pieces):
        return pieces
    return [run]


class Note(NamedTuple):
    """备注 taken apart: what stays a note, what to bring, how many volunteers are needed."""

    text: str
    bring: str
    volunteers: int | None


_VOLUNTEERS = re.compile(
    r"(?:需要?|请|招募?)?\s*志愿者\s*([0-9]{1,3}|[一二两三四五六七八九十百]{1,4})\s*[名人位]"
    r"|(?:需要?|请|招募?)\s*([0-9]{1,3}|[一二两三四五六七八九十百]{1,4})\s*[名人位]\s*志愿者"
)
_BRING = re.compile(r"(?:请|需要?)?自带([^,;。]{1,40})")


def note(value: object) -> Note:
    """自带水杯 → bring 水杯; 需志愿者3名 → volunteers 3; 雨天顺延 stays. Raises Unreadable."""
    text = unicodedata.normalize("NFKC", text_of(value))
    needed = _VOLUNTEERS.search(text)
    volunteers = None
    if needed:
        said = needed[1] or needed[2]
        volunteers = int(said) if said.isdigit() else chinese_number(said)
        if not volunteers:
            raise Unreadable("志愿者人数读不懂；请写成“需志愿者3名”的样子")
        text = text.replace(needed[0], " ", 1)
    bring = _BRING.search(text)
    if bring:
        text = text.replace(bring[0], " ", 1)
    rest = re.sub(r"\s*([,;。])[\s,;。]*", r"\1", text).strip(" ,;。")
    # NFKC made the commas plain; the Chinese ones come back.
    return Note(rest.replace(",", "，").replace(";", "；"), bring[1].strip() if bring else "", volunteers)


def category(value: object) -> Category:
    """文化服务, 文化服务类, A03, A03 文化服务. Raises Unreadable."""
    text = folded(value)
    named = re.fullmatch(r"(a\d\d)?[.、:-]?(.*?)类?", text)
    code, words = (named[1] or "").upper(), named[2]
    by_word = CATEGORIES.get(words)
    by_code = Category(code) if code in {one.value for one in Category} else None
    if (
        (code and not by_code)
        or (words and not by_word)
        or (by_code and by_word and by_code is not by_word)
        or not text
    ):
        raise Unreadable(f"类别应是 {'、'.join(CATEGORIES)} 之一；请改正")
    return by_code or by_word


def task(value: object) -> Task | None:
    """T2, 宣传宣讲党的政策, or nothing. Raises Unreadable."""
    text = folded(value)
    if not text:
        return None
    for words, member in TASKS.items():
        if text in (member.value.lower(), words, member.value.lower() + words):
            return member
    raise Unreadable(f"任务应是 {'、'.join(TASKS)} 之一；请改正，或留空")
