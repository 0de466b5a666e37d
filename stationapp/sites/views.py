"""The district's places, for whoever wants to go there or call."""

from flask import Blueprint, render_template

from stationapp import clock
from stationapp.events.listing import Filters, next_change, what_is_on
from stationapp.rooms.queries import get_site_with_rooms
from stationapp.sites.models import Site
from stationapp.sites.queries import find_successor, list_sites
from stationapp.sites.rules import Level
from stationapp.web import remember

bp = Blueprint("sites", __name__)

COMING = 10


@bp.get("/sites")
def index():
    """Every place in force today: the center, then each office with its stations, in code order."""
    now = clock.now()
    sites = list_sites(on=clock.day_of(now))
    remember.until(next_change((), now))
    return render_template(
        "sites/index.html",
        center=next((site for site in sites if site.level is Level.CENTER), None),
        offices=_by_office(sites),
    )


@bp.get("/sites/<code>")
def show(code: str):
    """One place: where it is, when it is open, whom to call, its rooms, what is coming up there."""
    now = clock.now()
    site, rooms = get_site_with_rooms(code)
    filters = Filters(site_id=site.id) if site.level is Level.STATION else Filters(path=site.path)
    lines = what_is_on(filters, page=1, size=COMING, now=now)
    remember.until(next_change(lines, now))
    return render_template(
        "sites/show.html",
        site=site,
        over=site.valid_to is not None and site.valid_to < clock.day_of(now),
        successor=find_successor(site),
        rooms=rooms,
        events=[(line, line.stage(now)) for line in lines[:COMING]],
        more=len(lines) > COMING,
    )


def _by_office(sites: list[Site]) -> list[tuple[Site, list[Site]]]:
    stations: dict[int | None, list[Site]] = {}
    for site in sites:
        stations.setdefault(site.parent_id, []).append(site)
    return [(site, stations.get(site.id, [])) for site in sites if site.level is Level.OFFICE]
