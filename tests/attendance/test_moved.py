"""Somebody comes an hour early, and then the event is moved: they were not there."""

from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.attendance import operations
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.queries import is_anybody_there
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from tests import cast

pytestmark = pytest.mark.both_databases


@pytest.fixture
def early(app):
    """Lin's browser and an event that begins in half an hour, with Granny Wu there already."""
    people = cast.district(app)
    client = cast.signed_in(app, people.lin)
    with app.app_context():
        event = cast.event(people.one, starts_at=clock.now() + timedelta(minutes=30))
        cast.sign_up(event, cast.granny_wu(people.one), now=clock.now() - timedelta(hours=1))
        with transaction():
            operations.check_in(
                event, cast.resident(cast.granny_wu(people.one)), how=How.ROSTER, part=Part.RESIDENT,
                by=people.lin.id, now=clock.now(),
            )  # fmt: skip
        return client, event.code, event.id


def _there(app, event_id) -> bool:
    with app.app_context():
        assert [found for check in CHECKS for found in check.find()] == []
        return is_anybody_there(event_id)


def _moved(client, code, by: timedelta):
    begin = clock.local(clock.now()) + timedelta(minutes=30) + by
    times = {
        "starts_at": f"{begin:%Y-%m-%dT%H:%M}",
        "ends_at": f"{begin + timedelta(hours=2):%Y-%m-%dT%H:%M}",
    }
    return client.submit(f"/desk/events/{code}/edit", times)


def test_whoever_came_before_a_postponement_has_to_come_again(app, early):
    client, code, event_id = early
    answer = client.submit(f"/desk/events/{code}", {"reason": "下大雨"}, to="postponement")
    assert answer.status_code == 303 and not _there(app, event_id)
    with app.app_context():
        assert db.session.get_one(Event, event_id).state is State.POSTPONED


def test_a_move_to_another_day_takes_back_who_came_and_a_quarter_of_an_hour_does_not(app, early):
    client, code, event_id = early
    assert _moved(client, code, timedelta(minutes=15)).status_code == 303 and _there(app, event_id)
    assert _moved(client, code, timedelta(days=7)).status_code == 303 and not _there(app, event_id)
