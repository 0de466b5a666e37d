"""The verbs of presence: check in and out, take back, count heads, close out (domain.md §5, §7).

A verb holds the event, then the person (of several, by number), then the chains. Edges that take somebody in at the
door hold people before the event, as the README has it: each edge that calls a verb here uses `retried`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import bindparam, delete, func, insert, select

from stationapp import clock
from stationapp.attendance import facts
from stationapp.attendance.models import Attendance, Headcount, Scan
from stationapp.attendance.queries import find_attendance, is_anybody_there, room_left, taken_back
from stationapp.attendance.rules import (
    AttendanceRefusal,
    How,
    Kind,
    Part,
    Seen,
    moment_problem,
    opens_at,
    state_problem,
)
from stationapp.audit.operations import record
from stationapp.calendar.rules import AgeBand, band_on
from stationapp.db import db
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.rules import EventRefusal
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import Resident
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place


def check_in(
    event: Event,
    resident: Resident,
    *,
    how: How,
    part: Part,
    channel: Channel | None = None,
    by: int | None,
    now: datetime,
    at: datetime | None = None,
    nonce: str | None = None,
    asker: bytes | None = None,
) -> Attendance:
    """Take down that somebody came; repeated, it returns the row that is there.

    Who is there by another of their records is there. The channel is the sign-up's own. Without a sign-up a resident
    is refused unless `channel` says WALK_IN. `at` is when it happened, for scans that arrive later; `nonce` makes a
    repeated form harmless; `asker` is the keyed hash of the browser somebody checks in with themselves.
    Raises Refused(AttendanceRefusal).
    """
    day, person = _open(event.id, how, min(at or now, now)), facts.hold_person(resident.id)
    row, live = facts.find_rows(event.id, resident.id, person.merged_into)
    if live:
        if live.part is not part:
            raise Refused(AttendanceRefusal.OTHER_PART, part=live.part.value)
        if at is None or live is not row:
            return live
    said = {
        "part": part,
        "channel": _channel(event.id, resident.id, how, part, channel),
        "lives": person.lives,
        "community_id": person.community_id,
        "band": band_on(person.birth_month, day),
    }
    came_at = min(at, now) if at else _place(event.id, resident.id, now) if row else now
    seen = Seen(Kind.IN, came_at, how)
    if not _scan(event.id, resident.id, seen, by=by, nonce=nonce, now=now, asker=asker):
        return row
    return facts.refold(row, said) if row else facts.insert_row(event.id, resident.id, seen, said)


def walk_in_if_room(
    event: Event,
    resident: Resident,
    *,
    how: How,
    by: int | None,
    now: datetime,
    asker: bytes | None = None,
) -> Attendance:
    """Somebody without a sign-up comes by the venue's code or with a card, while there is room (else NO_ROOM)."""
    _hold(event)  # two who want the last seat stand in line
    signed = db.session.scalar(
        select(Signup.id).where(
            Signup.event_id == event.id,
            Signup.resident_id == resident.id,
            Signup.state.not_in((Place.CANCELLED, Place.WAITLISTED)),
        )
    )
    if signed is None and find_attendance(event.id, resident.id) is None:
        db.session.refresh(event)
        if room_left(event) == 0:
            raise Refused(AttendanceRefusal.NO_ROOM, staff=by is not None)
    return check_in(
        event,
        resident,
        how=how,
        part=Part.RESIDENT,
        channel=Channel.WALK_IN,
        by=by,
        now=now,
        asker=asker,
    )


def check_out(
    event: Event,
    resident: Resident,
    *,
    how: How,
    by: int | None,
    now: datetime,
    at: datetime | None = None,
    nonce: str | None = None,
) -> Attendance:
    """Take down that somebody left. `at` is said now of a time that is past: what was said last counts, be it earlier
    than what was known. Raises Refused(AttendanceRefusal).
    """
    _open(event.id, how, min(at or now, now))
    facts.hold_person(resident.id)
    row = facts.find_row(event.id, resident.id)
    if row is None or row.undone:
        raise Refused(AttendanceRefusal.NOT_CHECKED_IN)
    place = _place(event.id, resident.id, now)
    seen = Seen(Kind.OUT, place, how) if at is None else Seen(Kind.OUT, min(at, now), how, said_at=place)
    if seen.at <= row.came_at:
        raise Refused(AttendanceRefusal.LEFT_BEFORE_CAME, came_at=row.came_at)
    return facts.refold(row) if _scan(event.id, resident.id, seen, by=by, nonce=nonce, now=now) else row


