"""The conditions by which facts count, and the reading of a site's month (domain.md §9)."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true

from stationapp import clock
from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import Month
from stationapp.db import db, one_moment
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports.models import CountedEvent
from stationapp.reports.places import Ground, Place, ground_of
from stationapp.reports.rules import state_of
from stationapp.sites.models import Population, Site
from stationapp.sites.queries import beneath
from stationapp.sites.rules import Group, Level
from stationapp.volunteers.models import HoursEntry

if TYPE_CHECKING:
    from stationapp.reports.columns import Facts
    from stationapp.reports.counting import Counted


def figures(site: Site, month: Month, *, version: int = 0, closed_at: datetime | None = None) -> dict:
    """The report's body as the facts stand now, marked as a version (0: the month is not closed)."""
    from stationapp.reports.figures import body

    with one_moment():
        facts = read(site, month, closed_at=closed_at)
        seen = counted(facts)
    over = facts.today > month.last_day
    return body(facts, seen, version=version, state=state_of(version, over=over))


def read(site: Site, month: Month, *, closed_at: datetime | None = None) -> "Facts":
    """Everything the month of a site, and of each site beneath it, rests on; in a fixed number of queries.

    Who counts as whom is read as it stands, or with `closed_at` as a closing at that instant sees it. Numpy comes
    with it: a web worker that never reckons a report does without.
    """
    from stationapp.reports.reading import facts_of

    return facts_of(site, month, closed_at)


def counted(facts: "Facts") -> "Counted":
    """What of it counts for `facts.site`: its closed months are as they were closed."""
    from stationapp.reports.counting import counted_of

    return counted_of(facts)


class Communities(NamedTuple):
    """The sites of a report, which community stands for whose now, and who lives there, by (community, group)."""

    places: dict[int, Place]
    homes: dict[int, int]
    populations: dict[tuple[int, Group], int]


def communities(site: Site, month: Month) -> Communities:
    """What the month's coverage is reckoned against, without what was held: two queries."""
    ground = grounds_of([month])[0]
    places = {place.id: place for place in ground.beneath(ground.places[site.id])}
    return Communities(places, _led_to(ground, places), ground.populations)


def joined(site: Site, month: Month) -> list[Site]:
    """Communities of elsewhere that were merged into one of these in the month's year: their people count here since.

    Of months closed before, the site's versions hold what they counted then, and not where these people went.
    """
    gone = db.session.scalars(
        select(Site)
        .where(
            Site.level == Level.STATION,
            Site.successor_id.is_not(None),
            Site.valid_to.between(Month(month.year, 1).first_day, month.last_day),
            ~beneath(site.path),
        )
        .order_by(Site.code)
    ).all()
    homes = communities(site, month).homes if gone else {}
    return [one for one in gone if one.id in homes]


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


def grounds_of(months: Sequence[Month]) -> tuple[Ground, ...]:
    """The district as it stood on the last day of each month: two queries."""
    tree = db.session.execute(_TREE).all()
    counts = db.session.execute(
        select(Population.site_id, Population.group, Population.people, Population.as_of, Population.source)
        .where(Population.as_of <= max(months).last_day)
        .order_by(Population.as_of)
    ).all()
    return tuple(ground_of(tree, counts, month) for month in months)


def _led_to(ground: Ground, places: Collection[int]) -> dict[int, int]:
    """Every community that one of these places stands for."""
    return {id: home for id, home in ground.homes.items() if home in places}


# --- what a version rests on ---------------------------------------------------------------------------------


def homes_of(site: Site, month: Month) -> list[int]:
    """The communities whose residents the site's coverage counts, merged ones with them."""
    return list(communities(site, month).homes)


def evidence(site: Site, month: Month) -> dict[int, datetime]:
    """The month's events that its figures rest on as it stands, with when each was closed out: those held at the site
    and beneath, and anybody's that people of its communities came to."""
    homes = homes_of(site, month)
    came = exists().where(Attendance.event_id == Event.id, is_served(Attendance.community_id.in_(homes)))
    rows = db.session.execute(
        select(Event.id, Event.closed_out_at)
        .join(Site, Site.id == Event.site_id)
        .where(event_counts(), event_valid(), in_month(month), or_(beneath(site.path), came.correlate(Event)))
    )
    return dict(rows.all())


# --- which months there are ------------------------------------------------------------------------------------


def find_first_month() -> Month | None:
    """The first month anything is known of in the district: an event closed out, or a line of the ledger."""
    held = db.session.scalar(select(func.min(Event.starts_at)).where(Event.state == State.CLOSED_OUT))
    served = db.session.scalar(select(func.min(HoursEntry.served_on)))
    days = [day for day in (held and clock.day_of(held), served) if day]
    return Month.of(min(days)) if days else None


def begun(month: Month) -> Month:
    """That month, `month` at the latest. Months before are no months of a year."""
    return min(find_first_month() or month, month)
