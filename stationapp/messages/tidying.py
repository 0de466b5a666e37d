"""Calls nobody needs to make any more become void: places gone, event over, offer answered (trust.md M4).

The list leaves them out at once (`wanted`); this writes down why.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select, tuple_, update

from stationapp import clock
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.messages.concerned import ABOUT_PARTY, ABOUT_PERSON, OF_EVENT, is_back
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery, Way
from stationapp.notices.rules import Occasion
from stationapp.signups.models import Offer, Party, Signup
from stationapp.signups.rules import LIVE, Place


def tidy_calls(*, now: datetime) -> int:
    """Make void what is not to be called about any more; how many. Five statements at most."""
    open_calls = (Message.way == Way.CALL, Message.state == Delivery.PENDING)
    done = 0
    for why, condition in _reasons(now):
        done += db.session.execute(
            update(Message)
            .where(*open_calls, condition)
            .values(state=Delivery.VOID, why=why, ended_at=now)
            .execution_options(synchronize_session=False)
        ).rowcount
    return done


def _reasons(now: datetime) -> list[tuple[str, ColumnElement[bool]]]:
    return [
        ("over", is_over(now)),
        ("gone", ~has_places(now)),
        ("answered", is_answered()),
        ("sent", was_sent()),
    ]


def is_over(now: datetime) -> ColumnElement[bool]:
    """Its event is over, or its time has passed; of a reminder, the day."""
    its = select(Event.id).join(Party, Party.event_id == Event.id).where(Party.id == Message.party_id)
    over = its.where(Event.ends_at <= now, Event.state != State.POSTPONED).exists()
    return or_(
        and_(Message.until_at.is_not(None), Message.until_at < now),
        and_(Message.occasion != Occasion.REMINDER, over),
    )


def has_places(now: datetime) -> ColumnElement[bool]:
    """The party has a live place, or the household at the event when it is called about that.

    Whom the lot gave none still waits; of those whose offer lapsed nobody signed up anew; of a reminder there is a
    confirmed place that day at the site that calls. What is about a person needs no place.
    """
    of_party = select(Signup.id).where(Signup.party_id == Message.party_id, Signup.state.in_(LIVE))
    asked = Party.__table__.alias("asked")
    at_event = (
        select(Signup.id)
        .join(Party, Party.id == Signup.party_id)
        .join(
            asked, asked.c.event_id == Party.event_id + 0
        )  # by the household: an event has many more parties
        .where(
            asked.c.id == Message.party_id, Party.household_id == Message.household_id, Signup.state.in_(LIVE)
        )
    )
    day = clock.day_of(now)
    return or_(
        and_(Message.occasion.in_(OF_EVENT), at_event.exists()),
        and_(
            Message.occasion.in_(ABOUT_PARTY - {Occasion.OFFER_LAPSED, Occasion.NOT_DRAWN}), of_party.exists()
        ),
        and_(
            Message.occasion == Occasion.NOT_DRAWN, of_party.where(Signup.state == Place.WAITLISTED).exists()
        ),
        and_(Message.occasion == Occasion.OFFER_LAPSED, ~is_back(Message.party_id)),
        Message.occasion.in_(ABOUT_PERSON),
        *(_goes_on(day + timedelta(days=later), now) for later in (0, 1)),
    )


def _goes_on(day: date, now: datetime) -> ColumnElement[bool]:
    going = (
        select(Party.household_id, Event.site_id)
        .join(Signup, Signup.party_id == Party.id)
        .join(Event, Event.id == Signup.event_id)
        .where(
            Signup.state == Place.CONFIRMED,
            Event.state == State.PUBLISHED,
            Event.starts_at >= max(clock.instant(day), now),
            Event.starts_at < clock.instant(day + timedelta(days=1)),
        )
    )
    on_day = (Message.occasion == Occasion.REMINDER, Message.subject == f"day {day}")
    return and_(*on_day, tuple_(Message.household_id, Message.site_id).in_(going))


def is_answered() -> ColumnElement[bool]:
    """An offer that is not open any more: answered on the page, lapsed or withdrawn."""
    live = select(Offer.id).where(Offer.party_id == Message.party_id, Offer.ended_at.is_(None))
    return and_(Message.occasion == Occasion.OFFERED, ~live.exists())


def was_sent() -> ColumnElement[bool]:
    """The text message that was in doubt arrived after all."""
    other = Message.__table__.alias("other")
    same = [other.c[name] == getattr(Message, name) for name in ("occasion", "subject", "household_id")]
    # Of a reminder there is one text, and a call for each site.
    same.append(or_(other.c.step == Message.step, Message.occasion == Occasion.REMINDER))
    arrived = other.c.state.in_((Delivery.ACCEPTED, Delivery.DELIVERED)) & (other.c.way == Way.SMS)
    return select(other.c.id).where(*same, arrived).exists()


def wanted(now: datetime) -> ColumnElement[bool]:
    """The condition "somebody is to be called about this", on open calls."""
    return and_(~is_over(now), has_places(now), ~is_answered(), ~was_sent())
