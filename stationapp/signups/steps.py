"""The single steps that `operations` and `course` are made of: hold an event, write a party, move a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update

from stationapp.codes import new_personal
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.signups import limits, queries
from stationapp.signups.models import Offer, Party, PassedOver, Signup, SignupMove
from stationapp.signups.rules import CALLERS, SEATED, Channel, OfferEnd, PassedWhy, Place
from stationapp.signups.weighing import Wish
from stationapp.vault import vault

_add_party = insert(Party.__table__)
_add_signup = insert(Signup.__table__)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who signs up and how; the same at every date of a course."""

    household_id: int
    resident_ids: Sequence[int]
    channel: Channel
    by: int | None
    consent: str
    declared: bool = False
    lifted: str = ""


def hold(event_id: int) -> Event:
    """The event's row as it is now, held until the transaction ends.

    Rows that merely refer to it may be written meanwhile (`key_share`): its key does not change.
    """
    db.session.flush()
    row = select(Event).where(Event.id == event_id).with_for_update(key_share=True)
    return db.session.scalars(row.execution_options(populate_existing=True)).one()


def within_home_limit(wish: Wish, entry: Entry) -> None:
    """Refuse what would be too many places of one household: many requests at once were weighed before any was seated.

    Asked while the event is held; staff who lift the limit, and staff where the event sets none, need not ask.
    """
    terms, new_home = wish.terms, wish.home.id is None
    if new_home or wish.lift or (entry.by is not None and terms.home_limit is None):
        return
    places = queries.count_live(terms.event_id, entry.household_id) + len(entry.resident_ids)
    if problem := limits.home_problem(wish.dates, places, by_staff=entry.by is not None):
        raise problem


def write_party(
    entry: Entry, event_id: int, *, key_index: bytes, number: int | None, now: datetime
) -> tuple[int, tuple[str, ...]]:
    """Write a party down with a place for everybody: (its id, their codes). With a queue `number` it waits."""
    lean, state = db.session.connection(), Place.CONFIRMED if number is None else Place.WAITLISTED
    party = {
        "key_index": key_index,
        "event_id": event_id,
        "household_id": entry.household_id,
        "size": len(entry.resident_ids),
        "first_state": state,
        "queue_number": number,
        "channel": entry.channel,
        "by": entry.by,
        "consent": entry.consent,
        "declared": entry.declared,
        "lifted": entry.lifted,
        "made_at": now,
    }
    party_id = lean.execute(_add_party, party).inserted_primary_key[0]
    codes = tuple(new_personal() for _ in entry.resident_ids)
    safe = vault()
    lean.execute(
        _add_signup,
        [
            {
                "party_id": party_id,
                "event_id": event_id,
                "resident_id": resident_id,
                "state": state,
                "code_index": safe.index("place", code),
                "code_sealed": safe.seal(code),
            }
            for resident_id, code in zip(entry.resident_ids, codes, strict=True)
        ],
    )
    return party_id, codes


def note_passed_over(
    event_id: int, overtaken_by: int, free: int, *, before: datetime | None, now: datetime
) -> None:
    """A newcomer sat down while others wait: their party is too large for the seats that were `free`, or these were
    kept back for callers.

    `before`: since when the newcomer's seats were held; nobody who came to wait later was deprived of them.
    """
    for party in queries.list_waiting(event_id, before=before):
        why = PassedWhy.SIZE if party.caller or party.size > free else PassedWhy.PHONE
        db.session.add(
            PassedOver(party_id=party.party_id, overtaken_by=overtaken_by, needed=party.size, why=why, at=now)
        )


def leave(event: Event, signup: Signup, *, by: int | None, why: str, now: datetime) -> None:
    """Take one live place back from the event that is held; nobody is seated in it yet."""
    was_offered = signup.state is Place.OFFERED
    if signup.state in SEATED:
        event.taken -= 1
        event.phone_taken -= queries.get_party(signup.party_id).channel in CALLERS
    else:
        event.waiting -= 1
    move(signup, Place.CANCELLED, by=by, why=why, now=now)
    if was_offered:
        _withdraw(signup.party_id, by, now)


def _withdraw(party_id: int, by: int | None, now: datetime) -> None:
    """End the offer of a party that has no offered place left."""
    left = select(Signup.id).where(Signup.party_id == party_id, Signup.state == Place.OFFERED)
    db.session.execute(
        update(Offer)
        .where(Offer.party_id == party_id, Offer.ended_at.is_(None), ~left.exists())
        .values(ended=OfferEnd.WITHDRAWN, ended_at=now, by=by)
        .execution_options(synchronize_session=False)
    )


def move(signup: Signup, to: Place, *, by: int | None, why: str, now: datetime) -> None:
    """Change a place's state and write the step down."""
    db.session.add(
        SignupMove(signup_id=signup.id, from_state=signup.state, to_state=to, at=now, by=by, why=why)
    )
    signup.state = to
    db.session.flush()
