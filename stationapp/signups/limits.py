"""How many places one person or one household may take by itself in a week or a month (trust.md §4.6).

The organiser's site and the sites above it may set limits; counted are live places at the events of the limit's site
and all beneath, by the events' start. Each date of a course is a place.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import records_at
from stationapp.signups.models import PlaceLimit, Signup
from stationapp.signups.rules import PARTY_LIMIT, Counted, Place, SignupRefusal, Span, Terms
from stationapp.sites.models import Site
from stationapp.sites.rules import contains


def set_limit(
    site: Site, counted: Counted, span: Span, most: int, *, by: int | None, now: datetime
) -> PlaceLimit:
    """From now on at most `most` places; what stood there before ends. The same again changes nothing."""
    before = db.session.scalar(
        select(PlaceLimit).where(
            PlaceLimit.site_id == site.id,
            PlaceLimit.counted == counted,
            PlaceLimit.span == span,
            PlaceLimit.ended_at.is_(None),
        )
    )
    if before is not None and before.most == most:
        return before
    if before is not None:
        _end(before, by, now)
    limit = PlaceLimit(site_id=site.id, counted=counted, span=span, most=most, made_at=now, made_by=by)
    db.session.add(limit)
    db.session.flush()
    subject = f"limit {counted.value} {span.value} {most}"
    record("signups.set_limit", subject, by=by, now=now, site_id=site.id)
    return limit


def end_limit(limit: PlaceLimit, *, by: int | None, now: datetime) -> None:
    """It no longer holds; harmless when it was ended before."""
    if limit.ended_at is not None:
        return
    _end(limit, by, now)
    subject = f"limit {limit.counted.value} {limit.span.value} {limit.most}"
    record("signups.end_limit", subject, by=by, now=now, site_id=limit.site_id)


def _end(limit: PlaceLimit, by: int | None, now: datetime) -> None:
    limit.ended_at, limit.ended_by = now, by
    db.session.flush()


def list_limits(site_path: str) -> list[tuple[PlaceLimit, Site]]:
    """The limits that count at a site: its own and those of the sites above it, the topmost first."""
    ids = [int(part) for part in site_path.strip("/").split("/")]
    rows = db.session.execute(
        select(PlaceLimit, Site)
        .join(Site, Site.id == PlaceLimit.site_id)
        .where(PlaceLimit.site_id.in_(ids), PlaceLimit.ended_at.is_(None))
        .order_by(Site.path, PlaceLimit.counted, PlaceLimit.span)
    )
    return [(limit, site) for limit, site in rows]


def list_history(site_id: int) -> list[tuple[PlaceLimit, str | None, str | None]]:
    """Every limit a site ever set, the newest first, with the names of who set and who ended it."""
    maker, ender = aliased(Staff), aliased(Staff)
    rows = db.session.execute(
        select(PlaceLimit, maker.name, ender.name)
        .outerjoin(maker, maker.id == PlaceLimit.made_by)
        .outerjoin(ender, ender.id == PlaceLimit.ended_by)
        .where(PlaceLimit.site_id == site_id)
        .order_by(PlaceLimit.id.desc())
    )
    return [(limit, made_by, ended_by) for limit, made_by, ended_by in rows]


def within_limits(dates: Sequence[Terms], household_id: int, people: Sequence[int]) -> None:
    """Refuse what passes a limit of a week or month: many requests at once were weighed before any was seated.

    The household's row is held, so that nobody else signs it up until the transaction ends.
    """
    its = select(Household.id).where(Household.id == household_id)
    db.session.execute(its.with_for_update(key_share=True))
    if problem := stands_against(dates, household_id, people):
        raise problem


def stands_against(
    dates: Sequence[Terms], home_id: int | None, people: Sequence[int | None]
) -> Refused | None:
    """The limit of a week or month that these people more (None: somebody new) would pass, as a refusal."""
    its = list_limits(dates[0].site_path)
    if not its:
        return None
    days = [clock.day_of(terms.starts_at) for terms in dates]
    taken = _list_taken(home_id, days) if home_id is not None else []
    for limit, site in its:
        before = [place for place in taken if contains(site.path, place[2])]
        for day in days:
            first, after = bounds(limit.span, day)
            whose = [person for person, on, _ in before if first <= on < after]
            new = sum(first <= other < after for other in days)
            if limit.counted is Counted.HOME:
                most = len(whose) + new * len(people)
            else:
                most = max(whose.count(person) if person else 0 for person in people) + new
            if most > limit.most:
                return refusal(limit.counted, limit.span, limit.most)
    return None


def home_problem(dates: Iterable[Terms], places: int, *, by_staff: bool) -> Refused | None:
    """Why one household may not have so many places at one event (of a course: at each of its dates), or None.

    Where an event says nothing, PARTY_LIMIT holds for whoever signs up by themselves.
    """
    most = min((date.home_limit for date in dates if date.home_limit is not None), default=None)
    if most is not None:
        return refusal(Counted.HOME, None, most) if places > most else None
    too_many = not by_staff and places > PARTY_LIMIT
    return Refused(SignupRefusal.PARTY_TOO_LARGE, limit=PARTY_LIMIT) if too_many else None


def refusal(counted: Counted, span: Span | None, most: int) -> Refused:
    """What is said when a limit is reached; `span` None: of one event."""
    return Refused(SignupRefusal.LIMIT_REACHED, counted=counted, span=span, most=most)


def bounds(span: Span, day: date) -> tuple[date, date]:
    """The week (from Monday) or the month a day lies in: its first day and the first one after it."""
    if span is Span.WEEK:
        first = day - timedelta(days=day.weekday())
        return first, first + timedelta(days=7)
    month = Month.of(day)
    return month.first_day, month.plus(1).first_day


def _list_taken(home_id: int, days: Sequence[date]) -> list[tuple[int, date, str]]:
    """The household's live places around these days: (person, local day, path of the organiser)."""
    first, after = min(days) - timedelta(days=31), max(days) + timedelta(days=32)
    rows = db.session.execute(
        select(func.coalesce(Resident.merged_into, Resident.id), Event.starts_at, Site.path)
        .join_from(Resident, Signup, Signup.resident_id == Resident.id)
        .join(Event, Event.id == Signup.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(
            Resident.id.in_(records_at(home_id)),
            Signup.state != Place.CANCELLED,
            Event.state != State.CANCELLED,
            Event.starts_at >= clock.instant(first, 0),
            Event.starts_at < clock.instant(after, 0),
        )
    )
    return [(person, clock.day_of(at), path) for person, at, path in rows]
