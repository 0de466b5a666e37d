"""Which event a sheet is of, by what stands above its table. Pure; never a guess.

The printed number (编号) is enough; else the title, the day, or both. A site named there narrows it down.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from typing import NamedTuple

from stationapp import clock
from stationapp.events.rules import State
from stationapp.importing.values import folded
from stationapp.refusal import Unreadable


class Candidate(NamedTuple):
    """An event that a sheet may be of."""

    id: int
    code: str
    title: str
    starts_at: datetime
    state: State
    site_id: int
    site: str  # its short name
    ends_at: datetime

    @property
    def said(self) -> str:
        """The event in words, told apart from others of its title."""
        at = clock.local(self.starts_at)
        return f"{at.month}月{at.day}日{at:%H:%M}“{self.title}”（{self.site}）"


@dataclass(frozen=True)
class Named:
    """What stands above a table: texts folded together, the day, the printed event code ("" for none)."""

    text: str
    day: date | None
    code: str


_FULL = re.compile(r"(20\d\d)[年./\-](\d{1,2})[月./\-](\d{1,2})(?:日|号)?(?:0{1,2}:00(?::00)?)?")
_SHORT = re.compile(r"(?<![\d.])(\d{1,2})月(\d{1,2})[日号]")
_CODE = re.compile(r"编号:?([0-9a-z]{6,12})-\d")
_FILLER = re.compile(
    r"签到表|签到册|签到簿|报名登记表|报名表|报名名单|登记表|花名册|人员名单|新时代文明实践(?:中心|所|站)?|活动(?:名称|主题|内容)?:?|日期:?|时间:?|地点:?|(?:周|星期)[一二三四五六日天]"
    r"|[\s:,。、()\-—_《》“”\"·]"
)


class Unnamed(Unreadable):
    """Nothing above the table says which event it is."""


Against = Callable[[Candidate, datetime], str]
"""Why a sheet cannot be of an event, a sentence, empty when it can: `not_open`, `not_to_come`."""


def named(titles: Iterable[str], *, today: date, coming: bool = False) -> Named:
    """What the lines above a table say; `coming`: of an event still to come, which a day without its year then is.

    Raises Unreadable for several days, or one that is none.
    """
    text = "".join("".join(unicodedata.normalize("NFKC", title).split()) for title in titles).lower()
    code = _CODE.search(text)
    days = {_day(*map(int, found)) for found in _FULL.findall(text)}
    text = _FULL.sub("", text)
    nearest = _next if coming else _latest
    days |= {nearest(int(month), int(number), today) for month, number in _SHORT.findall(text)}
    if len(days) > 1:
        raise Unreadable("表头上方写了几个日期，看不出是哪一天；请只留活动那一天")
    return Named(_SHORT.sub("", text), days.pop() if days else None, code[1].upper() if code else "")


def _day(year: int, month: int, number: int) -> date:
    try:
        return date(year, month, number)
    except ValueError:
        raise Unreadable(f"没有{year}年{month}月{number}日；请改正表头上方的日期") from None


def _latest(month: int, number: int, today: date) -> date:
    """A day without its year: the last such day up to today, for a sheet is signed before it is loaded."""
    for year in range(today.year, today.year - 8, -1):
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if day <= today:
            return day
    raise Unreadable(f"没有{month}月{number}日；请改正表头上方的日期")


def _next(month: int, number: int, today: date) -> date:
    """The first such day from yesterday on, for a list of who comes is loaded before its event is over."""
    for year in range(today.year, today.year + 8):
        try:
            day = date(year, month, number)
        except ValueError:
            continue
        if day >= today - timedelta(days=1):
            return day
    raise Unreadable(f"没有{month}月{number}日；请改正表头上方的日期")


def choose(
    what: Named,
    candidates: Sequence[Candidate],
    *,
    sites: dict[int, str],
    within: set[int],
    now: datetime,
    against: Against,
) -> Candidate:
    """The one event that is meant. Raises Unreadable with what to do.

    `candidates` are those of that day, without a day those of late (or soon), at the sites `within`; `sites` are the
    short names of all sites, so that a sheet of a site out of reach is told apart.
    """
    if what.code:
        found = [one for one in candidates if one.code.upper() == what.code]
        return _open(found, now, against) if found else _none(f"没有编号是 {what.code} 的活动")
    said = {site_id for site_id, short in sites.items() if folded(short) in what.text}
    said = {one for one in said if not any(_inside(sites[one], sites[other]) for other in said)}
    if said and not said & within:
        raise Unreadable(f"这张表是{sites[min(said)]}的，不在您管的范围里；请交给那个站导入")
    here = [one for one in candidates if not said or one.site_id in said]
    rest = what.text
    for site_id in sorted(said, key=lambda one: -len(sites[one])):
        rest = rest.replace(folded(sites[site_id]), "")
    rest = _FILLER.sub("", rest)
    fitting = [one for one in here if folded(one.title) in what.text] if rest else list(here)
    fitting = [one for one in fitting if not any(_inside(one.title, other.title) for other in fitting)]
    if fitting and (rest or what.day):
        return _open(fitting, now, against)
    if not rest and not what.day:
        raise Unnamed("表头上方没有写是哪一场活动；请写上活动名称和日期，如“八段锦晨练 2026年11月8日”")
    on = f"{what.day.month}月{what.day.day}日" if what.day else "相近的日子里"
    near = get_close_matches(rest[:60], {folded(one.title): one for one in here}, n=3, cutoff=0.4)
    names = "、".join(one.said for one in here if folded(one.title) in near)
    return _none(f"{on}没有叫这个名字的活动" if rest else f"{on}没有活动", names)


def _inside(short: str, long: str) -> bool:
    return folded(short) != folded(long) and folded(short) in folded(long)


def _none(what: str, near: str = "") -> Candidate:
    raise Unreadable(f"{what}{f'，是不是{near}？' if near else ''}请核对表头上方的活动名称和日期")


def _open(fitting: list[Candidate], now: datetime, against: Against) -> Candidate:
    """The one of them that nothing stands against."""
    on = [one for one in fitting if one.state is State.PUBLISHED] or fitting
    if len(on) > 1:
        names = "、".join(one.said for one in on[:5])
        raise Unreadable(f"有{len(on)}场活动都对得上：{names}；请在表头上方写明日期和完整的名称")
    if why := against(on[0], now):
        raise Unreadable(why)
    return on[0]


def not_open(one: Candidate, now: datetime) -> str:
    """Why nobody's coming can be written down for it, empty when it can."""
    if one.state is State.CLOSED_OUT:
        return f"{one.said}已经归档；要补签到，请先在活动页上重新打开并写明原因"
    if one.state is not State.PUBLISHED:
        return f"{one.said}没有发布，或已取消、延期；不能记签到"
    if now < one.starts_at:
        return f"{one.said}还没开始；开始以后再导入签到表"
    return ""


def not_to_come(one: Candidate, now: datetime) -> str:
    """Why nobody can be signed up for it any more, empty when somebody can; what else stands against it is judged
    with each party."""
    if one.state is not State.PUBLISHED:
        return f"{one.said}没有发布，或已取消、延期、归档；不能报名"
    if now >= one.ends_at:
        return f"{one.said}已经结束，不能再报名；来了的人请按签到表导入"
    return ""
