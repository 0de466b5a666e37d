"""Seats held for a few minutes while a form is filled in or a call is under way (domain.md §6, trust.md §4.6).

A hold is named by a token that whoever fills in the form makes up; it belongs to one event, or to all dates of one
course. Locks are taken as in `operations`: the events by id, then the holds, then places.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import func, select

from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Enrolment, State
from stationapp.signups import course, held, queries
from stationapp.signups.hold_rules import (
    DESK_HOLD_LASTS,
    FORM_HOLD_AT_MOST,
    FORM_HOLD_LASTS,
    FORM_HOLDS_PER_ASKER,
    FORM_HOLDS_SHARE,
    FORM_HOLDS_UNUSED,
    UNUSED_WITHIN,
)
from stationapp.signups.models import SeatHold
from stationapp.signups.promotion import promote, was_drawn
from stationapp.signups.rules import (
    PARTY_LIMIT,
    HoldEnd,
    event_problem,
    free_seats,
)
from stationapp.vault import vault


def hold_seats(
    event_id: int, size: int, *, token: str, by: int | None, asker: str, now: datetime
) -> datetime | None:
    """Hold `size` seats, of a course at every date ahead; until when, or None: there are none, or too many holds.

    The same token prolongs its hold and changes its size; where no more seats are free the hold stays as it was.
    A form (`by` None) asks from an address (`asker`): forms may together hold a third of the seats, one address only
    so many at once and a day, and none for long, counted from the first moment of its token. None of that binds
    staff, who may also hold what is kept back for callers.
    """
    terms = queries.get_terms(event_id=event_id)
    if not 1 <= size <= PARTY_LIMIT or event_problem(terms, by_staff=by is not None, now=now):
        return None
    dates = course.hold_to_come(terms.course_id, event_id, now=now) if terms.course_id else _lock([event_id])
    if not dates or not all(was_drawn(date) for date in dates):
        return None
    own = held.list_holds(token, [date.id for date in dates])
    if not _may_go_on(token, own):
        return None
    _sweep(dates, now, but=[row.id for row in own.values()])
    standing = {event_id: row for event_id, row in own.items() if row.ended_at is None}
    first_at = min((row.first_at for row in own.values()), default=now)
    of_call = by is not None and all(row.by_phone for row in own.values())  # a form's stays one, whoever asks
    until_at = _until(first_at, of_call, now)
    grows = [date for date in dates if size > _size(standing.get(date.id))]
    if until_at <= now or not all(_has_room(date, standing, size, by, now) for date in grows):
        return None
    if by is None and grows and not _form_may_hold(dates[0], size, asker, own, now):
        return None
    for date in dates:
        first = not own and date is dates[0]  # the date the token is found by
        row = own.get(date.id) or _new(date, held.key_of(token, 0 if first else date.id), by, first_at)
        row.asker_index = vault().index("asker", asker) if by is None else None
        _resize(date, row, size, until_at, now)
    _hand_on([date for date in dates if date not in grows], now)
    return until_at


def let_go(token: str, *, now: datetime) -> None:
    """Give the token's seats back; harmless when they are gone already, or never were."""
    found = select(SeatHold.event_id).where(SeatHold.key_index == held.key_of(token))
    event_id = db.session.scalar(found.where(SeatHold.ended_at.is_(None)))
    if event_id is None:
        return
    dates = _lock([event_id])
    back = held.end_all(dates, held.list_standing(token, [date.id for date in dates]).values(), now=now)
    _hand_on(back, now)


def expire(*, now: datetime) -> int:
    """End the holds whose time is over and hand their seats on; how many events got seats back."""
    over = select(SeatHold.event_id).where(SeatHold.ended_at.is_(None), SeatHold.until_at <= now).distinct()
    event_ids = db.session.scalars(over).all()
    return len(_sweep(_lock(event_ids), now)) if event_ids else 0


def expire_at(event_id: int, *, now: datetime, but: str = "") -> bool:
    """The same for one event, or its course, before somebody is told that it is full; whether there were any.

    The holds of the token `but` stay.
    """
    dates = _lock([event_id])
    own = held.list_standing(but, [date.id for date in dates])
    return bool(_sweep(dates, now, but=[row.id for row in own.values()]))


