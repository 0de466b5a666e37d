"""The verbs of certificates: who issues them, issue, revoke (domain.md §7).

Locks: the volunteers by number, then the issuer's register of the year, the audit chain at the very end. A number
is taken in the transaction that uses it, so one rolled back leaves no gap.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.certificates import rules
from stationapp.certificates.content import Served, hashed, read, recorded_at, served_by, written
from stationapp.certificates.models import Certificate, Issuer, Register, Revocation
from stationapp.certificates.rules import CertificateRefusal, IssuerFields
from stationapp.db import db
from stationapp.messages.concerned import reach_columns, reach_of
from stationapp.messages.models import Message
from stationapp.messages.outbox import put, row
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.switches import switches
from stationapp.messages.ways import ways
from stationapp.notices.rules import Occasion
from stationapp.phones import masked_phone
from stationapp.refusal import Refused
from stationapp.residents.models import Household, Resident
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers.ledger import is_as_written
from stationapp.volunteers.models import HoursEntry, Volunteer
from stationapp.web.words import word

CALLED_WITHIN = timedelta(days=30)
"""So long somebody is tried on the telephone; after that it is found on the own page alone."""


def fill_issuer(site: Site, fields: IssuerFields, *, by: int | None, now: datetime) -> Issuer:
    """Write down what must stand on the site's certificates; those issued keep what they say."""
    if not site.legal_body:
        raise Refused(CertificateRefusal.NOT_A_LEGAL_PERSON)
    if not fields.is_complete:
        raise Refused(CertificateRefusal.FIELD_MISSING)
    issuer = db.session.get(Issuer, site.id, with_for_update=True) or Issuer(site_id=site.id)
    issuer.legal_name, issuer.in_charge = fields.legal_name, fields.in_charge
    issuer.handler, issuer.contact = fields.handler, fields.contact
    issuer.filled_at, issuer.filled_by = now, by
    db.session.add(issuer)
    db.session.flush()
    record("certificates.fill_issuer", f"site {site.code}", by=by, now=now, site_id=site.id)
    return issuer


def issue(
    site: Site, volunteer_ids: Sequence[int], *, key: str, reason: str, by: int | None, now: datetime
) -> list[Certificate]:
    """A certificate for each of these who has hours at the site or beneath: made, or the one that says the same.

    The same `key` of the same site again gives those it gave before, but none that was revoked since. The caller
    has seen that the volunteers are known at the site or beneath. Raises Refused(CertificateRefusal).
    """
    if not volunteer_ids:
        raise Refused(CertificateRefusal.NOBODY_CHOSEN)
    if len(volunteer_ids) > rules.BULK_MOST:
        raise Refused(CertificateRefusal.TOO_MANY, most=rules.BULK_MOST)
    if not reason.strip():
        raise Refused(CertificateRefusal.REASON_MISSING)
    issuer = _issuer(site)
    if not key.strip():
        raise Refused(CertificateRefusal.KEY_MISSING)
    people = _held(volunteer_ids)
    _unchanged(people, site)
    keys = _keys(site, people, key)
    served, today = served_by(people, site), clock.day_of(now)
    said = {who: _said(issuer, people[who], its, today) for who, its in served.items()}
    there = {one.volunteer_id: one for one in _with_keys(list(keys.values()))}
    there = {**_same(site, said), **there}
    fresh = sorted(said.keys() - there.keys())
    if not fresh and not there:
        raise Refused(CertificateRefusal.NO_HOURS)
    made = _numbered(site, {who: (served[who], said[who], keys[who]) for who in fresh}, by, now)
    for one in made:
        subject = f"certificate {one.number}"
        record("certificates.issue", subject, by=by, now=now, site_id=site.id, reason=reason.strip())
    _tell(made, people, now)
    return sorted([*there.values(), *made], key=lambda one: (one.year, one.serial))


