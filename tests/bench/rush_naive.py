"""The control of rush.py: the same application, but seats are counted first and given afterwards, without a guard."""

from sqlalchemy import func, select, update

from stationapp import app as application
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.signups import seats, weighing
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place, Terms

_weigh = weighing.weigh
_fitted: dict[int, bool] = {}


def _count_then_weigh(terms: Terms, people, **more):
    seated = select(func.count()).where(Signup.event_id == terms.event_id, Signup.state == Place.CONFIRMED)
    wish = _weigh(terms, people, **more)
    if isinstance(wish, weighing.Wish):
        _fitted[id(wish.terms)] = db.session.scalar(seated) < terms.capacity
    return wish


def _believe_the_count(terms: Terms, size: int, **_more):
    if _fitted.pop(id(terms)):
        return Place.CONFIRMED, 0
    queue = (
        update(Event)
        .where(Event.id == terms.event_id)
        .values(queued=Event.queued + 1)
        .returning(Event.queued)
    )
    return Place.WAITLISTED, db.session.scalar(queue)


weighing.weigh, seats.decide = _count_then_weigh, _believe_the_count
app = application.create_app()
