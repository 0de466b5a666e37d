"""The verbs of sites: what an office decides about its stations."""

from datetime import datetime

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.sites.rules import LONGEST_OFFER, Level, SiteRefusal


def let_publish(office: Site, directly: bool, *, by: int | None, now: datetime) -> None:
    """Let an office's stations publish directly, or ask for its approval first; nothing when it stands so already."""
    if office.level is not Level.OFFICE:
        raise Refused(SiteRefusal.NOT_AN_OFFICE)
    db.session.refresh(office, with_for_update=True)
    if office.publishes_directly == directly:
        return
    office.publishes_directly = directly
    db.session.flush()
    how = "directly" if directly else "approved"
    record(f"sites.publish_{how}", f"site {office.code}", by=by, now=now, site_id=office.id)


def keep_offers_for(site: Site, hours: int, *, by: int | None, now: datetime) -> None:
    """For how many hours a freed place at the site's events is kept for whoever it is offered to, from now on.

    Raises Refused(OFFER_HOURS) for less than one or more than LONGEST_OFFER.
    """
    if not 1 <= hours <= LONGEST_OFFER:
        raise Refused(SiteRefusal.OFFER_HOURS, longest=LONGEST_OFFER)
    db.session.refresh(site, with_for_update=True)
    if site.offer_hours == hours:
        return
    site.offer_hours = hours
    db.session.flush()
    record("sites.keep_offers", f"site {site.code}", by=by, now=now, site_id=site.id)
