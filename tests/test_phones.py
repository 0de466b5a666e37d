"""Phone numbers as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationapp.phones import masked_phone, normal_phone


@pytest.mark.parametrize(
    "written",
    [
        "19900000242",
        19900000242,
        19900000242.0,
        "19900000242.0",
        " 199 0000 0242 ",
        "199-0000-0242",
        "+86 199-0000-0242",
        "+8619900000242",
        "0086 19900000242",
        "86 199 0000 0242",
        "１９９０００００２４２",
        "＋８６１９９０００００２４２",
    ],
)
def test_a_mobile_number_has_one_form(written):
    assert normal_phone(written) == "19900000242"


@pytest.mark.parametrize(
    "written",
    [
        "0379-00000101",
        "037900000101",
        "(0379) 0000 0101",
        "（０３７９）００００－０１０１",
        "+86 379 00000101",
        "0379—00000101",
    ],
)
def test_a_landline_has_one_form(written):
    assert normal_phone(written) == "0379-00000101"


def test_the_short_area_codes_are_known():
    assert normal_phone("01000000101") == "010-00000101"
    assert normal_phone("+86 10 0000 0101") == "010-00000101"
    assert normal_phone("021-00000101") == "021-00000101"
    assert normal_phone("0379-0000101") == "0379-0000101"


@pytest.mark.parametrize(
    "written",
    ["", None, "无", "1990000024", "199000002421", "12900000242", "00000101", "0379-101", True, 1.5, float("nan"),
     float("inf"), "1" * 100, "199000x0242", "\x00", "\ud800"],
)  # fmt: skip
def test_what_is_no_phone_number_stays_unread(written):
    assert normal_phone(written) is None


def test_lists_show_only_the_ends():
    assert masked_phone("13800005678") == "138****5678"
    assert masked_phone("+86 138 0000 5678") == "138****5678"
    assert masked_phone("0379-00000101") == "0379-****0101"
    assert masked_phone("0379-0000101") == "0379-***0101"
    assert masked_phone("secret") == "******"
    assert masked_phone("") == ""


@given(st.from_regex(r"1[3-9][0-9]{9}|0379-[0-9]{8}", fullmatch=True))
def test_the_normal_form_is_its_own_normal_form(phone):
    assert normal_phone(phone) == phone
    assert phone not in masked_phone(phone)


@given(st.one_of(st.text(), st.floats(), st.integers()))
def test_nothing_a_cell_holds_breaks_it(value):
    found = normal_phone(value)
    assert found is None or normal_phone(found) == found
