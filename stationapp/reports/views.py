"""A month for whoever was given its link: which site, which month, what it says, and its files. No sign-in."""

import json
from datetime import datetime
from functools import lru_cache

from flask import Blueprint, Response, make_response, render_template, request

from stationapp import clock
from stationapp.accounts.logins import count_miss, count_work
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from stationapp.reports import links, prepared, words
from stationapp.reports.desk import kept_file
from stationapp.reports.files import for_audience
from stationapp.reports.life_rules import Audience
from stationapp.reports.models import CoverageReport, ReportLink
from stationapp.reports.shelf import latest_version
from stationapp.sites.models import Site

bp = Blueprint("reports", __name__, url_prefix="/reports")

FETCHES = 60
"""So many pages and files one address may have in an hour; a file is a megabyte."""


@bp.get("/<token>")
def show(token: str):
    """The page behind a link; in WeChat, which downloads nothing, it says to open the address on a computer."""
    now = clock.now()
    link = links.find_open(_plain(token), now=now)
    if refused := _refused(link, "page", now):
        return refused
    report, site = _its(link)
    month = Month.of(report.month_on)
    return _unlisted(
        render_template(
            "reports/show.html",
            token=token,
            link=link,
            report=report,
            latest=latest_version(report),
            site=site,
            month=month,
            said=words.sentence(_as_shown(report.body, link.audience)),
            formats=prepared.FORMATS,
            wechat="MicroMessenger" in request.headers.get("User-Agent", ""),
        )
    )


@bp.get("/<token>/<format>")
def file(token: str, format: str):
    """One of its files."""
    now = clock.now()
    link = links.find_open(_plain(token), now=now) if format in prepared.FORMATS else None
    if refused := _refused(link, format, now):
        return refused
    try:
        return _unlisted(kept_file(_its(link)[0], format, link.audience))
    except Refused:  # the district's form: what is wrong with it is said at the desk
        return _unlisted(render_template("reports/gone.html", why="unmade"), 409)


@lru_cache(maxsize=8)
def _as_shown(text: str, audience: Audience) -> dict:
    """A frozen body for that audience; a district's takes seconds to be made fit to leave, and never changes."""
    return for_audience(json.loads(text), audience)


def _plain(token: str) -> str:
    return token.replace("\0", "")[:100]


def _its(link: ReportLink) -> tuple[CoverageReport, Site]:
    report = db.session.get_one(CoverageReport, link.report_id)
    return report, db.session.get_one(Site, report.site_id)


def _refused(link: ReportLink | None, what: str, now: datetime):
    """The page that says why nothing is shown; None when it is, and that is written down first."""
    address = request.remote_addr or ""
    with transaction():
        patient = count_work("report-link", address, most=FETCHES, now=now) if link else None
        if link is None:
            patient = count_miss(address, now=now)
        elif patient:
            links.opened(link, what, now=now)
    if not patient:
        return _unlisted(render_template("reports/gone.html", why="busy"), 429)
    if link is None:
        return _unlisted(render_template("reports/gone.html", why="gone"), 404)
    return None


def _unlisted(content, status: int = 200) -> Response:
    """Nothing of it is to be found by a search engine or kept by a browser."""
    answer = make_response(content, status)
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Referrer-Policy"] = "no-referrer"  # not even our own proxy's log is told the token again
    return answer
