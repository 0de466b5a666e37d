"""What `audit` asks of answers fires on a corrupted row, and on nothing else."""

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.opinions import slots
from stationapp.opinions.calls import drawn
from stationapp.opinions.checks import CHECKS
from stationapp.opinions.models import Answer
from stationapp.opinions.operations import enter_slips, note_calls, print_slips, say
from stationapp.opinions.rules import Via
from stationapp.opinions.slip_rules import Slip
from tests.opinions.scene import attendances, past


@pytest.fixture
def scene(app):
    """Answers by all three ways, one changed, one taken back."""
    scene = past(app, 8)
    its = attendances(app, scene.event_id)
    now, lin, chen = clock.now(), scene.people.lin.id, scene.people.chen.id
    with app.app_context():
        with transaction():
            event = db.session.get(Event, scene.event_id)
            sheet = print_slips(event, 8, by=lin, now=now)
            enter_slips(sheet.id, [Slip(1, 5), Slip(2, 3), Slip(3, 1)], by=lin, now=now)
            enter_slips(sheet.id, [Slip(2, 5), Slip(3, None)], by=lin, now=now)
            who = drawn(event)[0].attendance_id
            note_calls(event.id, {who: 5}, by=chen, now=now)
        for n, attendance_id in enumerate(one for one in its if one != who):
            if n < 2:
                with transaction():
                    say(attendance_id, score=3, comment="好", key="1", now=now)
    return scene


def found(app) -> dict[str, list[str]]:
    with app.app_context():
        db.session.rollback()
        return {check.name: wrong for check in CHECKS if (wrong := check.find())}


def spoil(app, *rows: Answer) -> None:
    with app.app_context(), transaction():
        db.session.add_all(rows)


def row(scene, slot: bytes, how: Via, by: int | None, **more) -> Answer:
    its = {"event_id": scene.event_id, "score": 5, "said_on": clock.day_of(clock.now())}
    return Answer(slot_index=slot, how=how, by=by, **its | more)


@pytest.mark.both_databases
def test_what_the_verbs_wrote_is_clean(app, scene):
    assert found(app) == {}


def test_more_answers_than_people(app, scene):
    spoil(app, *(row(scene, slots.of_presence(1000 + n), Via.PAGE, None) for n in range(9)))
    assert found(app) == {"O1": [f"event {scene.event_id}"]}


def test_a_slip_nobody_printed(app, scene):
    spoil(app, row(scene, slots.of_slip("12345678", 1), Via.PAPER, scene.people.lin.id))
    assert list(found(app)) == ["O2"]


def test_a_call_by_the_station_itself(app, scene):
    spoil(app, row(scene, slots.of_presence(999), Via.CALL, scene.people.lin.id))
    assert list(found(app)) == ["O3"]
    spoil(app, row(scene, slots.of_presence(998), Via.CALL, scene.people.ma.id))
    assert len(found(app)["O3"]) == 2


def test_a_row_that_replaces_another_slots_or_nothing(app, scene):
    with app.app_context():
        free = db.session.scalar(text("SELECT min(id) FROM answers WHERE how = 'page'"))
    spoil(app, row(scene, slots.of_presence(997), Via.PAGE, None, replaces_id=free))
    assert list(found(app)) == ["O4"]


def test_two_first_rows_of_a_slot(app, scene):
    slot = slots.of_presence(996)
    spoil(app, row(scene, slot, Via.PAGE, None), row(scene, slot, Via.PAGE, None))
    assert list(found(app)) == ["O4"]
