"""Every flag of a span, found from the facts; nothing of it is stored (domain.md §7).

They stand by date and then by site, so that nobody is ranked by them.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.scrutiny.found_doors import clocks_forward, late_scans, made_late, one_hand
from stationapp.scrutiny.found_hours import about_hours
from stationapp.scrutiny.found_people import long_days, one_device, two_places
from stationapp.scrutiny.models import Dismissal
from stationapp.scrutiny.rules import Raised, Span
from stationapp.sites.models import Site

FINDERS = (two_places, long_days, one_device, made_late, late_scans, clocks_forward, one_hand, about_hours)
"""Each: (condition on Site, span) → flags, in a fixed number of questions."""


@dataclass(frozen=True)
class Looked:
    """A flag as the page lists it; `reason` and `by` when somebody has found it in order."""

    raised: Raised
    site: Site
    dismissed_at: datetime | None = None
    reason: str = ""
    by: str = ""

    @property
    def is_dismissed(self) -> bool:
        """Whether somebody's word stands for these very facts."""
        return self.dismissed_at is not None


def find(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """What asks for a look at the sites for which `here` holds, by date and site."""
    found = [raised for finder in FINDERS for raised in finder(here, span)]
    return sorted(found, key=lambda one: (one.day, one.site_id, one.flag.value, one.subject))


def looked_at(here: ColumnElement[bool], span: Span) -> list[Looked]:
    """The same with what was said to them, by date and the site's code."""
    found = find(here, span)
    words = _words({one.facts_hash for one in found})
    sites = {site.id: site for site in db.session.scalars(select(Site))}
    listed = [Looked(one, sites[one.site_id], *words.get(_key(one), ())) for one in found]
    return sorted(listed, key=lambda one: (one.raised.day, one.site.code))


def _key(one: Raised) -> tuple:
    return one.flag, one.subject, one.facts_hash


def _words(hashes: set[str]) -> dict[tuple, tuple]:
    """The last word about each of these facts, where it is that all is in order."""
    later = aliased(Dismissal)
    same = (later.facts_hash == Dismissal.facts_hash) & (later.id > Dismissal.id)
    rows = db.session.execute(
        select(Dismissal, Staff.name)
        .outerjoin(Staff, Staff.id == Dismissal.by)
        .where(
            Dismissal.facts_hash.in_(hashes),
            ~Dismissal.lifted,
            ~select(later.id).where(same).exists(),
        )
    )
    return {(one.flag, one.subject, one.facts_hash): (one.at, one.reason, by or "") for one, by in rows}
