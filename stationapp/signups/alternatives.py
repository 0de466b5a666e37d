"""What else somebody can go to who cannot come to an event: other dates, then the like nearby (domain.md §6)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Select, and_, bindparam, case, exists, literal, or_, select, union_all
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.db import UtcDateTime, db
from stationapp.events.listing import LINE_COLUMNS, Line, has_free_places
from stationapp.events.models import Event, EventTheme, Series
from stationapp.events.rules import Category, Enrolment, Residence
from stationapp.events.stages import Stage
from stationapp.residents.rules import Lives
from stationapp.signups.rules import AgeRule, SignupRefusal, age_problem, home_problem
from stationapp.sites.models import Site

MOST = 3
WITHIN = timedelta(days=14)
"""How far ahead the like of an event is looked for; another date of its series may be any time."""

LOOKED_AT = 40
"""So many are read, of which those are left out that the people are too young or too old for."""

NOWHERE = frozenset({Stage.FULL, Stage.SIGN_UP_OVER, Stage.POSTPONED, Stage.CANCELLED})
"""Stages in which the event's page says what else there is."""

ELSEWHERE = frozenset(
    {
        SignupRefusal.FULL,
        SignupRefusal.CLOSED,
        SignupRefusal.CANCELLED,
        SignupRefusal.POSTPONED,
        SignupRefusal.TOO_YOUNG,
        SignupRefusal.TOO_OLD,
        SignupRefusal.NOT_FROM_HERE,
        SignupRefusal.CLASHES,
        SignupRefusal.NOT_DECLARED,
        SignupRefusal.HOLD_TOO_SMALL,
    }
)
"""Refusals after which another event may do."""


@dataclass(frozen=True)
class Who:
    """What is known of the people who look for something; nothing is by default.

    `births` are months of birth "YYYY-MM"; `home_path` is Site.path of the community they live in, None: not known.
    """

    births: Sequence[str] = ()
    lives: Lives = Lives.UNKNOWN
    home_path: str | None = None


class _Like(NamedTuple):
    """What decides whether an event is something for somebody."""

    min_age: int | None
    max_age: int | None
    residence: Residence
    path: str


def elsewhere(
    event: Event, site: Site, *, now: datetime, who: Who | None = None
) -> tuple[tuple[Line, Stage], ...]:
    """At most MOST events that take sign-ups now and suit the people, with their stages; one statement.

    First other dates of the same series by time, then events of the same category or a theme in common within
    14 days: at sites of the same sub-district, then anywhere in the district. Whole courses are left out.
    """
    values = {
        "now": now,
        "until": now + WITHIN,
        "event_id": event.id,
        "series_id": event.series_id or 0,
        "category": event.category or Category.A09,
        "office": "/" + "/".join(site.path.strip("/").split("/")[:2]) + "/%",
    }
    wanted = AgeRule(event.min_age, event.max_age)
    found = []
    for row in db.session.execute(_STATEMENT, values):
        line, like = Line(*row[: len(LINE_COLUMNS)]), _Like(*row[len(LINE_COLUMNS) :][:4])
        if _suits(like, line, wanted, who or Who()):
            found.append((line, line.stage(now)))
    return tuple(found[:MOST])


def _suits(like: _Like, line: Line, wanted: AgeRule, who: Who) -> bool:
    ages, day = AgeRule(like.min_age, like.max_age), clock.day_of(line.starts_at)
    if who.births:
        right_age = all(age_problem(ages, birth, day) is None for birth in who.births)
    else:
        right_age = _covers(ages, wanted)
    if who.lives is Lives.UNKNOWN:
        near = like.residence in (Residence.ANYONE, Residence.DISTRICT)
    else:
        near = home_problem(like.residence, like.path, who.lives, who.home_path) is None
    return right_age and near


def _covers(ages: AgeRule, wanted: AgeRule) -> bool:
    """Whether everybody of the ages the event is for may come there, too."""
    low = ages.min_age is None or (wanted.min_age is not None and ages.min_age <= wanted.min_age)
    high = ages.max_age is None or (wanted.max_age is not None and ages.max_age >= wanted.max_age)
    return low and high


def _candidates(rank) -> Select:
    """Events one can sign up to alone; `rank` says how close they come to what was wanted."""
    course = (Series.id == Event.series_id) & (Series.enrolment == Enrolment.COURSE)
    return (
        select(*LINE_COLUMNS, Event.min_age, Event.max_age, Event.residence, Site.path, rank.label("rank"))
        .join(Site, Site.id == Event.site_id)
        .where(has_free_places(), Event.id != bindparam("event_id"), ~exists().where(course))
    )


def _statement() -> Select:
    series = bindparam("series_id")
    same = _candidates(literal(0)).where(Event.series_id == series)
    its = aliased(EventTheme)
    shared = EventTheme.theme.in_(select(its.theme).where(its.event_id == bindparam("event_id")))
    theme = exists().where(and_(EventTheme.event_id == Event.id, shared))
    like = _candidates(case((Site.path.like(bindparam("office")), 1), else_=2)).where(
        Event.starts_at < bindparam("until", type_=UtcDateTime()),
        or_(Event.series_id.is_(None), Event.series_id != series),
        or_(Event.category == bindparam("category"), theme),
        Event.audience_only.is_(False),
    )
    parts = []
    for part in (same, like):
        inner = part.subquery()
        order = (inner.c.rank, inner.c.starts_at, inner.c.code)
        parts.append(select(select(inner).order_by(*order).limit(LOOKED_AT).subquery()))
    merged = union_all(*parts).subquery()
    return select(merged).order_by(merged.c.rank, merged.c.starts_at, merged.c.code)


_STATEMENT = _statement()
