"""What must hold about residents (trust.md §2), as queries that return no row."""

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.residents.models import HomeCode, Household, Merge, Resident
from stationapp.residents.rules import may_guard


def _half_a_phone() -> list[str]:
    parts = (Household.phone_index, Household.phone_sealed, Household.tail_index)
    mixed = or_(*(one.is_(None) != other.is_(None) for one in parts for other in parts))
    return [f"household {row}" for row in db.session.scalars(select(Household.id).where(mixed))]


def _readable() -> list[str]:
    """A sealed value begins with its key's id; a text that begins with a character was never sealed."""
    columns = (Household.phone_sealed, Household.email_sealed, Household.reach_sealed)
    rows = db.session.execute(
        select(Household.id, *columns).where(or_(*(column.is_not(None) for column in columns)))
    )
    return [
        f"household {row[0]}"
        for row in rows
        if any(sealed is not None and bytes(sealed[:1]) != b"\x01" for sealed in row[1:])
    ]


def _nobody_by_phone() -> list[str]:
    homes = select(Household.id).where(
        Household.phone_index.is_(None),
        ~select(Resident.id).where(Resident.household_id == Household.id).exists(),
    )
    return [f"household {row}" for row in db.session.scalars(homes)]


def _merged_otherwise() -> list[str]:
    """A record that stands for somebody else than its merge says, or for itself though it was merged."""
    live = select(Merge.kept_id).where(Merge.gone_id == Resident.id, Merge.undone_at.is_(None))
    wrong = func.coalesce(Resident.merged_into, 0) != func.coalesce(live.scalar_subquery(), 0)
    return [f"resident {row}" for row in db.session.scalars(select(Resident.id).where(wrong))]


def _kept_and_gone() -> list[str]:
    """A merge into a record that was itself merged at that time: two steps would lead to the person."""
    into, onward = aliased(Merge), aliased(Merge)
    at_once = (or_(into.undone_at.is_(None), into.undone_at > onward.at)) & (
        or_(onward.undone_at.is_(None), onward.undone_at > into.at)
    )
    rows = select(into.id).join(onward, onward.gone_id == into.kept_id).where(at_once).distinct()
    return [f"merge {row}" for row in db.session.scalars(rows)]


def _guardians() -> list[str]:
    """A guardian without consent, not of age when they gave it, or of another household.

    Of somebody with several records any of their households counts, those of merges since undone too: what was
    agreed then was agreed by the people of one phone.
    """
    guardian = aliased(Resident)
    rows = db.session.execute(
        select(
            Resident.id,
            Resident.household_id,
            Resident.guardian_consent_at,
            guardian.id,
            guardian.household_id,
            guardian.birth_month,
        ).join(guardian, guardian.id == Resident.guardian_id)
    ).all()
    homes = _homes_by_merges()
    found = []
    for child, home, agreed_at, who, their_home, birth_month in rows:
        together = ({home} | homes.get(child, set())) & ({their_home} | homes.get(who, set()))
        of_age = agreed_at is not None and may_guard(birth_month, clock.day_of(agreed_at))
        if child == who or not together or not of_age:
            found.append(f"resident {child}")
    return found


def _homes_by_merges() -> dict[int, set[int]]:
    """The households of the other records of somebody, by either record's id."""
    kept, gone = aliased(Resident), aliased(Resident)
    rows = db.session.execute(
        select(kept.id, kept.household_id, gone.id, gone.household_id)
        .select_from(Merge)
        .join(kept, kept.id == Merge.kept_id)
        .join(gone, gone.id == Merge.gone_id)
    )
    homes: dict[int, set[int]] = {}
    for kept_id, kept_home, gone_id, gone_home in rows:
        homes.setdefault(kept_id, set()).add(gone_home)
        homes.setdefault(gone_id, set()).add(kept_home)
    return homes


def _codes() -> list[str]:
    """A code still readable after it was used, or one of several that are live for a household."""
    used = select(HomeCode.id).where(HomeCode.used_at.is_not(None), HomeCode.code_sealed.is_not(None))
    live = (HomeCode.used_at.is_(None), HomeCode.until_at > clock.now())
    newest = select(func.max(HomeCode.id)).where(*live).group_by(HomeCode.household_id)
    several = select(HomeCode.id).where(*live, HomeCode.id.not_in(newest))
    return [f"home_code {row}" for query in (used, several) for row in db.session.scalars(query)]


CHECKS = (
    Check("A7 phones", "电话、邮箱和联系办法加密保存，索引齐全", lambda: _half_a_phone() + _readable()),
    Check("A7 codes", "登录码用过就不留原文，一家只有一个有效", _codes),
    Check("A5 households", "没有电话的家庭至少有一个人", _nobody_by_phone),
    Check(
        "A5 merged",
        "合并的记录与合并的记载一致，一步就到本人",
        lambda: _merged_otherwise() + _kept_and_gone(),
    ),
    Check("S10 guardians", "孩子的监护人是自家的成年人，并且同意过", _guardians),
)
