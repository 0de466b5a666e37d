"""Which of the facts count for one site's report (domain.md §9, Close).

A month's year is made of the earlier months as they were closed: of a month that is closed for the site count the
events its latest version counted, the ledger's lines and the answers up to that version's; of any other, and of the
report's own, whatever stands. A fact that came late waits for its own month's next version.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import select

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports.columns import NOW, WINDOW, Facts
from stationapp.reports.fetching import fetched
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.queries import merged_at

Rooms = dict[int, dict[str, int]]
"""By site id: used, open, person_minutes, rooms, without_hours."""

ADDED = ("used", "open", "person_minutes")
"""Of these, what months add up to; how many rooms there are is the last month's."""

HOWS = ("page", "paper", "call")


@dataclass(frozen=True)
class Counted:
    """What counts for a site's report, and how its earlier months were closed."""

    events: np.ndarray  # over Facts.events: whether it counts and is valid (I-01)
    lines: np.ndarray  # over Facts.lines
    cancelled: np.ndarray  # site × month: events called off
    versions: tuple[int, ...]  # by month of the window; 0: not closed
    again: tuple[int, ...]  # events of a closed month that were closed out once more since, or are open again
    printed: dict[int, dict]  # the bodies of the closed months
    answers: dict[str, np.ndarray]  # over Facts.events: answers, good, and by way
    rooms: Rooms
    year_rooms: Rooms
    people: dict[
        int, int | None
    ]  # of a version made again: the population an earlier month's trend was made with
    evidence: dict[int, datetime]  # events of months not closed, this one among them, that a figure rests on


def counted_of(facts: Facts, frozen: CoverageReport | None = None) -> Counted:
    """What counts now; with `frozen`, what counted for that version (trust.md R2)."""
    body = json.loads(frozen.body) if frozen else None
    closed = _closed(facts, body)
    printed = {month: json.loads(report.body) for month, report in closed.items()}
    ledger, answers = (body["ledger"], body["answers"]) if body else (facts.ledger, facts.answers)
    events = _events(facts, closed, frozen) & (facts.events.named + facts.events.anonymous > 0)
    ledgers = np.array([printed[month]["ledger"] if month in printed else ledger for month in range(WINDOW)])
    stood = _stood(facts, printed)
    cuts = [printed[month].get("answers", 0) if month in printed else answers for month in range(WINDOW)]
    if body:
        ids = {place.code: place.id for place in facts.places}
        rooms, year_rooms = (
            {ids[code]: one for code, one in body[name].items()} for name in ("rooms", "year_rooms")
        )
    else:
        rooms, year_rooms = _rooms(facts, events, printed)
    return Counted(
        events=events,
        lines=(facts.lines.id <= ledgers[facts.lines.month]) & stood[facts.lines.site, facts.lines.month],
        cancelled=_cancelled(facts, closed) * stood,
        versions=tuple(closed[month].version if month in closed else 0 for month in range(WINDOW)),
        again=_again(facts, closed),
        printed=printed,
        answers=_answers(facts, cuts),
        rooms=rooms,
        year_rooms=year_rooms,
        people=_people(body) if body else {},
        evidence=_evidence(facts, events, closed),
    )


def _closed(facts: Facts, body: dict | None) -> dict[int, CoverageReport]:
    """The version that stands for each earlier month: the latest, or the one a frozen body names."""
    rows = db.session.scalars(
        select(CoverageReport)
        .where(
            CoverageReport.site_id == facts.site_id,
            CoverageReport.month_on.in_([month.first_day for month in facts.months[:NOW]]),
        )
        .order_by(CoverageReport.version)
    )
    named = {row["month"]: row["version"] for row in body["trend"]} if body else {}
    found = {}
    for report in rows:
        month = Month.of(report.month_on)
        if body is None or named[str(month)] == report.version:
            found[facts.months.index(month)] = report
    return found


def _stood(facts: Facts, printed: dict[int, dict]) -> np.ndarray:
    """Site × month: whether a site stood in the table of the month's version; where it is not closed, any does.

    What a site brings along that came from elsewhere since is not counted of these months before they are restated.
    """
    found = np.ones((len(facts.at) + 1, WINDOW), dtype=bool)
    for month, body in printed.items():
        codes = {row["site"] for row in body["by_site"]}
        found[:, month] = False
        found[[facts.at[place.id] for place in facts.places if place.code in codes], month] = True
    return found


def _events(facts: Facts, closed: dict[int, CoverageReport], frozen: CoverageReport | None) -> np.ndarray:
    """Over the events: whether each is one that its month's version counted, or its month is not closed."""
    wanted = [report.id for report in [*closed.values(), *([frozen] if frozen else [])]]
    if not wanted:
        return np.ones(len(facts.events.id), dtype=bool)
    report, event = fetched(
        select(CountedEvent.report_id, CountedEvent.event_id).where(CountedEvent.report_id.in_(wanted)),
        "int64",
        "int64",
    )
    found = np.ones(len(facts.events.id), dtype=bool)
    for month in range(WINDOW):
        version = closed.get(month, frozen)
        if version is not None:
            here = facts.events.month == month
            found[here] = np.isin(facts.events.id[here], event[report == version.id])
    return found


