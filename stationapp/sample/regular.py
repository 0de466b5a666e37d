"""What the sample holds again and again: a weekly series, a course, and an office's day each month (domain.md §5)."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from stationapp import clock
from stationapp.db import transaction
from stationapp.events import operations as events
from stationapp.events import series as verbs
from stationapp.events.models import Event
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import (
    SUBMITTABLE,
    AroundHolidays,
    Cadence,
    Enrolment,
    EventFields,
    Pattern,
    State,
)
from stationapp.events.series_queries import list_dates
from stationapp.sample.lent import with_rooms
from stationapp.sample.life import Life, Step
from stationapp.sample.lived import Lived
from stationapp.sample.programme import IDEAS, Idea
from stationapp.signups import course
from stationapp.sites.models import Site

_AHEAD = timedelta(days=60)  # how far ahead what is held all year is published
_LAID_OUT = timedelta(days=12)  # before the first date
_OPENS = timedelta(days=10)  # sign-up to one date, before it
_TUESDAY, _THURSDAY = frozenset({1}), frozenset({3})

_MORNINGS = replace(IDEAS["八段锦晨练"], hour=9)  # indoors, once the rooms are open
_NEIGHBOURS = replace(
    IDEAS["便民集市：理发磨刀修伞"],
    title="邻里日：理发磨刀修伞",
    summary="每月3日，街坊们聚一聚，理发磨刀修伞都不要钱",
    volunteers=0,
)
_LESSONS = replace(
    IDEAS["智能手机课堂：微信挂号与健康码"],
    title="智能手机八堂课",
    summary="每周四晚上一课，八周学会挂号、缴费、防诈骗",
    hour=18,
    people=20,  # more than there are places, so that somebody waits
    volunteers=0,
)


@dataclass(frozen=True)
class _Wish:
    """A series as its manager thinks of it; `held_in` names the programme whose rooms it takes."""

    site: Site
    idea: Idea
    rule: Recurrence
    cadence: Cadence
    enrolment: Enrolment = Enrolment.PER_EVENT
    complete_after: int | None = None
    held_in: str = ""


def regular(life: Life, station: Site, office: Site, *, since: date) -> list[Step]:
    """Lay out, hand in and publish the three from `since` on; what remains to be lived, step by step."""
    today = clock.day_of(life.now)
    until = today + _AHEAD
    mornings = Recurrence(
        Pattern.WEEKLY, since, until, weekdays=_TUESDAY, around_holidays=AroundHolidays.LATER
    )
    neighbours = Recurrence(Pattern.MONTHLY_DATE, since, until, month_day=3)
    begun = max(since, today - timedelta(weeks=4))
    lessons = Recurrence(
        Pattern.WEEKLY, begun, times=8, weekdays=_THURSDAY, around_holidays=AroundHolidays.SKIP
    )
    return [
        *_by_date(life, _Wish(station, _MORNINGS, mornings, Cadence.YEAR_ROUND, held_in="豫剧戏迷票友会")),
        *_by_date(life, _Wish(office, _NEIGHBOURS, neighbours, Cadence.YEAR_ROUND)),
        *_course(
            life,
            _Wish(
                station,
                _LESSONS,
                lessons,
                Cadence.STAGED,
                Enrolment.COURSE,
                complete_after=6,
                held_in="智能手机课堂：微信挂号与健康码",
            ),
        ),
    ]


def _by_date(life: Life, wish: _Wish) -> list[Step]:
    """People sign up to each date by itself."""
    return [
        (event.starts_at, partial(_lived(life, wish, event).follow, event.id))
        for event in _publish(life, wish)
        if event.opens_at < life.now
    ]


def _course(life: Life, wish: _Wish) -> list[Step]:
    """People sign up once, before it begins; then each date that is over was held."""
    dates = _publish(life, wish)
    enrol = partial(_lived(life, wish, dates[0]).fill, dates[0].id)
    held = [
        (event.starts_at, partial(_lived(life, wish, event).hold, event.id))
        for event in dates
        if event.ends_at <= life.now
    ]
    return [(dates[0].starts_at - timedelta(days=1), enrol), *held]


def _lived(life: Life, wish: _Wish, event: Event) -> Lived:
    seed = Random(f"{wish.idea.title} {clock.day_of(event.starts_at)}")
    return Lived(life, wish.site, wish.idea, seed, None, event.id)


def _publish(life: Life, wish: _Wish) -> list[Event]:
    """Its dates, handed in by the site and published by who decides, all at once; by time."""
    laid_at = clock.instant(wish.rule.first_on - _LAID_OUT, 10)
    by = life.manager(wish.site)
    with transaction():
        series = verbs.lay_out(
            wish.site,
            _fields(wish),
            wish.rule,
            cadence=wish.cadence,
            enrolment=wish.enrolment,
            complete_after=wish.complete_after,
            by=by,
            now=laid_at,
        ).series
        verbs.hand_in(series, events.submit, takes=SUBMITTABLE, by=by, now=laid_at + timedelta(hours=1))
    with transaction():
        verbs.hand_in(
            series,
            _let_go,
            takes={State.SUBMITTED},
            by=life.reviewer(wish.site),
            now=laid_at + timedelta(days=1),
        )
    return [event for event in list_dates(series) if event.state is State.PUBLISHED]


def _let_go(event: Event, *, by: int, now: datetime) -> None:
    events.publish(event, by=by, now=now)
    course.bring_along(event, now=now)


def _fields(wish: _Wish) -> EventFields:
    """One of its dates, on the day the rule counts from."""
    idea, day = wish.idea, wish.rule.first_on
    starts_at = clock.instant(day, idea.hour)
    by_date = wish.enrolment is Enrolment.PER_EVENT
    fields = EventFields(
        title=idea.title,
        summary=idea.summary,
        category=idea.category,
        task=idea.task,
        audience=idea.audience,
        themes=idea.themes,
        place=wish.site.address,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=idea.minutes),
        opens_at=clock.instant(day - _OPENS, 8) if by_date else None,
        capacity=idea.capacity,
        min_age=idea.min_age,
        max_age=idea.max_age,
        contact_phone=wish.site.phone,
    )
    return with_rooms(fields, wish.site, wish.held_in)
