"""R5: every fact falls in exactly one period, and what came too late is left for the next version (trust.md §2)."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.audit.rules import Check
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.queries import event_valid, is_served
from stationapp.reports.rules import DEFINITIONS
from stationapp.sites.models import Site

UNDER_WAY = timedelta(minutes=10)
"""A close-out that had begun when a closing took the facts may say an earlier moment and still come after it."""


class _Held(NamedTuple):
    month: str
    site: str
    came: list[str]  # from which communities
    counts_since: datetime | None  # closed out and valid since then; None: not at present


def misplaced_facts() -> list[str]:
    """Versions that count an event of a month closed apart or by a close-out there never was, or leave out one that
    was there in time."""
    events = _events()
    months: dict[str, list[int]] = defaultdict(list)
    for id in sorted(events):
        months[events[id].month].append(id)
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
            months[str(Month.of(report.month_on))],
            is_latest=latest[report.site_id, report.month_on] == report.id,
        )
    ]


def _wrong(
    report: CoverageReport,
    counted: dict[int, datetime],
    events: dict[int, _Held],
    of_month: list[int],
    *,
    is_latest: bool,
) -> Iterator[str]:
    body = json.loads(report.body)
    if body["definitions"] != DEFINITIONS:
        return  # the first definitions did not keep their months apart
    open_then = {one["month"] for one in body["trend"] if not one["version"]} | {body["month"]}
    for id in sorted(counted):
        if events[id].month not in open_then:
            yield f"report {report.id} counts event {id} of another month"
    if not is_latest:
        return
    until = report.closed_at - UNDER_WAY
    for id in sorted(counted):
        since = events[id].counts_since
        if since is not None and since < until and since != counted[id]:
            yield f"report {report.id} counts event {id} by another close-out"
    sites, homes = ({row["site"] for row in body[part]} for part in ("by_site", "coverage"))
    for id in of_month:
        held = events[id]
        if id in counted or held.counts_since is None or held.counts_since >= until:
            continue
        if held.site in sites or not homes.isdisjoint(held.came):
            yield f"report {report.id} lacks event {id}"


def _events() -> dict[int, _Held]:
    rows = db.session.execute(
        select(Event.id, Event.starts_at, Site.code, Event.state, Event.closed_out_at, event_valid())
        .join(Site, Site.id == Event.site_id)
        .where(Event.id.in_(select(CountedEvent.event_id)) | (Event.state == State.CLOSED_OUT))
    )
    came = _came()
    return {
        id: _Held(
            str(Month.of(clock.day_of(starts_at))),
            code,
            came[id],
            closed_out_at if state is State.CLOSED_OUT and valid else None,
        )
        for id, starts_at, code, state, closed_out_at, valid in rows
    }


def _came() -> dict[int, list[str]]:
    """By event the communities of those who came."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = select(Attendance.event_id, Site.code).join(Site, Site.id == Attendance.community_id)
    for event_id, code in db.session.execute(rows.where(is_served()).distinct()):
        found[event_id].append(code)
    return found


CHECKS = (Check("R5", "每一场只算在一个月里，关账前归档的都算进了那一版", misplaced_facts),)
