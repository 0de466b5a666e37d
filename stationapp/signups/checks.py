"""The invariants of seats (trust.md §2, S1–S10), as queries that return no row on either database."""

from collections.abc import Hashable
from datetime import datetime
from functools import cache
from itertools import groupby

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.db import UtcDateTime, db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Enrolment, State
from stationapp.residents.models import Resident
from stationapp.residents.rules import is_child
from stationapp.signups.hold_rules import FORM_HOLD_AT_MOST, HOLDS_SWEPT_EVERY
from stationapp.signups.models import Draw, Party, PassedOver, SeatHold, Signup, SignupMove
from stationapp.signups.rules import CALLERS, EDGES, LIVE, SEATED, Place

_NOW, _LATE = bindparam("now", type_=UtcDateTime()), bindparam("late", type_=UtcDateTime())


def _moments() -> dict[str, datetime]:
    """What the queries may ask about: now, and two periods of the duties ago."""
    now = clock.now()
    return {"now": now, "late": now - 2 * HOLDS_SWEPT_EVERY}


def _ids(kind: str, *queries: Select) -> list[str]:
    lean, moments = db.session.connection(), _moments()
    return [f"{kind} {row}" for query in queries for row in lean.execute(query, moments).scalars()]


# Each query is built once: the random histories ask all of them after every step.


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    counted = select(func.count()).where(Signup.event_id == Event.id, condition)
    return counted.correlate(Event).scalar_subquery()


def _held(*which: ColumnElement[bool]) -> ColumnElement[int]:
    """Seats of holds that were not ended."""
    seats = select(func.coalesce(func.sum(SeatHold.size), 0))
    its = seats.where(SeatHold.event_id == Event.id, SeatHold.ended_at.is_(None), *which)
    return its.correlate(Event).scalar_subquery()


@cache
def _seats() -> Select:
    seated = _count(Signup.state.in_(SEATED)) + _held()
    wrong = or_(Event.taken != seated, and_(Event.capacity.is_not(None), seated > Event.capacity))
    return select(Event.id).where(wrong)


@cache
def _callers() -> Select:
    by_callers = select(Party.id).where(Party.channel.in_(CALLERS))
    seated = _count(Signup.state.in_(SEATED) & Signup.party_id.in_(by_callers))
    return select(Event.id).where(Event.phone_taken != seated + _held(SeatHold.by_phone))


@cache
def _outlived() -> Select:
    """Holds that were not ended though their time is over for two periods of the duty."""
    late = SeatHold.until_at < _LATE
    return select(SeatHold.id).where(SeatHold.ended_at.is_(None), late)


@cache
def _of_forms() -> Select:
    """The holds of forms that were not ended."""
    return select(SeatHold.id, SeatHold.first_at, SeatHold.until_at).where(
        SeatHold.ended_at.is_(None), SeatHold.by_phone.is_(False)
    )


def _too_long() -> list[str]:
    """Holds of forms that may last longer than a form may go on in all."""
    rows = db.session.connection().execute(_of_forms())
    return [f"seat_hold {row}" for row, first_at, until_at in rows if until_at > first_at + FORM_HOLD_AT_MOST]


@cache
def _used_elsewhere() -> Select:
    """Holds used by a party of another event."""
    used = select(SeatHold.id).join(Party, Party.id == SeatHold.party_id)
    return used.where(Party.event_id != SeatHold.event_id)


@cache
def _waiting() -> Select:
    wrong = Event.waiting != _count(Signup.state == Place.WAITLISTED)
    return select(Event.id).where(wrong)


@cache
def _queue_numbers() -> Select:
    numbers = select(func.count()).where(Party.event_id == Event.id, Party.queue_number.is_not(None))
    highest = select(func.coalesce(func.max(Party.queue_number), 0)).where(Party.event_id == Event.id)
    wrong = or_(*(Event.queued != one.correlate(Event).scalar_subquery() for one in (numbers, highest)))
    return select(Event.id).where(wrong)


@cache
def _one_place() -> Select:
    return (
        select(Signup.event_id)
        .where(Signup.state.in_(LIVE))
        .group_by(Signup.event_id, Signup.resident_id)
        .having(func.count() > 1)
    )


def _line() -> Select:
    """Waiting parties with the number of people still waiting in each."""
    return (
        select(Signup.party_id, Signup.event_id, func.count().label("people"))
        .where(Signup.state == Place.WAITLISTED)
        .group_by(Signup.party_id, Signup.event_id)
    )