def _numbered(
    site: Site, fresh: dict[int, tuple[Served, dict, bytes]], by: int | None, now: datetime
) -> list[Certificate]:
    """The certificates of these volunteers, in the order given, each with the register's next number."""
    year = clock.day_of(now).year
    first, made = _take_numbers(site.id, year, len(fresh)) if fresh else 0, []
    for serial, (who, (served, said, key)) in enumerate(fresh.items(), start=first):
        number = rules.number(site.code, year, serial)
        made.append(
            Certificate(
                number=number,
                site_id=site.id,
                year=year,
                serial=serial,
                volunteer_id=who,
                key_index=key,
                issued_at=now,
                issued_by=by,
                **_sealed(served, said | {"number": number}),
            )
        )
    db.session.add_all(made)
    db.session.flush()
    return made


def _issuer(site: Site) -> Issuer:
    if not site.legal_body:
        raise Refused(CertificateRefusal.NOT_A_LEGAL_PERSON)
    issuer = db.session.get(Issuer, site.id)
    if issuer is None:
        raise Refused(CertificateRefusal.ISSUER_INCOMPLETE)
    return issuer


def _unchanged(volunteer_ids: Collection[int], site: Site) -> None:
    """Nothing is certified from a line that somebody changed behind us."""
    its = select(HoursEntry).where(HoursEntry.volunteer_id.in_(volunteer_ids), recorded_at(site))
    for line in db.session.scalars(its.order_by(HoursEntry.id)):
        if not is_as_written(line):
            raise Refused(CertificateRefusal.LEDGER_CHANGED, line=line.id)


def _held(volunteer_ids: Sequence[int]) -> dict[int, tuple]:
    """Volunteers with their persons and households, by number; their ledgers are ours until the transaction ends."""
    rows = db.session.execute(
        select(Volunteer, Resident, Household.id, *reach_columns())
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Household, Household.id == Resident.household_id)
        .where(Volunteer.id.in_(volunteer_ids))
        .order_by(Volunteer.id)
        .with_for_update(of=Volunteer)
    )
    return {one.Volunteer.id: tuple(one) for one in rows}


def _keys(site: Site, people: Collection[int], key: str) -> dict[int, bytes]:
    """What a certificate of each is found by that this form gave.

    Each revocation begins a new count: a form sent once more afterwards finds none that was taken back.
    """
    revoked = dict(
        db.session.execute(
            select(Certificate.volunteer_id, func.count())
            .join(Revocation, Revocation.certificate_id == Certificate.id)
            .where(Certificate.site_id == site.id, Certificate.volunteer_id.in_(people))
            .group_by(Certificate.volunteer_id)
        ).all()
    )
    its = {who: f"{site.id}:{key}:{who}:{revoked.get(who, 0)}" for who in people}
    return {who: vault().index("certificate key", text) for who, text in its.items()}


def _with_keys(keys: list[bytes]) -> list[Certificate]:
    return list(db.session.scalars(select(Certificate).where(Certificate.key_index.in_(keys))))


def _take_numbers(site_id: int, year: int, many: int) -> int:
    """The first of so many numbers in a row; others wait for the register's row until the transaction ends."""
    insert = insert_sqlite if db.session.get_bind().dialect.name == "sqlite" else insert_postgresql
    connection = db.session.connection()
    connection.execute(
        insert(Register.__table__).on_conflict_do_nothing(), {"site_id": site_id, "year": year, "last": 0}
    )
    last = connection.execute(
        update(Register.__table__)
        .where(Register.site_id == site_id, Register.year == year)
        .values(last=Register.last + many)
        .returning(Register.last)
    ).scalar_one()
    return last - many + 1


def _said(issuer: Issuer, person: tuple, served: Served, today: date) -> dict:
    """What a certificate would say, all but its number."""
    volunteer, resident, _home, phone, *_ = person
    return {
        "name": resident.name,
        "phone": masked_phone(vault().unseal(phone)) if phone else "",
        "volunteer": volunteer.code,
        "minutes": served.minutes,
        "stars": rules.stars(served.minutes),
        "from": served.from_on.isoformat(),
        "to": served.to_on.isoformat(),
        "kinds": [[word(kind) if kind else "", times, minutes] for kind, times, minutes in served.kinds],
        "sites": list(served.sites),
        "issuer": issuer.legal_name,
        "in_charge": issuer.in_charge,
        "handler": issuer.handler,
        "contact": issuer.contact,
        "on": today.isoformat(),
    }


