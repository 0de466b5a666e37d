"""Short words for what the tests of sending do again and again."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.messages.gateways.base import Answer, Outgoing
from stationapp.messages.models import Attempt, Message
from stationapp.messages.outbox import put, row
from stationapp.messages.rules import AttemptEnd, Delivery, Way
from stationapp.notices.rules import Occasion
from stationapp.signups.models import Party
from stationapp.vault import vault
from tests import cast

NOON = clock.instant(clock.day_of(clock.now()), 12)
"""An hour at which people may be written to, whenever the tests run."""


class Playing:
    """A gateway within the process that answers as it is told, by number, and remembers what it was handed."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.got: list[Outgoing] = []
        self.answers = dict(answers or {})
        self.meanwhile: Callable[[Outgoing], None] = lambda outgoing: None

    def send(self, outgoing: Outgoing) -> Answer:
        """Accept, unless told otherwise for that number."""
        self.got.append(outgoing)
        self.meanwhile(outgoing)
        taken = Answer(AttemptEnd.ACCEPTED, "ok", f"ref-{len(self.got)}-{outgoing.name}")
        return self.answers.get(outgoing.to, self.answers.get("*", taken))

    def close(self) -> None:
        """Nothing is held."""

    @property
    def numbers(self) -> Counter[str]:
        """How often each number was written to."""
        return Counter(one.to for one in self.got)


@dataclass(frozen=True)
class Asked:
    """A party by its numbers."""

    id: int
    household_id: int


@dataclass
class Scene:
    """A district, an event, and parties that are to be told."""

    app: Flask
    people: cast.District
    event: Event
    site_id: int
    parties: list[Asked] = field(default_factory=list)
    ids: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    key: str = ""


def phone(number: int) -> str:
    """An invented mobile number."""
    return f"1990000{number:04d}"


def scene(app: Flask, homes: int = 3) -> Scene:
    """So many households with a place at one event; needs a pushed context."""
    people = cast.district(app)
    event = cast.event(people.one, starts_at=NOON + timedelta(days=2))
    made = Scene(app, people, event, people.one.id)
    for number in range(homes):
        cast.sign_up(
            event, cast.person(f"赵{'一二三四五六七八九十'[number % 10]}", phone(number)), key=f"key {number}"
        )
    rows = db.session.execute(select(Party.id, Party.household_id).order_by(Party.id))
    made.parties = [Asked(*one) for one in rows]
    return made


def write(made: Scene, *, occasion: Occasion = Occasion.CONFIRMED, way: Way = Way.SMS, now: datetime = NOON,
          step: int = 0, parties: list[Asked] | None = None) -> list[int]:  # fmt: skip
    """A message for every party; their ids."""
    rows = [
        row(occasion, f"party {party.id}", way, household_id=party.household_id, site_id=made.site_id,
            now=now, step=step, party_id=party.id)
        for party in (made.parties if parties is None else parties)
    ]  # fmt: skip
    with transaction():
        put(rows)
    ids = select(Message.id).where(Message.step == step, Message.way == way, Message.occasion == occasion)
    return list(db.session.scalars(ids.order_by(Message.id)))


def states() -> Counter[Delivery]:
    """How many messages stand where by now, calls left out."""
    db.session.rollback()  # other threads may have written since this session last looked
    return Counter(db.session.scalars(select(Message.state).where(Message.way.in_((Way.SMS, Way.EMAIL)))))


def message(id_: int) -> Message:
    """A message as it stands now."""
    return db.session.get_one(Message, id_, populate_existing=True)


def attempts(id_: int) -> list[tuple[int, AttemptEnd, str]]:
    """What was tried with it."""
    its = select(Attempt).where(Attempt.message_id == id_).order_by(Attempt.number)
    return [(one.number, one.outcome, one.said) for one in db.session.scalars(its)]


def opened(sealed: bytes | None) -> str | None:
    """A sealed text."""
    return vault().unseal(sealed) if sealed else None
