"""Random histories of one event's seats, against every invariant after every step (trust.md §6).

A step is a name and plain numbers, so that a history is a list that can be made again and made shorter. The clock is
the history's own: each step takes a second, and the duties run every ten of them as `stationapp jobs` runs them.
"""

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.jobs.operations import DUTIES
from stationapp.refusal import Refused
from stationapp.residents import checks as resident_checks
from stationapp.signups import checks, draws, held, holds, limits, offer_checks, offers, operations, promotion
from stationapp.signups.hold_rules import HOLDS_SWEPT_EVERY
from stationapp.signups.models import Offer, Signup
from stationapp.signups.rules import Answer, Counted, Place, Span
from stationapp.sites.models import Site
from tests import cast
from tests.signups.afresh import unguard, wipe
from tests.signups.scene import people, sign_up

CHECKS = (*checks.CHECKS, *offer_checks.CHECKS)
OF_PEOPLE = resident_checks.CHECKS
"""Asked every tenth step: what happens to seats changes nobody."""

OURS = ("holds", "phone_seats", "offers", "draws")
STEPS = 60

Step = tuple[str, tuple[int, ...]]


@dataclass
class Work:
    """What was done: steps, how often each act came to be done, and what was refused of these."""

    steps: int = 0
    acts: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)


class Broken(AssertionError):
    """An invariant broke; `steps` is a short history that breaks it."""

    def __init__(self, found: object, steps: Sequence[Step]) -> None:
        super().__init__(f"{found!r}\n" + "\n".join(f"    {name}{numbers}" for name, numbers in steps))
        self.steps = steps


