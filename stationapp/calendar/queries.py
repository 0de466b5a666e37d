"""Reads of the days that differ from their weekday."""

from datetime import date

from sqlalchemy import select

from stationapp.calendar.models import Holiday
from stationapp.db import db


def differs(first: date, last: date) -> dict[date, bool]:
    """Days of [first, last] that differ: False for a holiday, True for a day worked instead; for `rules`."""
    rows = db.session.execute(select(Holiday.day, Holiday.works).where(Holiday.day.between(first, last)))
    return {row.day: row.works for row in rows}
