"""How much has gone out: by the whole system, and to one number (trust.md §4.8).

Counted are attempts after which a message may have reached somebody, and what is under way. Several processes may
count at the same moment, so a day's limit can be passed by what each has in hand, one batch a process.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select, union_all

from stationapp import clock
from stationapp.db import db
from stationapp.messages.models import Attempt, Message, Stop
from stationapp.messages.rules import AttemptEnd, Delivery, StopWhy, Way
from stationapp.messages.sending_rules import ALL_A_DAY, CODES_AN_HOUR, FAILING, FAILING_FOR, Limits
from stationapp.notices.rules import Occasion

_WENT = Attempt.outcome.in_((AttemptEnd.ACCEPTED, AttemptEnd.UNKNOWN))
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def room(limits: Limits, *, now: datetime) -> int | StopWhy:
    """How many text messages may go out now: 0 for a moment when the minute is full, or why there must be an end."""
    under_way = db.session.scalar(
        select(func.count()).where(
            Message.state.in_((Delivery.CLAIMED, Delivery.SENDING)), Message.way == Way.SMS
        )
    )
    today = _since_lifted(StopWhy.DAY_LIMIT, Way.SMS, clock.instant(clock.day_of(now)))
    left = limits.a_day - _gone(today) - under_way
    if left <= 0:
        return StopWhy.DAY_LIMIT
    minute = _since_lifted(StopWhy.RATE, Way.SMS, now - _MINUTE)
    if _gone(minute, Message.occasion == Occasion.HOME_CODE) >= limits.codes_a_minute:
        return StopWhy.RATE
    return max(min(left, limits.a_minute - _gone(now - _MINUTE) - under_way), 0)


def _since_lifted(why: StopWhy, way: Way, otherwise: datetime) -> datetime:
    """Whoever lifts a stop lets it go on: what went before counts no more, or it would stop again at once."""
    lifted = db.session.scalar(select(func.max(Stop.lifted_at)).where(Stop.way == way, Stop.why == why))
    return max(lifted, otherwise) if lifted else otherwise


def _gone(since: datetime, *such) -> int:
    return db.session.scalar(
        select(func.count())
        .select_from(Attempt)
        .join(Message, Message.id == Attempt.message_id)
        .where(Attempt.at > since, _WENT, Message.way == Way.SMS, *such)
    )


@dataclass
class Heard:
    """What a household has been sent: codes in the last hour, everything in the last day."""

    codes: int = 0
    all: int = 0

    def takes(self, occasion: Occasion) -> bool:
        """Whether one more may go there; counts it when it may."""
        is_code = occasion is Occasion.HOME_CODE
        if self.all >= ALL_A_DAY or (is_code and self.codes >= CODES_AN_HOUR):
            return False
        self.note(1, is_code)
        return True

    def note(self, all_: int, codes: int) -> None:
        """Count so many more, of which so many codes."""
        self.all, self.codes = self.all + all_, self.codes + codes


def heard(household_ids: Collection[int], *, now: datetime) -> dict[int, Heard]:
    """What each of these households has been sent or is being sent, by text message and mail together."""
    theirs = Message.household_id.in_(household_ids)
    is_code = Message.occasion == Occasion.HOME_CODE
    under_way = select(Message.household_id, func.count(), _number(is_code)).where(
        theirs, Message.state == Delivery.SENDING
    )
    gone = (
        select(Message.household_id, func.count(), _number(is_code & (Attempt.at > now - _HOUR)))
        .join(Attempt, Attempt.message_id == Message.id)
        .where(theirs, Attempt.at > now - _DAY, _WENT)
    )
    found = {household_id: Heard() for household_id in household_ids}
    # One question, one moment: what another process gets rid of between two would be counted by both.
    both = union_all(*(one.group_by(Message.household_id) for one in (under_way, gone)))
    for household_id, all_, codes in db.session.execute(both):
        found[household_id].note(all_, codes)
    return found


def _number(such: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((such, 1), else_=0))


def fails(way: Way, *, now: datetime) -> bool:
    """Whether a gateway has taken nothing for some time, however often it was tried."""
    since = _since_lifted(StopWhy.GATEWAY, way, now - _DAY)
    last = db.session.execute(
        select(Attempt.at, Attempt.outcome)
        .join(Message, Message.id == Attempt.message_id)
        .where(Message.way == way, Attempt.at > since)
        .order_by(Attempt.id.desc())
        .limit(FAILING)
    ).all()
    took = {AttemptEnd.ACCEPTED, AttemptEnd.REFUSED}  # a clear no comes from a gateway that works
    if len(last) < FAILING or any(one.outcome in took for one in last):
        return False
    worked = (
        select(func.max(Attempt.at))
        .join(Message, Message.id == Attempt.message_id)
        .where(Message.way == way, Attempt.outcome.in_(took))
    )
    began = (
        select(func.min(Attempt.at))
        .join(Message, Message.id == Attempt.message_id)
        .where(Message.way == way, Attempt.at > since)
    )
    last_worked = db.session.scalar(worked)
    if last_worked is not None:
        began = began.where(Attempt.at > last_worked)
    return now - db.session.scalar(began) >= FAILING_FOR
