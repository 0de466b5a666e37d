"""Keyed hashes that stand for who may answer once and who was called. Nobody reads them backwards."""

from stationapp.calendar.rules import Month
from stationapp.vault import vault


def of_presence(attendance_id: int) -> bytes:
    """The slot of somebody's presence at an event, whether they press or say it."""
    return vault().index("opinion", f"attendance {attendance_id}")


def of_slip(serial: str, number: int) -> bytes:
    """The slot of one paper slip."""
    return vault().index("opinion", f"slip {serial} {number}")


def of_call(person_id: int, month: Month) -> bytes:
    """What remembers that a person was called about an event of that month; another hash than the answer's."""
    return vault().index("opinion call", f"{person_id} {month}")


def turn(event_id: int, attendance_id: int) -> bytes:
    """By what the few to be called are drawn: the same for the same, and nobody can choose it."""
    return vault().index("opinion turn", f"{event_id} {attendance_id}")


def of_key(slot: bytes, key: str) -> bytes:
    """What a form sent twice is known by."""
    return vault().index("opinion key", f"{slot.hex()} {key}")
