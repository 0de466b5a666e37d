"""Hours computed once more from scans, written from domain.md §7 alone; it shares no code with the ledger's rule.

Rows are read plainly. What the rule says is done with whole seconds in sets, the slowest and plainest way there is.
"""

from collections import defaultdict
from datetime import date, timedelta

from sqlalchemy import select

from stationapp.attendance.models import Attendance, Scan
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer

BY_STAFF = {"roster", "staff_scan", "walk_in", "paper"}

Hours = dict[tuple[int, date, str], int]
"""Minutes by volunteer, day and source ("event 7", "manual 3"); zeros are left out."""


def by_hand() -> tuple[Hours, set[tuple[int, int]]]:
    """Approved entries nobody took back; and the (volunteer, event) they stand for."""
    taken_back = {
        corrected
        for (corrected,) in db.session.execute(select(HoursEntry.corrects_id))
        if corrected is not None
    }
    lines = db.session.execute(select(HoursEntry.id, HoursEntry.manual_id)).all()
    gone = {manual_id for line_id, manual_id in lines if line_id in taken_back}
    hours, instead = {}, set()
    for one in db.session.scalars(select(ManualHours)):
        if one.state.value == "approved" and one.id not in gone:
            hours[one.volunteer_id, one.served_on, f"manual {one.id}"] = one.minutes
            instead.add((one.volunteer_id, one.event_id))
    return hours, instead


def there(scans: list) -> tuple | None:
    """(came, left, a member of staff was behind one end) after the last taking back; None without both ends."""
    undone = max((at for kind, at, _how in scans if kind == "undo"), default=None)
    since = [scan for scan in scans if undone is None or scan[1] > undone]
    ins = sorted((at, how) for kind, at, how in since if kind == "in")
    outs = sorted((at, how) for kind, at, how in since if kind == "out" and ins and at > ins[0][0])
    if not ins or not outs:
        return None
    return ins[0][0], outs[-1][0], bool({ins[0][1], outs[-1][1]} & BY_STAFF)


def recomputed() -> Hours:
    """Everybody's hours, by every rule of §7."""
    hours, instead = by_hand()
    helpers = {one.resident_id: one.id for one in db.session.scalars(select(Volunteer))}
    roles = {
        (event_id, resident_id)
        for event_id, resident_id, part in db.session.execute(
            select(Attendance.event_id, Attendance.resident_id, Attendance.part)
        )
        if part.value == "volunteer"
    }
    closed = {one.id: one for one in db.session.scalars(select(Event)) if one.state.value == "closed_out"}
    seen = defaultdict(list)
    for event_id, resident_id, kind, how, at in db.session.execute(
        select(Scan.event_id, Scan.resident_id, Scan.kind, Scan.how, Scan.at)
    ):
        if event_id in closed and resident_id in helpers and (event_id, resident_id) in roles:
            seen[event_id, resident_id].append((kind.value, at, how.value))
    days = defaultdict(list)
    for (event_id, resident_id), scans in seen.items():
        event, who = closed[event_id], helpers[resident_id]
        if (who, event_id) not in instead:
            day = (event.starts_at + timedelta(hours=8)).date()
            days[who, day].append((event.starts_at, event_id, event, there(scans)))
    for (who, day), its in days.items():
        hours |= _day(who, day, its, sum(m for (w, d, _), m in hours.items() if (w, d) == (who, day)))
    return {key: minutes for key, minutes in hours.items() if minutes}


def _day(who: int, day: date, its: list, entered: int) -> Hours:
    """One person's day: each second counts once, for the event that began first; half hours; eight hours."""
    found, counted, total = {}, set(), entered
    for starts_at, event_id, event, presence in sorted(its, key=lambda one: one[:2]):
        if presence is None or not presence[2]:
            continue
        begin = max(presence[0], starts_at).timestamp()
        seconds = set(range(int(begin), int(min(presence[1], event.ends_at).timestamp()))) - counted
        counted |= seconds
        minutes = max(len(seconds) // 60 - event.break_minutes, 0) // 30 * 30
        while minutes and total + minutes > 480:
            minutes -= 30
        total += minutes
        found[who, day, f"event {event_id}"] = minutes
    return found


def written() -> Hours:
    """What the ledger says: every line summed up under what it comes from, corrections with their line."""
    lines = {one.id: one for one in db.session.scalars(select(HoursEntry))}
    events = dict(db.session.execute(select(Attendance.id, Attendance.event_id)).all())
    sums: Hours = defaultdict(int)
    for one in lines.values():
        source = lines[one.corrects_id] if one.corrects_id else one
        name = f"manual {source.manual_id}" if source.manual_id else f"event {events[source.attendance_id]}"
        sums[one.volunteer_id, one.served_on, name] += one.minutes
    return {key: minutes for key, minutes in sums.items() if minutes}
