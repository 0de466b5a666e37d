"""Sign-in sheets on paper: print one, find it again (domain.md §7.4). Never commits.

A row's number means one person for good: those named when it was printed, and in the empty rows whoever is first
said to have signed there. `sheet_entry.py` takes in who signed.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select

from stationapp.attendance.models import Attendance, SheetRow, SignSheet
from stationapp.attendance.rules import state_problem
from stationapp.attendance.sheet_rules import (
    MOST_ROWS,
    SERIAL_LENGTH,
    SheetRefusal,
    read_serial,
    serial_of,
)
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused

# --- reading ----------------------------------------------------------------------------------------------------


def find_sheet(typed: str) -> SignSheet:
    """The sheet whose serial somebody typed or scanned. Raises Refused(SheetRefusal)."""
    serial = read_serial(typed)
    if serial is None:
        raise Refused(SheetRefusal.MISTYPED)
    sheet = db.session.scalar(select(SignSheet).where(SignSheet.serial == serial))
    if sheet is None:
        raise Refused(SheetRefusal.UNKNOWN)
    return sheet


def get_sheet(event_id: int, serial: str) -> SignSheet:
    """The sheet of that event with that serial; raises NotFound."""
    its = (SignSheet.serial == serial, SignSheet.event_id == event_id)
    sheet = db.session.scalar(select(SignSheet).where(*its))
    if sheet is None:
        raise NotFound
    return sheet


@dataclass(frozen=True)
class Printed:
    """A sheet in the list of an event's; `came` people of it are there, by whichever way."""

    sheet: SignSheet
    came: int

    @property
    def rows(self) -> int:
        """How many rows it has, empty ones included."""
        return last_row(self.sheet)


def list_sheets(event_id: int) -> list[Printed]:
    """An event's sheets, the newest first."""
    there = (Attendance.event_id == SignSheet.event_id) & (Attendance.resident_id == SheetRow.resident_id)
    rows = db.session.execute(
        select(SignSheet, func.count(Attendance.id))
        .outerjoin(SheetRow, SheetRow.sheet_id == SignSheet.id)
        .outerjoin(Attendance, there & ~Attendance.undone)
        .where(SignSheet.event_id == event_id)
        .group_by(SignSheet.id)
        .order_by(SignSheet.id.desc())
    )
    return [Printed(*row) for row in rows]


def people_of(sheet: SignSheet) -> dict[int, int]:
    """Who stands in which row: the resident's id by the row's number, in order."""
    rows = select(SheetRow.row, SheetRow.resident_id).where(SheetRow.sheet_id == sheet.id)
    return dict(db.session.execute(rows.order_by(SheetRow.row)).all())


def last_row(sheet: SignSheet) -> int:
    """The number of its last row."""
    return sheet.named_rows + sheet.empty_rows


# --- printing ---------------------------------------------------------------------------------------------------


def print_sheet(
    event: Event, people: Sequence[int], *, empty: int, by: int | None, now: datetime
) -> SignSheet:
    """Write down a sheet with these residents (ids) in its first rows, in this order, and `empty` rows after them.

    Raises Refused(AttendanceRefusal) for an event that does not take place, Refused(SheetRefusal.TOO_LONG).
    """
    problem = state_problem(event.state)
    if problem:
        raise Refused(problem)
    if not 0 < len(people) + empty <= MOST_ROWS:
        raise Refused(SheetRefusal.TOO_LONG, most=MOST_ROWS)
    sheet = SignSheet(
        serial=fresh_serial(SignSheet), event_id=event.id, named_rows=len(people), empty_rows=empty,
        printed_at=now, printed_by=by,
    )  # fmt: skip
    db.session.add(sheet)
    db.session.flush()
    if people:
        rows = [{"sheet_id": sheet.id, "row": n, "resident_id": one} for n, one in enumerate(people, 1)]
        db.session.execute(insert(SheetRow), rows)
    subject = f"event {event.code} sheet {sheet.serial}"
    record("attendance.print_sheet", subject, by=by, now=now, site_id=event.site_id)
    return sheet


def fresh_serial(sheets: type) -> str:
    """A serial that no row of that table (`id`, `serial`) has."""
    while True:
        serial = serial_of(f"{secrets.randbelow(10 ** (SERIAL_LENGTH - 1)):0{SERIAL_LENGTH - 1}}")
        if db.session.scalar(select(sheets.id).where(sheets.serial == serial)) is None:
            return serial
