"""The month's coverage at the desk: choosing a month, the report, the rows behind it, closing, files."""

import json
from dataclasses import dataclass
from urllib.parse import quote

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.models import Staff
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.reports import files, rows, words
from stationapp.reports.forms import ClosingForm
from stationapp.reports.lines import summary
from stationapp.reports.models import CoverageReport
from stationapp.reports.operations import close_month
from stationapp.reports.queries import latest_by_month
from stationapp.reports.rules import GROUPS, MINIMUM, SPECS, Kind, Unit, state_of
from stationapp.reports.versions import (
    differences,
    find_latest,
    get_version,
    list_versions,
    pending,
    standing,
)
from stationapp.residents.rules import masked_name
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site
from stationapp.sites.rules import Group, Level
from stationapp.web.errors import sentence
from stationapp.web.paging import paged

bp = Blueprint("reports", __name__, url_prefix="/reports")

SIX = ("I-01", "I-04", "I-05", "I-03", "I-07", "I-13")
"""The figures on top of the page."""

MONTHS_SHOWN = 13


@dataclass(frozen=True)
class Card:
    """One of the six figures as the page shows it."""

    id: str
    label: str
    value: str
    unit: str
    made_of: str
    before: str
    over: bool


@bp.get("/")
def index():
    """The months of one site, with their states."""
    sites = list(db.session.scalars(select(Site).where(reached(guard.reach())).order_by(Site.code)))
    if not sites:
        raise NotFound
    asked = request.args.get("site")
    site = next((site for site in sites if site.code == asked), sites[0])
    closed = latest_by_month(site)
    this = Month.of(clock.day_of(clock.now()))
    months = [
        (month, state_of(version), version, closed_at)
        for month in (this.plus(-back) for back in range(MONTHS_SHOWN))
        for version, closed_at in [closed.get(month, (0, None))]
    ]
    return render_template("desk/reports/index.html", sites=sites, site=site, months=months, words=words)


@bp.get("/<site>/<month>")
def month(site: str, month: str):
    """The report that holds: the latest frozen version, or today's figures."""
    return _page(*_its(site, month), ClosingForm(formdata=None))


@bp.get("/<site>/<month>/versions/<int:version>")
def version(site: str, month: str, version: int):
    """One frozen version, and what it changed."""
    its, of = _its(site, month)
    return _page(its, of, ClosingForm(formdata=None), shown=get_version(its, of, version))


@bp.post("/<site>/<month>/closing")
def closing(site: str, month: str):
    """Close the month, or state it again with a reason."""
    its, of = _its(site, month)
    form = ClosingForm()
    if not form.validate():
        return _page(its, of, form), 422
    try:
        with transaction():
            report = close_month(
                its, of, by=guard.user().staff_id, now=clock.now(), reason=form.reason.data or ""
            )
            number = report.version
    except Refused as refused:
        return _page(its, of, form, problem=sentence(refused)), 409
    flash(_("已关账：%(site)s %(month)s 第 %(n)d 版。", site=its.short_name, month=of, n=number))
    return redirect(url_for(".month", site=its.code, month=str(of)), code=303)


@bp.get("/<site>/<month>/files/<format>")
def file(site: str, month: str, format: str):
    """The report as a file, `?version=` for an older one."""
    its, of = _its(site, month)
    if format not in files.FORMATS:
        raise NotFound
    asked = request.args.get("version", "")
    if asked.isascii() and asked.isdigit() and len(asked) < 6:
        body = json.loads(get_version(its, of, int(asked)).body)
    else:
        body = standing(its, of)
    name = quote(f"{its.short_name}-{of}-覆盖报表.{format}")
    answer = Response(files.render(body, format), content_type=files.MEDIA[format])
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return answer


