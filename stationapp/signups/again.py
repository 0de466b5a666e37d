"""Undoing what was given back: the same people once more, in seats that are free, else in line (domain.md §6)."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import func, select

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.refusal import NotFound
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import phone_of_home
from stationapp.residents.rules import PersonIn
from stationapp.signups import operations, queries
from stationapp.signups.models import Party, Signup, SignupMove
from stationapp.signups.rules import LIVE, Answer, Place


def last_given_back(party_id: int) -> tuple[datetime | None, list[Resident]]:
    """Who of a party gave places back in the last such step, and when; (None, []): nobody did."""
    its = (Signup.party_id == party_id, SignupMove.to_state == Place.CANCELLED)
    moves = select(SignupMove).join(Signup, Signup.id == SignupMove.signup_id).where(*its)
    at = db.session.scalar(moves.with_only_columns(func.max(SignupMove.at)))
    if at is None:
        return None, []
    people = select(Resident).join(Signup, Signup.resident_id == Resident.id)
    people = people.join(SignupMove, SignupMove.signup_id == Signup.id).where(*its, SignupMove.at == at)
    return at, list(db.session.scalars(people.order_by(Signup.id)))


def is_away(party: Party) -> bool:
    """Whether somebody of a party gave a place back and none of those who did last has one at the event again."""
    _at, people = last_given_back(party.id)
    back = select(Signup.id).where(
        Signup.event_id == party.event_id,
        Signup.resident_id.in_([one.id for one in people]),
        Signup.state.in_(LIVE),
    )
    return bool(people) and db.session.scalar(back.limit(1)) is None


def first_places(party_ids: Collection[int]) -> dict[int, int]:
    """The id of the first place of each of these parties."""
    rows = select(Signup.party_id, func.min(Signup.id)).where(Signup.party_id.in_(party_ids))
    return dict(db.session.execute(rows.group_by(Signup.party_id)).all())


def sign_up_again(party_id: int, *, by: int, now: datetime) -> Answer:
    """Sign those up once more who gave their places back last; pressed twice it is the same sign-up.

    Nobody loses a seat by it: where the old ones have gone on, they wait at the end of the line. Their numbers are new.
    Raises NotFound, Refused(SignupRefusal | ResidentRefusal).
    """
    at, people = last_given_back(party_id)
    if at is None:
        raise NotFound
    party = queries.get_party(party_id)
    phone = phone_of_home(db.session.get_one(Household, party.household_id))
    return operations.sign_up(
        db.session.get_one(Event, party.event_id),
        [PersonIn(one.name, phone, resident_id=None if phone else one.id) for one in people],
        key=f"again {party_id} {at.isoformat()}",
        channel=party.channel,
        by=by,
        consent=party.consent,
        declared=party.declared,
        lift=party.lifted,
        now=now,
    )
