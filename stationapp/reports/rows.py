"""The rows behind each figure, as paged queries of their own: they count again what the figures counted (R4)."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, case, func, select, union

from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.reports.models import CoverageReport
from stationapp.reports.queries import (
    event_counts,
    event_valid,
    homes_of,
    in_month,
    is_served,
    ledger_lines,
    merged_at,
)
from stationapp.reports.rules import BANDS
from stationapp.residents.models import Resident
from stationapp.residents.queries import counted
from stationapp.sites.models import Site
from stationapp.sites.queries import active_on, beneath
from stationapp.sites.rules import Group, Level
from stationapp.volunteers.models import HoursEntry, Volunteer

LISTS = {
    "I-01": "events",
    "I-02": "activities",
    "I-03": "stations",
    "I-04": "attendances",
    "I-05": "persons",
    "I-06": "attendances",
    "I-07": "reached",
    "I-08": "reached",
    "I-12": "volunteers",
    "I-13": "hours",
    "I-15": "hours",
    "I-22": "attendances",
}
"""Which list stands behind a figure."""

COUNTED = tuple(id for id in LISTS if id != "I-08")
"""Figures with one number to compare; I-08 has one a group."""


@dataclass(frozen=True)
class Scope:
    """Whose rows: a site's month, as it stands or as a version counted it."""

    site: Site
    month: Month
    counted_by: int | None = None
    ledger: int | None = None
    closed_at: datetime | None = None

    def person(self, resident_id: ColumnElement[int]) -> ColumnElement[int]:
        """As whom somebody counts."""
        return counted(resident_id, merged_at(self.closed_at))

    @property
    def here(self) -> ColumnElement[bool]:
        """The condition on Event and Site "held here in the month, and counts"."""
        counts = event_counts(self.counted_by) & event_valid()
        return counts & in_month(self.month) & beneath(self.site.path)


def scope_of(site: Site, month: Month, version: CoverageReport | None) -> Scope:
    """The rows of a frozen version, or without one as they stand."""
    if version is None:
        return Scope(site, month)
    return Scope(site, month, version.id, json.loads(version.body)["ledger"], version.closed_at)


def query(scope: Scope, id: str, group: Group = Group.ALL) -> Select:
    """The rows behind a figure, in a steady order."""
    if LISTS[id] == "reached":
        return _reached(scope, group)
    return _QUERIES[LISTS[id]](scope)


def measure(scope: Scope, id: str, group: Group = Group.ALL) -> int:
    """What the rows come to: how many they are, or for hours their minutes."""
    rows = query(scope, id, group).order_by(None).subquery()
    if LISTS[id] == "hours":
        return db.session.scalar(select(func.sum(rows.c.minutes))) or 0
    return db.session.scalar(select(func.count()).select_from(rows)) or 0


def expected(body: dict, id: str, group: Group = Group.ALL) -> int:
    """What the figure says its rows must come to."""
    figure = body["figures"][id]
    if id == "I-03":
        return figure["denominator"] or 0
    if id == "I-04":
        return figure["named"]
    if id == "I-08":
        return figure["groups"][group.value]["numerator"]
    if id == "I-22":
        return sum(figure["by_channel"].values())
    if LISTS[id] == "hours":
        return body["figures"]["I-13"]["minutes"]
    return figure["value"] if figure.get("numerator") is None else figure["numerator"]


def headcounts(scope: Scope) -> list:
    """(event, site, people) of those counted without a name, for I-04."""
    rows = db.session.execute(
        select(Event, Site, func.sum(Headcount.people).label("people"))
        .join(Headcount, Headcount.event_id == Event.id)
        .join(Site, Site.id == Event.site_id)
        .where(scope.here)
        .group_by(Event.id, Site.id)
        .order_by(Event.starts_at, Event.id)
    )
    return list(rows)


def _events(scope: Scope) -> Select:
    named = _per_event(func.count(Attendance.id), Attendance.event_id, is_served())
    heads = _per_event(func.sum(Headcount.people), Headcount.event_id)
    return (
        select(
            Event.id,
            Event.code,
            Event.title,
            Event.starts_at,
            Event.category,
            Site.short_name,
            named.label("named"),
            heads.label("anonymous"),
        )
        .join(Site, Site.id == Event.site_id)
        .where(scope.here)
        .order_by(Event.starts_at, Event.id)
    )


def _per_event(number, event_id, *conditions):
    return select(func.coalesce(number, 0)).where(event_id == Event.id, *conditions).scalar_subquery()


