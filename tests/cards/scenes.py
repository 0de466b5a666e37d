"""A station with an event that has just begun, people who have cards, and a desk before it."""

from dataclasses import dataclass
from datetime import timedelta

from stationapp import clock
from stationapp.cards import operations, queries
from stationapp.db import transaction
from stationapp.events.models import Event
from tests import cast


@dataclass
class Scene:
    people: cast.District
    event: Event
    wu: int
    qian: int  # not signed up
    card: str  # Wu's code
    serial: str
    stranger: str  # Qian's code
    place: str  # Wu's sign-up code


def scene(app) -> Scene:
    people = cast.district(app)
    with app.app_context():
        starts = clock.now() - timedelta(minutes=5)  # on at any hour of the day
        ends = starts + timedelta(minutes=30)
        event = cast.event(people.one, starts_at=starts, ends_at=ends, capacity=3)
        place = cast.sign_up(event, cast.granny_wu(people.one), now=starts - timedelta(hours=3)).codes[0]
        wu = cast.resident(cast.granny_wu(people.one)).id
        qian = cast.resident(cast.person("钱进来", "19900009999", birth_month="1960-01", home=people.one)).id
        cards = make(people, wu, qian)
        codes = {who: queries.code_of(card) for who, card in cards.items()}
        return Scene(people, event, wu, qian, codes[wu], cards[wu].serial, codes[qian], place)


def make(people: cast.District, *residents: int):
    with transaction():
        return operations.make(residents, site_id=people.one.id, by=people.lin.id, now=clock.now())
