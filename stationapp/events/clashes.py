"""What stands in an event's way, named for those who plan it, and what is possible instead (domain.md §5)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import BOOKED, PUBLIC, EventFields, State
from stationapp.refusal import Refused
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Room
from stationapp.rooms.queries import Clash, Offers, list_clashes, offers
from stationapp.rooms.rules import RoomRefusal, is_open
from stationapp.rooms.week import Title
from stationapp.sites.models import Site


def titles_of(event_ids: Iterable[int], site_ids: Collection[int]) -> dict[int, Title]:
    """How events are named to somebody who works for these sites: theirs and public ones by their title."""
    rows = db.session.execute(
        select(Event.id, Event.code, Event.title, Event.state, Event.site_id, Site.short_name)
        .join(Site, Site.id == Event.site_id)
        .where(Event.id.in_(set(event_ids)))
    )
    return {
        event_id: Title(title, code, where)
        if site_id in site_ids
        else Title(title, where=where)
        if state in PUBLIC
        else Title(_("别的站点的活动"))
        for event_id, code, title, state, site_id, where in rows
    }


@dataclass(frozen=True)
class InTheWay:
    """A booking that is in the way, in words."""

    room: str
    starts_at: datetime
    ends_at: datetime
    what: str
    code: str  # of the event, when it may be opened


def named(clashes: Sequence[Clash], site_ids: Collection[int]) -> list[InTheWay]:
    """The clashes as somebody who works for these sites may read them."""
    titles = titles_of((clash.event_id for clash in clashes if clash.event_id), site_ids)
    return [
        InTheWay(clash.room, clash.starts_at, clash.ends_at, title.says, title.code)
        for clash in clashes
        for title in [titles[clash.event_id] if clash.event_id else Title(clash.purpose)]
    ]


def in_words(refused: Refused, site: Site) -> Refused:
    """The same refusal; what is in the way of a room is named as the desk of `site` may read it."""
    facts = dict(refused.facts)
    if refused.reason is RoomRefusal.TAKEN:
        facts["clashes"] = named(facts["clashes"], {site.id})
    if isinstance(inner := facts.get("inner"), Refused):  # one date of a series, with its own reason
        facts["inner"] = in_words(inner, site)
    return Refused(refused.reason, **facts)


@dataclass(frozen=True)
class Trouble:
    """Why the rooms of an event, at its time, are a worry, and what else is possible."""

    clashes: list[InTheWay] = field(default_factory=list)
    closed: list[Room] = field(default_factory=list)  # outside the hours these say
    offers: Offers = field(default_factory=lambda: Offers([], []))

    def __bool__(self) -> bool:
        return bool(self.clashes or self.closed)


UNSETTLED = frozenset({State.DRAFT, State.RETURNED, State.POSTPONED})
"""States in which an event only wishes for its rooms, and will want them."""


def trouble_of(
    fields: EventFields, site: Site, *, state: State, event_id: int | None = None, now: datetime
) -> Trouble:
    """What a wish for rooms runs into at `now`; nothing for what is over or called off.

    Times outside a room's hours are told and never refused: a station may open specially.
    """
    if not fields.bookable or fields.ends_at <= now or state not in UNSETTLED | BOOKED:
        return Trouble()
    rooms = list(db.session.scalars(select(Room).where(Room.id.in_(fields.bookable)).order_by(Room.id)))
    clashes = list_clashes(fields.bookable, fields.starts_at, fields.ends_at, besides=event_id)
    closed = [room for room in rooms if not is_open(week_of(room.hours), fields.starts_at, fields.ends_at)]
    if not clashes and not closed:
        return Trouble()
    others = offers(
        rooms, fields.starts_at, fields.ends_at, people=fields.capacity, besides=event_id, now=now
    )
    return Trouble(named(clashes, {site.id}), closed, others)
