"""Scans that happened earlier: of a device without network, of a paper. In whatever order they come, they amount to
the same (domain.md §7); what cannot be applied is kept with its reason, and where a person can decide, waits for one.

Locks: the device, the event, the person, the chains. One transaction a scan holds nobody up; the edge retries it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import insert, select

from stationapp import clock
from stationapp.attendance.facts import find_row, fold_late, form_nonce, hold_person, write_scan
from stationapp.attendance.models import RefusedScan, Scan
from stationapp.attendance.rules import AttendanceRefusal, Fate, How, Kind, Part, Seen, arrival_problem
from stationapp.calendar.rules import band_on
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.events.models import Event
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place
from stationapp.vault import vault


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """One scan as a device or a paper says it.

    `part` is the role by the shifts of this moment: `volunteers.doors.role_at` finds it, and the person's record
    that is signed up there. Who or what is unknown is None; without an event the device says at which site.
    """

    event_id: int | None
    resident_id: int | None
    part: Part = Part.RESIDENT
    kind: Kind
    how: How
    at: datetime
    nonce: str
    device_id: int | None = None
    sequence: int | None = None


class Result(Enum):
    """What became of it."""

    ACCEPTED = "accepted"
    ALREADY = "already"  # taken in before, whatever came of it then
    WAITING = "waiting"  # for a person
    REFUSED = "refused"


_SAME = timedelta(minutes=5)

Answer = tuple[Result, AttendanceRefusal | None]


def take_in(arrived: Arrived, *, by: int | None, now: datetime) -> Answer:
    """Take in one scan; never raises for what it says, never loses one.

    A past fact is not refused because the room is full by now. Repeated it is ALREADY, with the reason it was put
    aside for. `by` is who stands behind it, if that is known.
    """
    if arrived.device_id is not None:
        _hold_device(arrived.device_id)  # two copies of one sending stand in line
    event = hold_event(arrived.event_id) if arrived.event_id else None
    person = hold_person(arrived.resident_id) if arrived.resident_id else None
    index = _index(arrived)
    before, used = _before(arrived, index)
    if before:
        return before
    if event is None or person is None:
        return _put_aside(arrived, event, _unknown(event), Fate.REFUSED, index, used, by, now)
    problem = AttendanceRefusal.SEQUENCE_USED if used else _problem(arrived, event, now)
    if problem:
        return _put_aside(arrived, event, problem, Fate.WAITING, index, used, by, now)
    store(
        arrived,
        day=clock.day_of(event.starts_at),
        person=person,
        by=by,
        arrived_at=now,
        nonce_index=index,
    )
    return Result.ACCEPTED, None


def store(arrived: Arrived, *, day, person, by: int | None, arrived_at: datetime, nonce_index: bytes) -> None:
    """Write the scan down and bring the person's row to what all scans say; `person` is held."""
    seen = Seen(arrived.kind, arrived.at, arrived.how)
    write_scan(
        arrived.event_id,
        arrived.resident_id,
        seen,
        by=by,
        arrived_at=arrived_at,
        nonce_index=nonce_index,
        device_id=arrived.device_id,
        sequence=arrived.sequence,
    )
    said = {
        "part": arrived.part,
        "channel": _channel(arrived.event_id, arrived.resident_id),
        "lives": person.lives,
        "community_id": person.community_id,
        "band": band_on(person.birth_month, day),
    }
    fold_late(arrived.event_id, arrived.resident_id, seen, said)


def turned_away(
    reason: Enum,
    *,
    site_id: int,
    event_id: int | None,
    resident_id: int | None,
    kind: Kind,
    how: How,
    by: int | None,
    at: datetime,
    now: datetime,
) -> None:
    """Keep that somebody was refused on the spot, and why; never what was typed.

    The edge calls it in a transaction of its own, after that of the refused one was rolled back. What residents are
    told again within minutes is kept once: whoever presses a button all day fills nothing.
    """
    again = select(RefusedScan.id).where(
        RefusedScan.event_id == event_id,
        RefusedScan.resident_id.is_not_distinct_from(resident_id),
        RefusedScan.reason == reason.value,
        RefusedScan.by.is_(None),
        RefusedScan.arrived_at > now - _SAME,
    )
    if by is None and db.session.scalar(again.limit(1)):
        return
    db.session.execute(
        insert(RefusedScan).values(
            site_id=site_id,
            event_id=event_id,
            resident_id=resident_id,
            kind=kind,
            how=how,
            at=at,
            arrived_at=now,
            by=by,
            reason=reason.value,
            fate=Fate.REFUSED,
        )
    )


def _hold_device(device_id: int) -> None:
    db.session.execute(select(Device.id).where(Device.id == device_id).with_for_update(key_share=True))


