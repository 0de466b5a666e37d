"""The verbs of review: let an event go before the public, or give it back, exactly as it was looked at."""

from datetime import datetime

from sqlalchemy import func, select

from stationapp.db import db
from stationapp.events import operations as events
from stationapp.events.models import Event, EventStep
from stationapp.refusal import Refused
from stationapp.review.rules import ReviewRefusal
from stationapp.signups import course
from stationapp.signups.draws import announce


def approve(event: Event, *, step: int, by: int, now: datetime) -> Event:
    """Publish it, if `step` is still the last one it took; who is on its course comes along. Raises Refused."""
    course.hold_for(event, now=now)
    _unchanged(event, step)
    events.publish(event, by=by, now=now)
    course.bring_along(event, now=now)
    announce(event, now=now)
    return event


def give_back(event: Event, *, step: int, reason: str, by: int, now: datetime) -> Event:
    """Return it with a reason, if `step` is still the last one it took. Raises Refused."""
    _unchanged(event, step)
    return events.send_back(event, by=by, now=now, reason=reason)


def _unchanged(event: Event, step: int) -> None:
    """While it waits an event changes through steps alone: withdrawn, changed, submitted again."""
    db.session.refresh(event, with_for_update={"key_share": True})
    last = db.session.scalar(select(func.max(EventStep.id)).where(EventStep.event_id == event.id))
    if last != step:
        raise Refused(ReviewRefusal.CHANGED)
