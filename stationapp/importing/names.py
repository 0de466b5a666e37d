"""Which site a name in a file means: exactly, or but for the usual suffixes; else suggestions, no guess."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import NamedTuple

from stationapp.importing.values import folded
from stationapp.refusal import Unreadable
from stationapp.sites.rules import Level


class SiteName(NamedTuple):
    """What matching needs to know of a site."""

    code: str
    name: str
    level: Level


_PRACTICE = re.compile(r"(?:新时代)?文明实践(中心|所|站|点)$|实践(中心|所|站)$")
_BODY = (
    (re.compile(r"(?:社区|村)?(?:居民委员会|居委会|村民委员会|村委会|居委|村委)$"), Level.STATION),
    (re.compile(r"(?:社区|村)站?$"), Level.STATION),
    (re.compile(r"(?:街道办事处|街道办|办事处|街道)所?$"), Level.OFFICE),
)
_LEVELS = {"中心": Level.CENTER, "所": Level.OFFICE, "站": Level.STATION, "点": Level.STATION}


MOST_SUGGESTED = 200
"""Unknown names that get suggestions: comparing is slow, and a file full of them is some other list."""


class SiteIndex:
    """The sites a file may name. Build once for a file."""

    def __init__(self, sites: Iterable[SiteName]) -> None:
        self._sites = list(sites)
        self._full: dict[str, list[SiteName]] = {}
        self._core: dict[str, list[SiteName]] = {}
        for site in self._sites:
            full = folded(site.name)
            self._full.setdefault(full, []).append(site)
            self._core.setdefault(_core(full)[0], []).append(site)
        self._codes = {site.code: site for site in self._sites}
        self._spoken = {folded(site.name).replace("新时代", ""): site for site in self._sites}
        self._near: dict[str, list[str]] = {}

    def find(self, value: object) -> SiteName:
        """The one site that is meant. Raises Unreadable with up to three suggestions, or when several fit."""
        text = folded(value)
        if not text:
            raise Unreadable("没有写单位；请填阵地的全称或代码")
        if text in self._codes:
            return self._codes[text]
        core, level = _core(text)
        fitting = self._full.get(text) or [
            site for site in self._core.get(core, []) if level is None or site.level is level
        ]
        if len(fitting) == 1:
            return fitting[0]
        if fitting:
            names = "、".join(f"{site.name}（{site.code}）" for site in fitting[:3])
            raise Unreadable(f"有{len(fitting)}个阵地都可以这样叫：{names}；请写全称或代码")
        near = self._suggestions(text.replace("新时代", "")[:60])
        if not near:
            raise Unreadable("没有这个阵地；请填阵地的全称或代码，新阵地请先导入阵地表")
        names = "、".join(f"“{self._spoken[name].name}”" for name in near)
        raise Unreadable(f"没有这个阵地，是不是{names}？请改正后再导入")

    def _suggestions(self, text: str) -> list[str]:
        if text not in self._near and len(self._near) < MOST_SUGGESTED:
            self._near[text] = get_close_matches(text, self._spoken, n=3, cutoff=0.7)
        return self._near.get(text, [])


def _core(text: str) -> tuple[str, Level | None]:
    """The name without suffixes, and the level those suffixes tell."""
    level = None
    practice = _PRACTICE.search(text)
    if practice:
        level = _LEVELS[practice[1] or practice[2]]
        text = text[: practice.start()]
    for pattern, told in _BODY:
        body = pattern.search(text)
        if body and body.start() > 0:
            return text[: body.start()], level or told
    return text, level
