"""Reads of answers: counted by event for reports and desk, the comments, and whom a page may ask."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Select, case, func, select, union_all
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions.models import Answer
from stationapp.opinions.rules import ENOUGH, PAGE_DAYS, Face, Via, spoken
from stationapp.residents.models import Resident
from stationapp.residents.queries import records_at, records_of
from stationapp.sites.models import Site
from stationapp.vault import vault

GOOD = 4
"""A score from which on somebody was satisfied (domain.md §9, I-23)."""


@dataclass(frozen=True, slots=True)
class Scores:
    """The answers of one event: how many, how many of them satisfied, by which way, with which face."""

    answers: int = 0
    good: int = 0
    by_how: dict[str, int] = field(default_factory=dict)  # "page", "paper", "call"
    by_face: dict[int, int] = field(default_factory=dict)  # by score


def last_answer(today: date | None = None) -> int:
    """The highest id, `today`: of what was said before that day; 0 without an answer.

    Up to it answers are counted and shown, in reports, too: whoever looks before and after somebody pressed at the
    door must not read it from the difference. What is said in a day is added at its end, together.
    """
    said = select(func.coalesce(func.max(Answer.id), 0))
    return db.session.scalar(said.where(Answer.said_on < today) if today else said)


def scores_of(begins_at: datetime, ends_at: datetime, *, cut: int | None = None) -> dict[int, Scores]:
    """The answers of events that begin in a half-open span, by event id; of each slot its latest with id ≤ `cut`.

    Events without an answer are missing. One statement however long the span is.
    """
    its = select(Event.id).where(Event.starts_at >= begins_at, Event.starts_at < ends_at)
    return _scores(lambda row: row.event_id.in_(its), cut)


def scores_at(event_ids: Collection[int]) -> dict[int, Scores]:
    """The same of these events, as it stands."""
    return _scores(lambda row: row.event_id.in_(event_ids), None)


_CELLS = [(via, face) for via in Via for face in Face]


def _scores(where: Callable[[type[Answer]], ColumnElement[bool]], cut: int | None) -> dict[int, Scores]:
    """Each row counts; one that another row replaces is taken off again: replacing is rare, so few are joined.

    Both are summed up by event in the order of the index, so that nothing is sorted.
    """
    after, before = aliased(Answer), aliased(Answer)
    counted = select(Answer.event_id, *_sums(Answer, 1)).where(where(Answer), *_up_to(Answer, cut))
    replaced = (
        select(before.event_id, *_sums(before, -1))
        .join(after, after.replaces_id == before.id)
        .where(after.replaces_id.is_not(None), where(before), *_up_to(after, cut))
    )
    both = union_all(counted.group_by(Answer.event_id), replaced.group_by(before.event_id))
    found: dict[int, list[int]] = {}
    for event_id, *cells in db.session.execute(both):
        known = found.get(event_id)
        found[event_id] = (
            cells if known is None else [one + other for one, other in zip(known, cells, strict=True)]
        )
    return {event_id: _summed(cells) for event_id, cells in found.items() if any(cells)}


def _sums(row: type[Answer], sign: int) -> list[ColumnElement[int]]:
    return [
        func.sum(case(((row.how == via) & (row.score == face.value), sign), else_=0)) for via, face in _CELLS
    ]


def _up_to(row: type[Answer], cut: int | None) -> list[ColumnElement[bool]]:
    return [] if cut is None else [row.id <= cut]


def _summed(cells: list[int]) -> Scores:
    faces, ways = len(Face), range(len(Via))
    by_face = {face.value: sum(cells[place::faces]) for place, face in enumerate(Face)}
    return Scores(
        answers=sum(cells),
        good=sum(n for score, n in by_face.items() if score >= GOOD),
        by_how={via.value: sum(cells[faces * n : faces * (n + 1)]) for n, via in zip(ways, Via, strict=True)},
        by_face=by_face,
    )


def live(event_ids: Collection[int] | Select, cut: int | None = None) -> Select:
    """The answers of these events that count: the latest of each slot, unless it was taken back."""
    after = aliased(Answer)
    replaced = select(after.id).where(after.replaces_id == Answer.id, *_up_to(after, cut)).exists()
    return select(Answer).where(
        Answer.event_id.in_(event_ids), Answer.score.is_not(None), ~replaced, *_up_to(Answer, cut)
    )


def spoken_at(answers: Mapping[int, int]) -> set[int]:
    """Of events with so many answers those that speak for themselves, each among its site's of its month.

    Like the month they are counted in they are closed out: what is not yet is not among what is left besides.
    """
    months: dict[tuple[int, Month], dict[int, int]] = {}
    held = (Event.id.in_(answers), Event.state == State.CLOSED_OUT)
    its = select(Event.id, Event.site_id, Event.starts_at).where(*held)
    for event_id, site_id, at in db.session.execute(its):
        months.setdefault((site_id, Month.of(clock.day_of(at))), {})[event_id] = answers[event_id]
    return {event_id for month in months.values() for event_id in spoken(month)}


@dataclass(frozen=True, slots=True)
class AnswerRow:
    """One answer behind a figure, without way and day: a station knows who has no telephone, and who was there that
    day. The event is said of those that speak; where the rest together are fewer than five, no face of theirs."""

    event_id: int | None
    score: int | None


def rows_of(event_ids: Collection[int], *, cut: int | None = None) -> list[AnswerRow]:
    """As many rows as these events have answers; with an event all of its site's of that month must be given."""
    found = list(db.session.scalars(live(event_ids, cut)))
    sizes = Counter(one.event_id for one in found)
    told = spoken_at(sizes)
    pooled = sum(n for event_id, n in sizes.items() if event_id not in told)
    rows = []
    for one in found:
        shown = one.event_id in told
        score = one.score if shown or pooled >= ENOUGH else None
        rows.append(AnswerRow(one.event_id if shown else None, score))
    return sorted(rows, key=lambda row: (row.event_id or 0, -(row.score or 0)))


