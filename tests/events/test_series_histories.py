"""Whatever is done to series in whatever order: what was held stays, no room is given twice, no sign-up is lost."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import batches, operations, series
from stationapp.events.checks import CHECKS as EVENTS
from stationapp.events.models import Batch, Event, Series
from stationapp.events.queries import fields_of
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import (
    BOOKED,
    PUBLIC,
    SUBMITTABLE,
    AroundHolidays,
    Cadence,
    Category,
    EventFields,
    Pattern,
    State,
    Task,
)
from stationapp.events.series_rules import PUBLISHABLE, Scope
from stationapp.refusal import Refused
from stationapp.rooms.checks import CHECKS as ROOMS
from stationapp.rooms.models import Booking, Room
from stationapp.signups import operations as signups
from stationapp.signups.checks import CHECKS as SIGNUPS
from stationapp.signups.models import Signup
from stationapp.signups.promotion import promote
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from tests import cast

BEGIN = clock.instant(date(2026, 9, 1), 8)
PEOPLE = ("吴秀英", "李小满", "王建国")
NOBODY = {"by": None}


class World:
    """A station with two rooms and a clock that only goes forward, and what must never be different again."""

    def __init__(self, station: Site) -> None:
        self.station, self.now = station, BEGIN
        with transaction():
            rooms = [Room(site_id=station.id, name=name, capacity=30) for name in ("舞蹈室", "书画室")]
            db.session.add_all(rooms)
            db.session.flush()
            self.rooms = [None, *(room.id for room in rooms)]
        self.held: dict[int, tuple] = {}
        self.places: dict[int, tuple] = {}
        self.done = 0

    # --- what is there

    def events(self) -> list[Event]:
        query = select(Event).where(Event.site_id == self.station.id).order_by(Event.id)
        return list(db.session.scalars(query))

    def one(self, of: type, pick: int):
        found = db.session.scalars(select(of).where(of.site_id == self.station.id).order_by(of.id)).all()
        return found[pick % len(found)] if found else None

    def live(self) -> list[tuple]:
        query = (
            select(Signup.id, Signup.event_id, Event.series_id, Event.site_id)
            .join(Event, Event.id == Signup.event_id)
            .where(Signup.state != Place.CANCELLED, Event.site_id == self.station.id)
        )
        return [tuple(row) for row in db.session.execute(query)]

    # --- what may be done

    def lay_out(self, pick: int, hour: int, times: int) -> None:
        patterns = [
            {"pattern": Pattern.WEEKLY, "weekdays": frozenset({pick % 7, (pick + 2) % 7})},
            {"pattern": Pattern.WEEKLY, "weekdays": frozenset({pick % 7}), "every": 2},
            {"pattern": Pattern.MONTHLY_DATE, "month_day": pick % 28 + 1},
            {"pattern": Pattern.MONTHLY_WEEKDAY, "weekdays": frozenset({pick % 7}), "nth": -1},
        ]
        first_on = clock.day_of(self.now) + timedelta(days=1)
        starts = clock.instant(first_on, hour)
        fields = EventFields(
            title="课堂",
            summary="一起来",
            category=Category.A02,
            task=Task.T4,
            audience="所有人",
            place="二楼",
            starts_at=starts,
            ends_at=starts + timedelta(hours=2),
            capacity=2,
            room_id=self.rooms[pick % 3],
        )
        around = list(AroundHolidays)[pick % 4]
        rule = Recurrence(first_on=first_on, times=times, around_holidays=around, **patterns[pick % 4])
        series.lay_out(self.station, fields, rule, cadence=Cadence.STAGED, **NOBODY, now=self.now)

    def extend(self, pick: int, _hour: int, times: int) -> None:
        if it := self.one(Series, pick):
            series.extend(it, times=times, **NOBODY, now=self.now)

    def submit(self, pick: int, _hour: int, _times: int) -> None:
        if it := self.one(Series, pick):
            series.hand_in(it, operations.submit, takes=SUBMITTABLE, **NOBODY, now=self.now)

    def publish(self, pick: int, _hour: int, _times: int) -> None:
        if it := self.one(Series, pick):
            series.hand_in(it, operations.publish, takes=PUBLISHABLE, **NOBODY, now=self.now)

    def move(self, pick: int, hour: int, times: int) -> None:
        """Other days, hours and rooms, with any scope."""
        if event := self.one(Event, pick):
            days, scope = times - 3, list(Scope)[hour % 3]
            before = fields_of(event)
            starts = clock.instant(clock.day_of(before.starts_at) + timedelta(days=days), hour)
            wish = replace(before, starts_at=starts, ends_at=starts + timedelta(hours=2))
            self._change(event, replace(wish, room_id=self.rooms[pick // 3 % 3]), scope)

    def rename(self, pick: int, hour: int, times: int) -> None:
        """Other words and places, with any scope."""
        if event := self.one(Event, pick):
            wish = replace(fields_of(event), place=f"{times} 楼", capacity=times, bring="笔")
            self._change(event, wish, list(Scope)[hour % 3])

    def _change(self, event: Event, wish: EventFields, scope: Scope) -> None:
        for one in series.change(event, wish, scope, **NOBODY, now=self.now):
            if one.waiting and one.state is State.PUBLISHED:
                promote(one.id, now=self.now)

    def call_off(self, pick: int, hour: int, _times: int) -> None:
        if event := self.one(Event, pick):
            series.call_off(event, list(Scope)[hour % 3], **NOBODY, now=self.now, reason="停办")

    def undo(self, pick: int, _hour: int, _times: int) -> None:
        if it := self.one(Batch, pick):
            batches.undo(it, **NOBODY, now=self.now)

    def undo_undoing(self, pick: int, _hour: int, _times: int) -> None:
        if it := self.one(Batch, pick):
            batches.restore(it, **NOBODY, now=self.now)

    def restore(self, pick: int, _hour: int, _times: int) -> None:
        gone = [event for event in self.events() if event.state is State.DISCARDED]
        if gone:
            operations.restore(gone[pick % len(gone)], **NOBODY, now=self.now)

    def postpone(self, pick: int, _hour: int, _times: int) -> None:
        if event := self.one(Event, pick):
            operations.postpone(event, **NOBODY, now=self.now, reason="下雨")

    def sign_up(self, pick: int, hour: int, _times: int) -> None:
        coming = [
            event for event in self.events() if event.state is State.PUBLISHED and event.starts_at > self.now
        ]
        if coming:
            name = PEOPLE[hour % 3]
            cast.sign_up(coming[pick % len(coming)], cast.person(name), key=f"{self.done}", now=self.now)

    def give_back(self, pick: int, _hour: int, _times: int) -> None:
        if live := self.live():
            place = db.session.get_one(Signup, live[pick % len(live)][0])
            signups.cancel(place, **NOBODY, why="own", now=self.now)

    def wait(self, pick: int, _hour: int, times: int) -> None:
        """Time passes; what is over is closed out now and then."""
        self.now += timedelta(days=times * 3, hours=pick % 9)
        for event in self.events():
            if event.state is State.PUBLISHED and event.ends_at <= self.now and pick % 2:
                operations.archive(event, **NOBODY, now=self.now)

    # --- what must hold

    def look(self) -> None:
        """Take down what must be the same from now on."""
        events = self.events()
        self.held = {event.id: row(event) for event in events if self._was_held(event)}
        self.begun = {event.id: row(event) for event in events if event.starts_at <= self.now}
        self.places = {place[0]: place[1:] for place in self.live()}

    def _was_held(self, event: Event) -> bool:
        over = event.state is State.PUBLISHED and event.starts_at <= self.now
        return over or event.state in (State.CLOSED_OUT, State.CANCELLED)

    def verify(self, step: str) -> None:
        """Nothing held is different, no sign-up stands elsewhere or alone, no room is given twice."""
        now = {event.id: event for event in self.events()}
        kept = self.begun if step in ("extend", "submit", "publish") else self.held
        if step != "wait":
            assert {number: row(now[number]) for number in kept} == kept, f"{step} changed what was held"
        live = {place[0]: place[1:] for place in self.live()}
        if step not in ("sign_up", "give_back"):
            assert live.keys() == self.places.keys(), f"{step} lost or made sign-ups"
        assert all(live[number] == where for number, where in self.places.items() if number in live), (
            f"{step} left a sign-up elsewhere"
        )
        self._rooms(now)

    def _rooms(self, events: dict[int, Event]) -> None:
        mine = [number for number in self.rooms if number]
        found = db.session.scalars(
            select(Booking).where(Booking.room_id.in_(mine)).order_by(Booking.room_id, Booking.starts_at)
        ).all()
        for one, next_one in pairwise(found):
            assert one.room_id != next_one.room_id or one.ends_at <= next_one.starts_at, "a room given twice"
        booked = {(one.event_id, one.room_id, one.starts_at, one.ends_at) for one in found}
        wanted = {
            (event.id, event.room_id, event.starts_at, event.ends_at)
            for event in events.values()
            if event.state in BOOKED and event.room_id
        }
        assert booked == wanted, "bookings are not those of the events that have rooms"


def row(event: Event) -> tuple:
    """Everything that stands in an event, but for what sign-ups count in it."""
    columns = event.__table__.columns
    return tuple(
        getattr(event, one.name) for one in columns if one.name not in ("taken", "waiting", "queued")
    )


STEPS: dict[str, int] = {
    "lay_out": 2, "extend": 2, "submit": 2, "publish": 4, "move": 5, "rename": 3, "call_off": 1, "undo": 1,
    "undo_undoing": 1, "restore": 1, "postpone": 1, "sign_up": 6, "give_back": 1, "wait": 2,
}  # fmt: skip
"""How often each is tried, beside the others."""

steps = st.tuples(
    st.sampled_from([name for name, often in STEPS.items() for _ in range(often)]),
    st.integers(0, 60),
    st.integers(8, 20),
    st.integers(1, 6),
)
histories = st.lists(steps, min_size=8, max_size=24)


def take(world: World, step: str, *given_to: int) -> bool:
    """Take a step and verify; whether it was let."""
    act: Callable = getattr(world, step)
    world.look()
    world.done += 1
    try:
        with transaction():
            act(*given_to)
    except Refused:
        let = False
    else:
        let = True
    db.session.expire_all()
    world.verify(step)
    return let


@pytest.mark.both_databases
@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(histories)
def test_any_history_of_series_keeps_what_was_held_the_rooms_and_the_sign_ups(app, history):
    with app.app_context():
        world = World(_station(app))
        for step in [("lay_out", *history[0][1:]), ("publish", 0, 8, 1), *history]:
            take(world, *step)
        found = {check.name: rows for check in (*EVENTS, *ROOMS, *SIGNUPS) if (rows := check.find())}
        assert found == {}


def _station(app) -> Site:
    """A station of its own for each history."""
    number = getattr(app, "number", 0)
    app.number = number + 1
    center = db.session.scalar(select(Site).where(Site.level == Level.CENTER)) or cast.site(
        "410305000", Level.CENTER, "涧西区"
    )
    return cast.site(f"4103050010{number:02d}", Level.STATION, f"示例{number}社区", center)


# --- the control: the invariants do fire ------------------------------------------------------------------------

HISTORY = [
    ("lay_out", 4, 9, 3),
    ("publish", 0, 8, 1),
    ("sign_up", 0, 8, 1),
    ("wait", 2, 8, 2),
    ("sign_up", 0, 9, 1),
]


@pytest.mark.parametrize(
    ("corruption", "said"),
    [
        ("UPDATE events SET remark = 'x' WHERE id = (SELECT min(id) FROM events)", "changed what was held"),
        (
            "UPDATE events SET starts_at = '2030-01-01 00:00:00' WHERE id = (SELECT min(id) FROM events)",
            "changed",
        ),
        (
            "UPDATE events SET series_id = NULL WHERE id = (SELECT max(event_id) FROM signups)",
            "left a sign-up elsewhere",
        ),
        ("UPDATE signups SET state = 'cancelled'", "lost or made sign-ups"),
        ("UPDATE bookings SET starts_at = (SELECT min(starts_at) FROM bookings)", "a room given twice"),
        ("DELETE FROM bookings WHERE id = (SELECT max(id) FROM bookings)", "bookings are not those"),
    ],
)
def test_what_a_step_may_not_do_is_seen(app, corruption, said):
    with app.app_context():
        world = World(_station(app))
        assert [take(world, *step) for step in HISTORY] == [True] * 5
        assert {State.PUBLISHED} <= {event.state for event in world.events()} <= PUBLIC
        for trigger in db.session.scalars(
            text("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        ).all():
            if "booking" in trigger:
                db.session.execute(text(f"DROP TRIGGER {trigger}"))
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
        world.look()
        world.verify("move")
        db.session.execute(text(corruption))
        db.session.commit()
        db.session.expire_all()
        with pytest.raises(AssertionError, match=said):
            world.verify("move")


def test_most_steps_of_a_usual_history_are_let(app):
    """The histories are not made of refusals."""
    with app.app_context():
        world = World(_station(app))
        usual = [
            *HISTORY,
            ("move", 11, 10, 4),
            ("rename", 11, 9, 5),
            ("extend", 0, 8, 3),
            ("submit", 0, 8, 1),
            ("publish", 0, 8, 1),
            ("call_off", 11, 9, 1),
            ("undo", 1, 8, 1),
            ("undo_undoing", 1, 8, 1),
        ]
        assert [step[0] for step in usual if not take(world, *step)] == []
        assert {event.state for event in world.events()} >= {State.PUBLISHED}
