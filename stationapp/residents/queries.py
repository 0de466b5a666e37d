"""Reads of people: one by one, by phone for a sign-up, and the desk's search. What leaves here for a list is masked."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from unicodedata import normalize

from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, bindparam, func, or_, select, union_all
from sqlalchemy.orm import aliased

from stationapp.db import db
from stationapp.phones import normal_phone
from stationapp.refusal import NotFound
from stationapp.residents.models import Household, Merge, Resident
from stationapp.residents.rules import Lives, Masked, PersonIn, Revealed, mask
from stationapp.sites.models import Site
from stationapp.vault import vault

TAIL = 4
"""How many last digits of a phone find it again."""


@dataclass(frozen=True, slots=True)
class Known:
    """A person as already on record; of a record merged into another one, the other one."""

    id: int
    name: str
    birth_month: str | None
    lives: Lives
    community_id: int | None
    consented: bool
    guardian_id: int | None = None


@dataclass(frozen=True, slots=True)
class Home:
    """A household as it stands; `id` is None while nobody has been taken in from this phone."""

    id: int | None
    phone: str | None
    people: Mapping[str, Known] = field(default_factory=dict)  # by name, here and as whom they count


_who = aliased(Resident.__table__)
_home = select(
    Household.id,
    Resident.name,
    _who.c.id,
    _who.c.name,
    _who.c.birth_month,
    _who.c.lives,
    _who.c.community_id,
    _who.c.guardian_consent_at,
    _who.c.guardian_id,
).select_from(
    Household.__table__.outerjoin(Resident.__table__, Resident.household_id == Household.id).outerjoin(
        _who, _who.c.id == func.coalesce(Resident.merged_into, Resident.id)
    )
)
_by_phone = _home.where(Household.phone_index == bindparam("phone_index"))
_by_id = _home.where(Household.id == bindparam("household_id"))
_no_phone = select(Resident.household_id).join(Household, Household.id == Resident.household_id)


def get_resident(resident_id: int) -> Resident:
    """The person with that id; raises NotFound."""
    resident = db.session.get(Resident, resident_id)
    if resident is None:
        raise NotFound
    return resident


def counts_as(at: datetime | None = None) -> dict[int, int]:
    """Who counts as whom as it stands, or counted at an instant: the id of a record found to be somebody's second
    one → that person's.

    One step leads there: nobody is kept and gone at once.
    """
    return dict(db.session.execute(select(Merge.gone_id, Merge.kept_id).where(_merged(at))).all())


def counted(resident_id: ColumnElement[int], at: datetime | None = None) -> ColumnElement[int]:
    """The same in SQL: the id under which the person with that id counts, or counted at an instant."""
    kept = select(Merge.kept_id).where(Merge.gone_id == resident_id, _merged(at)).correlate_except(Merge)
    return func.coalesce(kept.scalar_subquery(), resident_id)


def _merged(at: datetime | None) -> ColumnElement[bool]:
    if at is None:
        return Merge.undone_at.is_(None)
    return (Merge.at <= at) & (Merge.undone_at.is_(None) | (Merge.undone_at > at))


def records_of(resident_id: int) -> Select:
    """The ids of all records of one person: the kept one's and of those merged into it."""
    return select(Resident.id).where(or_(Resident.id == resident_id, Resident.merged_into == resident_id))


def records_at(household_id: ColumnElement[int] | int) -> CompoundSelect:
    """The ids of all records of a household's people: those taken in there, and of merged ones the others."""
    here, kept, other = aliased(Resident), aliased(Resident), aliased(Resident)
    own = select(here.id).where(here.household_id == household_id)
    led_to = select(kept.merged_into).where(kept.household_id == household_id, kept.merged_into.is_not(None))
    led_here = select(other.id).join(kept, other.merged_into == func.coalesce(kept.merged_into, kept.id))
    return union_all(own, led_to, led_here.where(kept.household_id == household_id))


def list_homes(resident_id: int) -> list[Household]:
    """The households a person belongs to, by any of their records, the first one taken in at the head."""
    its = select(Resident.household_id).where(Resident.id.in_(records_of(resident_id)))
    return list(db.session.scalars(select(Household).where(Household.id.in_(its)).order_by(Household.id)))


def list_merges(resident_id: int) -> list[tuple[Merge, Resident]]:
    """The records merged into a person's, with how they are written."""
    rows = db.session.execute(
        select(Merge, Resident)
        .join(Resident, Resident.id == Merge.gone_id)
        .where(Merge.kept_id == resident_id, Merge.undone_at.is_(None))
        .order_by(Merge.id)
    )
    return [(merge, gone) for merge, gone in rows]


def get_person(resident_id: int) -> Resident:
    """The person that a record stands for: itself, or the one it was merged into; raises NotFound."""
    resident = get_resident(resident_id)
    return get_resident(resident.merged_into) if resident.merged_into else resident


def list_members(household_id: int) -> list[Resident]:
    """Everybody of a household as whom they count now, those taken in first at the head.

    Of a record merged into another one it is the other one that is listed, whichever phone that stands under.
    """
    here = select(func.coalesce(Resident.merged_into, Resident.id)).where(
        Resident.household_id == household_id
    )
    return list(db.session.scalars(select(Resident).where(Resident.id.in_(here)).order_by(Resident.id)))


