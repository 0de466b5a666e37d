"""Devices at the door: what they may do and until when (domain.md §7, without network)."""

from datetime import date, datetime, timedelta
from enum import Enum


class DeviceRefusal(Enum):
    """Why a device, or a request about one, is refused."""

    LINK_INVALID = "link_invalid"  # unknown, used or too old: not told apart
    NOT_ENROLLED = "not_enrolled"
    REVOKED = "revoked"
    NOT_TODAY = (
        "not_today"  # outside the dates it is good for; facts["from_on"]: its first day is still to come
    )
    NAME_MISSING = "name_missing"
    DATES_REVERSED = "dates_reversed"
    DATES_OVER = "dates_over"  # the last day has passed
    TOO_FAR = "too_far"  # the first day is later than LONGEST_DAYS from now
    TOO_LONG = "too_long"  # more than LONGEST_DAYS


LONGEST_DAYS = 92
"""A device is enrolled for a quarter at most; then somebody looks where it is."""

LINK_MINUTES = 30
"""The link that enrols a device is good for so long, once."""


def good_on(day: date, from_on: date, until_on: date) -> bool:
    """Whether a device may be used that day; both ends belong to it."""
    return from_on <= day <= until_on


SEEN_EVERY = timedelta(minutes=1)
"""How often it is written down that a device was heard from."""


class Standing(Enum):
    """How a device stands at a moment."""

    OFFERED = "offered"  # its link waits to be opened
    LAPSED = "lapsed"  # nobody opened it in time
    IN_USE = "in_use"
    EARLY = "early"  # taken up; its first day is still to come
    OVER = "over"  # its last day has passed
    FOLLOWED = "followed"  # its browser was enrolled anew
    REVOKED = "revoked"


def standing(device: object, today: date, now: datetime, *, followed: bool) -> Standing:
    """How a device (a row of `devices`) stands; what was revoked stays so whatever its dates. `followed`: its browser
    was enrolled anew since."""
    if device.revoked_at:
        return Standing.REVOKED
    if device.taken_up_at is None:
        return Standing.OFFERED if device.link_until_at > now else Standing.LAPSED
    if followed:
        return Standing.FOLLOWED
    if good_on(today, device.from_on, device.until_on):
        return Standing.IN_USE
    return Standing.EARLY if today < device.from_on else Standing.OVER


def enrolment_problem(name: str, from_on: date, until_on: date, today: date) -> DeviceRefusal | None:
    """Why a device is not enrolled so today, or None."""
    if not name:
        return DeviceRefusal.NAME_MISSING
    if until_on < from_on:
        return DeviceRefusal.DATES_REVERSED
    if until_on < today:
        return DeviceRefusal.DATES_OVER
    if (from_on - today).days >= LONGEST_DAYS:
        return DeviceRefusal.TOO_FAR
    return DeviceRefusal.TOO_LONG if (until_on - from_on).days >= LONGEST_DAYS else None


def use_problem(device: object | None, today: date) -> DeviceRefusal | None:
    """Why what a device bears opens nothing today, or None."""
    if device is None:
        return DeviceRefusal.NOT_ENROLLED
    if device.revoked_at:
        return DeviceRefusal.REVOKED
    return None if good_on(today, device.from_on, device.until_on) else DeviceRefusal.NOT_TODAY
