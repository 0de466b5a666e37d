"""Whom the office or the center calls about an event: a few of those who came, drawn so that nobody chooses them.

Drawn from who came as a resident, is of age, has a telephone and has not said that nothing more be sent. One of a
household, and nobody twice in a month. The order is that of a keyed hash: the same for the same event.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions import slots
from stationapp.opinions.models import OpinionCall
from stationapp.opinions.rules import ASKED_PER_EVENT, DESK_DAYS
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Masked, mask
from stationapp.sites.models import Site
from stationapp.vault import vault

_CHILDREN = (AgeBand.B0, AgeBand.B3, AgeBand.B7, AgeBand.B14)


@dataclass(frozen=True)
class Drawn:
    """Somebody to call; `called`: done, whatever came of it."""

    attendance_id: int
    person: Resident
    phone_sealed: bytes
    asked_index: bytes
    called: bool

    @property
    def phone(self) -> str:
        """The number in full."""
        return vault().unseal(self.phone_sealed)

    @property
    def shown(self) -> Masked:
        """Name and phone as the list shows them."""
        return mask(self.person.name, self.phone)


def drawn(event: Event) -> list[Drawn]:
    """Those to be called about an event, in the order of the draw; those called already stay in it."""
    rows = db.session.execute(
        select(Attendance.id, Resident, Household)
        .join(Resident, Resident.id == Attendance.resident_id)
        .join(Household, Household.id == Resident.household_id)
        .where(Attendance.event_id == event.id, *_reachable())
        .execution_options(populate_existing=True)
    ).all()
    rows.sort(key=lambda row: slots.turn(event.id, row[0]))
    return _first(event, rows)


def _reachable() -> tuple[ColumnElement[bool], ...]:
    return (
        Attendance.part == Part.RESIDENT,
        ~Attendance.undone,
        Attendance.band.not_in(_CHILDREN),
        Household.phone_sealed.is_not(None),
        Household.no_texts_at.is_(None),
    )


def _first(event: Event, rows: Iterable) -> list[Drawn]:
    rows = [(*row, slots.of_call(row[1].merged_into or row[1].id, _month(event))) for row in rows]
    asked = _asked([row[3] for row in rows])
    once, found = set(), []
    for attendance_id, person, home, index in rows:
        if {home.id, index} & once or asked.get(index, event.id) != event.id:
            continue
        once |= {home.id, index}
        found.append(Drawn(attendance_id, person, home.phone_sealed, index, index in asked))
    return found[:ASKED_PER_EVENT]


def _month(event: Event) -> Month:
    return Month.of(clock.day_of(event.starts_at))


def _asked(indexes: list[bytes]) -> dict[bytes, int]:
    """About which event people were called that month, by the hash of person and month."""
    its = select(OpinionCall.asked_index, OpinionCall.event_id).where(OpinionCall.asked_index.in_(indexes))
    return {bytes(index): event_id for index, event_id in db.session.execute(its)}


def to_be_asked(where: ColumnElement[bool], *, now: datetime) -> Select:
    """(event, site, calls made) of what people can be called about now, the latest first; `where` is one on Site."""
    made = select(func.count()).where(OpinionCall.event_id == Event.id).scalar_subquery()
    return (
        select(Event, Site, made)
        .join(Site, Site.id == Event.site_id)
        .where(
            where,
            Event.state == State.CLOSED_OUT,
            Event.ends_at <= now,
            Event.ends_at > now - timedelta(days=DESK_DAYS),
            select(Attendance.id)
            .join(Resident, Resident.id == Attendance.resident_id)
            .join(Household, Household.id == Resident.household_id)
            .where(Attendance.event_id == Event.id, *_reachable())
            .exists(),
        )
        .order_by(Event.starts_at.desc(), Event.id.desc())
    )
