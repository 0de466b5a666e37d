"""The verbs of events: write, change, and walk the one state machine (domain.md §5).

Each step writes its `EventStep` and its audit line. Who may take it is the edge's question; approval is
`rules.needs_approval`.
"""

from datetime import datetime

from sqlalchemy import delete, func, select

from stationapp import codes
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events import admission_rules, rules
from stationapp.events.admission_rules import AdmissionRefusal
from stationapp.events.models import Batch, Event, EventMove, EventStep, Series
from stationapp.events.queries import SET_COLUMNS, fields_of, partners_of
from stationapp.events.rules import (
    BOOKED,
    COLUMNS,
    MACHINE,
    SETS,
    WHERE_AND_WHEN,
    Enrolment,
    EventFields,
    EventRefusal,
    State,
    Step,
)
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.rooms.models import Room
from stationapp.rooms.operations import book, give_back
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Site
from stationapp.sites.rules import ids_of


def draft(
    site: Site,
    fields: EventFields,
    *,
    by: int | None,
    now: datetime,
    series: Series | None = None,
    batch: Batch | None = None,
    source: str | None = None,
) -> Event:
    """Write a new draft; `source` is the fingerprint of the file row it was read from, once only."""
    if not fields.title:
        raise Refused(EventRefusal.INCOMPLETE, missing=("title",))
    _refuse(rules.problem(fields) or admission_rules.problem(fields), capacity=fields.capacity)
    _fits(site, fields)
    _draws(fields, series)
    event = Event(
        code=codes.new_public(),
        site_id=site.id,
        series_id=series.id if series else None,
        batch_id=batch.id if batch else None,
        source=source,
        made_at=now,
        made_by=by,
        **{name: getattr(fields, name) for name in COLUMNS},
    )
    db.session.add(event)
    db.session.flush()
    for name in SETS:
        _write_set(event, name, getattr(fields, name))
    _record("draft", event, by, now)
    return event


def change(event: Event, fields: EventFields, *, by: int | None, now: datetime) -> Event:
    """Write other values into an event that has not begun; nothing happens when nothing differs.

    People who have a place at a published event that moved are put on the desk's list to be told. After a
    raised capacity the edge seats who waits (`signups.promotion.promote`).
    """
    _lock(event)
    before = fields_of(event)
    _refuse(
        rules.change_problem(event.state, event.starts_at, fields, event.taken, now),
        taken=event.taken,
        state=event.state.value,
    )
    if fields == before:
        return event
    _refuse(
        admission_rules.problem(fields)
        or admission_rules.change_problem(event.state, event.draw_at, fields, event.taken, now),
        capacity=fields.capacity,
        taken=event.taken,
    )
    if event.state in rules.PUBLIC:
        _complete(fields)
    elif not fields.title:
        raise Refused(EventRefusal.INCOMPLETE, missing=("title",))
    _fits(db.session.get_one(Site, event.site_id), fields)
    _draws(fields, event.series_id and db.session.get(Series, event.series_id))
    for name in COLUMNS:
        setattr(event, name, getattr(fields, name))
    for name in SETS:
        if getattr(fields, name) != getattr(before, name):
            db.session.execute(delete(_table_of(name)).where(_table_of(name).event_id == event.id))
            _write_set(event, name, getattr(fields, name))
    db.session.flush()
    if event.state in BOOKED:
        _book(event, fields, by, now)
    if event.state in rules.PUBLIC:
        _note_move(event, before, fields, by, now)
    if event.state is State.PUBLISHED:
        _tell_partners(event, now)
    _record("change", event, by, now)
    return event


def _note_move(event: Event, before: EventFields, fields: EventFields, by: int | None, now: datetime) -> None:
    """Keep where and when it was to be, for those who counted on it, and have them told."""
    if all(getattr(fields, name) == getattr(before, name) for name in WHERE_AND_WHEN):
        return
    db.session.add(
        EventMove(
            event_id=event.id,
            starts_at=before.starts_at,
            ends_at=before.ends_at,
            place=before.place,
            at=now,
            by=by,
        )
    )
    if event.state is State.PUBLISHED:  # a postponed one is told when it has its new time
        _tell(Occasion.MOVED, event, now)


