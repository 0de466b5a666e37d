"""Days, months and times of day as they come in from an address or a form; what makes no sense is never guessed."""

import re
from datetime import date, time

from flask import request

from stationapp.calendar.rules import Month

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(:[0-9]{2})?")


def read_day(text: str) -> date | None:
    """From "2026-12-07", 2000 to 2999; None when it is no day."""
    text = text.strip()
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None
    return day if day and 2000 <= day.year <= 2999 else None


def read_time(text: str) -> time | None:
    """From "09:30" or "9:30", seconds left out; None when it is no time of day."""
    found = _TIME.fullmatch(text.strip())
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))


def asked_day(name: str, otherwise: date | None = None) -> date | None:
    """`?name=2026-12-07`; `otherwise` when absent or senseless."""
    return read_day(request.values.get(name, "")) or otherwise


def asked_month(otherwise: Month | None = None) -> Month | None:
    """`?month=2026-12`; `otherwise` when absent or senseless."""
    try:
        return Month.parse(request.values.get("month", ""))
    except ValueError:
        return otherwise
