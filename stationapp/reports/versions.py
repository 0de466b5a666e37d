"""Reads of frozen months: which there are, how they are made again, and what has changed since."""

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Select, exists, func, or_, select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions.models import Answer
from stationapp.opinions.queries import last_answer
from stationapp.refusal import NotFound
from stationapp.reports.called_off import cancelled_by
from stationapp.reports.few import unsaid
from stationapp.reports.lines import SummaryLine, flat
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.queries import evidence, figures, homes_of, in_month, merged_at, read
from stationapp.reports.rules import DEFINITIONS, Unit, state_of
from stationapp.residents.models import Merge
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.volunteers.models import HoursEntry

if TYPE_CHECKING:
    from stationapp.reports.columns import Facts


def list_versions(site: Site, month: Month) -> list[CoverageReport]:
    """Every frozen version of a site's month, the latest first."""
    return list(db.session.scalars(_of(site, month)))


def find_latest(site: Site, month: Month) -> CoverageReport | None:
    """The version that holds, or None while the month is open; the bodies of older ones are not read."""
    return db.session.scalar(_of(site, month).limit(1))


def _of(site: Site, month: Month) -> Select:
    return (
        select(CoverageReport)
        .where(CoverageReport.site_id == site.id, CoverageReport.month_on == month.first_day)
        .order_by(CoverageReport.version.desc())
    )


def get_version(site: Site, month: Month, version: int) -> CoverageReport:
    """One frozen version; raises NotFound."""
    for report in list_versions(site, month):
        if report.version == version:
            return report
    raise NotFound


# --- made again ----------------------------------------------------------------------------------------------


def recomputed(report: CoverageReport) -> dict:
    """A version's body made again from exactly the facts it counted (trust.md R2).

    Events are those of `counted_events` and of the versions it names for its earlier months, ledger lines and answers
    those up to the ones it names, people as whom they counted when it was closed; populations, the register, rooms
    and the sites in force are part of the version itself.
    """
    site = db.session.get_one(Site, report.site_id)
    return remade(report, read(site, Month.of(report.month_on), closed_at=report.closed_at))


def remade(report: CoverageReport, facts: "Facts") -> dict:
    """The same from the facts of its site, read as its closing saw who counts as whom."""
    from stationapp.reports.counting import counted_of
    from stationapp.reports.figures import body
    from stationapp.reports.freezing import as_frozen

    frozen = json.loads(report.body)
    then = as_frozen(facts, frozen)
    made = body(then, counted_of(then, report), version=report.version, state=state_of(report.version))
    return made | {"populations": frozen["populations"]}


def facts_unchanged(report: CoverageReport) -> bool:
    """Whether every counted event still stands as it was closed out then, by the same definitions."""
    frozen = json.loads(report.body)
    return frozen["definitions"] == DEFINITIONS and not _moved(report, frozen)


def _moved(report: CoverageReport, frozen: dict) -> int:
    """Events counted by it, or by the versions it rests on, that were closed out again or reopened since."""
    earlier = {(row["month"], row["version"]) for row in frozen["trend"]}
    rests_on = [
        one.id
        for one in db.session.scalars(
            select(CoverageReport).where(
                CoverageReport.site_id == report.site_id, CoverageReport.month_on < report.month_on
            )
        )
        if (str(Month.of(one.month_on)), one.version) in earlier
    ]
    own = (CountedEvent.report_id == report.id) & (Event.closed_out_at != CountedEvent.closed_out_at)
    return db.session.scalar(
        select(func.count())
        .select_from(CountedEvent)
        .join(Event, Event.id == CountedEvent.event_id)
        .where(
            CountedEvent.report_id.in_([report.id, *rests_on]),
            (Event.state != State.CLOSED_OUT) | own | (Event.closed_out_at > report.closed_at),
        )
    )


# --- what has changed since ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class LateEvent:
    """A fact of a closed month that came, changed or went after its closing."""

    event: Event
    site: Site
    what: str  # "new", "again" (closed out once more), "reopened", "called_off"


@dataclass(frozen=True)
class Change:
    """A number that differs between two bodies; keys as in `lines.flat`."""

    key: tuple[str, ...]
    unit: Unit
    old: tuple | None  # value, numerator, denominator
    new: tuple | None


