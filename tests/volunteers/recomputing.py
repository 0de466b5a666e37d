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


def by_hand() -> tuple[Hours, dict[tuple[int, int], int]]:
    """Approved entries nobody took back; and the (volunteer, event) they stand for, with their minutes."""
    taken_back = {
        corrected
        for (corrected,) in db.session.execute(select(HoursEntry.corrects_id))
        if corrected is not None
    }
    lines = db.session.execute(select(HoursEntry.id, HoursEntry.manual_id)).all()
    gone = {manual_id for line_id, manual_id in lines if line_id in taken_back}
    hours, instead = {}, {}
    for one in db.session.scalars(select(ManualHours)):
        if one.state.value == "approved" and one.id not in gone:
            hours[one.volunteer_id, one.served_on, f"manual {one.id}"] = one.minutes
            if one.event_id is not None:
                instead[one.volunteer_id, one.event_id] = one.minutes
    return hours, instead


def there(scans: list) -> tuple | None:
    """(came, left, a member of staff was behind one end) after the last taking back; None without both ends."""
    placed = sorted((said or at, kind, how, at, said is not None) for kind, at, how, said in scans)
    undone = max((place for place, kind, *_ in placed if kind == "undo"), default=None)
    since = [scan for scan in placed if undone is None or scan[0] > undone]
    ins = [(at, how) for _place, kind, how, at, _said in since if kind == "in"]
    outs = [scan for scan in since if scan[1] == "out" and ins and scan[3] > ins[0][0]]
    outs = [scan for scan in outs if scan[2] != "paper" or scan[4]] or outs
    if not ins or not outs:
        return None
    return ins[0][0], outs[-1][3], bool({ins[0][1], outs[-1][2]} & BY_STAFF)


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
    for event_id, resident_id, kind, how, at, said in db.session.execute(
        select(Scan.event_id, Scan.resident_id, Scan.kind, Scan.how, Scan.at, Scan.said_at)
    ):
        if event_id in closed and resident_id in helpers and (event_id, resident_id) in roles:
            seen[event_id, resident_id].append((kind.value, at, how.value, said))
    days, entered = defaultdict(list), defaultdict(list)
    events = {one.id: one for one in db.session.scalars(select(Event))}
    for (who, event_id), minutes in instead.items():
        entered[who, _day_of(events[event_id])].append((events[event_id], minutes))
    for (event_id, resident_id), scans in seen.items():
        event, who = closed[event_id], helpers[resident_id]
        if (who, event_id) not in instead:
            days[who, _day_of(event)].append((event.starts_at, event_id, event, there(scans)))
    counted: dict[int, set[int]] = defaultdict(set)
    for who, day in sorted(days.keys() | entered.keys()):
        its, by_day = days[who, day], sum(m for (w, d, _), m in hours.items() if (w, d) == (who, day))
        elsewhere = set().union(*(_seconds(event, presence) for _, _, event, presence in its))
        for event, minutes in entered[who, day]:
            counted[who] |= _spent(event, minutes, elsewhere)
        hours |= _day(who, day, its, by_day, counted[who])
    return {key: minutes for key, minutes in hours.items() if minutes}


def _day_of(event: Event) -> date:
    return (event.starts_at + timedelta(hours=8)).date()


def _seconds(event: Event, presence: tuple | None) -> set[int]:
    """The seconds of an event in which somebody was there; none where no member of staff stood behind an end."""
    if presence is None or not presence[2]:
        return set()
    begin, end = max(presence[0], event.starts_at), min(presence[1], event.ends_at)
    return set(range(int(begin.timestamp()), int(end.timestamp())))


def _spent(event: Event, minutes: int, elsewhere: set[int]) -> set[int]:
    """The seconds entered by hand: the event's first ones without those that scans saw elsewhere, then among those."""
    lasted = range(int(event.starts_at.timestamp()), int(event.ends_at.timestamp()))
    return set(sorted(lasted, key=lambda second: (second in elsewhere, second))[: minutes * 60])


def _day(who: int, day: date, its: list, entered: int, counted: set[int]) -> Hours:
    """One person's day: each second counts once, for the event that began first; half hours; eight hours."""
    found, total = {}, entered
    for _starts_at, event_id, event, presence in sorted(its, key=lambda one: one[:2]):
        seconds = _seconds(event, presence)
        if not seconds:
            continue
        seconds = seconds - counted
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
