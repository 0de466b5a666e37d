"""Sending what is due, each message once (trust.md M2, §3), in any number of processes at the same time.

A batch is claimed with one statement and a random token. A small group of it is marked as being sent, in one
transaction; then it is handed to the gateway without any; then what came of it is written, in one transaction
together with the marking of the next group. Marking and writing hold only while the token is still the message's:
a process that was frozen and wakes up sends nothing and changes nothing that it has lost meanwhile. What was marked
and has no outcome after two minutes is in doubt, and is never sent again.

`drain` opens its transactions itself: between them nothing may be held while a gateway is waited for.
"""

import secrets
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, insert, select, update

from stationapp.db import db, transaction
from stationapp.messages import limits, receipts
from stationapp.messages.gateways.base import Answer, Gateway
from stationapp.messages.hours import AT_ANY_HOUR, allowed_from
from stationapp.messages.letters import UNSENT, Letter, written_or_fault
from stationapp.messages.models import Attempt, Message
from stationapp.messages.moving import to_outcome, to_sending, to_unsent
from stationapp.messages.operations import fall_back
from stationapp.messages.rules import AttemptEnd, Delivery, StopWhy, Way
from stationapp.messages.sending_rules import (
    BATCH,
    CLAIM_LASTS,
    FRESH,
    GROUP,
    HANDS,
    STALE,
    Limits,
    again_at,
    state_after,
)
from stationapp.messages.stops import stop_itself, stopped_ways
from stationapp.notices.rules import Occasion
from stationapp.residents.models import HomeCode

Now = Callable[[], datetime]
Gateways = Mapping[Way, Gateway]


def drain(
    gateways: Gateways,
    *,
    now_of: Now,
    most: int,
    bounds: Limits | None = None,
    go_on: Callable[[], bool] = lambda: True,
) -> int:
    """Send what is due, up to `most` messages; how many were taken up.

    `gateways`: one for each way that is switched on. Ends early when nothing is due, a limit is reached, a gateway
    takes nothing (the next round comes in seconds), or `go_on` says no: then within one group.
    """
    done = 0
    if not _anything(tuple(gateways), now_of()):
        return done
    with ThreadPoolExecutor(HANDS) as hands:
        while done < most and go_on():
            run = _Run(secrets.token_hex(16), gateways, now_of, hands, go_on)
            ids = run.claim(min(BATCH, most - done), bounds or Limits())
            if not ids:
                break
            done += len(ids)
            try:
                went_well = run.send(ids)
            finally:
                run.give_back()
            if not went_well:
                break
    return done


def sweep(*, now: datetime) -> int:
    """Look after what processes left behind that are gone: a claim is free again, what was marked is in doubt."""
    old = Message.claimed_at <= now - CLAIM_LASTS
    freed = db.session.execute(
        update(Message)
        .where(Message.state == Delivery.CLAIMED, old)
        .values(state=Delivery.PENDING, claim=None, claimed_at=None)
        .execution_options(synchronize_session=False)
    ).rowcount
    lost = db.session.execute(
        update(Message)
        .where(Message.state == Delivery.SENDING, old)
        .values(state=Delivery.IN_DOUBT, why="lost", claim=None, claimed_at=None, ended_at=now)
        .returning(Message.id, Message.tries)
        .execution_options(synchronize_session=False)
    ).all()
    if lost:
        unknown = {"at": now, "outcome": AttemptEnd.UNKNOWN, "said": "lost", "gateway_ref": None}
        db.session.execute(
            insert(Attempt), [{"message_id": id_, "number": tries} | unknown for id_, tries in lost]
        )
        ids = [id_ for id_, _tries in lost]
        receipts.catch_up(ids, now=now)
        fall_back(ids, now=now)
    return freed + len(lost)


def _due(ways: Sequence[Way], now: datetime) -> tuple:
    """What may go out now: in the quiet hours only what somebody has just asked for."""
    quiet = allowed_from(Occasion.REMINDER, now) > now
    at_this_hour = (Message.occasion.in_(AT_ANY_HOUR),) if quiet else ()
    return Message.state == Delivery.PENDING, Message.way.in_(ways), Message.due_at <= now, *at_this_hour


def _anything(ways: Sequence[Way], now: datetime) -> bool:
    return bool(ways) and db.session.scalar(select(exists().where(*_due(ways, now))))


