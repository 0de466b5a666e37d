"""What a certificate says: made once, sealed, and never made again (domain.md §7)."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select

from stationapp.attendance.models import Attendance
from stationapp.certificates.models import Certificate
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import Category
from stationapp.vault import vault
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import HoursEntry, ManualHours


@dataclass(frozen=True)
class Served:
    """A volunteer's ledger up to its last line: minutes in all, first and last day, and by kind of event."""

    up_to: int
    minutes: int
    from_on: date
    to_on: date
    kinds: tuple[
        tuple[Category | None, int, int], ...
    ]  # (None: outside events, how often, minutes), longest first


def served_by(volunteer_ids: Collection[int]) -> dict[int, Served]:
    """What each of them has served, those without hours left out; two questions however many there are.

    Hold the volunteers first (`posting.hold`), so that no line is added between the two.
    """
    last = dict(
        db.session.execute(
            select(HoursEntry.volunteer_id, func.max(HoursEntry.id))
            .where(HoursEntry.volunteer_id.in_(volunteer_ids))
            .group_by(HoursEntry.volunteer_id)
        ).all()
    )
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
        .where(LIVE, HoursEntry.volunteer_id.in_(volunteer_ids), HoursEntry.minutes > 0)
        .order_by(HoursEntry.id)
    )
    lines = defaultdict(list)
    for who, *line in rows:
        lines[who].append(line)
    return {who: _summed(last[who], its) for who, its in lines.items()}


def _summed(up_to: int, lines: list) -> Served:
    minutes: dict[Category | None, int] = defaultdict(int)
    events: dict[Category | None, set[int]] = defaultdict(set)
    for _day, worth, category, event in lines:
        minutes[category] += worth
        events[category].add(event)
    kinds = sorted(((kind, len(events[kind]), its) for kind, its in minutes.items()), key=lambda one: -one[2])
    days = [day for day, *_ in lines]
    return Served(up_to, sum(minutes.values()), min(days), max(days), tuple(kinds))


def written(content: dict) -> str:
    """The one writing of a content, which is sealed and hashed."""
    return json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def hashed(text: str) -> str:
    """SHA-256 (hex) of a content as written."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_of(certificate: Certificate) -> dict:
    """What it says, as it was issued; raises `cryptography.exceptions.InvalidTag` when tampered with."""
    return json.loads(vault().unseal(certificate.content_sealed))


def contents(certificates: Iterable[Certificate]) -> dict[int, dict]:
    """The same of many, by their ids."""
    return {one.id: content_of(one) for one in certificates}
