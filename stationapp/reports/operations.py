"""Closing a month: the figures are frozen, with the events they counted (domain.md §9; trust.md R1, R2, R5)."""

import hashlib
from datetime import datetime

from sqlalchemy import insert, select, text

from stationapp.audit.models import Chain
from stationapp.audit.operations import append_all, record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.notices.operations import settle, tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.reckoning import Page, Reckoned, fingerprint, may_begin, reckon
from stationapp.reports.rules import ReportRefusal, canonical
from stationapp.reports.versions import find_latest
from stationapp.sites.models import Site

CHAIN = "reports"

WITH_THE_REST = "随上级关账一并更正"
"""Why a site that was closed by itself before is stated again, where the site above is closed for the first time."""


def close_month(
    site: Site,
    month: Month,
    *,
    by: int | None,
    now: datetime,
    reason: str = "",
    reckoned: Reckoned | None = None,
) -> CoverageReport:
    """Freeze the month of a site and of every site beneath it; the version of the site itself that holds then.

    Beneath, only what is not closed yet or has changed gets a version. From the second version on `reason` says why.
    `reckoned`: what `reckoning.reckon` found before the transaction; it is used if nothing moved since, and makes the
    write short. Raises Refused (MONTH_NOT_OVER, REASON_MISSING, NOTHING_CHANGED), NotReckoned.
    """
    reason = reason.strip()
    may_begin(site, month, now=now, reason=reason)
    _hold_facts()
    if reckoned is None or (reckoned.now, reckoned.seen) != (now, fingerprint(month)):
        reckoned = reckon(site, month, now=now, reason=reason)
    pages = [page for page in reckoned.pages if page.changed]
    if not pages:
        raise Refused(ReportRefusal.NOTHING_CHANGED, version=reckoned.pages[0].body["version"] - 1)
    subjects = [f"month {page.code} {month}" for page in pages]
    for occasion in (Occasion.MONTH_PREPARED, Occasion.MONTH_MISSING, Occasion.MONTH_TO_SIGN):
        settle(occasion, subjects, now=now)
    for page in pages:
        tell_desk(
            Occasion.MONTH_TO_SIGN,
            f"month {page.code} {month}",
            site_id=page.site_id,
            now=now,
            step=page.body["version"],
        )
    _freeze(pages, month, reason=reason, by=by, now=now)
    return find_latest(site, month)


def _hold_facts() -> None:
    """Two people closing at once stand in line, and no event, answer or line of hours moves between our queries.

    SQLite has one writer anyway; PostgreSQL lets others commit between two statements of ours. Rows that only name
    an event may still be written.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        db.session.execute(text("LOCK TABLE events, answers IN SHARE MODE"))
        db.session.execute(select(Chain.name).where(Chain.name == "hours").with_for_update())


def _freeze(pages: list[Page], month: Month, *, reason: str, by: int | None, now: datetime) -> None:
    versions = [(page, canonical(page.body), _reason(page, reason)) for page in pages]
    links = append_all(
        CHAIN,
        [
            link_content(page.site_id, month, page.body["version"], frozen, why, now, by)
            for page, frozen, why in versions
        ],
    )
    db.session.execute(
        insert(CoverageReport),
        [
            {
                "id": number,
                "site_id": page.site_id,
                "month_on": month.first_day,
                "version": page.body["version"],
                "body": frozen,
                "reason": why,
                "closed_at": now,
                "closed_by": by,
                "previous_hash": previous,
                "hash": link,
            }
            for (page, frozen, why), (number, previous, link) in zip(versions, links, strict=True)
        ],
    )
    counted = [
        {"report_id": number, "event_id": id, "closed_out_at": closed_out_at}
        for page, (number, _, _) in zip(pages, links, strict=True)
        for id, closed_out_at in sorted(page.counted.items())
    ]
    if counted:
        db.session.execute(insert(CountedEvent), counted)
    for page, _frozen, why in versions:
        subject = f"month {page.code} {month} v{page.body['version']}"
        record("reports.close", subject, by=by, now=now, site_id=page.site_id, reason=why)


def _reason(page: Page, reason: str) -> str:
    return reason or ("" if page.body["version"] == 1 else WITH_THE_REST)


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
