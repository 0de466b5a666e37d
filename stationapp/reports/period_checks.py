"""R5: every fact falls in exactly one period, and what came too late is left for the next version (trust.md §2)."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.queries import event_valid
from stationapp.reports.rules import DEFINITIONS
from stationapp.sites.models import Site

UNDER_WAY = timedelta(minutes=10)
"""A close-out that had begun when a closing took the facts may say an earlier moment and still come after it."""


class _Held(NamedTuple):
    month: str
    site: str
    counts_since: datetime | None  # closed out and valid since then; None: not at present


def misplaced_facts() -> list[str]:
    """Versions that count an event of a month closed apart or by a close-out there never was, or leave out one that
    was there in time."""
    events = _events()
    counted: dict[int, dict[int, datetime]] = defaultdict(dict)
    for one in db.session.execute(select(CountedEvent.__table__)):
        counted[one.report_id][one.event_id] = one.closed_out_at
    latest: dict[tuple, int] = {}
    reports = list(db.session.scalars(select(CoverageReport).order_by(CoverageReport.id)))
    for report in reports:
        latest[report.site_id, report.month_on] = report.id
    return [
        line
        for report in reports
        for line in _wrong(
            report,
            counted[report.id],
            events,
            is_latest=latest[report.site_id, report.month_on] == report.id,
        )
    ]


def _wrong(
    report: CoverageReport, counted: dict[int, datetime], events: dict[int, _Held], *, is_latest: bool
) -> Iterator[str]:
    body = json.loads(report.body)
    if body["definitions"] != DEFINITIONS:
        return  # the first definitions did not keep their months apart
    own = str(Month.of(report.month_on))
    open_then = {one["month"] for one in body["trend"] if not one["version"]} | {own}
    for id in sorted(counted):
        if events[id].month not in open_then:
            yield f"report {report.id} counts event {id} of another month"
    if not is_latest:
        return
    sites = {row["site"] for row in body["by_site"]}
    until = report.closed_at - UNDER_WAY
    for id, held in sorted(events.items()):
        in_time = held.counts_since is not None and held.counts_since < until
        if in_time and counted.get(id, held.counts_since) != held.counts_since:
            yield f"report {report.id} counts event {id} by another close-out"
        if held.month == own and held.site in sites and in_time and id not in counted:
            yield f"report {report.id} lacks event {id}"


def _events() -> dict[int, _Held]:
    rows = db.session.execute(
        select(Event.id, Event.starts_at, Site.code, Event.state, Event.closed_out_at, event_valid())
        .join(Site, Site.id == Event.site_id)
        .where(Event.id.in_(select(CountedEvent.event_id)) | (Event.state == State.CLOSED_OUT))
    )
    return {
        id: _Held(
            str(Month.of(clock.day_of(starts_at))),
            code,
            closed_out_at if state is State.CLOSED_OUT and valid else None,
        )
        for id, starts_at, code, state, closed_out_at, valid in rows
    }


CHECKS = (Check("R5", "每一场只算在一个月里，关账前归档的都算进了那一版", misplaced_facts),)
