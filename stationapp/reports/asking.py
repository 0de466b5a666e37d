"""Duties of the month: sites are asked for what is missing, and on the fifth working day it closes (domain.md §9)."""

from datetime import date, datetime

from sqlalchemy import exists, select

from stationapp import clock
from stationapp.calendar.queries import differs
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.reports.life_rules import asked_at, closes_at
from stationapp.reports.missing import counted, missing
from stationapp.reports.models import CoverageReport
from stationapp.reports.operations import close_month
from stationapp.reports.queries import find_first_month
from stationapp.reports.reckoning import WINDOW, Reckoned, reckon
from stationapp.sites.models import Site
from stationapp.sites.queries import find_center


def when_closed(month: Month) -> datetime:
    """When the job closes a month, by the table of working days as it stands."""
    return closes_at(month, _differing(month.plus(1)))


def _differing(month: Month) -> dict[date, bool]:
    return differs(month.first_day, month.plus(1).last_day)


def ask_for_missing(*, now: datetime) -> int:
    """Ask each site for what its last month lacks: on the first working day, and once more before the closing.

    After an outage only the later asking; of a month that the center, or the site itself, has closed nobody is asked.
    """
    month = Month.of(clock.day_of(now)).plus(-1)
    center = find_center()
    due = [step for step, at in enumerate(asked_at(month, _differing(month.plus(1))), 1) if at <= now]
    if center is None or not due or _is_closed(center, month):
        return 0
    step, told = due[-1], 0
    asked = exists().where(
        Notice.occasion == Occasion.MONTH_MISSING,
        Notice.subject == "month " + Site.code + f" {month}",
        Notice.step >= step,
    )
    closed = exists().where(CoverageReport.site_id == Site.id, CoverageReport.month_on == month.first_day)
    lacking = counted(missing(month, ~asked, ~closed, now=now))
    sites = select(Site.id, Site.code).where(Site.code.in_(lacking)).order_by(Site.code)
    for site_id, code in db.session.execute(sites).all():
        told += tell_desk(
            Occasion.MONTH_MISSING, f"month {code} {month}", site_id=site_id, now=now, step=step
        )
    return told


def _is_closed(center: Site, month: Month) -> bool:
    closed = select(CoverageReport.id).where(
        CoverageReport.site_id == center.id, CoverageReport.month_on == month.first_day
    )
    return db.session.scalar(closed.limit(1)) is not None


def months_due(*, now: datetime) -> list[Month]:
    """Months that should be closed by now and are not, the oldest first; none before the district's first fact.

    A month further back than a report looks is left to a person.
    """
    center, first = find_center(), find_first_month()
    if center is None or first is None:
        return []
    this = Month.of(clock.day_of(now))
    months = [this.plus(-back) for back in range(WINDOW, 0, -1)]
    closed = set(
        db.session.scalars(select(CoverageReport.month_on).where(CoverageReport.site_id == center.id))
    )
    differing = differs(months[0].first_day, this.plus(1).last_day)
    return [
        month
        for month in months
        if month >= first and month.first_day not in closed and closes_at(month, differing) <= now
    ]


def reckon_due(*, now: datetime) -> tuple[Month, Reckoned] | None:
    """The oldest month that is due, reckoned before anything is held; None when there is none."""
    for month in months_due(now=now):
        try:
            return month, reckon(find_center(), month, now=now)
        except Refused:  # somebody closed it by hand this moment
            continue
    return None


def close_due(*, now: datetime, ready: tuple[Month, Reckoned] | None = None) -> int:
    """Close the oldest month that is due, the center's with everything beneath; 1 when there was one.

    `ready`: from `reckon_due`. Nobody asked for it, so nothing stands in the reason.
    """
    for month in [ready[0]] if ready else months_due(now=now):
        try:
            close_month(find_center(), month, by=None, now=now, reckoned=ready and ready[1])
        except Refused:
            continue
        return 1
    return 0
