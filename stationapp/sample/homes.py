"""Invented households of the sample: several people on one phone, children with a guardian, one without a phone."""

from datetime import date

from stationapp.residents.rules import Lives, PersonIn

_NONE = ""
_HOMES = (
    ("19900008801", (("王桂兰", 68), ("李建国", 70), ("王一诺", 9))),
    ("19900008802", (("陈玉梅", 66), ("周志强", 67))),
    ("0379-00008803", (("李凤英", 74),)),
    ("19900008804", (("张雨涵", 36), ("张子轩", 8))),
    ("19900008805", (("刘福生", 72),)),
    ("0379-00008806", (("孙爱华", 78),)),
    ("19900008807", (("吴秀英", 69), ("吴长江", 71))),
    ("19900008808", (("郑思远", 33),)),
    ("19900008809", (("冯淑珍", 65),)),
    ("0379-00008810", (("韩德福", 76),)),
    ("19900008811", (("杨春生", 70),)),
    ("19900008812", (("朱嘉宁", 41), ("朱晨曦", 10))),
    ("19900008813", (("何建国", 67),)),
    (_NONE, (("赵淑珍", 81),)),
    ("19900008814", (("何秀英", 73),)),
    ("19900008816", (("曹国强", 75),)),
)
"""Phone and people with their ages; the first one answers the phone and is the guardian of the children."""

SECOND_PHONES = {"何秀英": "0379-00008815", "曹国强": "0379-00008817"}
"""Who signed up by another phone, too, and stands on record twice by now."""

_REACH = "住湖北路253号院3号楼，没有电话，请同楼的李凤英转告"


def households(community_id: int, today: date) -> dict[str, list[PersonIn]]:
    """The people of each household of that community by the name of its first one; second records end in "2"."""
    homes = {
        people[0][0]: [_person(name, age, phone, community_id, today) for name, age in people]
        for phone, people in _HOMES
    }
    for name, phone in SECOND_PHONES.items():
        age = next(its[0][1] for _, its in _HOMES if its[0][0] == name)
        homes[f"{name}2"] = [_person(name, age, phone, community_id, today)]
    return homes


def _person(name: str, age: int, phone: str, community_id: int, today: date) -> PersonIn:
    month = 1 + age % max(1, today.month)  # their birthday has come this year
    return PersonIn(
        name,
        phone or None,
        f"{today.year - age}-{month:02d}",
        Lives.HERE,
        community_id,
        guardian_consent=age < 14,
        reach="" if phone else _REACH,
    )