def comments_of(event_ids: Collection[int], *, cut: int | None = None) -> list[str]:
    """What was written at these events, if they have at least five answers together; else nothing.

    In the order of a keyed hash, which goes by nothing anybody knows.
    """
    found = list(db.session.scalars(live(event_ids, cut)))
    if len(found) < ENOUGH:
        return []
    said = [(one.id, vault().unseal(one.comment_sealed)) for one in found if one.comment_sealed]
    return [text for number, text in sorted(said, key=lambda one: vault().index("comment", str(one[0])))]


def latest_of(slot: bytes) -> Answer | None:
    """The slot's latest row, one that was taken back included."""
    its = select(Answer).where(Answer.slot_index == slot).order_by(Answer.id.desc()).limit(1)
    return db.session.scalar(its)


def served_at(event_ids: Collection[int]) -> dict[int, int]:
    """How many people each event served: its resident-role rows and its headcount; 0 is missing."""
    named = select(Attendance.event_id, func.count()).where(
        Attendance.event_id.in_(event_ids), Attendance.part == Part.RESIDENT, ~Attendance.undone
    )
    heads = select(Headcount.event_id, func.sum(Headcount.people)).where(Headcount.event_id.in_(event_ids))
    found: Counter[int] = Counter()
    for query in (named.group_by(Attendance.event_id), heads.group_by(Headcount.event_id)):
        found.update(dict(db.session.execute(query).all()))
    return found


def names_at(event_id: int) -> list[str]:
    """What those who came as residents are called."""
    its = select(Resident.name).join(Attendance, Attendance.resident_id == Resident.id)
    return list(
        db.session.scalars(its.where(Attendance.event_id == event_id, Attendance.part == Part.RESIDENT))
    )


def held_events(
    where: ColumnElement[bool], begins_at: datetime, ends_at: datetime, *, now: datetime
) -> Select:
    """(event, site) of what was held in a half-open span and is over, in the order of time; `where` is one on Site."""
    return (
        select(Event, Site)
        .join(Site, Site.id == Event.site_id)
        .where(
            where,
            Event.state.in_((State.PUBLISHED, State.CLOSED_OUT)),
            Event.starts_at >= begins_at,
            Event.starts_at < ends_at,
            Event.ends_at <= now,
        )
        .order_by(Event.starts_at, Event.id)
    )


# --- whom a page may ask ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Presence:
    """That somebody came to an event as a resident and can say how it was until `until_at`."""

    attendance_id: int
    person_id: int  # as whom they count
    event: Event
    until_at: datetime


def presences_of(resident_id: int, *, now: datetime, event_ids: Collection[int]) -> list[Presence]:
    """Which of these events a person came to, by whichever record, and can be asked about now; the latest first."""
    kept = select(func.coalesce(Resident.merged_into, Resident.id)).where(Resident.id == resident_id)
    its = [
        Attendance.resident_id.in_(records_of(kept.scalar_subquery())),
        Attendance.event_id.in_(event_ids),
    ]
    return _presences(its, now)


def presences_at(household_id: int, *, now: datetime) -> list[Presence]:
    """The same of everybody of a household, those who came without a sign-up too."""
    return _presences([Attendance.resident_id.in_(records_at(household_id))], now)


def rows_of_person(row: Attendance) -> list[int]:
    """The attendances (ids) of somebody's at that event by whichever of their records, those taken back, too."""
    kept = select(func.coalesce(Resident.merged_into, Resident.id)).where(Resident.id == row.resident_id)
    its = (
        Attendance.event_id == row.event_id,
        Attendance.resident_id.in_(records_of(kept.scalar_subquery())),
    )
    return list(db.session.scalars(select(Attendance.id).where(*its)))


def _presences(where: list[ColumnElement[bool]], now: datetime) -> list[Presence]:
    window = timedelta(days=PAGE_DAYS)
    rows = db.session.execute(
        select(Attendance.id, func.coalesce(Resident.merged_into, Resident.id), Event)
        .join(Resident, Resident.id == Attendance.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            *where,
            Attendance.part == Part.RESIDENT,
            ~Attendance.undone,
            Event.state.in_((State.PUBLISHED, State.CLOSED_OUT)),
            Event.ends_at <= now,
            Event.ends_at > now - window,
        )
        .order_by(Event.starts_at.desc(), Attendance.id)
    )
    once: dict[tuple[int, int], Presence] = {}
    for attendance_id, person_id, event in rows:
        its = Presence(attendance_id, person_id, event, event.ends_at + window)
        once.setdefault((event.id, person_id), its)
    return list(once.values())
