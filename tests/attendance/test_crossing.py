"""Two at the same door in the same moment, and what the clock of each of them says."""

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance import operations
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.volunteers.models import HoursEntry, Volunteer
from tests import cast

NAME, PHONE = "孙丽华", "19900002222"


@pytest.fixture
def scene(app):
    people, now = cast.district(app), clock.now()
    with app.app_context():
        event = cast.event(people.one, starts_at=now - timedelta(hours=1))
    return people, event


def _at_once(app, people, path, form):
    """The same form sent twice at the same moment; the statuses of both answers."""
    app.config["WTF_CSRF_ENABLED"] = False
    clients = [app.test_client(), app.test_client()]
    for client in clients:
        cast.sign_in(client, people.lin)
    begin, statuses = threading.Barrier(2), []

    def send(client):
        begin.wait()
        statuses.append(client.post(path, data=form).status_code)

    threads = [threading.Thread(target=send, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return statuses


@pytest.mark.both_databases
def test_a_walk_in_pressed_twice_is_one_person_and_no_fault(app, scene):
    people, event = scene
    for turn in range(5):
        form = {"name": NAME, "phone": f"1990000{turn}222", "part": "volunteer"}
        assert _at_once(app, people, f"/desk/events/{event.code}/walkins", form) == [303, 303]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Resident)) == 5
        assert db.session.scalar(select(func.count()).select_from(Attendance)) == 5


@pytest.mark.both_databases
def test_a_volunteer_registered_twice_at_once_has_one_profile(app, scene):
    people, _event = scene
    for turn in range(5):
        form = {"site": str(people.one.id), "name": NAME, "phone": f"1990000{turn}222"}
        assert _at_once(app, people, "/desk/volunteers/new", form) == [303, 303]
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Volunteer)) == 5


@pytest.mark.both_databases
def test_a_tick_that_came_in_before_a_close_out_with_an_earlier_clock_counts(app, scene):
    people, event = scene
    pressed = clock.now() + timedelta(hours=2)
    with app.app_context():
        event = db.session.get_one(Event, event.id)
        granny = cast.resident(cast.granny_wu(people.one))
        cast.sign_up(event, cast.granny_wu(people.one), now=event.starts_at - timedelta(hours=1))
        with transaction():  # while the close-out waits for its turn
            operations.check_in(
                event, granny, how=How.ROSTER, part=Part.RESIDENT, by=people.lin.id,
                now=pressed + timedelta(milliseconds=40),
            )  # fmt: skip
        with transaction():
            operations.close_out(event, note="", by=people.lin.id, now=pressed)
        assert [found for check in CHECKS for found in check.find()] == []


def test_a_child_alone_does_not_become_a_volunteer_at_the_door(app, scene):
    people, event = scene
    app.config["WTF_CSRF_ENABLED"] = False
    client = cast.signed_in(app, people.lin)
    with app.app_context():
        event = cast.event(people.one, starts_at=clock.now() - timedelta(minutes=5), ends_at=clock.now())
    birth = f"{clock.now().year - 10}-01"
    child = {
        "name": "李小满",
        "phone": PHONE,
        "part": "volunteer",
        "birth_month": birth,
        "guardian_consent": "y",
    }
    answer = client.post(f"/desk/events/{event.code}/walkins", data=child)
    assert answer.status_code == 409
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Volunteer)) == 0
        assert db.session.scalar(select(func.count()).select_from(HoursEntry)) == 0
