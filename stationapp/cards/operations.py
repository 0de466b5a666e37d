"""The verbs of cards: make, print, end, replace (domain.md §7). Never commit."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update

from stationapp import codes
from stationapp.audit.operations import record
from stationapp.cards.models import Card
from stationapp.cards.queries import cards_of, index_of, live_cards
from stationapp.cards.rules import PRINT_MOST, CardRefusal, Ended
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.residents.models import Resident
from stationapp.residents.queries import get_person, records_of
from stationapp.vault import vault


def make(resident_ids: Collection[int], *, site_id: int, by: int | None, now: datetime) -> dict[int, Card]:
    """A card in force for each of these people: the one that is there, else a new one. By the record given."""
    people = sorted(set(resident_ids))
    # Two desks that make one for the same person at once stand in line here.
    held = select(Resident.id).where(Resident.id.in_(people)).order_by(Resident.id)
    db.session.scalars(held.with_for_update(key_share=True)).all()
    there = live_cards(people)
    new = [_fresh(person, site_id, by, now) for person in people if person not in there]
    if new:
        db.session.execute(insert(Card), new)
        for row in new:
            record("cards.make", f"card {row['serial']}", by=by, now=now, site_id=site_id)
    return live_cards(people)


def _fresh(resident_id: int, site_id: int, by: int | None, now: datetime) -> dict:
    code = codes.new_personal()
    return {
        "serial": "K" + "".join(secrets.choice(codes.ALPHABET) for _ in range(codes.PUBLIC_LENGTH - 1)),
        "resident_id": resident_id,
        "site_id": site_id,
        "code_index": index_of(code),
        "code_sealed": vault().seal(code),
        "made_at": now,
        "made_by": by,
    }


def note_print(cards: Sequence[Card], *, site_id: int, by: int, reason: str, now: datetime) -> None:
    """Write down that these cards are printed, names in full, and why: a line a card (trust.md A1).

    Raises Refused(CardRefusal) without a reason, without a card, or for more than PRINT_MOST.
    """
    reason = " ".join(reason.split())[:200]
    if not cards:
        raise Refused(CardRefusal.NOBODY_CHOSEN)
    if len(cards) > PRINT_MOST:
        raise Refused(CardRefusal.TOO_MANY, most=PRINT_MOST)
    if not reason:
        raise Refused(CardRefusal.REASON_MISSING)
    for card in cards:
        record("cards.print", f"card {card.serial}", by=by, now=now, site_id=site_id, reason=reason)


def end(card: Card, why: Ended, *, by: int | None, now: datetime) -> None:
    """From now on the card opens nothing; one that has ended already stays as it ended."""
    ended = db.session.scalar(
        update(Card)
        .where(Card.id == card.id, Card.ended_at.is_(None))
        .values(ended_at=now, ended_by=by, ended_why=why)
        .returning(Card.id)
    )
    if ended is not None:
        record("cards.end", f"card {card.serial}", by=by, now=now, site_id=card.site_id, reason=why.value)


def replace(card: Card, *, by: int | None, now: datetime) -> Card:
    """One new card for the person as they count now; every other card of their records opens nothing from now on.

    Of a card that was replaced already, as by a button pressed twice, it is the one made then that stays.
    """
    person = get_person(card.resident_id).id
    held = select(Resident.id).where(Resident.id.in_(records_of(person))).order_by(Resident.id)
    db.session.scalars(held.with_for_update(key_share=True)).all()
    db.session.refresh(card)
    if card.ended_why is not Ended.REPLACED:
        for one in cards_of(person):
            end(one, Ended.REPLACED, by=by, now=now)
    return make([person], site_id=card.site_id, by=by, now=now)[person]
