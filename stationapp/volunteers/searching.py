"""Finding volunteers by name, initials, phone or code, for whoever lists or chooses them at the desk."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Row, Select, or_, select

from stationapp.db import db
from stationapp.phones import normal_phone
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import found_by
from stationapp.residents.rules import Masked, mask
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.queries import known_at


def search(text: str, here: ColumnElement[bool], *narrowed: ColumnElement[bool]) -> Select:
    """Volunteers known at sites for which `here` holds, by their initials; a whole phone or code finds one of any site.

    Rows for `masked_lines`; `narrowed` are further conditions on Volunteer.
    """
    query = (
        select(Volunteer, Resident, Household.phone_sealed, Site)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Household, Household.id == Resident.household_id)
        .join(Site, Site.id == Volunteer.site_id)
        .where(Volunteer.ended_at.is_(None), *narrowed)
        .order_by(Resident.initials, Volunteer.id)
    )
    condition = found_by(text) if text else None
    if text and condition is None:
        return query.where(Volunteer.code == text.upper())
    if condition is not None:
        query = query.where(or_(condition, Volunteer.code == text.upper()))
    if normal_phone(text):
        return query
    return query.where(known_at(here))


def list_known(volunteer_ids: Collection[int], here: ColumnElement[bool]) -> frozenset[int]:
    """Which of these volunteers are known at sites for which `here` holds, so that their page opens there."""
    return frozenset(
        db.session.scalars(select(Volunteer.id).where(Volunteer.id.in_(volunteer_ids), known_at(here)))
    )


def masked_lines(rows: Iterable[Row]) -> list[tuple[Volunteer, Masked, Site]]:
    """Rows of `search` as a list may show them."""
    return [
        (volunteer, mask(person.name, vault().unseal(sealed) if sealed else None), site)
        for volunteer, person, sealed, site in rows
    ]
