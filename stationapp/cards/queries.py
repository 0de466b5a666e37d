"""Reads of cards: by what was scanned, and of a person."""

from collections.abc import Collection

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from stationapp.cards.models import Card
from stationapp.cards.rules import scanned
from stationapp.db import db
from stationapp.refusal import NotFound
from stationapp.residents.models import Resident
from stationapp.residents.queries import records_of
from stationapp.vault import vault


def index_of(code: str) -> bytes:
    """What a card's code is found again by."""
    return vault().index("card", code)


def find_card(text: str) -> Card | None:
    """The card with that code, ended ones included, however it was typed."""
    return db.session.scalar(select(Card).where(Card.code_index == index_of(scanned(text))))


def find_scanned(text: str) -> Card | None:
    """The same, or the one with that serial: for staff, who see whom they let in."""
    code = scanned(text)
    either = or_(Card.code_index == index_of(code), Card.serial == code)
    return db.session.scalar(select(Card).where(either).order_by(Card.id))


def get_card(serial: str) -> Card:
    """The card with that serial; raises NotFound."""
    card = db.session.scalar(select(Card).where(Card.serial == serial))
    if card is None:
        raise NotFound
    return card


def cards_of(resident_id: int) -> list[Card]:
    """All cards of a person, by whichever of their records, newest first."""
    its = select(Card).where(Card.resident_id.in_(records_of(resident_id)))
    return list(db.session.scalars(its.order_by(Card.id.desc())))


def live_cards(resident_ids: Collection[int]) -> dict[int, Card]:
    """The card in force of each of these records' persons, by whichever of their records it was made; the newest.

    Two records found to be one person may both have one: each leads to the person, and the desk may end either.
    """
    asked, its = aliased(Resident), aliased(Resident)
    person = func.coalesce(asked.merged_into, asked.id)
    rows = db.session.execute(
        select(asked.id, Card)
        .join(its, or_(its.id == person, its.merged_into == person))
        .join(Card, Card.resident_id == its.id)
        .where(asked.id.in_(resident_ids), Card.ended_at.is_(None))
        .order_by(Card.id)
    )
    return dict(rows.all())


def list_people(resident_ids: Collection[int]) -> list[Resident]:
    """These people, in the order of their initials."""
    rows = select(Resident).where(Resident.id.in_(resident_ids)).order_by(Resident.initials, Resident.id)
    return list(db.session.scalars(rows))


def code_of(card: Card) -> str:
    """The code within the card's QR."""
    return vault().unseal(card.code_sealed)