@cache
def _waits_for_nothing() -> Select:
    """Of a course somebody waits for nothing when every date ahead has room.

    A draw to come gives no places; for two periods of the duties after its time neither does it.
    """
    line, date, of_course = _line().subquery(), aliased(Event), aliased(Series)
    was_drawn = select(Draw.event_id).where(Draw.event_id == Event.id, Draw.drawn_at.is_not(None))
    full = (
        select(date.id)
        .outerjoin(of_course, (of_course.id == date.series_id) & (of_course.enrolment == Enrolment.COURSE))
        .where(
            or_(date.id == Event.id, of_course.id == Event.series_id),
            date.state == State.PUBLISHED,
            date.starts_at > _NOW,
            date.taken + line.c.people > date.capacity - _kept_from(date),
        )
    )
    return (
        select(line.c.party_id)
        .join(Party, Party.id == line.c.party_id)
        .join(Event, Event.id == line.c.event_id)
        .where(
            Event.state == State.PUBLISHED,
            Event.starts_at > _NOW,
            or_(Event.draw_at.is_(None), Event.draw_at <= _LATE, was_drawn.exists()),
            ~full.exists(),
        )
    )


def _kept_from(date: type[Event]) -> ColumnElement[int]:
    """How many seats of a date are kept back from the party, which did not call."""
    kept = and_(
        date.phone_until_at > _LATE, date.phone_seats > date.phone_taken, Party.channel.not_in(CALLERS)
    )
    return case((kept, date.phone_seats - date.phone_taken), else_=0)


def _ahead_of(ahead: type[Party], behind: type[Party]) -> ColumnElement[bool]:
    """Who drew a lot stands by it, before who drew none; these stand by their numbers."""
    by_lot = and_(ahead.drawn.is_not(None), or_(behind.drawn.is_(None), ahead.drawn < behind.drawn))
    neither = and_(ahead.drawn.is_(None), behind.drawn.is_(None))
    return or_(by_lot, neither & (ahead.queue_number < behind.queue_number))


@cache
def _overtaken() -> Select:
    """Seated from the queue before somebody ahead who waited on, or as a newcomer before somebody who waits still.

    Who came to wait while the newcomer's seats were held already was not overtaken.
    """
    ahead, seated = aliased(Party), aliased(Party)
    moved = (
        select(Signup.party_id, func.min(SignupMove.id).label("move"))
        .join(Signup, Signup.id == SignupMove.signup_id)
        .where(SignupMove.from_state == Place.WAITLISTED, SignupMove.to_state.in_(SEATED))
        .group_by(Signup.party_id)
    )
    ahead_moved, seated_moved = moved.subquery(), moved.subquery()
    waits = _line().subquery()
    logged = select(PassedOver.id).where(
        PassedOver.party_id == ahead.id, PassedOver.overtaken_by == seated.id
    )
    held_before = select(SeatHold.id).where(SeatHold.party_id == seated.id, SeatHold.made_at <= ahead.made_at)
    from_queue = and_(
        seated_moved.c.move.is_not(None),
        _ahead_of(ahead, seated),
        or_(waits.c.party_id.is_not(None), ahead_moved.c.move > seated_moved.c.move),
    )
    newcomer = and_(
        seated.first_state == Place.CONFIRMED,
        seated.id > ahead.id,
        waits.c.party_id.is_not(None),
        ~held_before.exists(),
    )
    return (
        select(ahead.id)
        .join(seated, seated.event_id == ahead.event_id)
        .outerjoin(ahead_moved, ahead_moved.c.party_id == ahead.id)
        .outerjoin(seated_moved, seated_moved.c.party_id == seated.id)
        .outerjoin(waits, waits.c.party_id == ahead.id)
        .where(ahead.queue_number.is_not(None), or_(from_queue, newcomer), ~logged.exists())
        .distinct()
    )


@cache
def _untraced() -> tuple[Select, Select]:
    """A state that is not the last move's (or the party's first), or a move that is no edge or does not follow on."""
    last = select(func.max(SignupMove.id)).where(SignupMove.signup_id == Signup.id).correlate(Signup)
    led_to = select(SignupMove.to_state).where(SignupMove.id == last.scalar_subquery()).scalar_subquery()
    lost = (
        select(Signup.id)
        .join(Party, Party.id == Signup.party_id)
        .where(Signup.state != func.coalesce(led_to, Party.first_state))
    )
    edges = or_(
        *(and_(SignupMove.from_state == before, SignupMove.to_state == after) for before, after in EDGES)
    )
    return lost, select(SignupMove.signup_id).where(~edges)


@cache
def _first_states() -> Select:
    fits = case((Party.queue_number.is_(None), Place.CONFIRMED.value), else_=Place.WAITLISTED.value)
    return select(Party.id).where(Party.first_state != fits)


@cache
def _torn_apart() -> Select:
    """A party of which some are seated and some wait."""
    seated = func.sum(case((Signup.state.in_(SEATED), 1), else_=0))
    waits = func.sum(case((Signup.state == Place.WAITLISTED, 1), else_=0))
    return select(Signup.party_id).group_by(Signup.party_id).having(and_(seated > 0, waits > 0))


