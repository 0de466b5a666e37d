"""The verbs of residents: take a person in, show one in full (domain.md §6, §11)."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.db import Overtaken, db
from stationapp.pinyin import initials
from stationapp.refusal import Refused
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import (
    TAIL,
    Home,
    Known,
    full,
    get_person,
    get_resident,
    guards_somebody,
    home_of,
)
from stationapp.residents.rules import (
    Lives,
    PersonIn,
    ResidentRefusal,
    Revealed,
    is_child,
    may_guard,
    person_problem,
    plausible_birth,
    tidied,
)
from stationapp.vault import vault

# Lean statements: a sign-up runs them while everybody else waits (architecture.md, Speed).
_add_household = insert(Household.__table__)
_add_resident = insert(Resident.__table__)
_change_resident = update(Resident.__table__).where(Resident.__table__.c.id == bindparam("which"))


def take_in(person: PersonIn, *, now: datetime) -> Resident:
    """The person with that name and phone, made when new; what was written last about them counts.

    A known month of birth is kept (`correct_birth_month` puts it right): the rules for minors rest on it, and anybody
    may type a name and a phone.

    Raises Refused(ResidentRefusal) when the person cannot be taken in as written.
    """
    person = checked(person, now=now)
    _, ids = admit(home_of(person), [person], now=now)
    resident = get_resident(ids[0])
    db.session.refresh(resident)
    return resident


def checked(person: PersonIn, *, now: datetime) -> PersonIn:
    """The tidied person; who was picked is the person their record stands for. Raises Refused(ResidentRefusal)."""
    person = tidied(person)
    if problem := person_problem(person, clock.day_of(now)):
        raise Refused(problem)
    if person.resident_id is not None:
        return replace(person, resident_id=get_person(person.resident_id).id)
    return person


def admit(home: Home, people: Sequence[PersonIn], *, now: datetime) -> tuple[int, list[int]]:
    """Bring checked people of one household onto record: (household id, resident ids in order).

    People already known are changed only where something new was written about them. Where the first one is of age,
    they become the guardian of those whose guardian's consent was ticked (trust.md S10). Raises Overtaken when
    somebody's record was merged since the household was read.
    """
    household_id = home.id or _make_household(people[0], home.phone, now)
    by_id = {known.id: known for known in home.people.values()}
    met = [by_id.get(one.resident_id) if one.resident_id else home.people.get(one.name) for one in people]
    _still_themselves([known.id for known in met if known])
    ids: list[int] = []
    for person, known in zip(people, met, strict=True):
        guardian = ids[0] if ids and person.guardian_consent and _of_age(people[0], met[0], now) else None
        if known is None:
            ids.append(make_resident(household_id, person, guardian, now))
        else:
            _learn(known, person, guardian, now)
            ids.append(known.id)
    if people[0].reach and home.id and home.phone is None:
        _note_reach(home.id, people[0].reach)
    return household_id, ids


_merged = (
    select(Resident.merged_into)
    .where(Resident.id.in_(bindparam("ids", expanding=True)))
    .with_for_update(read=True, key_share=True)
)


def _still_themselves(ids: list[int]) -> None:
    """Whoever merges two records holds both: what is written here for one of them stands before that or after."""
    if ids and any(db.session.connection().execute(_merged, {"ids": ids}).scalars()):
        raise Overtaken


def _of_age(person: PersonIn, known: Known | None, now: datetime) -> bool:
    return may_guard((known.birth_month if known else None) or person.birth_month, clock.day_of(now))


def _make_household(person: PersonIn, phone: str | None, now: datetime) -> int:
    values = {
        "phone_index": None,
        "phone_sealed": None,
        "tail_index": None,
        "reach_sealed": None,
        "made_at": now,
    }
    safe = vault()
    if phone is not None:
        values |= {
            "phone_index": safe.index("phone", phone),
            "phone_sealed": safe.seal(phone),
            "tail_index": safe.index("tail", phone[-TAIL:]),
        }
    elif person.reach:
        values["reach_sealed"] = safe.seal(person.reach)
    return db.session.connection().execute(_add_household, values).inserted_primary_key[0]


def _note_reach(household_id: int, reach: str) -> None:
    without = (Household.id == household_id, Household.phone_index.is_(None))
    db.session.execute(update(Household).where(*without).values(reach_sealed=vault().seal(reach)))


def make_resident(household_id: int, person: PersonIn, guardian: int | None, now: datetime) -> int:
    """A new record of a checked person in a household: its id."""
    values = {
        "household_id": household_id,
        "name": person.name,
        "initials": initials(person.name),
        "birth_month": person.birth_month,
        "lives": person.lives,
        "community_id": person.community_id,
        "guardian_consent_at": now if person.guardian_consent else None,
        "guardian_id": guardian,
        "made_at": now,
    }
    return db.session.connection().execute(_add_resident, values).inserted_primary_key[0]


def _learn(known: Known, person: PersonIn, guardian: int | None, now: datetime) -> None:
    values = {}
    if person.birth_month and known.birth_month is None and not _is_slip(known, person, now):
        values["birth_month"] = person.birth_month
    if person.lives is not Lives.UNKNOWN and (person.lives, person.community_id) != (
        known.lives,
        known.community_id,
    ):
        values |= {"lives": person.lives, "community_id": person.community_id}
    if person.guardian_consent and not known.consented:
        values["guardian_consent_at"] = now
    if guardian and guardian != known.id and not known.guardian_id:
        values |= {"guardian_id": guardian, "guardian_consent_at": now}
    if values:
        db.session.connection().execute(_change_resident.values(**values), {"which": known.id})


def _is_slip(known: Known, person: PersonIn, now: datetime) -> bool:
    """Who is a child's guardian is no minor, whatever was typed in passing."""
    return not may_guard(person.birth_month, clock.day_of(now)) and guards_somebody(known.id)


def correct_birth_month(
    resident: Resident, birth_month: str, *, reason: str, consent: bool, by: int, now: datetime
) -> None:
    """Staff put a month of birth right, and say why; `consent`: the guardian of a child agreed when asked.

    Raises Refused(ResidentRefusal).
    """
    reason, today = " ".join(reason.split())[:200], clock.day_of(now)
    if not plausible_birth(birth_month, today):
        raise Refused(ResidentRefusal.BIRTH_MONTH_UNREADABLE)
    if not reason:
        raise Refused(ResidentRefusal.REASON_MISSING)
    db.session.refresh(resident, with_for_update={"key_share": True})
    if not may_guard(birth_month, today) and guards_somebody(resident.id):
        raise Refused(ResidentRefusal.WARD_HERE)
    if is_child(birth_month, today) and resident.guardian_consent_at is None:
        if not consent:
            raise Refused(ResidentRefusal.CONSENT_MISSING, alone=True)
        resident.guardian_consent_at = now
    resident.birth_month = birth_month
    db.session.flush()
    record("residents.correct", f"resident {resident.id}", by=by, now=now, reason=reason)


def reveal(resident: Resident, *, by: int, site_id: int | None, reason: str, now: datetime) -> Revealed:
    """Name and phone in full; the showing and its reason are written down in the same transaction (trust.md A1)."""
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused(ResidentRefusal.REASON_MISSING)
    shown = full(resident)
    record("residents.reveal", f"resident {resident.id}", by=by, now=now, site_id=site_id, reason=reason)
    return shown
