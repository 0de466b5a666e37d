"""The report's page at the desk: what stands on it, whether the month is frozen or under way."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.models import Staff
from stationapp.accounts.rules import Action
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.rules import Category
from stationapp.reports import charts, heat, plain, words
from stationapp.reports.asking import when_closed
from stationapp.reports.few import unsaid
from stationapp.reports.forms import ClosingForm
from stationapp.reports.life_rules import PATIENCE
from stationapp.reports.models import CoverageReport
from stationapp.reports.queries import begun, figures, joined
from stationapp.reports.rules import SPECS, ReportState, Unit, state_of
from stationapp.reports.shelf import find_body, list_heads
from stationapp.reports.versions import differences, late
from stationapp.sites.models import Site
from stationapp.sites.queries import find_successor
from stationapp.sites.rules import Group, Level
from stationapp.web.filters import stamp

SOON = timedelta(days=7)
"""So far ahead an event against a gap is proposed: people must still hear of it."""

GAPS_OPEN = 12
"""So many gaps stand open; the rest is folded."""

PARTS = {
    "held": lazy_gettext("办了多少"),
    "came": lazy_gettext("来了多少人"),
    "reached": lazy_gettext("覆盖了谁"),
    "helped": lazy_gettext("志愿者"),
    "liked": lazy_gettext("好不好用"),
}

STATES = {
    ReportState.OPEN: (lazy_gettext("进行中"), "plain"),
    ReportState.PROVISIONAL: (lazy_gettext("暂定"), "warn"),
    ReportState.CLOSED: (lazy_gettext("已关账"), "good"),
    ReportState.RESTATED: (lazy_gettext("已更正"), "good"),
}


@dataclass(frozen=True)
class Card:
    """One of the six figures as the page shows it."""

    id: str
    label: str
    axis: str
    value: str
    unit: str
    made_of: str
    last: str
    year_ago: str
    over: bool


@dataclass(frozen=True)
class Around:
    """The sites that a page leads to: by code, with what the reader may do there."""

    above: list[Site]
    sites: dict[str, Site]

    def reads(self, code: str) -> bool:
        """Whether that site's own report opens for the reader."""
        return self._may(Action.SEE_FIGURES, code)

    def opens(self, code: str) -> bool:
        """Whether the rows behind that site's figures open for the reader."""
        return self._may(Action.SEE_ROWS, code)

    def plans(self, code: str) -> bool:
        """Whether the reader can plan an event there."""
        site = self.sites.get(code)
        return self._may(Action.PLAN, code) and site.valid_to is None

    def _may(self, action: Action, code: str) -> bool:
        site = self.sites.get(code)
        return site is not None and guard.can(action, site.path)


def month_page(
    site: Site,
    month: Month,
    *,
    shown: CoverageReport | None = None,
    form: ClosingForm | None = None,
    problem: str = "",
) -> str:
    """The version shown, or the one that holds, or the month as it stands."""
    now = clock.now()
    versions = list_heads(site, month)
    latest = versions[0] if versions else None
    report = shown or latest
    if report is None and (page := none_page(site, month)):
        return page
    body = unsaid(find_body(site, month, report.version) if report else figures(site, month))
    state = state_of(report.version if report else 0, over=now >= month.ends_at)
    closes_at = None if report else when_closed(month)
    return render_template(
        "desk/reports/month.html",
        site=site,
        month=month,
        body=body,
        report=report,
        latest=latest,
        versions=versions,
        state=state,
        badge=STATES[state],
        may_next=now >= month.ends_at,
        ended=_ended(site, month),
        closes_at=closes_at,
        overdue=bool(closes_at and closes_at + PATIENCE <= now),
        said=words.sentence(body),
        cards=_cards(site, month, body),
        around=_around(site, _codes(body)),
        gaps=_narrowed(plain.gaps(body)),
        gaps_open=GAPS_OPEN,
        all_gaps=len(body["gaps"]),
        unfiled=body.get("unfiled", []),
        joined=_joined(site, month, body),
        late=late(report, site, month) if report and report is latest else None,
        lacking=plain.lacking(body),
        told=plain.told(body),
        parts=PARTS,
        breakdown=plain.breakdown,
        narrowed=plain.narrowed,
        heats=_heats(body),
        trends=_trends(body),
        changes=_changes(site, month, report, body),
        closers=_names(versions),
        may_close=guard.can(Action.CLOSE_MONTH, site.path) and now >= month.ends_at,
        may_see_rows=guard.can(Action.SEE_ROWS, site.path),
        soon=(clock.day_of(now) + SOON).isoformat(),
        form=form or ClosingForm(formdata=None),
        problem=problem,
        Group=Group,
        Category=Category,
        Unit=Unit,
        words=words,
        Month=Month,
    )


