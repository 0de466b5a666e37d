"""Which members of staff have a part in something: who proposed, approved or took it down, or enrolled the device.

Behind a device's scan stands nobody of staff; but whoever enrolled it does not judge what it sent.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import Subquery, func, select, union_all

from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.volunteers.models import HoursEntry, ManualHours

HAND = func.coalesce(Scan.by, Device.made_by)
"""The member of staff behind a Scan, its Device joined; None: somebody's own phone."""

_taken_since = (
    select(RefusedScan.id)
    .where(RefusedScan.nonce_index == Scan.nonce_index, RefusedScan.decided_at > HoursEntry.posted_at)
    .correlate(Scan, HoursEntry)
    .exists()
)

_KNOWN_THEN = (Scan.arrived_at <= HoursEntry.posted_at) & ~_taken_since
"""A Scan counted when a HoursEntry was posted: a correction afterwards gives nobody a part in the old line."""


def parts() -> Subquery:
    """(entry_id, staff_id): who has a part in each line of the ledger; further scans never change it."""
    line = HoursEntry.id.label("entry_id")
    taken_down = (
        select(line, HAND.label("staff_id"))
        .join(Attendance, Attendance.id == HoursEntry.attendance_id)
        .join(Scan, (Scan.event_id == Attendance.event_id) & (Scan.resident_id == Attendance.resident_id))
        .outerjoin(Device, Device.id == Scan.device_id)
        .where(_KNOWN_THEN)
    )
    by_hand = [
        select(line, staff).join(ManualHours, ManualHours.id == HoursEntry.manual_id)
        for staff in (ManualHours.proposed_by, ManualHours.decided_by)
    ]
    return union_all(taken_down, *by_hand).subquery()


def of_lines(entry_ids: Collection[int]) -> dict[int, frozenset[int]]:
    """Who has a part in each of these lines of the ledger."""
    if not entry_ids:
        return defaultdict(frozenset)
    part = parts()
    rows = db.session.execute(select(part.c.entry_id, part.c.staff_id).where(part.c.entry_id.in_(entry_ids)))
    return defaultdict(frozenset, _gathered(rows))


def of_presences(presences: Collection[tuple[int, int]]) -> dict[tuple[int, int], frozenset[int]]:
    """Who took down anything about these people at these events, by (event, resident)."""
    if not presences:
        return defaultdict(frozenset)
    rows = db.session.execute(
        select(Scan.event_id, Scan.resident_id, HAND)
        .outerjoin(Device, Device.id == Scan.device_id)
        .where(
            Scan.event_id.in_({event for event, _who in presences}),
            Scan.resident_id.in_({who for _event, who in presences}),
        )
    )
    return defaultdict(frozenset, _gathered(((event, who), staff) for event, who, staff in rows))


def _gathered(rows: Iterable) -> dict:
    found = defaultdict(set)
    for key, staff in rows:
        if staff is not None:
            found[key].add(staff)
    return {key: frozenset(staff) for key, staff in found.items()}
