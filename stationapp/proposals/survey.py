"""Reads the whole ground of a month for a station, an office or the district: some twenty queries, however large."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import select

from stationapp.calendar.queries import differs
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.planning.queries import communities_of
from stationapp.proposals import means, wants
from stationapp.proposals.festive import festive_ideas, occasions
from stationapp.proposals.ground import Ground, Place, minutes_of
from stationapp.reports.queries import communities
from stationapp.rooms.hours import week_of
from stationapp.sites.models import Site
from stationapp.sites.queries import active_on, beneath
from stationapp.sites.rules import Level

LEAD = timedelta(days=3)
"""How far ahead something new may begin: it has to be approved and heard of."""


def survey(site: Site, month: Month, *, now: datetime, alone: bool = False) -> Ground:
    """Who lacks what at and beneath a site in a month, and what can be done about it; `alone`: at the site itself."""
    places = _places(site, month, alone)
    days = occasions(month)
    booked = means.list_planned(site, month)
    rooms = means.list_rooms(site, month, booked.wishes)
    known = communities(site, month)
    gaps = wants.gaps_of(month, communities_of(known), wants.list_reached(known.homes, month), booked.planned)
    return Ground(
        month=month,
        places=places,
        differs=differs(month.first_day, month.last_day),
        free_from=minutes_of(month, now + LEAD, now + LEAD)[1],
        gaps=_here(gaps, places),
        waits=_here(wants.list_waits(site, known.homes, month, now=now), places),
        held=wants.categories_held(site, month),
        missing=wants.missing_to_minimum(places.values(), booked.planned),
        halls=rooms.halls,
        shared=rooms.shared,
        busy=rooms.busy,
        planned=booked.planned,
        volunteers=means.count_volunteers(site),
        duties=means.list_duties(site, month),
        ideas=[*means.list_ideas(site, _scope(site), month, days), *festive_ideas(days, "/")],
        occasions=days,
    )


def _places(site: Site, month: Month, alone: bool) -> dict[int, Place]:
    query = select(Site).where(beneath(site.path), active_on(month.last_day)).order_by(Site.code)
    return {
        one.id: Place(
            one.id,
            one.code,
            one.short_name,
            one.level,
            one.path,
            one.parent_id,
            one.address,
            one.phone,
            week_of(one.hours),
        )
        for one in db.session.scalars(query)
        if one.id == site.id or not alone
    }


def _scope(site: Site) -> str:
    """Where to look for what went well: a station's whole office."""
    if site.level is not Level.STATION:
        return site.path
    return site.path[: site.path.rstrip("/").rindex("/") + 1]


def _here(found: Iterable, places: dict[int, Place]) -> list:
    return [one for one in found if one.site_id in places]
