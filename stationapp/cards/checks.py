"""One card in force a person, and none that ended without a reason."""

from sqlalchemy import func, or_, select

from stationapp.audit.rules import Check
from stationapp.cards.models import Card
from stationapp.cards.queries import index_of
from stationapp.db import db
from stationapp.vault import vault


def _several_in_force() -> list[str]:
    """Of one record at most one card opens anything."""
    several = (
        select(Card.resident_id)
        .where(Card.ended_at.is_(None))
        .group_by(Card.resident_id)
        .having(func.count() > 1)
        .order_by(Card.resident_id)
    )
    return [f"resident {number}" for number in db.session.scalars(several)]


def _ended_without_why() -> list[str]:
    """When a card ended and why are known both or neither, and none ended before it was made."""
    half = or_(
        Card.ended_at.is_(None) & Card.ended_why.is_not(None),
        Card.ended_at.is_not(None) & Card.ended_why.is_(None),
        Card.ended_at < Card.made_at,
    )
    return [f"card {number}" for number in db.session.scalars(select(Card.id).where(half).order_by(Card.id))]


def _foreign_code() -> list[str]:
    """What a card is found by belongs to the code that is printed on it."""
    rows = db.session.execute(select(Card.id, Card.code_index, Card.code_sealed).order_by(Card.id))
    return [
        f"card {number}" for number, index, sealed in rows if index_of(vault().unseal(sealed)) != bytes(index)
    ]


CHECKS = (
    Check("cards", "一个人只有一张有效的个人卡", _several_in_force),
    Check("cards ended", "作废的卡有时间也有原因", _ended_without_why),
    Check("cards code", "卡号对应卡上印的码", _foreign_code),
)
