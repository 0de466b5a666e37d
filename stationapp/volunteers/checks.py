"""H1–H7 and H10: the ledger is complete, earned, counted once, and unbroken (trust.md §2)."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.audit.models import GENESIS, Chain
from stationapp.audit.rules import Check
from stationapp.calendar.queries import differs
from stationapp.calendar.rules import add_working_days
from stationapp.db import db
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.sites.rules import is_above
from stationapp.volunteers import ledger
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from stationapp.volunteers.rules import DAILY_CAP, MANUAL_WINDOW, UNIT, ManualState, span


def _lines(numbers: Iterable[int]) -> list[str]:
    return [f"hours {number}" for number in numbers]


def _sources() -> list[str]:
    """Exactly one of attendance, manual entry, corrected line; a correction undoes its line to the minute."""
    undone = aliased(HoursEntry)
    has = [
        case((column.is_(None), 0), else_=1)
        for column in (HoursEntry.attendance_id, HoursEntry.manual_id, HoursEntry.corrects_id)
    ]
    return _lines(
        db.session.scalars(
            select(HoursEntry.id)
            .outerjoin(undone, undone.id == HoursEntry.corrects_id)
            .where(
                or_(
                    has[0] + has[1] + has[2] != 1,
                    undone.minutes != -HoursEntry.minutes,
                    undone.volunteer_id != HoursEntry.volunteer_id,
                    undone.served_on != HoursEntry.served_on,
                    undone.corrects_id.is_not(None),
                )
            )
            .order_by(HoursEntry.id)
        )
    )


def _two_live() -> list[str]:
    """At most one line stands per attendance."""
    query = (
        select(HoursEntry.attendance_id)
        .where(LIVE, HoursEntry.attendance_id.is_not(None))
        .group_by(HoursEntry.attendance_id)
        .having(func.count() > 1)
        .order_by(HoursEntry.attendance_id)
    )
    return [f"attendance {number}" for number in db.session.scalars(query)]


def _standing() -> list[HoursEntry]:
    return list(db.session.scalars(select(HoursEntry).where(LIVE).order_by(HoursEntry.id)))


def _not_the_rule() -> list[str]:
    """The lines that stand are those of the rule, to the minute, for every day of everybody."""
    days = ledger.days(ledger.services(), ledger.manual_lines())
    lines: dict[tuple[int, date], list[HoursEntry]] = defaultdict(list)
    for line in _standing():
        if line.attendance_id is not None:
            lines[line.volunteer_id, line.served_on].append(line)
    wrong = []
    for key in sorted(days.keys() | lines.keys()):
        due = days[key].due if key in days else {}
        for line in lines.get(key, ()):
            if due.pop(line.attendance_id, None) != (line.minutes, line.site_id):
                wrong.append(f"hours {line.id}")
        wrong += [f"attendance {attendance_id}" for attendance_id in sorted(due)]
    return wrong


def _manual_by_the_book() -> list[str]:
    """Approved by another, from strictly above place and proposer, before posting; proposed within ten working days.

    What was above is told by the tier: a station may have moved to another office since.
    """
    place, origin, above = aliased(Site), aliased(Site), aliased(Site)
    rows = db.session.execute(
        select(
            HoursEntry,
            ManualHours,
            place.level.label("at"),
            origin.level.label("origin"),
            above.level.label("seen_from"),
        )
        .join(ManualHours, ManualHours.id == HoursEntry.manual_id)
        .join(place, place.id == ManualHours.site_id)
        .join(origin, origin.id == func.coalesce(ManualHours.proposed_from, place.id))
        .outerjoin(above, above.id == ManualHours.decided_from)
        .order_by(HoursEntry.id)
    ).all()
    if not rows:
        return []
    days = [row.ManualHours.served_on for row in rows]
    holidays = differs(min(days), max(days) + timedelta(days=60))
    return _lines(row.HoursEntry.id for row in rows if not _by_the_book(row, holidays))


def _by_the_book(row, holidays: dict[date, bool]) -> bool:
    line, manual = row.HoursEntry, row.ManualHours
    proposed_on = clock.day_of(manual.proposed_at)
    return (
        manual.state is ManualState.APPROVED
        and manual.decided_by not in (None, manual.proposed_by)
        and row.seen_from is not None
        and (manual.proposed_from in (None, manual.site_id) or is_above(row.origin, row.at))
        and is_above(row.seen_from, row.origin)
        and manual.proposed_at <= manual.decided_at <= line.posted_at
        and manual.served_on <= proposed_on <= add_working_days(manual.served_on, MANUAL_WINDOW, holidays)
        and (line.minutes, line.volunteer_id, line.served_on)
        == (manual.minutes, manual.volunteer_id, manual.served_on)
    )


@dataclass(frozen=True)
class _Counted:
    """Minutes that stand for one event of one person, by scans or by hand, and the time they can come from."""

    begin: datetime
    end: datetime
    minutes: int
    volunteer_id: int


def _counted_twice() -> list[str]:
    """What stands for events that overlap, by scans or by hand, of whichever of a person's records, does not exceed
    the time from the first of them to the last.
    """
    wrong = []
    for counted in _by_person().values():
        reached, minutes = None, 0
        for one in sorted(counted, key=lambda one: (one.begin, one.end)):
            if reached is None or one.begin >= reached:
                begun, reached, minutes = one.begin, one.end, 0
            reached, minutes = max(reached, one.end), minutes + one.minutes
            if timedelta(minutes=minutes) > reached - begun:
                wrong.append(f"volunteer {one.volunteer_id} {clock.day_of(one.begin)}")
    return sorted(set(wrong))


def _by_person() -> dict[int, list[_Counted]]:
    """By the record that counts as the person; what is worth nothing is left out."""
    worth = {line.attendance_id: line.minutes for line in _standing() if line.attendance_id is not None}
    found = [
        _Counted(*part, minutes, one.volunteer_id)
        for one in ledger.services()
        if (part := span(one.served)) and (minutes := worth.get(one.served.attendance_id))
    ]
    found += [_Counted(*one.part, one.minutes, one.volunteer_id) for one in ledger.manual_lines() if one.part]
    who_counts = select(Volunteer.id, func.coalesce(Resident.merged_into, Resident.id))
    people = dict(db.session.execute(who_counts.join(Resident, Resident.id == Volunteer.resident_id)).all())
    by_person: dict[int, list[_Counted]] = defaultdict(list)
    for one in found:
        by_person[people[one.volunteer_id]].append(one)
    return by_person


def _over_the_cap() -> list[str]:
    """At most eight hours per person and day, in whole units."""
    over = (
        select(HoursEntry.volunteer_id, HoursEntry.served_on)
        .group_by(HoursEntry.volunteer_id, HoursEntry.served_on)
        .having(or_(func.sum(HoursEntry.minutes) > DAILY_CAP, func.sum(HoursEntry.minutes) < 0))
        .order_by(HoursEntry.volunteer_id, HoursEntry.served_on)
    )
    days = [f"volunteer {who} {day}" for who, day in db.session.execute(over)]
    odd = select(HoursEntry.id).where(HoursEntry.minutes % UNIT != 0).order_by(HoursEntry.id)
    return days + _lines(db.session.scalars(odd))


def _another_total() -> list[str]:
    """The total on every page is the sum of the lines that stand."""
    stand = dict(
        db.session.execute(
            select(HoursEntry.volunteer_id, func.sum(HoursEntry.minutes))
            .where(LIVE)
            .group_by(HoursEntry.volunteer_id)
        ).all()
    )
    shown = ledger.totals()
    return [
        f"volunteer {who}"
        for who in sorted(stand.keys() | shown.keys())
        if stand.get(who, 0) != shown.get(who, 0)
    ]


def _broken_chain() -> list[str]:
    """Each line's hash covers its content and the line before; the numbers have no gap; the head is the last."""
    wrong, previous, number = [], GENESIS, 0
    for line in db.session.scalars(select(HoursEntry).order_by(HoursEntry.id)):
        number += 1
        if (line.id, line.previous_hash) != (number, previous) or not ledger.is_as_written(line):
            wrong.append(f"hours {line.id}")
        previous, number = line.hash, line.id
    head = db.session.get(Chain, "hours", populate_existing=True)
    if (head.length, head.hash) != (number, previous) if head else number:
        wrong.append("chain hours")
    return wrong


CHECKS = (
    Check("H1", "每条时长只有一个来源，更正正好抵消原来那条", _sources),
    Check("H2", "一次出席最多有一条有效时长", _two_live),
    Check("H3", "时长等于按规则重算", _not_the_rule),
    Check("H4", "补录由上级的另一个人按时先审后记", _manual_by_the_book),
    Check("H5", "同一个人重叠的时间只算一次", _counted_twice),
    Check("H6", "每天不超过上限，按半小时计", _over_the_cap),
    Check("H7", "台账之和等于显示的总数", _another_total),
    Check("H10", "时长台账的校验链没有断", _broken_chain),
)
