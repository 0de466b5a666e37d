"""Reading a month's facts from the database into columns, in a fixed number of queries (architecture.md, Speed)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    case,
    cast,
    func,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Cadence, Category, State, Task
from stationapp.opinions.queries import last_answer, scores_of
from stationapp.reports import called_off, halls, registers, seats, themes, unfiled
from stationapp.reports.columns import NOW, WINDOW, CalledOff, Events, Facts, Heads, Lines, Rows
from stationapp.reports.fetching import as_who, column_of, fetched, pairs, places_of, strung
from stationapp.reports.places import Ground
from stationapp.reports.queries import begun, event_valid, grounds_of, merged_at
from stationapp.residents.queries import counts_as
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.models import Site
from stationapp.sites.rules import Level, contains
from stationapp.volunteers.models import HoursEntry, Volunteer


def facts_of(site: Site, month: Month, closed_at: datetime | None) -> Facts:
    """See `queries.read`."""
    months = tuple(month.plus(back) for back in range(1 - WINDOW, 1))
    grounds = grounds_of(months)
    at = {id: position for position, id in enumerate(grounds[NOW].places)}
    who = counts_as(merged_at(closed_at))
    today = clock.day_of(closed_at or clock.now())
    ledger = db.session.scalar(select(func.coalesce(func.max(HoursEntry.id), 0)))
    answers = last_answer(today)
    window = (Event.starts_at >= months[0].begins_at) & (Event.starts_at < month.ends_at)
    held, closed_out = _events(window, months, at)
    here = _here(site, grounds)
    rows, helpers, there = _rows(window & (Event.state == State.CLOSED_OUT), here, held, who, at)
    heads = _heads(window & (Event.state == State.CLOSED_OUT), held)
    lines = _lines(months, at, who, ledger)
    held = _with_people(held, rows, heads)
    held = _with_registers(held, month, who, there)
    served = _served(months, lines, who)
    return Facts(
        month=month,
        site_id=site.id,
        today=today,
        closed_at=closed_at,
        months=months,
        begun=begun(month),
        grounds=grounds,
        at=at,
        events=held,
        closed_out=closed_out,
        rows=rows,
        helpers=helpers,
        heads=heads,
        lines=lines,
        cancelled=_cancelled(months, at),
        volunteers=_volunteers(grounds[NOW], registers.by_home(month.last_day, served, who)),
        unfiled=unfiled.listed(month, today),
        ledger=ledger,
        answers=answers,
        rooms_of=cache(halls.by_site),
        answers_of=cache(
            lambda first, last, cut: scores_of(first.begins_at, last.ends_at, cut=cut) if cut else {}
        ),
    )


# --- columns of a statement ------------------------------------------------------------------------------------


def _codes(enum: type) -> dict:
    """Each case's value → its place among the cases."""
    return {case.value: number for number, case in enumerate(enum)}


class _Or(dict):
    """A mapping with one answer for all it does not know."""

    def __init__(self, known: Mapping, other: int) -> None:
        super().__init__(known)
        self.other = other

    def __missing__(self, key: object) -> int:
        return self.other


# --- the facts, one after the other ----------------------------------------------------------------------------


def _here(site: Site, grounds: Sequence[Ground]) -> ColumnElement[bool]:
    """The condition "held at or beneath the site, or by somebody who lives there"; the center's is everything."""
    if site.level is Level.CENTER:
        return true()
    places = grounds[NOW].places
    inside = [id for id, place in places.items() if contains(site.path, place.path)]
    homes = {id for ground in grounds for id, home in ground.homes.items() if home in set(inside)}
    return or_(Event.site_id.in_(inside), Attendance.community_id.in_(homes))