@dataclass
class _Run:
    """One batch under one claim."""

    token: str
    gateways: Gateways
    now_of: Now
    hands: Executor
    go_on: Callable[[], bool]

    def claim(self, most: int, bounds: Limits) -> list[int]:
        """Take messages up: nobody else has them then. A way that is stopped, or has no room left, is passed over."""
        now = self.now_of()
        with transaction():
            ways = [way for way in self.gateways if way not in stopped_ways()]
            if Way.SMS in ways:
                left = limits.room(bounds, now=now)
                if isinstance(left, StopWhy):
                    stop_itself(Way.SMS, left, now=now)
                if not left or isinstance(left, StopWhy):
                    ways.remove(Way.SMS)
                else:
                    most = min(most, left)
            return self._claim(ways, most, now)

    def _claim(self, ways: Sequence[Way], most: int, now: datetime) -> list[int]:
        # Codes first: somebody waits for them. The picking stands in a CTE, or PostgreSQL might pick anew for each
        # row it updates; what another process is taking up at this moment is skipped there.
        picked = (
            select(Message.id)
            .where(*_due(ways, now))
            .order_by(Message.occasion.in_(AT_ANY_HOUR).desc(), Message.due_at, Message.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("picked")
        )
        taken = db.session.execute(
            update(Message)
            .where(Message.id.in_(select(picked.c.id)))
            .values(state=Delivery.CLAIMED, claim=self.token, claimed_at=now)
            .returning(Message.id)
            .execution_options(synchronize_session=False)
        )
        return sorted(taken.scalars())

    def send(self, ids: Sequence[int]) -> bool:
        """Hand a claimed batch over, group by group; False when a whole group was not taken."""
        sent: list[tuple[Letter, Answer]] = []
        at = made_at = self.now_of()
        rest, letters = list(ids), []
        try:
            while rest or letters:
                unsent: dict[int, str] = {}
                if not letters or self.now_of() - made_at > FRESH:
                    ahead = GROUP if letters else BATCH  # words that grew old show that the gateway is slow
                    rest, made_at = [one.id for one in letters] + rest, self.now_of()
                    letters, unsent = written_or_fault(rest[:ahead], now=made_at)
                    rest = rest[ahead:]
                group, letters = letters[:GROUP], letters[GROUP:]
                with transaction():
                    self._settle(sent, at)
                    self._leave(unsent)
                    marked, at = self._mark(group)
                sent = self._hand_all_over(marked, at)
                if not _taken(sent) or not self.go_on():
                    break
        finally:
            with transaction():
                self._settle(sent, at)
        return _taken(sent)

    def _leave(self, unsent: Mapping[int, str]) -> None:
        """Close what is not to be sent after all; whom nothing can be sent to is called."""
        mine, now = self._mine(unsent, Delivery.CLAIMED), self.now_of()
        if not mine:
            return
        for why in {unsent[id_] for id_ in mine}:
            its = [id_ for id_ in mine if unsent[id_] == why]
            to_unsent(its, UNSENT[why], why, token=self.token, now=now)
        fall_back(mine, now=now)

    def _mark(self, group: Sequence[Letter]) -> tuple[list[Letter], datetime]:
        """Say that these are being handed over now; which of them are still ours, and since when."""
        now, stopped = self.now_of(), stopped_ways() if group else ()
        allowed = [one for one in group if one.way not in stopped and allowed_from(one.occasion, now) <= now]
        if not allowed:
            return [], now
        mine = set(self._mine([one.id for one in allowed], Delivery.CLAIMED))
        ours = [one for one in allowed if one.id in mine]
        if ours:
            to_sending({one.id: one.sealed for one in ours}, token=self.token, now=now)
        return ours, now

    def _mine(self, ids: Sequence[int] | Mapping[int, str], state: Delivery) -> list[int]:
        query = select(Message.id).where(
            Message.id.in_(list(ids)), Message.claim == self.token, Message.state == state
        )
        return list(db.session.scalars(query.order_by(Message.id).with_for_update())) if ids else []

    def _hand_all_over(self, letters: Sequence[Letter], at: datetime) -> list[tuple[Letter, Answer]]:
        """Several at once: each hand takes the next one as soon as it is free."""
        left, hands = deque(letters), []
        with suppress(RuntimeError):  # the program is ending: no thread begins anything any more
            for _ in range(min(HANDS, len(letters))):
                hands.append(self.hands.submit(self._hand_over_from, left, at))
        answers = {id_: answer for hand in hands for id_, answer in hand.result().items()}
        ending = Answer(AttemptEnd.BUSY, "ending")
        return [(letter, answers.get(letter.id, ending)) for letter in letters]

    def _hand_over_from(self, left: deque[Letter], marked_at: datetime) -> dict[int, Answer]:
        answers = {}
        with suppress(IndexError):  # nothing is left
            while letter := left.popleft():
                answers[letter.id] = self._hand_over(marked_at, letter)
        return answers

    def _hand_over(self, marked_at: datetime, letter: Letter) -> Answer:
        if self.now_of() - marked_at > STALE:
            return Answer(AttemptEnd.BUSY, "woke-late")  # this process slept: the hour may be another by now
        try:
            return self.gateways[letter.way].send(letter.outgoing)
        except Exception as error:  # a fault of ours, at a moment at which the gateway may have it
            return Answer(AttemptEnd.UNKNOWN, type(error).__name__)

    def _settle(self, sent: Sequence[tuple[Letter, Answer]], at: datetime) -> None:
        """Write what came of a group handed over at `at`, where it is still ours."""
        now = self.now_of()
        mine = set(self._mine([letter.id for letter, _answer in sent], Delivery.SENDING))
        ours = [(letter, answer) for letter, answer in sent if letter.id in mine]
        if not ours:
            return
        # With RETURNING, SQLAlchemy writes them in one statement.
        written = insert(Attempt.__table__).returning(Attempt.id)
        db.session.connection().execute(written, [_attempt(*one, at) for one in ours])
        for (to, why, due), refs in _outcomes(ours, now).items():
            to_outcome(refs, to, why, due=due, now=now, token=self.token)
        _forget_codes(ours)
        receipts.catch_up(mine, now=now)
        lost = {Delivery.FAILED, Delivery.IN_DOUBT}
        if down := [one.id for one, answer in ours if state_after(answer.end, one.number) in lost]:
            fall_back(down, now=now)
        for way in {one.way for one, answer in ours if answer.end in (AttemptEnd.BUSY, AttemptEnd.UNKNOWN)}:
            if limits.fails(way, now=now):
                stop_itself(way, StopWhy.GATEWAY, now=now)

    def give_back(self) -> None:
        """Leave to others what was taken up and not begun."""
        mine = (Message.claim == self.token, Message.state == Delivery.CLAIMED)
        if db.session.scalar(select(exists().where(*mine))):
            with transaction():
                db.session.execute(
                    update(Message)
                    .where(*mine)
                    .values(state=Delivery.PENDING, claim=None, claimed_at=None)
                    .execution_options(synchronize_session=False)
                )


def _taken(sent: Sequence[tuple[Letter, Answer]]) -> bool:
    """Whether the gateway took, or may have taken, any of these; none to take is no fault of it."""
    return not sent or any(answer.end is not AttemptEnd.BUSY for _letter, answer in sent)


def _attempt(letter: Letter, answer: Answer, at: datetime) -> dict[str, object]:
    return {
        "message_id": letter.id,
        "number": letter.number,
        "at": at,
        "outcome": answer.end,
        "said": answer.said,
        "gateway_ref": answer.ref,
    }


def _outcomes(
    sent: Sequence[tuple[Letter, Answer]], now: datetime
) -> dict[tuple[Delivery, str, datetime | None], list[tuple[int, str | None]]]:
    """Who stands where now, why, and due again when. A name used before stands in the attempt alone."""
    used = receipts.refs_in_use([answer.ref for _letter, answer in sent if answer.ref])
    found: dict[tuple[Delivery, str, datetime | None], list[tuple[int, str | None]]] = {}
    for letter, answer in sent:
        to = state_after(answer.end, letter.number)
        why = "" if to in (Delivery.ACCEPTED, Delivery.PENDING) else answer.said
        due = again_at(letter.number, now) if to is Delivery.PENDING else None
        ref = None if answer.ref in used else answer.ref
        used.add(ref or "")
        found.setdefault((to, why, due), []).append((letter.id, ref))
    return found


def _forget_codes(sent: Sequence[tuple[Letter, Answer]]) -> None:
    """A code that was sent, or will not be, is kept no longer in a form in which it could be read."""
    ended = [
        letter.code_id
        for letter, answer in sent
        if letter.code_id and state_after(answer.end, letter.number) is not Delivery.PENDING
    ]
    if ended:
        db.session.execute(
            update(HomeCode)
            .where(HomeCode.id.in_(ended))
            .values(code_sealed=None)
            .execution_options(synchronize_session=False)
        )