def hold_event(event_id: int):
    """What decides about a scan; on PostgreSQL the shared lock keeps a close-out from slipping in between."""
    return db.session.execute(
        select(Event.id, Event.site_id, Event.state, Event.starts_at, Event.ends_at)
        .where(Event.id == event_id)
        .with_for_update(read=True)
    ).one()


def _index(arrived: Arrived) -> bytes:
    if arrived.device_id is None:
        return form_nonce(arrived.event_id or 0, arrived.resident_id or 0, arrived.kind, arrived.nonce)
    return vault().index("nonce", f"device {arrived.device_id} {arrived.nonce}")


def _before(arrived: Arrived, index: bytes) -> tuple[Answer | None, bool]:
    """The answer to a scan that was here before; else None and whether the device gave its number to another one."""
    taken = db.session.scalars(select(Scan.nonce_index).where(_same(Scan, arrived, index))).all()
    if index in taken:
        return (Result.ALREADY, None), True
    aside = db.session.execute(
        select(RefusedScan.nonce_index, RefusedScan.reason, RefusedScan.fate).where(
            _same(RefusedScan, arrived, index)
        )
    ).all()
    for row in aside:
        if row.nonce_index == index:
            return (Result.ALREADY, AttendanceRefusal(row.reason)), True
    return None, bool(taken or aside)


def _same(table: type[Scan | RefusedScan], arrived: Arrived, index: bytes):
    if arrived.device_id is None:
        return table.nonce_index == index
    numbered = (table.device_id == arrived.device_id) & (table.sequence == arrived.sequence)
    return (table.nonce_index == index) | numbered


def _unknown(event) -> AttendanceRefusal:
    return AttendanceRefusal.CODE_UNKNOWN_PLACE if event else AttendanceRefusal.NOTHING_ON


def _problem(arrived: Arrived, event, now: datetime) -> AttendanceRefusal | None:
    """Why it waits. Nothing here depends on which other scans came before."""
    problem = arrival_problem(event.state, event.starts_at, event.ends_at, arrived.at, now)
    if problem or arrived.kind is not Kind.IN:
        return problem
    if _came_as_other(arrived):
        return AttendanceRefusal.OTHER_PART
    free = arrived.part is not Part.RESIDENT or arrived.how is How.WALK_IN
    return None if free else _place_problem(arrived)


def _came_as_other(arrived: Arrived) -> bool:
    """Whether they ever came in another role; one taken back counts too, for its undoing may have come first."""
    row = find_row(arrived.event_id, arrived.resident_id)
    if row is None or row.part is arrived.part:
        return False
    came = select(Scan.id).where(
        Scan.event_id == row.event_id, Scan.resident_id == row.resident_id, Scan.kind == Kind.IN
    )
    return db.session.scalar(came.limit(1)) is not None


def _place_problem(arrived: Arrived) -> AttendanceRefusal | None:
    states = set(
        db.session.scalars(
            select(Signup.state).where(
                Signup.event_id == arrived.event_id, Signup.resident_id == arrived.resident_id
            )
        )
    )
    if Place.WAITLISTED in states:
        return AttendanceRefusal.STILL_WAITING
    if states - {Place.CANCELLED}:
        return None
    return AttendanceRefusal.SIGNUP_CANCELLED if states else AttendanceRefusal.NOT_SIGNED_UP


def _channel(event_id: int, resident_id: int) -> Channel:
    """The live sign-up's channel; who has none came by."""
    given = db.session.scalar(
        select(Party.channel)
        .join(Signup, Signup.party_id == Party.id)
        .where(
            Signup.event_id == event_id, Signup.resident_id == resident_id, Signup.state != Place.CANCELLED
        )
    )
    return given or Channel.WALK_IN


def _put_aside(
    arrived: Arrived,
    event,
    reason: AttendanceRefusal,
    fate: Fate,
    index: bytes,
    used: bool,
    by: int | None,
    now: datetime,
) -> Answer:
    """Keep what could not be applied. Of a number used twice the device is not named again: the nonce tells them."""
    db.session.execute(
        insert(RefusedScan).values(
            site_id=event.site_id if event else _device_site(arrived),
            event_id=arrived.event_id,
            resident_id=arrived.resident_id,
            kind=arrived.kind,
            how=arrived.how,
            at=arrived.at,
            arrived_at=now,
            by=by,
            nonce_index=index,
            device_id=None if used else arrived.device_id,
            sequence=None if used else arrived.sequence,
            reason=reason.value,
            fate=fate,
        )
    )
    return Result(fate.value), reason


def _device_site(arrived: Arrived) -> int:
    if arrived.device_id is None:
        raise ValueError("a scan without an event needs the device that says where it was")
    return db.session.scalar(select(Device.site_id).where(Device.id == arrived.device_id))
