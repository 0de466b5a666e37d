"""Scans that happened earlier: of a device without network, of a paper. In whatever order they come, they amount to
the same (domain.md §7); what cannot be applied is kept with its reason, and where a person can decide, waits for one.

Locks: devices, events, people, each by number, then the chains. The edge retries.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import Row, insert, select

from stationapp import clock
from stationapp.attendance import facts
from stationapp.attendance.ground import Ground, lay
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.rules import (
    CLOCK_SLACK,
    Arrived,
    AttendanceRefusal,
    Fate,
    How,
    Kind,
    Part,
    Result,
    arrival_problem,
)
from stationapp.db import db
from stationapp.signups.rules import Place
from stationapp.vault import vault

Answer = tuple[Result, AttendanceRefusal | None]

_SAME = timedelta(minutes=5)


def take_in(arrived: Sequence[Arrived], *, by: int | None, now: datetime) -> list[Answer]:
    """Take in scans, one answer each, in their order; never raises for what they say, never loses one.

    A past fact is not refused because the room is full by now. Repeated it is ALREADY, with the reason while it waits
    for a person; what was refused, or not counted by a person, is REFUSED once more. `by` is who stands behind them,
    if that is known. However many, the statements are as many as for one.
    """
    indexes = [_index(one) for one in arrived]
    ground = lay(arrived, indexes)
    taken, aside, answers = [], [], []
    for one, index in zip(arrived, indexes, strict=True):
        if index in ground.known:
            answers.append(_again(*ground.known[index]))
            continue
        reason, fate = _judge(one, ground, now)
        said = {"nonce_index": index, "by": by, "arrived_at": now}
        if reason:
            aside.append(_put_aside(one, ground, reason, fate) | said)
        else:
            taken.append(facts.Fact(one, **said))
            if one.kind is Kind.IN:
                ground.parts.setdefault((one.event_id, one.resident_id), one.part)
        ground.known[index] = reason, fate
        ground.numbers.add((one.device_id, one.sequence))
        answers.append((Result(fate.value) if fate else Result.ACCEPTED, reason))
    if aside:
        db.session.execute(insert(RefusedScan), aside)
    facts.store(taken, ground)
    return answers


def _again(reason: AttendanceRefusal | None, fate: Fate | None) -> Answer:
    if fate in (Fate.REFUSED, Fate.DROPPED):
        return Result.REFUSED, reason
    return Result.ALREADY, reason if fate is Fate.WAITING else None


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


def _judge(one: Arrived, ground: Ground, now: datetime) -> tuple[AttendanceRefusal | None, Fate | None]:
    """Why a scan cannot be applied and what becomes of it. No answer depends on which other scans came before."""
    event = ground.events.get(one.event_id)
    if event is None or one.resident_id not in ground.people:
        return AttendanceRefusal.CODE_UNKNOWN_PLACE if event else AttendanceRefusal.NOTHING_ON, Fate.REFUSED
    if one.device_id is not None and (one.device_id, one.sequence) in ground.numbers:
        return AttendanceRefusal.SEQUENCE_USED, Fate.WAITING
    if one.device_id is not None and not _in_use(ground.devices[one.device_id], one.at):
        return AttendanceRefusal.DEVICE_NOT_IN_USE, Fate.WAITING
    problem = one.doubt or arrival_problem(event.state, event.starts_at, event.ends_at, one.at, now)
    if problem is None and one.kind is Kind.IN:
        problem = role_problem(one, ground)
    return problem, problem and Fate.WAITING


def _in_use(device: Row, at: datetime) -> bool:
    """Whether a device can have seen anything then: it was taken up, and the day is one of its own."""
    taken_up = device.taken_up_at is None or at >= device.taken_up_at - CLOCK_SLACK
    return taken_up and device.from_on <= clock.day_of(at) <= device.until_on


def role_problem(one: Arrived, ground: Ground) -> AttendanceRefusal | None:
    """Why somebody's coming is not one of whom we expect there, or None."""
    pair = (one.event_id, one.resident_id)
    if (
        ground.parts.get(pair, one.part) is not one.part
    ):  # taken back or not, for the undoing may have come first
        return AttendanceRefusal.OTHER_PART
    if one.part is not Part.RESIDENT or one.how is How.WALK_IN:
        return None
    states = ground.places.get(pair, {}).keys()
    if Place.WAITLISTED in states:
        return AttendanceRefusal.STILL_WAITING
    if states - {Place.CANCELLED}:
        return None
    return AttendanceRefusal.SIGNUP_CANCELLED if states else AttendanceRefusal.NOT_SIGNED_UP


def _index(one: Arrived) -> bytes:
    if one.device_id is None:
        return facts.form_nonce(one.event_id or 0, one.resident_id or 0, one.kind, one.nonce)
    return vault().index("nonce", f"device {one.device_id} {one.nonce}")


def _put_aside(one: Arrived, ground: Ground, reason: AttendanceRefusal, fate: Fate) -> dict:
    """What is kept of it. Of a number used twice the device is not named again: the nonce tells them."""
    event, number = ground.events.get(one.event_id), (one.device_id, one.sequence)
    if event is None and one.device_id is None:
        raise ValueError("a scan without an event needs the device that says where it was")
    device_id, sequence = number if number not in ground.numbers else (None, None)
    return {
        "site_id": event.site_id if event else ground.devices[one.device_id].site_id,
        "event_id": one.event_id,
        "resident_id": one.resident_id,
        "kind": one.kind,
        "how": one.how,
        "at": one.at,
        "device_id": device_id,
        "sequence": sequence,
        "reason": reason.value,
        "fate": fate,
    }
