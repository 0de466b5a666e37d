"""Messages as they go to a gateway: to whom, in which words, made just before they are sent so that they are true.

What is not to be sent any more comes out with the reason, a word that is kept on the message (`Message.why`).
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from stationapp.db import db
from stationapp.messages import limits
from stationapp.messages.gateways.base import Outgoing
from stationapp.messages.hours import AT_ANY_HOUR
from stationapp.messages.models import Message
from stationapp.messages.phrases import fill, places
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.saying import Facts, facts_of
from stationapp.messages.wordings import Own, own_wordings, template
from stationapp.notices.rules import Occasion
from stationapp.phones import is_mobile
from stationapp.residents.models import Household
from stationapp.vault import vault

log = logging.getLogger(__name__)

GONE, LATE, NO_TEXTS = "gone", "late", "no_texts"
"""It is true for nobody any more; its time is over; they want no texts."""

NO_ADDRESS, TOO_MANY, FAULT = "no_address", "too_many", "fault"
"""No number or address for it; as many as one number gets; it could not be put into words."""

UNSENT = dict.fromkeys((GONE, LATE, NO_TEXTS), Delivery.VOID) | dict.fromkeys(
    (NO_ADDRESS, TOO_MANY, FAULT), Delivery.FAILED
)
"""What becomes of a message that is not handed over. What failed is a matter for a call."""

HIDDEN = "••••••"
"""What is kept of a code that was sent."""

OPENING = {Occasion.HOME_CODE: "code"} | dict.fromkeys(
    (Occasion.HOURS, Occasion.HOURS_BACK, Occasion.ANSWERED), "link"
)
"""The place of a text that opens more than the desk it belongs to may see: a household's page, the whole ledger
(trust.md §4.14). It is sent, and HIDDEN is kept of it."""


@dataclass(frozen=True)
class Letter:
    """A message ready to go. `number`: which handing over this is; `sealed`: what is kept of its text."""

    id: int
    number: int
    occasion: Occasion
    way: Way
    outgoing: Outgoing
    sealed: bytes
    code_id: int | None  # the household's code it brings


class Named(Protocol):
    """What a name is made from: a message, or a row with these columns of one."""

    id: int
    made_at: datetime


def name_of(message: Named) -> str:
    """What a gateway calls it however often it is handed over.

    The moment it was made stands in it: the numbers of a database that was restored from a copy begin again.
    """
    return f"m{message.id}t{int(message.made_at.timestamp() * 1000):x}"


_NOT_ITS_OWN = (DBAPIError, OSError)
"""Faults of the database or the machine, not of a message: what was due stays due."""


def written_or_fault(ids: Sequence[int], *, now: datetime) -> tuple[list[Letter], dict[int, str]]:
    """The same, but that one message nobody foresaw keeps none of the others back."""
    try:
        return written(ids, now=now)
    except _NOT_ITS_OWN:
        raise
    except Exception as error:
        log.error("messages: one of %s cannot be put into words: %s", list(ids), type(error).__name__)
    letters, unsent = [], {}
    for id_ in ids:
        try:
            one, voids = written([id_], now=now)
        except _NOT_ITS_OWN:
            raise
        except Exception:  # already told above
            unsent[id_] = FAULT
        else:
            letters, unsent = letters + one, unsent | voids
    return letters, unsent


def written(ids: Sequence[int], *, now: datetime) -> tuple[list[Letter], dict[int, str]]:
    """These messages as letters, and those not to be sent with the reason why. In a fixed number of questions."""
    homes, messages = {}, []
    for message, home in db.session.execute(
        select(Message, Household)
        .join(Household, Household.id == Message.household_id)
        .where(Message.id.in_(ids))
        .order_by(Message.id)
        .execution_options(populate_existing=True)
    ):
        homes[message.id] = home
        messages.append(message)
    facts, own = facts_of(messages, now=now), own_wordings()
    got = limits.heard({home.id for home in homes.values()}, now=now)
    letters, voids = [], {}
    for message in messages:
        to, why = _to(message, homes[message.id], facts[message.id], now)
        if not why and not got[message.household_id].takes(message.occasion):
            why = TOO_MANY
        if why:
            voids[message.id] = why
        else:
            letters.append(_letter(message, to, facts[message.id] or {}, own))
    return letters, voids


def _to(message: Message, home: Household, facts: Facts | None, now: datetime) -> tuple[str, str]:
    """The number or address, and why it is not to be used after all."""
    if facts is None:
        return "", GONE
    if message.until_at is not None and message.until_at <= now:
        return "", LATE
    if home.no_texts_at is not None and message.occasion not in AT_ANY_HOUR:
        return "", NO_TEXTS
    sealed = home.phone_sealed if message.way is Way.SMS else home.email_sealed
    to = vault().unseal(sealed) if sealed else ""
    if not to or (message.way is Way.SMS and not is_mobile(to)):
        return "", NO_ADDRESS
    return to, ""


def _letter(message: Message, to: str, facts: Facts, own: Own) -> Letter:
    words, chosen = template(message.occasion, message.way, own), own.get((message.occasion, message.way))
    opening = OPENING.get(message.occasion, "")
    kept: Mapping[str, str] = facts | {opening: HIDDEN} if facts.get(opening) else facts
    is_code = message.occasion is Occasion.HOME_CODE
    outgoing = Outgoing(
        name=name_of(message),
        to=to,
        text=fill(words, facts),
        code=chosen.gateway_code if chosen else "",
        places=tuple((name, facts.get(name, "")) for name in places(words)),
    )
    return Letter(
        id=message.id,
        number=message.tries + 1,
        occasion=message.occasion,
        way=message.way,
        outgoing=outgoing,
        sealed=vault().seal(fill(words, kept)),
        code_id=int(message.subject.removeprefix("code ")) if is_code else None,
    )
