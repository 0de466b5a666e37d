"""What stands against making two records one person where volunteers' hours are concerned (domain.md §7).

A ledger belongs to one profile and is never rewritten: two of them cannot become one.
"""

from sqlalchemy import select

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.residents.rules import MergeRefusal
from stationapp.volunteers.ledger import totals
from stationapp.volunteers.models import Assignment, HoursEntry, ManualHours, Volunteer


def refuse_two_ledgers(kept_id: int, gone_id: int) -> None:
    """The record that stays must be the volunteer, if either is. Raises Refused(MergeRefusal)."""
    both = select(Volunteer).where(Volunteer.resident_id.in_((kept_id, gone_id)))
    found = {one.resident_id: one for one in db.session.scalars(both)}
    gone, kept = found.get(gone_id), found.get(kept_id)
    if gone is None:
        return
    if _has_hours(gone) and kept is not None and _has_hours(kept):
        raise Refused(MergeRefusal.TWO_LEDGERS)
    if kept is None or _has_hours(gone):
        raise Refused(MergeRefusal.KEEP_VOLUNTEER)


def _has_hours(volunteer: Volunteer) -> bool:
    """Whether the ledger has a line, or may come to have one: a shift taken, an entry by hand, having been there."""
    shift = select(Assignment.id).where(
        Assignment.volunteer_id == volunteer.id, Assignment.ended_at.is_(None)
    )
    entry = select(ManualHours.id).where(ManualHours.volunteer_id == volunteer.id)
    there = select(Attendance.id).where(  # at an event not closed out yet, or one that may be opened again
        Attendance.resident_id == volunteer.resident_id,
        Attendance.part == Part.VOLUNTEER,
        ~Attendance.undone,
    )
    open_ones = any(db.session.scalar(one.limit(1)) is not None for one in (shift, entry, there))
    return open_ones or bool(totals(HoursEntry.volunteer_id == volunteer.id))
