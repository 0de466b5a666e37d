"""Reads of the outbox for the desk: what was or is to be sent to whom, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select

from stationapp.db import db
from stationapp.messages.letters import name_of
from stationapp.messages.models import Attempt, Message, Receipt
from stationapp.messages.rules import Delivery, Way
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Masked, mask
from stationapp.sites.models import Site
from stationapp.vault import vault

SENT = (Way.SMS, Way.EMAIL)
"""The ways that go through a gateway."""


@dataclass(frozen=True)
class Line:
    """A message of the outbox as a row of a list."""

    message: Message
    site: Site
    shown: Masked


def outbox(reached: ColumnElement[bool], *such: ColumnElement[bool]) -> Select:
    """What goes through gateways for these sites, the newest first: (message, site, phone, name of somebody there)."""
    name = (
        select(Resident.name)
        .where(Resident.household_id == Message.household_id)
        .order_by(Resident.id)
        .limit(1)
        .scalar_subquery()
    )
    return (
        select(Message, Site, Household.phone_sealed, name)
        .join(Site, Site.id == Message.site_id)
        .join(Household, Household.id == Message.household_id)
        .where(reached, Message.way.in_(SENT), *such)
        .order_by(Message.id.desc())
    )


def lines(rows: Sequence) -> list[Line]:
    """Rows of `outbox` as lines."""
    return [
        Line(message, site, mask(name or "", vault().unseal(sealed) if sealed else None))
        for message, site, sealed, name in rows
    ]


def counts(reached: ColumnElement[bool]) -> dict[tuple[Way, Delivery], int]:
    """How many stand where, by way and state."""
    rows = db.session.execute(
        select(Message.way, Message.state, func.count())
        .join(Site, Site.id == Message.site_id)
        .where(reached, Message.way.in_(SENT))
        .group_by(Message.way, Message.state)
    )
    return {(way, state): count for way, state, count in rows}


def attempts_of(message: Message) -> list[Attempt]:
    """Every handing over, in order."""
    its = select(Attempt).where(Attempt.message_id == message.id)
    return list(db.session.scalars(its.order_by(Attempt.number)))


def receipts_of(message: Message) -> list[Receipt]:
    """What the gateway reported of it, in order."""
    names = {name_of(message), message.gateway_ref} - {None}
    its = select(Receipt).where(Receipt.gateway_ref.in_(names))
    return list(db.session.scalars(its.order_by(Receipt.id)))