def undo(
    event: Event, resident: Resident, *, how: How = How.ROSTER, by: int | None, now: datetime
) -> Attendance | None:
    """Take back somebody's presence, by whichever of their records; nothing happens to who is not there.

    Returns the row that was shown. Raises Refused(AttendanceRefusal).
    """
    _open(event.id, how, now)
    rows = facts.live_rows(event.id, facts.hold_records(resident.id))
    if not rows:
        return facts.find_row(event.id, resident.id)
    return _taken_back(event, rows, how=how, by=by, now=now)[0]


def _taken_back(
    event: Event, rows: Sequence[Attendance], *, how: How, by: int | None, now: datetime
) -> list[Attendance]:
    """The rows, undone at one moment: by that it is known later what was taken back together."""
    at = max(_place(event.id, row.resident_id, now) for row in rows)
    for row in rows:
        _scan(event.id, row.resident_id, Seen(Kind.UNDO, at, how), by=by, nonce=None, now=now)
        if by is not None:  # what residents take back themselves has no audit line
            _record("attendance.undo", event, row.resident_id, by, now)
    return [facts.refold(row) for row in rows]


def put_back(event: Event, resident: Resident, *, by: int | None, now: datetime) -> Attendance | None:
    """Undo an undo: who came came when and how it was known before, and left so.

    Of several records of a person one row is put back, the first of `taken_back`. Nothing happens to who is there,
    nor where there is nothing to put back: then the row stays undone. What was known is said anew, after the undo.
    Raises Refused(AttendanceRefusal).
    """
    _open(event.id, How.ROSTER, now)
    records = facts.hold_records(resident.id)
    live = facts.live_rows(event.id, records)
    gone = None if live else next(iter(taken_back(event.id, records).items()), None)
    if gone is None:
        return live[0] if live else facts.find_row(event.id, resident.id)
    record_id, was = gone
    _open(event.id, How.ROSTER, was.came_at)  # the event may have been moved since
    place, said = _place(event.id, record_id, now), {"by": by, "nonce": None, "now": now}
    _scan(event.id, record_id, Seen(Kind.IN, was.came_at, was.came_how, said_at=place), **said)
    if was.left_at:
        _scan(event.id, record_id, Seen(Kind.OUT, was.left_at, was.left_how, said_at=place), **said)
    _record("attendance.put_back", event, record_id, by, now)
    return facts.refold(facts.find_row(event.id, record_id))


def _record(act: str, event: Event, resident_id: int, by: int | None, now: datetime) -> None:
    record(act, f"event {event.code} resident {resident_id}", by=by, now=now, site_id=event.site_id)


def send_home(event: Event, *, by: int | None, now: datetime) -> None:
    """Take back everybody's presence: the event does not take place now. Call it before the event is put off."""
    if not is_anybody_there(event.id):
        return
    _hold(event)
    here = select(Attendance.resident_id).where(Attendance.event_id == event.id, ~Attendance.undone)
    for resident_id in db.session.scalars(here.order_by(Attendance.resident_id)).all():
        facts.hold_person(resident_id)  # not the person's others: people are held by number
        _taken_back(event, facts.live_rows(event.id, [resident_id]), how=How.ROSTER, by=by, now=now)


def send_home_early(event: Event, starts_at: datetime, *, by: int | None, now: datetime) -> None:
    """Who came to what is now to be moved to `starts_at` was not there, unless its doors are open then already.

    Call it before the event is moved.
    """
    if now < opens_at(starts_at):
        send_home(event, by=by, now=now)


