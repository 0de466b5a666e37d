"""The facts of a site's month, read once in a fixed number of queries, and the figures made of them."""

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import State
from stationapp.reports.figures import body
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.rules import state_of
from stationapp.reports.tally import Facts, Held, Line, Place, Reached, Row
from stationapp.residents.queries import counts_as
from stationapp.sites.models import Population, Site
from stationapp.sites.queries import beneath
from stationapp.sites.rules import Group, Level, contains
from stationapp.volunteers.models import HoursEntry, Volunteer


def figures(site: Site, month: Month, *, version: int = 0, closed_at: datetime | None = None) -> dict:
    """The report's body as the facts stand now, marked as a version (0: the month is open)."""
    return body(facts(site, month, closed_at=closed_at), version=version, state=state_of(version))


def facts(
    site: Site,
    month: Month,
    *,
    counted_by: int | None = None,
    ledger: int | None = None,
    closed_at: datetime | None = None,
) -> Facts:
    """Everything the month rests on: ten queries, however many sites and events there are.

    With `counted_by` (a report's id) only the events which that version counted are read, and with `ledger`
    the lines of hours up to that one: lines are numbered in the order they were committed. Who counts as whom is
    read as it stands, or with `closed_at` as a closing at that instant saw it.
    """
    tree = list(db.session.execute(_TREE))
    places = _places(tree, site, month)
    homes = _homes(tree, places, month)
    counts = event_counts(counted_by)
    here = counts & in_month(month) & beneath(site.path)
    who = counts_as(merged_at(closed_at))
    populations, sources = _populations(places, month)
    return Facts(
        month=month,
        site_id=site.id,
        places=places,
        homes=homes,
        events=[Held(*row[:-1], order=(row.starts_at, row.id)) for row in db.session.execute(_events(here))],
        rows=[Row(who.get(row[0], row[0]), *row[1:]) for row in db.session.execute(_rows(here))],
        heads=[tuple(row) for row in db.session.execute(_heads(here))],
        lines=[
            Line(who.get(row[0], row[0]), *row[1:]) for row in db.session.execute(_lines(site, month, ledger))
        ],
        reached=[
            Reached(who.get(row[0], row[0]), *row[1:])
            for row in db.session.execute(_reached(counts, homes, month))
        ],
        populations=populations,
        sources=sources,
        before=db.session.scalar(_before(site, month, counts)) or 0,
        ledger=ledger if ledger is not None else db.session.scalar(select(func.max(HoursEntry.id))) or 0,
    )


class Communities(NamedTuple):
    """The sites of a report, which community stands for whose now, and who lives there, by (community, group)."""

    places: dict[int, Place]
    homes: dict[int, int]
    populations: dict[tuple[int, Group], int]


def communities(site: Site, month: Month) -> Communities:
    """What the month's coverage is reckoned against, without what was held: two queries."""
    tree = list(db.session.execute(_TREE))
    places = _places(tree, site, month)
    return Communities(places, _homes(tree, places, month), _populations(places, month)[0])


SETTLED = timedelta(minutes=1)
"""A closing reads who counts as whom as it was a minute before: by then whatever was written is committed, and the
version made again finds the same, whoever waited for whom (trust.md R2)."""


def merged_at(closed_at: datetime | None) -> datetime | None:
    """The instant whose merges a closing at `closed_at` reads; None: as they stand."""
    return None if closed_at is None else closed_at - SETTLED


# --- conditions, also used by the rows behind a figure -------------------------------------------------------


def event_counts(counted_by: int | None = None) -> ColumnElement[bool]:
    """The condition on Event "closed out", or "counted by that version"."""
    if counted_by is None:
        return Event.state == State.CLOSED_OUT
    return Event.id.in_(select(CountedEvent.event_id).where(CountedEvent.report_id == counted_by))


def in_month(month: Month) -> ColumnElement[bool]:
    """The condition on Event "begins in the month" (half-open, Asia/Shanghai)."""
    return (Event.starts_at >= month.begins_at) & (Event.starts_at < month.ends_at)


def in_year(month: Month) -> ColumnElement[bool]:
    """The condition on Event "begins in the month or earlier in its year"."""
    return (Event.starts_at >= Month(month.year, 1).begins_at) & (Event.starts_at < month.ends_at)


def is_served(*more: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition on Attendance "a resident was there"."""
    return (Attendance.part == Part.RESIDENT) & ~Attendance.undone & and_(true(), *more)


def event_valid() -> ColumnElement[bool]:
    """The condition on Event "at least one resident or one person counted" (I-01)."""
    return or_(
        exists().where(Attendance.event_id == Event.id, is_served()).correlate(Event),
        exists().where(Headcount.event_id == Event.id).correlate(Event),
    )


# --- the tree ------------------------------------------------------------------------------------------------

_TREE = select(
    Site.id,
    Site.code,
    Site.short_name,
    Site.level,
    Site.path,
    Site.parent_id,
    Site.valid_from,
    Site.valid_to,
    Site.successor_id,
).order_by(Site.code)


def _places(tree, site: Site, month: Month) -> dict[int, Place]:
    return {
        row.id: Place(
            row.id,
            row.code,
            row.short_name,
            row.level,
            row.path,
            row.parent_id,
            active=_in_force(row, month.last_day, month.last_day),
            lived=_in_force(row, month.first_day, month.last_day),
        )
        for row in tree
        if contains(site.path, row.path)
    }


def _in_force(row, since: date, until: date) -> bool:
    return row.valid_from <= until and (row.valid_to is None or row.valid_to >= since)


def _homes(tree, places: dict[int, Place], month: Month) -> dict[int, int]:
    """Every community that one of the report's places stands for now, merged ones led to their successor."""
    rows = {row.id: row for row in tree}
    homes = {}
    for id, row in rows.items():
        home, steps = row, 0
        while not _in_force(home, month.last_day, month.last_day) and home.successor_id and steps < 9:
            home, steps = rows[home.successor_id], steps + 1
        if home.id in places:
            homes[id] = home.id
    return homes


# --- the rows ------------------------------------------------------------------------------------------------


def _events(here: ColumnElement[bool]):
    return (
        select(
            Event.id,
            Event.site_id,
            Event.category,
            Event.task,
            Event.series_id,
            Series.cadence,
            Event.starts_at,
        )
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Series, Series.id == Event.series_id)
        .where(here)
    )


