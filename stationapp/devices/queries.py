"""Reads of devices: by what they bear, and a site's list."""

from datetime import datetime

from sqlalchemy import ColumnElement, Row, select

from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.vault import vault

LIST_MOST = 500


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


def get_device(code: str) -> tuple[Device, Site]:
    """The device with that code and its site; raises NotFound."""
    found = db.session.execute(
        select(Device, Site).join(Site, Site.id == Device.site_id).where(Device.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound
    return tuple(found)


def list_devices(here: ColumnElement[bool]) -> list[Row]:
    """(Device, Site, name of who enrolled it) at sites for which `here` holds: revoked ones last, newest first."""
    rows = db.session.execute(
        select(Device, Site, Staff.name)
        .join(Site, Site.id == Device.site_id)
        .outerjoin(Staff, Staff.id == Device.made_by)
        .where(here)
        .order_by(Device.revoked_at.is_not(None), Device.id.desc())
        .limit(LIST_MOST)
    )
    return list(rows)
