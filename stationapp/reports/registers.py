"""The register of volunteers on a day, by where they live (domain.md §9, I-16, I-17, I-18)."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import select

from stationapp import clock
from stationapp.db import db
from stationapp.residents.models import Resident
from stationapp.volunteers.models import Volunteer

_AT_ONCE = 5_000
"""People asked for in one statement: a driver takes only so many values."""


class Volunteers(NamedTuple):
    """Persons living in a community: on the register, of these who served, and all who served."""

    registered: int
    active: int
    served: int


def registered(on: date, who: Mapping[int, int]) -> frozenset[int]:
    """Everybody with a profile at the end of a local day, as they count: two profiles of one person are one."""
    over = clock.instant(on + timedelta(days=1))
    rows = db.session.scalars(
        select(Volunteer.resident_id).where(
            Volunteer.registered_at < over, Volunteer.ended_at.is_(None) | (Volunteer.ended_at >= over)
        )
    )
    return frozenset(who.get(id, id) for id in rows)


def homes_of(person_ids: Collection[int]) -> dict[int, int]:
    """The community each person's record says they live in now; whoever lives in none of ours is missing."""
    homes: dict[int, int] = {}
    ids = sorted(person_ids)
    for first in range(0, len(ids), _AT_ONCE):
        rows = select(Resident.id, Resident.community_id).where(
            Resident.id.in_(ids[first : first + _AT_ONCE])
        )
        homes.update(db.session.execute(rows.where(Resident.community_id.is_not(None))).all())
    return homes


def by_home(on: date, served: Collection[int], who: Mapping[int, int]) -> dict[int, Volunteers]:
    """The register on a day by the id of the community, as records have it (merged ones not led on).

    `served`: who served in the twelve months, anywhere in the district, as they count.
    """
    listed = registered(on, who)
    homes = homes_of(listed | set(served))
    counts = [Counter(homes[id] for id in people if id in homes)
              for people in (listed, listed & set(served), set(served))]  # fmt: skip
    return {home: Volunteers(*(count[home] for count in counts)) for home in sorted(set(homes.values()))}
