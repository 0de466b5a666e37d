"""Flags about people and where they were: two places at once, days too long, one phone for many (domain.md §7).

Each finder asks a fixed number of questions, whatever the number of rows.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from itertools import combinations

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance, Scan
from stationapp.attendance.rules import Kind, Part
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.duplicates import ONE, OTHER, pairs
from stationapp.residents.models import KeptApart, Resident
from stationapp.residents.rules import masked_name
from stationapp.scrutiny.hands import of_presences
from stationapp.scrutiny.rules import (
    LONGEST_DAY,
    MANY_ON_ONE_DEVICE,
    Flag,
    Raised,
    Rest,
    Span,
    meet,
    presence,
    together,
)
from stationapp.sites.models import Site

_COLUMNS = (Attendance.id, Attendance.resident_id, Attendance.came_at, Attendance.left_at, Resident.name,
            Event.id.label("event_id"), Event.code, Event.title, Event.starts_at, Event.ends_at,
            Event.site_id)  # fmt: skip


def _there(*narrowed: ColumnElement[bool]):
    """Presences that stand, with their events and people."""
    return (
        select(*_COLUMNS)
        .join(Event, Event.id == Attendance.event_id)
        .join(Resident, Resident.id == Attendance.resident_id)
        .where(~Attendance.undone, *narrowed)
    )


def within(span: Span) -> ColumnElement[bool]:
    """The condition on Event "begins in the span"."""
    return (Event.starts_at >= span.begins_at) & (Event.starts_at < span.ends_at)


def _rest(row, *, site: str | None = "") -> Rest:
    """A presence as the page shows it; of an event out of the asker's reach (`site` None) only the time."""
    return Rest(
        event="" if site is None else row.code,
        title="" if site is None else row.title,
        site=site or "",
        resident_id=row.resident_id,
        name=masked_name(row.name),
        began_at=row.came_at,
        ended_at=row.left_at,
    )


# --- two places at once -------------------------------------------------------------------------------------------


