"""What is kept of people besides who they are: counted over all their records, for their own eyes (domain.md §11)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from stationapp.attendance.models import Attendance
from stationapp.db import db
from stationapp.residents.models import Resident
from stationapp.signups.models import Signup
from stationapp.volunteers.models import HoursEntry, Volunteer

_person = func.coalesce(Resident.merged_into, Resident.id)


@dataclass(frozen=True)
class OnRecord:
    """How often somebody signed up (what was given back included) and came; since when a volunteer, with minutes."""

    signups: int = 0
    came: int = 0
    volunteer_since: datetime | None = None
    minutes: int = 0


def on_record(resident_ids: Collection[int]) -> dict[int, OnRecord]:
    """By person; four questions however many they are."""
    signups = _counted(resident_ids, Signup, func.count())
    came = _counted(resident_ids, Attendance, func.count(), ~Attendance.undone)
    since = _counted(resident_ids, Volunteer, func.min(Volunteer.registered_at), Volunteer.ended_at.is_(None))
    minutes = dict(
        db.session.execute(
            select(_person, func.sum(HoursEntry.minutes))
            .select_from(HoursEntry)
            .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
            .join(Resident, Resident.id == Volunteer.resident_id)
            .where(_person.in_(resident_ids))
            .group_by(_person)
        ).all()
    )
    return {
        one: OnRecord(signups.get(one, 0), came.get(one, 0), since.get(one), int(minutes.get(one, 0)))
        for one in resident_ids
    }


def _counted(resident_ids: Collection[int], table, what, *conditions) -> dict[int, object]:
    rows = db.session.execute(
        select(_person, what)
        .select_from(table)
        .join(Resident, Resident.id == table.resident_id)
        .where(_person.in_(resident_ids), *conditions)
        .group_by(_person)
    )
    return dict(rows.all())