def _events(
    window: ColumnElement[bool], months: Sequence[Month], at: Mapping[int, int]
) -> tuple[Events, list[datetime]]:
    rows = db.session.execute(
        select(
            Event.id,
            Event.site_id,
            Event.starts_at,
            type_coerce(Event.category, String),
            type_coerce(Event.task, String),
            type_coerce(Series.cadence, String),
            Event.series_id,
            Event.closed_out_at,
        )
        .outerjoin(Series, Series.id == Event.series_id)
        .where(window, Event.state == State.CLOSED_OUT)
        .order_by(Event.starts_at, Event.id)
    ).all()
    ids, sites, starts, categories, tasks, cadences, series, closed_out = (
        zip(*rows, strict=True) if rows else ((),) * 8
    )
    begins = np.array([_naive(month.begins_at) for month in months], dtype="datetime64[us]")
    start = np.array([_naive(one) for one in starts], dtype="datetime64[us]")
    own = _Or(_codes(Cadence), _codes(Cadence)[Cadence.ONE_OFF.value])
    none = np.zeros(len(rows), dtype=np.int32)
    id = column_of(ids, "int64")
    found = Events(
        id=id,
        site=column_of(sites, at),
        month=(np.searchsorted(begins, start, side="right") - 1).astype(np.int8),
        category=column_of(categories, _Or(_codes(Category), -1)),
        task=column_of(tasks, _Or(_codes(Task), -1)),
        cadence=column_of(cadences, own),
        activity=np.array([one or -other for one, other in zip(series, ids, strict=True)], dtype=np.int64),
        **dict.fromkeys(Events._fields[7:], none),
    )
    return found, list(closed_out)


def _naive(instant: datetime) -> datetime:
    return instant.replace(tzinfo=None)


_ROOM = 1 << 12
"""Kinds of a row there is room for beside its community, of which there are at most 2^20; people take the rest."""


def _number(column: ColumnElement, enum: type) -> ColumnElement[int]:
    """A column's case as its place among the cases."""
    return case(_codes(enum), value=type_coerce(column, String))


def _packed() -> ColumnElement[int]:
    """An attendance as one number: who, from where, and part, channel, home and age band."""
    kind = _number(Attendance.part, Part)
    for column, enum in (
        (Attendance.channel, Channel),
        (Attendance.lives, Lives),
        (Attendance.band, AgeBand),
    ):
        kind = kind * len(enum) + _number(column, enum)
    community = func.coalesce(Attendance.community_id, 0) * cast(_ROOM, BigInteger)
    return cast(Attendance.resident_id, BigInteger) * (1 << 32) + community + kind


