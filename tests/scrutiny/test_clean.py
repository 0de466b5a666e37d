"""A normal month is left in peace: at most 2 % of its events and lines are flagged; the same with frauds is not."""

import os

from sqlalchemy import select

from stationapp.attendance.models import Attendance
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.scrutiny.rules import Flag
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import HoursEntry, Volunteer
from tests import cast
from tests.scrutiny.acts import World, at, close, event, helped, serve, ticked
from tests.scrutiny.month import EVENTS, MONTH, live

MOST = 0.02

OF_LINES = {
    Flag.MOSTLY_MANUAL,
    Flag.ALL_AT_CAP,
    Flag.SPLIT_SHIFTS,
    Flag.APPROVER_GAINS,
}
"""The flags that rest on lines of the ledger."""

SEED = int(os.environ.get("CLEAN_SEED", "20260901"))


def share(world: World, raised) -> tuple[float, float]:
    """Of the month's events and of its lines: which part any flag rests on.

    A flag about the ledger names its lines, one about people whom it saw where, one about an event alone all of it.
    """
    events = {rest.event for one in raised for rest in one.rests if rest.event}
    named = {key[0] for one in raised if one.flag in OF_LINES for key in one.keys}
    seen = {
        (rest.event, rest.resident_id) for one in raised if one.flag not in OF_LINES for rest in one.rests
    }
    lines = db.session.execute(
        select(HoursEntry.id, Event.code, Volunteer.resident_id)
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .outerjoin(Attendance, Attendance.id == HoursEntry.attendance_id)
        .outerjoin(Event, Event.id == Attendance.event_id)
        .where(LIVE, HoursEntry.minutes > 0, HoursEntry.served_on >= MONTH.first_day)
    ).all()
    touched = [
        line for line, code, who in lines if line in named or (code and {(code, who), (code, None)} & seen)
    ]
    return len(events) / EVENTS, len(touched) / len(lines)


def test_the_share_counts_lines_whatever_kind_of_flag_rests_on_them(app):
    world = World(app, cast.district(app))
    with app.app_context():
        day = MONTH.first_day
        split, typed, other, alone = (world.volunteer() for _ in range(4))
        for part in (240, 240):
            world.approve(world.manual(split, part, on=day))
        assert share(world, found(world)) == (0.0, 1.0)  # all by hand, and of no event
        made = event(world.people.one, at(9, day=day), at(11, day=day))
        for who in (typed, other):
            serve(made, who, at(9, day=day), at(11, day=day), by=world.people.lin.id, now=at(20, day=day))
        close(made, now=at(21, day=day), by=world.people.lin.id)
        assert share(world, found(world)) == (1 / EVENTS, 1.0)
        helped(world, [alone], day=day, starts=14, ends=16)
        assert share(world, found(world)) == (1 / EVENTS, 4 / 5)


def found(world: World) -> list:
    """What asks for a look in the month."""
    return world.flags(MONTH.first_day, MONTH.last_day)


def test_a_normal_month_is_hardly_flagged_and_one_with_frauds_is(app):
    world = World(app, cast.district(app))
    with app.app_context():
        lived = live(world, SEED)
        clean = found(world)
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
        raised = found(world)
        assert {one.flag for one in raised} >= expected
        of_events, of_lines = share(world, raised)
        print(f"with frauds mixed in: {of_events:.1%} of the events, {of_lines:.1%} of the lines")
        assert of_events > MOST and of_lines > MOST
        assert len(raised) >= len(clean) + len(expected)


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
