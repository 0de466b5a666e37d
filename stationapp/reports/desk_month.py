"""Which site's month an address of the desk means."""

from stationapp.accounts import guard
from stationapp.calendar.rules import Month
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site

FIRST = Month(2001, 1)
"""A report looks a year back, and months begin with 2000."""


def site_month(code: str, text: str) -> tuple[Site, Month]:
    """The site and month of an address, if this request's action is allowed there; raises NotFound."""
    site = get_site(code)
    guard.require(site.path)
    try:
        month = Month.parse(text)
    except ValueError:
        raise NotFound from None
    if month < FIRST:
        raise NotFound
    return site, month
