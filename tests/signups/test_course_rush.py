"""Twenty-four people at once at a course of four dates with ten places: never oversold, always in lockstep."""

import threading
from collections import defaultdict
from random import Random

import pytest

from stationapp import clock
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.signups import checks, operations, queries, weighing
from stationapp.signups.rules import WEB_CONSENT, Answer, Channel, Place
from tests import cast
from tests.signups.scene import course, further_date, people

pytestmark = pytest.mark.both_databases

THREADS, HOUSEHOLDS, PLACES = 24, 24, 10


def test_a_rush_for_a_course_keeps_every_date_the_same(app):
    home = cast.district(app).one
    with app.app_context():
        series, dates = course(home, 4, capacity=PLACES)
        late = further_date(series, home, weeks=6, capacity=PLACES, publish=False)
        ids = [date.id for date in dates]
    told: dict[str, set] = defaultdict(set)
    faults: list[BaseException] = []

    def book(event_id: int, household: int) -> Answer:
        party, key = people(household % 2 + 1, household), f"rush {household}"
        terms = queries.get_terms(event_id=event_id)
        wish = weighing.weigh(terms, party, key=key, channel=Channel.WEB, by=None, now=clock.now())
        if isinstance(wish, Answer):
            return wish
        with transaction():
            return operations.seat(wish, consent=WEB_CONSENT, now=clock.now())

    def cancel(code: str) -> None:
        with transaction():
            operations.cancel(queries.get_by_code(code), by=None, why="own", now=clock.now())

    def press(number: int) -> None:
        random = Random(number)
        with app.app_context():
            try:
                for household in random.sample(range(HOUSEHOLDS), 4):
                    event_id = random.choice(ids)
                    answer = retried(lambda event_id=event_id, household=household: book(event_id, household))
                    told[f"rush {household}"].add((answer.state, answer.codes, answer.rank))
                    if household % 5 == 0:
                        retried(lambda answer=answer: cancel(answer.codes[0]))
            except BaseException as fault:  # a thread's own failure is told by the test
                faults.append(fault)

    def publish() -> None:
        from tests.signups.scene import announce

        with app.app_context():
            try:
                retried(lambda: announce(db.session.get_one(Event, late.id)))
            except BaseException as fault:
                faults.append(fault)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(THREADS)]
    threads.insert(THREADS // 2, threading.Thread(target=publish))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert faults == []
    assert {key: len(answers) for key, answers in told.items() if len(answers) != 1} == {}
    with app.app_context():
        assert {check.name: found for check in checks.CHECKS if (found := check.find())} == {}
        seated = {event.id: event.taken for event in db.session.query(Event)}
        assert set(seated.values()) == {PLACES} or max(seated.values()) <= PLACES
        assert len(set(seated.values())) == 1 and len(seated) == 5
        states = {answer[0] for answers in told.values() for answer in answers}
        assert states == {Place.CONFIRMED, Place.WAITLISTED}
