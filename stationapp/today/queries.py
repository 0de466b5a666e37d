"""What the desk's first page shows: one query a list, whatever the number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, Text, case, cast, func, select, true
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.closing_rules import UNFILED_AFTER, is_unfiled
from stationapp.calendar.queries import differs
from stationapp.codes import PUBLIC_LENGTH
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

OWN_AFFAIR = (Occasion.MONTH_PREPARED, Occasion.MONTH_MISSING, Occasion.MONTH_TO_SIGN)
"""Occasions that a site answers for itself: whoever is above would see those of every site beneath.

They come first: there are few, and a district has more than MOST of the others on many a day.
"""

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
    """Notices not ticked off, of one occasion about one thing: `event` (code, title) or `month` (site code, "YYYY-MM").

    `each` holds their ids in order, with the party a notice is about; `households` counts these parties' households.
    """

    occasion: Occasion
    made_at: datetime  # of the oldest
    site_name: str
    site_code: str
    event: tuple[str, str] | None
    month: tuple[str, str] | None
    households: int
    each: list[tuple[int, int | None]]

    @property
    def id(self) -> int:
        """The first of them."""
        return self.each[0][0]

    @property
    def others(self) -> str:
        """The ids of the further ones, for the form that ticks all off."""
        return ",".join(str(number) for number, _party in self.each[1:])


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


def unfiled(lines: Sequence[Line], *, now: datetime) -> frozenset[str]:
    """The codes of those that ended so long ago that they stand as 未归档."""
    today = clock.day_of(now)
    long_ago = today - timedelta(days=UNFILED_AFTER)
    ended = {line.code: on for line in lines if (on := clock.day_of(line.ends_at)) < long_ago}
    if not ended:
        return frozenset()
    days = differs(min(ended.values()), today)
    return frozenset(code for code, on in ended.items() if is_unfiled(on, today, days))


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


def open_notices(
    reached: ColumnElement[bool], *, now: datetime, own: ColumnElement[bool] | None = None
) -> list[Told]:
    """What nobody ticked off yet at these sites, own affairs first, then oldest first.

    What asks for calls stands until all of them are made. `own`: the sites at which the reader has a role; what a
    site answers for itself is told only there.
    Notices of one occasion about one event stand together, however many; a close-out is asked for until it is done.
    """
    party_id = case((Notice.subject.startswith("party "), cast(_thing, Integer)))
    named = aliased(Event)
    its_event = select(named.id).where(named.code == func.substr(_thing, 1, PUBLIC_LENGTH)).scalar_subquery()
    about = func.coalesce(Event.code, Notice.subject)
    one = cast(Notice.id, Text) + ":" + func.coalesce(cast(Party.id, Text), "")
    rows = db.session.execute(
        select(
            Notice.occasion,
            func.min(Notice.made_at).label("made_at"),
            Site.short_name,
            Site.code.label("site_code"),
            about.label("about"),
            Event.code,
            Event.title,
            func.count(Party.household_id.distinct()).label("households"),
            func.aggregate_strings(one, ",").label("each"),
        )
        .join(Site, Site.id == Notice.site_id)
        .outerjoin(Party, Party.id == party_id)
        .outerjoin(Event, Event.id == func.coalesce(Party.event_id, its_event))
        .where(reached, Notice.done_at.is_(None), ~is_told(now), ~_closed_out(), _not_others(own))
        .group_by(Notice.occasion, Site.id, Site.short_name, Site.code, about, Event.code, Event.title)
        .order_by(Notice.occasion.not_in(OWN_AFFAIR), func.min(Notice.made_at), func.min(Notice.id))
        .limit(MOST)
    )
    return [_told(row) for row in rows]


def _not_others(own: ColumnElement[bool] | None) -> ColumnElement[bool]:
    return true() if own is None else Notice.occasion.not_in(OWN_AFFAIR) | own


def _closed_out() -> ColumnElement[bool]:
    """The condition on Notice and Event "it asks for a close-out that nobody owes any more"."""
    return (Notice.occasion == Occasion.CLOSE_OUT_DUE) & (Event.state != State.PUBLISHED)


_thing = func.substr(Notice.subject, 7)
"""What stands behind "event " and "party "; behind an event's code may stand more, as a partner's."""


def _told(row) -> Told:
    kind, _blank, month = row.about.partition(" ")
    return Told(
        row.occasion,
        row.made_at,
        row.short_name,
        row.site_code,
        event=(row.code, row.title) if row.code else None,
        month=tuple(month.split(" ")) if kind == "month" else None,
        households=row.households,
        each=sorted(_pair(text) for text in row.each.split(",")),
    )


def _pair(text: str) -> tuple[int, int | None]:
    notice, _colon, party = text.partition(":")
    return int(notice), int(party) if party else None


def count_proposed_hours(reached: ColumnElement[bool]) -> int:
    """Manual entries of hours that wait for a decision, by where they were proposed from: who is above decides."""
    query = (
        select(func.count(ManualHours.id))
        .join(Site, Site.id == func.coalesce(ManualHours.proposed_from, ManualHours.site_id))
        .where(reached, ManualHours.state == ManualState.PROPOSED)
    )
    return db.session.scalar(query) or 0
