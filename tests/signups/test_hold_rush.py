"""Forms, calls, sign-ups, cancellations and the duty at once: never oversold, and a hold keeps what it promised."""

import threading
from collections import Counter
from datetime import timedelta
from random import Random

import pytest

from stationapp import clock
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.signups import checks, holds, offer_checks, operations, queries
from stationapp.signups.models import SeatHold
from stationapp.signups.rules import ORAL_CONSENT, WEB_CONSENT, Answer, Channel, Place, SignupRefusal
from tests import cast
from tests.signups.scene import course, people

pytestmark = pytest.mark.both_databases

THREADS, ACTS, CAPACITY, KEPT = 10, 8, 12, 4


class Crowd:
    """What one thread after the other does; what was told is kept for the test to judge."""

    def __init__(self, app, ids: list[int], by: int) -> None:
        self.app, self.ids, self.by = app, ids, by
        self.told: Counter = Counter()
        self.broken: list[object] = []
        self.faults: list[BaseException] = []

    def go(self, number: int) -> None:
        """One of the threads."""
        random = Random(number)
        with self.app.app_context():
            try:
                for act in range(ACTS):
                    self.act(random, number * 100 + act)
            except BaseException as fault:  # a thread's own failure is told by the test
                self.faults.append(fault)

    def act(self, random: Random, household: int) -> None:
        """A form or a call, with or without a hold; some give their places back."""
        calls, size, event_id = random.random() < 0.4, random.randint(1, 3), random.choice(self.ids)
        token = f"{household}" if random.random() < 0.6 else ""
        until = retried(lambda: self.hold(event_id, size, token, calls)) if token else None
        self.told["held" if until else "not held"] += bool(token)
        if until and random.random() < 0.25:
            return retried(lambda: self.let_go(token))
        answer = self.sign_up(random.choice(self.ids), size, token, calls, household)
        if until and getattr(answer, "state", None) is not Place.CONFIRMED:
            self.broken.append((household, answer))
        if isinstance(answer, Answer) and random.random() < 0.5:
            retried(lambda: self.cancel(answer))
        return None

    def hold(self, event_id: int, size: int, token: str, calls: bool):
        """Seats for a form or a call."""
        with transaction():
            by, now = self.by if calls else None, clock.now()
            return holds.hold_seats(event_id, size, token=token, by=by, asker=token, now=now)

    def let_go(self, token: str) -> None:
        """The form was closed."""
        with transaction():
            holds.let_go(token, now=clock.now())

    def sign_up(self, event_id: int, size: int, token: str, calls: bool, household: int):
        """The answer, or the reason of a refusal."""
        try:
            answer = retried(lambda: self.book(event_id, size, token, calls, household))
        except Refused as no:
            self.told[no.reason] += 1
            return no.reason
        self.told[answer.state] += 1
        return answer

    def book(self, event_id: int, size: int, token: str, calls: bool, household: int) -> Answer:
        """One request."""
        with transaction() as session:
            return operations.sign_up(
                session.get_one(Event, event_id), people(size, household), key=f"rush {household}", hold=token,
                channel=Channel.PHONE if calls else Channel.WEB, by=self.by if calls else None,
                consent=ORAL_CONSENT if calls else WEB_CONSENT, now=clock.now(),
            )  # fmt: skip

    def cancel(self, answer: Answer) -> None:
        """The first one's place."""
        with transaction():
            operations.cancel(queries.get_by_code(answer.codes[0]), by=None, why="own", now=clock.now())

    def sweep(self, stop: threading.Event) -> None:
        """The duty, all the while; and a moment later, so that holds run out in the middle of it."""
        with self.app.app_context():
            try:
                while not stop.wait(0.05):
                    retried(self.expire)
            except BaseException as fault:
                self.faults.append(fault)

    def expire(self) -> None:
        """What the jobs process does."""
        with transaction():
            holds.expire(now=clock.now())
            holds.seat_after_callers(now=clock.now())


def press(crowd: Crowd) -> None:
    stop = threading.Event()
    duty = threading.Thread(target=crowd.sweep, args=(stop,))
    threads = [threading.Thread(target=crowd.go, args=(number,)) for number in range(THREADS)]
    for thread in (duty, *threads):
        thread.start()
    for thread in threads:
        thread.join(240)
    stop.set()
    duty.join(60)


def judge(crowd: Crowd) -> None:
    assert crowd.faults == []
    assert crowd.broken == []
    assert {check.name: found for check in checks.CHECKS if (found := check.find())} == {}
    assert {check.name: found for check in offer_checks.CHECKS if (found := check.find())} == {}
    assert crowd.told["held"] > 0 and crowd.told[Place.WAITLISTED] > 0
    assert crowd.told[SignupRefusal.HOLD_TOO_SMALL] == 0


@pytest.mark.parametrize("starts_in", [20, 60])
def test_holds_calls_and_the_web_at_once_do_not_oversell(app, monkeypatch, starts_in):
    monkeypatch.setattr(holds, "FORM_HOLDS_SHARE", 2)
    district = cast.district(app)
    with app.app_context():
        now = clock.now()
        event = cast.event(
            district.one, capacity=CAPACITY, starts_at=now + timedelta(hours=starts_in),
            phone_seats=KEPT, phone_until_at=now + timedelta(seconds=4),
        )  # fmt: skip
        crowd = Crowd(app, [event.id], district.lin.id)
    press(crowd)
    with app.app_context():
        with transaction():
            holds.seat_after_callers(now=now + timedelta(seconds=5))
        judge(crowd)


def test_the_same_for_a_course_leaves_every_date_the_same(app, monkeypatch):
    monkeypatch.setattr(holds, "FORM_HOLDS_SHARE", 2)
    district = cast.district(app)
    with app.app_context():
        _, dates = course(district.one, 3, capacity=CAPACITY)
        crowd = Crowd(app, [date.id for date in dates], district.lin.id)
    press(crowd)
    with app.app_context():
        judge(crowd)
        its = [(one.taken, one.phone_taken, one.waiting) for one in db.session.query(Event)]
        assert len(set(its)) == 1
        ends = [row.ended for row in db.session.query(SeatHold)]
        assert len(ends) == 3 * crowd.told["held"]
