"""A place in words names a room of the site, or it does not: nothing is guessed."""

import pytest

from stationapp.importing.places import room_meant

ROOMS = [(1, "书画室"), (2, "多功能厅"), (3, "未成年人活动室"), (4, "一楼大厅")]
NAMES = ("湖北路示例一社区新时代文明实践站", "湖北路示例一社区")


@pytest.mark.parametrize(
    ("place", "room"),
    [
        ("书画室", 1), (" 书画室 ", 1), ("2楼书画室", 1), ("二楼 书画室", 1), ("书画室（２楼）", 1),
        ("本站书画室", 1), ("湖北路示例一社区多功能厅", 2), ("湖北路示例一社区新时代文明实践站3楼多功能厅", 2),
        ("一楼大厅", 4),
        ("", None), ("二楼", None), ("社区广场", None), ("书画室门口", None), ("书画室、多功能厅", None),
        ("老书画室", None), ("湖北路示例一社区", None),
    ],
)  # fmt: skip
def test_the_room_a_place_means(place, room):
    assert room_meant(place, ROOMS, NAMES) == room
