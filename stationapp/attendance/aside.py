"""Reads of scans that were put aside: those that wait for a person, those decided, those refused on the spot."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import aliased

from stationapp.accounts.models import Staff
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.rules import TOGETHER, Fate
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.residents.queries import masked_each
from stationapp.residents.rules import Masked
from stationapp.sites.models import Site

SHOWN_FOR = timedelta(days=14)
"""So long what was refused or decided stands on the list; it is kept longer."""


class View(Enum):
    """Which of them a list shows."""

    WAITING = "waiting"
    REFUSED = "refused"
    DECIDED = "decided"


FATES = {
    View.WAITING: (Fate.WAITING,),
    View.REFUSED: (Fate.REFUSED,),
    View.DECIDED: (Fate.TAKEN, Fate.DROPPED),
}


@dataclass(frozen=True)
class Line:
    """One scan put aside, as a list shows it: the person masked, everybody else by name."""

    scan: RefusedScan
    site: Site
    event: Event | None
    shown: Masked | None  # None: nobody is known by what was scanned
    device: str
    by: str
    decided_by: str


def put_aside(
    reached: ColumnElement[bool], view: View, *, now: datetime, site_id: int | None, event_id: int | None
) -> Select:
    """Scans put aside at these sites: those that wait by when they happened, the others newest first."""
    query = (
        select(RefusedScan.id)
        .join(Site, Site.id == RefusedScan.site_id)
        .where(reached, RefusedScan.fate.in_(FATES[view]))
    )
    if site_id:
        query = query.where(RefusedScan.site_id == site_id)
    if event_id:
        query = query.where(RefusedScan.event_id == event_id)
    if view is View.WAITING:
        return query.order_by(RefusedScan.at, RefusedScan.id)
    since = RefusedScan.arrived_at if view is View.REFUSED else RefusedScan.decided_at
    return query.where(since >= now - SHOWN_FOR).order_by(since.desc(), RefusedScan.id.desc())


def lines(ids: Iterable[int]) -> list[Line]:
    """The lines with these ids, in this order, in two questions."""
    ids = list(ids)
    by, decider = aliased(Staff), aliased(Staff)
    rows = db.session.execute(
        select(RefusedScan, Site, Event, Resident, Device.name, by.name, decider.name)
        .join(Site, Site.id == RefusedScan.site_id)
        .outerjoin(Event, Event.id == RefusedScan.event_id)
        .outerjoin(Resident, Resident.id == RefusedScan.resident_id)
        .outerjoin(Device, Device.id == RefusedScan.device_id)
        .outerjoin(by, by.id == RefusedScan.by)
        .outerjoin(decider, decider.id == RefusedScan.decided_by)
        .where(RefusedScan.id.in_(ids))
        .execution_options(populate_existing=True)
    ).all()
    shown = masked_each([row.Resident for row in rows if row.Resident])
    found = {
        scan.id: Line(
            scan,
            site,
            event,
            shown[person.id] if person else None,
            device or "",
            staff or "",
            decided_by or "",
        )
        for scan, site, event, person, device, staff, decided_by in rows
    }
    return [found[number] for number in ids if number in found]


def reasons(
    reached: ColumnElement[bool], *, now: datetime, site_id: int | None, event_id: int | None
) -> list[tuple[str, int]]:
    """How often each reason was said on the spot in the time the list shows, the most frequent first."""
    listed = put_aside(reached, View.REFUSED, now=now, site_id=site_id, event_id=event_id).order_by(None)
    times = func.count()
    rows = db.session.execute(
        select(RefusedScan.reason, times)
        .where(RefusedScan.id.in_(listed))
        .group_by(RefusedScan.reason)
        .order_by(times.desc(), RefusedScan.reason)
    )
    return [(reason, number) for reason, number in rows]


def count_waiting(reached: ColumnElement[bool]) -> int:
    """How many scans wait for a person at these sites."""
    query = (
        select(func.count())
        .select_from(RefusedScan)
        .join(Site, Site.id == RefusedScan.site_id)
        .where(reached, RefusedScan.fate == Fate.WAITING)
    )
    return db.session.scalar(query) or 0


def count_waiting_of(event_id: int) -> int:
    """How many scans of an event wait for a person."""
    query = select(func.count()).select_from(RefusedScan)
    waits = (RefusedScan.event_id == event_id, RefusedScan.fate == Fate.WAITING)
    return db.session.scalar(query.where(*waits)) or 0


def count_together(event_ids: Collection[int]) -> dict[int, int]:
    """How many of the scans of each of these events that wait may be taken with one press."""
    reasons = [reason.value for reason in TOGETHER]
    query = (
        select(RefusedScan.event_id, func.count())
        .where(
            RefusedScan.event_id.in_(event_ids),
            RefusedScan.fate == Fate.WAITING,
            RefusedScan.reason.in_(reasons),
        )
        .group_by(RefusedScan.event_id)
    )
    return dict(db.session.execute(query).all())


def waiting_of(event_id: int) -> list[RefusedScan]:
    """The scans of an event that wait, those of one person together."""
    return list(
        db.session.scalars(
            select(RefusedScan)
            .where(RefusedScan.event_id == event_id, RefusedScan.fate == Fate.WAITING)
            .order_by(RefusedScan.resident_id, RefusedScan.id)
        )
    )
