"""What a station or an office should hold next: a dozen drafts at most, each with one reason. Pure."""

from collections import defaultdict
from typing import NamedTuple

from stationapp.proposals.candidates import Candidate, Want, serves, wants_of
from stationapp.proposals.ground import Ground, Idea, Place
from stationapp.proposals.rules import Why
from stationapp.proposals.slots import Search, Slot

MOST = 12
_EACH = {Why.GAP: 5, Why.UNPLANNED: 3, Why.WAIT: 4, Why.DAY: 3, Why.CATEGORY: 2, Why.MINIMUM: 1}
"""How many of a kind stand on a full list, so that one kind does not push out the others."""


_SOON = 10  # free days to choose from


class Suggestion(NamedTuple):
    """An idea in a slot at a site, and the want it is for."""

    candidate: Candidate
    want: Want


def suggest(ground: Ground) -> list[Suggestion]:
    """Kind by kind, and within a kind in the order of the sites' codes: nothing is ranked.

    No two of one site stand on the same day, so that any of them can be taken.
    """
    made: list[Suggestion] = []
    helpers = [_Site(ground, place, number) for number, place in enumerate(ground.places.values())]
    by_why = defaultdict(list)
    for helper in helpers:
        for want in helper.wants:
            if want.spoken:
                by_why[want.why].append((helper, want))
    for why in _EACH:
        made += _of_kind(by_why[why], _EACH[why] if len(helpers) > 1 else MOST)
    return made[:MOST]


class _Site:
    """What is left to suggest at one site."""

    def __init__(self, ground: Ground, place: Place, number: int) -> None:
        self.place, self._number = place, number
        largest = max((gap.people or 0 for gap in ground.gaps), default=0)
        self.wants = wants_of(ground, place, largest)
        self._search, self._ideas = Search(ground, place), ground.ideas_for(place)
        self._days: set[int] = set()
        self._titles: set[str] = set()
        self._done: set[Want] = set()

    def answer(self, want: Want) -> Suggestion | None:
        """The first idea with a free day for a want nothing suggested yet fills; None when there is none."""
        if want in self._done:
            return None
        for idea in self._ideas:
            fits = idea.fields.title not in self._titles and serves(idea, want)
            if fits and (slot := self._free(idea)):
                return self._take(idea, slot, want)
        return None

    def _free(self, idea: Idea) -> Slot | None:
        """Soon, but not for every site on the same day: they share lecturers, and people who come to both."""
        slots = [slot for slot in self._search.slots(idea)[0] if slot.day not in self._days][:_SOON]
        return slots[self._number * 3 % len(slots)] if slots else None

    def _take(self, idea: Idea, slot: Slot, want: Want) -> Suggestion:
        self._days.add(slot.day)
        self._titles.add(idea.fields.title)
        self._done.update(one for one in self.wants if serves(idea, one))
        return Suggestion(Candidate(self.place.id, idea, slot, (0,)), want)


def _of_kind(asked: list[tuple[_Site, Want]], most: int) -> list[Suggestion]:
    """One a site first, then further ones, until there are enough; in the order of the sites."""
    found: list[tuple[int, Suggestion]] = []
    turns: dict[int, list[tuple[int, _Site, Want]]] = defaultdict(list)
    for number, (site, want) in enumerate(asked):
        turns[site.place.id].append((number, site, want))
    while turns and len(found) < most:
        for site_id in list(turns):
            number, site, want = turns[site_id].pop(0)
            if not turns[site_id]:
                del turns[site_id]
            if len(found) < most and (suggestion := site.answer(want)):
                found.append((number, suggestion))
    return [suggestion for _number, suggestion in sorted(found, key=lambda pair: pair[0])]


def find(ground: Ground, place: Place, key: str, start: int) -> Candidate | None:
    """The suggestion again when it is taken: that idea at that site and minute, if it still goes."""
    idea = next((idea for idea in ground.ideas_for(place) if idea.key == key), None)
    slot = Search(ground, place).fits(idea, start) if idea else None
    return Candidate(place.id, idea, slot, ()) if idea and slot else None


def wants_served(ground: Ground, one: Candidate) -> list[Want]:
    """What it would do for its site, the weightiest first."""
    largest = max((gap.people or 0 for gap in ground.gaps), default=0)
    mine = wants_of(ground, ground.places[one.site_id], largest)
    return [want for want in mine if want.spoken and serves(one.idea, want)]
