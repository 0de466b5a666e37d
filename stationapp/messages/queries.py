"""Reads of messages: what a household's own page shows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from stationapp.db import db
from stationapp.messages.models import Message
from stationapp.messages.rules import Way
from stationapp.messages.saying import facts_of
from stationapp.messages.wordings import own_wordings, text
from stationapp.notices.rules import Occasion

LOOKED_AT = 60
"""So many of its latest messages are looked at; older ones are hardly true any more."""


@dataclass(frozen=True)
class Told:
    """One thing a household is told on its own page."""

    at: datetime
    occasion: Occasion
    sentence: str


def list_for_household(household_id: int, limit: int = 10, *, now: datetime) -> list[Told]:
    """What a household's own page says, newest first: only what is still true. In a fixed number of questions."""
    latest = select(Message).where(Message.household_id == household_id, Message.way == Way.PAGE)
    messages = list(db.session.scalars(latest.order_by(Message.id.desc()).limit(LOOKED_AT)))
    facts, own = facts_of(messages, now=now), own_wordings()
    told = [
        Told(one.made_at, one.occasion, text(one.occasion, Way.PAGE, known, own))
        for one in messages
        if (known := facts[one.id]) is not None
    ]
    return told[:limit]
