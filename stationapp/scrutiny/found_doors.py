"""Flags about how presence was taken down: afterwards, by one hand, by a clock that was ahead (domain.md §7)."""

from collections import defaultdict

from sqlalchemy import ColumnElement, and_, func, or_, select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.attendance.models import Attendance, RefusedScan, Scan, SheetRow, SignSheet
from stationapp.attendance.rules import STAFF_SIDE, AttendanceRefusal, How, Kind, Part
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.events.models import Event, EventStep
from stationapp.events.rules import PUBLIC, State
from stationapp.residents.models import Resident
from stationapp.residents.rules import masked_name
from stationapp.scrutiny.found_people import within
from stationapp.scrutiny.hands import HAND
from stationapp.scrutiny.rules import AFTERWARDS, LATE, PEOPLE_OF_ONE_HAND, Flag, Raised, Rest, Span
from stationapp.sites.models import Site
from stationapp.volunteers.models import Assignment, Shift, Volunteer


def _raised(flag: Flag, event, facts: dict, rests=(), keys=(), subject: str = "", concerned=()) -> Raised:
    """A flag about one event; `event` has code, title, site_id and starts_at."""
    return Raised(
        flag,
        subject or f"event {event.code}",
        event.site_id,
        clock.day_of(event.starts_at),
        {"title": event.title, **facts},
        tuple(rests),
        keys=tuple(keys),
        concerned=frozenset(concerned),
    )


# --- written after it began ---------------------------------------------------------------------------------------


