"""What the desk's first page shows: one query a list, whatever the number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Text, cast, func, literal, select, union_all

from stationapp import clock
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.queries import joint
from stationapp.events.rules import State
from stationapp.messages.calls import is_told
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.signups.models import Party
from stationapp.sites.models import Site
from stationapp.volunteers.models import ManualHours
from stationapp.volunteers.rules import ManualState

MOST = 50
"""Rows of a list; what is beyond stands behind the link to all events."""


@dataclass(frozen=True)
class Line:
    """An event as the first page shows it."""

    code: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: State
    capacity: int | None
    taken: int
    waiting: int
    site_name: str
    site_path: str


@dataclass(frozen=True)
class Told:
    """A notice not ticked off, with what it is about: `event` is (code, title), `month` is (site code, "YYYY-MM")."""

    id: int
    occasion: Occasion
    made_at: datetime
    site_name: str
    event: tuple[str, str] | None
    month: tuple[str, str] | None
    party_id: int | None


def on_today(reached: ColumnElement[bool], *, now: datetime) -> list[Line]:
    """Published and closed-out events that touch the present local day, by time; joint ones at their partners too."""
    begins = clock.instant(clock.day_of(now))
    ends = clock.instant(clock.day_of(now) + timedelta(days=1))
    states = Event.state.in_((State.PUBLISHED, State.CLOSED_OUT))
    return _lines(reached | joint(reached), states, Event.starts_at < ends, Event.ends_at > begins)


def standing(state: State, reached: ColumnElement[bool]) -> list[Line]:
    """Events in that state, the next to begin first."""
    return _lines(reached, Event.state == state)


def not_closed_out(reached: ColumnElement[bool], *, now: datetime) -> list[Line]:
    """Events that ended and are still published, oldest first."""
    return _lines(reached, Event.state == State.PUBLISHED, Event.ends_at <= now)


def _lines(*conditions: ColumnElement[bool]) -> list[Line]:
    columns: Sequence = (
        Event.code,
        Event.title,
        Event.starts_at,
        Event.ends_at,
        Event.state,
        Event.capacity,
        Event.taken,
        Event.waiting,
        Site.short_name,
        Site.path,
    )
    query = select(*columns).join(Site, Site.id == Event.site_id).where(*conditions)
    return [Line(*row) for row in db.session.execute(query.order_by(Event.starts_at, Site.code).limit(MOST))]


def open_notices(reached: ColumnElement[bool], *, now: datetime) -> list[Told]:
    """Notices of these sites that nobody ticked off yet, oldest first; one that asks for calls until all are made."""
    rows = db.session.execute(
        select(Notice.id, Notice.occasion, Notice.made_at, Site.short_name, Notice.subject)
        .join(Site, Site.id == Notice.site_id)
        .where(reached, Notice.done_at.is_(None), ~is_told(now))
        .order_by(Notice.made_at, Notice.id)
        .limit(MOST)
    ).all()
    events = _events_of([row.subject for row in rows])
    return [_told(row, events) for row in rows]


def _events_of(subjects: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(code, title) of the events that "event CODE" and "party ID" speak of, by subject."""
    said = [subject.split(" ") for subject in subjects]
    codes = [what for kind, what, *_ in said if kind == "event"]
    parties = [int(what) for kind, what, *_ in said if kind == "party"]
    by_code = select(literal("event"), Event.code, Event.code, Event.title).where(Event.code.in_(codes))
    by_party = (
        select(literal("party"), cast(Party.id, Text), Event.code, Event.title)
        .join(Event, Event.id == Party.event_id)
        .where(Party.id.in_(parties))
    )
    rows = db.session.execute(union_all(by_code, by_party))
    return {f"{kind} {what}": (code, title) for kind, what, code, title in rows}


def _told(row, events: dict[str, tuple[str, str]]) -> Told:
    kind, what, *rest = row.subject.split(" ")
    return Told(
        row.id,
        row.occasion,
        row.made_at,
        row.short_name,
        event=events.get(f"{kind} {what}"),
        month=(what, rest[0]) if kind == "month" else None,
        party_id=int(what) if kind == "party" else None,
    )


def count_proposed_hours(reached: ColumnElement[bool]) -> int:
    """Manual entries of hours that wait for a decision."""
    query = (
        select(func.count(ManualHours.id))
        .join(Site, Site.id == ManualHours.site_id)
        .where(reached, ManualHours.state == ManualState.PROPOSED)
    )
    return db.session.scalar(query) or 0
