"""What residents and sites lack, read in a fixed number of queries for a station, an office or the district."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import aliased

from stationapp.attendance.models import Attendance
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import Category, State
from stationapp.planning.board import Community, aims_of
from stationapp.proposals.ground import Gap, Place, Planned, Wait
from stationapp.reports.queries import event_counts, event_valid, is_served
from stationapp.reports.rules import BANDS, MINIMUM
from stationapp.residents.models import Resident
from stationapp.signups.models import Signup
from stationapp.signups.rules import SEATED
from stationapp.signups.rules import Place as Seat
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.sites.rules import Group

MONTHS = 3
"""How far back "of late" reaches, in whole months before the month that is planned."""


class Reached(NamedTuple):
    """When somebody of an age band of a community was served last."""

    community_id: int
    band: AgeBand
    last_at: datetime


def list_reached(homes: dict[int, int], month: Month) -> list[Reached]:
    """The last time of each band of these communities in the months before and in the month itself."""
    rows = db.session.execute(
        select(Attendance.community_id, Attendance.band, func.max(Event.starts_at))
        .join(Event, Event.id == Attendance.event_id)
        .where(
            event_counts(),
            Event.starts_at >= month.plus(-MONTHS).begins_at,
            Event.starts_at < month.ends_at,
            is_served(Attendance.community_id.in_(homes)),
        )
        .group_by(Attendance.community_id, Attendance.band)
    )
    return [Reached(homes[home], band, last_at) for home, band, last_at in rows]


def gaps_of(
    month: Month,
    communities: Iterable[Community],
    reached: Iterable[Reached],
    planned: Iterable[Planned],
) -> list[Gap]:
    """Community × group that the month would leave out as it is planned (I-11), with since when they were left out.

    What lacks on the board is a gap here, unless somebody of the group was served in the month already.
    """
    last: dict[tuple[int, Group], datetime] = {}
    for one in reached:
        for group in (group for group in Group if one.band in BANDS[group]):
            key = (one.community_id, group)
            last[key] = max(last.get(key, one.last_at), one.last_at)
    planned = list(planned)
    now_for = aims_of((one.groups, one.site_ids) for one in planned if one.span[0] >= 0)
    before_for = aims_of((one.groups, one.site_ids) for one in planned if one.span[0] < 0)
    found = []
    for place in communities:
        for group in place.lacks(now_for, Group):
            served_at = last.get((place.site_id, group))
            if served_at is None or served_at < month.begins_at:
                since = None if place.has(before_for, group) else _silent_since(month, served_at)
                found.append(Gap(place.site_id, group, place.people.get(group), since))
    return found


def _silent_since(month: Month, last_at: datetime | None) -> Month | None:
    """The first month in which nobody was served; None when somebody was in the month before."""
    if last_at is None:
        return month.plus(-MONTHS)
    silent = [one for one in (month.plus(-n) for n in range(MONTHS, 0, -1)) if last_at < one.begins_at]
    return silent[0] if silent else None


def list_waits(site: Site, homes: dict[int, int], month: Month, *, now: datetime) -> list[Wait]:
    """People who waited for a seat, never got one and found none at a later time of the same title either.

    They count where they live; those of unknown home, or from outside, where they waited.
    """
    later, seated = aliased(Event), aliased(Signup)
    seated_since = exists().where(
        seated.resident_id == Signup.resident_id,
        seated.state.in_(SEATED),
        later.id == seated.event_id,
        later.title == Event.title,
        later.starts_at > Event.starts_at,
    )
    rows = db.session.execute(
        select(Resident.id, Resident.community_id, Event.site_id, Event.title)
        .join_from(Signup, Event, Event.id == Signup.event_id)
        .join(Resident, Resident.id == Signup.resident_id)
        .join(Site, Site.id == Event.site_id)
        .where(
            Signup.state == Seat.WAITLISTED,
            Event.state.in_((State.PUBLISHED, State.CLOSED_OUT)),
            Event.starts_at >= month.plus(-MONTHS).begins_at,
            Event.ends_at <= now,
            or_(Resident.community_id.in_(homes), beneath(site.path)),
            ~seated_since,
        )
        .distinct()
    )
    people: dict[tuple[int, str], set[int]] = defaultdict(set)
    for resident_id, home, site_id, title in rows:
        people[homes.get(home, site_id), title].add(resident_id)
    return [Wait(where, title, len(who)) for (where, title), who in sorted(people.items())]


def categories_held(site: Site, month: Month) -> dict[int, frozenset[Category]]:
    """The categories each site at or beneath held a valid event of in the months before (I-09)."""
    rows = db.session.execute(
        select(Event.site_id, Event.category)
        .join(Site, Site.id == Event.site_id)
        .where(
            event_counts(),
            event_valid(),
            Event.starts_at >= month.plus(-MONTHS).begins_at,
            Event.starts_at < month.begins_at,
            beneath(site.path),
        )
        .distinct()
    )
    held: dict[int, set[Category]] = defaultdict(set)
    for site_id, category in rows:
        held[site_id].add(category)
    return {site_id: frozenset(found) for site_id, found in held.items()}


def missing_to_minimum(places: Iterable[Place], planned: Iterable[Planned]) -> dict[int, int]:
    """How many events each site still needs to be held as often as expected (I-03), what is planned counted in."""
    own: dict[int, list[int]] = defaultdict(list)
    for event in planned:
        own[event.site_ids[0]].append(event.span[0])
    found = {}
    for place in places:
        least, months = MINIMUM[place.level]
        counted = sum(begins >= 0 or months > 1 for begins in own[place.id])
        found[place.id] = max(0, least - counted)
    return found
