"""Frozen versions taken from the shelf for a page: no fact is read, and a body only where it is shown."""

import json
from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import defer

from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.refusal import NotFound
from stationapp.reports.models import CoverageReport
from stationapp.sites.models import Site


def list_heads(site: Site, month: Month) -> list[CoverageReport]:
    """Every version of a site's month, the latest first, without the bodies (each is read when it is asked for)."""
    return list(
        db.session.scalars(
            select(CoverageReport)
            .options(defer(CoverageReport.body))
            .where(CoverageReport.site_id == site.id, CoverageReport.month_on == month.first_day)
            .order_by(CoverageReport.version.desc())
        )
    )


def find_head(site: Site, month: Month) -> CoverageReport | None:
    """The version that holds, without its body; None while the month is open."""
    return next(iter(list_heads(site, month)), None)


def get_head(site: Site, month: Month, version: int) -> CoverageReport:
    """One frozen version, without its body; raises NotFound."""
    for report in list_heads(site, month):
        if report.version == version:
            return report
    raise NotFound


def latest_heads(site: Site, months: Sequence[Month]) -> dict[Month, CoverageReport]:
    """The version that holds of each of these months that is closed, without the bodies."""
    rows = db.session.scalars(
        select(CoverageReport)
        .options(defer(CoverageReport.body))
        .where(
            CoverageReport.site_id == site.id,
            CoverageReport.month_on.in_([month.first_day for month in months]),
        )
        .order_by(CoverageReport.version)
    )
    return {Month.of(row.month_on): row for row in rows}


def latest_version(report: CoverageReport) -> int:
    """The number of the version that holds of its site's month."""
    return db.session.scalar(
        select(func.max(CoverageReport.version)).where(
            CoverageReport.site_id == report.site_id, CoverageReport.month_on == report.month_on
        )
    )


def find_body(site: Site, month: Month, version: int) -> dict | None:
    """What one version says; None when there is no such version."""
    text = db.session.scalar(
        select(CoverageReport.body).where(
            CoverageReport.site_id == site.id,
            CoverageReport.month_on == month.first_day,
            CoverageReport.version == version,
        )
    )
    return json.loads(text) if text else None
