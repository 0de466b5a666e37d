"""What gateways report later: append-only, and only ever forward (trust.md M3)."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from stationapp.db import db
from stationapp.messages.letters import name_of
from stationapp.messages.models import Message, Receipt
from stationapp.messages.operations import fall_back
from stationapp.messages.rules import Delivery, Way

OPEN = (Delivery.ACCEPTED, Delivery.IN_DOUBT)
"""States in which a report still says something."""


@dataclass(frozen=True)
class Report:
    """One line of a gateway's report: its own name for the message and ours, as far as it knows them."""

    ref: str  # "" when unknown
    name: str  # "" when unknown
    delivered: bool
    said: str


def take_in(reports: Sequence[Report], *, now: datetime) -> int:
    """Write down what was reported of known messages and move them; how many reports were of nothing known.

    A report may be quicker than the answer to the request it is about: while something is under way, what is not
    known yet is kept, too, and looked up when the answer is there (`catch_up`).
    """
    known = _known(reports)
    under_way = select(exists().where(Message.state == Delivery.SENDING, Message.way == Way.SMS))
    keep_all = len(known) < len(reports) and db.session.scalar(under_way)
    kept = [one for one in reports if one in known or (keep_all and (one.ref or one.name))]
    for report in kept:
        _note(report, known.get(report), now)
    _move([(known[one], one) for one in kept if one in known], now)
    return len(reports) - len(known)


def catch_up(ids: Collection[int], *, now: datetime) -> None:
    """Apply what was reported of these messages before their outcome was written."""
    rows = db.session.execute(
        select(Message.id, Message.made_at, Message.gateway_ref).where(Message.id.in_(list(ids)))
    )
    by_name = {}
    for row in rows:
        by_name |= {name_of(row): row.id} | ({row.gateway_ref: row.id} if row.gateway_ref else {})
    receipts = db.session.scalars(select(Receipt).where(Receipt.gateway_ref.in_(list(by_name)))).all()
    if not receipts:  # as it nearly always is
        return
    messages = {
        one.id: one for one in _locked(Message.id.in_([by_name[one.gateway_ref] for one in receipts]))
    }
    _move(
        [
            (messages[by_name[one.gateway_ref]], Report(one.gateway_ref, "", one.delivered, one.said))
            for one in receipts
        ],
        now,
    )


def refs_in_use(refs: Collection[str]) -> set[str]:
    """Which of these names a gateway has given to a message before."""
    return set(db.session.scalars(select(Message.gateway_ref).where(Message.gateway_ref.in_(list(refs)))))


def _known(reports: Iterable[Report]) -> dict[Report, Message]:
    """The message each report is about, locked; by the gateway's name for it, else by ours."""
    refs = [one.ref for one in reports if one.ref]
    ids = {name: number for one in reports if (number := _number(name := one.name)) is not None}
    found = _locked(Message.gateway_ref.in_(refs) | Message.id.in_(set(ids.values())))
    by_ref = {one.gateway_ref: one for one in found if one.gateway_ref}
    by_name = {name_of(one): one for one in found}
    known = {one: by_ref.get(one.ref) or by_name.get(one.name) for one in reports}
    return {one: message for one, message in known.items() if message is not None}


def _number(name: str) -> int | None:
    """The number within our name for a message: "m51t19a…"."""
    digits = name[1:].partition("t")[0]
    return (
        int(digits)
        if name[:1] == "m" and digits.isascii() and digits.isdigit() and len(digits) < 10
        else None
    )


def _locked(which) -> list[Message]:
    query = select(Message).where(which).order_by(Message.id).with_for_update()
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def _note(report: Report, message: Message | None, now: datetime) -> None:
    insert = insert_sqlite if db.session.get_bind().dialect.name == "sqlite" else insert_postgresql
    row = {
        "gateway_ref": report.ref or report.name,
        "delivered": report.delivered,
        "said": report.said,
        "at": now,
    }
    db.session.execute(insert(Receipt).values(row).on_conflict_do_nothing())
    if message is not None and message.gateway_ref is None:  # its answer was lost, or is still on its way
        message.gateway_ref = row["gateway_ref"]


def _move(reported: Sequence[tuple[Message, Report]], now: datetime) -> None:
    """Move messages forward; what is delivered by any report is delivered."""
    lost = []
    for message, report in sorted(reported, key=lambda one: not one[1].delivered):
        if message.state not in OPEN:
            continue
        message.state = Delivery.DELIVERED if report.delivered else Delivery.FAILED
        message.why, message.ended_at = "" if report.delivered else report.said, now
        lost += [] if report.delivered else [message.id]
    if reported:
        db.session.flush()
    if lost:
        fall_back(lost, now=now)
