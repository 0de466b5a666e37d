"""Links that show one version of a month to whoever has them, for a while. The token is nowhere but in its address."""

import secrets
from datetime import datetime

from sqlalchemy import Row, select

from stationapp.accounts.models import Staff
from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.reports.life_rules import LINK_LASTS, Audience, LifeRefusal
from stationapp.reports.models import CoverageReport, ReportLink
from stationapp.reports.shelf import latest_version
from stationapp.sites.models import Site
from stationapp.vault import vault


def share(
    report: CoverageReport, *, by: int, now: datetime, audience: Audience = Audience.OUTSIDE
) -> tuple[ReportLink, str]:
    """A new link and its token, which is shown once and kept as a keyed hash alone.

    Raises Refused (OLD_VERSION): what two versions hide apart can be reckoned from both together.
    """
    latest = latest_version(report)
    if latest != report.version:
        raise Refused(LifeRefusal.OLD_VERSION, version=latest)
    token = secrets.token_urlsafe(16)
    link = ReportLink(
        token_index=_index(token),
        report_id=report.id,
        audience=audience,
        made_by=by,
        made_at=now,
        until_at=now + LINK_LASTS,
    )
    db.session.add(link)
    db.session.flush()
    _noted("reports.share", link, report, by=by, now=now)
    return link, token


def end_link(link: ReportLink, *, by: int, now: datetime) -> None:
    """Take a link back; raises Refused(LINK_ENDED) when it is over already."""
    row = select(ReportLink).where(ReportLink.id == link.id).with_for_update()
    held = db.session.scalar(row, execution_options={"populate_existing": True})
    if held.ended_at or held.until_at <= now:
        raise Refused(LifeRefusal.LINK_ENDED)
    held.ended_at, held.ended_by = now, by
    _noted("reports.end_link", held, db.session.get_one(CoverageReport, held.report_id), by=by, now=now)


def opened(link: ReportLink, what: str, *, now: datetime) -> None:
    """Write down that somebody read the page or fetched a file; nobody knows who (trust.md A1)."""
    report = db.session.get_one(CoverageReport, link.report_id)
    _noted("reports.open_link", link, report, by=None, now=now, what=what)


def _noted(
    act: str, link: ReportLink, report: CoverageReport, *, by: int | None, now: datetime, what: str = ""
) -> None:
    site = db.session.get_one(Site, report.site_id)
    said = f"month {site.code} {Month.of(report.month_on)} v{report.version} link {link.id} {what}"
    record(act, said.strip(), by=by, now=now, site_id=site.id)


def find_open(token: str, *, now: datetime) -> ReportLink | None:
    """The link with this token while it holds; None when unknown, taken back or over: not told apart."""
    return db.session.scalar(
        select(ReportLink).where(
            ReportLink.token_index == _index(token), ReportLink.ended_at.is_(None), ReportLink.until_at > now
        )
    )


def list_links(site: Site, month: Month) -> list[Row]:
    """(ReportLink, version, who made it) of a site's month, the newest first."""
    return list(
        db.session.execute(
            select(ReportLink, CoverageReport.version, Staff.name)
            .join(CoverageReport, CoverageReport.id == ReportLink.report_id)
            .join(Staff, Staff.id == ReportLink.made_by)
            .where(CoverageReport.site_id == site.id, CoverageReport.month_on == month.first_day)
            .order_by(ReportLink.id.desc())
        )
    )


def _index(token: str) -> bytes:
    return vault().index("report-link", token)
