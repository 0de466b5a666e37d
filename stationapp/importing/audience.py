"""Who an activity is for, as people write it in 对象 (surface.md "Files in").

Decided: 以上 and 以下 include the number itself, as in law (民法典 1259); 不满 and 未满 do not. 老年人 alone
means 60 and over. 未成年人及家长 limits nobody's age, because a form that refused the parents would be wrong,
but is themed 一小; so does any line that names children without a number. 家长陪同 is kept as `accompanied`:
the ages are the child's. Words without any age are kept as they are and limit nobody (`understood` is False:
worth a look).
"""

import re
import unicodedata
from dataclasses import dataclass

from stationapp.events.rules import Theme
from stationapp.importing.values import text_of
from stationapp.refusal import Unreadable


@dataclass(frozen=True)
class Audience:
    """Ages are whole years on the event's day, both ends included; None is no limit."""

    text: str = ""
    min_age: int | None = None
    max_age: int | None = None
    themes: tuple[Theme, ...] = ()
    accompanied: bool = False
    understood: bool = True


_ALL = re.compile(
    r"(?:全体|广大|辖区|社区|本社区|所有|本地|各族|普通)*(?:居民|群众|村民|市民|人员|人|业主)(?:朋友)?|不限|全体|无|均可|全民"
)
_OLD = re.compile(r"老年|老人|长者|老党员|高龄|银发")
_YOUNG = re.compile(r"儿童|少儿|未成年|青少年|学生|孩子|幼儿|小朋友|亲子|少年|婴")
_WITH_ADULTS = re.compile(r"(?:及|和|与|、|跟)(?:其)?(?:家长|父母|家庭|监护人)|亲子|家庭")
_ACCOMPANIED = re.compile(r"(?:家长|监护人|父母|成人|大人)(?:需|须|要)?(?:陪同|陪伴)|陪同")
_YEARS = r"(?:周?岁)"
_BETWEEN = re.compile(rf"(\d{{1,3}}){_YEARS}?(?:[-‐‑–—―−~〜∼]+|至|到)(\d{{1,3}}){_YEARS}(?:之间)?")
_FROM = re.compile(
    rf"(?:(?<![未不])(?:年满|满))?(\d{{1,3}}){_YEARS}(?:及|\(含\)|含)?以上"
    rf"|(\d{{1,3}})\+{_YEARS}?"
    rf"|(?<![未不])(?:年满|满)(\d{{1,3}}){_YEARS}"
)
_BELOW = re.compile(
    rf"(?:不满|未满)(\d{{1,3}}){_YEARS}|(?:不超过)?(\d{{1,3}}){_YEARS}(?:及|\(含\)|含)?(?:以下|以内)"
)
OLDEST = 120


def read_audience(value: object) -> Audience:
    """Ages, themes and the words themselves. Raises Unreadable when a number says no clear age."""
    written = text_of(value)
    text = "".join(unicodedata.normalize("NFKC", written).split())
    if not text or _ALL.fullmatch(text):
        return Audience(written)
    low, high, rest = _ages(text)
    if re.search(r"\d", rest):
        raise Unreadable("年龄读不懂；请写成“60岁以上”“6-12岁儿童”的样子")
    old, young = bool(_OLD.search(text)), bool(_YOUNG.search(text))
    if low is None and high is None and not (old and young) and not _WITH_ADULTS.search(text):
        low, high = _by_word(text)
    themes = [Theme.OLD] * (old or (low is not None and low >= 60))
    themes += [Theme.YOUNG] * (young or (high is not None and high < 18))
    understood = bool(themes) or low is not None or high is not None
    return Audience(written, low, high, tuple(themes), bool(_ACCOMPANIED.search(text)), understood)


def _by_word(text: str) -> tuple[int | None, int | None]:
    """老年人 and 未成年人 say an age of their own; 中老年 and 儿童 do not."""
    if re.fullmatch(r"(?:辖区|社区|本社区)?(?:老年人?|老人|长者)(?:朋友|居民|群体)?", text):
        return 60, None
    if re.fullmatch(r"(?:辖区|社区|本社区)?未成年人", text):
        return None, 17
    return None, None


def _ages(text: str) -> tuple[int | None, int | None, str]:
    """Lowest and highest age, and the text without them."""
    found = [match for pattern in (_BETWEEN, _FROM, _BELOW) if (match := pattern.search(text))]
    if not found:
        return None, None, text
    rest = text
    for match in found:
        rest = rest.replace(match[0], "", 1)
    if len(found) > 1 or (_OLD.search(text) and _YOUNG.search(text)):
        raise Unreadable("写了几种年龄；请每种年龄单列一行，或写“全体居民”")
    match = found[0]
    numbers = [int(group) for group in match.groups() if group is not None]
    if match.re is _BETWEEN:
        low, high = numbers
    elif match.re is _FROM:
        low, high = numbers[0], None
    else:
        low, high = None, numbers[0] - (1 if match[0][0] in "不未" and "超过" not in match[0] else 0)
    if (
        max(numbers) > OLDEST
        or (low is not None and high is not None and low > high)
        or (high is not None and high < 0)
    ):
        raise Unreadable("年龄的起止不对；请改正")
    return low, high, rest