def _same(site: Site, said: dict[int, dict]) -> dict[int, Certificate]:
    """The last standing certificate of each that says the same but for number and day: no reason for another.

    One that was tampered with says nothing, and is one.
    """
    last = (
        select(Certificate)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(
            Certificate.site_id == site.id,
            Certificate.volunteer_id.in_(said),
            Revocation.certificate_id.is_(None),
        )
        .order_by(Certificate.id)
    )
    found = {one.volunteer_id: one for one in db.session.scalars(last)}
    return {who: one for who, one in found.items() if _but_day(read(one)) == _but_day(said[who])}


def _but_day(said: dict | None) -> dict:
    return {name: one for name, one in (said or {}).items() if name not in ("number", "on")}


def _sealed(served: Served, said: dict) -> dict[str, object]:
    """The columns that hold what a certificate says."""
    text = written(said)
    return {
        "up_to_id": served.up_to,
        "minutes": served.minutes,
        "from_on": served.from_on,
        "to_on": served.to_on,
        "content_sealed": vault().seal(text),
        "hash": hashed(text),
    }


def _tell(made: Sequence[Certificate], people: dict[int, tuple], now: datetime) -> None:
    """Tell the households in writing and on their page; whoever cannot be written to stands on the call list."""
    rows = []
    for one in made:
        _volunteer, _resident, home, *reach = people[one.volunteer_id]
        subject = f"certificate {one.number}"
        for way in ways(Occasion.CERTIFICATE, reach_of(*reach, calls=False), switches().on):
            until = now + CALLED_WITHIN if way is Way.CALL else None
            told = {"household_id": home, "site_id": one.site_id, "now": now, "until_at": until}
            rows.append(row(Occasion.CERTIFICATE, subject, way, **told))
    put(rows)


def note_print(certificates: Sequence[Certificate], *, reason: str, by: int, now: datetime) -> None:
    """Write down that these are printed, names in full, and why: a line a certificate (trust.md A1).

    Raises Refused(CertificateRefusal) without a reason, without a certificate, or for too many.
    """
    reason = " ".join(reason.split())[:200]
    if not certificates:
        raise Refused(CertificateRefusal.NONE_CHOSEN)
    if len(certificates) > rules.BULK_MOST:
        raise Refused(CertificateRefusal.TOO_MANY, most=rules.BULK_MOST)
    if not reason:
        raise Refused(CertificateRefusal.REASON_MISSING)
    for one in certificates:
        subject = f"certificate {one.number}"
        record("certificates.print", subject, by=by, now=now, site_id=one.site_id, reason=reason)


def revoke(certificate: Certificate, *, reason: str, by: int | None, now: datetime) -> Revocation:
    """Take a certificate back, for good; its check page says why. Raises Refused(CertificateRefusal)."""
    reason = reason.strip()
    if not reason:
        raise Refused(CertificateRefusal.REASON_MISSING)
    if db.session.get(Revocation, certificate.id, populate_existing=True):
        raise Refused(CertificateRefusal.REVOKED)
    made = Revocation(certificate_id=certificate.id, reason=reason, at=now, by=by)
    db.session.add(made)
    db.session.flush()
    subject = f"certificate {certificate.number}"
    db.session.execute(
        update(Message)
        .where(
            Message.occasion == Occasion.CERTIFICATE,
            Message.subject == subject,
            Message.state == Delivery.PENDING,
        )
        .values(state=Delivery.VOID, why="revoked", ended_at=now)
    )
    record("certificates.revoke", subject, by=by, now=now, site_id=certificate.site_id, reason=reason)
    return made
