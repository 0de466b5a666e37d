"""What a person decides about scans that could not be applied: taken as it happened, or not counted, with a note.

Locks: the event, the person, the scan put aside, the chains.
"""

from datetime import datetime

from sqlalchemy import select

from stationapp.attendance.facts import Fact, store
from stationapp.attendance.ground import lay
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.queries import scans_of
from stationapp.attendance.rules import (
    CLOCK_SLACK,
    Arrived,
    AttendanceRefusal,
    Fate,
    Part,
    Seen,
    state_problem,
    taken_back,
)
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused

LONGEST_NOTE = 200


def take(aside: RefusedScan, *, resident_id: int, part: Part, by: int, now: datetime) -> None:
    """Make a scan of it, with the time it happened and arrived; who is there in another role stays in that.

    `resident_id` and `part` are what `volunteers.doors.roles_at` says of the person. Raises
    Refused(AttendanceRefusal): a closed-out event must be reopened first, a time to come cannot have been, and what
    an undoing on the roster wipes out would be said to count and not count.
    """
    arrived = Arrived(
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
    ground = lay([arrived], ())
    _hold(aside, Fate.WAITING)
    problem = state_problem(ground.events[aside.event_id].state)
    if problem:
        raise Refused(problem)
    if aside.at > now + CLOCK_SLACK:
        raise Refused(AttendanceRefusal.CLOCK_AHEAD)
    if taken_back(scans_of(aside.event_id, resident_id), Seen(aside.kind, aside.at, aside.how)):
        raise Refused(AttendanceRefusal.TAKEN_BACK)
    store([Fact(arrived, aside.by, aside.arrived_at, aside.nonce_index)], ground)
    _decide(aside, Fate.TAKEN, "", "attendance.take_scan", by, now)


def drop(aside: RefusedScan, *, note: str, by: int, now: datetime) -> None:
    """Count it for nothing, and say why. Raises Refused(AttendanceRefusal)."""
    _hold(aside, Fate.WAITING)
    note = note.strip()[:LONGEST_NOTE]
    if not note:
        raise Refused(AttendanceRefusal.NOTE_MISSING)
    _decide(aside, Fate.DROPPED, note, "attendance.drop_scan", by, now)


def restore(aside: RefusedScan, *, by: int, now: datetime) -> None:
    """Let one that was not counted wait again. What was taken is taken back on the roster: a scan stays a scan."""
    _hold(aside, Fate.DROPPED)
    aside.fate, aside.note, aside.decided_at, aside.decided_by = Fate.WAITING, "", None, None
    db.session.flush()
    _record("attendance.restore_scan", aside, by, now)


def _hold(aside: RefusedScan, fate: Fate) -> None:
    db.session.refresh(aside, with_for_update=True)
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
