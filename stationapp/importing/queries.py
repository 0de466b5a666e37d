"""What a loader may write to, and the file somebody is looking at."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, or_, select

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.clock import instant
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.importing.meant import Candidate
from stationapp.importing.models import Upload
from stationapp.refusal import NotFound
from stationapp.residents.models import Household, Resident
from stationapp.signups.models import Signup
from stationapp.signups.rules import SEATED, Place
from stationapp.sites.models import Site

UPLOADS_KEPT = timedelta(days=1)
"""How long a file waits for its owner to look at the preview."""


def sites_where(condition: ColumnElement[bool]) -> list[Site]:
    """The sites a loader may write to, in code order."""
    return list(db.session.scalars(select(Site).where(condition).order_by(Site.code)))


def get_upload(number: int, staff_id: int, *, now: datetime, lock: bool = False) -> Upload:
    """Somebody's own upload of the last day; raises NotFound for another's and for one that is gone."""
    query = select(Upload).where(
        Upload.id == number, Upload.staff_id == staff_id, Upload.made_at > now - UPLOADS_KEPT
    )
    upload = db.session.scalar(query.with_for_update() if lock else query)
    if upload is None:
        raise NotFound
    return upload


LATELY = timedelta(days=60)
"""How far back an event is looked for whose day is not said; how far ahead, where it is still to come."""


def list_candidates(
    within: Collection[int], *, now: datetime, day: date | None = None, code: str = "", coming: bool = False
) -> list[Candidate]:
    """The events at these sites that a sheet may be of: by code, of a day, or of late, the latest first; those not
    over yet, the nearest first, where they are still to come (`coming`)."""
    if code:
        which = [Event.code == code]
    elif day:
        which = [Event.starts_at >= instant(day), Event.starts_at < instant(day + timedelta(days=1))]
    elif coming:
        which = [Event.ends_at > now, Event.starts_at < now + LATELY]
    else:
        which = [Event.starts_at <= now, Event.starts_at > now - LATELY]
    rows = db.session.execute(
        select(
            *(Event.id, Event.code, Event.title, Event.starts_at, Event.state, Event.site_id),
            Site.short_name,
            Event.ends_at,
        )
        .join(Site, Site.id == Event.site_id)
        .where(Event.site_id.in_(within), Event.state != State.DISCARDED, *which)
        .order_by(Event.starts_at if coming else Event.starts_at.desc(), Event.id)
    )
    return [Candidate(*row) for row in rows]


@dataclass(frozen=True)
class OnSheet:
    """Somebody an event knows already, by a place or by having been there."""

    resident_id: int
    name: str
    has_phone: bool
    birth_month: str | None
    community_id: int | None
    waits: bool
    seated: bool
    there: Part | None  # as what they are there; None: not there
    undone: bool  # they were, and that was taken back


def known_to(event_id: int) -> dict[int, OnSheet]:
    """Everybody with a place at an event or whose coming was written down, by resident id."""
    place = (Signup.resident_id == Resident.id) & (Signup.event_id == event_id)
    came = (Attendance.resident_id == Resident.id) & (Attendance.event_id == event_id)
    rows = db.session.execute(
        select(
            Resident.id, Resident.name, Household.phone_index.is_not(None), Resident.birth_month,
            Resident.community_id, Signup.state, Attendance.part, Attendance.undone,
        )
        .join(Household, Household.id == Resident.household_id)
        .outerjoin(Signup, place & (Signup.state != Place.CANCELLED))
        .outerjoin(Attendance, came)
        .where(or_(Signup.id.is_not(None), Attendance.id.is_not(None)))
    )  # fmt: skip
    return {
        row[0]: OnSheet(
            *row[:5], row[5] is Place.WAITLISTED, row[5] in SEATED, None if row[7] else row[6], bool(row[7])
        )
        for row in rows
    }
