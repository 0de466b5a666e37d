"""Whether an answer keeps every rule: looked at again one by one, knowing nothing of the solver or of its slots."""

from collections import Counter
from collections.abc import Sequence
from enum import Enum
from itertools import combinations
from typing import NamedTuple

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.proposals.candidates import PER_DAY, Candidate
from stationapp.proposals.ground import Ground
from stationapp.rooms.rules import is_open
from stationapp.sites.rules import contains


class Break(Enum):
    """A hard rule that an answer breaks."""

    OUTSIDE_MONTH = "outside_month"
    TOO_SOON = "too_soon"
    HOLIDAY = "holiday"
    ROOM_ELSEWHERE = "room_elsewhere"
    ROOM_CLOSED = "room_closed"
    ROOM_TAKEN = "room_taken"
    SHARED_ELSEWHERE = "shared_elsewhere"
    SHARED_CLOSED = "shared_closed"
    SHARED_TAKEN = "shared_taken"
    TWO_AT_ONCE = "two_at_once"  # of one site
    SAME_AGAIN = "same_again"  # one idea twice at a site
    TOO_MANY_A_DAY = "too_many_a_day"
    TOO_MANY = "too_many"
    TOO_FEW_VOLUNTEERS = "too_few_volunteers"


class Broken(NamedTuple):
    """Which rule, and by which of the events (their numbers in the answer)."""

    rule: Break
    events: tuple[int, ...]


def broken(ground: Ground, answer: Sequence[Candidate], *, most: int) -> list[Broken]:
    """Every hard rule an answer breaks; an empty list is what is hoped for."""
    found = [Broken(rule, (number,)) for number, one in enumerate(answer) for rule in _alone(ground, one)]
    for (first, one), (second, other) in combinations(enumerate(answer), 2):
        found += [Broken(rule, (first, second)) for rule in _together(one, other)]
    return found + _counted(answer, most)


def clashes(found: Sequence[Broken]) -> int:
    """How many of them are two things at once in one room, of one thing that goes round, or at one site."""
    kinds = {Break.ROOM_TAKEN, Break.SHARED_TAKEN, Break.TWO_AT_ONCE}
    return sum(one.rule in kinds for one in found)


def _alone(ground: Ground, one: Candidate) -> list[Break]:
    starts_at, ends_at = ground.at(one.slot.span[0]), ground.at(one.slot.span[1])
    on = clock.day_of(starts_at)
    checks = {
        Break.OUTSIDE_MONTH: Month.of(on) != ground.month or clock.day_of(ends_at) != on,
        Break.TOO_SOON: one.slot.span[0] < ground.free_from,
        Break.HOLIDAY: ground.differs.get(on) is False
        and (one.idea.occasion is None or one.idea.occasion.on != on),
        **_room(ground, one, starts_at, ends_at),
        **_shared(ground, one, starts_at, ends_at),
        Break.TWO_AT_ONCE: any(
            one.site_id in other.site_ids and _meet(one.slot.span, other.span) for other in ground.planned
        ),
        Break.TOO_FEW_VOLUNTEERS: one.idea.fields.volunteers > _there(ground, one),
    }
    return [rule for rule, holds in checks.items() if holds]


def _room(ground: Ground, one: Candidate, starts_at, ends_at) -> dict[Break, bool]:
    place, hall = ground.places[one.site_id], one.slot.hall
    here = {room.id: room for room in ground.halls.get(place.id, ())}
    if hall is None:
        return {
            Break.ROOM_ELSEWHERE: bool(here),
            Break.ROOM_CLOSED: not is_open(place.week, starts_at, ends_at),
        }
    return {
        Break.ROOM_ELSEWHERE: here.get(hall.id) != hall,
        Break.ROOM_CLOSED: not is_open(hall.week or place.week, starts_at, ends_at),
        Break.ROOM_TAKEN: any(_meet(one.slot.span, busy) for busy in ground.busy.get(hall.id, ())),
    }


def _shared(ground: Ground, one: Candidate, starts_at, ends_at) -> dict[Break, bool]:
    if one.idea.fields.shared_id is None:
        return {}
    thing = ground.shared.get(one.idea.fields.shared_id)
    if thing is None or not contains(thing.path, ground.places[one.site_id].path):
        return {Break.SHARED_ELSEWHERE: True}
    return {
        Break.SHARED_CLOSED: not is_open(thing.week, starts_at, ends_at),
        Break.SHARED_TAKEN: any(_meet(one.slot.span, busy) for busy in ground.busy.get(thing.id, ())),
    }


def _there(ground: Ground, one: Candidate) -> int:
    away = {
        who for site_id, who, span in ground.duties if site_id == one.site_id and _meet(one.slot.span, span)
    }
    return ground.volunteers.get(one.site_id, 0) - len(away)


def _together(one: Candidate, other: Candidate) -> list[Break]:
    again = one.site_id == other.site_id and one.idea.fields.title == other.idea.fields.title
    if not _meet(one.slot.span, other.slot.span):
        return [Break.SAME_AGAIN] if again else []
    same_room = (
        one.slot.hall is not None and other.slot.hall is not None and one.slot.hall.id == other.slot.hall.id
    )
    things = one.idea.fields.shared_id, other.idea.fields.shared_id
    checks = {
        Break.SAME_AGAIN: again,
        Break.TWO_AT_ONCE: one.site_id == other.site_id,
        Break.ROOM_TAKEN: same_room,
        Break.SHARED_TAKEN: things[0] is not None and things[0] == things[1],
    }
    return [rule for rule, holds in checks.items() if holds]


def _counted(answer: Sequence[Candidate], most: int) -> list[Broken]:
    days = Counter((one.site_id, one.slot.span[0] // (24 * 60)) for one in answer)
    sites = Counter(one.site_id for one in answer)
    numbers = list(enumerate(answer))
    many_a_day = [
        tuple(n for n, one in numbers if (one.site_id, one.slot.span[0] // (24 * 60)) == day)
        for day, times in days.items()
        if times > PER_DAY
    ]
    many = [
        tuple(n for n, one in numbers if one.site_id == site) for site, times in sites.items() if times > most
    ]
    return [Broken(Break.TOO_MANY_A_DAY, one) for one in many_a_day] + [
        Broken(Break.TOO_MANY, one) for one in many
    ]


def _meet(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])
