"""Invented residents of the sample district: impossible phone numbers, names drawn from common characters."""

from dataclasses import dataclass
from datetime import date
from random import Random

from stationapp.residents.rules import Lives, PersonIn

_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜"
_OLDER = "秀英桂兰淑珍玉梅凤建国志强德福春生长江爱华文清"
_YOUNGER = "子轩雨涵梓萱浩然思远一诺欣怡嘉宁晨曦亦安"
_HOUSEHOLDS = 34


@dataclass(frozen=True)
class Person:
    """Somebody who may come: as a form would give them, with their age today."""

    given: PersonIn
    age: int
    landline: bool


def community(random: Random, community_id: int, number: int, today: date) -> list[Person]:
    """The residents of one community; `number` keeps its phones apart from those of others."""
    people: list[Person] = []
    for place in range(_HOUSEHOLDS):
        tail = number * _HOUSEHOLDS + place
        landline = place % 5 == 0
        phone = f"0379-{tail:08d}" if landline else f"1990{tail:07d}"
        people += _household(random, phone, landline, community_id, today)
    return people


def _household(random: Random, phone: str, landline: bool, community_id: int, today: date) -> list[Person]:
    old = landline or random.random() < 0.55
    ages = [random.randint(60, 84)] if old else [random.randint(26, 55)]
    if random.random() < (0.5 if old else 0.3):
        ages.append(ages[0] + random.randint(-3, 3))
    if random.random() < 0.55:
        ages.append(random.randint(5, 13))
    surname = random.choice(_SURNAMES)
    people, names = [], set()
    for age in ages:
        name = (surname if age < 18 else random.choice(_SURNAMES)) + "".join(
            random.sample(_YOUNGER if age < 40 else _OLDER, random.choice((1, 2, 2)))
        )
        if name in names:
            continue
        names.add(name)
        birth_month = f"{today.year - age}-{random.randint(1, max(1, today.month)):02d}"
        given = PersonIn(name, phone, birth_month, Lives.HERE, community_id, guardian_consent=age < 14)
        people.append(Person(given, age, landline))
    return people