def _rows(here: ColumnElement[bool]):
    return (
        select(
            Attendance.resident_id,
            Attendance.event_id,
            Attendance.part,
            Attendance.channel,
            Attendance.lives,
            Attendance.band,
        )
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(here, ~Attendance.undone)
    )


def _heads(here: ColumnElement[bool]):
    return (
        select(Headcount.event_id, Headcount.band, Headcount.people)
        .join(Event, Event.id == Headcount.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(here)
    )


def ledger_lines(site: Site, month: Month, ledger: int | None) -> tuple:
    """(the corrected line's alias, conditions) for reading the month's ledger lines at and beneath a site."""
    corrected = aliased(HoursEntry)
    conditions = [
        HoursEntry.served_on >= month.first_day,
        HoursEntry.served_on <= month.last_day,
        beneath(site.path),
    ]
    if ledger is not None:
        conditions.append(HoursEntry.id <= ledger)
    return corrected, conditions


def _lines(site: Site, month: Month, ledger: int | None):
    corrected, conditions = ledger_lines(site, month, ledger)
    return (
        select(
            Volunteer.resident_id,
            HoursEntry.site_id,
            HoursEntry.minutes,
            func.coalesce(HoursEntry.manual_id, corrected.manual_id).is_not(None),
        )
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .join(Site, Site.id == HoursEntry.site_id)
        .outerjoin(corrected, corrected.id == HoursEntry.corrects_id)
        .where(*conditions)
    )


def _reached(counts: ColumnElement[bool], homes: dict[int, int], month: Month):
    return (
        select(
            Attendance.resident_id,
            Attendance.community_id,
            Attendance.band,
            (Event.starts_at >= month.begins_at).label("now"),
        )
        .join(Event, Event.id == Attendance.event_id)
        .where(counts, in_year(month), is_served(Attendance.community_id.in_(homes)))
        .distinct()
    )


def _before(site: Site, month: Month, counts: ColumnElement[bool]):
    """How many valid events the site itself held in the month before (the center's minimum, I-03)."""
    return select(func.count(Event.id)).where(
        counts, Event.site_id == site.id, in_month(month.plus(-1)), event_valid()
    )


def _populations(places: dict[int, Place], month: Month) -> tuple[dict[tuple[int, Group], int], list[dict]]:
    """The values in force on the month's last day, and which counts they come from."""
    communities = [place.id for place in places.values() if place.level is Level.STATION and place.active]
    rows = db.session.execute(
        select(Population.site_id, Population.group, Population.people, Population.as_of, Population.source)
        .where(Population.site_id.in_(communities), Population.as_of <= month.last_day)
        .order_by(Population.as_of)
    )
    latest = {(row.site_id, row.group): row for row in rows}
    used = sorted({(row.as_of, row.source) for row in latest.values()})
    sources = [{"as_of": as_of.isoformat(), "source": source} for as_of, source in used]
    return {key: row.people for key, row in latest.items()}, sources


# --- what a version rests on ---------------------------------------------------------------------------------


def homes_of(site: Site, month: Month) -> list[int]:
    """The communities whose residents the site's coverage counts, merged ones with them."""
    tree = list(db.session.execute(_TREE))
    return list(_homes(tree, _places(tree, site, month), month))


def evidence(site: Site, month: Month) -> dict[int, datetime]:
    """Every event that any figure of the month rests on, with when it was closed out.

    Own events of the month; events of the year so far, anybody's, that people of these communities came to;
    and for the minimum of I-03 the site's own events of the month before.
    """
    homes = homes_of(site, month)
    came = exists().where(Attendance.event_id == Event.id, is_served(Attendance.community_id.in_(homes)))
    rows = db.session.execute(
        select(Event.id, Event.closed_out_at)
        .join(Site, Site.id == Event.site_id)
        .where(
            event_counts(),
            event_valid(),
            or_(
                in_month(month) & beneath(site.path),
                in_year(month) & came,
                in_month(month.plus(-1)) & (Event.site_id == site.id),
            ),
        )
    )
    return dict(rows.all())


# --- which months are closed -----------------------------------------------------------------------------------


def latest_by_month(site: Site) -> dict[Month, tuple[int, datetime]]:
    """(version, closed at) of each closed month of a site."""
    rows = db.session.execute(
        select(CoverageReport.month_on, func.max(CoverageReport.version), func.max(CoverageReport.closed_at))
        .where(CoverageReport.site_id == site.id)
        .group_by(CoverageReport.month_on)
    )
    return {Month.of(month_on): (version, closed_at) for month_on, version, closed_at in rows}
