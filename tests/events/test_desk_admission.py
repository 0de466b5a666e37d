"""The folded part of the event form: who alone may come, how many of a home, seats for callers, lots."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event, Series
from stationapp.events.queries import fields_of, find_event
from stationapp.events.rules import Enrolment, moved
from stationapp.events.series import change
from stationapp.events.series_rules import Scope
from stationapp.signups import operations, queries
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place
from tests import cast
from tests.events.test_desk import BLANK, WHOLE, write
from tests.signups.scene import course, people, sign_up

RULES = {
    "audience_only": "y",
    "home_limit": "２",
    "phone_seats": "5",
    "phone_until_at": "2031-11-23T18:00",
    "draw_at": "2031-11-20T09:00",
    "opens_at": "2031-11-01T08:00:30",
}
KEPT = {"capacity": "10", "phone_seats": "4", "phone_until_at": ""}


@pytest.fixture
def district(app):
    return cast.district(app)


@pytest.fixture
def lin(app, district):
    return cast.signed_in(app, district.lin)


def only(app) -> Event:
    with app.app_context():
        return db.session.scalars(select(Event).order_by(Event.id.desc())).first()


def local(at) -> str:
    return clock.local(at).strftime("%Y-%m-%dT%H:%M:%S")


def test_everything_typed_is_kept_shown_and_offered_again(app, lin):
    made = write(lin, "/desk/events/new", WHOLE | RULES)
    event = only(app)
    assert (event.audience_only, event.home_limit, event.phone_seats) == (True, 2, 5)
    assert [local(at)[5:] for at in (event.phone_until_at, event.draw_at, event.opens_at)] == [
        "11-23T18:00:00",
        "11-20T09:00:00",
        "11-01T08:00:30",
    ]
    shown = lin.get(made.location).text
    for words in (
        "报名时要确认都是：所有人",
        "2 个名额",
        "5 个，留到11月23日",
        "上午8点00分30秒",
        "上午9点抽",
    ):
        assert words in shown
    form = lin.get(f"{made.location}/edit").text
    assert 'value="2031-11-01T08:00:30"' in form and "<details open>" in form


def test_the_part_stays_folded_where_nothing_of_it_is_used(lin):
    assert "<details open>" not in lin.get("/desk/events/new").text


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"audience": "", "audience_only": "y"}, "audience", "先在“面向谁”里写清"),
        ({"capacity": "", "phone_seats": "3"}, "phone_seats", "先填一共多少个名额"),
        ({"phone_seats": "31"}, "phone_seats", "一共是 30 个"),
        ({"phone_until_at": "2031-11-23T18:00"}, "phone_seats", "要一起填"),
        (
            {"phone_seats": "3", "phone_until_at": "2031-11-25T09:01"},
            "phone_until_at",
            "最晚只能留到活动开始",
        ),
        ({"capacity": "", "draw_at": "2031-11-20T09:00"}, "draw_at", "先填一共多少个名额"),
        ({"draw_at": "2031-11-01T08:00"}, "draw_at", "晚于报名开始"),
        ({"draw_at": "2031-11-25T09:00"}, "draw_at", "早于活动开始"),
        ({"home_limit": "0"}, "home_limit", "请填 1 到 6"),
        ({"home_limit": "7"}, "home_limit", "请填 1 到 6"),
        ({"phone_seats": "-1"}, "phone_seats", "请只填整数"),
        ({"draw_at": "soon"}, "draw_at", "时间读不懂"),
    ],
)
def test_what_cannot_stand_together_is_said_at_the_field_to_change(app, lin, changes, field, words):
    page = write(lin, "/desk/events/new", WHOLE | changes)
    assert page.status_code == 422
    wrong = page.text.split(f'id="{field}-error"')[1].split("</p>")[0]
    assert words in wrong and only(app) is None


def test_seats_for_callers_without_a_time_are_kept_until_the_day_before(app, lin):
    write(lin, "/desk/events/new", BLANK | KEPT)
    assert local(only(app).phone_until_at) == "2031-11-24T09:00:00"


def test_a_course_has_no_draw(app, lin, district):
    with app.app_context():
        _series, dates = course(district.one, dates=2, capacity=5)
        code, draws = dates[0].code, dates[0].starts_at - timedelta(days=1)
    typed = clock.local(draws).strftime("%Y-%m-%dT%H:%M")
    page = lin.submit(f"/desk/events/{code}/edit", {"draw_at": typed}, to="/edit")
    assert page.status_code == 409 and "课程不能抽签" in page.text


def test_a_draw_is_not_set_where_people_have_places(app, lin, district):
    with app.app_context():
        event = cast.event(district.one, capacity=5)
        sign_up(event, *people(1, 1))
        code, draws = event.code, event.starts_at - timedelta(days=1)
    typed = clock.local(draws).strftime("%Y-%m-%dT%H:%M")
    page = lin.submit(f"/desk/events/{code}/edit", {"draw_at": typed}, to="/edit")
    assert page.status_code == 409 and "已经有 1 人报上了" in page.text


@pytest.mark.parametrize("fewer", [{"phone_seats": "1"}, {"phone_seats": "", "phone_until_at": ""}])
def test_fewer_seats_for_callers_are_handed_to_who_waits(app, lin, district, fewer):
    with app.app_context():
        starts = clock.now() + timedelta(hours=20)
        event = cast.event(
            district.one,
            capacity=2,
            phone_seats=2,
            phone_until_at=starts - timedelta(hours=1),
            starts_at=starts,
        )
        sign_up(event, *people(1, 1))
        code, event_id = event.code, event.id
        assert states(event_id) == [Place.WAITLISTED]
    assert lin.submit(f"/desk/events/{code}/edit", fewer, to="/edit").status_code == 303
    with app.app_context():
        assert states(event_id) == [Place.CONFIRMED]


def test_an_earlier_end_of_keeping_them_hands_them_on_too(app, lin, district):
    with app.app_context():
        starts = clock.now() + timedelta(hours=20)
        event = cast.event(
            district.one,
            capacity=1,
            phone_seats=1,
            phone_until_at=starts - timedelta(hours=1),
            starts_at=starts,
        )
        sign_up(event, *people(1, 1))
        code, event_id = event.code, event.id
    typed = clock.local(clock.now() - timedelta(minutes=1)).strftime("%Y-%m-%dT%H:%M")
    assert lin.submit(f"/desk/events/{code}/edit", {"phone_until_at": typed}, to="/edit").status_code == 303
    with app.app_context():
        assert states(event_id) == [Place.CONFIRMED]


def test_what_is_offered_is_given_when_the_desk_moves_the_event_near(app, lin, district):
    with app.app_context():
        now = clock.now()
        event = cast.event(district.one, capacity=1, starts_at=now + timedelta(days=5))
        first = sign_up(event, *people(1, 1))
        sign_up(event, *people(1, 2))
        with transaction():
            operations.cancel(queries.get_by_code(first.codes[0]), by=None, why="own", now=now)
        code, event_id, soon = event.code, event.id, clock.local(now + timedelta(hours=25))
        assert Place.OFFERED in states(event_id)
    typed = {"starts_at": f"{soon:%Y-%m-%dT%H:%M}", "ends_at": f"{soon + timedelta(hours=1):%Y-%m-%dT%H:%M}"}
    answer = lin.submit(f"/desk/events/{code}/edit", typed, to="/edit")
    assert answer.status_code == 303, answer.text
    with app.app_context():
        assert sorted(state.value for state in states(event_id)) == ["cancelled", "confirmed"]


def states(event_id: int) -> list[Place]:
    return list(db.session.scalars(select(Signup.state).where(Signup.event_id == event_id)))


def test_rules_reach_the_later_dates_of_a_series(app, district):
    with app.app_context():
        _series, dates = course(district.one, dates=2, capacity=5)
        with transaction():
            first = find_event(dates[0].code)
            until = first.starts_at - timedelta(days=1)
            wish = replace(fields_of(first), phone_seats=2, phone_until_at=until, home_limit=3)
            change(first, wish, Scope.LATER, by=None, now=clock.now())
        later = find_event(dates[1].code)
        assert (later.phone_seats, later.home_limit) == (2, 3)
        assert later.phone_until_at == until + timedelta(weeks=1)


def test_a_later_date_whose_lots_were_drawn_moves_along_with_its_series(app, district):
    with app.app_context():
        _series, dates = course(district.one, dates=2, capacity=5)
        drawn_at = clock.now() - timedelta(hours=1)
        with transaction() as session:
            session.execute(update(Series).values(enrolment=Enrolment.PER_EVENT))
            session.execute(update(Event).where(Event.id == dates[1].id).values(draw_at=drawn_at))
        db.session.expire_all()
        before = dates[1].starts_at
        with transaction():
            first = find_event(dates[0].code)
            wish = moved(fields_of(first), timedelta(days=1))
            change(first, wish, Scope.LATER, by=None, now=clock.now())
        later = find_event(dates[1].code)
        assert (later.starts_at, later.draw_at) == (before + timedelta(days=1), drawn_at)