def count_heads(event: Event, people: Mapping[AgeBand, int], *, by: int | None, now: datetime) -> None:
    """Write down how many unnamed people came, by age band; replaces what was there. Zeros are left out."""
    _hold(event)
    if any(number < 0 for number in people.values()):
        raise Refused(AttendanceRefusal.HEADCOUNT_NEGATIVE)
    db.session.execute(delete(Headcount).where(Headcount.event_id == event.id))
    rows = [{"event_id": event.id, "band": band, "people": n} for band, n in people.items() if n]
    if rows:
        db.session.execute(insert(Headcount), rows)
    record("attendance.count_heads", f"event {event.code}", by=by, now=now, site_id=event.site_id)


def close_out(event: Event, *, note: str, by: int | None, now: datetime) -> None:
    """Freeze who was there. The caller posts the volunteers' hours in the same transaction.

    Raises Refused(EventRefusal.NOT_OVER_YET) before the event's end.
    """
    _hold(event)
    if now < event.ends_at:
        raise Refused(EventRefusal.NOT_OVER_YET)
    # Who was ticked while this close-out waited for its turn came before it, whatever the two clocks say.
    last = db.session.scalar(select(func.max(Scan.arrived_at)).where(Scan.event_id == event.id))
    events.archive(event, by=by, now=max(now, last or now), reason=note)


def _open(event_id: int, how: How, at: datetime) -> date:
    """Refuse unless presence may be taken down now; returns the event's day.

    On PostgreSQL the shared lock keeps a close-out from slipping in between.
    """
    found = db.session.execute(_event, {"its": event_id}).one()
    problem = state_problem(found.state)
    if problem:
        raise Refused(problem)
    problem = moment_problem(how, found.starts_at, found.ends_at, at)
    if problem:
        raise Refused(problem, opens_at=opens_at(found.starts_at))
    return clock.day_of(found.starts_at)


_event = (  # (made once, as in `facts`)
    select(Event.state, Event.starts_at, Event.ends_at)
    .where(Event.id == bindparam("its"))
    .with_for_update(read=True)
)


def _hold(event: Event) -> None:
    """Refuse unless the event is open for changes, and let no check-in begin until the transaction ends."""
    state = db.session.scalar(select(Event.state).where(Event.id == event.id).with_for_update())
    if state is None:
        raise NotFound
    problem = state_problem(state)
    if problem:
        raise Refused(problem)


def _channel(event_id: int, resident_id: int, how: How, part: Part, given: Channel | None) -> Channel:
    signed = db.session.execute(_signed, {"event": event_id, "resident": resident_id}).one_or_none()
    if signed is None:
        if part is Part.RESIDENT and given is not Channel.WALK_IN:
            raise Refused(AttendanceRefusal.NOT_SIGNED_UP)
        return given or Channel.WALK_IN
    if signed.state is Place.WAITLISTED and part is Part.RESIDENT and how is not How.WALK_IN:
        raise Refused(AttendanceRefusal.STILL_WAITING)
    return signed.channel


_signed = (
    select(Signup.state, Party.channel)
    .join(Party, Party.id == Signup.party_id)
    .where(
        Signup.event_id == bindparam("event"),
        Signup.resident_id == bindparam("resident"),
        Signup.state != Place.CANCELLED,
    )
)


def _place(event_id: int, resident_id: int, now: datetime) -> datetime:
    """When it is said. What is taken down on the spot comes after all that was taken down before."""
    last = db.session.scalar(
        select(func.coalesce(Scan.said_at, Scan.at, type_=Scan.at.type))
        .where(Scan.event_id == event_id, Scan.resident_id == resident_id)
        .order_by(func.coalesce(Scan.said_at, Scan.at).desc())
        .limit(1)
    )
    return max(now, last + timedelta(microseconds=1)) if last else now


def _scan(
    event_id: int,
    resident_id: int,
    seen: Seen,
    *,
    by: int | None,
    nonce: str | None,
    now: datetime,
    asker: bytes | None = None,
) -> bool:
    """Append the fact; False when this very form has been taken in before."""
    index = facts.form_nonce(event_id, resident_id, seen.kind, nonce) if nonce else None
    if index and db.session.scalar(select(Scan.id).where(Scan.nonce_index == index)):
        return False
    facts.write_scan(event_id, resident_id, seen, by=by, arrived_at=now, nonce_index=index, asker_index=asker)
    return True