def submit(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Hand a complete draft to the office."""
    return _take(Step.SUBMIT, event, by, now, reason)


def withdraw(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Take it back before the office decided."""
    return _take(Step.WITHDRAW, event, by, now, reason)


def send_back(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Return it to the station with a reason."""
    return _take(Step.RETURN, event, by, now, reason)


def publish(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Put a complete event before the public; a postponed one with its new time."""
    return _take(Step.PUBLISH, event, by, now, reason)


def postpone(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Put it off, with a reason; sign-ups stay and are asked again."""
    return _take(Step.POSTPONE, event, by, now, reason)


def cancel(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Call it off, with a reason; who was coming is to be told."""
    return _take(Step.CANCEL, event, by, now, reason)


def archive(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Close it out after its end; its attendance is frozen from here on."""
    return _take(Step.CLOSE_OUT, event, by, now, reason)


def discard(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Take an unpublished event out of the plan."""
    return _take(Step.DISCARD, event, by, now, reason)


def restore(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Bring a discarded one back as a draft."""
    return _take(Step.RESTORE, event, by, now, reason)


def reopen(event: Event, *, by: int | None, now: datetime, reason: str = "") -> Event:
    """Open a closed-out event again to correct its attendance, with a reason."""
    return _take(Step.REOPEN, event, by, now, reason)


def _take(step: Step, event: Event, by: int | None, now: datetime, reason: str) -> Event:
    _lock(event)
    source, target = event.state, MACHINE[step][1]
    _refuse(
        rules.step_problem(step, source, event.starts_at, event.ends_at, reason, now),
        state=source.value,
        ends_at=event.ends_at,
    )
    if step in (Step.SUBMIT, Step.PUBLISH):
        _complete(event)
        _refuse(admission_rules.announce_problem(source, event.draw_at, now))
    event.state = target
    if step is Step.PUBLISH:
        event.published_at = event.published_at or now
    event.closed_out_at = now if target is State.CLOSED_OUT else None
    reason = reason.strip()
    db.session.add(
        EventStep(
            event_id=event.id, step=step, from_state=source, to_state=target, at=now, by=by, reason=reason
        )
    )
    db.session.flush()
    if target in BOOKED and source not in BOOKED:
        _book(event, fields_of(event), by, now)
    elif source in BOOKED and target not in BOOKED:
        give_back(event.id)
    if occasion := _TOLD.get((step, source)):
        _tell(occasion, event, now)
    if step is Step.PUBLISH:
        _tell_partners(event, now)
    _record(step.value, event, by, now, reason)
    return event


_TOLD = {
    (Step.POSTPONE, State.PUBLISHED): Occasion.POSTPONED,
    (Step.PUBLISH, State.POSTPONED): Occasion.MOVED,
    (Step.CANCEL, State.PUBLISHED): Occasion.CANCELLED,
    (Step.CANCEL, State.POSTPONED): Occasion.CANCELLED,
}


def _lock(event: Event) -> None:
    # The row as it is now, held until the end: two people may press two buttons at once. Rows that only name it
    # (a sign-up, a shift) are not kept waiting.
    db.session.refresh(event, with_for_update={"key_share": True})


def _complete(values: Event | EventFields) -> None:
    if missing := rules.missing(values):
        raise Refused(EventRefusal.INCOMPLETE, missing=missing)


def _fits(site: Site, fields: EventFields) -> None:
    """The room is the site's own, what goes round is within its reach, and nobody is its own partner."""
    if site.id in fields.partners:
        raise Refused(EventRefusal.PARTNER_IS_LEAD)
    if not fields.bookable:
        return
    found = db.session.execute(
        select(Room.id, Room.kind, Room.site_id).where(Room.id.in_(fields.bookable))
    ).all()
    own = {room.id for room in found if room.kind is RoomKind.ROOM and room.site_id == site.id}
    if fields.room_id and fields.room_id not in own:
        raise Refused(EventRefusal.ROOM_ELSEWHERE)
    above = ids_of(site.path)
    round_ = {room.id for room in found if room.kind is RoomKind.SHARED and room.site_id in above}
    if fields.shared - round_:
        raise Refused(EventRefusal.SHARED_ELSEWHERE)


def _draws(fields: EventFields, series: Series | None) -> None:
    """One sign-up to a course is for all its dates; a lot for one of them would tear it apart."""
    if fields.draw_at and series and series.enrolment is Enrolment.COURSE:
        raise Refused(AdmissionRefusal.DRAW_FOR_COURSE)


def _book(event: Event, fields: EventFields, by: int | None, now: datetime) -> None:
    book(fields.bookable, event.id, starts_at=event.starts_at, ends_at=event.ends_at, by=by, now=now)


def _table_of(name: str) -> type:
    return SET_COLUMNS[name].class_


def _write_set(event: Event, name: str, values: frozenset) -> None:
    column = SET_COLUMNS[name]
    db.session.add_all(column.class_(event_id=event.id, **{column.key: value}) for value in values)


def _tell(occasion: Occasion, event: Event, now: datetime) -> None:
    """Put it on the desk's list, if anybody has a place or waits; each time it happens anew is one more step."""
    if not event.taken and not event.waiting:
        return
    subject = f"event {event.code}"
    times = select(func.count()).where(Notice.occasion == occasion, Notice.subject == subject)
    tell_desk(occasion, subject, site_id=event.site_id, now=now, step=db.session.scalar(times))


def _tell_partners(event: Event, now: datetime) -> None:
    """Each partner's desk hears once that it holds this event, too."""
    for site in partners_of(event.id):
        tell_desk(Occasion.JOINT, f"event {event.code} {site.code}", site_id=site.id, now=now)


def _record(act: str, event: Event, by: int | None, now: datetime, reason: str = "") -> None:
    record(f"events.{act}", f"event {event.code}", by=by, now=now, site_id=event.site_id, reason=reason)


def _refuse(reason: EventRefusal | AdmissionRefusal | None, **facts: object) -> None:
    if reason:
        raise Refused(reason, **facts)
