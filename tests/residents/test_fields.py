"""Form fields about people."""

import pytest

from stationapp.residents.fields import birth_month


@pytest.mark.parametrize(
    "text", ["1950-03", "1950年3月", "1950.3", "195003", "19500301", "１９５０－３", "1950-03-01"]
)
def test_a_month_of_birth_is_read_as_people_write_it(text):
    assert birth_month(text) == "1950-03"


@pytest.mark.parametrize("text", ["", "三月", "50-3", "1950", "3/1950", "19503"])
def test_what_is_no_month_is_none(text):
    assert birth_month(text) is None
