"""Whom an event is made for."""

import pytest

from stationapp.events.rules import Theme
from stationapp.planning.aims import aims_at
from stationapp.sites.rules import Group

OLD = {Group.OVER_60, Group.OVER_65, Group.OVER_80}
YOUNG = {Group.UNDER_14, Group.UNDER_18}


@pytest.mark.parametrize(
    ("min_age", "max_age", "themes", "groups"),
    [
        (None, None, {Theme.FRAUD}, set()),
        (18, None, set(), set()),
        (60, None, set(), OLD),
        (None, None, {Theme.OLD}, OLD),
        (60, 75, set(), {Group.OVER_60, Group.OVER_65}),
        (6, 12, set(), YOUNG),
        (15, 17, set(), {Group.UNDER_18}),
        (None, None, {Theme.YOUNG}, YOUNG),
        (None, None, {Theme.YOUNG, Theme.OLD}, OLD | YOUNG),
    ],
)
def test_an_event_is_made_for_the_groups_its_ages_or_themes_name(min_age, max_age, themes, groups):
    assert aims_at(min_age, max_age, frozenset(themes)) == {Group.ALL, *groups}
