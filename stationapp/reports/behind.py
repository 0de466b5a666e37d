"""What counts for the figures that are looked behind: a site's month or its year so far, as it stands or as a version
counted it (trust.md R4)."""

import json
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from functools import cached_property

from sqlalchemy import ColumnElement, or_, select, true

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions.queries import last_answer
from stationapp.reports.called_off import cancelled_by
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.places import Ground, Place
from stationapp.reports.queries import begun, event_valid, grounds_of, in_month, merged_at
from stationapp.residents.queries import counted, counts_as
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.volunteers.models import HoursEntry


class Period(Enum):
    """The stretch of time a figure is of."""

    MONTH = "month"
    YEAR = "year"  # January to the month


@dataclass(frozen=True)
class Part:
    """One month of it: the version by which it counts (None: as it stands), and up to which line and answer."""

    month: Month
    report_id: int | None = None
    ledger: int | None = None
    answers: int | None = None
    closed_at: datetime | None = None
    sites: frozenset[str] | None = None  # that stood in that version's table

    @property
    def held(self) -> ColumnElement[bool]:
        """The condition on Event "begins in the month and counts by that version"."""
        if self.report_id is None:
            return in_month(self.month)
        counted_by = select(CountedEvent.event_id).where(CountedEvent.report_id == self.report_id)
        return in_month(self.month) & Event.id.in_(counted_by)

    @property
    def lines(self) -> ColumnElement[bool]:
        """The condition on HoursEntry "served in the month and counts by that version"."""
        days = HoursEntry.served_on.between(self.month.first_day, self.month.last_day)
        return days if self.ledger is None else days & (HoursEntry.id <= self.ledger)

    @property
    def called_off(self) -> ColumnElement[bool]:
        """The condition on Event "was to begin in the month, and was called off by the time it was closed"."""
        return in_month(self.month) & cancelled_by(merged_at(self.closed_at))


@dataclass(frozen=True)
class Scope:
    """Whose rows, and when. `before` is the month before the first one: the center has two months for its minimum."""

    site: Site
    month: Month
    period: Period
    parts: tuple[Part, ...]
    before: Part
    closed_at: datetime | None
    frozen: dict | None  # the body of the version whose figures these are

    @property
    def counts(self) -> ColumnElement[bool]:
        """The condition on Event "counts, wherever it was held": closed out, and somebody came (I-01)."""
        return (Event.state == State.CLOSED_OUT) & or_(*(part.held for part in self.parts)) & event_valid()

    @property
    def here(self) -> ColumnElement[bool]:
        """The condition on Event and Site "held here, and counts"."""
        return self.counts & beneath(self.site.path)

    @property
    def lines(self) -> ColumnElement[bool]:
        """The condition on HoursEntry and Site "served here, and counts"."""
        return or_(*(part.lines & self._stood(part) for part in self.parts)) & beneath(self.site.path)

    @property
    def called_off(self) -> ColumnElement[bool]:
        """The condition on Event and Site "was to be held here in the period, and was called off"."""
        return or_(*(part.called_off & self._stood(part) for part in self.parts)) & beneath(self.site.path)

    def _stood(self, part: Part) -> ColumnElement[bool]:
        """The condition on Site "stood there then": one that came from elsewhere since waits for the next version."""
        strangers = {place.code for place in self.places} - part.sites if part.sites is not None else ()
        return Site.code.not_in(sorted(strangers)) if strangers else true()

    def person(self, resident_id: ColumnElement[int]) -> ColumnElement[int]:
        """As whom somebody counts."""
        return counted(resident_id, merged_at(self.closed_at))

    @cached_property
    def who(self) -> dict[int, int]:
        """The same as a mapping: the merged records alone."""
        return counts_as(merged_at(self.closed_at))

    @cached_property
    def grounds(self) -> tuple[Ground, ...]:
        """The district on the last day of each month."""
        return grounds_of([part.month for part in self.parts])

    @property
    def ground(self) -> Ground:
        """The district on the report's own last day."""
        return self.grounds[-1]

    @property
    def places(self) -> list[Place]:
        """The site and all beneath it."""
        return self.ground.beneath(self.ground.places[self.site.id])

    def homes(self, community: str | None = None) -> list[int]:
        """The communities whose people the site's coverage counts, merged ones with them; or those of one.

        One that was closed and has no successor counts nowhere: nobody says how many live there.
        """
        inside = {place.id for place in self.places if place.active and community in (None, place.code)}
        return [id for id, home in self.ground.homes.items() if home in inside]


def scope_of(site: Site, month: Month, report: CoverageReport | None, period: Period) -> Scope:
    """The rows of a frozen version, or without one as they stand.

    A month's year is made of the earlier months as they were closed: a frozen body names their versions, else the
    latest of each holds.
    """
    frozen = json.loads(report.body) if report else None
    first = max(Month(month.year, 1), _begun(month, frozen)) if period is Period.YEAR else month
    earlier = _earlier(site, first.plus(-1), month, frozen)
    own = Part(
        month,
        report.id if report else None,
        frozen["ledger"] if frozen else None,
        frozen.get("answers", 0) if frozen else last_answer(clock.day_of(clock.now())),
        report.closed_at if report else None,
    )

    def part_of(one: Month) -> Part:
        return earlier.get(one) or replace(own, month=one)

    months = [first.plus(number) for number in range(month.month - first.month)]
    parts = (*(part_of(one) for one in months), own)
    closed_at = report.closed_at if report else None
    return Scope(site, month, period, parts, part_of(first.plus(-1)), closed_at, frozen)


def _begun(month: Month, frozen: dict | None) -> Month:
    """The first month anything is known of, or was when the version was frozen: those before are none of its year."""
    told = [Month.parse(one["month"]) for one in (frozen or {}).get("trend", ()) if one["figures"]]
    return min(told) if told else begun(month)


def _earlier(site: Site, first: Month, month: Month, frozen: dict | None) -> dict[Month, Part]:
    """The closed months of [first, month), each by the version that holds or that the frozen body names."""
    reports = db.session.scalars(
        select(CoverageReport)
        .where(
            CoverageReport.site_id == site.id,
            CoverageReport.month_on >= first.first_day,
            CoverageReport.month_on < month.first_day,
        )
        .order_by(CoverageReport.version)
    )
    named = {(one["month"], one["version"]) for one in (frozen or {}).get("trend", ())}
    found = {}
    for report in reports:
        of = Month.of(report.month_on)
        if frozen is None or (str(of), report.version) in named:
            body = json.loads(report.body)
            sites = frozenset(row["site"] for row in body["by_site"])
            found[of] = Part(of, report.id, body["ledger"], body.get("answers", 0), report.closed_at, sites)
    return found
