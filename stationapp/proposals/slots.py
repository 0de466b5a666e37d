"""When and where something could be held: every slot of the month for an idea at a site, or what is in the way."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, time
from typing import NamedTuple

from stationapp.calendar.rules import is_working_day
from stationapp.events.rules import Theme
from stationapp.proposals.ground import DAY, Ground, Hall, Idea, Place, Span, overlaps
from stationapp.proposals.rules import Obstacle
from stationapp.rooms.hours import Week
from stationapp.sites.rules import Group, contains

OTHER_HOURS = (time(9), time(10), time(15), time(16, 30), time(18, 30))
"""Tried in turn on a day on which the idea's usual hour does not go."""

AFTER_SCHOOL = time(16)
LATEST = time(21)  # nothing for residents ends later
TOO_SMALL = 8  # seats; a room that seats fewer holds no event

_CHILDRENS = ("未成年人", "四点半", "儿童")


class Slot(NamedTuple):
    """A time that goes: a span of the month, in a room (None: at the site's address)."""

    span: Span
    hall: Hall | None

    @property
    def day(self) -> int:
        """Which day of the month, from 0."""
        return self.span[0] // DAY


class Search:
    """Looks for slots at one site; what it needs again and again is worked out once."""

    def __init__(self, ground: Ground, place: Place) -> None:
        self.ground, self.place = ground, place
        self.halls = [
            hall for hall in ground.halls.get(place.id, ()) if (hall.capacity or TOO_SMALL) >= TOO_SMALL
        ]
        self.has_rooms = bool(ground.halls.get(place.id))
        self.own = [one.span for one in ground.planned if place.id in one.site_ids]
        self._own_by_day = by_day(self.own)
        self._busy = {
            id: by_day(ground.busy.get(id, ())) for id in (*(hall.id for hall in self.halls), *ground.shared)
        }
        self._duties = [(who, span) for site_id, who, span in ground.duties if site_id == place.id]

    def slots(self, idea: Idea) -> tuple[list[Slot], Obstacle | None]:
        """Every slot in order, one a day (for what needs something shared: all of them), and the nearest obstacle.

        The obstacle is the one that was met last on the way to a slot: what would have to give.
        """
        found, worst = [], None
        halls = self._halls(idea)
        for number in self._days(idea):
            for start in hours(idea, self.ground, number):
                slot = self._try(idea, halls, number, start)
                if isinstance(slot, Obstacle):
                    worst = slot if worst is None else max(worst, slot, key=_FAR.index)
                    continue
                found.append(slot)
                if idea.fields.shared_id is None:
                    break
        return found, worst or Obstacle.NO_DAY_LEFT

    def fits(self, idea: Idea, start: int) -> Slot | None:
        """The slot that begins at this minute, if it goes."""
        number = start // DAY
        if number not in self._days(idea) or start not in hours(idea, self.ground, number):
            return None
        slot = self._try(idea, self._halls(idea), number, start)
        return slot if isinstance(slot, Slot) else None

    def _days(self, idea: Idea) -> list[int]:
        every = range(self.ground.days) if idea.occasion is None else [idea.occasion.on.day - 1]
        return [number for number in every if (number + 1) * DAY > self.ground.free_from]

    def _try(self, idea: Idea, halls: list[Hall], number: int, start: int) -> Slot | Obstacle:
        span = (start, start + idea.fields.minutes)
        on = self.ground.day(number)
        if start < self.ground.free_from:
            return Obstacle.NO_DAY_LEFT
        if idea.occasion is None and self.ground.differs.get(on) is False:
            return Obstacle.HOLIDAY
        hall = self._room(halls, number, span, on)
        if isinstance(hall, Obstacle):
            return hall
        if any(overlaps(span, other) for other in self._own_by_day.get(number, ())):
            return Obstacle.SITE_BUSY
        if idea.fields.volunteers > self._volunteers(span):
            return Obstacle.TOO_FEW_VOLUNTEERS
        if idea.fields.shared_id is not None and not self._shared(idea.fields.shared_id, number, span, on):
            return Obstacle.SHARED_TAKEN
        return Slot(span, hall)

    def _room(self, halls: list[Hall], number: int, span: Span, on: date) -> Hall | Obstacle | None:
        if not self.has_rooms:
            return None if is_open(self.place.week, on, span, number) else Obstacle.CLOSED
        if not halls:
            return Obstacle.NO_ROOM
        open_ = [hall for hall in halls if is_open(hall.week or self.place.week, on, span, number)]
        if not open_:
            return Obstacle.CLOSED
        for hall in open_:
            if not any(overlaps(span, busy) for busy in self._busy[hall.id].get(number, ())):
                return hall
        return Obstacle.ROOM_TAKEN

    def _shared(self, shared_id: int, number: int, span: Span, on: date) -> bool:
        thing = self.ground.shared.get(shared_id)
        return (
            thing is not None
            and contains(thing.path, self.place.path)
            and is_open(thing.week, on, span, number)
            and not any(overlaps(span, busy) for busy in self._busy[shared_id].get(number, ()))
        )

    def _volunteers(self, span: Span) -> int:
        away = {who for who, duty in self._duties if overlaps(span, duty)}
        return self.ground.volunteers.get(self.place.id, 0) - len(away)

    def _halls(self, idea: Idea) -> list[Hall]:
        """The site's rooms, the most fitting first: where it was held before, then the smallest that seats all."""
        wanted = idea.fields.capacity or 10**6
        for_old = Group.OVER_60 in idea.groups
        for_young = Theme.YOUNG in idea.fields.themes or Group.UNDER_18 in idea.groups

        def order(hall: Hall) -> tuple:
            seats = hall.capacity or 10**6
            childrens = any(word in hall.name for word in _CHILDRENS)
            return (
                hall.id != idea.room_id,
                for_old and hall.step_free is False,
                childrens and not for_young,
                for_young and not childrens,
                seats < wanted,
                seats if seats >= wanted else -seats,
                hall.id,
            )

        return sorted(self.halls, key=order)


