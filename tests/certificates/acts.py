"""Issuers, volunteers with hours and their certificates, made in one line each."""

from datetime import timedelta

from sqlalchemy import update

from stationapp import clock
from stationapp.certificates import operations
from stationapp.certificates.rules import IssuerFields
from stationapp.db import db, transaction
from stationapp.sites.models import Site
from stationapp.volunteers.models import Volunteer
from tests import cast
from tests.volunteers.acts import close, serve, volunteer

LEGAL = "湖北路街道办事处"


def issuer(site: Site, legal: str = LEGAL) -> Site:
    """The site as a legal person with a complete profile."""
    with transaction():
        db.session.execute(update(Site).where(Site.id == site.id).values(legal_body=legal))
    site = db.session.get(Site, site.id, populate_existing=True)
    with transaction():
        fields = IssuerFields(legal, "周主任", "孙经办", "0379-00000002")
        operations.fill_issuer(site, fields, by=None, now=clock.now())
    return site


def helper(
    site: Site, name: str = "王建国", phone: str = "19900003333", hours: int = 2, **changes
) -> Volunteer:
    """A volunteer with that many hours by one closed-out event."""
    who = volunteer(site, name, phone)
    began = clock.instant(clock.day_of(clock.now()) - timedelta(days=2), 8)
    made = cast.event(site, starts_at=began, ends_at=began + timedelta(hours=hours), **changes)
    serve(made, who, began, began + timedelta(hours=hours))
    close(made)
    db.session.refresh(who)
    return who


def issued(site: Site, *people: Volunteer, key: str = "k", by: int | None = None):
    """Certificates for them."""
    site = db.session.get_one(Site, site.id, populate_existing=True)
    ids = [one.id for one in people]
    with transaction():
        return operations.issue(site, ids, key=key, reason="本人申请", by=by, now=clock.now())
