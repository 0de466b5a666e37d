"""A normal month is left in peace: at most 2 % of its events and lines are flagged; the same with frauds is not."""

import os

from sqlalchemy import select

from stationapp.db import db
from stationapp.scrutiny.rules import Flag, month_span
from stationapp.volunteers.models import HoursEntry
from tests import cast
from tests.scrutiny.acts import World, at, close, event, serve, ticked
from tests.scrutiny.month import EVENTS, MONTH, live

MOST = 0.02
SEED = int(os.environ.get("CLEAN_SEED", "20260901"))


def share(world: World, raised) -> tuple[float, float]:
    """Of the month's events and of its lines: which part any flag rests on."""
    events = {rest.event for one in raised for rest in one.rests if rest.event}
    people = {(rest.volunteer, one.day) for one in raised for rest in one.rests if rest.volunteer}
    lines = db.session.scalars(select(HoursEntry).where(HoursEntry.served_on >= MONTH.first_day)).all()
    touched = [line for line in lines if (line.volunteer_id, line.served_on) in people]
    return len(events) / EVENTS, len(touched) / len(lines)


def test_a_normal_month_is_hardly_flagged_and_one_with_frauds_is(app):
    world = World(app, cast.district(app))
    with app.app_context():
        lived = live(world, SEED)
        span = month_span(MONTH)
        clean = world.flags(span.first, span.last)
        lines = db.session.query(HoursEntry).count()
        of_events, of_lines = share(world, clean)
        print(
            f"seed {SEED}: {EVENTS} events, {lines} lines, {lived.manual} by hand, {lived.forgotten} sign-outs"
            f" forgotten, {lived.by_phone_of_another} signed in by another's phone; flagged: {of_events:.1%} of"
            f" the events, {of_lines:.1%} of the lines {[one.flag.name for one in clean]}"
        )
        assert of_events <= MOST and of_lines <= MOST
        # Were the month without its irregularities, nothing could be flagged by mistake.
        assert lived.forgotten >= 5 and lived.manual >= 3 and lived.by_phone_of_another >= 9
        expected = mix_in(world, lived)
        found = world.flags(span.first, span.last)
        assert {one.flag for one in found} >= expected
        assert share(world, found)[0] > MOST
        assert len(found) >= len(clean) + len(expected)


def mix_in(world: World, lived) -> set[Flag]:
    """Frauds in the same month, at the same stations, by the same staff."""
    station, day = lived.stations[1], MONTH.last_day
    by, pool = lived.staff[station.id], lived.pool[station.id]
    typed = event(station, at(9, day=day), at(12, day=day), title="事后补的")
    for who in pool[:3]:
        serve(typed, who, at(9, day=day), at(12, day=day), by=by, now=at(20, day=day))
    close(typed, now=at(21, day=day))
    other = event(lived.stations[2], at(9, day=day), at(12, day=day), title="分身")
    ticked(other, pool[0], at(9, 10, day=day), at(11, day=day), by=by)
    close(other)
    for part in (240, 240):
        world.approve(world.manual(pool[5], part, on=day, where=station), now=at(20, day=day))
    return {Flag.ONE_HAND, Flag.TWO_PLACES, Flag.SPLIT_SHIFTS}
