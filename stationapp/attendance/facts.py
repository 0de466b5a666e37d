"""Writing down facts of presence, and the row they amount to. Who may, and when, is decided by the callers."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert, select, update

from stationapp.attendance.links import link
from stationapp.attendance.models import Attendance, Scan
from stationapp.attendance.queries import scans_of
from stationapp.attendance.rules import Kind, Seen, fold
from stationapp.db import db
from stationapp.residents.models import Resident
from stationapp.vault import vault


def hold_person(resident_id: int):
    """What is written down of the person; the lock puts two scans of one person in line."""
    return db.session.execute(
        select(Resident.lives, Resident.community_id, Resident.birth_month)
        .where(Resident.id == resident_id)
        .with_for_update(key_share=True)
    ).one()


def find_row(event_id: int, resident_id: int) -> Attendance | None:
    """Somebody's row at an event, taken back or not, as it stands in the database."""
    return db.session.scalar(
        select(Attendance)
        .where(Attendance.event_id == event_id, Attendance.resident_id == resident_id)
        .execution_options(populate_existing=True)
    )


def form_nonce(event_id: int, resident_id: int, kind: Kind, nonce: str) -> bytes:
    """The index under which a form, or a paper, is known to have been taken in for that person."""
    return vault().index("nonce", f"{event_id} {resident_id} {kind.value} {nonce}")


def write_scan(
    event_id: int,
    resident_id: int,
    seen: Seen,
    *,
    by: int | None,
    arrived_at: datetime,
    nonce_index: bytes | None = None,
    device_id: int | None = None,
    sequence: int | None = None,
    asker_index: bytes | None = None,
) -> None:
    """Append the fact and its link in the chain."""
    written = (
        insert(Scan)
        .values(
            event_id=event_id,
            resident_id=resident_id,
            kind=seen.kind,
            how=seen.how,
            at=seen.at,
            arrived_at=arrived_at,
            by=by,
            nonce_index=nonce_index,
            device_id=device_id,
            sequence=sequence,
            asker_index=asker_index,
        )
        .returning(*Scan.__table__.columns)
    )
    link(db.session.execute(written).one())


def insert_row(event_id: int, resident_id: int, seen: Seen, facts: dict) -> Attendance:
    """The row of a person's first scan at an event; `facts` are what is written down of them that day."""
    values = {"came_at": seen.at, "came_how": seen.how, "undone": False, **facts}
    return db.session.scalar(
        insert(Attendance).values(event_id=event_id, resident_id=resident_id, **values).returning(Attendance)
    )


def refold(row: Attendance, facts: dict | None = None) -> Attendance:
    """Bring the row to what its scans say; `facts` are written anew when somebody comes again."""
    there = fold(scans_of(row.event_id, row.resident_id))
    values = dict(facts) if facts and row.undone else {}
    values["undone"] = there is None
    if there:
        values |= asdict(there)
    return db.session.scalar(
        update(Attendance)
        .where(Attendance.id == row.id)
        .values(**values)
        .returning(Attendance)
        .execution_options(populate_existing=True)
    )


def fold_late(event_id: int, resident_id: int, seen: Seen, facts: dict) -> None:
    """The same for a scan that may have come before others that happened earlier.

    Where there are scans there is a row: who left, as far as we know without having come, has one that waits.
    """
    row = find_row(event_id, resident_id)
    if row:
        refold(row, facts if seen.kind is Kind.IN else None)
    else:
        there = fold([seen])
        insert_row(event_id, resident_id, seen, facts | {"undone": there is None})
