"""The invariants of devices (trust.md §4.25): a link is good for a short while and once, a device for a quarter."""

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.devices.rules import LINK_MINUTES, LONGEST_DAYS


def _all() -> Iterable[Device]:
    return db.session.scalars(select(Device).order_by(Device.id))


def _named(devices: Iterable[Device]) -> list[str]:
    return [f"device {device.id}" for device in devices]


def _too_long() -> list[str]:
    """No device is enrolled for longer than LONGEST_DAYS, both ends counted."""
    return _named(device for device in _all() if (device.until_on - device.from_on).days >= LONGEST_DAYS)


def _lasting_links() -> list[str]:
    """No link was good for longer than LINK_MINUTES, and none is left once it did its work."""
    longest = timedelta(minutes=LINK_MINUTES)
    return _named(
        device
        for device in _all()
        if device.link_until_at > device.made_at + longest
        or (device.link_index is not None and (device.taken_up_at or device.revoked_at))
    )


def _out_of_order() -> list[str]:
    """Enrolled, then taken up, then heard from; and never heard from after it was revoked."""
    wrong = or_(
        Device.taken_up_at < Device.made_at,
        Device.seen_at.is_not(None) & Device.taken_up_at.is_(None),
        Device.seen_at < Device.taken_up_at,
        Device.seen_at > Device.revoked_at,
    )
    return _named(db.session.scalars(select(Device).where(wrong).order_by(Device.id)))


def _strange_befores() -> list[str]:
    """What a browser was before was another device, taken up earlier."""
    before = aliased(Device)
    wrong = or_(
        before.id == Device.id,
        before.taken_up_at.is_(None),
        before.taken_up_at > Device.taken_up_at,
        Device.taken_up_at.is_(None),
    )
    joined = select(Device).join(before, before.id == Device.before_id).where(wrong)
    return _named(db.session.scalars(joined.order_by(Device.id)))


CHECKS = (
    Check("devices", "设备最多登记 92 天", _too_long),
    Check("devices link", "登记链接只管半小时、只用一次", _lasting_links),
    Check("devices order", "设备先登记、再启用，停用以后没有再连上", _out_of_order),
    Check("devices before", "重新登记的设备，原来是另一台，登记在先", _strange_befores),
)
