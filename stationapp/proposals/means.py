"""What there is to hold something with: rooms, what goes round, volunteers, and what could be held. Reads only."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import NamedTuple

from sqlalchemy import func, or_, select

from stationapp import clock
from stationapp.attendance.models import Attendance, Headcount
from stationapp.calendar.rules import Month
from stationapp.catalogue.models import Template
from stationapp.catalogue.queries import themes_of
from stationapp.catalogue.rules import COLUMNS, TemplateFields
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.queries import fields_of_all
from stationapp.events.rules import PLANNED, EventFields, State
from stationapp.planning.aims import aims_at
from stationapp.proposals.festive import bound
from stationapp.proposals.ground import (
    Hall,
    Idea,
    Occasion,
    Origin,
    Planned,
    Shared,
    Span,
    minutes_of,
    spans_within,
)
from stationapp.reports.queries import event_counts, is_served
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Room
from stationapp.rooms.queries import list_busy
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.sites.rules import ids_of, office_path
from stationapp.volunteers.models import Assignment, Shift, Volunteer

SUGGESTED = "suggestion "
"""How the fingerprint of a draft made from a suggestion begins."""

_LEAST_PEOPLE = 5  # who must have come for an event to be worth holding again
_BACK = 12  # months in which it was held


class Booked(NamedTuple):
    """What stands in the plan, and what drafts wish for of what goes round: (id, when)."""

    planned: list[Planned]
    wishes: list[tuple[int, Span]]


def list_planned(site: Site, month: Month) -> Booked:
    """Events of the month and of the one before at and beneath a site or above it, drafts too: four queries."""
    events = list(
        db.session.scalars(
            select(Event)
            .join(Site, Site.id == Event.site_id)
            .where(
                or_(beneath(site.path), Site.id.in_(ids_of(site.path))),
                Event.state.in_(PLANNED),
                Event.starts_at >= month.plus(-1).begins_at,
                Event.starts_at < month.ends_at,
            )
            .order_by(Event.starts_at, Event.id)
        )
    )
    fields = fields_of_all(events)
    planned = [_planned(month, event, fields[event.id]) for event in events]
    wishes = [
        (thing, one.span)
        for event, one in zip(events, planned, strict=True)
        for thing in fields[event.id].shared
    ]
    return Booked(planned, wishes)


def _planned(month: Month, event: Event, fields: EventFields) -> Planned:
    # Whom an event of last month reached is on record once it is closed out; until then its aim counts.
    aimed = event.state is not State.CLOSED_OUT
    return Planned(
        (event.site_id, *sorted(fields.partners)),
        minutes_of(month, event.starts_at, event.ends_at),
        aims_at(fields.min_age, fields.max_age, fields.themes) if aimed else frozenset(),
        event.category,
        event.title,
        event.source if event.source and event.source.startswith(SUGGESTED) else "",
        event.code,
    )


class Rooms(NamedTuple):
    """Rooms by site, what goes round by id, and when each is taken."""

    halls: dict[int, list[Hall]]
    shared: dict[int, Shared]
    busy: dict[int, list[Span]]


def list_rooms(site: Site, month: Month, wishes: Iterable[tuple[int, Span]]) -> Rooms:
    """The rooms at and beneath a site and what may be asked for there: two queries."""
    rows = db.session.execute(
        select(Room, Site.path)
        .join(Site, Site.id == Room.site_id)
        .where(or_(beneath(site.path), Site.id.in_(ids_of(site.path))))
        .order_by(Room.id)
    ).all()
    halls: dict[int, list[Hall]] = defaultdict(list)
    shared = {}
    for room, path in rows:
        if room.kind is RoomKind.SHARED:
            shared[room.id] = Shared(room.id, room.name, path, week_of(room.hours))
        else:
            hall = Hall(room.id, room.site_id, room.name, room.capacity, room.step_free, week_of(room.hours))
            halls[room.site_id].append(hall)
    taken = list_busy([room.id for room, _path in rows], month.begins_at, month.ends_at)
    busy = {room_id: spans_within(month, times) for room_id, times in taken.items()}
    for thing, span in wishes:
        if thing in busy:
            busy[thing].append(span)
    return Rooms(dict(halls), shared, busy)


def count_volunteers(site: Site) -> dict[int, int]:
    """Live volunteer profiles by the site that took them in."""
    rows = db.session.execute(
        select(Volunteer.site_id, func.count())
        .join(Site, Site.id == Volunteer.site_id)
        .where(beneath(site.path), Volunteer.ended_at.is_(None))
        .group_by(Volunteer.site_id)
    )
    return dict(rows.all())


def list_duties(site: Site, month: Month) -> list[tuple[int, int, Span]]:
    """(site, volunteer, when) of the shifts that these volunteers take in the month, wherever."""
    rows = db.session.execute(
        select(Volunteer.site_id, Volunteer.id, Event.starts_at, Event.ends_at)
        .join_from(Assignment, Volunteer, Volunteer.id == Assignment.volunteer_id)
        .join(Shift, Shift.id == Assignment.shift_id)
        .join(Event, Event.id == Shift.event_id)
        .join(Site, Site.id == Volunteer.site_id)
        .where(
            beneath(site.path),
            Assignment.ended_at.is_(None),
            Event.state.in_(PLANNED),
            Event.starts_at < month.ends_at,
            Event.ends_at > month.begins_at,
        )
        .order_by(Volunteer.id)
    )
    return [(where, who, minutes_of(month, *times)) for where, who, *times in rows]


def list_ideas(site: Site, scope: str, month: Month, days: list[Occasion]) -> list[Idea]:
    """What can be held: templates of the site and those above it, and what went well in `scope` (a path)."""
    return [bound(idea, days) for idea in (*_templates(site), *_held_before(scope, month))]


def _templates(site: Site) -> list[Idea]:
    rows = db.session.execute(
        select(Template, Site.path)
        .join(Site, Site.id == Template.site_id)
        .where(or_(beneath(site.path), Site.id.in_(ids_of(site.path))), Template.retired_at.is_(None))
        .order_by(Template.id)
    ).all()
    themes = themes_of([template.id for template, _path in rows])
    return [
        Idea(
            key=f"template-{template.code}",
            origin=Origin.TEMPLATE,
            fields=TemplateFields(
                **{name: getattr(template, name) for name in COLUMNS}, themes=themes[template.id]
            ),
            path=path,
            site_id=template.site_id,
        )
        for template, path in rows
    ]


class _Came(NamedTuple):
    event_id: int
    people: int


def _held_before(scope: str, month: Month) -> list[Idea]:
    """The last well-attended event of each title at each site: at least half of its places taken."""
    came = _well_attended(scope, month)
    events = list(db.session.scalars(select(Event).where(Event.id.in_(came)).order_by(Event.id)))
    fields, helpers = fields_of_all(events), _helpers(came)
    paths = dict(db.session.execute(select(Site.id, Site.path).where(beneath(scope))).all())
    return [
        Idea(
            key=f"event-{event.code}",
            origin=Origin.NEAR,
            fields=_as_template(fields[event.id], helpers.get(event.id, 0)),
            path=office_path(paths[event.site_id]),
            site_id=event.site_id,
            room_id=event.room_id,
            people=came[event.id],
            held_on=clock.day_of(event.starts_at),
        )
        for event in events
        if event.category and event.task and event.summary and event.audience
    ]


def _well_attended(scope: str, month: Month) -> dict[int, int]:
    """Who came, by event id: the latest of each title at each site."""
    served = _per_event(func.count(), Attendance.event_id, is_served())
    heads = _per_event(func.sum(Headcount.people), Headcount.event_id)
    people = served + heads
    rows = db.session.execute(
        select(Event.id, Event.site_id, Event.title, people)
        .join(Site, Site.id == Event.site_id)
        .where(
            beneath(scope),
            event_counts(),
            Event.starts_at >= month.plus(-_BACK).begins_at,
            people >= _LEAST_PEOPLE,
            or_(Event.capacity.is_(None), people * 2 >= Event.capacity),
        )
        .order_by(Event.starts_at, Event.id)
    )
    latest = {(site_id, title): _Came(event_id, number) for event_id, site_id, title, number in rows}
    return {one.event_id: one.people for one in latest.values()}


def _per_event(number, event_id, *conditions):
    return func.coalesce(
        select(number).where(event_id == Event.id, *conditions).correlate(Event).scalar_subquery(), 0
    )


def _helpers(event_ids: Collection[int]) -> dict[int, int]:
    """How many volunteers these events asked for."""
    rows = db.session.execute(
        select(Shift.event_id, func.sum(Shift.needed))
        .where(Shift.event_id.in_(event_ids), Shift.ended_at.is_(None))
        .group_by(Shift.event_id)
    )
    return {event_id: int(needed) for event_id, needed in rows}


def _as_template(fields: EventFields, volunteers: int) -> TemplateFields:
    starts = clock.local(fields.starts_at)
    values = {name: getattr(fields, name) for name in COLUMNS if hasattr(fields, name)}
    return TemplateFields(
        **values,
        starts=starts.time().replace(second=0, microsecond=0),
        minutes=max(1, round((fields.ends_at - fields.starts_at).total_seconds() / 60)),
        volunteers=volunteers,
        shared_id=min(fields.shared, default=None),
        themes=fields.themes,
    )
