"""Reading a month's facts from the database into columns, in a fixed number of queries (architecture.md, Speed)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache

import numpy as np
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
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
from stationapp.reports import halls, registers, seats, themes, unfiled
from stationapp.reports.columns import NOW, WINDOW, CalledOff, Events, Facts, Heads, Lines, Rows
from stationapp.reports.places import Ground
from stationapp.reports.queries import begun, event_valid, grounds_of, merged_at
from stationapp.residents.queries import counts_as
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.models import Site
from stationapp.sites.rules import Level, contains
from stationapp.volunteers.models import HoursEntry, Volunteer

CHUNK = 65_536
"""Rows taken over from the database at a time."""

EVENTS = 4_096
"""Events whose rows are taken over at a time."""


def facts_of(site: Site, month: Month, closed_at: datetime | None) -> Facts:
    """See `queries.read`."""
    months = tuple(month.plus(back) for back in range(1 - WINDOW, 1))
    grounds = grounds_of(months)
    at = {id: position for position, id in enumerate(grounds[NOW].places)}
    who = counts_as(merged_at(closed_at))
    today = clock.day_of(closed_at or clock.now())
    ledger, answers = db.session.scalar(select(func.coalesce(func.max(HoursEntry.id), 0))), last_answer()
    window = (Event.starts_at >= months[0].begins_at) & (Event.starts_at < month.ends_at)
    held, closed_out = _events(window, months, at)
    here = _here(site, grounds)
    rows, helpers = _rows(window & (Event.state == State.CLOSED_OUT), here, held, who, at)
    heads = _heads(window & (Event.state == State.CLOSED_OUT), held)
    lines = _lines(months, at, who, ledger)
    held = _with_people(held, rows, heads)
    held = _with_registers(held, month, who)
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


def fetched(statement: Select, *kinds: str | Mapping) -> list[np.ndarray]:
    """The rows of a statement as columns. A kind is numpy's name of a type, or what stands for each value (int16).

    Values are taken from the driver as they are: a million rows are no million objects of ours.
    """
    cursor = db.session.connection().execute(statement).cursor
    parts: list[list[np.ndarray]] = [[_column((), kind)] for kind in kinds]
    while chunk := cursor.fetchmany(CHUNK):
        for part, kind, column in zip(parts, kinds, zip(*chunk, strict=True), strict=True):
            part.append(_column(column, kind))
    return [np.concatenate(part) for part in parts]


def _column(values: Collection, kind: str | Mapping) -> np.ndarray:
    if isinstance(kind, str):
        return np.fromiter(values, dtype=kind, count=len(values))
    return np.fromiter(map(kind.__getitem__, values), dtype=np.int16, count=len(values))


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


def _places_of(ids: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each of the wanted ids stands among `ids`, which are all there are."""
    if not len(ids):
        return np.zeros(0, dtype=np.int32)
    table = np.full(ids.max() + 1, -1, dtype=np.int32)
    table[ids] = np.arange(len(ids), dtype=np.int32)
    return table[wanted]


