"""A course at the door: one code for every date, and who came how often."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance import operations, queries
from stationapp.attendance.models import Attendance
from stationapp.attendance.progress import progress_of
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.residents.queries import get_resident
from stationapp.signups.queries import find_by_code
from tests import cast
from tests.signups.scene import course, person, sign_up

PHONE = "19900001111"


@pytest.fixture
def scene(app):
    people = cast.district(app)
    with app.app_context():
        series, dates = course(people.one, 3, complete_after=2)
        answer = sign_up(dates[0], person("吴秀英", PHONE))
        yield people, series, dates, answer.codes[0]


@pytest.fixture
def at(scene, app, client):
    """Travel to so long after a date began, with Lin signed in there."""

    def travel(date: Event, after: timedelta):
        traveller = time_machine.travel(date.starts_at + after, tick=False)
        traveller.start()
        cast.sign_in(client, scene[0].lin)
        return traveller

    return travel


def there() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Attendance.event_id).where(~Attendance.undone)))


def test_the_first_dates_code_opens_the_date_that_is_held(client, scene, at):
    _, _, dates, code = scene
    traveller = at(dates[1], timedelta(minutes=10))
    try:
        page = client.get(f"/p/{code}")
        client.submit(page, {}, to="checkin")
        assert there() == [dates[1].id]
        assert "已经到了" in client.get(f"/p/{code}").text
    finally:
        traveller.stop()


@pytest.mark.parametrize(
    ("date", "after", "expected"),
    [
        (0, timedelta(minutes=-30), 0),
        (0, timedelta(hours=2, minutes=20), 0),  # it ended twenty minutes ago
        (0, timedelta(days=3), 1),
        (2, timedelta(days=3), 2),
    ],
)
def test_a_code_means_the_date_at_hand(scene, date, after, expected):
    _, _, dates, code = scene
    found = queries.at_the_door(find_by_code(code), now=dates[date].starts_at + after)
    assert found[1].id == dates[expected].id


def test_the_roster_finds_somebody_by_the_code_of_another_date(client, scene, at):
    _, _, dates, code = scene
    traveller = at(dates[2], timedelta(minutes=10))
    try:
        page = client.get(f"/desk/events/{dates[2].code}/roster?q={code}").text
        assert "吴*英" in page and "另一场" not in page
        other = cast.event(scene[0].one, starts_at=dates[2].starts_at)
        assert "吴*英" not in client.get(f"/desk/events/{other.code}/roster?q={code}").text
    finally:
        traveller.stop()


def test_the_venues_code_takes_the_course_this_browser_remembers(app, scene, at):
    _, _, dates, code = scene
    traveller = at(dates[1], timedelta(minutes=10))
    try:
        resident = app.test_client()
        with resident.session_transaction() as session:
            session["places"] = [code]
        page = resident.get(f"/c/{queries.venue_token(dates[1], clock.now())}")
        assert "吴*英" in page.text
        stranger = app.test_client()
        typed = stranger.submit(
            stranger.get(f"/c/{queries.venue_token(dates[1], clock.now())}"), {"code": code}, to="arrivals"
        )
        assert typed.status_code == 303
        assert there() == [dates[1].id]
    finally:
        traveller.stop()


def come(event: Event, resident_id: int) -> None:
    with transaction():
        operations.check_in(
            event, get_resident(resident_id), how=How.ROSTER, part=Part.RESIDENT, by=None, now=event.starts_at
        )


@pytest.mark.both_databases
def test_progress_counts_who_came_how_often_and_who_is_done(scene):
    people, series, dates, code = scene
    wu = find_by_code(code).resident_id
    li = find_by_code(sign_up(dates[1], person("李大妈", "19900002222")).codes[0]).resident_id
    for date in dates[:2]:
        come(date, wu)
    come(dates[1], li)
    found = progress_of(series, now=dates[2].ends_at + timedelta(hours=1))
    assert [(one.shown.name, one.came, one.missed, one.complete) for one in found.learners] == [
        ("李*妈", 1, 2, False),
        ("吴*英", 2, 1, True),
    ]
    assert (found.dates, found.over, found.complete) == (3, 3, 1)
    with transaction():
        events.cancel(dates[2], by=people.lin.id, now=clock.now(), reason="停电")
    assert progress_of(series, now=clock.now()).dates == 2


def test_the_progress_page_and_its_file_are_masked(client, scene):
    people, series, dates, code = scene
    come(dates[0], find_by_code(code).resident_id)
    cast.sign_in(client, people.lin)
    page = client.get(f"/desk/progress/{series.code}").text
    assert "吴*英" in page and "还差 1 次" in page and "上满 2 次算学完" in page and PHONE not in page
    file = client.get(f"/desk/progress/{series.code}/list.csv")
    assert "吴*英,199****1111,1,0,3,还没有" in file.get_data(as_text=True)
    assert f"/desk/progress/{series.code}" in client.get(f"/desk/series/{series.code}").text
    cast.sign_in(client, people.ma)
    assert client.get(f"/desk/progress/{series.code}").status_code == 404