def _activities(scope: Scope) -> Select:
    activity = func.coalesce(Event.series_id, -Event.id)
    groups = (
        select(func.min(Event.id).label("first"), func.count().label("events"))
        .join(Site, Site.id == Event.site_id)
        .where(scope.here)
        .group_by(activity)
        .subquery()
    )
    return (
        select(
            Event.code,
            func.coalesce(Series.title, Event.title).label("title"),
            Event.starts_at,
            Series.cadence,
            Site.short_name,
            groups.c.events,
        )
        .join(groups, groups.c.first == Event.id)
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Series, Series.id == Event.series_id)
        .order_by(Event.starts_at, Event.id)
    )


def _stations(scope: Scope) -> Select:
    own = (
        select(func.count(Event.id))
        .where(event_counts(scope.counted_by), event_valid(), in_month(scope.month), Event.site_id == Site.id)
        .scalar_subquery()
    )
    return (
        select(Site.code, Site.short_name, own.label("events"))
        .where(beneath(scope.site.path), Site.level == Level.STATION, active_on(scope.month.last_day))
        .order_by(Site.code)
    )


def _attendances(scope: Scope) -> Select:
    home = select(Site.short_name).where(Site.id == Attendance.community_id).correlate(Attendance)
    return (
        select(
            Attendance.id,
            Resident.name,
            Attendance.band,
            Attendance.lives,
            Attendance.channel,
            Attendance.came_how,
            home.scalar_subquery().label("home"),
            Event.title,
            Event.starts_at,
            Event.code,
            Site.short_name,
        )
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .join(Resident, Resident.id == Attendance.resident_id)
        .where(scope.here, is_served())
        .order_by(Event.starts_at, Attendance.id)
    )


def _persons(scope: Scope) -> Select:
    return (
        select(Resident.id, Resident.name, func.count(Attendance.id).label("times"))
        .join(Attendance, scope.person(Attendance.resident_id) == Resident.id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(scope.here, is_served())
        .group_by(Resident.id, Resident.name)
        .order_by(Resident.id)
    )


def _volunteers(scope: Scope) -> Select:
    came = (
        select(scope.person(Attendance.resident_id).label("resident_id"))
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(scope.here, Attendance.part == Part.VOLUNTEER, ~Attendance.undone)
    )
    lines = _hours(scope).order_by(None).subquery()
    earned = (
        select(lines.c.resident_id)
        .group_by(lines.c.resident_id, lines.c.site_id)
        .having(func.sum(lines.c.minutes) > 0)
    )
    all_lines = _hours(scope).order_by(None).subquery()
    minutes = (
        select(func.coalesce(func.sum(all_lines.c.minutes), 0))
        .where(all_lines.c.resident_id == Resident.id)
        .scalar_subquery()
    )
    who = union(came, earned).subquery()
    return (
        select(Resident.id, Resident.name, minutes.label("minutes"))
        .where(Resident.id.in_(select(who.c.resident_id)))
        .order_by(Resident.id)
    )


def _hours(scope: Scope) -> Select:
    corrected, conditions = ledger_lines(scope.site, scope.month, scope.ledger)
    source = case(
        (HoursEntry.corrects_id.is_not(None), "correction"),
        (HoursEntry.manual_id.is_not(None), "manual"),
        else_="attendance",
    )
    return (
        select(
            HoursEntry.id,
            HoursEntry.served_on,
            HoursEntry.minutes,
            HoursEntry.site_id,
            HoursEntry.corrects_id,
            scope.person(Volunteer.resident_id).label("resident_id"),
            Resident.name,
            Site.short_name,
            source.label("source"),
            func.coalesce(HoursEntry.manual_id, corrected.manual_id).is_not(None).label("manual"),
        )
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Site, Site.id == HoursEntry.site_id)
        .outerjoin(corrected, corrected.id == HoursEntry.corrects_id)
        .where(*conditions)
        .order_by(HoursEntry.served_on, HoursEntry.id)
    )


def _reached(scope: Scope, group: Group) -> Select:
    """People of the site's communities served by anyone in the district, this month."""
    homes = homes_of(scope.site, scope.month)
    return (
        select(Resident.id, Resident.name, func.count(Attendance.id).label("times"))
        .join(Attendance, scope.person(Attendance.resident_id) == Resident.id)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            event_counts(scope.counted_by),
            in_month(scope.month),
            is_served(Attendance.community_id.in_(homes), Attendance.band.in_(BANDS[group])),
        )
        .group_by(Resident.id, Resident.name)
        .order_by(Resident.id)
    )


_QUERIES = {
    "events": _events,
    "activities": _activities,
    "stations": _stations,
    "attendances": _attendances,
    "persons": _persons,
    "volunteers": _volunteers,
    "hours": _hours,
}
