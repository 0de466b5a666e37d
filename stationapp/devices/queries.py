"""Reads of devices: by what they bear, and a site's list."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import aliased

from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.devices.rules import Standing
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.vault import vault

_STEPS = 5
_NEAR = 30


def link_index(link: str) -> bytes:
    """What the link that enrols a device is found by."""
    return vault().index("device-link", link)


def token_index(token: str) -> bytes:
    """What a device's own token is found by."""
    return vault().index("device", token)


def find_by_token(token: str) -> Device | None:
    """The device that bears this token, revoked ones included."""
    return db.session.scalar(select(Device).where(Device.token_index == token_index(token)))


def find_by_link(link: str, *, now: datetime) -> Device | None:
    """The device that this link would make of a browser, while it is good."""
    return db.session.scalar(
        select(Device).where(
            Device.link_index == link_index(link),
            Device.link_until_at > now,
            Device.taken_up_at.is_(None),
            Device.revoked_at.is_(None),
        )
    )


def was_before(device: Device) -> dict[int, int]:
    """The devices this browser was until it was taken up as this one, the last first, a few steps back; the site of
    each."""
    found, before = {}, device.before_id
    while before is not None and len(found) < _STEPS:
        one = db.session.get_one(Device, before)
        found[one.id], before = one.site_id, one.before_id
    return found


def beside(device: Device) -> list[int]:
    """The other devices of its site that were taken up and not revoked, those lately heard from first."""
    near = select(Device.id).where(
        Device.site_id == device.site_id,
        Device.id != device.id,
        Device.taken_up_at.is_not(None),
        Device.revoked_at.is_(None),
    )
    return list(db.session.scalars(near.order_by(Device.seen_at.desc()).limit(_NEAR)))


def get_device(code: str) -> tuple[Device, Site]:
    """The device with that code and its site; raises NotFound."""
    found = db.session.execute(
        select(Device, Site).join(Site, Site.id == Device.site_id).where(Device.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound
    return tuple(found)


def list_devices(
    here: ColumnElement[bool], *, site: str, wanted: Standing | None, today: date, now: datetime
) -> Select:
    """(Device, Site, name of who enrolled it, `followed`) at sites for which `here` holds, for `paged`: revoked ones
    last, newest first. At the site with the code `site` alone, if given, and only those which stand as `wanted`."""
    asked = ([Site.code == site] if site else []) + ([_stands(wanted, today, now)] if wanted else [])
    return (
        select(Device, Site, Staff.name, _followed().label("followed"))
        .join(Site, Site.id == Device.site_id)
        .outerjoin(Staff, Staff.id == Device.made_by)
        .where(here, *asked)
        .order_by(Device.revoked_at.is_not(None), Device.id.desc())
    )


def _followed() -> ColumnElement[bool]:
    """Whether the browser that was this device has been enrolled anew."""
    later = aliased(Device)
    return select(later.id).where(later.before_id == Device.id).exists()


def _stands(wanted: Standing, today: date, now: datetime) -> ColumnElement[bool]:
    """`rules.standing` as a condition."""
    offered = and_(Device.revoked_at.is_(None), Device.taken_up_at.is_(None))
    ever = and_(Device.revoked_at.is_(None), Device.taken_up_at.is_not(None))
    taken_up = ever & ~_followed()
    return {
        Standing.REVOKED: Device.revoked_at.is_not(None),
        Standing.OFFERED: offered & (Device.link_until_at > now),
        Standing.LAPSED: offered & (Device.link_until_at <= now),
        Standing.FOLLOWED: ever & _followed(),
        Standing.IN_USE: taken_up & (Device.from_on <= today) & (Device.until_on >= today),
        Standing.EARLY: taken_up & (Device.from_on > today),
        Standing.OVER: taken_up & (Device.until_on < today),
    }[wanted]