def home_names(people: Iterable[Resident]) -> dict[int, str]:
    """The short names of the communities these people live in, by site id."""
    ids = {person.community_id for person in people if person.community_id}
    return dict(db.session.execute(select(Site.id, Site.short_name).where(Site.id.in_(ids))).all())


def guards_somebody(resident_id: int) -> bool:
    """Whether somebody is written down as a child's guardian."""
    wards = select(Resident.id).where(Resident.guardian_id == resident_id)
    return db.session.scalar(wards.limit(1)) is not None


def phone_of(resident: Resident) -> str | None:
    """The household's phone in full: for the system's own use and for `reveal`, never for a list."""
    sealed = db.session.scalar(select(Household.phone_sealed).where(Household.id == resident.household_id))
    return vault().unseal(sealed) if sealed else None


def phone_of_home(household: Household) -> str | None:
    """The same of a household."""
    return vault().unseal(household.phone_sealed) if household.phone_sealed else None


def masked(resident: Resident) -> Masked:
    """A person as pages show them: 张*华, 138****5678."""
    return mask(resident.name, phone_of(resident))


def masked_each(people: Collection[Resident]) -> dict[int, Masked]:
    """The same of many, by their ids, in one question."""
    homes = {person.household_id for person in people}
    rows = db.session.execute(select(Household.id, Household.phone_sealed).where(Household.id.in_(homes)))
    phones = {home_id: vault().unseal(sealed) if sealed else None for home_id, sealed in rows}
    return {person.id: mask(person.name, phones[person.household_id]) for person in people}


def full(resident: Resident) -> Revealed:
    """A person in full; the caller writes the audit line (`operations.reveal`)."""
    return Revealed(resident.name, phone_of(resident))


def home_of(person: PersonIn) -> Home:
    """The household of a tidied person, with everybody in it.

    Somebody without a phone is found again only when name, community and birth month all agree: two people
    taken for one do more harm than one person entered twice.
    """
    if person.resident_id is not None:
        return _home_of_known(person.resident_id, person.phone)
    if person.phone is not None:
        return _load(_by_phone, person.phone, phone_index=vault().index("phone", person.phone))
    if person.birth_month is None or person.community_id is None:
        return Home(None, None)
    found = db.session.scalar(
        _no_phone.where(
            Household.phone_index.is_(None),
            Resident.name == person.name,
            Resident.community_id == person.community_id,
            Resident.birth_month == person.birth_month,
        ).order_by(Resident.id)
    )
    return _load(_by_id, None, household_id=found) if found else Home(None, None)


def _home_of_known(resident_id: int, phone: str | None) -> Home:
    """The household of that phone if the person counts in it, else the one their record was taken in at."""
    if phone is not None:
        home = _load(_by_phone, phone, phone_index=vault().index("phone", phone))
        if any(known.id == resident_id for known in home.people.values()):
            return home
    return _load(_by_id, phone, household_id=get_resident(resident_id).household_id)


def _load(statement: Select, phone: str | None, **wanted: object) -> Home:
    rows = db.session.connection().execute(statement, wanted).all()
    if not rows:
        return Home(None, phone)
    known = [(row[1], _known(row)) for row in rows if row[1] is not None]
    names = {person.name: person for _name, person in known} | dict(known)
    return Home(rows[0][0], phone, names)


def _known(row: Row) -> Known:
    return Known(*row[2:7], row[7] is not None, row[8])


def search_text(text: str) -> str:
    """What somebody typed to find a person, as searches read it: full width narrowed, no blanks."""
    return "".join(normalize("NFKC", text).split())[:40]


def found_by(text: str) -> ColumnElement[bool] | None:
    """The condition "this is who was asked for": last four digits, a whole phone, pinyin initials, or part of a
    name. None for a text that would find nearly everybody."""
    text = search_text(text)
    if phone := normal_phone(text):
        return Household.phone_index == vault().index("phone", phone)
    if text.isascii() and text.isdigit():
        return Household.tail_index == vault().index("tail", text) if len(text) == TAIL else None
    if text.isascii() and text.isalpha():
        return Resident.initials.startswith(text.lower(), autoescape=True)
    return Resident.name.contains(text, autoescape=True) if text else None


def search(text: str, *, among: ColumnElement[bool], limit: int = 30) -> list[tuple[Resident, Masked]]:
    """People for the desk, masked, those last taken in first; nobody for a text that is too short.

    `among` is the condition on Resident that the asker may see them. Whose record was merged into another one is
    shown as that other one.
    """
    condition = found_by(text)
    if condition is None:
        return []
    found = select(func.coalesce(Resident.merged_into, Resident.id)).join(
        Household, Household.id == Resident.household_id
    )
    person, home = aliased(Resident), aliased(Household)
    rows = db.session.execute(
        select(person, home.phone_sealed)
        .join(home, home.id == person.household_id)
        .where(person.id.in_(found.where(condition, among)))
        .order_by(person.id.desc())
        .limit(limit)
    )
    return [
        (resident, mask(resident.name, vault().unseal(sealed) if sealed else None))
        for resident, sealed in rows
    ]