def seat_after_callers(*, now: datetime) -> int:
    """Hand on the seats that were kept back for callers until a time that is over by now; how many parties got some."""
    due = select(Event.id).where(
        Event.state == State.PUBLISHED,
        Event.starts_at > now,
        Event.phone_until_at <= now,
        Event.waiting > 0,
        Event.taken < Event.capacity,
    )
    event_ids = db.session.scalars(due).all()
    if not event_ids:
        return 0
    _lock(event_ids)
    return sum(len(promote(event_id, now=now)) for event_id in sorted(event_ids))


def _lock(event_ids: Collection[int]) -> list[Event]:
    """These events and all other dates of their courses as they are now, held in the order of their ids."""
    db.session.flush()
    of_course = (Series.id == Event.series_id) & (Series.enrolment == Enrolment.COURSE)
    courses = select(Series.id).join(Event, of_course).where(Event.id.in_(event_ids))
    its = select(Event).where(Event.id.in_(event_ids) | Event.series_id.in_(courses)).order_by(Event.id)
    rows = its.with_for_update(key_share=True).execution_options(populate_existing=True)
    return list(db.session.scalars(rows))


def _sweep(dates: Sequence[Event], now: datetime, but: Collection[int] = ()) -> list[Event]:
    back = held.end_over(dates, now=now, but=but)
    _hand_on(back, now)
    return back


def _hand_on(back: Sequence[Event], now: datetime) -> None:
    for event in back:
        if event.waiting:
            promote(event.id, now=now)


def _may_go_on(token: str, own: dict[int, SeatHold]) -> bool:
    """A token made for something else, used or given back is done with; one that ran out may be taken up again."""
    elsewhere = not own and db.session.scalar(
        select(SeatHold.id).where(SeatHold.key_index == held.key_of(token))
    )
    return not elsewhere and all(row.ended in (None, HoldEnd.EXPIRED) for row in own.values())


def _size(row: SeatHold | None) -> int:
    return row.size if row else 0


def _until(first_at: datetime, of_call: bool, now: datetime) -> datetime:
    if of_call:
        return now + DESK_HOLD_LASTS
    return min(now + FORM_HOLD_LASTS, first_at + FORM_HOLD_AT_MOST)


def _has_room(date: Event, standing: dict[int, SeatHold], size: int, by: int | None, now: datetime) -> bool:
    free = free_seats(date, caller=by is not None, now=now)
    return free is None or size - _size(standing.get(date.id)) <= free


def _form_may_hold(date: Event, size: int, asker: str, own: dict[int, SeatHold], now: datetime) -> bool:
    """Whether forms do not keep too many seats from everybody else; one party's may always be held."""
    if date.home_limit is not None and size > date.home_limit:
        return False
    mine, live = SeatHold.asker_index == vault().index("asker", asker), SeatHold.ended_at.is_(None)
    ran_out = (SeatHold.ended == HoldEnd.EXPIRED) & (SeatHold.ended_at > now - UNUSED_WITHIN) & mine
    others = select(
        func.coalesce(func.sum(SeatHold.size).filter(live), 0),
        func.count().filter(live & mine),
        func.count().filter(ran_out),
    ).where(
        SeatHold.event_id == date.id,
        live | ran_out,
        SeatHold.by_phone.is_(False),
        SeatHold.id.not_in([row.id for row in own.values()]),
    )
    seats, by_asker, unused = db.session.execute(others).one()
    if by_asker >= FORM_HOLDS_PER_ASKER or by_asker + unused >= FORM_HOLDS_UNUSED:
        return False
    return date.capacity is None or not seats or seats + size <= date.capacity // FORM_HOLDS_SHARE


def _new(date: Event, key_index: bytes, by: int | None, first_at: datetime) -> SeatHold:
    row = SeatHold(key_index=key_index, event_id=date.id, by_phone=by is not None, by=by, first_at=first_at)
    db.session.add(row)
    return row


def _resize(date: Event, row: SeatHold, size: int, until_at: datetime, now: datetime) -> None:
    """Hold so many seats now; whoever waited before it grew was there first (see `steps.note_passed_over`)."""
    more = size - (row.size if row.size and row.ended is None else 0)
    if more > 0:
        row.made_at = max(now, row.first_at)  # a clock may have been put back
    row.size, row.until_at, row.ended, row.ended_at = size, until_at, None, None
    date.taken += more
    date.phone_taken += more if row.by_phone else 0
