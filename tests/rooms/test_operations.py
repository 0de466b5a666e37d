"""Booking, holding, releasing: the database refuses an overlap, whoever asks and however many at once."""

from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import delete, select, text
from sqlalchemy.exc import IntegrityError

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from stationapp.rooms import operations
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import LONGEST_HOLD, RoomFacts, RoomKind, RoomRefusal
from tests import cast

NOW = clock.instant(date(2026, 11, 23), 8)
NINE = clock.instant(date(2026, 11, 25), 9)
HOUR = timedelta(hours=1)


def act(verb, *arguments, **named):
    with transaction():
        return verb(*arguments, by=None, now=NOW, **named)


def room_at(site, name="舞蹈室", kind=RoomKind.ROOM, **facts) -> Room:
    return act(operations.add_room, site, kind, RoomFacts(name, **facts))


def held(room, start=0.0, end=1.0, purpose="合唱队排练") -> Booking:
    times = {"starts_at": NINE + start * HOUR, "ends_at": NINE + end * HOUR}
    return act(operations.hold, room, purpose=purpose, **times)


def refused(verb, *arguments, **named) -> Refused:
    with pytest.raises(Refused) as caught:
        verb(*arguments, **named)
    return caught.value


def times() -> list[tuple]:
    rows = db.session.execute(select(Booking.starts_at, Booking.ends_at).order_by(Booking.starts_at))
    return [((start - NINE) / HOUR, (end - NINE) / HOUR) for start, end in rows]


# --- overlap -----------------------------------------------------------------------------------------------------

OVERLAPS = [(-0.5, 0.5), (0.25, 0.75), (0, 1), (0.5, 2), (-1, 2)]
BESIDE = [(-1, 0), (1, 2), (5, 6)]


@pytest.mark.both_databases
def test_the_database_itself_refuses_an_overlap_and_lets_neighbours_be(app):
    people = cast.district(app)
    with app.app_context():
        room, other = room_at(people.one), room_at(people.one, "书画室")
        held(room)
        for start, end in OVERLAPS:
            with pytest.raises(IntegrityError), transaction():
                write(room, start, end)
        for start, end in BESIDE:
            with transaction():
                write(room, start, end)
        with transaction():
            write(other, 0, 1)
        with pytest.raises(IntegrityError), transaction():
            db.session.execute(text("UPDATE bookings SET room_id = :room"), {"room": room.id})
        assert len(times()) == 5


def write(room, start, end) -> None:
    """A row as no operation of ours would write it."""
    db.session.execute(
        Booking.__table__.insert().values(
            room_id=room.id,
            starts_at=NINE + start * HOUR,
            ends_at=NINE + end * HOUR,
            purpose="直接写入",
            made_at=NOW,
        )
    )


@pytest.mark.both_databases
@pytest.mark.parametrize(("start", "end"), OVERLAPS)
def test_a_hold_that_overlaps_is_refused_and_told_what_is_in_the_way(app, start, end):
    people = cast.district(app)
    with app.app_context():
        room = room_at(people.one)
        held(room)
        said = refused(held, room, start, end)
        assert said.reason is RoomRefusal.TAKEN
        assert [(clash.room, clash.purpose) for clash in said.facts["clashes"]] == [("舞蹈室", "合唱队排练")]
        assert times() == [(0, 1)]


@pytest.mark.both_databases
def test_of_many_who_book_a_room_at_once_exactly_one_wins_and_the_others_hear_why(app):
    people = cast.district(app)
    with app.app_context():
        room = room_at(people.one)
    assert race(app, room.id) == ["held"] + ["taken"] * 7
    with app.app_context():
        assert times() == [(0, 1)]


@pytest.mark.both_databases
def test_without_the_guard_of_the_database_they_would_book_it_twice(app, monkeypatch):
    """The control: what the race looks like when neither the database nor the look before stops it."""
    people = cast.district(app)
    with app.app_context():
        room = room_at(people.one)
        with transaction():
            if db.engine.dialect.name == "sqlite":
                for verb in ("insert", "update"):
                    db.session.execute(text(f"DROP TRIGGER bookings_no_overlap_{verb}"))
            else:
                db.session.execute(text("ALTER TABLE bookings DROP CONSTRAINT ex_bookings_overlap"))
    monkeypatch.setattr(operations, "list_clashes", lambda *_, **__: [])
    assert race(app, room.id) == ["held"] * 8


def race(app, room_id: int) -> list[str]:
    """What eight holds of one hour come to, started together."""
    together = Barrier(8)

    def one(number: int) -> str:
        with app.app_context():
            room = db.session.get_one(Room, room_id)
            db.session.rollback()
            together.wait(30)
            try:
                held(room, purpose=f"第{number}个")
            except Refused as said:
                assert [clash.room_id for clash in said.facts["clashes"]] == [room_id]
                return said.reason.value
            return "held"

    with ThreadPoolExecutor(8) as pool:
        return sorted(pool.map(one, range(8)))


# --- holds -------------------------------------------------------------------------------------------------------