_FAR = list(Obstacle)


def hours(idea: Idea, ground: Ground, number: int) -> list[int]:
    """The minutes of the month at which it could begin on a day, the usual one first."""
    first = number * DAY
    school = is_working_day(ground.day(number), ground.differs)
    young = not {Group.UNDER_14, Group.UNDER_18}.isdisjoint(idea.groups)
    earliest = _minute(AFTER_SCHOOL) if young and school else 0
    tried = dict.fromkeys((idea.fields.starts, *OTHER_HOURS))
    return [
        first + _minute(at)
        for at in tried
        if _minute(at) >= earliest and _minute(at) + idea.fields.minutes <= _minute(LATEST)
    ]


def is_open(week: Week, on: date, span: Span, number: int) -> bool:
    """Whether a span of day `number` lies within the hours of that weekday; hours not said are always open.

    The same as `rooms.rules.is_open` in minutes: it is asked a hundred thousand times for a district.
    """
    begins, ends = span[0] - number * DAY, span[1] - number * DAY
    if not week:
        return True
    return any(_minute(start) <= begins and ends <= _minute(end) for start, end in week.get(on.weekday(), ()))


def by_day(spans: Iterable[Span]) -> dict[int, list[Span]]:
    """Spans by each day that they touch."""
    found: dict[int, list[Span]] = defaultdict(list)
    for span in spans:
        for number in range(span[0] // DAY, (span[1] - 1) // DAY + 1):
            found[number].append(span)
    return found


def thinned(slots: list[Slot], number: int, offset: int) -> list[Slot]:
    """At most `number` of them, evenly over the month; sites with different offsets get different ones."""
    if len(slots) <= number:
        return slots
    chosen = {(offset + index * len(slots) // number) % len(slots) for index in range(number)}
    return [slots[index] for index in sorted(chosen)]


def _minute(at: time) -> int:
    return at.hour * 60 + at.minute