class History:
    """Eight households and the desk at one event with few seats: held, kept back, offered, or drawn by lot."""

    def __init__(self, home: Site, lin: Staff, work: Work) -> None:
        self.home, self.lin, self.work = home, lin, work
        self.answered: list[tuple[str, list, dict, Answer]] = []
        self.tokens = [0] * 3

    def publish(
        self, hour: int, capacity: int, kept: int, starts_in: int, drawn: int, home_limit: int
    ) -> None:
        """The event: of one kind or another; always the first step."""
        wipe()
        first = clock.day_of(datetime.now(clock.SHANGHAI)) + timedelta(days=1)
        self.now = self.duties_at = clock.instant(first, hour)
        clock.now = lambda: self.now
        self.event = cast.event(
            self.home,
            capacity=capacity,
            starts_at=self.now + timedelta(hours=starts_in),
            phone_seats=min(kept, capacity),
            phone_until_at=self.now + timedelta(hours=3) if kept else None,
            draw_at=self.now + timedelta(hours=1) if drawn else None,
            home_limit=home_limit or None,
        )
        with transaction():
            draws.announce(db.session.get_one(Event, self.event.id), now=self.now)

    # --- what people do -------------------------------------------------------------------------------------------

    def come(self, household: int, first: int, size: int, calls: int, lifts: int) -> str:
        """A party, all or none, through the web or by phone; staff may have a reason to go beyond a limit."""
        self._sign_up(people(first + size, household)[first:], calls, lift="老人要人陪" if lifts else "")
        return "a caller comes" if calls else "a party comes"

    def come_with_a_token(self, household: int, size: int, token: int, calls: int) -> str:
        """Of a hold that stands, was used, ran out, or never was."""
        stands = held.list_standing(self._token(token), [self.event.id])
        self._sign_up(people(size, household), calls, hold=self._token(token))
        return "a hold is used" if stands else "a dead token is used"

    def ask_again(self, which: int) -> str:
        """The same key gets the same codes, whatever happened since."""
        if not self.answered:
            return ""
        key, party, more, answer = self.answered[which % len(self.answered)]
        again = sign_up(self.event, *party, key=key, now=self.now, **more)
        told = (answer.party_id, answer.codes, answer.state, answer.rank)
        assert (again.party_id, again.codes, again.state, again.rank) == told
        return "a request is repeated"

    def hold(self, token: int, size: int, calls: int, asker: int) -> str:
        """Seats for a form or a call; the same token prolongs and resizes."""
        by = self.lin.id if calls else None
        with transaction():
            until = holds.hold_seats(
                self.event.id, size, token=self._token(token), by=by, asker=str(asker), now=self.now
            )
        return "seats are held" if until else "no seats are held"

    def open_another_form(self, token: int) -> str:
        """With a token of its own; the seats of the one before stay held until they run out."""
        self.tokens[token] += 1
        return "another form is opened"

    def let_go(self, token: int) -> str:
        """Or let go before."""
        stands = held.list_standing(self._token(token), [self.event.id])
        with transaction():
            holds.let_go(self._token(token), now=self.now)
        return "a hold is let go" if stands else "nothing is let go"

    def give_back(self, which: int, whole: int, by_staff: int) -> str:
        """One person's place, or the whole party's; also those given back before."""
        live = Signup.state != Place.CANCELLED
        rows = list(db.session.scalars(select(Signup).order_by(live.desc(), Signup.id)))
        if not rows:
            return ""
        one = rows[which % len(rows)]
        its = [row for row in rows if row is one or (whole and row.party_id == one.party_id)]
        with self._refusable("give back"), transaction():
            operations.cancel(*its, by=self.lin.id if by_staff else None, why="own", now=self.now)
        return "places are given back"

    def answer_an_offer(self, which: int, takes: int, by_staff: int) -> str:
        """Taken or given up, in time or after it."""
        offered = list(db.session.scalars(select(Offer.party_id).order_by(Offer.id.desc()).limit(3)))
        if not offered:
            return ""
        answer, said = (
            (offers.accept, "an offer is accepted") if takes else (offers.decline, "an offer is declined")
        )
        with self._refusable(said), transaction():
            by = self.lin.id if by_staff else None
            answer(offered[which % len(offered)], by=by, now=self.now)
        return said

    # --- what the station does ------------------------------------------------------------------------------------

    def seat_out_of_turn(self, which: int) -> str:
        """By the desk, with a reason, where there is room."""
        waits = select(Signup.party_id).where(Signup.state == Place.WAITLISTED).distinct()
        parties = sorted(db.session.scalars(waits))
        if not parties:
            return ""
        party_id = parties[which % len(parties)]
        with self._refusable("seat out of turn"), transaction():
            promotion.seat_out_of_turn(party_id, by=self.lin.id, reason="行动不便", now=self.now)
        return "somebody is seated out of turn"

    def add_seats(self, more: int) -> str:
        """And whoever is next gets them at once."""
        with self._changed() as its:
            its.capacity = min(its.capacity + more, 15)
        return "the station adds seats"

    def keep_seats_back(self, seats: int, minutes: int) -> str:
        """More, fewer, none; for longer or less long."""
        with self._changed() as its:
            its.phone_seats = min(seats, its.capacity)
            its.phone_until_at = self.now + timedelta(minutes=minutes) if its.phone_seats else None
        return "the station keeps other seats back"

    def set_a_limit(self, counted: int, span: int, most: int) -> str:
        """Of the station, for persons or households; 0 ends it."""
        which = list(Counted)[counted], list(Span)[span]
        with transaction():
            limit = limits.set_limit(self.home, *which, most or 1, by=self.lin.id, now=self.now)
            if not most:
                limits.end_limit(limit, by=self.lin.id, now=self.now)
        return "a limit is set" if most else "a limit is ended"

    def wait(self, minutes: int) -> str:
        """Holds run out, offers lapse, draws are held, seats are kept back no longer."""
        self.now += timedelta(minutes=minutes)
        return "time passes"

    # --- how it is told -------------------------------------------------------------------------------------------

    def take(self, step: Step) -> None:
        """One step, the duties when they are due, and every invariant."""
        name, numbers = step
        self.work.acts[getattr(self, name)(*numbers) or "nothing"] += 1
        self.work.steps += 1
        self.now += timedelta(seconds=1)
        if self.now - self.duties_at >= HOLDS_SWEPT_EVERY:
            for duty in OURS:
                with transaction():
                    self.work.acts[f"duty {duty}"] += bool(DUTIES[duty](now=self.now))
            self.duties_at = self.now
        db.session.rollback()
        db.session.expire_all()
        asked = CHECKS if self.work.steps % 10 else (*CHECKS, *OF_PEOPLE)
        found = {check.name: rows for check in asked if (rows := check.find())}
        assert not found, found

    @contextlib.contextmanager
    def _refusable(self, name: str) -> Iterator[None]:
        """A refusal is an answer too."""
        try:
            yield
        except Refused as no:
            self.work.refused[f"{name}: {no.reason.value}"] += 1

    @contextlib.contextmanager
    def _changed(self) -> Iterator[Event]:
        """The event as the desk changes it: whoever waits is looked at again."""
        with transaction() as session:
            its = session.get_one(Event, self.event.id, populate_existing=True, with_for_update=True)
            yield its
            session.flush()
            promotion.promote(its.id, now=self.now)

    def _token(self, number: int) -> str:
        return f"{number} {self.tokens[number]} {self.event.code}"

    def _sign_up(self, party: list, calls: int, **more) -> None:
        key = f"{self.event.code} {self.work.steps}"
        more |= {"by": self.lin.id} if calls else {}
        with self._refusable("sign up"):
            answer = sign_up(self.event, *party, key=key, now=self.now, **more)
            if not answer.repeated:
                self.answered.append((key, party, more, answer))