def _rows(
    counts: ColumnElement[bool],
    here: ColumnElement[bool],
    held: Events,
    who: Mapping[int, int],
    at: Mapping[int, int],
) -> tuple[Rows, Rows, np.ndarray]:
    """Residents' rows that stand, volunteers', and the `pairs` of all there are, of those on duty, too."""
    its = (Attendance.event_id == Event.id) & here & ~Attendance.undone
    event, packed = strung(_packed(), its, counts, held.id)
    person = as_who((packed >> 32).astype(np.int32), who)
    community = _places_at(at)[packed // _ROOM % (1 << 20)]
    kind = (packed % _ROOM).astype(np.int16)
    found = []
    for part in (Part.RESIDENT, Part.VOLUNTEER):
        mine = kind // _KINDS == list(Part).index(part)
        own, place = kind[mine] % _KINDS, event[mine]
        found.append(
            Rows(
                place,
                person[mine],
                (own // (len(Lives) * len(AgeBand))).astype(np.int8),
                (own // len(AgeBand) % len(Lives)).astype(np.int8),
                (own % len(AgeBand)).astype(np.int8),
                community[mine],
                held.site[place],
                held.month[place],
                held.category[place].astype(np.int8),
            )
        )
    return found[0], found[1], pairs(event, person)


_KINDS = len(Channel) * len(Lives) * len(AgeBand)
"""Kinds of a row of each part."""


def _places_at(at: Mapping[int, int]) -> np.ndarray:
    """By a site's id its position; 0, which is nobody's, and any other stand for none."""
    table = np.full(1 << 20, len(at), dtype=np.int16)
    table[list(at)] = list(at.values())
    return table


def _heads(counts: ColumnElement[bool], held: Events) -> Heads:
    event, band, people = fetched(
        select(Headcount.event_id, type_coerce(Headcount.band, String), Headcount.people)
        .join(Event, Event.id == Headcount.event_id)
        .where(counts),
        "int32",
        _codes(AgeBand),
        "int32",
    )
    event = places_of(held.id, event)
    return Heads(event, band, people, held.site[event], held.month[event])


def _lines(months: Sequence[Month], at: Mapping[int, int], who: Mapping[int, int], ledger: int) -> Lines:
    """The lines of the whole district: who served anywhere is asked of them, too (I-17)."""
    corrected = aliased(HoursEntry)
    days = months[0].first_day, months[-1].last_day
    id, person, site, day, minutes, manual = fetched(
        select(
            HoursEntry.id,
            Volunteer.resident_id,
            HoursEntry.site_id,
            HoursEntry.served_on,
            HoursEntry.minutes,
            func.coalesce(HoursEntry.manual_id, corrected.manual_id, 0),
        )
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .outerjoin(corrected, corrected.id == HoursEntry.corrects_id)
        .where(HoursEntry.served_on.between(*days), HoursEntry.id <= ledger),
        "int64",
        "int32",
        at,
        _MonthOf(months),
        "int32",
        "int64",
    )
    return Lines(id, as_who(person, who), site, day, minutes, manual > 0)


class _MonthOf(dict):
    """A day as the driver gives it (text or date) → its month's number in the window."""

    def __init__(self, months: Sequence[Month]) -> None:
        super().__init__()
        self.numbers = {str(month): number for number, month in enumerate(months)}

    def __missing__(self, day: object) -> int:
        self[day] = number = self.numbers[str(day)[:7]]
        return number


def _with_people(held: Events, rows: Rows, heads: Heads) -> Events:
    size = len(held.id)
    return held._replace(
        named=np.bincount(rows.event, minlength=size),
        anonymous=np.bincount(heads.event, weights=heads.people, minlength=size).astype(np.int64),
    )


def _with_registers(held: Events, month: Month, who: Mapping[int, int], there: np.ndarray) -> Events:
    """Places asked for, themes and rooms of the year's events."""
    span = Month(month.year, 1).begins_at, month.ends_at
    themed = themes.by_event(*span)
    lengths = halls.lengths(*span)

    def column(values: Mapping[int, int]) -> np.ndarray:
        found = np.zeros(len(held.id), dtype=np.int64)
        found[places_of(held.id, column_of(values, "int64"))] = list(values.values())
        return found

    return held._replace(
        **seats.by_event(*span, held.id, who, there)._asdict(),
        old=column({id: one.old for id, one in themed.items()}) > 0,
        young=column({id: one.young for id, one in themed.items()}) > 0,
        room_minutes=column(lengths),
    )


def _cancelled(months: Sequence[Month], at: Mapping[int, int]) -> CalledOff:
    found = called_off.cancelled(months[0].begins_at, months[-1].ends_at)
    return CalledOff(
        np.array([at[one.site_id] for one in found], dtype=np.int16),
        np.array([months.index(one.month) for one in found], dtype=np.int8),
        np.array([_naive(one.at or months[0].begins_at) for one in found], dtype="datetime64[us]"),
    )


def _served(months: Sequence[Month], lines: Lines, who: Mapping[int, int]) -> set[int]:
    """Who served anywhere in the district in the twelve months: at a valid event, or with minutes left (I-17)."""
    rows = db.session.scalars(
        select(Attendance.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            and_(Event.starts_at >= months[1].begins_at, Event.starts_at < months[-1].ends_at),
            Event.state == State.CLOSED_OUT,
            Attendance.part == Part.VOLUNTEER,
            ~Attendance.undone,
            event_valid(),
        )
        .distinct()
    )
    return {who.get(id, id) for id in rows} | set(_earned(lines).tolist())


def _earned(lines: Lines) -> np.ndarray:
    recent = lines.month > 0
    pairs, which = np.unique(
        lines.site[recent] * np.int64(1 << 32) + lines.person[recent], return_inverse=True
    )
    left = np.bincount(which, weights=lines.minutes[recent], minlength=len(pairs)) > 0
    return np.unique(pairs[left] % (1 << 32))


def _volunteers(
    ground: Ground, by_home: Mapping[int, registers.Volunteers]
) -> dict[int, registers.Volunteers]:
    found: dict[int, registers.Volunteers] = {}
    for raw, one in by_home.items():
        if (home := ground.homes.get(raw)) is None:
            continue
        before = found.get(home, registers.Volunteers(0, 0, 0))
        found[home] = registers.Volunteers(*(a + b for a, b in zip(before, one, strict=True)))
    return found
