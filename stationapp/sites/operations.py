"""The verbs of sites: what an office decides about its stations."""

from datetime import datetime

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.sites.rules import Level, SiteRefusal


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
