"""Since when a site is in use, up to which day, and who goes on with it: whether that can be. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from stationapp.importing.records import Record
from stationapp.importing.values import day
from stationapp.sites.rules import Level


@dataclass(frozen=True)
class Term:
    """`until` is the last day in use, None without end; `successor` the code of the site it was merged into."""

    since: date | None = None
    until: date | None = None
    successor: str | None = None


def read_term(record: Record, successor: str | None, before: Term) -> Term:
    """What a line says of it; of what the file has no column for, what is known already."""
    since = record.read("since", day) if record.text("since") else before.since
    if not record.has("until"):
        if successor and successor != before.successor:
            record.lost("successor", "要并入别处，就要写明最后在用日；请加上“最后在用日”这一列")
        return Term(since, before.until, before.successor)
    until = record.read("until", day) if record.text("until") else None
    return Term(since, until, successor if record.has("successor") else until and before.successor)


def check_term(
    record: Record,
    code: str,
    level: Level,
    terms: Mapping[str, Term],
    levels: Mapping[str, Level],
    *,
    before: Term | None,
) -> None:
    """A site ends after it began, and goes over into one of its level that goes on for longer; the center goes on."""
    term = terms[code]
    if level is Level.CENTER and term.until:
        record.lost("until", "全区的中心不能停用；请清空这一格")
    elif term.since and term.until and term.until < term.since:
        record.lost("until", f"比启用日期 {term.since} 还早；请核对")
    elif not term.successor:
        return
    elif not term.until:
        record.lost("until", "写了并入代码，就要写最后在用日；请补上")
    elif term.successor not in levels:
        record.lost("successor", "没有这个阵地；请先导入它，或改正代码")
    elif levels[term.successor] is not level:
        record.lost("successor", "和它不是同一层级，站只能并入站，所只能并入所；请改正")
    elif not _goes_on(code, terms):
        record.lost("successor", "那个阵地自己更早停用，或者就是它自己；请核对")
    elif level is Level.STATION and term != before:
        record.notice("successor", "从此两处的居民都算在那里；请再导入那里合并以后的人口数，不然覆盖率偏高")


def _goes_on(code: str, terms: Mapping[str, Term]) -> bool:
    """Whether each one on the way ends later than the one before: then the way has an end."""
    term = terms[code]
    while term.successor:
        after = terms.get(term.successor, Term())
        if after.until is not None and (term.until is None or after.until <= term.until):
            return False
        term = after
    return True
