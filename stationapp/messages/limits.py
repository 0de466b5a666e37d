"""How much has gone out: by the whole system, and to one number (trust.md §4.8).

Counted are attempts after which a message may have reached somebody, and what is under way. Several processes may
count at the same moment, so a day's limit can be passed by what each has in hand, one batch a process.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, func, select

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
    found = {household_id: Heard() for household_id in household_ids}
    for household_id, occasion in db.session.execute(
        select(Message.household_id, Message.occasion).where(
            Message.household_id.in_(household_ids), Message.state == Delivery.SENDING
        )
    ):
        found[household_id].note(1, occasion is Occasion.HOME_CODE)
    for household_id, count in db.session.execute(_to(household_ids, now - _DAY)):
        found[household_id].note(count, 0)
    codes = _to(household_ids, now - _HOUR).where(Message.occasion == Occasion.HOME_CODE)
    for household_id, count in db.session.execute(codes):
        found[household_id].note(0, count)
    return found


def _to(household_ids: Collection[int], since: datetime) -> Select[tuple[int, int]]:
    return (
        select(Message.household_id, func.count())
        .join(Attempt, Attempt.message_id == Message.id)
        .where(Message.household_id.in_(household_ids), Attempt.at > since, _WENT)
        .group_by(Message.household_id)
    )


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
