"""Reads of the days that differ from their weekday."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import select

from stationapp.calendar.models import Holiday
from stationapp.db import db


class Named(NamedTuple):
    """A day that differs, as the table names it."""

    name: str
    works: bool


def named(first: date, last: date) -> dict[date, Named]:
    """Days of [first, last] that differ from their weekday, with their names."""
    rows = db.session.execute(
        select(Holiday.day, Holiday.name, Holiday.works).where(Holiday.day.between(first, last))
    )
    return {row.day: Named(row.name, row.works) for row in rows}


def differs(first: date, last: date) -> dict[date, bool]:
    """Days of [first, last] that differ: False for a holiday, True for a day worked instead; for `rules`."""
    rows = db.session.execute(select(Holiday.day, Holiday.works).where(Holiday.day.between(first, last)))
    return {row.day: row.works for row in rows}
