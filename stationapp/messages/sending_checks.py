"""The invariants of sending (trust.md M2, M3, M4): states against attempts and receipts, hours, stops."""

from sqlalchemy import Select, Text, and_, case, cast, exists, extract, func, literal, or_, select
from sqlalchemy.sql.elements import ColumnElement

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.messages.hours import AT_ANY_HOUR, QUIET_FROM, QUIET_UNTIL
from stationapp.messages.letters import UNSENT, name_of
from stationapp.messages.models import Attempt, Message, Receipt, Stop
from stationapp.messages.rules import AttemptEnd, Delivery
from stationapp.messages.sending_rules import CLAIM_LASTS
from stationapp.messages.sent import SENT
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.sites.models import Site
from stationapp.sites.rules import Level

PERSON = "person"
"""`Message.why` of what a person decided."""

_SENT = Message.way.in_(SENT)


def _ids(kind: str, query: Select) -> list[str]:
    return [f"{kind} {row}" for row in db.session.scalars(query)]


def _tried(*outcomes: AttemptEnd) -> ColumnElement[bool]:
    return exists().where(Attempt.message_id == Message.id, Attempt.outcome.in_(outcomes))


def _accepted_twice() -> list[str]:
    """What the gateway took, or may have taken, was handed over again."""
    taken = (AttemptEnd.ACCEPTED, AttemptEnd.UNKNOWN)
    first = (
        select(Attempt.message_id, func.min(Attempt.number).label("number"))
        .where(Attempt.outcome.in_(taken))
        .group_by(Attempt.message_id)
        .subquery()
    )
    again = select(Attempt.message_id).join(first, first.c.message_id == Attempt.message_id)
    return _ids("message", again.where(Attempt.number > first.c.number).distinct())


def _out_of_step() -> list[str]:
    """A state that the last attempt does not lead to."""
    last = (
        select(Attempt.outcome)
        .where(Attempt.message_id == Message.id)
        .order_by(Attempt.number.desc())
        .limit(1)
        .scalar_subquery()
    )
    states = {
        AttemptEnd.ACCEPTED: (Delivery.ACCEPTED, Delivery.DELIVERED, Delivery.FAILED),
        AttemptEnd.UNKNOWN: (Delivery.IN_DOUBT, Delivery.ACCEPTED, Delivery.DELIVERED, Delivery.FAILED),
        AttemptEnd.REFUSED: (Delivery.FAILED,),
        AttemptEnd.BUSY: (
            Delivery.PENDING, Delivery.CLAIMED, Delivery.SENDING, Delivery.FAILED, Delivery.VOID,
        ),
    }  # fmt: skip
    right = or_(*(and_(last == end, Message.state.in_(after)) for end, after in states.items()))
    untried = and_(
        last.is_(None),
        or_(
            Message.state.in_((Delivery.PENDING, Delivery.CLAIMED, Delivery.SENDING, Delivery.VOID)),
            and_(Message.state == Delivery.FAILED, Message.why.in_(UNSENT)),
        ),
    )
    wrong = case((right, literal(0)), (untried, literal(0)), else_=literal(1)) == 1
    return _ids("message", select(Message.id).where(_SENT, wrong).order_by(Message.id))


def _miscounted() -> list[str]:
    """Tries and attempts differ; what is being sent has one try more than it has outcomes."""
    many = (
        select(func.count())
        .select_from(Attempt)
        .where(Attempt.message_id == Message.id)
        .correlate(Message)
        .scalar_subquery()
    )
    under_way = case((Message.state == Delivery.SENDING, 1), else_=0)
    wrong = select(Message.id).where(_SENT, Message.tries != many + under_way)
    return _ids("message", wrong.order_by(Message.id))


def _unreported() -> list[str]:
    """Delivered, but neither a gateway nor a person said so."""
    told = exists().where(Receipt.gateway_ref == Message.gateway_ref, Receipt.delivered)
    wrong = select(Message).where(_SENT, Message.state == Delivery.DELIVERED, Message.why != PERSON, ~told)
    found = list(db.session.scalars(wrong.order_by(Message.id)))
    names = select(Receipt.gateway_ref).where(
        Receipt.delivered, Receipt.gateway_ref.in_([name_of(one) for one in found])
    )
    known = set(db.session.scalars(names)) if found else set()
    return [f"message {one.id}" for one in found if name_of(one) not in known]


def _unmoved() -> list[str]:
    """Reported as delivered, and still open."""
    told = exists().where(Receipt.gateway_ref == Message.gateway_ref, Receipt.delivered)
    still = Message.state.in_((Delivery.ACCEPTED, Delivery.IN_DOUBT))
    return _ids("message", select(Message.id).where(_SENT, still, told).order_by(Message.id))


def _at_night() -> list[str]:
    """Handed over in the quiet hours, and no code."""
    ahead = 8  # hours of Asia/Shanghai before UTC, the same all the year; both databases keep and read UTC
    quiet = extract("hour", Attempt.at).between(QUIET_FROM - ahead, 24 + QUIET_UNTIL - ahead - 1)
    its = select(Attempt.id).join(Message, Message.id == Attempt.message_id)
    return _ids("attempt", its.where(quiet, Message.occasion.not_in(AT_ANY_HOUR)).order_by(Attempt.id))


def _left_behind() -> list[str]:
    """Claimed or being sent for much longer than a sweep allows."""
    old = Message.claimed_at < clock.now() - 5 * CLAIM_LASTS
    return _ids("message", select(Message.id).where(old).order_by(Message.id))


def _while_stopped() -> list[str]:
    """Handed over while its way was stopped. A group under way when the stop came may end after it."""
    rows = db.session.execute(
        select(Attempt.id, Attempt.at, Stop.at, Stop.lifted_at)
        .join(Message, Message.id == Attempt.message_id)
        .join(Stop, Stop.way == Message.way)
        .where(Attempt.at > Stop.at, or_(Stop.lifted_at.is_(None), Attempt.at < Stop.lifted_at))
        .order_by(Attempt.id)
    )
    return [f"attempt {id_}" for id_, at, stopped_at, _lifted in rows if at > stopped_at + CLAIM_LASTS]


def _stop_untold() -> list[str]:
    """Sending stopped by itself, and the center was not told."""
    told = exists().where(
        Notice.occasion == Occasion.STOPPED, Notice.subject == literal("stop ") + cast(Stop.id, Text)
    )
    there = exists().where(Site.level == Level.CENTER)
    return _ids("stop", select(Stop.id).where(Stop.by.is_(None), there, ~told).order_by(Stop.id))


CHECKS = (
    Check("M2", "网关接收过、或可能接收过的消息没有再发", _accepted_twice),
    Check("M2 states", "消息的状态与最后一次交给网关的结果一致", _out_of_step),
    Check("M2 tries", "交给网关的次数都有记录", _miscounted),
    Check("M3", "算作收到的，都有网关或工作人员说收到", _unreported),
    Check("M3 receipts", "网关说收到的，没有还开着的", _unmoved),
    Check("M4 hours", "晚上九点到早上八点只发登录码", _at_night),
    Check("M2 claims", "没有被丢下的消息", _left_behind),
    Check("M6", "停着的时候没有发", _while_stopped),
    Check("M6 told", "自己停下的都告诉了中心", _stop_untold),
)
