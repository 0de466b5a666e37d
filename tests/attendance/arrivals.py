"""Random days at two doors as three devices saw them, sent in any order: what comes of each must be the same.

A story is a list of scans drawn from a seed. The devices' clocks are wrong; what they say is what they corrected it
to when they scanned: a few seconds off, a minute ahead, and now and then hours, as of a clock nobody ever set.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import cycle
from random import Random

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance import checks, operations
from stationapp.attendance.intake import take_in
from stationapp.attendance.models import Attendance, RefusedScan
from stationapp.attendance.rules import Arrived, How, Kind, Part, Result
from stationapp.db import db, transaction
from stationapp.signups import operations as signups
from stationapp.signups.models import Signup
from stationapp.volunteers import checks as volunteer_checks
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import HoursEntry
from tests import cast
from tests.attendance.test_intake import device

OFF = (timedelta(0), timedelta(seconds=-7), timedelta(seconds=55))
"""What is left of the three devices' errors after they asked us the time."""

NEVER_SET = (timedelta(hours=-30), timedelta(hours=9))
"""And of a clock that was set in between, or never."""

CHECKS = (*checks.CHECKS, *volunteer_checks.CHECKS)


class Doors:
    """Two events that began together: people seated, waiting, gone and unknown, and two who help at both."""

    def __init__(self, app) -> None:
        self.people = cast.district(app)
        one, self.lin = self.people.one, self.people.lin.id
        self.now = clock.now()
        starts = self.now - timedelta(minutes=150)
        changes = {"starts_at": starts, "ends_at": starts + timedelta(minutes=120), "capacity": 4}
        self.events = [cast.event(one, **changes), cast.event(one, **changes)]
        self.devices = [device(one, code=f"DEV{n}") for n in range(3)]
        given = [
            cast.person(f"居民{n}", f"1990000{6000 + n}", birth_month="1970-05", home=one) for n in range(6)
        ]
        for person in given[:5]:  # the fifth waits
            cast.sign_up(self.events[0], person, now=starts - timedelta(hours=3))
        self.residents = [cast.resident(person).id for person in given]
        gone = db.session.scalars(select(Signup).where(Signup.resident_id == self.residents[3])).all()
        with transaction():
            for signup in gone:
                signups.cancel(signup, by=None, why="有事", now=starts - timedelta(hours=2))
        helpers = [
            cast.resident(cast.person(f"帮手{n}", f"1990000{7000 + n}", birth_month="1970-05", home=one))
            for n in range(2)
        ]
        self.helpers = [helper.id for helper in helpers]
        with transaction():
            for helper in helpers:
                volunteers.register(helper, site=one, by=self.lin, now=self.now)
        self.starts = starts

    def story(self, random: Random, length: int = 10) -> list[Arrived]:
        """Scans as the devices wrote them down, in the order in which they happened."""
        sequences, scans = Counter(), []
        here, helper = random.sample(self.residents, 3), random.choice(self.helpers)
        visit = {random.choice(range(-20, 20, 5)): Kind.IN, random.choice(range(60, 150, 5)): Kind.OUT}
        for minute in sorted([*visit, *(random.choice(range(-55, 150, 5)) for _ in range(length))]):
            which = random.randrange(3)
            sequences[which] += 1
            kind = visit.pop(minute, None)  # somebody who helps comes and leaves as one should
            helps = kind is not None or random.random() < 0.5
            who = helper if helps else random.choice(here)
            off = random.choice(NEVER_SET) if random.random() < 0.05 else OFF[which]
            kinds = (Kind.IN, Kind.IN if minute < 40 else Kind.OUT, Kind.OUT)
            scans.append(
                Arrived(
                    event_id=self.events[0].id if kind else random.choice(self.events).id,
                    resident_id=None if random.random() < 0.03 else who,
                    part=Part.VOLUNTEER if helps else Part.RESIDENT,
                    kind=kind or (Kind.UNDO if random.random() < 0.08 else random.choice(kinds)),
                    how=random.choice((How.STAFF_SCAN, How.STAFF_SCAN, How.ROSTER, How.WALK_IN)),
                    at=self.starts + timedelta(minutes=minute) + off,
                    nonce=f"{which}-{sequences[which]}",
                    device_id=self.devices[which],
                    sequence=sequences[which],
                )
            )
        return scans

    def outcome(self, sent: Iterable[Arrived]) -> tuple:
        """What stands after these were taken in and both events were closed out; nothing of it is kept."""
        with transaction(rehearse=True):
            answers = {}
            for part in in_parts(sent):
                for one, (result, _reason) in zip(part, take_in(part, by=None, now=self.now), strict=True):
                    if result is not Result.ALREADY:
                        assert answers.setdefault(one, result) is result, "sent again it is answered the same"
            self._close()
            return self.stands(), Counter(answers.values())

    def close_out(self) -> None:
        """Close both events out for good."""
        with transaction():
            self._close()

    def _close(self) -> None:
        for event in self.events:
            operations.close_out(event, note="顺利", by=self.lin, now=self.now)
            volunteers.post_hours(event, by=self.lin, now=self.now)

    def stands(self) -> tuple[frozenset, ...]:
        """Presences, lines of the ledger, and what was put aside."""
        there = db.session.execute(
            select(
                Attendance.event_id, Attendance.resident_id, Attendance.part, Attendance.channel,
                Attendance.came_at, Attendance.came_how, Attendance.left_at, Attendance.left_how,
            ).where(~Attendance.undone)
        )  # fmt: skip
        lines = db.session.execute(
            select(
                HoursEntry.volunteer_id, Attendance.event_id, HoursEntry.served_on, HoursEntry.minutes
            ).join(Attendance, Attendance.id == HoursEntry.attendance_id)
        )
        aside = db.session.execute(
            select(RefusedScan.device_id, RefusedScan.sequence, RefusedScan.reason, RefusedScan.fate)
        )
        return tuple(frozenset(tuple(row) for row in rows) for rows in (there, lines, aside))


def shuffled(random: Random, scans: Sequence[Arrived]) -> list[Arrived]:
    """The same scans as the network lets them through: whole sendings and parts of them, again, in any order."""
    sent: list[Arrived] = []
    queues = {
        number: [one for one in scans if one.device_id == number] for number in {s.device_id for s in scans}
    }
    for queue in queues.values():
        for _ in range(random.randint(0, 2)):  # cut off in the middle, and the answer lost
            sent += queue[: random.randint(0, len(queue))]
    sent += scans
    random.shuffle(sent)
    return sent


def by_arrival(sent: Iterable[Arrived]) -> dict:
    """The control: who is there by when, if each scan were done as it comes: (event, person) → (came, left)."""
    there: dict = {}
    for scan in sent:
        key = scan.event_id, scan.resident_id
        if scan.kind is Kind.UNDO:
            there.pop(key, None)
        elif scan.kind is Kind.IN:
            there.setdefault(key, (scan.at, None))
        elif key in there:
            there[key] = there[key][0], scan.at
    return there


def in_parts(sent: Sequence[Arrived]) -> Iterator[Sequence[Arrived]]:
    """The same as devices send it: a few at a time, now one, now many."""
    first = 0
    for size in cycle((1, 5, 2, 20)):
        if first >= len(sent):
            return
        yield sent[first : first + size]
        first += size
