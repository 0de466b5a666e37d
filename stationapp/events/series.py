"""The verbs of series: lay out, go on, change and call off with a scope, hand in (domain.md §5).

What has begun, is closed out, cancelled or discarded is never touched by any of them.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

from stationapp import clock, codes
from stationapp.audit.operations import record
from stationapp.calendar.queries import differs
from stationapp.db import db
from stationapp.events import operations
from stationapp.events.batches import open_batch, take_out
from stationapp.events.models import Batch, Event, Series
from stationapp.events.queries import fields_of, fields_of_all
from stationapp.events.recurrence import Planned, Recurrence, dates
from stationapp.events.rules import (
    BOOKED,
    EDITABLE,
    PUBLIC,
    BatchKind,
    Cadence,
    Enrolment,
    EventFields,
    EventRefusal,
    State,
)
from stationapp.events.series_queries import list_ahead, model_of, rule_of
from stationapp.events.series_rules import LONGEST_ANNOUNCED, Scope, SeriesRefusal, shifted
from stationapp.events.spreading import days_moved, on_day, spread
from stationapp.refusal import Refused
from stationapp.rooms.operations import give_back
from stationapp.sites.models import Site


class Laid(NamedTuple):
    """What was written: drafts in one batch, by day; and the dates that do not stay where the rule put them."""

    series: Series
    batch: Batch
    events: list[Event]
    moved: list[Planned]
    left_out: list[Planned]


# --- laying out -------------------------------------------------------------------------------------------------


def foresee(
    fields: EventFields,
    rule: Recurrence,
    *,
    cadence: Cadence,
    complete_after: int | None = None,
    now: datetime,
) -> list[Planned]:
    """The dates `lay_out` would write, for a look before; raises what it would refuse."""
    found = dates(rule, differs(rule.first_on, rule.horizon))
    held = _held(found)
    if cadence is Cadence.YEAR_ROUND and (held[-1] - clock.day_of(now)).days > LONGEST_ANNOUNCED:
        raise Refused(SeriesRefusal.YEAR_AT_MOST)
    if on_day(fields, held[0]).starts_at <= now:
        raise Refused(SeriesRefusal.FIRST_IN_PAST)
    if complete_after is not None and complete_after > len(held):
        raise Refused(SeriesRefusal.COMPLETES_NEVER, dates=len(held))
    return found


def lay_out(
    site: Site,
    fields: EventFields,
    rule: Recurrence,
    *,
    cadence: Cadence,
    enrolment: Enrolment = Enrolment.PER_EVENT,
    complete_after: int | None = None,
    by: int | None,
    now: datetime,
    key: str = "",
) -> Laid:
    """Write a series: a draft for each date, all in one batch, which gets `key` for its code where a form brought one.

    `fields` are those of one event on any day; its times of day and its sign-up window go with every date.
    """
    found = foresee(fields, rule, cadence=cadence, complete_after=complete_after, now=now)
    series = Series(
        code=codes.new_public(),
        site_id=site.id,
        title=fields.title,
        cadence=cadence,
        enrolment=enrolment,
        complete_after=complete_after,
        pattern=rule.pattern,
        every=rule.every,
        weekdays=_digits(rule.weekdays),
        nth=rule.nth,
        month_day=rule.month_day,
        around_holidays=rule.around_holidays,
        first_on=rule.first_on,
        made_at=now,
    )
    db.session.add(series)
    db.session.flush()
    return _write("lay_out", series, site, fields, rule, found, by, now, key)


def foresee_extension(
    series: Series, *, until: date | None = None, times: int | None = None, now: datetime
) -> tuple[EventFields, Recurrence, list[Planned]]:
    """What `extend` would write: the values of one event, the rule from here on, and its dates."""
    known, model = rule_of(series), model_of(series)
    if known is None or model is None:
        raise Refused(SeriesRefusal.NO_RULE)
    first_on = max(series.last_on, clock.day_of(now)) + timedelta(days=1)
    rule = replace(known, first_on=first_on, last_on=until, times=times, counted_from=series.first_on)
    fields = fields_of(model)
    return fields, rule, foresee(fields, rule, cadence=series.cadence, now=now)


def extend(
    series: Series,
    *,
    until: date | None = None,
    times: int | None = None,
    by: int | None,
    now: datetime,
    key: str = "",
) -> Laid:
    """Go on by the same rule to `until` or for so many `times`, from the latest event as it stands now.

    `key` is the code of the batch where a form brought one.
    """
    db.session.refresh(series, with_for_update=True)
    fields, rule, found = foresee_extension(series, until=until, times=times, now=now)
    site = db.session.get_one(Site, series.site_id)
    return _write("extend", series, site, fields, rule, found, by, now, key)


def _write(
    act: str,
    series: Series,
    site: Site,
    fields: EventFields,
    rule: Recurrence,
    found: list[Planned],
    by: int | None,
    now: datetime,
    key: str = "",
) -> Laid:
    batch = open_batch(site, BatchKind.SERIES, by=by, now=now, code=key)
    made = [
        operations.draft(site, on_day(fields, day), by=by, now=now, series=series, batch=batch)
        for day in _held(found)
    ]
    series.last_on = rule.last_on or max(_held(found)[-1], found[-1].wished)
    db.session.flush()
    _record(act, series, by, now)
    moved = [one for one in found if one.why and one.day]
    return Laid(series, batch, made, moved, [one for one in found if one.day is None])


def _digits(weekdays: frozenset[int]) -> str:
    return "".join(str(weekday) for weekday in sorted(weekdays))


def _held(found: list[Planned]) -> list[date]:
    return sorted(one.day for one in found if one.day)


# --- changing ---------------------------------------------------------------------------------------------------


def wishes(
    event: Event, fields: EventFields, scope: Scope, *, now: datetime
) -> list[tuple[Event, EventFields]]:
    """What `change` will write, the event itself first and then by id; locks them. Raises Refused."""
    if scope is Scope.THIS:
        return [(event, fields)]
    others = _in_reach(event, scope, now)
    if waiting := [other.starts_at for other in others if other.state is State.SUBMITTED]:
        raise Refused(SeriesRefusal.WAITING_FOR_OFFICE, days=sorted(waiting))
    others = [other for other in others if other.id != event.id and other.state in EDITABLE]
    known = fields_of_all([event, *others])
    spread_out = [
        (other, _as_drawn(spread(known[event.id], fields, known[other.id]), other, now)) for other in others
    ]
    return [(event, fields), *((other, wish) for other, wish in spread_out if wish != known[other.id])]


def _as_drawn(wish: EventFields, other: Event, now: datetime) -> EventFields:
    """A draw whose time has come stays where it was, whatever becomes of the event."""
    return replace(wish, draw_at=other.draw_at) if other.draw_at and other.draw_at <= now else wish


def change(event: Event, fields: EventFields, scope: Scope, *, by: int | None, now: datetime) -> list[Event]:
    """Write what differs from the event's present values into it and into those in `scope`; all or none.

    Returns those it was written into. People who have places stay; the desk is told of each moved event. The edge
    seats who waits where there is more room now. A refusal met on another date is Refused(ON_ONE_DATE).
    """
    before = fields_of(event)
    asked = wishes(event, fields, scope, now=now)
    if fields != before:
        for other, _wish in asked:
            if other.state in BOOKED:
                give_back(other.id)  # a whole row that moves must not stand in its own way
    for other, wish in asked:
        with _naming(other, unless=event):
            operations.change(other, wish, by=by, now=now)
    if scope is not Scope.THIS:
        _follow(db.session.get_one(Series, event.series_id), before, fields, by, now)
    return [other for other, _wish in asked]


def _follow(series: Series, before: EventFields, after: EventFields, by: int | None, now: datetime) -> None:
    """What is said of the whole series goes with the change: its name, and the rule it is gone on by."""
    if series.title == before.title:
        series.title = after.title
    rule, days = rule_of(series), days_moved(before, after)
    if rule and days and (moved := shifted(rule.pattern, rule.weekdays, rule.month_day, days)):
        series.weekdays, series.month_day = _digits(moved[0]), moved[1]
        series.first_on += timedelta(days=days)
        series.last_on += timedelta(days=days)
    if db.session.is_modified(series):
        db.session.flush()
        _record("change_series", series, by, now)


# --- calling off ------------------------------------------------------------------------------------------------


class CalledOff(NamedTuple):
    """What residents must hear of, and what they never knew of."""

    cancelled: list[Event]
    discarded: list[Event]


def call_off(event: Event, scope: Scope, *, by: int | None, now: datetime, reason: str = "") -> CalledOff:
    """Cancel what is public, with a reason, and take the rest out of the plan, out of review too; all or none."""
    reached = [event] if scope is Scope.THIS else _in_reach(event, scope, now)
    if not reached:
        raise Refused(SeriesRefusal.NOTHING_AHEAD)
    public = [one for one in reached if one.state in PUBLIC]
    if public and not reason.strip():
        raise Refused(EventRefusal.REASON_MISSING)
    for one in reached:
        with _naming(one, unless=event):
            if one in public:
                operations.cancel(one, by=by, now=now, reason=reason)
            else:
                take_out(one, by=by, now=now, reason=reason)
    return CalledOff(public, [one for one in reached if one not in public])


# --- handing in -------------------------------------------------------------------------------------------------


class Handed(NamedTuple):
    """What went through, and what did not with the reason."""

    done: list[Event]
    left: list[tuple[Event, Refused]]


def hand_in(
    series: Series, act: Callable[..., object], *, takes: Collection[State], by: int | None, now: datetime
) -> Handed:
    """Submit or publish (`act`) every date ahead whose state it `takes`; what is incomplete or clashes stays behind.

    Whether publishing needs the office, and who is to be taken along to a date of a course, are the edge's questions.
    """
    handed = Handed([], [])
    for event in list_ahead(series.id, now):
        if event.state not in takes:
            continue
        try:
            with db.session.begin_nested():
                act(event, by=by, now=now)
        except Refused as refused:
            handed.left.append((event, refused))
        else:
            handed.done.append(event)
    return handed


def _in_reach(event: Event, scope: Scope, now: datetime) -> list[Event]:
    """The events of its series that the scope means and that have not begun, itself among them; locked, by id."""
    if event.series_id is None:
        raise Refused(SeriesRefusal.NOT_A_SERIES)
    ahead = [
        other for other in list_ahead(event.series_id, now) if other.state in EDITABLE | {State.SUBMITTED}
    ]
    if scope is Scope.ALL_FUTURE:
        return ahead
    return [other for other in ahead if (other.starts_at, other.id) >= (event.starts_at, event.id)]


@contextmanager
def _naming(event: Event, *, unless: Event) -> Iterator[None]:
    """A refusal met here names the date, unless it is the one that was asked about."""
    starts_at = event.starts_at
    try:
        yield
    except Refused as inner:
        if event.id == unless.id:
            raise
        raise Refused(SeriesRefusal.ON_ONE_DATE, starts_at=starts_at, inner=inner) from inner


def _record(act: str, series: Series, by: int | None, now: datetime) -> None:
    record(f"events.{act}", f"series {series.code}", by=by, now=now, site_id=series.site_id)
