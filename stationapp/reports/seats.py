"""Places asked for and places taken, event by event for the whole district at once (domain.md §9, I-19, I-20, I-28)."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import numpy as np
from sqlalchemy import ColumnElement, Select, bindparam, func, select

from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports.fetching import among, as_who, fetched, pairs, places_of, strung
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place


class Seats(NamedTuple):
    """What the places of events came to, in the order of the events; people count as sign-ups, one a place.

    `came` of `confirmed` were there in whatever role; `waiting` were never offered a place: whoever was offered one
    holds, took or lost it, and waits no more.
    """

    capacity: np.ndarray  # 0: none to be used
    confirmed: np.ndarray
    came: np.ndarray
    waiting: np.ndarray


def by_event(
    begins_at: datetime, ends_at: datetime, ids: np.ndarray, who: Mapping[int, int], there: np.ndarray
) -> Seats:
    """Of the closed-out events that begin in [begins_at, ends_at), which are among `ids`; 0 for the others.

    `who` says who counts as whom (`residents.queries.counts_as`); `there` are the `pairs` of everybody who came to
    these events, as they count. Three statements.
    """
    span = (Event.state == State.CLOSED_OUT) & (Event.starts_at >= begins_at) & (Event.starts_at < ends_at)
    event, *limits = fetched(_limits(span), *["int64"] * 3)
    capacity, waiting = np.zeros((2, len(ids)), dtype=np.int64)
    place = places_of(ids, event)
    capacity[place], waiting[place] = limits
    event, record = strung(
        Signup.resident_id, (Signup.event_id == Event.id) & (Signup.state == Place.CONFIRMED), span, ids
    )
    promised = ~among(_let_in(span, ids), pairs(event, record))
    event, record = event[promised], record[promised]
    came = among(there, pairs(event, as_who(record, who)))
    size = len(ids)
    return Seats(
        capacity, np.bincount(event, minlength=size), np.bincount(event[came], minlength=size), waiting
    )


def _limits(span: ColumnElement[bool]) -> Select:
    """(event, capacity, waitlisted)."""
    waiting = select(func.count()).where(Signup.event_id == Event.id, Signup.state == Place.WAITLISTED)
    return select(Event.id, func.coalesce(Event.capacity, 0), waiting.scalar_subquery()).where(span)


def _let_in(span: ColumnElement[bool], ids: np.ndarray) -> np.ndarray:
    """The `pairs` of places made for whoever stood at the door: no promise to come.

    The channel is written into the statement: SQLite takes an index over a part of the rows only when it can read
    there that these are meant.
    """
    walk_in = bindparam("walk_in", Channel.WALK_IN, Party.channel.type, literal_execute=True)
    event, record = fetched(
        select(Signup.event_id, Signup.resident_id)
        .select_from(Party)
        .join(Event, Event.id == Party.event_id)
        .join(Signup, Signup.party_id == Party.id)
        .where(Party.channel == walk_in, Signup.state == Place.CONFIRMED, span),
        "int64",
        "int64",
    )
    return pairs(places_of(ids, event), record)
