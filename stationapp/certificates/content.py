"""What a certificate says: made once, sealed, and never made again (domain.md §7).

"Who organises records, who records certifies": it counts the lines of the issuer's own sites and those beneath.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from cryptography.exceptions import InvalidTag
from sqlalchemy import ColumnElement, func, select

from stationapp.attendance.models import Attendance
from stationapp.certificates.models import Certificate
from stationapp.certificates.rules import CertificateRefusal
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import Category
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.vault import vault
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import HoursEntry, ManualHours


@dataclass(frozen=True)
class Served:
    """A volunteer's ledger at some sites up to its last line: minutes in all, first and last day, by kind of event."""

    up_to: int
    sites: tuple[int, ...]
    minutes: int
    from_on: date
    to_on: date
    kinds: tuple[
        tuple[Category | None, int, int], ...
    ]  # (None: outside events, how often, minutes), longest first


def recorded_at(site: Site) -> ColumnElement[bool]:
    """The condition on HoursEntry "recorded by the site or one beneath it"."""
    return HoursEntry.site_id.in_(select(Site.id).where(beneath(site.path)))


def served_by(volunteer_ids: Collection[int], site: Site) -> dict[int, Served]:
    """What each of them has served at the site and beneath, those without hours left out; two questions.

    Hold the volunteers first (`posting.hold`), so that no line is added between the two.
    """
    its = HoursEntry.volunteer_id.in_(volunteer_ids), recorded_at(site)
    last: dict[int, dict[int, int]] = defaultdict(dict)
    for who, where, line in db.session.execute(
        select(HoursEntry.volunteer_id, HoursEntry.site_id, func.max(HoursEntry.id))
        .where(*its)
        .group_by(HoursEntry.volunteer_id, HoursEntry.site_id)
    ):
        last[who][where] = line
    rows = db.session.execute(
        select(
            HoursEntry.volunteer_id,
            HoursEntry.served_on,
            HoursEntry.minutes,
            Event.category,
            func.coalesce(Event.id, -HoursEntry.id),
        )
        .outerjoin(Attendance, Attendance.id == HoursEntry.attendance_id)
        .outerjoin(ManualHours, ManualHours.id == HoursEntry.manual_id)
        .outerjoin(Event, Event.id == func.coalesce(Attendance.event_id, ManualHours.event_id))
        .where(LIVE, *its, HoursEntry.minutes > 0)
        .order_by(HoursEntry.id)
    )
    lines = defaultdict(list)
    for who, *line in rows:
        lines[who].append(line)
    return {who: _summed(last[who], its) for who, its in lines.items()}


def _summed(last: dict[int, int], lines: list) -> Served:
    minutes: dict[Category | None, int] = defaultdict(int)
    events: dict[Category | None, set[int]] = defaultdict(set)
    for _day, worth, category, event in lines:
        minutes[category] += worth
        events[category].add(event)
    kinds = sorted(((kind, len(events[kind]), its) for kind, its in minutes.items()), key=lambda one: -one[2])
    days = [day for day, *_ in lines]
    sites = tuple(sorted(last))
    return Served(max(last.values()), sites, sum(minutes.values()), min(days), max(days), tuple(kinds))


def standing(certificates: Collection[Certificate], said: Mapping[int, dict | None]) -> dict[int, int]:
    """What the ledger says now of the time and the sites of each, in minutes by id; one question.

    Less than the certificate says: something it counted was taken back since. 0 for one that was tampered with.
    """
    rows = db.session.execute(
        select(Certificate.id, HoursEntry.site_id, func.sum(HoursEntry.minutes))
        .join(HoursEntry, HoursEntry.volunteer_id == Certificate.volunteer_id)
        .where(
            Certificate.id.in_([one.id for one in certificates]),
            HoursEntry.served_on.between(Certificate.from_on, Certificate.to_on),
        )
        .group_by(Certificate.id, HoursEntry.site_id)
    )
    now = dict.fromkeys((one.id for one in certificates), 0)
    for number, site_id, minutes in rows:
        its = said[number]
        now[number] += int(minutes) if its and site_id in its["sites"] else 0
    return now


def written(content: dict) -> str:
    """The one writing of a content, which is sealed and hashed."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hashed(text: str) -> str:
    """SHA-256 (hex) of a content as written."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(certificate: Certificate) -> dict:
    """What it says, as it was issued.

    Raises Refused(TAMPERED) when that cannot be read, is another one's, or is not what the row beside it says.
    """
    try:
        text = vault().unseal(certificate.content_sealed)
    except (InvalidTag, ValueError, TypeError):  # (SQLite lets a text stand where bytes should)
        text = ""
    if not text or hashed(text) != certificate.hash or not _is_of(said := json.loads(text), certificate):
        raise Refused(CertificateRefusal.TAMPERED, number=certificate.number)
    return said


def _is_of(said: dict, row: Certificate) -> bool:
    figures = row.number, row.minutes, row.from_on.isoformat(), row.to_on.isoformat()
    return (said["number"], said["minutes"], said["from"], said["to"]) == figures


def contents(certificates: Iterable[Certificate]) -> dict[int, dict | None]:
    """The same of many, by their ids; None for one that was tampered with, so that the others can be shown."""
    return {one.id: read(one) for one in certificates}


def read(certificate: Certificate) -> dict | None:
    """What it says; None where `content_of` refuses."""
    try:
        return content_of(certificate)
    except Refused:
        return None
