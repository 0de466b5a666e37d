"""Events that ended long ago and that nobody closed out (未归档, domain.md §5)."""

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.closing_rules import UNFILED_AFTER, is_unfiled
from stationapp.calendar.queries import differs
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.sites.models import Site

MONTHS = 12
"""How far back a report looks: its window."""


class Unfiled(NamedTuple):
    """One such event; `on` is the local day it began."""

    site_id: int
    event: str  # its code
    title: str
    on: date


def listed(month: Month, today: date) -> list[Unfiled]:
    """Events of the twelve months ending with `month` that stand as 未归档 on the local day `today`, sites in code
    order, then by start. Two statements."""
    rows = db.session.execute(
        select(Event.site_id, Event.code, Event.title, Event.starts_at, Event.ends_at)
        .join(Site, Site.id == Event.site_id)
        .where(
            Event.state == State.PUBLISHED,
            Event.starts_at >= month.plus(1 - MONTHS).begins_at,
            Event.starts_at < month.ends_at,
            Event.ends_at < clock.instant(today - timedelta(days=UNFILED_AFTER)),
        )
        .order_by(Site.code, Event.starts_at, Event.id)
    ).all()
    if not rows:
        return []
    days = differs(min(clock.day_of(row.ends_at) for row in rows), today)
    return [
        Unfiled(row.site_id, row.code, row.title, clock.day_of(row.starts_at))
        for row in rows
        if is_unfiled(clock.day_of(row.ends_at), today, days)
    ]
