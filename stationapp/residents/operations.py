"""The verbs of residents: take a person in, show one in full (domain.md §6, §11)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, insert, update

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.pinyin import initials
from stationapp.refusal import Refused
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import TAIL, Home, Known, full, get_resident, home_of
from stationapp.residents.rules import (
    Lives,
    PersonIn,
    ResidentRefusal,
    Revealed,
    person_problem,
    tidied,
)
from stationapp.vault import vault

# Lean statements: a sign-up runs them while everybody else waits (architecture.md, Speed).
_add_household = insert(Household.__table__)
_add_resident = insert(Resident.__table__)
_change_resident = update(Resident.__table__).where(Resident.__table__.c.id == bindparam("which"))


def take_in(person: PersonIn, *, now: datetime) -> Resident:
    """The person with that name and phone, made when new; what was written last about them counts.

    Raises Refused(ResidentRefusal) when the person cannot be taken in as written.
    """
    person = checked(person, now=now)
    _, ids = admit(home_of(person), [person], now=now)
    resident = get_resident(ids[0])
    db.session.refresh(resident)
    return resident


def checked(person: PersonIn, *, now: datetime) -> PersonIn:
    """The tidied person; raises Refused(ResidentRefusal)."""
    person = tidied(person)
    if problem := person_problem(person, clock.day_of(now)):
        raise Refused(problem)
    return person


def admit(home: Home, people: Sequence[PersonIn], *, now: datetime) -> tuple[int, list[int]]:
    """Bring checked people of one household onto record: (household id, resident ids in order).

    People already known are changed only where something new was written about them.
    """
    household_id = home.id or _make_household(home.phone, now)
    by_id = {known.id: known for known in home.people.values()}
    ids = []
    for person in people:
        known = by_id.get(person.resident_id) if person.resident_id else home.people.get(person.name)
        if known is None:
            ids.append(_make_resident(household_id, person, now))
        else:
            _learn(known, person, now)
            ids.append(known.id)
    return household_id, ids


def _make_household(phone: str | None, now: datetime) -> int:
    values = {"phone_index": None, "phone_sealed": None, "tail_index": None, "made_at": now}
    if phone is not None:
        safe = vault()
        values |= {
            "phone_index": safe.index("phone", phone),
            "phone_sealed": safe.seal(phone),
            "tail_index": safe.index("tail", phone[-TAIL:]),
        }
    return db.session.connection().execute(_add_household, values).inserted_primary_key[0]


def _make_resident(household_id: int, person: PersonIn, now: datetime) -> int:
    values = {
        "household_id": household_id,
        "name": person.name,
        "initials": initials(person.name),
        "birth_month": person.birth_month,
        "lives": person.lives,
        "community_id": person.community_id,
        "guardian_consent_at": now if person.guardian_consent else None,
        "made_at": now,
    }
    return db.session.connection().execute(_add_resident, values).inserted_primary_key[0]


def _learn(known: Known, person: PersonIn, now: datetime) -> None:
    values = {}
    if person.birth_month and person.birth_month != known.birth_month:
        values["birth_month"] = person.birth_month
    if person.lives is not Lives.UNKNOWN and (person.lives, person.community_id) != (
        known.lives,
        known.community_id,
    ):
        values |= {"lives": person.lives, "community_id": person.community_id}
    if person.guardian_consent and not known.consented:
        values["guardian_consent_at"] = now
    if values:
        db.session.connection().execute(_change_resident.values(**values), {"which": known.id})


def reveal(resident: Resident, *, by: int, site_id: int | None, reason: str, now: datetime) -> Revealed:
    """Name and phone in full; the showing and its reason are written down in the same transaction (trust.md A1)."""
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused(ResidentRefusal.REASON_MISSING)
    shown = full(resident)
    record("residents.reveal", f"resident {resident.id}", by=by, now=now, site_id=site_id, reason=reason)
    return shown
