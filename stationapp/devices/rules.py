"""Devices at the door: what they may do and until when (domain.md §7, without network)."""

from datetime import date
from enum import Enum


class DeviceRefusal(Enum):
    """Why a device, or a request about one, is refused."""

    LINK_INVALID = "link_invalid"  # unknown, used or too old: not told apart
    NOT_ENROLLED = "not_enrolled"
    REVOKED = "revoked"
    NOT_TODAY = "not_today"  # outside the dates it is good for
    NAME_MISSING = "name_missing"
    DATES_UNREADABLE = "dates_unreadable"
    TOO_LONG = "too_long"  # more than LONGEST_DAYS


LONGEST_DAYS = 92
"""A device is enrolled for a quarter at most; then somebody looks where it is."""

LINK_MINUTES = 30
"""The link that enrols a device is good for so long, once."""


def good_on(day: date, from_on: date, until_on: date) -> bool:
    """Whether a device may be used that day; both ends belong to it."""
    return from_on <= day <= until_on
