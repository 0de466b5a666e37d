"""S5 and S9 for events: a state that its steps explain, times and seats in order, nothing public half written."""

from itertools import combinations

from sqlalchemy import and_, func, not_, or_, select, tuple_

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Batch, Event, EventStep, Series
from stationapp.events.rules import MACHINE, PUBLIC, REQUIRED, SUMMARY_LENGTH, Pattern, State, Step


def _events(*conditions) -> list[str]:
    return [
        f"event {number}"
        for number in db.session.scalars(select(Event.id).where(*conditions).order_by(Event.id))
    ]


def _state_without_step() -> list[str]:
    """The state must be where the last step led; without steps, a draft."""
    last = (
        select(EventStep.to_state)
        .where(EventStep.event_id == Event.id)
        .order_by(EventStep.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    return _events(or_(last != Event.state, and_(last.is_(None), Event.state != State.DRAFT)))


def _strange_step() -> list[str]:
    """A step must be an edge of the machine and begin where the one before ended."""
    edges = [(step, source, target) for step, (sources, target) in MACHINE.items() for source in sources]
    before = func.lag(EventStep.to_state).over(partition_by=EventStep.event_id, order_by=EventStep.id)
    steps = select(
        EventStep.id,
        EventStep.from_state,
        before.label("before"),
        tuple_(EventStep.step, EventStep.from_state, EventStep.to_state).in_(edges).label("known"),
    ).subquery()
    query = (
        select(steps.c.id)
        .where(
            or_(
                not_(steps.c.known),
                steps.c.before != steps.c.from_state,
                and_(steps.c.before.is_(None), steps.c.from_state != State.DRAFT),
            )
        )
        .order_by(steps.c.id)
    )
    return [f"event_step {number}" for number in db.session.scalars(query)]


def _out_of_order() -> list[str]:
    return _events(
        or_(
            Event.ends_at <= Event.starts_at,
            Event.closes_at <= Event.opens_at,
            Event.min_age > Event.max_age,
            Event.break_minutes < 0,
        )
    )


def _too_many_seats() -> list[str]:
    return _events(
        or_(
            Event.capacity < 0,
            Event.taken < 0,
            Event.taken > Event.capacity,
            Event.waiting < 0,
            Event.queued < 0,
        )
    )


def _half_written() -> list[str]:
    columns = [getattr(Event, name) for name in REQUIRED]
    empty = [column.is_(None) if column.type.python_type is not str else column == "" for column in columns]
    return _events(Event.state.in_(PUBLIC), or_(*empty, func.length(Event.summary) > SUMMARY_LENGTH))


def _of_another_site() -> list[str]:
    """Figures count activities by series: an event of another site would count for the wrong one."""
    query = select(Event.id).join(Series, Series.id == Event.series_id).where(Event.site_id != Series.site_id)
    return [f"event {number}" for number in db.session.scalars(query.order_by(Event.id))]


def _still_planned() -> list[str]:
    """What was undone has left the plan, but for what was public then or was brought back since."""
    back = (
        select(EventStep.id)
        .where(
            EventStep.event_id == Event.id,
            EventStep.step == Step.RESTORE,
            EventStep.at >= Batch.undone_at,
        )
        .exists()
    )
    query = (
        select(Event.id)
        .join(Batch, Batch.id == Event.batch_id)
        .where(Batch.undone_at.is_not(None), Event.state.not_in(PUBLIC | {State.DISCARDED}), not_(back))
    )
    return [f"event {number}" for number in db.session.scalars(query.order_by(Event.id))]


def _unreadable_rule() -> list[str]:
    """Each pattern has what it needs, and within bounds; weekdays are digits 0–6, each once, in order."""
    readable = or_(Series.weekdays == "", Series.weekdays.in_(_WEEKDAY_SETS))
    weekly, monthly = Series.pattern == Pattern.WEEKLY, Series.pattern == Pattern.MONTHLY_WEEKDAY
    query = select(Series.id).where(
        or_(
            not_(readable),
            and_(or_(weekly, monthly), Series.weekdays == ""),
            and_(monthly, or_(Series.nth.is_(None), Series.nth.not_in((*range(1, 6), -1)))),
            and_(
                Series.pattern == Pattern.MONTHLY_DATE,
                or_(Series.month_day.is_(None), not_(Series.month_day.between(1, 31))),
            ),
            and_(
                Series.pattern.is_not(None),
                or_(Series.first_on.is_(None), Series.last_on.is_(None), Series.last_on < Series.first_on),
            ),
        )
    )
    return [f"series {number}" for number in db.session.scalars(query.order_by(Series.id))]


_WEEKDAY_SETS = ["".join(days) for count in range(1, 8) for days in combinations("0123456", count)]


CHECKS = (
    Check("S5 event state", "活动的状态等于最后一步的结果", _state_without_step),
    Check("S5 event steps", "活动的每一步都在规定之内，前后相接", _strange_step),
    Check("S9 event times", "活动的起止、报名时间和年龄前后不颠倒", _out_of_order),
    Check("S9 event seats", "占用的名额在零和名额之间", _too_many_seats),
    Check("S9 event complete", "居民看得到的活动必填项齐全", _half_written),
    Check("S9 series site", "系列的每一场都由系列的阵地举办", _of_another_site),
    Check("S9 batch undone", "撤销过的一批里，没有公开的都移出了计划", _still_planned),
    Check("S9 series rule", "系列的规律读得懂、前后不颠倒", _unreadable_rule),
)
