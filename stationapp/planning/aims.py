"""Whom a planned activity is meant for, before anybody came (domain.md §9 I-11, §13)."""

from stationapp.events.rules import Theme
from stationapp.sites.rules import Group

_OLD = {Group.OVER_60: 60, Group.OVER_65: 65, Group.OVER_80: 80}
_YOUNG = frozenset({Group.UNDER_14, Group.UNDER_18})
_OLDISH, _YOUNGISH = 50, 21


def aims_at(min_age: int | None, max_age: int | None, themes: frozenset[Theme]) -> frozenset[Group]:
    """The coverage groups an event is made for; ages in full years, both ends included.

    What is open to everybody serves everybody and is made for no group: a month of nothing else still leaves its
    children and its old people a gap.
    """
    groups = {Group.ALL}
    if Theme.OLD in themes or (min_age is not None and min_age >= _OLDISH):
        groups |= {group for group, begins in _OLD.items() if max_age is None or max_age >= begins}
    if Theme.YOUNG in themes or (max_age is not None and max_age <= _YOUNGISH):
        groups |= _YOUNG if (min_age or 0) < 14 else {Group.UNDER_18} if min_age < 18 else set()
    return frozenset(groups)
