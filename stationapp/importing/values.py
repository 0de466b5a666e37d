"""Single cells: texts folded, whole numbers, Chinese numerals, dates. `Unreadable` says what is wrong."""

import re
import unicodedata
from datetime import date, datetime

from stationapp.refusal import Unreadable

MOST_PEOPLE = 10_000_000

_DIGIT = "[一二三四五六七八九]"
_NUMERAL = re.compile(f"(?:({_DIGIT})千)?(零?)(?:({_DIGIT})百)?(零?)(?:({_DIGIT}?)十)?(零?)({_DIGIT})?")
_VALUES = {char: value for value, char in enumerate("零一二三四五六七八九")}
_DATE = re.compile(r"(\d{4})\s*[年/.\-]\s*(\d{1,2})\s*[月/.\-]\s*(\d{1,2})\s*日?(?:\s+0{1,2}:00(?::00)?)?")


def text_of(value: object) -> str:
    """The cell as text, its blanks collapsed; a whole number without `.0`."""
    if value is None or isinstance(value, bool):
        return "" if value is None else ("是" if value else "否")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return " ".join(str(value).split())


def folded(value: object) -> str:
    """For comparing: full-width forms made plain, all blanks gone, lower case."""
    return "".join(unicodedata.normalize("NFKC", text_of(value)).split()).lower()


def chinese_number(text: str) -> int | None:
    """三十 → 30, 一百二十 → 120, 两百零五 → 205; None when it is not a full numeral below 10,000.

    一百二 stays unread: it may be 102 or 120.
    """
    text = text.replace("两", "二").replace("〇", "零")
    found = _NUMERAL.fullmatch(text)
    if not found or not text.strip("零"):
        return 0 if text == "零" else None
    thousands, _, hundreds, _, tens, _, ones = found.groups()
    if ones and tens is None and (thousands or hundreds) and "零" not in text:
        return None
    if text.endswith("零") or text.startswith("零"):
        return None
    ten = 0 if tens is None else _VALUES[tens or "一"]
    return (
        _VALUES[thousands or "零"] * 1000 + _VALUES[hundreds or "零"] * 100 + ten * 10 + _VALUES[ones or "零"]
    )


def whole_number(value: object, *, of: str = "人数", least: int = 0) -> int:
    """A whole number: `1,234`, `１２３４`, `30人`, 30.0. Raises Unreadable."""
    if isinstance(value, bool | date):
        raise Unreadable(f"{of}应是整数，这里是日期或是非值；请把单元格改成文本或常规格式后重填")
    text = re.sub(r"(?:人|名|位)$", "", folded(value))
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+", text):
        text = text.replace(",", "")
    if not re.fullmatch(r"\d{1,12}", text):
        number = chinese_number(text)
        if number is None:
            raise Unreadable(f"{of}应是不小于{least}的整数；请只填数字")
    else:
        number = int(text)
    if not least <= number <= MOST_PEOPLE:
        raise Unreadable(f"{of}应在{least}到{MOST_PEOPLE}之间；请核对")
    return number


def day(value: object) -> date:
    """A date: a date cell, 2025-12-31, 2025/12/31, 2025年12月31日. Raises Unreadable."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    found = _DATE.fullmatch(unicodedata.normalize("NFKC", text_of(value)))
    if not found:
        raise Unreadable("不是完整的日期；请写成“2026-11-03”的样子")
    return real_day(*map(int, found.groups()))


def real_day(year: int, month: int, number: int) -> date:
    """The date, when the calendar has it. Raises Unreadable."""
    if not 1 <= month <= 12:
        raise Unreadable(f"没有{month}月；请改正月份")
    if not 2000 <= year <= 2100:
        raise Unreadable(f"年份{year}不像真的；请改正年份")
    try:
        return date(year, month, number)
    except ValueError:
        raise Unreadable(f"{year}年{month}月没有{number}日；请改正日期") from None
