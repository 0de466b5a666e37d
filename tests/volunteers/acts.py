"""What the tests of volunteers do again and again: somebody helps, an event is closed out or reopened."""

from datetime import date, datetime, timedelta

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import transaction
from stationapp.events import operations as events
from stationapp.volunteers import ledger, operations
from tests import cast

DAY = date(2026, 11, 4)


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    """An instant of the day."""
    return clock.instant(day, hour, minute)


def volunteer(home, name="王建国", phone="19900003333", birth_month="1970-05"):
    """A registered volunteer."""
    resident = cast.resident(cast.person(name, phone, birth_month=birth_month, home=home))
    with transaction():
        return operations.register(resident, site=home, by=None, now=at(7))


def event(where, starts, ends, **changes):
    """An event of the day."""
    return cast.event(where, starts_at=starts, ends_at=ends, **changes)


def serve(made, who, came, left=None, *, how=How.ROSTER, out=How.ROSTER, by=None, now=None):
    """Sign a volunteer in, and out when `left` is given."""
    from stationapp.residents.queries import get_resident

    resident = get_resident(who.resident_id)
    now = now or max(made.ends_at, left or came) + timedelta(minutes=1)
    with transaction():
        attendance.check_in(made, resident, how=how, part=Part.VOLUNTEER, by=by, now=now, at=came)
        if left:
            attendance.check_out(made, resident, how=out, by=by, now=now, at=left)


def close(made, now=None, by=None):
    """Close out and post the hours, as the desk does."""
    now = now or made.ends_at + timedelta(minutes=30)
    with transaction():
        attendance.close_out(made, note="", by=by, now=now)
        operations.post_hours(made, by=by, now=now)


def reopen(made, now=None, by=None):
    """Reopen and take the hours back, as the desk does."""
    now = now or made.ends_at + timedelta(minutes=40)
    with transaction():
        events.reopen(made, by=by, now=now, reason="改一改")
        operations.post_hours(made, by=by, now=now)


def lines(who) -> list[tuple[int, int | None, int | None]]:
    """The ledger, oldest first: (minutes, turn, corrects)."""
    found = [row.HoursEntry for row in ledger.list_lines(who.id)]
    return [(line.minutes, line.turn, line.corrects_id) for line in reversed(found)]


def total(who) -> int:
    """The displayed total."""
    return ledger.total_minutes(who.id)
