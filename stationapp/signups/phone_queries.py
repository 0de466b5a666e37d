"""What the phone desk reads: the events a caller may be signed up for, and what the household has at these sites."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Row, or_, select

from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Enrolment, State
from stationapp.events.stages import draws_later
from stationapp.residents.models import Resident
from stationapp.signups.models import Draw, Offer, Signup
from stationapp.signups.phone_rules import Choice
from stationapp.signups.rules import Place, kept_back
from stationapp.sites.models import Site

MOST = 300
"""So many coming events are looked through by initials; more only by a part of their title."""

_COURSE = (Series.id == Event.series_id) & (Series.enrolment == Enrolment.COURSE)


def coming(reached: ColumnElement[bool], *, now: datetime, title: str = "") -> list[Choice]:
    """Public events of these sites (a condition on Site) that are not over, soonest first; of a course the next date
    stands for all. With `title` only those with this text in their titles."""
    query = select(Event, Site.short_name, Series.id).join(Site, Site.id == Event.site_id)
    query = query.outerjoin(Series, _COURSE).where(
        reached, Event.state == State.PUBLISHED, Event.ends_at > now
    )
    if title:
        query = query.where(Event.title.contains(title, autoescape=True))
    rows = db.session.execute(query.order_by(Event.starts_at, Event.id).limit(MOST))
    return [_choice(dates, now) for dates in _by_course(rows, now)]


def _by_course(rows: Iterable[Row], now: datetime) -> list[list[Row]]:
    """Single events alone, the dates of a course that have not begun together."""
    found: dict[object, list[Row]] = {}
    for row in rows:
        event, _site, course_id = row
        if course_id is None or event.starts_at > now:
            found.setdefault(("course", course_id) if course_id else event.id, []).append(row)
    return list(found.values())


def _choice(dates: list[Row], now: datetime) -> Choice:
    event, site, _course = dates[0]
    free = [date.capacity - date.taken for date, *_ in dates if date.capacity is not None]
    return Choice(
        code=event.code,
        title=event.title,
        place=event.place,
        site=site,
        audience=event.audience,
        starts_at=event.starts_at,
        free=min(free) if free else None,
        kept=min(
            kept_back(event.phone_seats, event.phone_taken, event.phone_until_at, now),
            max(0, min(free, default=0)),
        ),
        waiting=event.waiting,
        drawn_at=event.draw_at if draws_later(event, now) else None,
        opens_at=event.opens_at if event.opens_at and now < event.opens_at else None,
        dates=len(dates),
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """A place somebody of a household has; `until` is set while it is offered and an answer is waited for."""

    signup_id: int
    party_id: int
    name: str  # in full: to be masked before it is shown
    state: Place
    event: Event
    site: Site
    until: datetime | None
    more: int  # further dates of a course
    awaits_draw: bool  # whoever waits there, waits for a draw


def list_kept(household_id: int, reached: ColumnElement[bool], *, now: datetime) -> list[Kept]:
    """The household's live places at these sites' events that are not over, soonest first; of a course the next one.

    What somebody does elsewhere is not told (trust.md §4.14).
    """
    return _kept((Resident.household_id == household_id, reached), now)


def find_kept(signup_id: int, reached: ColumnElement[bool], *, now: datetime) -> Kept | None:
    """One such place by the id of its sign-up, whoever's it is."""
    found = _kept((Signup.id == signup_id, reached), now)
    return found[0] if found else None


def _kept(conditions: tuple[ColumnElement[bool], ...], now: datetime) -> list[Kept]:
    rows = db.session.execute(
        select(Signup, Resident.name, Event, Site, Offer.until_at, Series.id, Draw.drawn_at)
        .join(Resident, Resident.id == Signup.resident_id)
        .join(Event, Event.id == Signup.event_id)
        .join(Site, Site.id == Event.site_id)
        .outerjoin(Offer, (Offer.party_id == Signup.party_id) & Offer.ended_at.is_(None))
        .outerjoin(Series, _COURSE)
        .outerjoin(Draw, Draw.event_id == Event.id)
        .where(*conditions, Signup.state != Place.CANCELLED)
        .where(or_(Event.state == State.POSTPONED, (Event.state == State.PUBLISHED) & (Event.ends_at > now)))
        .order_by(Event.starts_at, Signup.id)
    )
    found: dict[object, list[Row]] = {}
    for row in rows:
        found.setdefault((row[5], row[0].resident_id) if row[5] else row[0].id, []).append(row)
    return [
        Kept(
            signup.id,
            signup.party_id,
            name,
            signup.state,
            event,
            site,
            until,
            len(group) - 1,
            awaits_draw=event.draw_at is not None and drawn_at is None,
        )
        for group in found.values()
        for signup, name, event, site, until, _course, drawn_at in group[:1]
    ]