def _joined(site: Site, month: Month, body: dict) -> list[Site]:
    """Communities merged into it this year, where months that the year rests on were closed before."""
    closed = [Month.parse(one["month"]) for one in body.get("months", ())[:-1] if one["version"]]
    first = min((one.first_day for one in closed if one.year == month.year), default=date.max)
    return [one for one in joined(site, month) if one.valid_to >= first]


def printed_foot(site: Site, month: Month, report: CoverageReport | None) -> str:
    """Site, month, version and hash as a string of CSS, in which only letters and digits stand as they are."""
    said = f"{site.short_name} {month} · "
    if report:
        said += _("第%(n)d版 · 校验码 %(hash)s", n=report.version, hash=report.hash[:16])
    else:
        said += _("未关账，%(at)s打印", at=stamp(clock.now()))
    return "".join(one if one.isascii() and one.isalnum() else f"\\{ord(one):06x}" for one in said)


def none_page(site: Site, month: Month) -> str | None:
    """The page that says why there can be no report of a month of which no version is; None where there can be one."""
    empty = _empty(site, month, clock.now())
    if empty is None:
        return None
    around = _around(site, {empty["successor"].code} if empty["successor"] else ())
    return render_template("desk/reports/none.html", site=site, month=month, around=around, **empty)


def _empty(site: Site, month: Month, now: datetime) -> dict | None:
    """Why there is no report of a month, where there can be none."""
    if now < month.begins_at:
        return {"said": _("%(month)s还没有开始。", month=words.month_name(month)), "successor": None}
    if site.valid_from > month.last_day:
        said = _("那时%(site)s还没有设立，%(since)s起才有。", site=site.short_name, since=site.valid_from)
        return {"said": said, "successor": None}
    if site.valid_to and site.valid_to < month.first_day:
        said = _(
            "%(site)s已在 %(until)s 撤并，以后没有自己的报表。", site=site.short_name, until=site.valid_to
        )
        return {"said": said, "successor": find_successor(site)}
    this = Month.of(clock.day_of(now))
    since = begun(this.plus(1))  # later than this month while nothing is known of yet
    if month < since <= this and now >= when_closed(month):
        said = _("那时还没有记录：全区最早的记录在%(y)d年%(m)d月。", y=since.year, m=since.month)
        return {"said": said, "successor": None}
    return None


def _ended(site: Site, month: Month) -> str:
    """What to know of a site that was given up within the month: its people are counted elsewhere, or nowhere."""
    if not site.valid_to or site.valid_to >= month.last_day:
        return ""
    if successor := find_successor(site):
        return _(
            "%(site)s用到 %(until)s 为止，已并入%(successor)s：住在这里的人，覆盖率算在那里。",
            site=site.short_name,
            until=site.valid_to,
            successor=successor.short_name,
        )
    return _(
        "%(site)s用到 %(until)s 为止，没有并入别处：住在这里的人不进覆盖率。",
        site=site.short_name,
        until=site.valid_to,
    )


# --- the sites around ------------------------------------------------------------------------------------------


def _codes(body: dict) -> set[str]:
    return {one["site"] for part in ("by_site", "coverage", "unfiled") for one in body.get(part, ())}


def _around(site: Site, codes) -> Around:
    """One question, however many sites a page names."""
    above = [int(id) for id in site.path.strip("/").split("/")]
    rows = list(
        db.session.scalars(select(Site).where(Site.id.in_(above) | Site.code.in_(codes)).order_by(Site.code))
    )
    by_id = {one.id: one for one in rows}
    return Around([by_id[id] for id in above[:-1] if id in by_id], {one.code: one for one in rows})


def _narrowed(rows: list) -> list:
    """Those whose name holds what was asked for (`?q=`)."""
    asked = request.args.get("q", "").strip()[:40]
    return [row for row in rows if asked in row.name] if asked else rows


# --- six figures -----------------------------------------------------------------------------------------------


def _cards(site: Site, month: Month, body: dict) -> list[Card]:
    before = _before(site, month, body)
    ids = plain.SIX_OF_ONE if body["level"] == Level.STATION.value else plain.SIX
    return [_card(id, body["figures"][id], before) for id in ids]


def _before(site: Site, month: Month, body: dict) -> plain.Before:
    """Last month and the same month last year: as frozen, or what the body's own trend says; nothing is reckoned."""
    found = []
    for version, back in zip(plain.rests_on(body, month), (1, 12), strict=True):
        then = find_body(site, month.plus(-back), version) if version else None
        found.append(then["figures"] if then else plain.told_by_trend(body, month.plus(-back)))
    return plain.Before(*found)


