"""A person's places at the dates of a course: one code stands for all of them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select

from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import PUBLIC, Enrolment, State
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place

Places = list[tuple[Signup, Event]]


class Held(NamedTuple):
    """What a code stands for: the person's places by time (one alone, unless it is a course), and the next of them."""

    series: Series | None
    places: Places
    next: tuple[Signup, Event]


def held_by(signup: Signup, *, now: datetime) -> Held:
    """The places that a place's code stands for."""
    return held_by_each([signup], now=now)[signup.id]


def held_by_each(signups: Collection[Signup], *, now: datetime) -> dict[int, Held]:
    """The same for many, by their ids; in two questions."""
    own = _with_series(Signup.id.in_([signup.id for signup in signups]))
    courses = {series.id for _, _, series in own if series}
    people = {signup.resident_id for signup, _, series in own if series}
    of_courses: dict[tuple[int, int], Places] = {}
    if courses:
        all_dates = _with_series(
            Series.id.in_(courses), Signup.resident_id.in_(people), Event.state.in_(PUBLIC)
        )
        for signup, event, series in all_dates:
            of_courses.setdefault((series.id, signup.resident_id), []).append((signup, event))
    found = {}
    for signup, event, series in own:
        places = [(signup, event)]
        if series:
            places = _one_a_date(of_courses[series.id, signup.resident_id])
        found[signup.id] = Held(series, places, _next(places, now))
    return found


def _with_series(*conditions) -> list[tuple[Signup, Event, Series | None]]:
    of_course = (Series.id == Event.series_id) & (Series.enrolment == Enrolment.COURSE)
    rows = db.session.execute(
        select(Signup, Event, Series)
        .join(Event, Event.id == Signup.event_id)
        .outerjoin(Series, of_course)
        .where(*conditions)
        .order_by(Event.starts_at, Event.id, Signup.state != Place.CANCELLED, Signup.id)
    )
    return [tuple(row) for row in rows]


def _one_a_date(places: Iterable[tuple[Signup, Event]]) -> Places:
    """The live place at each date, or the last one given back; live ones come last at a date."""
    return list({event.id: (signup, event) for signup, event in places}.values())


def _next(places: Places, now: datetime) -> tuple[Signup, Event]:
    """The next date that takes place; else one put off; else the last there was."""
    live = [place for place in places if place[0].state is not Place.CANCELLED] or places
    coming = [place for place in live if place[1].state is State.PUBLISHED and place[1].ends_at > now]
    put_off = [place for place in live if place[1].state is State.POSTPONED]
    return (coming or put_off or live[-1:])[0]


def places_at(signups: Collection[Signup], event: Event) -> dict[int, Signup]:
    """The live place at `event` that each of these places' codes stands for there, by their ids.

    That is the place itself, or, when both are dates of one course, the same person's.
    """
    here = {signup.id: signup for signup in signups if signup.event_id == event.id}
    others = [signup for signup in signups if signup.event_id != event.id]
    if not others or event.series_id is None:
        return here
    rows = _with_series(Signup.id.in_([one.id for one in others]), Event.series_id == event.series_id)
    same_course = [signup for signup, _, series in rows if series]
    live = db.session.scalars(
        select(Signup).where(
            Signup.event_id == event.id,
            Signup.resident_id.in_([one.resident_id for one in same_course]),
            Signup.state != Place.CANCELLED,
        )
    )
    by_person = {signup.resident_id: signup for signup in live}
    return here | {one.id: by_person[one.resident_id] for one in same_course if one.resident_id in by_person}


def place_at(signup: Signup, event: Event) -> Signup | None:
    """The place at `event` that one place's code stands for there; None when it is for something else."""
    return places_at([signup], event).get(signup.id)
