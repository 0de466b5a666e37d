"""Two records that turn out to be one person (domain.md §6): merge them, undo it, or say that they are two.

No fact is rewritten: a merge says who counts as whom from now on, and undoing it ends that. Nobody is kept and gone
at once, so one step always leads to the person. What both have signed up for is the caller's to settle
(`signups.merged`), in the same transaction.
"""

from datetime import datetime

from sqlalchemy import insert, select

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.calendar.rules import age_on
from stationapp.db import db
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import KeptApart, Merge, Resident
from stationapp.residents.rules import OF_AGE, MergeRefusal


def merge(kept_id: int, gone_id: int, *, by: int, reason: str = "", now: datetime) -> Merge:
    """From now on the record `gone_id` is the person `kept_id`.

    A minor's records are merged with a `reason`. Raises NotFound, Refused(MergeRefusal).
    """
    if kept_id == gone_id:
        raise Refused(MergeRefusal.SAME)
    kept, gone = _hold(kept_id, gone_id)
    if kept.merged_into or gone.merged_into:
        raise Refused(MergeRefusal.MERGED_ALREADY)
    if db.session.scalar(select(Resident.id).where(Resident.merged_into == gone.id).limit(1)):
        raise Refused(MergeRefusal.KEEPS_OTHERS)
    reason = " ".join(reason.split())[:200]
    if not reason and (_is_minor(kept, now) or _is_minor(gone, now)):
        raise Refused(MergeRefusal.REASON_MISSING)
    made = Merge(kept_id=kept.id, gone_id=gone.id, at=now, by=by)
    db.session.add(made)
    gone.merged_into = kept.id
    db.session.flush()
    record("residents.merge", f"resident {gone.id} into {kept.id}", by=by, now=now, reason=reason)
    return made


def undo_merge(merge_id: int, *, by: int, now: datetime) -> bool:
    """They are two people again, from now on; False when that was done already. Raises NotFound."""
    made = db.session.get(Merge, merge_id)
    if made is None:
        raise NotFound
    _kept, gone = _hold(made.kept_id, made.gone_id)
    db.session.refresh(made)
    if made.undone_at is not None:
        return False
    made.undone_at, made.undone_by = max(now, made.at), by
    gone.merged_into = None
    db.session.flush()
    record("residents.undo_merge", f"resident {made.gone_id} from {made.kept_id}", by=by, now=now)
    return True


def keep_apart(one_id: int, other_id: int, *, by: int, now: datetime) -> None:
    """They look like one person and are two: no longer suggested. Doing it twice changes nothing. Raises NotFound."""
    if one_id == other_id:
        raise Refused(MergeRefusal.SAME)
    first, second = _hold(*sorted((one_id, other_id)))
    pair = {"one_id": first.id, "other_id": second.id}
    if db.session.get(KeptApart, (first.id, second.id)):
        return
    db.session.execute(insert(KeptApart).values(**pair, at=now, by=by))
    record("residents.keep_apart", f"resident {first.id} and {second.id}", by=by, now=now)


def _hold(one_id: int, other_id: int) -> list[Resident]:
    """Both records, in the order asked for, held (by id) so that nothing is written for either meanwhile."""
    rows = db.session.scalars(
        select(Resident)
        .where(Resident.id.in_((one_id, other_id)))
        .order_by(Resident.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    held = {row.id: row for row in rows}
    if len(held) < 2:
        raise NotFound
    return [held[one_id], held[other_id]]


def _is_minor(person: Resident, now: datetime) -> bool:
    return person.birth_month is not None and age_on(person.birth_month, clock.day_of(now)) < OF_AGE
