"""The verbs of devices: enrol by a link, take up, be seen, revoke (domain.md §7, without network). Never commit."""

import secrets
from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import case, select, update

from stationapp import clock, codes
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.devices.queries import link_index, token_index
from stationapp.devices.rules import LINK_MINUTES, SEEN_EVERY, DeviceRefusal, enrolment_problem
from stationapp.refusal import Refused
from stationapp.sites.models import Site

NAME_LENGTH = 40


def enrol(
    site: Site, name: str, from_on: date, until_on: date, *, names_shown: bool, by: int | None, now: datetime
) -> tuple[Device, str]:
    """A device that may be taken up once by whoever opens its link within LINK_MINUTES; (device, link's token).

    The token is kept as a keyed hash and cannot be shown again. Raises Refused(DeviceRefusal).
    """
    name = " ".join(name.split())[:NAME_LENGTH]
    if problem := enrolment_problem(name, from_on, until_on, clock.day_of(now)):
        raise Refused(problem)
    link = secrets.token_urlsafe(24)
    device = Device(
        code=codes.new_public(),
        site_id=site.id,
        name=name,
        names_shown=names_shown,
        from_on=from_on,
        until_on=until_on,
        link_index=link_index(link),
        link_until_at=now + timedelta(minutes=LINK_MINUTES),
        made_at=now,
        made_by=by,
    )
    db.session.add(device)
    db.session.flush()
    record("devices.enrol", f"device {device.code}", by=by, now=now, site_id=site.id)
    return device, link


def take_up(link: str, *, before: Device | None = None, now: datetime) -> str:
    """Make this browser the device the link stands for: its token, which is kept as a keyed hash alone.

    Once, and while the link is good. `before` is the device this browser was until now, of whatever site, revoked or
    not: what it still has to send is sealed for that one. Raises Refused(DeviceRefusal.LINK_INVALID).
    """
    token = secrets.token_urlsafe(32)
    taken = db.session.execute(
        update(Device)
        .where(
            Device.link_index == link_index(link),
            Device.link_until_at > now,
            Device.taken_up_at.is_(None),
            Device.revoked_at.is_(None),
        )
        .values(token_index=token_index(token), taken_up_at=now, seen_at=now, link_index=None)
        .returning(Device.code, Device.site_id)
    ).one_or_none()
    if taken is None:
        raise Refused(DeviceRefusal.LINK_INVALID)
    if before:
        db.session.execute(update(Device).where(Device.code == taken.code).values(before_id=before.id))
    record("devices.take_up", f"device {taken.code}", by=None, now=now, site_id=taken.site_id)
    return token


def touch(device_id: int, *, now: datetime) -> None:
    """Note that a device was heard from, once in SEEN_EVERY."""
    due = (Device.id == device_id, Device.seen_at <= now - SEEN_EVERY, Device.revoked_at.is_(None))
    db.session.execute(update(Device).where(*due).values(seen_at=now))


def hold(device_id: int, formers: Collection[int], *, now: datetime) -> set[int]:
    """Hold the device that sends, and of those its browser was before the ones it sends for; which of these may send.

    Until the end of the transaction none of them is revoked. Raises Refused(DeviceRefusal.REVOKED) for the first.
    """
    wanted = select(Device.id, Device.revoked_at).where(Device.id.in_({device_id, *formers}))
    held = db.session.execute(wanted.order_by(Device.id).with_for_update(key_share=True))
    good = {row.id for row in held if row.revoked_at is None}
    if device_id not in good:
        raise Refused(DeviceRefusal.REVOKED)
    later = case((Device.seen_at > now, Device.seen_at), else_=now)  # whoever revokes it does so after this
    db.session.execute(update(Device).where(Device.id.in_(good)).values(seen_at=later))
    return good


def revoke(device: Device, *, by: int | None, now: datetime) -> bool:
    """From this moment the device reads and sends nothing, and its link opens nothing; False if that was so before.

    There is no way back: the device wipes itself and is enrolled anew.
    """
    held = select(Device.revoked_at, Device.seen_at).where(Device.id == device.id).with_for_update()
    revoked_at, seen_at = db.session.execute(held).one()
    if revoked_at is not None:
        return False
    # What it was heard with while this waited for its turn came before, whatever the two clocks say.
    values = {"revoked_at": max(now, seen_at or now), "revoked_by": by, "link_index": None}
    db.session.execute(update(Device).where(Device.id == device.id).values(**values))
    record("devices.revoke", f"device {device.code}", by=by, now=now, site_id=device.site_id)
    return True