def two_places(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """One person at two events at the same time: by one record, by records merged, or by two that look like one."""
    reached = dict(db.session.execute(select(Site.id, Site.short_name).where(here)).all())
    same = _records_of_one_person(here, span)
    by_person = defaultdict(list)
    for row in _at_overlapping(span):
        by_person[row.resident_id].append(row)
    for row in db.session.execute(_there(within(span), Attendance.resident_id.in_(same))):
        by_person[same[row.resident_id]].append(row)
    found = []
    for rows in by_person.values():
        each = sorted({row.id: row for row in rows}.values(), key=lambda row: (row.starts_at, row.id))
        found += [
            pair
            for pair in combinations(each, 2)
            if reached.keys() & {row.site_id for row in pair} and _contradict(*pair)
        ]
    apart = _said_to_be_two({row.resident_id for pair in found for row in pair})
    found = [pair for pair in found if {row.resident_id for row in pair} not in apart]
    part = of_presences({(row.event_id, row.resident_id) for pair in found for row in pair})
    return [_in_two_places(one, other, reached, part) for one, other in found]


def _contradict(one, other) -> bool:
    """Whether nobody could be at both. Who only signed in may have gone next door, within one site."""
    if one.event_id == other.event_id:
        return False
    if one.site_id == other.site_id and None in (one.left_at, other.left_at):
        return False
    parts = [presence(row.came_at, row.left_at, row.starts_at, row.ends_at) for row in (one, other)]
    return meet(*parts)


def _at_overlapping(span: Span):
    """The presences of one record at two events that overlap."""
    other, other_event = aliased(Attendance), aliased(Event)
    overlapping = (
        select(other.id)
        .join(other_event, other_event.id == other.event_id)
        .where(
            other.resident_id == Attendance.resident_id,
            other.id != Attendance.id,
            ~other.undone,
            other_event.starts_at < Event.ends_at,
            other_event.ends_at > Event.starts_at,
        )
    )
    return db.session.execute(_there(within(span), overlapping.exists()))


def _records_of_one_person(here: ColumnElement[bool], span: Span) -> dict[int, int]:
    """Records that are or seem to be one person's, by the first of them; volunteers of the span at these sites."""
    helped = (
        select(Attendance.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(within(span), here, ~Attendance.undone, Attendance.part == Part.VOLUNTEER)
    )
    gone = aliased(Resident)
    known = select(gone.merged_into).where(gone.id.in_(helped), gone.merged_into.is_not(None))
    merged = select(Resident.id, Resident.merged_into).where(
        Resident.merged_into.in_(helped) | Resident.merged_into.in_(known)
    )
    each, other = (one.id.in_(helped) | one.id.in_(known) for one in (ONE, OTHER))
    alike = pairs(each, other).with_only_columns(ONE.id, OTHER.id)
    return _joined([*db.session.execute(merged), *db.session.execute(alike)])


def _joined(linked: Iterable[tuple[int, int]]) -> dict[int, int]:
    """Each record's first one, of all that hang together over however many links."""
    above: dict[int, int] = {}

    def first(number: int) -> int:
        while above.get(number, number) != number:
            number = above[number]
        return number

    for one, other in linked:
        low, high = sorted((first(one), first(other)))
        above |= {low: low, high: low}
    return {number: first(number) for number in above}


def _said_to_be_two(records: set[int]) -> list[set[int]]:
    """Pairs of these records that somebody said are two people: each may look like a third."""
    if not records:
        return []
    query = select(KeptApart.one_id, KeptApart.other_id).where(KeptApart.one_id.in_(records))
    return [set(pair) for pair in db.session.execute(query)]


def _in_two_places(one, other, reached: dict[int, str], part) -> Raised:
    at = one if one.site_id in reached else other
    is_whole = reached.keys() >= {one.site_id, other.site_id}
    return Raised(
        Flag.TWO_PLACES,
        f"attendance {one.id} attendance {other.id}",
        at.site_id,
        clock.day_of(at.starts_at),
        {
            "name": masked_name(at.name),
            "records": len({one.resident_id, other.resident_id}),
            "elsewhere": not is_whole,
        },
        tuple(_rest(row, site=reached.get(row.site_id)) for row in (one, other)),
        keys=tuple((row.id, row.came_at, row.left_at, row.starts_at, row.ends_at) for row in (one, other)),
        concerned=_staff(part, (one, other)),
        is_whole=is_whole,
    )


def _staff(part, rows: Iterable) -> frozenset[int]:
    """Who took down any of these presences."""
    return frozenset().union(*(part[row.event_id, row.resident_id] for row in rows))


# --- days too long ------------------------------------------------------------------------------------------------


def long_days(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """More than twelve hours there between signing in and out on one day, time at two events counted once."""
    days = defaultdict(list)
    query = _there(within(span), Attendance.left_at.is_not(None), here).join(Site, Site.id == Event.site_id)
    for row in db.session.execute(query.order_by(Attendance.id)):
        days[row.resident_id, clock.day_of(row.starts_at)].append(row)
    long = {
        key: stayed
        for key, rows in days.items()
        if (stayed := together((row.came_at, row.left_at) for row in rows)) > LONGEST_DAY
    }
    part = of_presences({(row.event_id, row.resident_id) for key in long for row in days[key]})
    return [_long_day(days[key], key[1], stayed, part) for key, stayed in long.items()]


def _long_day(rows: Sequence, day: date, stayed: timedelta, part) -> Raised:
    first = rows[0]
    return Raised(
        Flag.LONG_DAY,
        f"resident {first.resident_id} {day}",
        first.site_id,
        day,
        {"name": masked_name(first.name), "minutes": int(stayed.total_seconds() // 60)},
        tuple(_rest(row) for row in rows),
        keys=tuple((row.id, row.came_at, row.left_at) for row in rows),
        concerned=_staff(part, rows),
    )


# --- one phone for many -------------------------------------------------------------------------------------------


def one_device(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """One browser signed people of several households in at one event, four of them or more."""
    crowd = (
        select(Scan.event_id, Scan.asker_index)
        .join(Event, Event.id == Scan.event_id)
        .join(Site, Site.id == Event.site_id)
        .join(Resident, Resident.id == Scan.resident_id)
        .where(within(span), here, Scan.asker_index.is_not(None), Scan.kind == Kind.IN)
        .group_by(Scan.event_id, Scan.asker_index)
        .having(
            func.count(Scan.resident_id.distinct()) >= MANY_ON_ONE_DEVICE,
            func.count(Resident.household_id.distinct()) > 1,  # a family may share one phone
        )
        .subquery()
    )
    joined = (Scan.event_id == crowd.c.event_id) & (Scan.asker_index == crowd.c.asker_index)
    query = (
        select(Scan.id.label("scan_id"), Scan.at, Scan.asker_index, Scan.resident_id, Resident.name,
               Scan.event_id, Event.code, Event.title, Event.site_id, Event.starts_at)
        .join(crowd, joined)
        .join(Event, Event.id == Scan.event_id)
        .join(Resident, Resident.id == Scan.resident_id)
        .where(Scan.kind == Kind.IN)
        .order_by(Scan.id)
    )  # fmt: skip
    phones = defaultdict(list)
    for row in db.session.execute(query):
        phones[row.code, row.asker_index].append(row)
    part = of_presences({(row.event_id, row.resident_id) for rows in phones.values() for row in rows})
    return [_one_device(rows, part) for rows in phones.values()]


def _one_device(rows: Sequence, part) -> Raised:
    people = {row.resident_id: row for row in reversed(rows)}
    first = rows[0]
    return Raised(
        Flag.ONE_DEVICE,
        f"event {first.code} scan {first.scan_id}",
        first.site_id,
        clock.day_of(first.starts_at),
        {"people": len(people), "title": first.title},
        tuple(
            Rest(first.code, first.title, resident_id=who, name=masked_name(row.name), began_at=row.at)
            for who, row in sorted(people.items(), key=lambda pair: pair[1].scan_id)
        ),
        keys=tuple(row.scan_id for row in rows),
        concerned=_staff(part, rows),
    )
