"""From the ground of a month to the solver's question: who wants what, and what could be held when and where.

Of each site a handful of ideas goes in, each with some of its free days. That loses nothing but choice of the day: a
site holds one event a day and `most` in all, and each idea brings more days than that. What goes round is wanted by
many sites, so ideas that need it bring more.
"""

from collections.abc import Iterable
from typing import NamedTuple

from stationapp.events.rules import Category
from stationapp.proposals.ground import DAY, Gap, Ground, Idea, Occasion, Place
from stationapp.proposals.rules import Obstacle, Why
from stationapp.proposals.slots import Search, Slot, thinned
from stationapp.sites.rules import Group, Level

PER_DAY = 1
"""New events of a site a day."""

# How many ideas are tried for each want.
_IDEAS = {Why.MINIMUM: 2, Why.GAP: 3, Why.UNPLANNED: 3, Why.WAIT: 1, Why.DAY: 1, Why.CATEGORY: 1}
_MORE_DAYS, _SHARED_DAYS = 6, 30

# Worths, whole numbers: what stands higher outweighs whatever one event could bring of what stands lower.
_MINIMUM = 200_000
_GAP = {Why.GAP: (2000, 8000), Why.UNPLANNED: (300, 600)}  # at least, and more for the largest group of all
_AGAIN = 200  # the second event for a gap is worth a two-hundredth
_WAIT, _WAITING, _MOST_WAITING = 100, 4, 20  # at least, each person, at most so many
_DAY = 30
_CATEGORY, _VARIETY = 20, 8
_COST = 5
_CROWD = 2


class Want(NamedTuple):
    """Something a site lacks; `what` is a Gap, a Wait, an Occasion, a Category, or None for the minimum."""

    why: Why
    site_id: int
    what: object
    worth: tuple[int, int]
    spoken: bool = True  # whether it is given as a reason; variety alone is none


class Candidate(NamedTuple):
    """An idea in a slot at a site, with the indices of the wants it would fill."""

    site_id: int
    idea: Idea
    slot: Slot
    fills: tuple[int, ...]


class Question(NamedTuple):
    """What the solver is asked, and what its answer is read with."""

    wants: list[Want]
    candidates: list[Candidate]
    obstacles: dict[int, Obstacle]  # by want: what kept every idea away, where something did
    problem: dict


def ask_about(ground: Ground, *, most: int) -> Question:
    """The question for a month: at most `most` new events of each site."""
    wants: list[Want] = []
    candidates: list[Candidate] = []
    obstacles: dict[int, Obstacle] = {}
    largest = max((gap.people or 0 for gap in ground.gaps), default=0)
    for number, place in enumerate(ground.places.values()):
        first = len(wants)
        wants += wants_of(ground, place, largest)
        mine = range(first, len(wants))
        tried = _tried(ground, place, [wants[index] for index in mine])
        for index in mine:
            if obstacle := _in_the_way(wants[index], tried):
                obstacles[index] = obstacle
        for idea, slots, _obstacle in tried:
            fills = tuple(index for index in mine if serves(idea, wants[index]))
            many = _SHARED_DAYS if idea.fields.shared_id is not None else most + _MORE_DAYS
            candidates += [
                Candidate(place.id, idea, slot, fills) for slot in thinned(slots, many, number * 7)
            ]
    return Question(wants, candidates, obstacles, _problem(ground, wants, candidates, most))


def wants_of(ground: Ground, place: Place, largest: int) -> list[Want]:
    """What a site lacks, the weightiest kind first."""
    return [
        *([Want(Why.MINIMUM, place.id, None, (_MINIMUM, 0))] if ground.missing.get(place.id) else []),
        *sorted(
            (_want_of(gap, largest) for gap in ground.gaps if gap.site_id == place.id),
            key=lambda want: -want.worth[0],
        ),
        *(
            Want(Why.WAIT, place.id, wait, (_WAIT + _WAITING * min(wait.people, _MOST_WAITING), 0))
            for wait in ground.waits
            if wait.site_id == place.id
        ),
        *(
            Want(Why.DAY, place.id, day, (_DAY, 0))
            for day in ground.occasions
            if not _kept(ground, place, day)
        ),
        *_categories(ground, place),
    ]


