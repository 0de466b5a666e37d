"""The kinds of file a district hands in."""

from enum import Enum


class Kind(Enum):
    """What a file holds (surface.md "Files in")."""

    SITES = "sites"
    POPULATION = "population"
    ROOMS = "rooms"
    HOLIDAYS = "holidays"
    PLAN = "plan"
    SIGNIN = "signin"
    SIGNUPS = "signups"


DISTRICT_WIDE = frozenset({Kind.SITES, Kind.POPULATION, Kind.HOLIDAYS})
"""Kinds that only the center may take in; the others are limited to the sites somebody manages."""

PERSONAL = frozenset({Kind.SIGNIN, Kind.SIGNUPS})
"""Kinds that name residents: kept sealed, and taken in by whoever runs the event, not by whoever loads lists."""
