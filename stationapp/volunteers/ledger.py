"""Reads of the ledger: what it says, and what it should say of a day."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import STAFF_SIDE, Part
from stationapp.audit.operations import digest
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.sites.models import Site
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from stationapp.volunteers.rules import Served, Span, by_hand, credited, span, worth_alone

_undoing = aliased(HoursEntry)

LIVE = ~select(_undoing.id).where(_undoing.corrects_id == HoursEntry.id).exists() & (
    HoursEntry.corrects_id.is_(None)
)
"""The condition on HoursEntry "a line that no other line undoes, and undoes none itself"."""


def total_minutes(volunteer_id: int) -> int:
    """The minutes of a volunteer: the sum of the ledger, and what every page shows."""
    return totals(HoursEntry.volunteer_id == volunteer_id).get(volunteer_id, 0)


def totals(*narrowed: ColumnElement[bool]) -> dict[int, int]:
    """Minutes by volunteer id, for those with lines."""
    query = select(HoursEntry.volunteer_id, func.sum(HoursEntry.minutes)).where(*narrowed)
    return {who: int(minutes) for who, minutes in db.session.execute(query.group_by(HoursEntry.volunteer_id))}


def list_lines(volunteer_id: int) -> list[Row]:
    """Every line, newest first: (HoursEntry, Site, Event or None, ManualHours or None, undone)."""
    attended, manual = aliased(Attendance), aliased(ManualHours)
    event_of_line = aliased(Event)
    undoing = aliased(HoursEntry)
    return list(
        db.session.execute(
            select(HoursEntry, Site, event_of_line, manual, undoing.id.is_not(None).label("undone"))
            .join(Site, Site.id == HoursEntry.site_id)
            .outerjoin(attended, attended.id == HoursEntry.attendance_id)
            .outerjoin(manual, manual.id == HoursEntry.manual_id)
            .outerjoin(
                event_of_line,
                event_of_line.id == func.coalesce(attended.event_id, manual.event_id),
            )
            .outerjoin(undoing, undoing.corrects_id == HoursEntry.id)
            .where(HoursEntry.volunteer_id == volunteer_id)
            .order_by(HoursEntry.id.desc())
        )
    )


def live_lines(volunteer_id: int, day: date) -> list[HoursEntry]:
    """The lines that stand for a volunteer's day."""
    return list(
        db.session.scalars(
            select(HoursEntry).where(
                LIVE, HoursEntry.volunteer_id == volunteer_id, HoursEntry.served_on == day
            )
        )
    )


@dataclass(frozen=True)
class DayService:
    """One presence of a volunteer at a closed-out event, with the site the hours are counted at."""

    volunteer_id: int
    day: date
    served: Served
    event_id: int
    site_id: int


def services(*narrowed: ColumnElement[bool]) -> list[DayService]:
    """What volunteers did at closed-out events of every site; a service belongs to the day its event begins."""
    rows = db.session.execute(
        select(Volunteer.id, Attendance, Event)
        .join(Attendance, Attendance.resident_id == Volunteer.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            Attendance.part == Part.VOLUNTEER,
            ~Attendance.undone,
            Event.state == State.CLOSED_OUT,
            *narrowed,
        )
        .execution_options(populate_existing=True)
    )
    return [
        DayService(who, clock.day_of(event.starts_at), _served(there, event), event.id, event.site_id)
        for who, there, event in rows
    ]


def _served(there: Attendance, event: Event) -> Served:
    return Served(
        attendance_id=there.id,
        event_id=event.id,
        came_at=there.came_at,
        left_at=there.left_at,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        break_minutes=event.break_minutes,
        staff_side=there.came_how in STAFF_SIDE or there.left_how in STAFF_SIDE,
    )


@dataclass(frozen=True)
class ManualLine:
    """A manual line that stands, as the rule needs it; `part` is the time of the event it was entered for."""

    volunteer_id: int
    day: date
    minutes: int
    event_id: int | None
    part: Span | None


def manual_lines(*narrowed: ColumnElement[bool]) -> list[ManualLine]:
    """The manual lines that stand."""
    rows = db.session.execute(
        select(HoursEntry.volunteer_id, HoursEntry.served_on, HoursEntry.minutes, Event)
        .join(ManualHours, ManualHours.id == HoursEntry.manual_id)
        .outerjoin(Event, Event.id == ManualHours.event_id)
        .where(LIVE, *narrowed)
    )
    return [
        ManualLine(who, day, minutes, event and event.id, event and (event.starts_at, event.ends_at))
        for who, day, minutes, event in rows
    ]


@dataclass(frozen=True)
class Day:
    """What the rule takes into account of a person's day."""

    there: list[DayService]  # without events whose hours were entered by hand: their scans earn nothing more
    earned: int  # minutes by hand, which come first
    before: list[
        Span
    ]  # time that counts already: by hand, or for services of days before that reach into this one
    taken: list[Span]  # time that counts for this day

    @property
    def served(self) -> list[Served]:
        """Its services."""
        return [one.served for one in self.there]

    @property
    def due(self) -> dict[int, tuple[int, int]]:
        """What the ledger should say of it: attendance id → (minutes > 0, site id) (domain.md §7)."""
        minutes = credited(self.served, earned=self.earned, before=self.before)
        sites = {one.served.attendance_id: one.site_id for one in self.there}
        return {which: (worth, sites[which]) for which, worth in minutes.items() if worth}


