"""A way of sending that is stopped: by a limit, by a failing gateway, by a person; lifted by a person alone."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.messages.models import Stop
from stationapp.messages.rules import StopWhy, Way
from stationapp.messages.sending_rules import SendingRefusal
from stationapp.notices.models import Notice
from stationapp.notices.operations import done, tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.sites.rules import Level


def live_stops() -> list[Stop]:
    """The ways that are stopped, the newest stop first."""
    return list(db.session.scalars(select(Stop).where(Stop.lifted_at.is_(None)).order_by(Stop.id.desc())))


def past_stops(most: int = 20) -> list[Stop]:
    """Stops that were lifted, the newest first."""
    lifted = select(Stop).where(Stop.lifted_at.is_not(None))
    return list(db.session.scalars(lifted.order_by(Stop.id.desc()).limit(most)))


def stopped_ways() -> frozenset[Way]:
    """The ways by which nothing may go out."""
    return frozenset(db.session.scalars(select(Stop.way).where(Stop.lifted_at.is_(None))))


def stop_itself(way: Way, why: StopWhy, *, now: datetime) -> bool:
    """Stop a way and tell the center; False when it is stopped already."""
    made = _stop(way, why, by=None, now=now)
    center = db.session.scalar(select(Site.id).where(Site.level == Level.CENTER).order_by(Site.id).limit(1))
    if made is not None and center is not None:
        tell_desk(Occasion.STOPPED, f"stop {made}", site_id=center, now=now)
    return made is not None


def stop(way: Way, *, by: int, site_id: int, reason: str, now: datetime) -> None:
    """Pull the plug; nothing goes out by this way until somebody lifts it."""
    if not reason.strip():
        raise Refused(SendingRefusal.REASON_MISSING)
    made = _stop(way, StopWhy.PERSON, by=by, now=now)
    if made is None:
        raise Refused(SendingRefusal.STOPPED_ALREADY)
    record("messages.stop", f"stop {made}", by=by, now=now, site_id=site_id, reason=reason.strip())


def lift(stop_id: int, *, by: int, site_id: int, reason: str, now: datetime) -> Stop:
    """Let messages go out again, with the reason on record; the notice about the stop is done with that."""
    if not reason.strip():
        raise Refused(SendingRefusal.REASON_MISSING)
    found = db.session.get(Stop, stop_id, with_for_update=True, populate_existing=True)
    if found is None or found.lifted_at is not None:
        raise Refused(SendingRefusal.LIFTED_ALREADY)
    found.lifted_at, found.lifted_by = now, by
    told = select(Notice).where(Notice.occasion == Occasion.STOPPED, Notice.subject == f"stop {found.id}")
    if notice := db.session.scalar(told):
        done(notice, by=by, now=now)
    record("messages.lift", f"stop {found.id}", by=by, now=now, site_id=site_id, reason=reason.strip())
    return found


def _stop(way: Way, why: StopWhy, *, by: int | None, now: datetime) -> int | None:
    insert = insert_sqlite if db.session.get_bind().dialect.name == "sqlite" else insert_postgresql
    made = db.session.execute(
        insert(Stop)
        .values(way=way, why=why, at=now, by=by)
        .on_conflict_do_nothing(index_elements=["way"], index_where=Stop.lifted_at.is_(None))
        .returning(Stop.id)
    )
    return made.scalar_one_or_none()
