"""Rounding, ratios and bridges, by value."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationapp.reports.rules import Ratio, bridge, canonical, half_up, hours, percent

PEOPLE = st.sets(st.integers(1, 30))


@pytest.mark.parametrize(
    ("above", "below", "value"),
    [
        (1, 8, 12.5),
        (1, 3, 33.3),
        (2, 3, 66.7),
        (1, 2000, 0.1),
        (1, 2001, 0.0),
        (3, 2, 150.0),
        (5, 0, None),
        (5, None, None),
    ],
)
def test_percentages_have_one_decimal_half_up(above, below, value):
    assert percent(above, below) == value


def test_a_half_is_rounded_up_where_a_float_would_not():
    assert (half_up(1005, 1000, digits=2), round(1.005, 2)) == (1.01, 1.0)


@pytest.mark.parametrize(("minutes", "value"), [(0, 0.0), (5, 0.0), (6, 0.1), (119, 1.9), (120, 2.0)])
def test_hours_are_floored_to_one_decimal(minutes, value):
    assert hours(minutes) == value


def test_a_missing_denominator_is_no_zero():
    assert Ratio(0, None).as_dict() == {"value": None, "numerator": 0, "denominator": None, "over": False}


@given(own=PEOPLE, children=st.lists(PEOPLE, max_size=4))
def test_every_bridge_balances_and_ends_at_the_union(own, children):
    one = bridge(own, children)
    assert one.children - one.repeated + one.own_new == one.total == len(own.union(*children))
    assert one.total <= one.children + len(own)


def test_the_canonical_writing_does_not_depend_on_the_order_of_keys():
    assert (
        canonical({"b": 1, "a": [1.5, "站"]})
        == canonical({"a": [1.5, "站"], "b": 1})
        == '{"a":[1.5,"站"],"b":1}'
    )
