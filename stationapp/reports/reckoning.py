"""What a closing would freeze: a site's month and every month beneath it, from one reading of facts (domain.md §9).

It only reads, so an edge does it before its transaction; within, a cheap look tells whether anything moved since.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Select, and_, func, select
from sqlalchemy.exc import SQLAlchemyError

from stationapp.audit.models import Chain
from stationapp.calendar.rules import Month
from stationapp.db import db, one_moment
from stationapp.events.models import Event
from stationapp.opinions.queries import last_answer
from stationapp.refusal import Refused
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.queries import counted, read
from stationapp.reports.rules import ReportRefusal, state_of
from stationapp.residents.models import Merge
from stationapp.rooms.models import Room
from stationapp.sites.models import Population, Site
from stationapp.volunteers.models import Volunteer

if TYPE_CHECKING:
    from stationapp.reports.columns import Facts

PASSING = frozenset({"version", "state", "ledger", "answers", "months", "unfiled", "tree"})
"""Parts of a body that differ without anything having changed for the site: numbers of versions, heads of chains
that everybody shares, what somebody still owes."""

WINDOW = 12
"""Months that a report looks at, its own the last of them."""


class NotReckoned(Exception):
    """A site's month could not be reckoned; the site's code says which, the cause why."""

    def __init__(self, code: str, cause: Exception) -> None:
        super().__init__(code)
        self.problem = f"{type(cause).__name__} {code}"


@dataclass(frozen=True)
class Page:
    """The next version of one site's month, and whether it says anything that the one before does not."""

    site_id: int
    code: str
    body: dict
    counted: dict[int, datetime]  # event → the close-out it is counted by
    changed: bool


@dataclass(frozen=True)
class Reckoned:
    """All pages of one closing, the closed site's own first, and what the facts looked like when they were read."""

    now: datetime
    seen: tuple
    pages: list[Page]


def reckon(site: Site, month: Month, *, now: datetime, reason: str = "") -> Reckoned:
    """The pages of a closing at `now`; raises Refused as `operations.close_month` does, NotReckoned."""
    may_begin(site, month, now=now, reason=reason)
    with one_moment():
        return Reckoned(now, fingerprint(month), list(_pages(site, month, now)))


def _pages(site: Site, month: Month, now: datetime) -> Iterator[Page]:
    before, whole = _latest(site, month), read(site, month, closed_at=now)
    own = _page(site, whole, before.get(site.id))
    yield own
    beneath = {row["site"] for row in own.body["by_site"] if not row["own"]}
    sites = select(Site).where(Site.code.in_(beneath)).order_by(Site.code)
    for one in db.session.scalars(sites).all():
        yield _page(one, whole.of(one.id), before.get(one.id))


def may_begin(site: Site, month: Month, *, now: datetime, reason: str) -> None:
    """Refuse what needs no reckoning: MONTH_NOT_OVER, REASON_MISSING."""
    if now < month.ends_at:
        raise Refused(ReportRefusal.MONTH_NOT_OVER, ends=month.last_day)
    closed = select(CoverageReport.id).where(
        CoverageReport.site_id == site.id, CoverageReport.month_on == month.first_day
    )
    if not reason.strip() and db.session.scalar(closed.limit(1)):
        raise Refused(ReportRefusal.REASON_MISSING)


@dataclass(frozen=True)
class _Before:
    version: int
    body: dict
    counted: dict[int, datetime]


def _latest(site: Site, month: Month) -> dict[int, _Before]:
    """The version that holds of the site's month and of each beneath, by site; two questions."""
    newest = (
        select(func.max(CoverageReport.id))
        .join(Site, Site.id == CoverageReport.site_id)
        .where(Site.path.startswith(site.path, autoescape=True), CoverageReport.month_on == month.first_day)
        .group_by(CoverageReport.site_id)
    )
    reports = db.session.scalars(select(CoverageReport).where(CoverageReport.id.in_(newest))).all()
    events: dict[int, dict[int, datetime]] = {report.id: {} for report in reports}
    rows = select(CountedEvent.report_id, CountedEvent.event_id, CountedEvent.closed_out_at)
    for report_id, event_id, closed_out_at in db.session.execute(
        rows.where(CountedEvent.report_id.in_(newest))
    ):
        events[report_id][event_id] = closed_out_at
    return {
        report.site_id: _Before(report.version, json.loads(report.body), events[report.id])
        for report in reports
    }


def _page(site: Site, facts: "Facts", before: _Before | None) -> Page:
    from stationapp.reports.figures import (
        body as body_of,
    )  # with numpy: a web worker that never closes does without

    version = before.version + 1 if before else 1
    try:
        seen = counted(facts)
        body = body_of(facts, seen, version=version, state=state_of(version))
    except SQLAlchemyError:  # the database's trouble, not the site's
        raise
    except Exception as error:
        raise NotReckoned(site.code, error) from error
    changed = before is None or before.counted != seen.evidence or _said(before.body) != _said(body)
    return Page(site.id, site.code, body, seen.evidence, changed)


def _said(body: dict) -> dict:
    said = {key: part for key, part in body.items() if key not in PASSING}
    # The trend's last month is the report's own, which names its version.
    said["trend"] = [
        row if row["month"] != body["month"] else row["figures"] for row in body.get("trend", ())
    ]
    return said


def fingerprint(month: Month) -> tuple:
    """What changes whenever a fact of the month's window does: a handful of short questions.

    Events and their close-outs, the ledger's head, answers, merges, volunteers, rooms, populations, the tree, and
    the versions there are.
    """
    rows = [tuple(map(tuple, db.session.execute(question))) for question in _questions(month)]
    return (*rows, last_answer())


def _questions(month: Month) -> list[Select]:
    window = and_(
        Event.starts_at >= month.plus(-WINDOW).begins_at,
        Event.starts_at < month.ends_at,
    )
    return [
        select(Event.state, func.count(), func.sum(Event.id), func.max(Event.closed_out_at))
        .where(window)
        .group_by(Event.state)
        .order_by(Event.state),
        select(Chain.name, Chain.length).where(Chain.name.in_(("hours", "reports"))).order_by(Chain.name),
        select(func.count(), func.max(Merge.id), func.count(Merge.undone_at)),
        select(func.count(), func.max(Volunteer.id), func.count(Volunteer.ended_at)),
        select(Room.id, Room.kind, Room.hours).order_by(Room.id),
        select(func.count(), func.max(Population.id), func.max(Population.loaded_at)),
        select(
            Site.id, Site.path, Site.short_name, Site.valid_from, Site.valid_to, Site.successor_id
        ).order_by(Site.id),
    ]
