"""Which events are for the old or for the young (domain.md §9, I-27)."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from stationapp.db import db
from stationapp.events.models import Event, EventTheme
from stationapp.events.rules import State, Theme


class Themed(NamedTuple):
    """一老, 一小, or both."""

    old: bool
    young: bool


def by_event(begins_at: datetime, ends_at: datetime) -> dict[int, Themed]:
    """The closed-out events that begin in [begins_at, ends_at) and are themed old or young. One statement."""
    rows = db.session.execute(
        select(EventTheme.event_id, EventTheme.theme)
        .join(Event, Event.id == EventTheme.event_id)
        .where(
            EventTheme.theme.in_((Theme.OLD, Theme.YOUNG)),
            Event.state == State.CLOSED_OUT,
            Event.starts_at >= begins_at,
            Event.starts_at < ends_at,
        )
    )
    found: dict[int, set[Theme]] = {}
    for event_id, theme in rows:
        found.setdefault(event_id, set()).add(theme)
    return {id: Themed(Theme.OLD in themes, Theme.YOUNG in themes) for id, themes in found.items()}