@dataclass(frozen=True)
class Late:
    """What came of a closed month since that version; it waits for the next one (trust.md R5)."""

    events: list[LateEvent]
    lines: int  # of the ledger
    minutes: int  # these come to
    answers: int
    merges: int  # records of people who came, found to be one person since, or two after all

    def __bool__(self) -> bool:
        return bool(self.events or self.lines or self.answers or self.merges)


def late(report: CoverageReport, site: Site, month: Month) -> Late:
    """What came since, without reckoning the month."""
    frozen = json.loads(report.body)
    lines, minutes = _late_lines(site, month, frozen["ledger"])
    return Late(
        late_events(report, site, month),
        lines,
        minutes,
        _late_answers(site, month, frozen.get("answers", 0)),
        _late_merges(report, site, month),
    )


def _late_lines(site: Site, month: Month, ledger: int) -> tuple[int, int]:
    return db.session.execute(
        select(func.count(HoursEntry.id), func.coalesce(func.sum(HoursEntry.minutes), 0))
        .join(Site, Site.id == HoursEntry.site_id)
        .where(
            HoursEntry.id > ledger,
            HoursEntry.served_on.between(month.first_day, month.last_day),
            beneath(site.path),
        )
    ).one()


def _late_answers(site: Site, month: Month, answers: int) -> int:
    """Of events that are closed out; what is said today is not counted yet."""
    until = last_answer(clock.day_of(clock.now()))
    return db.session.scalar(
        select(func.count(Answer.id))
        .join(Event, Event.id == Answer.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(
            Answer.id > answers,
            Answer.id <= until,
            Event.state == State.CLOSED_OUT,
            in_month(month),
            beneath(site.path),
        )
    )


def _late_merges(report: CoverageReport, site: Site, month: Month) -> int:
    """Merges the closing did not see, of records with a row in the month's events here or from here."""
    seen_at = merged_at(report.closed_at)
    came = (
        exists()
        .where(
            Attendance.resident_id == Merge.gone_id,
            ~Attendance.undone,
            Event.id == Attendance.event_id,
            Site.id == Event.site_id,
            in_month(month),
            or_(beneath(site.path), Attendance.community_id.in_(homes_of(site, month))),
        )
        .correlate(Merge)
    )
    since = or_(
        (Merge.at > seen_at) & Merge.undone_at.is_(None), (Merge.at <= seen_at) & (Merge.undone_at > seen_at)
    )
    return db.session.scalar(select(func.count(Merge.id)).where(since, came))


def changes(report: CoverageReport, site: Site, month: Month) -> list[Change]:
    """The difference that everything late makes; it reckons the month."""
    return differences(json.loads(report.body), figures(site, month))


def differences(old: dict, new: dict) -> list[Change]:
    """Every number of the summary that differs."""
    before, after = flat(unsaid(old)), flat(unsaid(new))
    found = []
    for key in dict.fromkeys([*after, *before]):
        then, now = before.get(key), after.get(key)
        change = Change(key, (now or then).unit, _numbers(then), _numbers(now))
        if change.old != change.new:
            found.append(change)
    return found


def _numbers(line: SummaryLine | None) -> tuple | None:
    return (line.value, line.numerator, line.denominator) if line else None


def late_events(report: CoverageReport, site: Site, month: Month) -> list[LateEvent]:
    """The month's events closed out, reopened or called off after that version, by when they were to be."""
    counted = dict(
        db.session.execute(
            select(CountedEvent.event_id, CountedEvent.closed_out_at)
            .join(Event, Event.id == CountedEvent.event_id)
            .where(CountedEvent.report_id == report.id, in_month(month))
        ).all()
    )
    present = evidence(site, month)
    moved = [id for id in counted if present.get(id) != counted[id]]
    new = [id for id in present if id not in counted]
    called_off = (
        beneath(site.path) & in_month(month) & cancelled_by(None) & ~cancelled_by(merged_at(report.closed_at))
    )
    rows = db.session.execute(
        select(Event, Site)
        .join(Site, Site.id == Event.site_id)
        .where(Event.id.in_([*moved, *new]) | called_off)
        .order_by(Event.starts_at, Event.id)
    )
    return [LateEvent(event, held_by, _what(event, event.id in counted)) for event, held_by in rows]


def _what(event: Event, counted: bool) -> str:
    if event.state is State.CANCELLED:
        return "called_off"
    if event.state is not State.CLOSED_OUT:
        return "reopened"
    return "again" if counted else "new"