@bp.get("/<site>/<month>/<figure>")
def behind(site: str, month: str, figure: str):
    """The rows behind a figure, names masked; as many as the figure says (trust.md R4)."""
    its, of = _its(site, month)
    if figure not in rows.LISTS:
        raise NotFound
    latest = find_latest(its, of)
    body = standing(its, of)
    scope = rows.scope_of(its, of, latest)
    group = _group() if figure == "I-08" else Group.ALL
    return render_template(
        f"desk/reports/rows/{rows.LISTS[figure]}.html",
        site=its,
        month=of,
        id=figure,
        figure=body["figures"][figure],
        group=group,
        groups=GROUPS,
        page=paged(rows.query(scope, figure, group), scalars=False),
        found=rows.measure(scope, figure, group),
        expected=rows.expected(body, figure, group),
        headcounts=rows.headcounts(scope) if figure == "I-04" else [],
        words=words,
        masked=masked_name,
        Unit=Unit,
        minimum=MINIMUM[Level.STATION][0],
    )


def _group() -> Group:
    asked = request.args.get("group")
    return next((group for group in GROUPS if group.value == asked), GROUPS[0])


def _its(code: str, text: str) -> tuple[Site, Month]:
    """The site and month of an address, if this request's action is allowed there."""
    site = get_site(code)
    guard.require(site.path)
    try:
        return site, Month.parse(text)
    except ValueError:
        raise NotFound from None


def _page(
    site: Site, month: Month, form: ClosingForm, *, shown: CoverageReport | None = None, problem: str = ""
) -> str:
    versions = list_versions(site, month)
    latest = versions[0] if versions else None
    report = shown or latest
    body = json.loads(report.body) if report else standing(site, month)
    before = standing(site, month.plus(-1))
    return render_template(
        "desk/reports/month.html",
        site=site,
        month=month,
        body=body,
        report=report,
        latest=latest,
        said=words.sentence(body),
        cards=[_card(id, body, before) for id in SIX],
        lines=summary(body),
        versions=versions,
        closers=_names(versions),
        late=pending(latest, site, month) if latest and report is latest else None,
        changes=_changes(report, versions),
        may_close=guard.can(Action.CLOSE_MONTH, site.path) and clock.now() >= month.ends_at,
        may_see_rows=guard.can(Action.SEE_ROWS, site.path),
        form=form,
        problem=problem,
        specs=SPECS,
        Group=Group,
        Unit=Unit,
        words=words,
    )


def _names(versions: list[CoverageReport]) -> dict[int, str]:
    ids = {report.closed_by for report in versions if report.closed_by}
    return dict(db.session.execute(select(Staff.id, Staff.name).where(Staff.id.in_(ids))).all())


def _changes(report: CoverageReport | None, versions: list[CoverageReport]) -> list:
    """What a restated version changed against the one before it."""
    if report is None:
        return []
    older = [one for one in versions if one.version == report.version - 1]
    return differences(json.loads(older[0].body), json.loads(report.body)) if older else []


def _card(id: str, body: dict, before: dict) -> Card:
    figure, last = body["figures"][id], before["figures"][id]
    unit = SPECS[id].unit
    return Card(
        id,
        str(words.FIGURES[id]),
        words.shown(figure["value"], unit),
        words.counting(id) or (words.said(unit) if unit is Unit.HOURS else ""),
        _made_of(id, figure),
        words.shown(last["value"], unit),
        figure.get("over", False),
    )


def _made_of(id: str, figure: dict) -> str:
    if SPECS[id].kind is Kind.RATIO:
        below = words.shown(figure["denominator"], Unit.COUNT)
        return _("%(above)s ÷ %(below)s", above=words.shown(figure["numerator"], Unit.COUNT), below=below)
    if id == "I-04":
        return _(
            "实名 %(named)s + 现场计数 %(anonymous)s", **{k: f"{figure[k]:,}" for k in ("named", "anonymous")}
        )
    if id == "I-05":
        home = figure["by_home"]
        return _("本区 %(here)d · 外区 %(outside)d · 不详 %(unknown)d", **home)
    if id == "I-13":
        return _("%(minutes)s 分钟 ÷ 60", minutes=words.shown(figure["minutes"], Unit.COUNT))
    return _("%(n)d 类", n=len(figure["by_category"]))
