"""What a household has signed up for, as its own page shows it: by person, a course once, what waits with its rank."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Select, func, or_, select

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import PUBLIC, State
from stationapp.refusal import NotFound
from stationapp.residents.models import Resident
from stationapp.residents.queries import records_at
from stationapp.signups.dates import held_by_each
from stationapp.signups.models import Draw, Offer, Party, Signup
from stationapp.signups.queries import LINE
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from stationapp.vault import vault

MOST = 200
"""Coming places that one page shows."""


@dataclass(frozen=True)
class Kept:
    """A place of one of the household: of a course the next of its dates, `dates` of them in all."""

    person_id: int
    signup: Signup
    event: Event
    site: Site
    code: str
    dates: int = 1
    rank: int | None = None  # in line, while it waits
    answer_until: datetime | None = None  # while it is offered
    awaits_draw: bool = False  # lots are still to be drawn; a rank says nothing until then


def _places(household_id: int) -> Select:
    return (
        select(func.coalesce(Resident.merged_into, Resident.id), Signup, Event, Site)
        .select_from(Signup)
        .join(Resident, Resident.id == Signup.resident_id)
        .join(Event, Event.id == Signup.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(Signup.resident_id.in_(records_at(household_id)))
    )


def list_coming(household_id: int, *, now: datetime) -> list[Kept]:
    """The live places of everybody of a household at what is still to come, the soonest first; a fixed number of
    questions. What was called off stays until its time is over, so that nobody goes there for nothing."""
    rows = db.session.execute(
        _places(household_id)
        .where(Signup.state != Place.CANCELLED, Event.state.in_(PUBLIC), _is_ahead(now))
        .order_by(Event.starts_at, Signup.id)
        .limit(MOST)
    ).all()
    held = held_by_each([row[1] for row in rows], now=now)
    sites = {row[2].id: row[3] for row in rows}
    once: dict[object, tuple[int, Signup, Event, int]] = {}
    for person_id, signup, _event, _site in rows:
        its = held[signup.id]
        key = (its.series.id, person_id) if its.series else signup.id
        live = [place for place in its.places if place[0].state is not Place.CANCELLED]
        once.setdefault(key, (person_id, *its.next, len(live)))
    shown = list(once.values())
    awaited = _awaited([event for _, _, event, _ in shown])
    ranks = _ranks([signup for _, signup, _, _ in shown if signup.state is Place.WAITLISTED])
    offers = _offers([signup.party_id for _, signup, _, _ in shown if signup.state is Place.OFFERED])
    return sorted(
        (
            Kept(
                person_id,
                signup,
                event,
                sites[event.id],
                vault().unseal(signup.code_sealed),
                dates,
                ranks.get(signup.party_id),
                offers.get(signup.party_id),
                signup.state is Place.WAITLISTED and event.id in awaited,
            )
            for person_id, signup, event, dates in shown
        ),
        key=lambda kept: (kept.event.starts_at, kept.signup.id),
    )


def past(household_id: int, *, now: datetime) -> Select:
    """(person, place, event, site) of what is over or was given back, the last first; each date of a course alone."""
    over = (Event.ends_at <= now) & (Event.state != State.POSTPONED)
    return (
        _places(household_id)
        .where(or_(over, Signup.state == Place.CANCELLED))
        .order_by(Event.starts_at.desc(), Signup.id.desc())
    )


def _is_ahead(now: datetime):
    return or_(Event.ends_at > now, Event.state == State.POSTPONED)


def _ranks(waiting: Sequence[Signup]) -> dict[int, int]:
    """Where each waiting party stands in its line, by party id."""
    its = {signup.event_id for signup in waiting}
    if not its:
        return {}
    rows = db.session.execute(
        select(Party.event_id, Party.id)
        .join(Signup, Signup.party_id == Party.id)
        .where(Party.event_id.in_(its), Signup.state == Place.WAITLISTED)
        .group_by(Party.id)
        .order_by(Party.event_id, *LINE)
    )
    lines = groupby(rows, key=lambda row: row[0])
    return {party_id: rank for _event, line in lines for rank, (_e, party_id) in enumerate(line, start=1)}


def _awaited(events: Sequence[Event]) -> set[int]:
    """The events whose lots are still to be drawn."""
    its = {event.id for event in events if event.draw_at is not None}
    if not its:
        return its
    held = select(Draw.event_id).where(Draw.event_id.in_(its), Draw.drawn_at.is_not(None))
    return its - set(db.session.scalars(held))


def _offers(party_ids: Collection[int]) -> dict[int, datetime]:
    if not party_ids:
        return {}
    live = (Offer.party_id.in_(party_ids), Offer.ended_at.is_(None))
    return dict(db.session.execute(select(Offer.party_id, Offer.until_at).where(*live)).all())


def get_kept(household_id: int, signup_id: int) -> Signup:
    """A place of one of the household; raises NotFound for anybody else's."""
    its = select(Signup).where(Signup.id == signup_id, Signup.resident_id.in_(records_at(household_id)))
    signup = db.session.scalar(its)
    if signup is None:
        raise NotFound
    return signup
