"""Reads of presence."""

from sqlalchemy import select

from stationapp.attendance.models import Scan
from stationapp.attendance.rules import Seen
from stationapp.db import db


def scans_of(event_id: int, resident_id: int) -> list[Seen]:
    """One person's scans at an event."""
    rows = db.session.execute(
        select(Scan.kind, Scan.at, Scan.how).where(Scan.event_id == event_id, Scan.resident_id == resident_id)
    )
    return [Seen(*row) for row in rows]
