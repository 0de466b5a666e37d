"""What a household may change about itself, or the desk for it: who belongs to it, who guards whom, how it is told.

(domain.md §6, §11; trust.md S10.) `by` is None for the household itself.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select, update

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.pinyin import initials
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import Household, Resident
from stationapp.residents.operations import checked, make_resident
from stationapp.residents.queries import guards_somebody, list_members
from stationapp.residents.rules import PersonIn, ResidentRefusal, is_child, may_guard
from stationapp.vault import vault

EMAIL_LENGTH = 120
_EMAIL = re.compile(r"[^\s@<>(),;:\"\\]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,20}")


def get_member(household_id: int, resident_id: int) -> Resident:
    """Somebody of the household; raises NotFound for anybody else."""
    found = next((one for one in list_members(household_id) if one.id == resident_id), None)
    if found is None:
        raise NotFound
    return found


def guardians_among(people: Sequence[Resident], child: Resident | None, *, now: datetime) -> list[Resident]:
    """Who of a household may be somebody's guardian: those of age, and those whose age nobody asked for."""
    today = clock.day_of(now)
    return [one for one in people if one is not child and may_guard(one.birth_month, today)]


def add_person(
    household_id: int, person: PersonIn, *, guardian_id: int | None, by: int | None, now: datetime
) -> int:
    """Take somebody more into a household: their id. A child needs the guardian's consent.

    Raises Refused(ResidentRefusal).
    """
    _hold(household_id)
    person = checked(replace(person, phone=None, resident_id=None), now=now)
    members = list_members(household_id)
    _name_free(household_id, person.name)
    if is_child(person.birth_month, clock.day_of(now)) and not person.guardian_consent:
        raise Refused(ResidentRefusal.CONSENT_MISSING, alone=True)
    guardian = _fit(members, None, guardian_id, now) if person.guardian_consent else None
    made = make_resident(household_id, person, guardian, now)
    record("residents.add", f"resident {made}", by=by, now=now)
    return made


def correct(
    household_id: int,
    resident_id: int,
    person: PersonIn,
    *,
    guardian_id: int | None,
    by: int | None,
    now: datetime,
) -> None:
    """Write down of one of the household what is right: name, month of birth, community, and a child's guardian.

    `person` is taken as it stands there: what is empty is no longer known. Raises NotFound, Refused(ResidentRefusal).
    """
    _hold(household_id)
    member = get_member(household_id, resident_id)
    person, today = checked(replace(person, phone=None, resident_id=None), now=now), clock.day_of(now)
    if person.name != member.name:
        _name_free(member.household_id, person.name)
    if not may_guard(person.birth_month, today) and guards_somebody(member.id):
        raise Refused(ResidentRefusal.WARD_HERE)
    if is_child(person.birth_month, today):
        _agree(household_id, member, person.guardian_consent, guardian_id, now)
    member.name, member.initials = person.name, initials(person.name)
    member.birth_month, member.lives, member.community_id = (
        person.birth_month,
        person.lives,
        person.community_id,
    )
    db.session.flush()
    record("residents.correct", f"resident {member.id}", by=by, now=now)


def _agree(household_id: int, child: Resident, agreed: bool, guardian_id: int | None, now: datetime) -> None:
    if not agreed and child.guardian_consent_at is None:
        raise Refused(ResidentRefusal.CONSENT_MISSING, alone=True)
    guardian = _fit(list_members(household_id), child, guardian_id, now)
    if agreed and (child.guardian_consent_at is None or guardian != child.guardian_id):
        child.guardian_consent_at = now
    if guardian is not None:
        child.guardian_id = guardian


def name_guardian(
    household_id: int, child_id: int, guardian_id: int, *, by: int | None, now: datetime
) -> None:
    """Somebody of the household is a child's guardian, and agrees now. Raises NotFound, Refused(ResidentRefusal)."""
    _hold(household_id)
    child = get_member(household_id, child_id)
    guardian = _fit(list_members(household_id), child, guardian_id, now)
    if guardian is None:
        raise Refused(ResidentRefusal.GUARDIAN_UNFIT)
    if guardian == child.guardian_id:
        return
    child.guardian_id, child.guardian_consent_at = guardian, now
    db.session.flush()
    record("residents.guardian", f"resident {child.id}", by=by, now=now)


def _fit(
    members: Sequence[Resident], child: Resident | None, guardian_id: int | None, now: datetime
) -> int | None:
    if guardian_id is None:
        return None
    if guardian_id not in {one.id for one in guardians_among(members, child, now=now)}:
        raise Refused(ResidentRefusal.GUARDIAN_UNFIT)
    return guardian_id


def _name_free(household_id: int, name: str) -> None:
    taken = select(Resident.id).where(Resident.household_id == household_id, Resident.name == name)
    if db.session.scalar(taken.limit(1)):
        raise Refused(ResidentRefusal.NAME_TAKEN)


def _hold(household_id: int) -> None:
    """Two changes of one household stand in line."""
    its = select(Household.id).where(Household.id == household_id)
    db.session.execute(its.with_for_update(key_share=True))


# --- how a household is told ---------------------------------------------------------------------------------------


def email_of(household: Household) -> str:
    """The address a household is written to, "" without one."""
    return vault().unseal(household.email_sealed) if household.email_sealed else ""


def reach_of(household: Household) -> str:
    """How a household without a phone is reached, in words."""
    return vault().unseal(household.reach_sealed) if household.reach_sealed else ""


def set_contact(household_id: int, *, email: str, texts: bool, now: datetime) -> None:
    """Where a household wants to be written to ("": nowhere), and whether by text messages and mail at all.

    Raises Refused(EMAIL_UNREADABLE).
    """
    email = email.strip()
    if email and (len(email) > EMAIL_LENGTH or not _EMAIL.fullmatch(email)):
        raise Refused(ResidentRefusal.EMAIL_UNREADABLE)
    household = db.session.get_one(Household, household_id, with_for_update=True)
    household.email_sealed = vault().seal(email) if email else None
    household.no_texts_at = None if texts else household.no_texts_at or now
    db.session.flush()


def set_reach(household_id: int, reach: str, *, by: int, now: datetime) -> None:
    """How a household without a phone is reached; one that has a phone keeps none."""
    sealed = vault().seal(reach) if reach else None
    without = (Household.id == household_id, Household.phone_index.is_(None))
    db.session.execute(update(Household).where(*without).values(reach_sealed=sealed))
    record("residents.reach", f"household {household_id}", by=by, now=now)
