"""Volunteers with a shift hear that its event was moved, put off or called off: once a household (domain.md §5).

A household that has places there, too, hears it with them (`messages/spreading.py`). Which change a message speaks of
stands in its subject, so that it is true as long as nothing changed since.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import Row, Select, and_, case, func, or_, select, update

from stationapp.db import db
from stationapp.events.models import Event, EventMove, EventStep
from stationapp.events.rules import State, Step
from stationapp.messages.concerned import reach_columns, reach_of
from stationapp.messages.further import Known
from stationapp.messages.models import Message
from stationapp.messages.outbox import put, row
from stationapp.messages.rules import Delivery
from stationapp.messages.switches import switches
from stationapp.messages.ways import ways
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.residents.models import Household, Resident
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import LIVE
from stationapp.sites.models import Site
from stationapp.volunteers.models import Assignment, Shift, Volunteer
from stationapp.volunteers.telling import CALLED_WITHIN
from stationapp.web.filters import span

OCCASION = Occasion.SHIFT

_told_by = or_(
    EventStep.step.in_((Step.POSTPONE, Step.CANCEL)),
    and_(EventStep.step == Step.PUBLISH, EventStep.from_state == State.POSTPONED),
)
"""The steps people are told of; one that is put off is told when it has its new time."""


def _last(column, model: type, *such) -> object:
    return select(func.max(column)).where(model.event_id == Event.id, *such).scalar_subquery()


_step = func.coalesce(_last(EventStep.id, EventStep, _told_by), 0)
_move = case((Event.state == State.PUBLISHED, func.coalesce(_last(EventMove.id, EventMove), 0)), else_=0)


def _changes(*such) -> Select:
    """Events that were changed and are not over: (Event, step, move, when), the numbers of the last ones."""
    query = select(
        Event,
        _step.label("step"),
        _move.label("move"),
        _last(EventStep.at, EventStep, _told_by).label("stepped_at"),
        _last(EventMove.at, EventMove).label("moved_at"),
    )
    states = Event.state.in_((State.PUBLISHED, State.POSTPONED, State.CANCELLED))
    return query.where(states, _step + _move > 0, *such).execution_options(populate_existing=True)


def _subject(change: Row) -> str:
    return f"event {change.Event.code} change {change.step}.{change.move}"


# --- writing ----------------------------------------------------------------------------------------------------


def tell_shifts(*, now: datetime) -> int:
    """Write down whom to tell of changes that none of the volunteers was told of yet; how many messages.

    The desk has it on its list, too, until everybody was called. Three statements, and four for each change.
    """
    helped = select(Shift.event_id).join(Assignment).where(Assignment.ended_at.is_(None))
    ahead = or_(Event.state == State.POSTPONED, Event.ends_at > now)
    changes = {_subject(one): one for one in db.session.execute(_changes(Event.id.in_(helped), ahead))}
    if not changes:
        return 0
    known = select(Notice.subject).where(Notice.occasion == OCCASION, Notice.subject.in_(list(changes)))
    for subject in db.session.scalars(known):
        del changes[subject]
    homes = _homes([one.Event.id for one in changes.values()]) if changes else {}
    return sum(_tell(subject, one, homes.get(one.Event.id, ()), now) for subject, one in changes.items())


def _tell(subject: str, change: Row, homes: Iterable[Row], now: datetime) -> int:
    event, at = change.Event, max(filter(None, (change.stepped_at, change.moved_at)))
    concerned = {one.household_id: one for one in homes if one.made_at <= at}
    if not concerned or not tell_desk(OCCASION, subject, site_id=event.site_id, now=now):
        return 0
    notice_id = db.session.scalar(
        select(Notice.id).where(Notice.occasion == OCCASION, Notice.subject == subject)
    )
    db.session.execute(
        update(Message)
        .where(
            Message.occasion == OCCASION,
            Message.subject.startswith(f"event {event.code} "),
            Message.state == Delivery.PENDING,
        )
        .values(state=Delivery.VOID, why="superseded", ended_at=now)
        .execution_options(synchronize_session=False)
    )
    until = now + CALLED_WITHIN if event.state is State.POSTPONED else event.ends_at
    return put(
        [
            row(
                OCCASION, subject, way, household_id=home, site_id=event.site_id, now=now, notice_id=notice_id,
                until_at=until,
            )
            for home, one in concerned.items()
            for way in ways(OCCASION, reach_of(*one[3:], calls=False), switches().on)
        ]
    )  # fmt: skip


def _homes(event_ids: Collection[int]) -> dict[int, list[Row]]:
    """Households with a shift and no place at these events, by event: (event, household, since when, reach …)."""
    place = (
        select(Signup.id)
        .join(Party, Party.id == Signup.party_id)
        .where(
            Signup.event_id == Shift.event_id,
            Party.household_id == Household.id,
            Signup.state.in_(LIVE),
        )
    )
    rows = db.session.execute(
        select(Shift.event_id, Household.id.label("household_id"), Assignment.made_at, *reach_columns())
        .join(Assignment, Assignment.shift_id == Shift.id)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Household, Household.id == Resident.household_id)
        .where(Shift.event_id.in_(event_ids), Assignment.ended_at.is_(None), ~place.exists())
        .order_by(Assignment.id)
    )
    found: dict[int, list[Row]] = {}
    for one in rows:
        found.setdefault(one.event_id, []).append(one)
    return found


# --- reading ----------------------------------------------------------------------------------------------------


def _of_shifts(messages: Sequence[Message]) -> dict[int, Known]:
    """True while nothing changed since and somebody of the household still has the shift."""
    codes = {one.subject.split(" ")[1] for one in messages}
    changes = {_subject(one): one for one in db.session.execute(_changes(Event.code.in_(codes)))}
    events = [one.Event for one in changes.values()]
    helpers = _helpers([one.id for one in events])
    reasons = dict(
        db.session.execute(
            select(EventStep.id, EventStep.reason).where(
                EventStep.id.in_([one.step for one in changes.values()])
            )
        ).all()
    )
    phones = dict(
        db.session.execute(
            select(Site.id, Site.phone).where(Site.id.in_({one.site_id for one in events}))
        ).all()
    )
    found = {}
    for one in messages:
        change = changes.get(one.subject)
        helper = change and helpers.get((change.Event.id, one.household_id))
        if not helper:
            continue
        event = change.Event
        facts = {
            "title": event.title,
            "change": _said(event, reasons.get(change.step, "")),
            "phone": event.contact_phone or phones[event.site_id],
        }
        found[one.id] = Known(helper, facts, f"/events/{event.code}")
    return found


def _helpers(event_ids: Collection[int]) -> dict[tuple[int, int], int]:
    """The first resident of each household with a shift, by event and household."""
    rows = db.session.execute(
        select(Shift.event_id, Resident.household_id, Resident.id)
        .join(Assignment, Assignment.shift_id == Shift.id)
        .join(Volunteer, Volunteer.id == Assignment.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .where(Shift.event_id.in_(event_ids), Assignment.ended_at.is_(None))
        .order_by(Assignment.id.desc())
    )
    return {(event, home): resident for event, home, resident in rows}


def _said(event: Event, reason: str) -> str:
    because = f"（{reason}）" if reason else ""
    if event.state is State.CANCELLED:
        return f"取消了{because}，原定{span(event.starts_at, event.ends_at)}，请别跑空"
    if event.state is State.POSTPONED:
        return f"延期了{because}，定了时间再告诉您"
    return f"改到{span(event.starts_at, event.ends_at)}，{event.place}，来不了请告诉我们"


READERS = {OCCASION: _of_shifts}
"""How messages learn what they say (`messages.further`)."""
