"""What the audit log says was done to months stands in their tables, and nothing else does.

Marks, kept files and links have no chain of their own, and the chain of versions could be cut back with its head;
the log's lines cannot be taken out unseen (A2).
"""

from collections import Counter
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from stationapp.audit.models import AuditLine
from stationapp.audit.rules import Check
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.reports.life_rules import LINK_LASTS, Audience
from stationapp.reports.models import CoverageReport, ReportFile, ReportLink, SignOff
from stationapp.sites.models import Site

KEEPS = "reports.keep"
ACTS = ("reports.close", "reports.sign", KEEPS, "reports.share", "reports.end_link")


class _Said(NamedTuple):
    """An act as its line tells it."""

    act: str
    subject: str
    by: int | None
    at: datetime


def contradictions() -> list[str]:
    """Lines of the log without their row, rows without their line, links that hold longer or tell more than given.

    A file that was kept before files were written down there has no line.
    """
    rows = dict(_rows())
    lines = select(AuditLine.number, AuditLine.act, AuditLine.subject, AuditLine.actor_id, AuditLine.at)
    said = Counter(rows.values())
    found, kept_since = [], None
    for number, *told in db.session.execute(lines.where(AuditLine.act.in_(ACTS)).order_by(AuditLine.number)):
        line = _Said(*told)
        said[line] -= 1
        if said[line] < 0:
            found.append(f"audit line {number}")
        if line.act == KEEPS:
            kept_since = kept_since or line.at
    return (
        found
        + [row for row, its in rows.items() if said[its] > 0 and not _kept_before(its, kept_since)]
        + _wide_links()
    )


def _kept_before(its: _Said, kept_since: datetime | None) -> bool:
    """Whether it is a file from before the log's first line of one."""
    return its.act == KEEPS and (kept_since is None or its.at < kept_since)


def _rows() -> list[tuple[str, _Said]]:
    versions = db.session.execute(
        select(
            CoverageReport.id,
            CoverageReport.closed_by,
            CoverageReport.closed_at,
            CoverageReport.month_on,
            CoverageReport.version,
            Site.code,
        ).join(Site, Site.id == CoverageReport.site_id)
    ).all()
    named = {one.id: f"month {one.code} {Month.of(one.month_on)} v{one.version}" for one in versions}
    found = [
        (f"report {one.id}", _Said("reports.close", named[one.id], one.closed_by, one.closed_at))
        for one in versions
    ]
    for one in db.session.scalars(select(SignOff).order_by(SignOff.id)):
        subject = f"{named.get(one.report_id)} {one.mark.value}"
        found.append((f"mark {one.id}", _Said("reports.sign", subject, one.staff_id, one.at)))
    for one in db.session.scalars(select(ReportFile).order_by(ReportFile.id)):  # without the bytes
        subject = f"{named.get(one.report_id)} {one.format} {one.audience.value} {one.digest}"
        found.append((f"file {one.id}", _Said(KEEPS, subject, None, one.made_at)))
    for one in _links():
        subject = f"{named.get(one.report_id)} link {one.id}"
        found.append((f"link {one.id}", _Said("reports.share", subject, one.made_by, one.made_at)))
        if one.ended_at:
            its = _Said("reports.end_link", subject, one.ended_by, one.ended_at)
            found.append((f"link {one.id} ended", its))
    return found


def _links() -> list[ReportLink]:
    return list(db.session.scalars(select(ReportLink).order_by(ReportLink.id)))


def _wide_links() -> list[str]:
    return [
        f"link {one.id} wide"
        for one in _links()
        if one.until_at - one.made_at > LINK_LASTS or one.audience is not Audience.OUTSIDE
    ]


CHECKS = (Check("R1 log", "关账、签审、存好的文件、对外链接都和审计日志写的一样", contradictions),)
