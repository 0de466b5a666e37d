"""Whom of a household to ask for on the telephone."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from stationapp import clock
from stationapp.db import db
from stationapp.messages.ground import Ground
from stationapp.messages.models import Message
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import is_child


def to_ask_for(people: Sequence[Resident], now: datetime) -> Resident:
    """The first who is no child."""
    grown = (one for one in people if not is_child(one.birth_month, clock.day_of(now)))
    return next(grown, people[0])


def without_places(messages: Sequence[Message], ground: Ground) -> dict[int, tuple[Resident, bytes | None]]:
    """Whom to ask for where no places stand behind it, and the household's sealed phone, by message."""
    if not messages:
        return {}
    homes: dict[int, list[tuple[Resident, bytes | None]]] = {}
    for person, sealed in db.session.execute(
        select(Resident, Household.phone_sealed)
        .join(Household, Household.id == Resident.household_id)
        .where(Household.id.in_({one.household_id for one in messages}))
        .order_by(Resident.id)
    ):
        homes.setdefault(person.household_id, []).append((person, sealed))
    meant = {one.id: known.resident_id for one in messages if (known := ground.further.get(one.id))}
    return {
        one.id: next(
            (row for row in homes[one.household_id] if row[0].id == meant.get(one.id)),
            homes[one.household_id][0],
        )
        for one in messages
    }
