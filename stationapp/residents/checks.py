"""What must hold about residents (trust.md §2), as queries that return no row."""

from sqlalchemy import or_, select

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.residents.models import Household, Resident


def _half_a_phone() -> list[str]:
    parts = (Household.phone_index, Household.phone_sealed, Household.tail_index)
    mixed = or_(*(one.is_(None) != other.is_(None) for one in parts for other in parts))
    return [f"household {row}" for row in db.session.scalars(select(Household.id).where(mixed))]


def _readable_phones() -> list[str]:
    """A sealed value begins with its key's id; a phone that begins with a digit was never sealed."""
    rows = db.session.execute(
        select(Household.id, Household.phone_sealed).where(Household.phone_sealed.is_not(None))
    )
    return [f"household {row}" for row, sealed in rows if bytes(sealed[:1]) != b"\x01"]


def _nobody_by_phone() -> list[str]:
    homes = select(Household.id).where(
        Household.phone_index.is_(None),
        ~select(Resident.id).where(Resident.household_id == Household.id).exists(),
    )
    return [f"household {row}" for row in db.session.scalars(homes)]


CHECKS = (
    Check("A7 phones", "电话加密保存，索引齐全", lambda: _half_a_phone() + _readable_phones()),
    Check("A5 households", "没有电话的家庭至少有一个人", _nobody_by_phone),
)
