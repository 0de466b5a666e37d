"""Closing a month: the figures are frozen, with the events they counted (domain.md §9; trust.md R1, R2, R5)."""

import hashlib
import json
from datetime import datetime

from sqlalchemy import insert, select, text

from stationapp.audit.models import Chain
from stationapp.audit.operations import append, record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.queries import evidence, figures
from stationapp.reports.rules import ReportRefusal, canonical
from stationapp.reports.versions import differences, find_latest, late_events
from stationapp.sites.models import Site

CHAIN = "reports"


def close_month(
    site: Site, month: Month, *, by: int | None, now: datetime, reason: str = ""
) -> CoverageReport:
    """Freeze the site's month as its next version; from the second on, `reason` says why.

    Raises Refused (MONTH_NOT_OVER, REASON_MISSING, NOTHING_CHANGED).
    """
    if now < month.ends_at:
        raise Refused(ReportRefusal.MONTH_NOT_OVER, ends=month.last_day)
    _hold_facts(site)
    before = find_latest(site, month)
    version = before.version + 1 if before else 1
    reason = reason.strip()
    if before and not reason:
        raise Refused(ReportRefusal.REASON_MISSING)
    body = figures(site, month, version=version, closed_at=now)
    if before and not (differences(json.loads(before.body), body) or late_events(before, site, month)):
        raise Refused(ReportRefusal.NOTHING_CHANGED, version=before.version)
    counted = evidence(site, month)
    report = _freeze(site, month, body, reason=reason, by=by, now=now)
    if counted:
        db.session.execute(
            insert(CountedEvent),
            [
                {"report_id": report.id, "event_id": id, "closed_out_at": closed_out_at}
                for id, closed_out_at in counted.items()
            ],
        )
    record(
        "reports.close",
        f"month {site.code} {month} v{version}",
        by=by,
        now=now,
        site_id=site.id,
        reason=reason,
    )
    return report


def _hold_facts(site: Site) -> None:
    """Two people closing at once stand in line, and neither an event nor the ledger moves between our queries.

    SQLite has one writer anyway; PostgreSQL lets others commit between two statements of ours. The site is locked
    so that rows which only name it may still be written: whoever is about to write one may hold the next lock.
    """
    db.session.execute(select(Site.id).where(Site.id == site.id).with_for_update(key_share=True))
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE events IN SHARE MODE"))
        db.session.execute(select(Chain.name).where(Chain.name == "hours").with_for_update())


def _freeze(
    site: Site, month: Month, body: dict, *, reason: str, by: int | None, now: datetime
) -> CoverageReport:
    frozen = canonical(body)
    content = link_content(site.id, month, body["version"], frozen, reason, now, by)
    number, previous, link = append(CHAIN, content)
    report = CoverageReport(
        id=number,
        site_id=site.id,
        month_on=month.first_day,
        version=body["version"],
        body=frozen,
        reason=reason,
        closed_at=now,
        closed_by=by,
        previous_hash=previous,
        hash=link,
    )
    db.session.add(report)
    db.session.flush()
    return report


def link_content(
    site_id: int, month: Month, version: int, text: str, reason: str, closed_at: datetime, by: int | None
) -> dict:
    """What a frozen version's hash covers, besides its number and the hash before it."""
    return {
        "site": site_id,
        "month": str(month),
        "version": version,
        "body": hashlib.sha256(text.encode()).hexdigest(),
        "reason": reason,
        "closed_at": closed_at.isoformat(),
        "closed_by": by,
    }
