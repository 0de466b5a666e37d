"""Drafts written at once, taken back at once: a series, a copied month, templates taken over, a proposal."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from stationapp import codes
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events import operations
from stationapp.events.models import Batch, Event
from stationapp.events.rules import MACHINE, PUBLIC, BatchKind, State, Step
from stationapp.events.series_queries import list_undone
from stationapp.sites.models import Site


class Undone(NamedTuple):
    """How many events left the plan, and which could not: residents know of them."""

    discarded: int
    kept: list[Event]


def asked_before(code: str, *, by: int) -> Batch | None:
    """The batch that somebody's form wrote already: a page sent twice writes nothing more.

    The form carries the code that its batch is going to have.
    """
    return db.session.scalar(select(Batch).where(Batch.code == code, Batch.made_by == by))


def open_batch(site: Site, kind: BatchKind, *, by: int | None, now: datetime, code: str = "") -> Batch:
    """A new batch: hand it to `operations.draft` with each event. `code` is what the form carried, if one did."""
    batch = Batch(code=code or codes.new_public(), site_id=site.id, kind=kind, made_at=now, made_by=by)
    db.session.add(batch)
    db.session.flush()
    record("events.open_batch", f"batch {batch.code}", by=by, now=now, site_id=site.id)
    return batch


def undo(batch: Batch, *, by: int | None, now: datetime) -> Undone:
    """Take out of the plan what is not public yet, withdrawing what was submitted; harmless when done twice."""
    db.session.refresh(batch, with_for_update={"key_share": True})
    if batch.undone_at is not None:
        return Undone(0, [event for event in _lock(batch) if event.state in PUBLIC])
    discarded, kept = 0, []
    for event in _lock(batch):
        if event.state in PUBLIC:
            kept.append(event)
        elif event.state is not State.DISCARDED:
            take_out(event, by=by, now=now)
            discarded += 1
    batch.undone_at, batch.undone_by = now, by
    db.session.flush()
    record("events.undo_batch", f"batch {batch.code}", by=by, now=now, site_id=batch.site_id)
    return Undone(discarded, kept)


def restore(batch: Batch, *, by: int | None, now: datetime) -> int:
    """Undo the undoing: bring back as drafts what it took out; how many there were."""
    db.session.refresh(batch, with_for_update={"key_share": True})
    if batch.undone_at is None:
        return 0
    back = list_undone(batch)
    for event in back:
        operations.restore(event, by=by, now=now)
    batch.undone_at = batch.undone_by = None
    db.session.flush()
    record("events.restore_batch", f"batch {batch.code}", by=by, now=now, site_id=batch.site_id)
    return len(back)


def take_out(event: Event, *, by: int | None, now: datetime, reason: str = "") -> None:
    """Let an unpublished event leave the plan, out of review too."""
    if event.state in MACHINE[Step.WITHDRAW][0]:
        operations.withdraw(event, by=by, now=now, reason=reason)
    operations.discard(event, by=by, now=now, reason=reason)


def _lock(batch: Batch) -> list[Event]:
    """Its events as they are now, held in the order of their ids."""
    query = select(Event).where(Event.batch_id == batch.id).order_by(Event.id)
    query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(query))
