"""The one place where the time of day is read. Edges call `now()`; everything below takes `now` as a value."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """The present instant, aware, in UTC."""
    return datetime.now(UTC)


def local(at: datetime) -> datetime:
    """The same instant as a wall clock in Asia/Shanghai shows it."""
    return at.astimezone(SHANGHAI)


def day_of(at: datetime) -> date:
    """The local date on which the instant falls."""
    return local(at).date()


def instant(on: date, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    """The UTC instant of a local date and wall-clock time."""
    return datetime(on.year, on.month, on.day, hour, minute, second, tzinfo=SHANGHAI).astimezone(UTC)