def days(there: Iterable[DayService], manual: Iterable[ManualLine]) -> dict[tuple[int, date], Day]:
    """The days of these by volunteer and day; of each person all days that reach into another must be among them."""
    rows: dict[tuple[int, date], tuple[list[DayService], list[ManualLine]]] = defaultdict(lambda: ([], []))
    for one in there:
        rows[one.volunteer_id, one.day][0].append(one)
    for line in manual:
        rows[line.volunteer_id, line.day][1].append(line)
    found: dict[tuple[int, date], Day] = {}
    taken: dict[int, list[Span]] = defaultdict(list)
    for who, day in sorted(rows):
        reaching = [part for part in taken[who] if part[1] > clock.instant(day)]
        found[who, day] = _day(*rows[who, day], reaching)
        taken[who] = reaching + found[who, day].taken
    return found


def _day(there: Sequence[DayService], manual: Sequence[ManualLine], reaching: list[Span]) -> Day:
    entered = {line.event_id for line in manual}
    there = [one for one in there if one.event_id not in entered]
    scanned = [part for one in there if (part := span(one.served))]
    hand = [piece for line in manual if line.part for piece in by_hand(line.part, line.minutes, scanned)]
    return Day(there, sum(line.minutes for line in manual), reaching + hand, scanned + hand)


def day_of(volunteer_id: int, day: date) -> Day:
    """A volunteer's day, with what reaches into it."""
    there, manual = _until(volunteer_id, day, day)
    return days(there, manual).get((volunteer_id, day)) or Day([], 0, [], [])


def due(volunteer_id: int, day: date) -> dict[int, tuple[int, int]]:
    """What the ledger should say of a volunteer's day: attendance id → (minutes > 0, site id)."""
    return day_of(volunteer_id, day).due


def _until(volunteer_id: int, day: date, last: date) -> tuple[list[DayService], list[ManualLine]]:
    """What a volunteer did from `day`, or an earlier one that reaches into it, to `last`."""
    begins = clock.instant(day)
    scanned = select(Attendance.event_id).join(Volunteer, Volunteer.resident_id == Attendance.resident_id)
    entered = select(ManualHours.event_id).where(ManualHours.volunteer_id == volunteer_id)
    earliest = db.session.scalar(
        select(func.min(Event.starts_at)).where(
            Event.starts_at < begins,
            Event.ends_at > begins,
            Event.id.in_(scanned.where(Volunteer.id == volunteer_id)) | Event.id.in_(entered),
        )
    )
    first = clock.day_of(earliest) if earliest else day
    there = services(
        Volunteer.id == volunteer_id,
        Event.starts_at >= clock.instant(first),
        Event.starts_at < clock.instant(last + timedelta(days=1)),
    )
    return there, manual_lines(
        HoursEntry.volunteer_id == volunteer_id, HoursEntry.served_on.between(first, last)
    )


def days_touched(event: Event) -> list[date]:
    """The local days an event lies in: the first one has its hours, on the others its time counts already."""
    first, last = clock.day_of(event.starts_at), clock.day_of(event.ends_at - timedelta(microseconds=1))
    return [first + timedelta(days=more) for more in range((last - first).days + 1)]


def room_for(volunteer_id: int, event: Event) -> int:
    """Minutes a volunteer can still have entered by hand for an event: what no other hours of theirs count."""
    touched = days_touched(event)
    there, manual = _until(volunteer_id, touched[0], touched[-1])
    elsewhere = days((one for one in there if one.event_id != event.id), manual).values()
    taken = [part for its in elsewhere for part in its.taken]
    return worth_alone((event.starts_at, event.ends_at), event.break_minutes, taken)


def is_credited(volunteer_id: int, event_id: int, day: date) -> bool:
    """Whether hours for this event stand in the ledger, by scans or by a manual entry."""
    by_scan = select(Attendance.id).where(Attendance.event_id == event_id)
    by_hand = select(ManualHours.id).where(ManualHours.event_id == event_id)
    return (
        db.session.scalar(
            select(HoursEntry.id)
            .where(
                LIVE,
                HoursEntry.volunteer_id == volunteer_id,
                HoursEntry.served_on == day,
                HoursEntry.attendance_id.in_(by_scan) | HoursEntry.manual_id.in_(by_hand),
            )
            .limit(1)
        )
        is not None
    )


def is_as_written(line: HoursEntry) -> bool:
    """Whether a line's hash is still that of what it says (trust.md H10); its place in the chain is for `audit`."""
    return line.hash == digest(line.previous_hash, {"number": line.id, **content(line)})


def content(line: HoursEntry) -> dict:
    """What the hash of a line covers, besides its number."""
    return {
        "volunteer": line.volunteer_id,
        "site": line.site_id,
        "day": line.served_on.isoformat(),
        "minutes": line.minutes,
        "attendance": line.attendance_id,
        "turn": line.turn,
        "manual": line.manual_id,
        "corrects": line.corrects_id,
        "at": line.posted_at.isoformat(),
        "by": line.posted_by,
    }
