"""What a person decides about scans that could not be applied: taken as it happened, or not counted, with a note.

Locks: devices, the event, people, the scans put aside, each by number, then the chains.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from stationapp.attendance.facts import Fact, store
from stationapp.attendance.ground import Ground, lay
from stationapp.attendance.intake import role_problem
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.queries import scans_of
from stationapp.attendance.rules import (
    CLOCK_SLACK,
    TOGETHER,
    Arrived,
    AttendanceRefusal,
    Fate,
    Kind,
    Part,
    Seen,
    state_problem,
    taken_back,
)
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused

LONGEST_NOTE = 200


Who = tuple[int, Part]
"""By which record, and in what role, somebody is taken down: what `volunteers.doors.roles_at` says of them."""


def take(aside: RefusedScan, who: Who, *, by: int, now: datetime) -> None:
    """Make a scan of it, with the time it happened and arrived; who is there in another role stays in that.

    Raises Refused(AttendanceRefusal): a closed-out event must be reopened first, a time to come cannot have been, and
    what an undoing on the roster wipes out would be said to count and not count.
    """
    arrived, ground = _held([aside], [who])
    _must_be(aside, Fate.WAITING)
    problem = _problem(arrived[0], scans_of(aside.event_id, who[0]), now)
    if problem:
        raise Refused(problem)
    _take({aside: arrived[0]}, ground, by, now)


class Together(NamedTuple):
    """What became of many: how many were taken, cannot be by anybody now, and are left for somebody to look at."""

    taken: int
    cannot: Counter[AttendanceRefusal]
    unseen: Counter[AttendanceRefusal]


def take_together(asides: Sequence[RefusedScan], whos: Sequence[Who], *, by: int, now: datetime) -> Together:
    """Take those of one event's that need no look at each.

    What was put aside for the event's state alone was never asked how the person stands to it: it is now. Raises
    Refused(AttendanceRefusal) where the event takes nothing.
    """
    arrived, ground = _held(asides, whos)
    taken, cannot, unseen = {}, Counter(), Counter()
    seen: dict[int, list[Seen]] = {}
    for aside, one in zip(asides, arrived, strict=True):
        if aside.fate is not Fate.WAITING:
            continue  # somebody else decided about it meanwhile
        if one.resident_id not in seen:
            seen[one.resident_id] = list(scans_of(one.event_id, one.resident_id))
        scans = seen[one.resident_id]
        if problem := _problem(one, scans, now):
            cannot[problem] += 1
        elif reason := _to_look_at(aside, one, ground):
            unseen[reason] += 1
        else:
            taken[aside] = one
            scans.append(Seen(one.kind, one.at, one.how))
    _take(taken, ground, by, now)
    return Together(len(taken), cannot, unseen)


def _held(asides: Sequence[RefusedScan], whos: Sequence[Who]) -> tuple[list[Arrived], Ground]:
    """Hold everything these scans are about, and them; raises Refused where their event takes nothing."""
    arrived = [
        Arrived(
            event_id=aside.event_id,
            resident_id=resident_id,
            part=part,
            kind=aside.kind,
            how=aside.how,
            at=aside.at,
            nonce="",
            device_id=aside.device_id,
            sequence=aside.sequence,
        )
        for aside, (resident_id, part) in zip(asides, whos, strict=True)
    ]
    ground = lay(arrived, ())
    _hold(asides)
    problems = (
        state_problem(ground.events[event_id].state) for event_id in {one.event_id for one in arrived}
    )
    if problem := next(filter(None, problems), None):
        raise Refused(problem)
    return arrived, ground


def _problem(one: Arrived, scans: Sequence[Seen], now: datetime) -> AttendanceRefusal | None:
    """Why it cannot be taken by anybody now."""
    if one.at > now + CLOCK_SLACK:
        return AttendanceRefusal.CLOCK_AHEAD
    if taken_back(scans, Seen(one.kind, one.at, one.how)):
        return AttendanceRefusal.TAKEN_BACK
    return None


def _to_look_at(aside: RefusedScan, one: Arrived, ground: Ground) -> AttendanceRefusal | None:
    """Which fact about it a person should see before it is taken."""
    reason = AttendanceRefusal(aside.reason)
    if reason in TOGETHER and one.kind is Kind.IN:
        reason = role_problem(one, ground) or reason
    return None if reason in TOGETHER else reason


def _take(taken: dict[RefusedScan, Arrived], ground: Ground, by: int, now: datetime) -> None:
    store([Fact(one, aside.by, aside.arrived_at, aside.nonce_index) for aside, one in taken.items()], ground)
    for aside in taken:
        _decide(aside, Fate.TAKEN, "", "attendance.take_scan", by, now)


def drop(aside: RefusedScan, *, note: str, by: int, now: datetime) -> None:
    """Count it for nothing, and say why. Raises Refused(AttendanceRefusal)."""
    _hold([aside])
    _must_be(aside, Fate.WAITING)
    note = note.strip()[:LONGEST_NOTE]
    if not note:
        raise Refused(AttendanceRefusal.NOTE_MISSING)
    _decide(aside, Fate.DROPPED, note, "attendance.drop_scan", by, now)


def restore(aside: RefusedScan, *, by: int, now: datetime) -> None:
    """Let one that was not counted wait again. What was taken is taken back on the roster: a scan stays a scan."""
    _hold([aside])
    _must_be(aside, Fate.DROPPED)
    aside.fate, aside.note, aside.decided_at, aside.decided_by = Fate.WAITING, "", None, None
    db.session.flush()
    _record("attendance.restore_scan", aside, by, now)


def _hold(asides: Sequence[RefusedScan]) -> None:
    rows = (
        select(RefusedScan).where(RefusedScan.id.in_([aside.id for aside in asides])).order_by(RefusedScan.id)
    )
    db.session.scalars(rows.with_for_update().execution_options(populate_existing=True)).all()


def _must_be(aside: RefusedScan, fate: Fate) -> None:
    if aside.fate is not fate:
        raise Refused(AttendanceRefusal.ALREADY_DECIDED)


def _decide(aside: RefusedScan, fate: Fate, note: str, act: str, by: int, now: datetime) -> None:
    aside.fate, aside.note, aside.decided_at, aside.decided_by = fate, note, now, by
    db.session.flush()
    _record(act, aside, by, now)


def _record(act: str, aside: RefusedScan, by: int, now: datetime) -> None:
    record(act, f"refused scan {aside.id}", by=by, now=now, site_id=aside.site_id, reason=aside.note)


def find(aside_id: int) -> RefusedScan | None:
    """A scan put aside that a person decides about, or decided about."""
    return db.session.scalar(
        select(RefusedScan).where(RefusedScan.id == aside_id, RefusedScan.fate != Fate.REFUSED)
    )
