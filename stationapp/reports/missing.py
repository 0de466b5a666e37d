"""What a month still lacks before it closes (domain.md §9): each thing with the site that can mend it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, literal, null, select

from stationapp.attendance.models import Attendance, RefusedScan
from stationapp.attendance.rules import Fate, Part
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports.life_rules import Lack
from stationapp.reports.queries import in_month
from stationapp.sites.models import Site
from stationapp.volunteers.models import ManualHours, Volunteer
from stationapp.volunteers.rules import ManualState


@dataclass(frozen=True)
class Missing:
    """One line: `count` such things at a site, of one event where there is one."""

    lack: Lack
    site: str  # its code
    name: str
    path: str
    event: str | None  # its code
    title: str | None
    at: datetime | None
    count: int


def missing(month: Month, *here: ColumnElement[bool], now: datetime) -> list[Missing]:
    """Everything missing at these sites, in code order, by kind, then by time; four questions."""
    found = [
        Missing(lack, *row)
        for lack, question in (
            (Lack.OPEN, _open(month, now)),
            (Lack.NO_SIGN_OUT, _without_sign_out(month)),
            (Lack.UNDECIDED, _undecided(month)),
            (Lack.SCANS, _scans(month)),
        )
        for row in db.session.execute(question.where(*here))
    ]
    return sorted(found, key=lambda one: one.site)


def counted(lines: Iterable[Missing]) -> dict[str, Counter[Lack]]:
    """How many of each kind, by site code, in the order of the lines."""
    found: dict[str, Counter[Lack]] = {}
    for one in lines:
        found.setdefault(one.site, Counter())[one.lack] += one.count
    return found


_SITE = (Site.code, Site.short_name, Site.path)


def _open(month: Month, now: datetime) -> Select:
    """Events that ended and are not closed out: nothing of them counts."""
    return (
        select(*_SITE, Event.code, Event.title, Event.starts_at, literal(1))
        .select_from(Event)
        .join(Site, Site.id == Event.site_id)
        .where(in_month(month), Event.state == State.PUBLISHED, Event.ends_at <= now)
        .order_by(Event.starts_at, Event.id)
    )


def _without_sign_out(month: Month) -> Select:
    """Volunteers at closed-out events whose leaving nobody knows, and of whom no hours were entered by hand."""
    by_hand = (
        select(ManualHours.id)
        .join(Volunteer, Volunteer.id == ManualHours.volunteer_id)
        .where(ManualHours.event_id == Event.id, Volunteer.resident_id == Attendance.resident_id)
        .exists()
    )
    return (
        select(*_SITE, Event.code, Event.title, Event.starts_at, func.count())
        .select_from(Attendance)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(
            in_month(month),
            Event.state == State.CLOSED_OUT,
            Attendance.part == Part.VOLUNTEER,
            ~Attendance.undone,
            Attendance.left_at.is_(None),
            ~by_hand,
        )
        .group_by(*_SITE, Event.id, Event.code, Event.title, Event.starts_at)
        .order_by(Event.starts_at, Event.id)
    )


def _undecided(month: Month) -> Select:
    """Hours entered by hand that nobody above has decided about."""
    return (
        select(*_SITE, null(), null(), null(), func.count())
        .select_from(ManualHours)
        .join(Site, Site.id == ManualHours.site_id)
        .where(
            ManualHours.state == ManualState.PROPOSED,
            ManualHours.served_on.between(month.first_day, month.last_day),
        )
        .group_by(*_SITE)
    )


def _scans(month: Month) -> Select:
    """Scans that could not be applied and wait for a person."""
    return (
        select(*_SITE, null(), null(), null(), func.count())
        .select_from(RefusedScan)
        .join(Site, Site.id == RefusedScan.site_id)
        .where(
            RefusedScan.fate == Fate.WAITING,
            RefusedScan.at >= month.begins_at,
            RefusedScan.at < month.ends_at,
        )
        .group_by(*_SITE)
    )
