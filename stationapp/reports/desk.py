"""The month's coverage at the desk: choosing a month, the report, closing, files."""

import json
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.reports import files, versions, words
from stationapp.reports.desk_month import site_month
from stationapp.reports.desk_page import STATES, month_page, none_page, printed_foot
from stationapp.reports.forms import ClosingForm
from stationapp.reports.life_rules import Audience
from stationapp.reports.models import CoverageReport
from stationapp.reports.operations import close_month
from stationapp.reports.prepared import file_of
from stationapp.reports.queries import begun, figures
from stationapp.reports.reckoning import reckon
from stationapp.reports.rules import Unit, state_of
from stationapp.reports.shelf import get_head, latest_heads
from stationapp.reports.signing import signed
from stationapp.reports.versions import find_latest, get_version
from stationapp.sites.models import Site
from stationapp.web.errors import sentence

bp = Blueprint("reports", __name__, url_prefix="/reports")

MONTHS_SHOWN = 13


@bp.get("/")
def index():
    """The months of one site (`?site=`, or by its name `?q=`), with their states; `?until=` for those before."""
    sites = list(db.session.scalars(select(Site).where(reached(guard.reach())).order_by(Site.code)))
    if not sites:
        raise NotFound
    asked = request.args.get("q", "").strip()[:40]
    named = [site for site in sites if asked in f"{site.short_name} {site.name}"] if asked else []
    chosen = next((site for site in sites if site.code == request.args.get("site")), None)
    site = chosen or (named[0] if len(named) == 1 else sites[0])
    months, earlier = _months(site, request.args.get("until", ""))
    return render_template(
        "desk/reports/index.html",
        sites=sites,
        site=site,
        asked=asked,
        named=[] if chosen or len(named) == 1 else named,
        months=months,
        earlier=earlier,
        STATES=STATES,
        words=words,
    )


def _months(site: Site, until: str) -> tuple[list[tuple], Month | None]:
    """(month, state, version that holds, what was said to it), the latest first, and where earlier ones go on."""
    now = clock.now()
    this = Month.of(clock.day_of(now))
    first = max(begun(this), Month.of(site.valid_from))
    last = min(this, Month.of(site.valid_to)) if site.valid_to else this
    try:
        newest = min(Month.parse(until), this)
    except ValueError:
        newest = this
    months = [newest.plus(-back) for back in range(MONTHS_SHOWN)]
    heads = latest_heads(site, months)
    listed = [one for one in months if first <= one <= last or one in heads]
    said = signed([head.id for head in heads.values()])
    earlier = months[-1].plus(-1)
    return [_listed(one, heads.get(one), said, now) for one in listed], earlier if first <= earlier else None


def _listed(month: Month, head: CoverageReport | None, said: dict, now: datetime) -> tuple:
    state = state_of(head.version if head else 0, over=now >= month.ends_at)
    return month, state, head, said[head.id] if head else []


@bp.get("/<site>/<month>")
def month(site: str, month: str):
    """The report that holds: the latest frozen version, or today's figures."""
    return month_page(*site_month(site, month))


@bp.get("/<site>/<month>/versions/<int:version>")
def version(site: str, month: str, version: int):
    """One frozen version, and what it changed."""
    its, of = site_month(site, month)
    return month_page(its, of, shown=get_head(its, of, version))


@bp.get("/<site>/<month>/paper.css")
def paper(site: str, month: str):
    """What stands at the foot of every printed page: a page's style may name no report, so each has its own."""
    its, of = site_month(site, month)
    asked = request.args.get("version", 0, type=int)
    foot = printed_foot(its, of, get_head(its, of, asked) if asked else None)
    return Response(
        f'@page {{ @bottom-left {{ content: "{foot}"; font-size: 9pt; }} }}', content_type="text/css"
    )


@bp.get("/<site>/<month>/late")
def late(site: str, month: str):
    """What came after the closing, and the difference that the next version would make."""
    its, of = site_month(site, month)
    latest = find_latest(its, of)
    if latest is None:
        raise NotFound
    return render_template(
        "desk/reports/late.html",
        site=its,
        month=of,
        latest=latest,
        late=versions.late(latest, its, of),
        changes=versions.changes(latest, its, of),
        words=words,
        Unit=Unit,
    )


@bp.post("/<site>/<month>/closing")
def closing(site: str, month: str):
    """Close the month, or state it again with a reason."""
    its, of = site_month(site, month)
    form = ClosingForm()
    if not form.validate():
        return month_page(its, of, form=form), 422
    now, reason = clock.now(), form.reason.data or ""
    try:
        reckoned = reckon(its, of, now=now, reason=reason)
        with transaction():
            report = close_month(its, of, by=guard.user().staff_id, now=now, reason=reason, reckoned=reckoned)
            number = report.version
    except Refused as refused:
        return month_page(its, of, form=form, problem=sentence(refused)), 409
    said = {"site": its.short_name, "y": of.year, "m": of.month, "n": number}
    if number == 1:
        flash(_("已关账：%(site)s %(y)d年%(m)d月第 1 版。", **said), "good")
    else:
        flash(_("已更正：%(site)s %(y)d年%(m)d月第 %(n)d 版。", **said), "good")
    return redirect(url_for(".month", site=its.code, month=str(of)), code=303)


@bp.get("/<site>/<month>/files/<format>")
def file(site: str, month: str, format: str):
    """The report as a file, `?version=` for an older one, `?for=outside` with small numbers hidden."""
    its, of = site_month(site, month)
    if format not in files.FORMATS:
        raise NotFound
    asked = request.args.get("version", "")
    if asked and not (asked.isascii() and asked.isdigit() and len(asked) < 6):
        raise NotFound
    report = get_version(its, of, int(asked)) if asked else find_latest(its, of)
    whom = request.args.get("for", "")
    if report:
        return kept_file(report, format, files.audience_of(json.loads(report.body), format, whom))
    if page := none_page(its, of):
        return page, 404
    body = figures(its, of)
    audience = files.audience_of(body, format, whom)
    return _answer(body, format, audience, files.render(body, format, audience, template=_form()))


def kept_file(report: CoverageReport, format: str, audience: Audience) -> Response:
    """A version's file as it was kept, or made now of one that was not."""
    content = file_of(report, format, audience, template=_form())
    return _answer(json.loads(report.body), format, audience, content)


def _form() -> Path | None:
    return current_app.config["SETTINGS"].report_form


def _answer(body: dict, format: str, audience: Audience, content: bytes) -> Response:
    answer = Response(content, content_type=files.MEDIA[format])
    name = quote(files.file_name(body, format, audience))
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return answer