# --- making histories ---------------------------------------------------------------------------------------------

_DRAWN = {
    "come": (16, lambda r: (r.randrange(8), r.randrange(3), _size(r), _may(r, 0.4), _may(r, 0.3))),
    "come_with_a_token": (13, lambda r: (r.randrange(8), _size(r), r.randrange(3), _may(r, 0.3))),
    "ask_again": (4, lambda r: (r.randrange(50),)),
    "hold": (20, lambda r: (r.randrange(3), _size(r), _may(r, 0.5), r.randrange(2))),
    "open_another_form": (9, lambda r: (r.randrange(3),)),
    "let_go": (5, lambda r: (r.randrange(3),)),
    "give_back": (20, lambda r: (r.randrange(60), _may(r, 0.7), _may(r, 0.5))),
    "answer_an_offer": (6, lambda r: (r.randrange(3), _may(r, 0.5), _may(r, 0.5))),
    "seat_out_of_turn": (3, lambda r: (r.randrange(8),)),
    "add_seats": (4, lambda r: (r.randint(1, 3),)),
    "keep_seats_back": (7, lambda r: (r.randrange(5), r.randint(1, 90))),
    "set_a_limit": (3, lambda r: (r.randrange(2), r.randrange(2), r.choice([0, 1, 4, 6, 8]))),
    "wait": (11, lambda r: (r.choice([1, 2, 6, 6, 11, 45, 200, 500, 700]),)),
}
"""What may be asked for: how often, and with which numbers."""


def _size(random: Random) -> int:
    return random.choice([1, 1, 2, 2, 3, 4])


def _may(random: Random, share: float) -> int:
    return int(random.random() < share)


ACTS = (
    "a party comes", "a caller comes", "a hold is used", "a dead token is used", "a request is repeated",
    "seats are held", "no seats are held", "another form is opened", "a hold is let go", "places are given back",
    "an offer is accepted", "an offer is declined", "somebody is seated out of turn", "the station adds seats",
    "the station keeps other seats back", "a limit is set", "a limit is ended", "time passes",
    *(f"duty {name}" for name in OURS),
)  # fmt: skip
"""What may come to be done; of duties, those that found something to do."""


def drawn(random: Random) -> list[Step]:
    """A history."""
    numbers = (
        random.randrange(24), random.randint(2, 10), random.choice([0, 1, 3, 5]), random.choice([20, 50, 80]),
        _may(random, 0.3), random.choice([0, 0, 0, 2, 3]),
    )  # fmt: skip
    names = random.choices(list(_DRAWN), [often for often, _ in _DRAWN.values()], k=STEPS)
    return [("publish", numbers), *((name, _DRAWN[name][1](random)) for name in names)]


def _lived(home: Site, lin: Staff, work: Work, steps: Sequence[Step]) -> object:
    """What breaks when these steps are taken; None when nothing does."""
    history = History(home, lin, work)
    try:
        getattr(history, steps[0][0])(*steps[0][1])
        for step in steps[1:]:
            history.take(step)
    except Exception as fault:  # whatever goes wrong is found, and made shorter
        db.session.rollback()
        return fault
    return None


def _shorter(home: Site, lin: Staff, steps: list[Step], fault: object) -> Broken:
    """The same kind of fault with as few steps as leaving out pieces of the history finds."""
    piece = len(steps) // 2
    while piece:
        at = 1
        while at < len(steps):
            tried = steps[:at] + steps[at + piece :]
            other = _lived(home, lin, Work(), tried)
            if type(other) is type(fault):
                steps, fault = tried, other
            else:
                at += piece
        piece //= 2
    return Broken(fault, steps)


def run(home: Site, lin: Staff, steps: int, number: int) -> Work:
    """At least so many steps, made from a seed, on an empty database, in the application's context; raises Broken."""
    work, random, real = Work(), Random(number), clock.now
    unguard()
    try:
        while work.steps < steps:
            history = drawn(random)
            if fault := _lived(home, lin, work, history):
                raise _shorter(home, lin, history, fault)
    finally:
        clock.now = real
    return work
