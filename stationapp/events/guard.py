"""The edge's view of one event: loaded through the check of its site."""

from stationapp.accounts import guard
from stationapp.events.models import Event
from stationapp.events.queries import get_with_site
from stationapp.sites.models import Site


def event_here(code: str) -> tuple[Event, Site]:
    """The event and its site, if this request's action is allowed there. Raises NotFound."""
    event, site = get_with_site(code)
    guard.require(site.path)
    return event, site
