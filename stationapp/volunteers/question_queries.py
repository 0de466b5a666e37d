"""Reads of questions about hours: the desk's list, a volunteer's own, and the facts beside one."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Row, Select, case, func, select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.attendance.models import Attendance, Scan
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.refusal import NotFound
from stationapp.residents.models import Resident
from stationapp.residents.queries import records_of
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers import ledger, lines
from stationapp.volunteers.explaining import Explained, explain
from stationapp.volunteers.models import Assignment, HourQuestion, HoursEntry, Shift, Volunteer


@dataclass(frozen=True)
class Asked:
    """A question with its words and what it is about."""

    question: HourQuestion
    said: str
    site: Site
    event: Event | None
    line: HoursEntry | None


def list_of(volunteer_id: int, limit: int = 20) -> list[Asked]:
    """A volunteer's own questions, newest first."""
    query = (
        select(HourQuestion, Site, Event, HoursEntry)
        .join(Site, Site.id == HourQuestion.site_id)
        .outerjoin(Event, Event.id == HourQuestion.event_id)
        .outerjoin(HoursEntry, HoursEntry.id == HourQuestion.entry_id)
        .where(HourQuestion.volunteer_id == volunteer_id)
        .order_by(HourQuestion.id.desc())
        .limit(limit)
    )
    return [
        Asked(one, vault().unseal(one.said_sealed), site, event, line)
        for one, site, event, line in db.session.execute(query)
    ]


OPEN, LATE, ANSWERED = "open", "late", "answered"
"""What the desk's list may be narrowed to."""


def listed(here: ColumnElement[bool], today: date, *, site_id: int | None = None, state: str = "") -> Select:
    """The desk's list: open ones first by the day an answer is due, then the answered, the latest first.

    Rows: (HourQuestion, Volunteer, Resident, Site, Event or None, HoursEntry or None).
    """
    is_open = HourQuestion.answered_at.is_(None)
    query = (
        select(HourQuestion, Volunteer, Resident, Site, Event, HoursEntry)
        .join(Volunteer, Volunteer.id == HourQuestion.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Site, Site.id == HourQuestion.site_id)
        .outerjoin(Event, Event.id == HourQuestion.event_id)
        .outerjoin(HoursEntry, HoursEntry.id == HourQuestion.entry_id)
        .where(here)
        .order_by(
            case((is_open, 0), else_=1),
            case((is_open, HourQuestion.due_on)),
            HourQuestion.answered_at.desc(),
            HourQuestion.id,
        )
    )
    if site_id is not None:
        query = query.where(HourQuestion.site_id == site_id)
    narrowed = {OPEN: (is_open,), LATE: (is_open, HourQuestion.is_overdue(today)), ANSWERED: (~is_open,)}
    return query.where(*narrowed.get(state, ()))


def count_open(here: ColumnElement[bool], today: date) -> tuple[int, int]:
    """(how many wait for an answer at these sites, how many of them too long)."""
    late = func.sum(case((HourQuestion.is_overdue(today), 1), else_=0))
    query = select(func.count(HourQuestion.id), late).join(Site, Site.id == HourQuestion.site_id)
    many, overdue = db.session.execute(query.where(here, HourQuestion.answered_at.is_(None))).one()
    return many, int(overdue or 0)


def get_asked(question_id: int) -> Row:
    """(HourQuestion, Volunteer, Site, Event or None, the name of who answered or None); raises NotFound."""
    found = db.session.execute(
        select(HourQuestion, Volunteer, Site, Event, Staff.name.label("answered_by"))
        .join(Volunteer, Volunteer.id == HourQuestion.volunteer_id)
        .join(Site, Site.id == HourQuestion.site_id)
        .outerjoin(Event, Event.id == HourQuestion.event_id)
        .outerjoin(Staff, Staff.id == HourQuestion.answered_by)
        .where(HourQuestion.id == question_id)
    ).one_or_none()
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Facts:
    """What lies beside a question: `scans` of the person at the event in the order in which they happened."""

    scans: list[tuple[Scan, str | None]]  # with the name of who took it down
    explained: Explained | None
    line: Row | None  # as `lines.lines` gives it


def facts_of(question: HourQuestion, volunteer: Volunteer, event: Event | None) -> Facts:
    """The facts behind a question, in a fixed number of questions of our own."""
    line = lines.get_line(volunteer.id, question.entry_id) if question.entry_id else None
    if event is None:
        return Facts([], None, line)
    records = records_of(volunteer.resident_id)
    scans = db.session.execute(
        select(Scan, Staff.name)
        .outerjoin(Staff, Staff.id == Scan.by)
        .where(Scan.event_id == event.id, Scan.resident_id.in_(records))
        .order_by(Scan.at, Scan.id)
    )
    return Facts([tuple(row) for row in scans], _explained(volunteer, event), line)


def _explained(volunteer: Volunteer, event: Event) -> Explained | None:
    day = ledger.day_of(volunteer.id, clock.day_of(event.starts_at))
    its = next((one.served.attendance_id for one in day.there if one.event_id == event.id), None)
    return explain(day.served, its, earned=day.earned, before=day.before) if its else None


def event_to_ask(volunteer: Volunteer, code: str) -> Event | None:
    """The event of that code, if the volunteer was there or had a shift at it."""
    was = select(Attendance.event_id).where(Attendance.resident_id == volunteer.resident_id)
    helped = (
        select(Shift.event_id)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .where(Assignment.volunteer_id == volunteer.id)
    )
    return db.session.scalar(
        select(Event).where(Event.code == code, Event.id.in_(was) | Event.id.in_(helped))
    )
