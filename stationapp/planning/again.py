"""Last month's events as they would be held again: reads for the preview and for the copy."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.queries import fields_of_all
from stationapp.events.rules import State
from stationapp.planning.board import Claim, Mark, Slot, marked, same_weekday
from stationapp.planning.queries import Plan
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath

NOT_REPEATED = frozenset({State.DISCARDED, State.CANCELLED})


@dataclass(frozen=True)
class Again:
    """An event of last month and when it would be held; `starts_at` None: the month has no such weekday."""

    event: Event
    site: Site
    starts_at: datetime | None
    ends_at: datetime | None
    there: bool  # stands in the month already: same site, title and start


def list_again(site: Site, month: Month) -> list[Again]:
    """What the site and those beneath held or planned in the month before, as it would be repeated in `month`."""
    before = month.plus(-1)
    query = (
        select(Event, Site)
        .join(Site, Site.id == Event.site_id)
        .where(
            beneath(site.path),
            Event.starts_at >= before.begins_at,
            Event.starts_at < before.ends_at,
            Event.state.not_in(NOT_REPEATED),
        )
        .order_by(Event.starts_at, Site.code, Event.id)
    )
    there = _there(site, month)
    return [_again(event, its, month, there) for event, its in db.session.execute(query)]


def _again(event: Event, site: Site, month: Month, there: set) -> Again:
    at = clock.local(event.starts_at)
    day = same_weekday(at.date(), month)
    if day is None:
        return Again(event, site, None, None, there=False)
    starts_at = clock.instant(day, at.hour, at.minute)
    ends_at = starts_at + (event.ends_at - event.starts_at)
    return Again(event, site, starts_at, ends_at, there=(site.id, event.title, starts_at) in there)


def _there(site: Site, month: Month) -> set[tuple[int, str, datetime]]:
    rows = db.session.execute(
        select(Event.site_id, Event.title, Event.starts_at)
        .join(Site, Site.id == Event.site_id)
        .where(
            beneath(site.path),
            Event.starts_at >= month.begins_at,
            Event.starts_at < month.ends_at,
            Event.state != State.DISCARDED,
        )
    )
    return {tuple(row) for row in rows}


@dataclass(frozen=True)
class Looked:
    """One of last month's, with what somebody should know before it is planned again."""

    again: Again
    slot: Slot | None  # as it would stand on the board; None: it cannot
    past: bool

    @property
    def possible(self) -> bool:
        """Whether it can be planned again at all."""
        return self.slot is not None and not self.again.there and not self.past

    @property
    def wished(self) -> bool:
        """Whether it is ticked beforehand: possible, and on no public holiday."""
        return self.possible and Mark.HOLIDAY not in self.slot.marks


def looked_at(again: list[Again], plan: Plan, now: datetime) -> list[Looked]:
    """The same with marks: looked at among what the month holds already and among each other."""
    fields = fields_of_all(one.event for one in again)
    slots = {
        one.event.id: _slot(one, fields[one.event.id].bookable)
        for one in again
        if one.starts_at and not one.there
    }
    wishes = [
        Claim(thing, slot.starts_at, slot.ends_at, slot.id, f"{slot.site} {slot.title}")
        for slot in slots.values()
        for thing in slot.things
    ]
    seen = {
        -slot.id: slot for slot in marked(slots.values(), plan.claims + wishes, plan.holidays, plan.hours)
    }
    return [
        Looked(one, seen.get(one.event.id), past=one.starts_at is not None and one.starts_at <= now)
        for one in again
    ]


def _slot(one: Again, things: frozenset[int]) -> Slot:
    """As the draft would stand there; its id is below zero, so that it is not taken for its model."""
    event = one.event
    return Slot(
        id=-event.id,
        code=event.code,
        site_id=event.site_id,
        site=one.site.short_name,
        title=event.title,
        state=State.DRAFT,
        category=event.category,
        room_id=event.room_id,
        room="",
        place=event.place,
        starts_at=one.starts_at,
        ends_at=one.ends_at,
        capacity=event.capacity,
        taken=0,
        things=things,
    )
