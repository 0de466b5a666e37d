"""Reads of hours entered by hand: whether they were proposed before, and what else stands of the same day."""

from collections import defaultdict
from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, Row, Select, String, case, cast, func, literal, or_, select
from sqlalchemy.orm import aliased

from stationapp.accounts.models import Staff
from stationapp.attendance.models import Attendance
from stationapp.audit.models import AuditLine
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from stationapp.volunteers.rules import ManualState

STANDS = or_(
    ManualHours.state == ManualState.PROPOSED,
    ManualHours.id.in_(select(HoursEntry.manual_id).where(HoursEntry.manual_id.is_not(None), LIVE)),
)
"""Proposed, or approved with a line that was not taken back."""


def find_same(wanted: ManualHours) -> ManualHours | None:
    """The proposal that says the same, by the same person, and waits still: the form came twice."""
    same = ("volunteer_id", "site_id", "event_id", "served_on", "minutes", "reason", "note", "proposed_by")
    return db.session.scalar(
        select(ManualHours)
        .where(
            ManualHours.state == ManualState.PROPOSED,
            *(getattr(ManualHours, name).is_not_distinct_from(getattr(wanted, name)) for name in same),
        )
        .limit(1)
    )


def list_standing(volunteer_id: int, day: date) -> list[ManualHours]:
    """What was entered by hand of a volunteer's day and stands, in order."""
    return list(
        db.session.scalars(
            select(ManualHours)
            .where(ManualHours.volunteer_id == volunteer_id, ManualHours.served_on == day, STANDS)
            .order_by(ManualHours.id)
        )
    )


def list_beside(proposals: Collection[ManualHours]) -> dict[int, list[ManualHours]]:
    """For each proposal what else was entered by hand of the same person and day, and stands."""
    days: dict[tuple[int, date], list[ManualHours]] = defaultdict(list)
    for one in db.session.scalars(
        select(ManualHours)
        .where(
            ManualHours.volunteer_id.in_({one.volunteer_id for one in proposals}),
            ManualHours.served_on.in_({one.served_on for one in proposals}),
            STANDS,
        )
        .order_by(ManualHours.id)
    ):
        days[one.volunteer_id, one.served_on].append(one)
    return {
        one.id: [other for other in days[one.volunteer_id, one.served_on] if other.id != one.id]
        for one in proposals
    }


def list_scanned_beside(
    proposals: Collection[ManualHours], here: ColumnElement[bool]
) -> dict[int, list[Row]]:
    """For each proposal the lines by scans that stand of the same person and day, in the order of the events.

    (volunteer_id, served_on, minutes, starts_at, ends_at, the site's name where `here` holds, else None).
    """
    days: dict[tuple[int, date], list[Row]] = defaultdict(list)
    for row in db.session.execute(
        select(
            HoursEntry.volunteer_id,
            HoursEntry.served_on,
            HoursEntry.minutes,
            Event.starts_at,
            Event.ends_at,
            case((here, Site.short_name)).label("site"),
        )
        .join(Attendance, Attendance.id == HoursEntry.attendance_id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == HoursEntry.site_id)
        .where(
            HoursEntry.volunteer_id.in_({one.volunteer_id for one in proposals}),
            HoursEntry.served_on.in_({one.served_on for one in proposals}),
            LIVE,
        )
        .order_by(Event.starts_at, Event.id)
    ):
        days[row.volunteer_id, row.served_on].append(row)
    return {one.id: days[one.volunteer_id, one.served_on] for one in proposals}


def origins(proposals: Collection[ManualHours]) -> dict[int, str]:
    """For each proposal the path of the site it was proposed from."""
    its = select(ManualHours.id, Site.path).join(
        Site, Site.id == func.coalesce(ManualHours.proposed_from, ManualHours.site_id)
    )
    rows = db.session.execute(its.where(ManualHours.id.in_({one.id for one in proposals})))
    return dict(rows.all())


def _rejection() -> ColumnElement[bool]:
    """The condition on AuditLine "the rejection of this ManualHours": there its reason stands."""
    return (
        (AuditLine.act == "volunteers.reject_manual")
        & (AuditLine.at == ManualHours.decided_at)
        & (AuditLine.subject == literal("manual ").concat(cast(ManualHours.id, String)))
    )


def list_proposals(volunteer_id: int) -> list[Row]:
    """Manual entries that have not become lines, newest first: (ManualHours, Event or None, why not or None)."""
    return list(
        db.session.execute(
            select(ManualHours, Event, AuditLine.reason.label("why"))
            .outerjoin(Event, Event.id == ManualHours.event_id)
            .outerjoin(AuditLine, _rejection())
            .where(ManualHours.volunteer_id == volunteer_id, ManualHours.state != ManualState.APPROVED)
            .order_by(ManualHours.id.desc())
        )
    )


def proposed_here(here: ColumnElement[bool]) -> Select:
    """The proposals of sites for which `here` holds, newest first, whatever became of them.

    (ManualHours, Volunteer, Resident, Site, Event or None, the proposer's name, the decider's, why not).
    """
    proposer, decider = aliased(Staff), aliased(Staff)
    return (
        select(ManualHours, Volunteer, Resident, Site, Event, proposer.name.label("proposer"),
               decider.name.label("decider"), AuditLine.reason.label("why"))
        .join(Volunteer, Volunteer.id == ManualHours.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Site, Site.id == ManualHours.site_id)
        .join(proposer, proposer.id == ManualHours.proposed_by)
        .outerjoin(decider, decider.id == ManualHours.decided_by)
        .outerjoin(Event, Event.id == ManualHours.event_id)
        .outerjoin(AuditLine, _rejection())
        .where(here)
        .order_by(ManualHours.id.desc())
    )  # fmt: skip
