"""Turning what happened into messages: one row an occasion, household and way (domain.md §6; trust.md M1).

Written by the job `spread`, and at once by the edges whose page leads to the call list. Doing it twice, or in several
processes at once, writes nothing twice.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import and_, func, or_, select, update

from stationapp import clock
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Enrolment, State
from stationapp.messages.concerned import (
    ABOUT_PARTY,
    AT_SIGN_UP,
    OF_EVENT,
    OF_PARTY,
    concerned,
    events_of,
    is_over,
    offers_until,
    parties_at,
    reach_columns,
    reach_of,
)
from stationapp.messages.hours import allowed_from
from stationapp.messages.models import Message
from stationapp.messages.outbox import put, row
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.switches import switches
from stationapp.messages.ways import Reach, ways
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.residents.models import Household
from stationapp.signups.draw_queries import awaits_lot
from stationapp.signups.models import Draw, Party, Signup
from stationapp.signups.rules import CALLERS, Place

NOTICES, SIGNUPS, HOMES = 50, 500, 500
"""Notices, sign-ups and households of one round; what is left waits for the next."""

BEFORE = timedelta(hours=24)
"""How long before the start people are reminded; who signs up later than that has just been told."""

CONFIRMED_WITHIN = timedelta(hours=2)
"""A sign-up is confirmed so soon or not at all: after an outage nobody wants to read of it any more."""

LOOKED_AT = 20_000
"""So many of the latest sign-ups are looked at for one that has not been confirmed."""


def spread(*, now: datetime) -> int:
    """Write the messages that are due to be written; how many rows. The duty of the jobs."""
    return spread_notices(now=now) + confirm(now=now) + tell_not_drawn(now=now) + remind(now=now)


# --- notices ------------------------------------------------------------------------------------------------------


def spread_notices(*, now: datetime) -> int:
    """Tell the households that notices not spread yet are about.

    Eight statements however many notices and people. A notice that another process has in hand is left to it.
    """
    waiting = select(Notice).where(Notice.spread_at.is_(None)).order_by(Notice.id).limit(NOTICES)
    notices = list(db.session.scalars(waiting.with_for_update(skip_locked=True)))
    told = [notice for notice in notices if notice.occasion in OF_EVENT | OF_PARTY]
    events = events_of({notice.subject for notice in told})
    told = _still_true(
        [one for one in told if one.subject in events and not is_over(events[one.subject], now)]
    )
    _supersede(told, events, now)
    parties = parties_at({events[notice.subject].id for notice in told}) if told else {}
    offered = [int(one.subject.split(" ")[1]) for one in told if one.occasion is Occasion.OFFERED]
    until = offers_until(offered) if offered else {}
    rows = []
    for notice in told:
        for home in concerned(notice, parties.get(events[notice.subject].id, ())):
            if notice.occasion is not Occasion.OFFERED or home.party_id in until:
                rows += _rows(
                    notice, home.household_id, home.party_id, home.reach, until.get(home.party_id), now
                )
    written = put(rows)
    if notices:
        ids = [notice.id for notice in notices]
        db.session.execute(update(Notice).where(Notice.id.in_(ids)).values(spread_at=now))
    return written


def _still_true(notices: Sequence[Notice]) -> list[Notice]:
    """Without those about an event of which a later one speaks, too."""
    last = {notice.subject: notice.id for notice in notices if notice.occasion in OF_EVENT}
    return [one for one in notices if one.occasion in OF_PARTY or last[one.subject] == one.id]


def _rows(
    notice: Notice, household_id: int, party_id: int, reach: Reach, until_at: datetime | None, now: datetime
) -> list[dict]:
    return [
        row(
            notice.occasion,
            notice.subject,
            way,
            household_id=household_id,
            site_id=notice.site_id,
            now=now,
            step=notice.step,
            notice_id=notice.id,
            party_id=party_id,
            until_at=until_at,
        )
        for way in ways(notice.occasion, reach, switches().on)
    ]


def _supersede(notices: Sequence[Notice], events: dict[str, Event], now: datetime) -> None:
    """What has not been told about an event by now is not to be told any more: the later notice says it all."""
    newer = [
        and_(Message.subject == one.subject, Message.notice_id < one.id, Message.occasion.in_(OF_EVENT))
        for one in notices
        if one.occasion in OF_EVENT
    ]
    called_off = [events[one.subject].id for one in notices if one.occasion is Occasion.CANCELLED]
    if called_off:
        there = select(Party.id).where(Party.event_id.in_(called_off))
        newer.append(and_(Message.party_id.in_(there), Message.occasion.in_(ABOUT_PARTY)))
    if newer:
        gone = {"state": Delivery.VOID, "why": "superseded", "ended_at": now}
        db.session.execute(update(Message).where(Message.state == Delivery.PENDING, or_(*newer)).values(gone))


# --- sign-ups -----------------------------------------------------------------------------------------------------


def confirm(*, now: datetime) -> int:
    """Confirm sign-ups in writing, where something is switched on to write with; of a course once for all its dates.

    The page and whoever answered the phone have told them already: nobody is called.
    """
    if not switches().on:
        return 0
    latest = select(func.max(Party.id)).scalar_subquery()
    told = select(Message.id).where(Message.party_id == Party.id, Message.occasion.in_(AT_SIGN_UP))
    lead = _first_of_request()
    rows = db.session.execute(
        select(Party.id, Party.household_id, Party.first_state, awaits_lot(), Event.site_id, *reach_columns())
        .join(Event, Event.id == Party.event_id)
        .outerjoin(Draw, Draw.event_id == Event.id)
        .join(Household, Household.id == Party.household_id)
        .where(
            Party.id > latest - LOOKED_AT,
            Party.made_at > now - CONFIRMED_WITHIN,
            Event.state == State.PUBLISHED,
            Event.starts_at > now,
            Party.drawn.is_(None),  # whose lot is drawn hears what came of it
            ~told.exists(),
            ~lead.exists(),
        )
        .order_by(Party.id)
        .limit(SIGNUPS)
    ).all()
    made = []
    for party_id, household_id, first_state, by_lot, site_id, *sealed in rows:
        waits = Occasion.DRAW_AWAITED if by_lot else Occasion.WAITLISTED
        occasion = waits if first_state is Place.WAITLISTED else Occasion.CONFIRMED
        for way in ways(occasion, reach_of(*sealed, calls=False), switches().on):
            made.append(
                row(occasion, f"party {party_id}", way, household_id=household_id, site_id=site_id, now=now,
                    party_id=party_id)
            )  # fmt: skip
    return put(made)


def _first_of_request():
    """An earlier party of the same request: that of the date of a course through which somebody signed up."""
    other, its_event = Party.__table__.alias("other"), Event.__table__.alias("its_event")
    return (
        select(other.c.id)
        .join(its_event, its_event.c.id == other.c.event_id)
        .join(Series, and_(Series.id == Event.series_id, Series.enrolment == Enrolment.COURSE))
        .where(
            other.c.household_id == Party.household_id,
            other.c.made_at == Party.made_at,
            other.c.id < Party.id,
            its_event.c.series_id == Event.series_id,
        )
    )


def tell_not_drawn(*, now: datetime) -> int:
    """Tell whom the lot gave no place, with their place in line; who got one hears it by a notice. How many rows.

    Once: whoever left the line meanwhile, or was offered a place, needs not hear of it.
    """
    told = select(Message.id).where(Message.party_id == Party.id, Message.occasion == Occasion.NOT_DRAWN)
    waits = select(Signup.id).where(Signup.party_id == Party.id, Signup.state == Place.WAITLISTED)
    rows = db.session.execute(
        select(Party.id, Party.household_id, Event.site_id, *reach_columns())
        .join(Event, Event.id == Party.event_id)
        .join(Household, Household.id == Party.household_id)
        .where(
            Event.draw_at <= now,
            Event.state == State.PUBLISHED,
            Event.starts_at > now,
            Party.drawn.is_not(None),
            waits.exists(),
            ~told.exists(),
        )
        .order_by(Party.id)
        .limit(SIGNUPS)
    ).all()
    return put(
        [
            row(Occasion.NOT_DRAWN, f"party {party_id}", way, household_id=household_id, site_id=site_id, now=now,
                party_id=party_id)
            for party_id, household_id, site_id, *sealed in rows
            for way in ways(Occasion.NOT_DRAWN, reach_of(*sealed, calls=False), switches().on)
        ]
    )  # fmt: skip


# --- reminders ----------------------------------------------------------------------------------------------------


def remind(*, now: datetime) -> int:
    """Remind households of what they go to within a day: one a household and local day, for all of it.

    Never in the quiet hours: what falls due then is written when they are over.
    """
    if allowed_from(Occasion.REMINDER, now) > now:
        return 0
    first = clock.day_of(now)
    return sum(_remind_of(day, now) for day in (first, first + timedelta(days=1)))


def _remind_of(day: date, now: datetime) -> int:
    """Those whose first event of that day begins within a day. Two questions.

    One that signed up for all of it within the last day finds it on its page and is not disturbed.
    """
    begins, ends = clock.instant(day), clock.instant(day + timedelta(days=1))
    subject = f"day {day}"
    there = and_(
        Event.state == State.PUBLISHED,
        Event.starts_at >= max(begins, now),
        Event.starts_at < ends,
        Signup.state == Place.CONFIRMED,
    )
    told = select(Message.id).where(
        Message.occasion == Occasion.REMINDER, Message.subject == subject, Message.step == 0,
        Message.household_id == Party.household_id,
    )  # fmt: skip
    near = (
        select(Party.household_id)
        .join(Signup, Signup.party_id == Party.id)
        .join(Event, Event.id == Party.event_id)
        .where(there, Event.starts_at <= now + BEFORE, ~told.exists())
        .distinct()
        .order_by(Party.household_id)
        .limit(HOMES)
    )
    homes = db.session.scalars(near).all()
    if not homes:
        return 0
    rows = db.session.execute(
        select(Party, Event.starts_at, Event.site_id, *reach_columns())
        .join(Event, Event.id == Party.event_id)
        .join(Household, Household.id == Party.household_id)
        .where(
            Party.household_id.in_(homes),
            select(Signup.id).where(Signup.party_id == Party.id, there).exists(),
        )
        .order_by(Event.starts_at, Party.id)
    ).all()
    return put(_reminders(subject, rows, now))


def _reminders(subject: str, rows: Sequence, now: datetime) -> list[dict]:
    its: dict[int, list] = {}
    for one in rows:
        its.setdefault(one[0].household_id, []).append(one)
    made = []
    for household_id, places in its.items():
        party, _starts_at, site_id, *sealed = places[0]
        early = any(one.made_at <= begins - BEFORE for one, begins, *_ in places)
        reach = reach_of(*sealed, calls=any(one.channel in CALLERS for one, *_ in places))
        chosen = ways(Occasion.REMINDER, reach, switches().on) if early else (Way.PAGE,)
        for way in chosen:
            of_sites = _first_of_each_site(places) if way is Way.CALL else [(party.id, site_id)]
            for step, (party_id, caller_id) in enumerate(of_sites):
                made.append(
                    row(Occasion.REMINDER, subject, way, household_id=household_id, site_id=caller_id, now=now,
                        step=step, party_id=party_id)
                )  # fmt: skip
    return made


def _first_of_each_site(places: Sequence) -> list[tuple[int, int]]:
    """(party, site): each site calls about its own; what somebody does elsewhere is not its business."""
    first: dict[int, int] = {}
    for party, _starts_at, site_id, *_sealed in places:
        first.setdefault(site_id, party.id)
    return [(party_id, site_id) for site_id, party_id in first.items()]
