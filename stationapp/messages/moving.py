"""Moving many messages with one statement: to being sent, to what came of it, to not being sent after all.

Who calls holds the rows (`FOR UPDATE`) and knows that they are its own; each statement says so once more.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache

from sqlalchemy import CTE, Update, bindparam, column, func, text, update

from stationapp.db import db
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery

_messages = Message.__table__
_AT_ONCE = {"claim": None, "claimed_at": None}


def to_sending(sealed: Mapping[int, bytes], *, token: str, now: datetime) -> None:
    """These are being handed over now, with these texts, by id; only what `token` has claimed moves."""
    given = {"token": token, "now": now} | _numbered(list(sealed.items()))
    db.session.connection().execute(_to_sending(len(sealed)), given)


def to_outcome(
    refs: Sequence[tuple[int, str | None]],
    to: Delivery,
    why: str,
    *,
    due: datetime | None,
    now: datetime,
    token: str,
) -> None:
    """These were handed over, and this came of it; with the gateway's names for them, by id.

    `due`: when to try again. A name that a message has already stays.
    """
    ended = None if to is Delivery.PENDING else now
    given = {"to": to, "reason": why, "due": due, "ended": ended, "token": token} | _numbered(refs)
    db.session.connection().execute(_to_outcome(len(refs)), given)


def to_unsent(ids: Collection[int], to: Delivery, why: str, *, token: str, now: datetime) -> None:
    """These are not to be sent after all: where they stand now, and why."""
    db.session.execute(
        update(Message)
        .where(Message.id.in_(ids), Message.claim == token, Message.state == Delivery.CLAIMED)
        .values(state=to, why=why, ended_at=now, **_AT_ONCE)
        .execution_options(synchronize_session=False)
    )


@cache
def _given(size: int) -> CTE:
    """Pairs of an id and a value as a table: both databases call the columns of VALUES column1, column2."""
    rows = ", ".join(f"(:id_{n}, :value_{n})" for n in range(size))
    return text(f"VALUES {rows}").columns(column("column1"), column("column2")).cte("given")


def _numbered(pairs: Sequence[tuple[int, object]]) -> dict[str, object]:
    return {
        name: value
        for n, (id_, given) in enumerate(pairs)
        for name, value in ((f"id_{n}", id_), (f"value_{n}", given))
    }


@cache
def _to_sending(size: int) -> Update:
    given, c = _given(size), _messages.c
    return (
        update(_messages)
        .where(c.id == given.c.column1, c.claim == bindparam("token"), c.state == Delivery.CLAIMED)
        .values(
            state=Delivery.SENDING,
            tries=c.tries + 1,
            claimed_at=bindparam("now"),
            text_sealed=given.c.column2,
        )
    )


@cache
def _to_outcome(size: int) -> Update:
    given, c = _given(size), _messages.c
    return (
        update(_messages)
        .where(c.id == given.c.column1, c.claim == bindparam("token"), c.state == Delivery.SENDING)
        .values(
            state=bindparam("to"),
            why=bindparam("reason"),
            due_at=func.coalesce(bindparam("due", type_=c.due_at.type), c.due_at),
            gateway_ref=func.coalesce(c.gateway_ref, given.c.column2),
            ended_at=bindparam("ended"),
            **_AT_ONCE,
        )
    )
