"""Every flag of a span, found from the facts; nothing of it is stored (domain.md §7).

They stand by date and then by site, so that nobody is ranked by them.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Row, select

from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.scrutiny.found_doors import clocks_forward, late_scans, made_late, one_hand
from stationapp.scrutiny.found_hours import about_hours
from stationapp.scrutiny.found_people import long_days, one_device, two_places
from stationapp.scrutiny.models import Dismissal
from stationapp.scrutiny.rules import Raised, Span, usual_span
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
    listed = [Looked(one, sites[one.site_id], *_last_word(one, words)) for one in found]
    return sorted(listed, key=lambda one: (one.raised.day, one.site.code))


def count_open(here: ColumnElement[bool], today: date) -> int:
    """How many nobody has found in order yet, of this month and the one before."""
    return sum(not one.is_dismissed for one in looked_at(here, usual_span(today)))


def _words(hashes: set[str]) -> dict[str, list[Row]]:
    """What was said to each of these facts, the last word first."""
    rows = db.session.execute(
        select(Dismissal, Staff.name)
        .outerjoin(Staff, Staff.id == Dismissal.by)
        .where(Dismissal.facts_hash.in_(hashes))
        .order_by(Dismissal.id.desc())
    )
    said = defaultdict(list)
    for row in rows:
        said[row.Dismissal.facts_hash].append(row)
    return said


def _last_word(raised: Raised, words: Mapping[str, list[Row]]) -> tuple:
    """(when, why, who) of the last word that counts, where it is that all is in order.

    Who saw but one half of it spoke for the site of that half, to others who see no more of it.
    """
    for said, name in words.get(raised.facts_hash, ()):
        same = (said.flag, said.subject) == (raised.flag, raised.subject)
        if same and (said.whole or (said.site_id == raised.site_id and not raised.is_whole)):
            return () if said.lifted else (said.at, said.reason, name or "")
    return ()
