"""The verbs of notices: tell a site's desk something once, and tick it off."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion


def tell_desk(occasion: Occasion, subject: str, *, site_id: int, now: datetime, step: int = 0) -> bool:
    """Put a notice on a site's desk; False when that notice exists already, done or not (trust.md M1).

    `subject` names a thing ("event K7Q2M9X4", "party 51") and never holds a person's data.
    """
    insert = insert_sqlite if db.session.get_bind().dialect.name == "sqlite" else insert_postgresql
    made = db.session.execute(
        insert(Notice)
        .values(occasion=occasion, subject=subject, step=step, site_id=site_id, made_at=now)
        .on_conflict_do_nothing(index_elements=["occasion", "subject", "step"])
        .returning(Notice.id)
    )
    return made.one_or_none() is not None


def done(*notices: Notice, by: int, now: datetime) -> None:
    """Tick notices of one site off, as one act; ticking one again changes nothing."""
    ids = [notice.id for notice in notices]
    still_open = select(Notice).where(Notice.id.in_(ids), Notice.done_at.is_(None))
    locked = db.session.scalars(still_open.order_by(Notice.id).with_for_update()).all()
    if not locked:
        return
    for one in locked:
        one.done_at, one.done_by = now, by
    subject = "notice " + ",".join(str(one.id) for one in locked)
    record("notices.done", subject, by=by, now=now, site_id=locked[0].site_id)


def settle(occasion: Occasion, subjects: Collection[str], *, now: datetime) -> None:
    """Take notices off the desk that ask for something there is no time for any more; nobody ticks them off."""
    its = (Notice.occasion == occasion, Notice.subject.in_(subjects), Notice.done_at.is_(None))
    db.session.execute(update(Notice).where(*its).values(done_at=now))
