"""H8–H10 of scans: presence is what they say and stays so, each came once, and their chain is unbroken."""

from collections.abc import Iterator
from itertools import groupby

from sqlalchemy import Row, func, or_, select

from stationapp.attendance.links import content
from stationapp.attendance.models import Attendance, RefusedScan, Scan, ScanLink
from stationapp.attendance.rules import Fate, Presence, Seen, fold
from stationapp.audit.models import GENESIS, Chain
from stationapp.audit.operations import digest
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.events.models import Event
from stationapp.events.rules import State

AT_A_TIME = 5000


def _not_the_fold() -> list[str]:
    """Every row must say what its scans say; scans without a row must come to nothing."""
    stored = {
        (row.event_id, row.resident_id): row
        for row in db.session.execute(
            select(
                Attendance.id,
                Attendance.event_id,
                Attendance.resident_id,
                Attendance.undone,
                Attendance.came_at,
                Attendance.came_how,
                Attendance.left_at,
                Attendance.left_how,
            )
        )
    }
    wrong = []
    for (event_id, resident_id), there in _folds():
        row = stored.pop((event_id, resident_id), None)
        says = None if row is None or row.undone else Presence(*row[4:])
        if says != there:
            wrong.append(f"attendance {row.id}" if row else f"event {event_id} resident {resident_id}")
    return wrong + [f"attendance {row.id}" for row in stored.values()]


def _folds():
    rows = db.session.execute(
        select(Scan.event_id, Scan.resident_id, Scan.kind, Scan.at, Scan.how, Scan.said_at).order_by(
            Scan.event_id, Scan.resident_id
        )
    )
    for key, scans in groupby(rows, key=lambda row: (row.event_id, row.resident_id)):
        yield key, fold(Seen(*scan[2:]) for scan in scans)


def _broken_chain() -> list[str]:
    """Each scan has its link, whose hash covers it and the link before; no number is missing; the head is the last."""
    wrong, previous, number = [], GENESIS, 0
    for row in _all_links():
        number += 1
        covered = {"number": row.number, **content(row)} if row.id else None
        right = covered and digest(row.previous_hash, covered)
        if (row.number, row.previous_hash, row.hash) != (number, previous, right):
            wrong.append(f"scan {row.scan_id}")
        previous, number = row.hash, row.number
    head = db.session.get(Chain, "scans", populate_existing=True)
    if (head.length, head.hash) != (number, previous) if head else number:
        wrong.append("chain scans")
    alone = select(Scan.id).where(Scan.id.not_in(select(ScanLink.scan_id))).order_by(Scan.id)
    return wrong + [f"scan {scan_id}" for scan_id in db.session.scalars(alone)]


def _all_links() -> Iterator[Row]:
    """The whole chain in order, each link with its scan, a few thousand in memory at a time."""
    links, scans = ScanLink.__table__, Scan.__table__
    query = select(*links.c, *scans.c).outerjoin_from(links, scans, scans.c.id == links.c.scan_id)
    query = further = query.order_by(links.c.number).limit(AT_A_TIME)
    while rows := db.session.execute(further).all():
        yield from rows
        further = query.where(links.c.number > rows[-1].number)


def _after_closing() -> list[str]:
    """No scan reaches an event after its close-out."""
    late = (
        select(Scan.id)
        .join(Event, Event.id == Scan.event_id)
        .where(Event.state == State.CLOSED_OUT, Scan.arrived_at > Event.closed_out_at)
        .order_by(Scan.id)
    )
    return [f"scan {number}" for number in db.session.scalars(late)]


def _twice() -> list[str]:
    """One scan a device's number and one a nonce, among those taken in and those put aside; taken ones are in both."""
    aside = RefusedScan
    same = or_(
        Scan.nonce_index == aside.nonce_index,
        (Scan.device_id == aside.device_id) & (Scan.sequence == aside.sequence),
    )
    both = select(Scan.id).join(aside, same).where(aside.fate != Fate.TAKEN).distinct().order_by(Scan.id)
    wrong = [f"scan {number}" for number in db.session.scalars(both)]
    for table, name in ((Scan, "scan"), (aside, "refused scan")):
        for key in ((table.nonce_index,), (table.device_id, table.sequence)):
            again = select(func.max(table.id)).where(key[0].is_not(None)).group_by(*key)
            again = again.having(func.count() > 1).order_by(func.max(table.id))
            wrong += [f"{name} {number}" for number in db.session.scalars(again)]
    return wrong


def _of_another_site() -> list[str]:
    """A device speaks of its own site's events alone, whoever holds it (trust.md §4.25)."""
    strange = (
        select(Scan.id)
        .join(Device, Device.id == Scan.device_id)
        .join(Event, Event.id == Scan.event_id)
        .where(Event.site_id != Device.site_id)
        .order_by(Scan.id)
    )
    return [f"scan {number}" for number in db.session.scalars(strange)]


def _after_revoking() -> list[str]:
    """Nothing a device sent arrived after it was revoked (trust.md §4.25)."""
    wrong = []
    for table, name in ((Scan, "scan"), (RefusedScan, "refused scan")):
        late = select(table.id).join(Device, Device.id == table.device_id)
        late = late.where(table.arrived_at > Device.revoked_at).order_by(table.id)
        wrong += [f"{name} {number}" for number in db.session.scalars(late)]
    return wrong


def _decided_badly() -> list[str]:
    """What was taken is a scan as it was said; what was dropped says why; of what waits it is known whose it is."""
    taken = (
        select(Scan.id)
        .where(
            Scan.nonce_index == RefusedScan.nonce_index,
            Scan.event_id == RefusedScan.event_id,
            Scan.kind == RefusedScan.kind,
            Scan.how == RefusedScan.how,
            Scan.at == RefusedScan.at,
            Scan.arrived_at == RefusedScan.arrived_at,
        )
        .exists()
    )
    nobody = RefusedScan.decided_by.is_(None) | RefusedScan.decided_at.is_(None)
    unknown = RefusedScan.event_id.is_(None) | RefusedScan.resident_id.is_(None)
    wrong = select(RefusedScan.id).where(
        or_(
            (RefusedScan.fate == Fate.TAKEN) & (~taken | nobody),
            (RefusedScan.fate == Fate.DROPPED) & ((RefusedScan.note == "") | nobody),
            (RefusedScan.fate == Fate.WAITING) & (unknown | RefusedScan.nonce_index.is_(None)),
            RefusedScan.fate.in_((Fate.WAITING, Fate.REFUSED)) & RefusedScan.decided_by.is_not(None),
            RefusedScan.reason == "",
        )
    )
    return [f"refused scan {number}" for number in db.session.scalars(wrong.order_by(RefusedScan.id))]


CHECKS = (
    Check("H8", "出席记录等于签到签退的合并结果", _not_the_fold),
    Check("H8 frozen", "归档以后没有再记签到签退", _after_closing),
    Check("H9", "设备的序号和一次性编号不重复", _twice),
    Check("H9 device", "设备只记本阵地的活动", _of_another_site),
    Check("H9 revoked", "设备停用以后没有再交过签到", _after_revoking),
    Check("H9 decided", "没记上的签到，处理得有据可查", _decided_badly),
    Check("H10 scans", "签到签退的校验链没有断", _broken_chain),
)
