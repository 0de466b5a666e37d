"""Paths of the site tree as plain values."""

import pytest

from stationapp.sites.rules import contains, ids_of, office_path


@pytest.mark.parametrize(
    ("path", "ids", "office"),
    [("/1/", [1], "/1/"), ("/1/4/", [1, 4], "/1/4/"), ("/1/4/17/", [1, 4, 17], "/1/4/")],
)
def test_a_path_is_the_row_of_ids_from_the_center_down(path, ids, office):
    assert (ids_of(path), office_path(path)) == (ids, office)
    assert contains(office, path)