def _card(id: str, figure: dict, before: plain.Before) -> Card:
    unit = Unit(figure["unit"])
    return Card(
        id,
        str(words.FIGURES[id]),
        words.said(SPECS[id].axis),
        words.shown(figure["value"], unit),
        words.counting(id) or (words.said(unit) if unit is Unit.HOURS else ""),
        _made_of(id, figure),
        _then(before.last, id, unit),
        _then(before.year_ago, id, unit),
        bool(figure.get("over")),
    )


def _then(figures: dict[str, dict] | None, id: str, unit: Unit) -> str:
    if figures is None:
        return _("没有记录")
    return words.shown(figures.get(id, {}).get("value"), unit)


def _made_of(id: str, figure: dict) -> str:
    if id == "I-04":
        counts = {name: words.shown(figure[name], Unit.COUNT) for name in ("named", "anonymous")}
        return _("实名 %(named)s + 现场计数 %(anonymous)s", **counts)
    if id == "I-05":
        home = {name: words.shown(n, Unit.COUNT) for name, n in figure["by_home"].items()}
        return _("本区 %(here)s · 外区 %(outside)s · 不详 %(unknown)s", **home)
    if id == "I-13":
        return _("%(minutes)s 分钟 ÷ 60", minutes=words.shown(figure["minutes"], Unit.COUNT))
    if id == "I-01":
        return _("%(n)d 类活动", n=len(figure["by_category"]))
    if id == "I-12":
        return _("到场服务或有时长，去重")
    above, below = (words.shown(figure.get(name), Unit.COUNT) for name in ("numerator", "denominator"))
    if id == "I-03":
        return _("%(above)s 个站 ÷ %(below)s 个站", above=above, below=below)
    return _("%(above)s 人来过 ÷ %(below)s 人", above=above, below=below)


# --- heat, trend, changes --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Heat:
    """A heat table: `part` its place in the address, heads as (value, words), rows, and the foot of the whole."""

    part: str
    caption: str
    figure: str
    heads: list[tuple[str, str]]
    rows: list[heat.Row]
    foot: list[heat.Cell]
    legend: list[tuple[int, str]]


def _heats(body: dict) -> list[Heat]:
    """Coverage by group, this month or (`?span=year`) the year so far, and by category."""
    groups = [(group.value, words.said(group)) for group in Group]
    yearly = request.args.get("span") == "year" and any("year" in one for one in body["coverage"])
    part, bounds = ("year", heat.YEAR) if yearly else ("groups", heat.MONTH)
    of = body["year"] if yearly and "year" in body else body["figures"]
    shares = {Group.ALL.value: of["I-07"], **of["I-08"]["groups"]}
    caption = _("今年 1 月到本月来过的人 ÷ 人口") if yearly else _("本月来过的人 ÷ 人口")
    found = [_heat(body, part, caption, "I-08", groups, bounds, shares)]
    if "I-09" in body["figures"]:
        kinds = [(one.value, words.said(one)) for one in Category]
        shares = body["figures"]["I-09"]["categories"]
        caption = _("本月参加过这一类活动的人 ÷ 总人口")
        found.append(_heat(body, "categories", caption, "I-09", kinds, heat.KINDS, shares))
    return found


def _heat(body, part, caption, figure, heads, bounds, shares) -> Heat:
    values = [value for value, _said in heads]
    rows = _narrowed(heat.rows(body["coverage"], part, values, bounds))
    foot = [heat.cell(shares.get(value), bounds) for value in values]
    return Heat(part, caption, figure, heads, rows, foot, heat.legend(bounds))


SERIES = ("I-01", "I-04", "I-05", "I-07", "I-13")
"""The figures whose last thirteen months are drawn."""


def _trends(body: dict) -> list[charts.Trend]:
    """One drawing a figure; none where an older body kept no trend."""
    return [_trend(body, id) for id in SERIES if body.get("trend")]


def _trend(body: dict, id: str) -> charts.Trend:
    figure = body["figures"][id]
    unit = Unit(figure["unit"])
    said = words.counting(id) or words.said(unit)
    readings = [_reading(one, id, unit) for one in body["trend"]]
    return charts.trend(str(words.FIGURES[id]), "" if unit is Unit.PERCENT else said, readings)


def _reading(one: dict, id: str, unit: Unit) -> charts.Reading:
    value = (one["figures"] or {}).get(id)
    value = value["value"] if isinstance(value, dict) else value
    month = Month.parse(one["month"])
    name = _("%(n)d月", n=month.month)
    return charts.Reading(name, value, words.shown(value, unit), bool(one["version"]))


def _changes(site: Site, month: Month, report: CoverageReport | None, body: dict) -> list:
    """What a restated version changed against the one before it."""
    if report is None or report.version == 1:
        return []
    old = find_body(site, month, report.version - 1)
    return differences(old, body) if old else []


def _names(versions: list[CoverageReport]) -> dict[int, str]:
    ids = {report.closed_by for report in versions if report.closed_by}
    return dict(db.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids))).all())
