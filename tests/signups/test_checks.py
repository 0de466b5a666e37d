"""Every invariant of seats is quiet on a healthy instance and speaks up about a corrupted row."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.residents.checks import CHECKS as RESIDENT_CHECKS
from stationapp.signups import operations, queries
from stationapp.signups.checks import CHECKS
from stationapp.signups.hold_rules import FORM_HOLD_AT_MOST
from stationapp.signups.holds import hold_seats
from stationapp.signups.models import SeatHold
from stationapp.sites.models import Site
from tests import cast
from tests.signups.scene import course, people, person, sign_up

pytestmark = pytest.mark.both_databases

BY_NAME = {check.name: check for check in (*CHECKS, *RESIDENT_CHECKS)}


@pytest.fixture
def lived(app):
    """Four seats. Party 3 (two) was passed over by 4 (one) and got the seats of 2; 5 (three) waits on, 6 came later."""
    home = cast.district(app).one
    with app.app_context():
        event = cast.event(
            home, capacity=4, starts_at=clock.now() + timedelta(hours=20)
        )  # nothing is offered
        first = sign_up(event, *people(1, 1))
        second = sign_up(event, *people(2, 2))
        sign_up(event, *people(2, 3))
        sign_up(event, *people(1, 4))
        sign_up(event, *people(3, 5))
        with transaction():
            for code in (*second.codes, *first.codes):
                operations.cancel(queries.get_by_code(code), by=None, why="own", now=clock.now())
        sign_up(event, *people(1, 6))
        yield event


def corrupt(*statements: str) -> None:
    """Write past every operation, and past the triggers and indexes that would refuse it."""
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def test_a_lived_in_instance_is_clean(lived):
    assert {name: found for name, check in BY_NAME.items() if (found := check.find())} == {}


@pytest.mark.parametrize(
    ("name", "found", "statement"),
    [
        ("S1", ["event 1"], "UPDATE events SET taken = taken - 1"),
        ("S1 waiting", ["event 1"], "UPDATE events SET waiting = waiting + 1"),
        ("S1 queue", ["event 1"], "UPDATE parties SET queue_number = 9 WHERE id = 5"),
        ("S3", ["party 5"], "UPDATE events SET capacity = 20"),
        ("S4", ["party 5"], "DELETE FROM passed_over"),
        ("S4", ["party 5"], "UPDATE parties SET drawn = 10 - queue_number"),
        ("S5", ["signup 1"], "UPDATE signups SET state = 'waitlisted' WHERE id = 1"),
        ("S5", ["party 1"], "UPDATE parties SET queue_number = 77 WHERE id = 1"),
        ("S7", ["party 5"], "UPDATE signups SET state = 'confirmed' WHERE id = 7"),
        ("S8", ["party 1"], "UPDATE parties SET size = 2 WHERE id = 1"),
        ("S10", ["party 1"], "UPDATE parties SET consent = '' WHERE id = 1"),
        ("A7 phones", ["household 1"], "UPDATE households SET tail_index = NULL WHERE id = 1"),
    ],
)
def test_a_corrupted_row_is_named(lived, name, found, statement):
    corrupt(statement)
    assert BY_NAME[name].find() == found


def test_a_second_live_place_is_named_and_the_index_refuses_it(lived):
    corrupt("DROP INDEX uq_signups_live", "UPDATE signups SET resident_id = 4 WHERE id = 5")
    assert BY_NAME["S2"].find() == ["event 1"]


def test_a_move_that_is_no_edge_is_named(lived):
    corrupt(
        "INSERT INTO signup_moves (signup_id, from_state, to_state, at, why) "
        "VALUES (4, 'cancelled', 'confirmed', CURRENT_TIMESTAMP, '')"
    )
    assert BY_NAME["S5"].find() == ["signup 4"]


def test_a_child_without_consent_is_named(lived):
    corrupt("UPDATE residents SET birth_month = '2020-01' WHERE id = 4")
    assert BY_NAME["S10"].find() == ["signup 4"]


def test_a_phone_kept_in_clear_is_named(lived):
    with transaction() as session:
        session.execute(
            text("UPDATE households SET phone_sealed = :clear WHERE id = 2"), {"clear": b"19900000002"}
        )
    assert BY_NAME["A7 phones"].find() == ["household 2"]


def test_an_empty_household_without_a_phone_is_named(lived):
    corrupt("INSERT INTO households (made_at) VALUES (CURRENT_TIMESTAMP)")
    assert BY_NAME["A5 households"].find() == ["household 7"]


def test_no_check_names_a_person(lived):
    sign_up(lived, person(cast.GRANNY_WU, cast.PHONE))
    corrupt(
        "UPDATE events SET taken = 0, waiting = 0, queued = 0", "UPDATE parties SET size = 9, consent = ''"
    )
    said = str([(check.says, check.find()) for check in BY_NAME.values()])
    assert cast.GRANNY_WU not in said and cast.PHONE not in said
    db.session.rollback()


# --- holds, and seats kept back for callers -----------------------------------------------------------------------


@pytest.fixture
def held(app):
    """Ten seats, four kept back: a caller has two, a form holds one, a call two; a web party of five waits."""
    people_here = cast.district(app)
    with app.app_context():
        now, by = clock.now(), people_here.lin.id
        event = cast.event(
            people_here.one, capacity=10, phone_seats=4, phone_until_at=now + timedelta(hours=20)
        )
        sign_up(event, *people(2, 1), by=by)
        sign_up(event, *people(1, 2))
        with transaction():
            assert hold_seats(event.id, 1, token="form", by=None, asker="192.0.2.1", now=now)
            assert hold_seats(event.id, 2, token="call", by=by, asker="", now=now)
        sign_up(event, *people(5, 3))
        yield event


def test_held_seats_and_seats_kept_back_are_clean(held):
    assert {name: found for name, check in BY_NAME.items() if (found := check.find())} == {}


@pytest.mark.parametrize(
    ("name", "found", "statement"),
    [
        ("S1", ["event 1"], "UPDATE seat_holds SET size = 2 WHERE id = 1"),
        ("S1", ["event 1"], "DELETE FROM seat_holds WHERE id = 1"),
        ("S1 callers", ["event 1"], "UPDATE events SET phone_taken = phone_taken - 1"),
        ("S1 callers", ["event 1"], "UPDATE parties SET channel = 'web' WHERE id = 1"),
        ("S1 callers", ["event 1"], "UPDATE seat_holds SET size = 1 WHERE id = 2"),
        ("S3", ["party 3"], "UPDATE events SET phone_seats = 0, phone_until_at = NULL, capacity = 11"),
    ],
)
def test_a_corrupted_hold_or_caller_is_named(held, name, found, statement):
    corrupt(statement)
    assert BY_NAME[name].find() == found


def test_a_hold_that_outlives_its_time_by_two_periods_is_named(held):
    for late, found in ((18, []), (21, ["seat_hold 1"])):
        with transaction() as session:
            session.get_one(SeatHold, 1).until_at = clock.now() - timedelta(seconds=late)
        assert BY_NAME["S6 holds"].find() == found


def test_a_form_s_hold_beyond_the_most_it_may_have_in_all_is_named(held):
    for more, found in ((0, []), (1, ["seat_hold 1"])):
        with transaction() as session:
            for row in session.scalars(select(SeatHold)):
                row.until_at = row.first_at + FORM_HOLD_AT_MOST + timedelta(seconds=more)
        assert BY_NAME["S6 holds"].find() == found  # and not the call's


def test_a_hold_used_by_somebody_at_another_event_is_named(held):
    corrupt(
        "UPDATE seat_holds SET ended = 'used', ended_at = made_at, party_id = 1 WHERE id = 1",
    )
    assert BY_NAME["S6 holds"].find() == []
    other = cast.event(db.session.get(Site, held.site_id))
    corrupt(f"UPDATE seat_holds SET event_id = {other.id} WHERE id = 1")
    assert BY_NAME["S6 holds"].find() == ["seat_hold 1"]


# --- courses --------------------------------------------------------------------------------------------


@pytest.fixture
def in_step(app):
    """A course of two dates with one seat: one household seated, two in line."""
    home = cast.district(app).one
    with app.app_context():
        _, dates = course(home, 2, capacity=1)
        for household in (1, 2, 3):
            sign_up(dates[0], *people(1, household))
        yield dates


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET capacity = 3 WHERE id = 2",
        "UPDATE signups SET state = 'cancelled' WHERE event_id = 2 AND resident_id = 2",
        "UPDATE parties SET queue_number = 33 - queue_number WHERE event_id = 2",
        "UPDATE signups SET state = 'waitlisted' WHERE event_id = 1 AND resident_id = 1",
    ],
)
def test_a_course_out_of_step_is_named(in_step, statement):
    assert BY_NAME["S11"].find() == []
    corrupt("UPDATE parties SET queue_number = queue_number + 10 WHERE event_id = 2", statement)
    assert BY_NAME["S11"].find() == ["series 1"]
