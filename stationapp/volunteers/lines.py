"""The ledger's lines as pages show them, each with what it comes from; and what stands behind one of them."""

from datetime import date

from sqlalchemy import (
    ColumnElement,
    Row,
    ScalarSelect,
    Select,
    String,
    and_,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.audit.models import AuditLine
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.sites.models import Site
from stationapp.volunteers.models import HourQuestion, HoursEntry, ManualHours
from stationapp.volunteers.rules import ManualState

_corrected, _undoing = aliased(HoursEntry), aliased(HoursEntry)
_approver, _proposer = aliased(Site), aliased(Site)


def lines(
    volunteer_id: int, *among: ColumnElement[bool], year: int | None = None, oldest_first: bool = False
) -> Select:
    """Every line, newest first, of sites for which `among` holds.

    Rows: `HoursEntry`, `Site`, `Event` or None, `Attendance` or None, `ManualHours` or None, `corrected_id` (the line
    it takes back) or None, `proposer` and `approver` (the names of the sites a manual line was proposed and approved
    at) or None, `undone`, `why` (why a correction took a manual line back) or None.
    A correction has the event, attendance and manual entry of the line it takes back.
    """
    source = func.coalesce(HoursEntry.manual_id, _corrected.manual_id)
    attended = func.coalesce(HoursEntry.attendance_id, _corrected.attendance_id)
    query = (
        select(
            HoursEntry,
            Site,
            Event,
            Attendance,
            ManualHours,
            _corrected.id.label("corrected_id"),
            _proposer.short_name.label("proposer"),
            _approver.short_name.label("approver"),
            _undoing.id.is_not(None).label("undone"),
            _why().label("why"),
        )
        .join(Site, Site.id == HoursEntry.site_id)
        .outerjoin(_corrected, _corrected.id == HoursEntry.corrects_id)
        .outerjoin(Attendance, Attendance.id == attended)
        .outerjoin(ManualHours, ManualHours.id == source)
        .outerjoin(Event, Event.id == func.coalesce(Attendance.event_id, ManualHours.event_id))
        .outerjoin(_proposer, _proposer.id == func.coalesce(ManualHours.proposed_from, ManualHours.site_id))
        .outerjoin(_approver, _approver.id == ManualHours.decided_from)
        .outerjoin(_undoing, _undoing.corrects_id == HoursEntry.id)
        .where(HoursEntry.volunteer_id == volunteer_id, *among)
        .order_by(HoursEntry.id if oldest_first else HoursEntry.id.desc())
    )
    return query.where(*_in_year(year)) if year else query


def _why() -> ScalarSelect[str]:
    """The reason stands with the act, which was recorded at the correction's moment."""
    return (
        select(AuditLine.reason)
        .where(
            AuditLine.act == "volunteers.correct_line",
            AuditLine.at == HoursEntry.posted_at,
            AuditLine.subject == literal("hours ").concat(cast(HoursEntry.corrects_id, String)),
        )
        .limit(1)
        .scalar_subquery()
    )


def _in_year(year: int) -> tuple[ColumnElement[bool], ...]:
    return HoursEntry.served_on >= date(year, 1, 1), HoursEntry.served_on <= date(year, 12, 31)


def years(volunteer_id: int) -> list[int]:
    """The years from the first day served to the last, the latest first; empty without a line."""
    first, last = db.session.execute(
        select(func.min(HoursEntry.served_on), func.max(HoursEntry.served_on)).where(
            HoursEntry.volunteer_id == volunteer_id
        )
    ).one()
    return list(range(last.year, first.year - 1, -1)) if first else []


def minutes_of(volunteer_id: int, *among: ColumnElement[bool], year: int | None = None) -> int:
    """The sum of these lines."""
    query = (
        select(func.sum(HoursEntry.minutes))
        .join(Site, Site.id == HoursEntry.site_id)
        .where(HoursEntry.volunteer_id == volunteer_id, *among, *(_in_year(year) if year else ()))
    )
    return int(db.session.scalar(query) or 0)


def get_line(volunteer_id: int, number: int, *among: ColumnElement[bool]) -> Row | None:
    """One line of that volunteer, as `lines` gives it."""
    query = lines(volunteer_id, *among).where(HoursEntry.id == number)
    return db.session.execute(query).one_or_none()


def event_of(line: HoursEntry) -> int | None:
    """The event a line comes from, by scans or by hand, itself or the line it takes back."""
    row = get_line(line.volunteer_id, line.id)
    return row.Event.id if row and row.Event else None


def corrected(*among: ColumnElement[bool]) -> set[int]:
    """Of these questions, by their ids, those after which, and before the answer, the ledger was put right.

    That is a line, or an entry by hand that was not rejected, of the day of the line or event they are about; of any
    day where they are about the hours in general.
    """
    its_line = aliased(HoursEntry)
    about = (
        select(HourQuestion.id, its_line.served_on.label("of_line"), Event.starts_at)
        .outerjoin(its_line, its_line.id == HourQuestion.entry_id)
        .outerjoin(Event, Event.id == HourQuestion.event_id)
        .where(*among)
    )
    answered_at = HourQuestion.answered_at
    posted = (
        HoursEntry.volunteer_id == HourQuestion.volunteer_id,
        HoursEntry.posted_at >= HourQuestion.asked_at,
        or_(answered_at.is_(None), HoursEntry.posted_at <= answered_at),
    )
    entered = (
        ManualHours.volunteer_id == HourQuestion.volunteer_id,
        ManualHours.proposed_at >= HourQuestion.asked_at,
        or_(answered_at.is_(None), ManualHours.proposed_at <= answered_at),
        or_(ManualHours.state != ManualState.REJECTED, ManualHours.decided_at > answered_at),
    )
    found = set()
    for written, conditions in ((HoursEntry, posted), (ManualHours, entered)):
        query = about.add_columns(written.served_on).join(written, and_(*conditions))
        for question, of_line, starts_at, served_on in db.session.execute(query):
            day = of_line or (clock.day_of(starts_at) if starts_at else None)
            if day in (None, served_on):
                found.add(question)
    return found
