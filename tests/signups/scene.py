"""Short words for what the tests of sign-ups do again and again."""

import itertools
from datetime import datetime

from stationapp import clock
from stationapp.db import transaction
from stationapp.events.models import Event
from stationapp.residents.rules import PersonIn
from stationapp.signups import operations
from stationapp.signups.rules import Answer, Channel

_keys = itertools.count()


def person(name: str, phone: str = "19900000001", **more) -> PersonIn:
    """Somebody of one household unless told."""
    return PersonIn(name, phone, **more)


def people(count: int, household: int) -> list[PersonIn]:
    """So many people on a phone of their own."""
    return [
        PersonIn("赵钱孙李周吴郑王"[i] + "一二三四五六七八"[household % 8], f"199{household:08d}")
        for i in range(count)
    ]


def sign_up(
    event: Event, *party: PersonIn, key: str = "", by: int | None = None, now: datetime | None = None
) -> Answer:
    """Sign up in a transaction of its own; with a fresh key unless told."""
    with transaction():
        return operations.sign_up(
            event,
            party,
            key=key or f"key {next(_keys)}",
            channel=Channel.PHONE if by else Channel.WEB,
            by=by,
            consent="oral-1" if by else "web-1",
            now=now or clock.now(),
        )
