"""Hours recomputed from scans, by code that shares nothing with the ledger's, equal the ledger."""

import random
from collections import Counter
from datetime import date, timedelta

import pytest

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.refusal import Refused
from stationapp.residents.models import Resident
from stationapp.volunteers import ledger, operations, rules
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.volunteers.acts import volunteer
from tests.volunteers.recomputing import recomputed, written

WAYS = (How.ROSTER, How.STAFF_SCAN, How.WALK_IN, How.PAPER, How.VENUE, How.PIN)
HOURS = {"small hours": (0, 2), "early": (7, 10), "late": (11, 14), "night": (20, 23)}
"""Between which hours events begin; those of the night reach into the small hours."""
FIRST = date(2026, 10, 12)


class History:
    """Days at three sites with more helpers than is good for them; everything goes through the operations."""

    def __init__(self, people: cast.District, seed: int, helpers: int) -> None:
        self.people, self.random, self.did = people, random.Random(seed), Counter()
        self.held = []  # of the day before
        self.helpers = [
            volunteer(people.one, name, f"1990002{number:04d}")
            for number, name in enumerate(f"志愿{n}" for n in range(helpers))
        ]

    def live(self, day: date) -> None:
        """A day: who comes, goes, is taken back; closing out, manual entries, opening again."""
        sites = (self.people.one, self.people.two, self.people.far)
        held = [self._event(day, site, part) for site in sites for part in ("early", "late")]
        held += [self._event(day, self.people.one, part) for part in ("small hours", "night")]
        with transaction():
            for who in self.helpers:
                for made in self.random.sample(held, self.random.choice((1, 2, 2, 3, 4))):
                    self._help(made, who)
                self.did["person-days"] += 1
        self.random.shuffle(held)
        after = clock.instant(day + timedelta(days=1), 8)
        for made in held:
            self._close(made, after)
        for who in self.random.sample(self.helpers, len(self.helpers) // 3):
            self._enter(who, day, self.random.choice([*held, None]), after)
        for made in self.random.sample([*held, *self.held], 3):
            self._open_again(made, after + timedelta(hours=2))
        self.held = held

    def _event(self, day: date, site, part: str):
        hour = self.random.randint(*HOURS[part])
        starts = clock.instant(day, hour, self.random.choice((0, 15, 30)))
        lasts = timedelta(minutes=30 * self.random.randint(1, 12))
        pause = self.random.choice((0, 0, 0, 15, 45))
        return cast.event(site, starts_at=starts, ends_at=starts + lasts, break_minutes=pause)

    def _help(self, made, who) -> None:
        chance, lasts = self.random, int((made.ends_at - made.starts_at).total_seconds() // 60)
        came = made.starts_at + timedelta(
            minutes=chance.randint(-50, lasts - 1), seconds=chance.randint(0, 59)
        )
        left = came + timedelta(minutes=chance.randint(1, lasts + 60), seconds=chance.randint(0, 59))
        if chance.random() < 0.5:  # there from before the beginning until after the end
            came, left = made.starts_at - timedelta(minutes=5), made.ends_at + timedelta(minutes=5)
        self._seen(attendance.check_in, made, who, came, part=Part.VOLUNTEER)
        if chance.random() < 0.85:
            self._seen(attendance.check_out, made, who, left)
        else:
            self.did["no sign-out"] += 1
        if chance.random() < 0.1:
            resident = db.session.get_one(Resident, who.resident_id)
            attendance.undo(made, resident, by=None, now=left + timedelta(seconds=1))
            self.did["undone"] += 1
            if chance.random() < 0.6:
                self._seen(attendance.check_in, made, who, left + timedelta(minutes=2), part=Part.VOLUNTEER)
                self._seen(attendance.check_out, made, who, left + timedelta(minutes=75))

    def _seen(self, act, made, who, at, **facts) -> None:
        how = self.random.choice(WAYS)
        resident = db.session.get_one(Resident, who.resident_id)
        try:
            act(made, resident, how=how, by=None, now=at + timedelta(minutes=1), at=at, **facts)
            self.did[how.value] += 1
        except Refused:
            self.did["refused"] += 1

    def _close(self, made, now) -> None:
        with transaction():
            attendance.close_out(made, note="", by=None, now=now)
            operations.post_hours(made, by=None, now=now)

    def _enter(self, who, day: date, made, now) -> None:
        try:
            with transaction():
                manual = operations.propose_manual(
                    who, site=self.people.one, from_site=self.people.one, served_on=day, event=made,
                    minutes=30 * self.random.randint(1, 8),
                    reason=ManualReason.OTHER, note="有人证明", by=self.people.lin.id, now=now,
                )  # fmt: skip
                line = operations.decide_manual(
                    manual, approved=True, from_site=self.people.office, by=self.people.chen.id, now=now
                )
            self.did["manual"] += 1
            if self.random.random() < 0.5:
                with transaction():
                    operations.correct_line(line, reason="记错了", by=self.people.chen.id, now=now)
                self.did["corrected"] += 1
        except Refused:
            self.did["manual refused"] += 1

    def _open_again(self, made, now) -> None:
        with transaction():
            events.reopen(made, by=None, now=now, reason="漏了人")
            operations.post_hours(made, by=None, now=now)
        with transaction():
            for who in self.random.sample(self.helpers, 3):
                self._help(made, who)
        self._close(made, now + timedelta(hours=1))
        self.did["opened again"] += 1


def lived(app, seed: int, *, days: int, helpers: int) -> History:
    people = cast.district(app)
    with app.app_context():
        history = History(people, seed, helpers)
        for number in range(days):
            history.live(FIRST + timedelta(days=number))
        return history


def test_three_hundred_random_person_days_are_in_the_ledger_to_the_minute(app):
    seed = random.randrange(10**6)
    history = lived(app, seed, days=5, helpers=60)
    print(f"seed {seed}: {dict(history.did)}")
    with app.app_context():
        ours, theirs = recomputed(), written()
        assert theirs == ours, f"seed {seed}"
        days = Counter()
        for (who, day, _source), minutes in ours.items():
            days[who, day] += minutes
        totals = Counter()
        for (who, _day, _source), minutes in ours.items():
            totals[who] += minutes
        assert dict(totals) == {who: minutes for who, minutes in ledger.totals().items() if minutes}
    assert history.did["person-days"] >= 300 and len(ours) > 250
    assert max(days.values()) == 480  # the cap was reached, and never passed
    for what in (
        "no sign-out",
        "undone",
        "manual",
        "corrected",
        "opened again",
        *(how.value for how in WAYS),
    ):
        assert history.did[what] >= 10, f"seed {seed}: {what} happened {history.did[what]} times"


@pytest.mark.both_databases
def test_both_databases_agree_with_it(app):
    seed = random.randrange(10**6)
    lived(app, seed, days=1, helpers=12)
    with app.app_context():
        assert written() == recomputed() != {}, f"seed {seed}"


@pytest.mark.parametrize("broken", ["rounding", "cap", "staff", "overlap", "midnight"])
def test_a_rule_that_is_broken_is_told_apart(app, monkeypatch, broken):
    if broken == "rounding":
        monkeypatch.setattr(rules, "UNIT", 15)
    elif broken == "cap":
        monkeypatch.setattr(rules, "DAILY_CAP", 120)
    elif broken == "staff":
        monkeypatch.setattr(ledger, "STAFF_SIDE", frozenset(How))
    elif broken == "midnight":
        rule = ledger._day
        monkeypatch.setattr(ledger, "_day", lambda there, manual, reaching: rule(there, manual, []))
    else:
        monkeypatch.setattr(rules, "alone", lambda part, others: part[1] - part[0])
    lived(app, 7, days=2 if broken == "midnight" else 1, helpers=25)
    with app.app_context():
        assert written() != recomputed()