def _cancelled(facts: Facts, closed: dict[int, CoverageReport]) -> np.ndarray:
    """Site × month: what was called off by the time the month was closed; of the report's own, by this closing."""
    closings = [closed[month].closed_at if month in closed else facts.closed_at for month in range(WINDOW)]
    cuts = [_NEVER if at is None else np.datetime64(merged_at(at).replace(tzinfo=None)) for at in closings]
    found = np.zeros((len(facts.at) + 1, WINDOW), dtype=np.int64)
    sites, months, at = facts.cancelled
    in_time = at <= np.array(cuts, dtype=at.dtype)[months]
    np.add.at(found, (sites[in_time], months[in_time]), 1)
    return found


_NEVER = np.datetime64("9999-12-31")


def _again(facts: Facts, closed: dict[int, CoverageReport]) -> tuple[int, ...]:
    moved = db.session.execute(
        select(CountedEvent.report_id, Event.starts_at)
        .join(Event, Event.id == CountedEvent.event_id)
        .where(
            CountedEvent.report_id.in_([report.id for report in closed.values()]),
            (Event.state != State.CLOSED_OUT) | (Event.closed_out_at != CountedEvent.closed_out_at),
        )
    )
    found = Counter((report_id, Month.of(clock.day_of(starts_at))) for report_id, starts_at in moved)
    return tuple(
        found[closed[number].id, month] if number in closed else 0
        for number, month in enumerate(facts.months)
    )


def _answers(facts: Facts, cuts: list[int]) -> dict[str, np.ndarray]:
    """This year's, each month's up to its cut; months of one cut are asked for together."""
    found = {name: np.zeros(len(facts.events.id), dtype=np.int64) for name in ("answers", "good", *HOWS)}
    first = facts.year.start
    while first < WINDOW:
        last = first
        while last + 1 < WINDOW and cuts[last + 1] == cuts[first]:
            last += 1
        scores = facts.answers_of(facts.months[first], facts.months[last], cuts[first])
        for place in np.flatnonzero(np.isin(facts.events.id, list(scores))) if scores else ():
            one = scores[int(facts.events.id[place])]
            for name, number in (("answers", one.answers), ("good", one.good), *one.by_how.items()):
                found[name][place] = number
        first = last + 1
    return found


def _rooms(facts: Facts, counts: np.ndarray, printed: dict[int, dict]) -> tuple[Rooms, Rooms]:
    """The rooms of this month and of the year: of a closed month what its version printed."""
    said = {month: printed[month]["rooms"] for month in facts.year if "rooms" in printed.get(month, {})}
    use = facts.rooms_of(tuple(facts.months[month] for month in facts.year if month not in said))
    year: Rooms = {}
    now: Rooms = {}
    for month in facts.year:
        if month in said:
            found = {one.id: said[month][one.code] for one in facts.places if one.code in said[month]}
        else:
            found = _used(facts, counts & (facts.events.month == month), use[facts.months[month]])
        now = found
        for id, one in found.items():
            before = year.setdefault(id, dict.fromkeys(one, 0))
            year[id] = {name: one[name] + (before[name] if name in ADDED else 0) for name in one}
    for id in year.keys() - now.keys():
        year[id] |= {"rooms": 0, "without_hours": 0}
    return now, year


def _used(facts: Facts, counts: np.ndarray, use: dict) -> Rooms:
    events = facts.events
    spent = (events.named + events.anonymous) * events.room_minutes
    stayed = np.bincount(events.site[counts], weights=spent[counts], minlength=len(facts.at))
    return {
        place.id: {
            "used": use[place.id].used,
            "open": use[place.id].open,
            "person_minutes": int(stayed[facts.at[place.id]]),
            "rooms": use[place.id].rooms,
            "without_hours": use[place.id].without_hours,
        }
        for place in facts.places
        if place.id in use
    }


def _people(body: dict) -> dict[int, int | None]:
    return {
        number: one["figures"]["I-07"]["denominator"]
        for number, one in enumerate(body["trend"])
        if one["figures"] and number != NOW
    }


def _evidence(facts: Facts, counts: np.ndarray, closed: dict[int, CoverageReport]) -> dict[int, datetime]:
    inside = facts.inside(facts.site)
    relevant = inside[facts.events.site]
    homes = np.stack([facts.homes(month) for month in range(WINDOW)])
    then = homes[
        facts.rows.month, facts.rows.community
    ]  # the trend of an open month asks who lived here then
    lived = inside[then] | inside[homes[NOW][facts.rows.community]]
    relevant[facts.rows.event[lived]] = True
    relevant &= counts & ~np.isin(facts.events.month, list(closed))
    return {int(facts.events.id[place]): facts.closed_out[place] for place in np.flatnonzero(relevant)}
