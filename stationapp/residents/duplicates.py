"""Records that look like one person: suggested for merging, never merged by themselves (domain.md §6)."""

from sqlalchemy import ColumnElement, Select, case, literal, or_, select
from sqlalchemy.orm import aliased

from stationapp.residents.models import Household, KeptApart, Resident
from stationapp.residents.rules import Alike

ONE, OTHER = aliased(Resident), aliased(Resident)
"""The two records of a pair; the earlier one stands first."""

_home, _other_home = aliased(Household), aliased(Household)


def pairs(known_one: ColumnElement[bool], known_other: ColumnElement[bool]) -> Select:
    """(one, other, Alike) of people that bear one name in two households, those taken in last first.

    Either month of birth and community agree, or one of them has no phone and nothing known contradicts. Both must be
    known to whoever asks: `known_one` is a condition on ONE, `known_other` on OTHER. Who was merged, or was said to be
    somebody else, is left out.
    """
    same_birth = (ONE.birth_month == OTHER.birth_month) & (ONE.community_id == OTHER.community_id)
    no_phone = or_(_home.phone_index.is_(None), _other_home.phone_index.is_(None))
    nothing_against = _agree(ONE.birth_month, OTHER.birth_month) & _agree(
        ONE.community_id, OTHER.community_id
    )
    why = case((same_birth, literal(Alike.BIRTH_AND_HOME.value)), else_=literal(Alike.NO_PHONE.value))
    apart = select(KeptApart.one_id).where(KeptApart.one_id == ONE.id, KeptApart.other_id == OTHER.id)
    return (
        select(ONE, OTHER, why)
        # The initials have an index, and one name has one spelling.
        .join(OTHER, (OTHER.initials == ONE.initials) & (OTHER.name == ONE.name) & (OTHER.id > ONE.id))
        .join(_home, _home.id == ONE.household_id)
        .join(_other_home, _other_home.id == OTHER.household_id)
        .where(
            ONE.household_id != OTHER.household_id,
            ONE.merged_into.is_(None),
            OTHER.merged_into.is_(None),
            or_(same_birth, no_phone & nothing_against),
            ~apart.exists(),
            known_one,
            known_other,
        )
        .order_by(OTHER.id.desc(), ONE.id)
    )


def _agree(one: ColumnElement, other: ColumnElement) -> ColumnElement[bool]:
    return or_(one.is_(None), other.is_(None), one == other)
