"""Names in pinyin."""

import pytest

from stationapp.pinyin import initials, spelled


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("张建华", "zjh"),
        ("曾国强", "zgq"),
        ("单田芳", "stf"),
        ("阿依古丽·买买提", "ayglmmt"),
        ("Tom 李", "tom l"),
        ("", ""),
    ],
)
def test_initials_are_those_people_would_type(name, letters):
    assert initials(name) == letters


def test_a_name_is_spelled_out_for_a_login():
    assert (spelled("林晓燕"), spelled("解放"), spelled("Tom")) == ("linxiaoyan", "xiefang", "")
