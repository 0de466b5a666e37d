"""What a template says, and how it becomes an event at a site (domain.md §1, §5)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import Enum

from stationapp import clock
from stationapp.events.rules import SUMMARY_LENGTH, Category, EventFields, Task, Theme
from stationapp.sites.rules import Level


class TemplateRefusal(Enum):
    """Why an act on a template is refused."""

    STATION_OWNS_NONE = "station_owns_none"  # templates belong to an office or the center
    INCOMPLETE = "incomplete"
    SUMMARY_TOO_LONG = "summary_too_long"
    AGES_CROSSED = "ages_crossed"
    THEME_AGAINST_AGES = "theme_against_ages"  # 一老 without old people, 一小 without young ones
    SHARED_ELSEWHERE = "shared_elsewhere"  # what goes round belongs to no site above the owner
    RETIRED = "retired"  # nobody takes it over any more
    NOT_OFFERED = "not_offered"  # it belongs to an office this site does not stand under
    NOBODY_CHOSEN = "nobody_chosen"
    TOO_MANY = "too_many"
    IN_PAST = "in_past"


OWNERS = frozenset({Level.CENTER, Level.OFFICE})
"""Levels whose sites may own a template."""

MOST_AT_ONCE = 100
"""Drafts one taking over may write."""

OLD_FROM, YOUNG_TO = 50, 21
"""Ages, both included: 一老 must reach people from the first up, 一小 people to the second."""


@dataclass(frozen=True)
class TemplateFields:
    """What may be written into a template. `starts` is the usual wall-clock time in Shanghai, `minutes` how long it
    takes; `capacity` None: no limit; ages in full years, both ends included; `volunteers` people needed to help;
    `shared_id` what goes round and it cannot do without.
    """

    title: str
    summary: str
    category: Category
    task: Task
    audience: str
    starts: time
    minutes: int
    min_age: int | None = None
    max_age: int | None = None
    capacity: int | None = None
    bring: str = ""
    notes: str = ""
    volunteers: int = 0
    shared_id: int | None = None
    themes: frozenset[Theme] = frozenset()


COLUMNS = tuple(field.name for field in fields(TemplateFields) if field.name != "themes")
"""The names of the editable columns, the same in `TemplateFields` and in the table."""


def problem(wish: TemplateFields) -> TemplateRefusal | None:
    """What is wrong with `wish` by itself; None when it may be kept."""
    if not all((wish.title, wish.summary, wish.category, wish.task, wish.audience, wish.minutes > 0)):
        return TemplateRefusal.INCOMPLETE
    if len(wish.summary) > SUMMARY_LENGTH:
        return TemplateRefusal.SUMMARY_TOO_LONG
    if wish.min_age is not None and wish.max_age is not None and wish.min_age > wish.max_age:
        return TemplateRefusal.AGES_CROSSED
    if Theme.OLD in wish.themes and wish.max_age is not None and wish.max_age < OLD_FROM:
        return TemplateRefusal.THEME_AGAINST_AGES
    if Theme.YOUNG in wish.themes and wish.min_age is not None and wish.min_age > YOUNG_TO:
        return TemplateRefusal.THEME_AGAINST_AGES
    return None


def event_fields(
    template: TemplateFields,
    *,
    starts_at: datetime,
    place: str,
    room_id: int | None = None,
    remark: str = "",
) -> EventFields:
    """The event a template becomes at a time and a place."""
    return EventFields(
        title=template.title,
        summary=template.summary,
        category=template.category,
        task=template.task,
        audience=template.audience,
        min_age=template.min_age,
        max_age=template.max_age,
        capacity=template.capacity,
        bring=template.bring,
        notes=template.notes,
        themes=template.themes,
        shared=frozenset({template.shared_id} if template.shared_id else ()),
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=template.minutes),
        room_id=room_id,
        place=place,
        remark=remark,
    )


@dataclass(frozen=True)
class Seats:
    """A room one might choose: its id, name and how many it seats (None: not limited)."""

    room_id: int
    name: str
    capacity: int | None


def fitting_room(
    rooms: Iterable[Seats],
    busy: Mapping[int, Sequence[tuple[datetime, datetime]]],
    starts_at: datetime,
    ends_at: datetime,
    capacity: int | None,
) -> Seats | None:
    """The smallest room that is free for the whole time and seats everybody; None when there is none.

    An event without a limit fits only a room without one.
    """
    free = [
        room
        for room in rooms
        if not any(begin < ends_at and end > starts_at for begin, end in busy.get(room.room_id, ()))
        and (room.capacity is None or (capacity is not None and capacity <= room.capacity))
    ]
    return min(free, key=lambda room: (room.capacity is None, room.capacity or 0, room.room_id), default=None)


def spread(
    count: int, first_on: date, weekdays: frozenset[int], per_day: int, off: frozenset[date]
) -> list[date]:
    """`count` days from `first_on` on, on these weekdays (Monday 0; none: any day), `per_day` on each.

    Days in `off` (holidays) are passed over.
    """
    days: list[date] = []
    day, wanted = first_on, weekdays or frozenset(range(7))
    while len(days) < count:
        if day.weekday() in wanted and day not in off:
            days += [day] * min(per_day, count - len(days))
        day += timedelta(days=1)
    return days


def begins(day: date, starts: time) -> datetime:
    """The instant of a local day and wall-clock time."""
    return clock.instant(day, starts.hour, starts.minute)
