"""What the pages of one event's presence share: whose event it is, and who is missing a sign-out."""

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import Part
from stationapp.events.models import Event
from stationapp.events.queries import get_with_site
from stationapp.events.rules import touches
from stationapp.refusal import NotFound
from stationapp.sites.models import Site


def its(code: str) -> tuple[Event, Site]:
    """The event and its site, if this request's action is allowed there; a helper sees today's alone."""
    event, site = get_with_site(code)
    guard.require(site.path)
    if not guard.can(Action.PLAN, site.path) and not touches(event, clock.day_of(clock.now())):
        raise NotFound
    return event, site


def pending(lines: list[Line]) -> list[Line]:
    """Volunteers who came and were not signed out."""
    return [line for line in lines if line.part is Part.VOLUNTEER and line.there and not line.there.left_at]
