"""Two records of one person have one live place between them (trust.md S2)."""

from sqlalchemy import or_, select
from sqlalchemy.orm import aliased

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Merge, Resident
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place


def _twice() -> list[str]:
    """Live places at one event, by two records that were one person before it was over."""
    one, other, person, second = aliased(Signup), aliased(Signup), aliased(Resident), aliased(Merge)
    rows = (
        select(one.event_id)
        .join(Merge, (Merge.gone_id == one.resident_id) & Merge.undone_at.is_(None))
        .join(person, or_(person.id == Merge.kept_id, person.merged_into == Merge.kept_id))
        .join(other, (other.resident_id == person.id) & (other.event_id == one.event_id))
        .outerjoin(second, (second.gone_id == other.resident_id) & second.undone_at.is_(None))
        .join(Event, Event.id == one.event_id)
        .where(
            one.id != other.id,
            one.state != Place.CANCELLED,
            other.state != Place.CANCELLED,
            Event.ends_at > Merge.at,
            or_(second.id.is_(None), Event.ends_at > second.at),
        )
        .distinct()
    )
    return [f"event {row}" for row in db.session.scalars(rows)]


CHECKS = (Check("S2 merged", "同一人的两条记录，一场合起来只有一个有效名额", _twice),)
