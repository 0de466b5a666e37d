"""What can be booked, and for how long (domain.md §5)."""

from enum import Enum


class RoomKind(Enum):
    """What kind of thing is booked."""

    ROOM = "room"  # a room of a site: only its own events use it
    SHARED = "shared"  # goes round: a lecturers' group, a bus; any site beneath its owner may ask for it


class RoomRefusal(Enum):
    """Why something cannot be booked."""

    TAKEN = "taken"  # facts["clashes"]: what is in the way, as `queries.Clash` rows
    ENDS_BEFORE_START = "ends_before_start"
    PURPOSE_MISSING = "purpose_missing"
    IN_PAST = "in_past"


RELEASE_AFTER = 30
"""Minutes after the start at which a room nobody came to is given back, unless the room says otherwise."""