def _as_who(persons: np.ndarray, who: Mapping[int, int]) -> np.ndarray:
    """As whom people count."""
    if not who or not len(persons):
        return persons
    table = np.arange(max(persons.max(), *who, *who.values()) + 1, dtype=persons.dtype)
    table[list(who)] = list(who.values())
    return table[persons]


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
    id = _column(ids, "int64")
    found = Events(
        id=id,
        site=_column(sites, at),
        month=(np.searchsorted(begins, start, side="right") - 1).astype(np.int8),
        category=_column(categories, _Or(_codes(Category), -1)),
        task=_column(tasks, _Or(_codes(Task), -1)),
        cadence=_column(cadences, own),
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
    kind: ColumnElement[int] = case((Attendance.part == Part.VOLUNTEER, 1), else_=0)
    for column, enum in (
        (Attendance.channel, Channel),
        (Attendance.lives, Lives),
        (Attendance.band, AgeBand),
    ):
        kind = kind * len(enum) + _number(column, enum)
    community = func.coalesce(Attendance.community_id, 0) * cast(_ROOM, BigInteger)
    return cast(Attendance.resident_id, BigInteger) * (1 << 32) + community + kind


def _by_event(
    counts: ColumnElement[bool], here: ColumnElement[bool], held: Events
) -> tuple[np.ndarray, np.ndarray]:
    """(the event's place, the packed row) of the rows that stand.

    The database strings the numbers of each event together: a million rows come over as some thousand values.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        string, numbers = func.string_agg(func.int8send(_packed()), literal(b"", LargeBinary)), _from_bytes
    else:
        string, numbers = func.group_concat(_packed()), _from_text
    rows = select(string).where(
        Attendance.event_id == Event.id, here, ~Attendance.undone, Attendance.part != Part.STAFF
    )
    cursor = (
        db.session.connection()
        .execute(select(Event.id, rows.correlate(Event).scalar_subquery()).where(counts))
        .cursor
    )
    events, parts = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int64)]
    while chunk := cursor.fetchmany(EVENTS):
        said = {id: strung for id, strung in chunk if strung}
        sizes, packed = numbers(said.values())
        events.append(np.repeat(_places_of(held.id, _column(said, "int64")), sizes))
        parts.append(packed)
    return np.concatenate(events), np.concatenate(parts)


def _from_bytes(strings: Collection[bytes]) -> tuple[list[int], np.ndarray]:
    """How many numbers each of them holds, and all of them."""
    return [len(one) // 8 for one in strings], np.frombuffer(b"".join(strings), dtype=">i8").astype(np.int64)


def _from_text(strings: Collection[str]) -> tuple[list[int], np.ndarray]:
    return [one.count(",") + 1 for one in strings], np.fromstring(",".join(strings), dtype=np.int64, sep=",")


def _rows(
    counts: ColumnElement[bool],
    here: ColumnElement[bool],
    held: Events,
    who: Mapping[int, int],
    at: Mapping[int, int],
) -> tuple[Rows, Rows]:
    event, packed = _by_event(counts, here, held)
    person = _as_who((packed >> 32).astype(np.int32), who)
    community = _places_at(at)[packed // _ROOM % (1 << 20)]
    kind = (packed % _ROOM).astype(np.int16)
    found = []
    for helps in (False, True):
        mine = (kind >= _HELPS) == helps
        own, place = kind[mine] % _HELPS, event[mine]
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
    return found[0], found[1]


_HELPS = len(Channel) * len(Lives) * len(AgeBand)
"""From here on a row's kind is a volunteer's."""


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
    event = _places_of(held.id, event)
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
    return Lines(id, _as_who(person, who), site, day, minutes, manual > 0)


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


def _with_registers(held: Events, month: Month, who: Mapping[int, int]) -> Events:
    """Places asked for, themes and rooms of the year's events."""
    span = Month(month.year, 1).begins_at, month.ends_at
    asked = seats.by_event(*span, who)
    themed = themes.by_event(*span)
    lengths = halls.lengths(*span)

    def column(values: Mapping[int, int]) -> np.ndarray:
        found = np.zeros(len(held.id), dtype=np.int64)
        ids = _places_of(held.id, np.fromiter(values, dtype=np.int64, count=len(values)))
        found[ids] = list(values.values())
        return found

    def seat(name: str) -> np.ndarray:
        return column({id: getattr(one, name) or 0 for id, one in asked.items()})

    return held._replace(
        capacity=seat("capacity"),
        confirmed=seat("confirmed"),
        came=seat("came"),
        waiting=seat("waiting"),
        old=column({id: one.old for id, one in themed.items()}) > 0,
        young=column({id: one.young for id, one in themed.items()}) > 0,
        room_minutes=column(lengths),
    )


def _cancelled(months: Sequence[Month], at: Mapping[int, int]) -> CalledOff:
    found = seats.cancelled(months[0].begins_at, months[-1].ends_at)
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
