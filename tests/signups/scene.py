"""Short words for what the tests of sign-ups do again and again."""

import itertools
from datetime import datetime, timedelta

from sqlalchemy import update

from stationapp import clock, codes
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event, Series
from stationapp.events.rules import Cadence, Enrolment, State
from stationapp.residents.rules import PersonIn
from stationapp.signups import course as in_step
from stationapp.signups import operations
from stationapp.signups.rules import Answer, Channel
from stationapp.sites.models import Site
from tests import cast

_keys = itertools.count()


def person(name: str, phone: str = "19900000001", **more) -> PersonIn:
    """Somebody of one household unless told."""
    return PersonIn(name, phone, **more)


def people(count: int, household: int) -> list[PersonIn]:
    """So many people on a phone of their own."""
    return [
        PersonIn("赵钱孙李周吴郑王"[i] + "一二三四五六七八"[household % 8], f"199{household:08d}")
        for i in range(count)
    ]


def sign_up(
    event: Event, *party: PersonIn, key: str = "", by: int | None = None, now: datetime | None = None, **more
) -> Answer:
    """Sign up in a transaction of its own; with a fresh key unless told, and `more` of what `sign_up` takes."""
    with transaction():
        return operations.sign_up(
            event,
            party,
            key=key or f"key {next(_keys)}",
            channel=Channel.PHONE if by else Channel.WEB,
            by=by,
            consent="oral-1" if by else "web-1",
            now=now or clock.now(),
            **more,
        )


def course(home: Site, dates: int = 4, *, capacity: int | None = 10, complete_after: int | None = None):
    """A public course: (its series, its events, a week apart, the first in two days)."""
    now = clock.now()
    with transaction() as session:
        series = Series(
            code=codes.new_public(), site_id=home.id, title="书法课", cadence=Cadence.STAGED, made_at=now,
            enrolment=Enrolment.COURSE, complete_after=complete_after,
        )  # fmt: skip
        session.add(series)
    events = [further_date(series, home, weeks=week, capacity=capacity) for week in range(dates)]
    return series, events


def further_date(series: Series, home: Site, *, weeks: int, publish: bool = True, **changes) -> Event:
    """One more date of a series, so many weeks after the first."""
    starts_at = clock.instant(clock.day_of(clock.now()) + timedelta(days=2, weeks=weeks), 9)
    event = cast.event(
        home, publish=False, **{"title": series.title, "starts_at": starts_at, "place": "书画室"} | changes
    )
    with transaction() as session:
        event.series_id = series.id
        session.add(event)
    if publish:
        announce(event)
    return event


def announce(event: Event) -> None:
    """Publish it the way the desk does."""
    now = clock.now()
    with transaction():
        in_step.hold_for(event, now=now)
        if event.state is State.DRAFT:
            events.submit(event, by=None, now=now)
        events.publish(event, by=None, now=now)
        in_step.bring_along(event, now=now)


def let_pass(*dates: Event) -> None:
    """As if they had been held nine days ago."""
    gone = clock.now() - timedelta(days=9)
    with transaction():
        ids = [date.id for date in dates]
        past = {"starts_at": gone, "ends_at": gone + timedelta(hours=2)}
        db.session.execute(update(Event).where(Event.id.in_(ids)).values(past))
    db.session.expire_all()
