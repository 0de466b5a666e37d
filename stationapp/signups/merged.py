"""What two records of one person have both signed up for: of two live places at an event one is given back."""

from datetime import datetime
from itertools import groupby

from sqlalchemy import select

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.signups.models import Signup, SignupMove
from stationapp.signups.operations import cancel
from stationapp.signups.rules import SEATED, Place

_WHY = "merged"
"""What the move of a place given back this way says."""


def gave_back_doubles(kept_id: int, gone_id: int, *, at: datetime) -> bool:
    """Whether the merge of these records made at that moment gave a place back."""
    rows = select(SignupMove.id).join(Signup, Signup.id == SignupMove.signup_id)
    rows = rows.where(Signup.resident_id.in_((kept_id, gone_id)), SignupMove.why == _WHY, SignupMove.at == at)
    return db.session.scalar(rows.limit(1)) is not None


def give_back_doubles(kept_id: int, gone_id: int, *, by: int, now: datetime) -> int:
    """Call it when the records were made one person, in the same transaction: how many places were given back.

    The better place stays, and of two alike the kept record's; events that are over keep both as they were.
    """
    rows = db.session.scalars(
        select(Signup)
        .join(Event, Event.id == Signup.event_id)
        .where(
            Signup.resident_id.in_((kept_id, gone_id)), Signup.state != Place.CANCELLED, Event.ends_at > now
        )
        .order_by(Signup.event_id)
        .execution_options(populate_existing=True)
    ).all()
    given_back = 0
    for _event_id, places in groupby(rows, key=lambda place: place.event_id):
        best_first = sorted(places, key=lambda p: (p.state not in SEATED, p.resident_id != kept_id))
        for place in best_first[1:]:
            if place.state is not Place.CANCELLED:  # a course's further dates went with its first one
                cancel(place, by=by, why=_WHY, now=now)
                given_back += 1
    return given_back