def made_late(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """Events written, or handed in, after they had begun. A late approval of what was handed in in time is none."""
    handed_in = (
        select(func.min(EventStep.at))
        .where(
            EventStep.event_id == Event.id,
            EventStep.to_state.in_((State.SUBMITTED, State.PUBLISHED)),
            EventStep.from_state.in_((State.DRAFT, State.RETURNED)),
        )
        .scalar_subquery()
    )
    query = (
        select(Event, handed_in)
        .join(Site, Site.id == Event.site_id)
        .where(
            within(span),
            here,
            Event.state.in_(PUBLIC),
            or_(Event.made_at > Event.starts_at, handed_in > Event.starts_at),
        )
    )
    found = db.session.execute(query).all()
    hands = _handed_on_by([event.id for event, _at in found])
    return [
        _raised(
            Flag.MADE_LATE,
            event,
            {"began": event.starts_at, "made": max(event.made_at, at or event.made_at)},
            [Rest(event.code, event.title, began_at=event.starts_at, ended_at=event.ends_at)],
            [(event.id, event.starts_at, event.made_at, at)],
            concerned={event.made_by, *hands[event.id]} - {None},
        )
        for event, at in found
    ]


def _handed_on_by(event_ids: list[int]) -> dict[int, set[int | None]]:
    """Who handed each of these events in or published it."""
    steps = select(EventStep.event_id, EventStep.by).where(
        EventStep.event_id.in_(event_ids), EventStep.to_state.in_((State.SUBMITTED, State.PUBLISHED))
    )
    hands = defaultdict(set)
    for event_id, by in db.session.execute(steps):
        hands[event_id].add(by)
    return hands


# --- arrived days after -------------------------------------------------------------------------------------------


def late_scans(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """Events to which people were added days after: a sign-out may be decided late, a coming is not."""
    asked = (
        select(Event.id, Event.ends_at, func.max(Scan.arrived_at))
        .join(Scan, Scan.event_id == Event.id)
        .join(Site, Site.id == Event.site_id)
        .where(within(span), here, Scan.kind == Kind.IN)
        .group_by(Event.id, Event.ends_at)
    )
    late = {number for number, ended, arrived in db.session.execute(asked) if arrived > ended + LATE}
    rows = defaultdict(list)
    for scan, event, name, hand in db.session.execute(
        select(Scan, Event, Resident.name, HAND)
        .join(Event, Event.id == Scan.event_id)
        .join(Resident, Resident.id == Scan.resident_id)
        .outerjoin(Device, Device.id == Scan.device_id)
        .where(Scan.event_id.in_(late), Scan.kind == Kind.IN)
        .order_by(Scan.id)
    ):
        if scan.arrived_at > event.ends_at + LATE:
            rows[event].append((scan, name, hand))
    return [
        _raised(
            Flag.LATE_SCANS,
            event,
            {"people": len({scan.resident_id for scan, _name, _hand in scans}), "arrived": scans[-1][0].arrived_at},
            [
                Rest(event.code, event.title, resident_id=scan.resident_id, name=masked_name(name), began_at=scan.at)
                for scan, name, _hand in scans
            ],
            [scan.id for scan, _name, _hand in scans],
            concerned={hand for _scan, _name, hand in scans} - {None},
        )
        for event, scans in rows.items()
    ]  # fmt: skip


# --- a clock that was ahead ---------------------------------------------------------------------------------------


def clocks_forward(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """Devices that said somebody came or went at a time not yet reached."""
    rows = defaultdict(list)
    for scan, device, title in db.session.execute(
        select(RefusedScan, Device, Event.title)
        .join(Device, Device.id == RefusedScan.device_id)
        .join(Site, Site.id == RefusedScan.site_id)
        .outerjoin(Event, Event.id == RefusedScan.event_id)
        .where(
            here,
            RefusedScan.reason == AttendanceRefusal.CLOCK_AHEAD.value,
            RefusedScan.arrived_at >= span.begins_at,
            RefusedScan.arrived_at < span.ends_at,
        )
        .order_by(RefusedScan.id)
    ):
        rows[device, clock.day_of(scan.arrived_at)].append((scan, title))
    return [
        Raised(
            Flag.CLOCK_FORWARD,
            f"device {device.code} {day}",
            device.site_id,
            day,
            {
                "device": device.name,
                "scans": len(scans),
                "ahead": int(max(scan.at - scan.arrived_at for scan, _t in scans).total_seconds() // 60),
            },
            tuple(Rest(title=title or "", began_at=scan.at, ended_at=None) for scan, title in scans),
            keys=tuple((scan.id, scan.at) for scan, _title in scans),
            concerned=frozenset({device.made_by, *(scan.by for scan, _title in scans)} - {None}),
        )
        for (device, day), scans in rows.items()
    ]


# --- one hand -----------------------------------------------------------------------------------------------------

BOTH_ENDS = and_(
    Scan.event_id == Attendance.event_id,
    Scan.resident_id == Attendance.resident_id,
    or_(
        (Scan.kind == Kind.IN) & (Scan.at == Attendance.came_at) & (Scan.how == Attendance.came_how),
        (Scan.kind == Kind.OUT) & (Scan.at == Attendance.left_at) & (Scan.how == Attendance.left_how),
    ),
)
"""The scans an attendance consists of."""


def _shift(before: bool) -> ColumnElement[bool]:
    """Whether the resident of an Attendance was given a shift of its Event before it began, or only since."""
    made = Assignment.made_at <= Event.starts_at if before else Assignment.made_at > Event.starts_at
    return (
        select(Assignment.id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .where(Shift.event_id == Event.id, Volunteer.resident_id == Attendance.resident_id, made)
        .correlate(Event, Attendance)
        .exists()
    )


EXPECTED = _shift(before=True)
"""The resident of an Attendance had a shift before its Event began."""

_LATECOMER = (_shift(before=False) & ~EXPECTED) | (
    select(Volunteer.id)
    .where(Volunteer.resident_id == Attendance.resident_id, Volunteer.registered_at > Event.starts_at)
    .correlate(Event, Attendance)
    .exists()
)
"""The resident of an Attendance was registered, or given the shift, after its Event had begun."""


def one_hand(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """Both ends of several volunteers' services of an event were typed in by one member of staff, and afterwards.

    Whose presence was taken down otherwise takes nothing away from that. Of those who were made a volunteer of the
    event after it had begun one is enough. Whose names were printed on a sheet before the event are left out: there
    is paper to look at.
    """
    on_paper = (
        select(SheetRow.resident_id)
        .join(SignSheet, SignSheet.id == SheetRow.sheet_id)
        .where(
            SignSheet.event_id == Event.id,
            SheetRow.resident_id == Attendance.resident_id,
            SheetRow.row <= SignSheet.named_rows,
            SignSheet.printed_at < Event.starts_at,
        )
        .exists()
    )
    services: dict[int, list] = defaultdict(list)
    for row in db.session.execute(
        select(Attendance.id, Attendance.resident_id, Attendance.came_at, Attendance.left_at, Event.code,
               Event.title, Event.site_id, Event.starts_at, Event.ends_at, Resident.name, Scan.kind, Scan.how, Scan.at,
               Scan.arrived_at, Scan.by, Scan.device_id, Staff.name.label("staff"), EXPECTED.label("expected"),
               _LATECOMER.label("latecomer"), (on_paper & (Scan.how == How.PAPER)).label("paper"))
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .join(Resident, Resident.id == Attendance.resident_id)
        .join(Scan, BOTH_ENDS)
        .outerjoin(Staff, Staff.id == Scan.by)
        .where(within(span), here, Attendance.part == Part.VOLUNTEER, ~Attendance.undone,
               Attendance.came_how.in_(STAFF_SIDE), Attendance.left_how.in_(STAFF_SIDE),
               or_(Scan.arrived_at > Scan.at, Scan.arrived_at > Event.ends_at))  # else it was no time afterwards
        .order_by(Attendance.id, Scan.id)
    ):  # fmt: skip
        services[row.id].append(row)
    hands: dict[tuple[str, int | None], list] = defaultdict(list)
    for rows in services.values():
        if _typed_in(rows):
            hands[rows[0].code, rows[0].by] += rows
    return [raised for rows in hands.values() if (raised := _one_hand(rows))]


def _typed_in(rows: list) -> bool:
    """Whether one hand typed both ends of a service in afterwards, and not from a sheet that names the person."""
    both = {row.kind for row in rows} == {Kind.IN, Kind.OUT}
    one = len({row.by for row in rows}) == 1
    return both and one and all(map(written_afterwards, rows)) and not all(row.paper for row in rows)


def _one_hand(rows: list) -> Raised | None:
    people = {row.id: row for row in rows}
    if len(people) < PEOPLE_OF_ONE_HAND and not any(row.latecomer for row in rows):
        return None
    first = rows[0]
    return _raised(
        Flag.ONE_HAND,
        first,
        {"people": len(people), "staff": first.staff or ""},
        [
            Rest(first.code, first.title, resident_id=row.resident_id, name=masked_name(row.name),
                 began_at=row.came_at, ended_at=row.left_at)
            for row in people.values()
        ],
        [(row.id, row.at, row.by) for row in rows],
        concerned={first.by} - {None},
    )  # fmt: skip


def written_afterwards(scan) -> bool:
    """Whether a member of staff took this end down when nobody saw it; a device's queue was there.

    That is long after it, or once the event was over: but a paper list of who was expected is typed in right then.
    `scan` has how, at, arrived_at, device_id, the event's ends_at, and `expected` as EXPECTED says.
    """
    if scan.how not in STAFF_SIDE or scan.device_id is not None:
        return False
    if scan.arrived_at - scan.at >= AFTERWARDS:
        return True
    return scan.arrived_at > scan.ends_at and not (scan.how is How.PAPER and scan.expected)