@cache
def _answers() -> tuple[Select, Select]:
    """An acknowledged key without the places it was answered with, or with places of another event."""
    places = select(func.count()).where(Signup.party_id == Party.id).correlate(Party).scalar_subquery()
    elsewhere = select(Signup.party_id).join(Party, Party.id == Signup.party_id)
    return select(Party.id).where(Party.size != places), elsewhere.where(Signup.event_id != Party.event_id)


@cache
def _unasked() -> Select:
    """People whose month of birth is known and for whom no guardian agreed."""
    return (
        select(Signup.id, Resident.birth_month, Event.starts_at)
        .join(Resident, Resident.id == Signup.resident_id)
        .join(Event, Event.id == Signup.event_id)
        .where(
            Signup.state.in_(LIVE), Resident.birth_month.is_not(None), Resident.guardian_consent_at.is_(None)
        )
    )


def _children() -> list[str]:
    rows = db.session.connection().execute(_unasked())
    return [f"signup {row}" for row, month, at in rows if is_child(month, clock.day_of(at))]


@cache
def _consents() -> Select:
    return select(Party.id).where(Party.consent == "")


def _dates_ahead(*columns: ColumnElement) -> Select:
    """Public dates of courses that have not begun, in the order of their series."""
    ahead = (Event.state == State.PUBLISHED, Event.starts_at > _NOW)
    of_course = (Series.id == Event.series_id) & (Series.enrolment == Enrolment.COURSE)
    return select(Event.series_id, *columns).join(Series, of_course).where(*ahead)


@cache
def _of_courses() -> tuple[Select, Select]:
    """Their dates ahead, and the live places there."""
    places = _dates_ahead(Event.id, Signup.resident_id, Signup.state, Party.queue_number)
    places = places.join(Signup, Signup.event_id == Event.id).join(Party, Party.id == Signup.party_id)
    dates = _dates_ahead(Event.id, Event.capacity).order_by(Event.series_id)
    return dates, places.where(Signup.state != Place.CANCELLED)


def _out_of_step() -> list[str]:
    """A course whose dates ahead differ in who has a place, in the line, or in the number of places."""
    lean, moments = db.session.connection(), _moments()
    dates, places = (lean.execute(query, moments).all() for query in _of_courses())
    seen: dict[int, list] = {}
    for row in places:
        seen.setdefault(row[1], []).append(row[2:])
    found = []
    for series_id, its in groupby(dates, key=lambda row: row[0]):
        if len({(capacity, _standing(seen.get(event_id, []))) for _, event_id, capacity in its}) > 1:
            found.append(f"series {series_id}")
    return found


def _standing(places: list) -> Hashable:
    """Who is seated, and the line: households of people in their order, whatever their numbers."""
    seated = frozenset((person, state) for person, state, _ in places if state is not Place.WAITLISTED)
    waits = sorted((number or 0, person) for person, state, number in places if state is Place.WAITLISTED)
    line = (tuple(person for _, person in one) for _, one in groupby(waits, key=lambda row: row[0]))
    return seated, tuple(line)


CHECKS = (
    Check("S1", "占用的名额等于计数，不超过名额", lambda: _ids("event", _seats())),
    Check("S1 callers", "打电话和到现场的人占用的名额等于计数", lambda: _ids("event", _callers())),
    Check("S1 waiting", "候补人数等于计数", lambda: _ids("event", _waiting())),
    Check("S1 queue", "候补号从 1 排到最后一号，没有缺号和重号", lambda: _ids("event", _queue_numbers())),
    Check("S2", "一人一场只有一个有效名额", lambda: _ids("event", _one_place())),
    Check("S3", "有放得下的空位时没有人在候补", lambda: _ids("party", _waits_for_nothing())),
    Check("S4", "递补不越位，越位有记录", lambda: _ids("party", _overtaken())),
    Check(
        "S5",
        "名额的状态与最后一步一致，每一步都在规定之内",
        lambda: _ids("signup", *_untraced()) + _ids("party", _first_states()),
    ),
    Check(
        "S6 holds",
        "留着的名额到时就放回，网上填表最多留二十分钟，用掉的属于同一场活动",
        lambda: _ids("seat_hold", _outlived(), _used_elsewhere()) + _too_long(),
    ),
    Check("S7", "一家人的名额一起变动", lambda: _ids("party", _torn_apart())),
    Check("S8", "每个请求只有一个答复，名额齐全", lambda: _ids("party", *_answers())),
    Check("S11", "课程各次未开始的场次，名额、报上的人和候补次序都一样", _out_of_step),
    Check("S10", "孩子有监护人同意，代报有同意方式", lambda: _children() + _ids("party", _consents())),
)