def _want_of(gap: Gap, largest: int) -> Want:
    why = Why.GAP if gap.since else Why.UNPLANNED
    least, more = _GAP[why]
    first = least + (more * (gap.people or 0) // largest if largest else 0)
    return Want(why, gap.site_id, gap, (first, first // _AGAIN))


def _kept(ground: Ground, place: Place, day: Occasion) -> bool:
    """Whether the site plans something for that day already."""
    number = day.on.day - 1
    return any(place.id == one.site_ids[0] and one.span[0] // DAY == number for one in ground.planned)


def _categories(ground: Ground, place: Place) -> list[Want]:
    planned = {one.category for one in ground.planned if one.site_ids[0] == place.id and one.span[0] >= 0}
    held = ground.held.get(place.id, frozenset())
    found = []
    for category in Category:
        if category not in planned and category is not Category.A09:
            unheld = category not in held
            worth = _CATEGORY if unheld else _VARIETY
            found.append(Want(Why.CATEGORY, place.id, category, (worth, 0), spoken=unheld))
    return found


def serves(idea: Idea, want: Want) -> bool:
    """Whether an event made of the idea would fill the want; at an office no community can count on it."""
    if want.why is Why.MINIMUM:
        return True
    if want.why in _GAP:
        return want.what.group is Group.ALL or want.what.group in idea.groups
    if want.why is Why.WAIT:
        return idea.fields.title == want.what.title
    if want.why is Why.DAY:
        return idea.occasion == want.what
    return idea.fields.category is want.what


Tried = tuple[Idea, list[Slot], Obstacle]


def _tried(ground: Ground, place: Place, wants: Iterable[Want]) -> list[Tried]:
    """The site's handful: for each want the first ideas that have a slot, or else all that have none."""
    search, ideas = Search(ground, place), ground.ideas_for(place)
    tried: dict[str, Tried] = {}
    for want in wants:
        for shared in (False, True):
            left = _IDEAS[want.why]
            for idea in ideas:
                if left and (idea.fields.shared_id is not None) is shared and serves(idea, want):
                    if idea.key not in tried:
                        tried[idea.key] = (idea, *search.slots(idea))
                    left -= bool(tried[idea.key][1])
    return list(tried.values())


def _in_the_way(want: Want, tried: Iterable[Tried]) -> Obstacle | None:
    """What kept away everything that would fill the want; None when something goes."""
    found = [(slots, obstacle) for idea, slots, obstacle in tried if serves(idea, want)]
    if any(slots for slots, _ in found):
        return None
    return max((obstacle for _, obstacle in found), key=list(Obstacle).index, default=Obstacle.NO_IDEA)


def _problem(ground: Ground, wants: list[Want], candidates: list[Candidate], most: int) -> dict:
    areas = {
        place.id: place.parent_id if place.level is Level.STATION else place.id
        for place in ground.places.values()
    }
    events_a_day = len(areas) * most / max(1, len(set(areas.values()))) / 20  # working days of a month
    return {
        "sites": {str(id): {"most": most, "area": area} for id, area in areas.items()},
        "wants": [list(want.worth) for want in wants],
        "candidates": [_as_json(one) for one in candidates],
        "per_day": PER_DAY,
        "cost": _COST,
        "crowd": [int(events_a_day) + 1, _CROWD],
    }


def _as_json(one: Candidate) -> dict:
    uses = [f"room {one.slot.hall.id}"] if one.slot.hall else []
    if one.idea.fields.shared_id is not None:
        uses.append(f"shared {one.idea.fields.shared_id}")
    begins, ends = one.slot.span
    return {
        "site": one.site_id,
        "day": one.slot.day,
        "from": begins,
        "to": ends,
        "idea": one.idea.fields.title,
        "uses": uses,
        "fills": list(one.fills),
    }
