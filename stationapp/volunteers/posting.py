"""Writing to the ledger: lines are only ever added (domain.md §7)."""

from datetime import date, datetime

from sqlalchemy import func, select

from stationapp.audit.operations import append
from stationapp.db import db
from stationapp.volunteers import ledger
from stationapp.volunteers.models import HoursEntry, Volunteer


def bring_up(volunteer: Volunteer, day: date, *, by: int | None, now: datetime) -> list[HoursEntry]:
    """Write the differences between what the ledger says of a day and what it should say; the new lines of events."""
    hold(volunteer.id)
    due = ledger.due(volunteer.id, day)
    for line in ledger.live_lines(volunteer.id, day):
        if line.attendance_id is None:
            continue
        if due.get(line.attendance_id) == (line.minutes, line.site_id):
            del due[line.attendance_id]
        else:
            undo_line(line, by, now)
    return [
        post(volunteer.id, site_id, day, minutes, by, now, attendance_id=attendance_id)
        for attendance_id, (minutes, site_id) in sorted(due.items())
    ]


def hold(volunteer_id: int) -> Volunteer:
    """The volunteer, with the own ledger to ourselves until the transaction ends."""
    return db.session.get_one(Volunteer, volunteer_id, with_for_update=True, populate_existing=True)


def undo_line(line: HoursEntry, by: int | None, now: datetime) -> HoursEntry:
    """A line that takes another back."""
    return post(line.volunteer_id, line.site_id, line.served_on, -line.minutes, by, now, corrects_id=line.id)


def post(
    volunteer_id: int,
    site_id: int,
    served_on: date,
    minutes: int,
    by: int | None,
    now: datetime,
    *,
    attendance_id: int | None = None,
    manual_id: int | None = None,
    corrects_id: int | None = None,
) -> HoursEntry:
    """Add a line at the end of the chain, with exactly one of the three sources."""
    turn = None
    if attendance_id is not None:
        last = select(func.coalesce(func.max(HoursEntry.turn), 0))
        turn = 1 + db.session.scalar(last.where(HoursEntry.attendance_id == attendance_id))
    line = HoursEntry(
        volunteer_id=volunteer_id,
        site_id=site_id,
        served_on=served_on,
        minutes=minutes,
        attendance_id=attendance_id,
        turn=turn,
        manual_id=manual_id,
        corrects_id=corrects_id,
        posted_at=now,
        posted_by=by,
    )
    line.id, line.previous_hash, line.hash = append("hours", ledger.content(line))
    db.session.add(line)
    db.session.flush()
    return line
