"""The invariants of messages (trust.md M1, M4), as queries that return no row on either database."""

from datetime import timedelta

from sqlalchemy import Select, Text, cast, exists, func, or_, select

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.messages.concerned import ABOUT_PARTY, OF_EVENT
from stationapp.messages.models import CallAnswer, Message
from stationapp.messages.rules import CALLED_ABOUT, CallOutcome, Delivery, Way
from stationapp.messages.tidying import has_places, is_answered, is_over
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.signups.models import Party, Signup, SignupMove

SETTLING = timedelta(minutes=10)
"""So long the jobs may take to write down that a call is not needed any more; the list leaves it out at once."""


def _ids(kind: str, query: Select) -> list[str]:
    return [f"{kind} {row}" for row in db.session.scalars(query)]


def _doubled() -> list[str]:
    """The same thing told to the same household twice by one way."""
    same = (Message.occasion, Message.subject, Message.step, Message.household_id, Message.way)
    return _ids("message", select(func.max(Message.id)).group_by(*same).having(func.count() > 1))


def _reminded_twice() -> list[str]:
    """More than one written reminder for one household and day."""
    same = (Message.subject, Message.step, Message.household_id)
    written = (Message.occasion == Occasion.REMINDER, Message.way.in_((Way.SMS, Way.EMAIL)))
    return _ids(
        "message", select(func.max(Message.id)).where(*written).group_by(*same).having(func.count() > 1)
    )


def _answers() -> list[str]:
    """An answer to something that was no call, or that nobody can give to it."""
    fits = or_(
        *(
            (Message.occasion == occasion) & CallAnswer.outcome.in_(outcomes)
            for occasion, outcomes in CALLED_ABOUT.items()
        )
    )
    query = select(CallAnswer.id).join(Message, Message.id == CallAnswer.message_id)
    return _ids("call_answer", query.where(or_(Message.way != Way.CALL, ~fits)).order_by(CallAnswer.id))


def _out_of_step() -> list[str]:
    """A call whose state is not what its last answer says."""
    last = (
        select(CallAnswer.outcome)
        .where(CallAnswer.message_id == Message.id)
        .order_by(CallAnswer.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    answered = Message.state == Delivery.ANSWERED
    wrong = or_(
        answered & or_(Message.way != Way.CALL, last.is_(None), last == CallOutcome.NO_ANSWER),
        (Message.way == Way.CALL)
        & (Message.state == Delivery.PENDING)
        & last.is_not(None)
        & (last != CallOutcome.NO_ANSWER),
    )
    return _ids("message", select(Message.id).where(wrong).order_by(Message.id))


def _elsewhere() -> list[str]:
    """A message to a household that has nothing to do with what it is about."""
    of_party = exists().where(
        Party.id == Message.party_id,
        Party.household_id == Message.household_id,
        Message.subject == "party " + cast(Party.id, Text),
    )
    of_event = (
        select(Party.id)
        .join(Event, Event.id == Party.event_id)
        .where(
            Party.id == Message.party_id,
            Party.household_id == Message.household_id,
            Message.subject == "event " + Event.code,
        )
        .exists()
    )
    own = exists().where(Party.id == Message.party_id, Party.household_id == Message.household_id)
    wrong = or_(
        Message.occasion.in_(ABOUT_PARTY) & ~of_party,
        Message.occasion.in_(OF_EVENT) & ~of_event,
        (Message.occasion == Occasion.REMINDER) & ~own,
    )
    caused = exists().where(
        Notice.id == Message.notice_id, Notice.occasion == Message.occasion, Notice.subject == Message.subject
    )
    not_caused = Message.notice_id.is_not(None) & ~caused
    return _ids("message", select(Message.id).where(or_(wrong, not_caused)).order_by(Message.id))


def _called_for_nothing() -> list[str]:
    """A call still to be made to a household that gave its places back, or answered its offer, a while ago."""
    now = clock.now()
    just_now = (
        select(SignupMove.id)
        .join(Signup, Signup.id == SignupMove.signup_id)
        .join(Party, Party.id == Signup.party_id)
        .where(Party.household_id == Message.household_id, SignupMove.at > now - SETTLING)
    )
    pending = (Message.way == Way.CALL, Message.state == Delivery.PENDING, ~just_now.exists())
    gone = or_(~has_places(now), is_answered())
    # A reminder's day and an event's end pass by themselves: what is over is no call to the wrong people.
    query = select(Message.id).where(*pending, gone, ~is_over(now), Message.occasion != Occasion.REMINDER)
    return _ids("message", query.order_by(Message.id))


CHECKS = (
    Check("M1", "一件事对一家人用一种方式只说一次", _doubled),
    Check("M1 reminders", "一家人一天只收到一条提醒", _reminded_twice),
    Check("M4 people", "只告诉与这件事有关的人家", _elsewhere),
    Check("M4 calls", "已经让出名额、答复过的人家不再打电话", _called_for_nothing),
    Check("M5 answers", "打电话的结果都记在电话上", _answers),
    Check("M5", "电话的状态与最后一次结果一致", _out_of_step),
)
