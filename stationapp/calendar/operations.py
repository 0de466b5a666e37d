"""The verbs of the calendar: write the days of a year's notice."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from stationapp.audit.operations import record
from stationapp.calendar.models import Holiday
from stationapp.db import db


@dataclass(frozen=True)
class Day:
    """A holiday (`works` False) or a weekend day worked instead (True)."""

    day: date
    name: str
    works: bool


def set_holidays(days: Iterable[Day], *, by: int | None, now: datetime) -> int:
    """Add or overwrite these days; how many were new or differed. The same again changes nothing."""
    wanted = {day.day: day for day in days}
    known = {h.day: h for h in db.session.scalars(select(Holiday).where(Holiday.day.in_(wanted)))}
    changed = 0
    for day, one in sorted(wanted.items()):
        kept = known.get(day)
        if kept is None:
            db.session.add(Holiday(day=day, name=one.name, works=one.works))
        elif (kept.name, kept.works) != (one.name, one.works):
            kept.name, kept.works = one.name, one.works
        else:
            continue
        changed += 1
    if changed:
        db.session.flush()
        record("calendar.set", f"{changed} days", by=by, now=now)
    return changed