def test_a_hold_needs_a_purpose_an_order_of_times_and_a_time_ahead(app):
    people = cast.district(app)
    with app.app_context():
        room = room_at(people.one)
        assert refused(held, room, purpose=" ").reason is RoomRefusal.PURPOSE_MISSING
        assert refused(held, room, 1, 1).reason is RoomRefusal.ENDS_BEFORE_START
        assert refused(held, room, -60, -55).reason is RoomRefusal.IN_PAST
        assert refused(held, room, 0, LONGEST_HOLD / HOUR + 1).reason is RoomRefusal.TOO_LONG
        assert times() == []


@pytest.mark.both_databases
def test_a_hold_let_go_is_gone_and_one_under_way_ends_now(app):
    people = cast.district(app)
    with app.app_context():
        room = room_at(people.one)
        coming, under_way = held(room, 5, 6), held(room)
        with transaction():
            assert operations.let_go(coming.id, by=None, now=NOW)
            assert operations.let_go(under_way.id, by=None, now=NINE + 0.25 * HOUR)
        assert times() == [(0, 0.25)]
        held(room, 0.25, 1)
        with transaction():  # what is over stays on record
            assert not operations.let_go(under_way.id, by=None, now=NINE + 3 * HOUR)
        assert times() == [(0, 0.25), (0.25, 1)]


@pytest.mark.both_databases
def test_a_hold_let_go_twice_at_once_is_let_go_once(app):
    people = cast.district(app)
    with app.app_context():
        hold = held(room_at(people.one))
        assert twice_at_once(app, lambda: operations.let_go(hold.id, by=None, now=NOW)) == [True, False]
        acts = db.session.scalars(select(AuditLine.act).where(AuditLine.act == "rooms.let_go")).all()
        assert (times(), len(acts)) == ([], 1)


def twice_at_once(app, verb) -> list:
    """What it comes to, and what it comes to for somebody else who asks before that is kept."""

    def other():
        with app.app_context(), transaction():
            return verb()

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            first = verb()
            late = pool.submit(other)
            wait([late], timeout=0.5)  # long enough to come to whatever it has to wait for
        return [first, late.result(20)]


# --- what was released -------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_released_room_can_be_had_by_others_at_once_and_taken_again_while_it_is_free(app):
    people = cast.district(app)
    with app.app_context():
        room = room_at(people.one)
        event = cast.event(people.one, starts_at=NINE, room_id=room.id)
        (booking_id,) = db.session.scalars(select(Booking.id))
        half_past = NINE + 0.5 * HOUR
        with transaction():
            assert operations.release([booking_id], now=half_past) == 1
            assert operations.release([booking_id], now=half_past) == 0
        assert times() == [(0, 0.5)]
        taken = held(room, 0.5, 1)
        again = {"ends_at": event.ends_at, "by": None, "now": half_past}
        with transaction():
            said = refused(operations.retake, event.id, **again)
        assert [clash.purpose for clash in said.facts["clashes"]] == ["合唱队排练"]
        assert times() == [(0, 0.5), (0.5, 1)]
        with transaction():
            db.session.execute(delete(Booking).where(Booking.id == taken.id))
            assert operations.retake(event.id, **again) == 1
            assert operations.retake(event.id, **again) == 0
        assert times() == [(0, 2)]
        assert db.session.scalars(select(Booking.released_at)).all() == [None]


@pytest.mark.both_databases
def test_what_two_take_again_at_once_is_taken_again_once(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, starts_at=NINE, room_id=room_at(people.one).id)
        event_id, ends_at, half_past = event.id, event.ends_at, NINE + 0.5 * HOUR
        with transaction():
            operations.release(list(db.session.scalars(select(Booking.id))), now=half_past)
        assert twice_at_once(
            app, lambda: operations.retake(event_id, ends_at=ends_at, by=None, now=half_past)
        ) == [1, 0]
        assert times() == [(0, 2)]


# --- rooms themselves --------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_room_has_a_name_of_its_own_at_its_site(app):
    people = cast.district(app)
    with app.app_context():
        room, other = room_at(people.one), room_at(people.one, "书画室")
        assert room_at(people.two).name == "舞蹈室"
        assert refused(room_at, people.one).reason is RoomRefusal.NAME_TAKEN
        assert refused(room_at, people.one, "").reason is RoomRefusal.NAME_MISSING
        said = refused(act, operations.change_room, other, RoomFacts("舞蹈室"))
        assert said.reason is RoomRefusal.NAME_TAKEN
        db.session.expire_all()
        changed = act(
            operations.change_room, room, RoomFacts("舞蹈室", 40, "1", True, "每天 08:30-12:00", None)
        )
        assert (changed.capacity, changed.step_free, changed.release_after) == (40, True, None)


def test_only_an_office_or_the_center_lends_things(app):
    people = cast.district(app)
    with app.app_context():
        assert room_at(people.office, "义诊队", RoomKind.SHARED).kind is RoomKind.SHARED
        assert room_at(people.center, "流动图书车", RoomKind.SHARED).kind is RoomKind.SHARED
        said = refused(room_at, people.one, "本站的车", RoomKind.SHARED)
        assert said.reason is RoomRefusal.STATION_LENDS_NOT
