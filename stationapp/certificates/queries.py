"""Reads of certificates: one by its number, the register, whose certificate could be issued."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Row, Select, func, select

from stationapp.certificates.content import recorded_at
from stationapp.certificates.models import Certificate, Issuer, Revocation
from stationapp.certificates.rules import BULK_MOST
from stationapp.db import db
from stationapp.refusal import NotFound
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import found_by
from stationapp.residents.rules import mask
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.vault import vault
from stationapp.volunteers.models import HoursEntry, Volunteer
from stationapp.volunteers.queries import known_at


def find_certificate(number: str) -> Row | None:
    """(Certificate, Site, Revocation or None) of that number."""
    return db.session.execute(
        select(Certificate, Site, Revocation)
        .join(Site, Site.id == Certificate.site_id)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Certificate.number == number)
    ).one_or_none()


def get_certificate(number: str) -> Row:
    """The same; raises NotFound."""
    found = find_certificate(number)
    if found is None:
        raise NotFound
    return found


def list_of(volunteer_id: int) -> list[Row]:
    """A volunteer's certificates, newest first: (Certificate, Site, Revocation or None)."""
    return list(
        db.session.execute(
            select(Certificate, Site, Revocation)
            .join(Site, Site.id == Certificate.site_id)
            .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
            .where(Certificate.volunteer_id == volunteer_id)
            .order_by(Certificate.id.desc())
        )
    )


def list_among(numbers: Collection[str], here: ColumnElement[bool]) -> list[Row]:
    """Those of these numbers at sites for which `here` holds, by number: (Certificate, Site, Revocation or None)."""
    query = register(here).where(Certificate.number.in_(numbers)).order_by(None)
    return list(db.session.execute(query.order_by(Certificate.site_id, Certificate.year, Certificate.serial)))


def register(
    here: ColumnElement[bool],
    *,
    year: int | None = None,
    number: str = "",
    between: tuple[str, str] = ("", ""),
) -> Select:
    """The register of sites for which `here` holds, newest first: (Certificate, Site, Revocation or None).

    `between`: of one issuer and year, from one number to another, which is the order in which they were given.
    """
    query = (
        select(Certificate, Site, Revocation)
        .join(Site, Site.id == Certificate.site_id)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(here)
        .order_by(Certificate.id.desc())
    )
    if year is not None:
        query = query.where(Certificate.year == year)
    if all(between):
        query = query.where(Certificate.number.between(*between))
    return query.where(Certificate.number.contains(number, autoescape=True)) if number else query


def find_issuer(site_id: int) -> Issuer | None:
    """What stands on that site's certificates."""
    return db.session.get(Issuer, site_id)


def list_candidates(
    site: Site, *, text: str = "", least: int = 0, fresh: bool = True, codes: Collection[str] | None = None
) -> list[Row]:
    """Whose certificate the site could issue, by name: (Volunteer, masked person, minutes).

    Volunteers with at least `least` minutes recorded at the site or beneath, and any at all, those who have left
    included; with `fresh` only those with a line there that no standing certificate of the site counts; with `codes`
    only those with these desk codes. At most one more than can be issued at once.
    """
    minutes = func.sum(HoursEntry.minutes)
    counted = (
        select(func.max(Certificate.up_to_id))
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(
            Certificate.volunteer_id == Volunteer.id,
            Certificate.site_id == site.id,
            Revocation.certificate_id.is_(None),
        )
        .correlate(Volunteer)
        .scalar_subquery()
    )
    query = (
        select(Volunteer, Resident.name, Household.phone_sealed, minutes)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Household, Household.id == Resident.household_id)
        .join(HoursEntry, HoursEntry.volunteer_id == Volunteer.id)
        .where(recorded_at(site))
        .group_by(Volunteer.id, Resident.id, Household.id)
        .having(minutes >= max(least, 1))
        .order_by(Resident.initials, Volunteer.id)
        .limit(BULK_MOST + 1)
    )
    if fresh:
        query = query.having(func.max(HoursEntry.id) > func.coalesce(counted, 0))
    if codes is not None:
        query = query.where(Volunteer.code.in_(codes))
    if text:
        condition, its_code = found_by(text), Volunteer.code == text.upper()
        query = query.where(its_code if condition is None else condition | its_code)
    return [
        (volunteer, mask(name, vault().unseal(sealed) if sealed else None), int(worth))
        for volunteer, name, sealed, worth in db.session.execute(query)
    ]


def chosen_at(site: Site, codes: list[str]) -> list[Volunteer]:
    """The volunteers with these desk codes who are known at the site or beneath."""
    wanted = Volunteer.code.in_(codes), known_at(beneath(site.path))
    return list(db.session.scalars(select(Volunteer).where(*wanted).order_by(Volunteer.id)))
