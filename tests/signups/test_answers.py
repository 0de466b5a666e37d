"""Answering an offered place: on the ticket, at the desk for whoever was called; and what both pages tell of it."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import get_event
from stationapp.signups import offers, operations, queries
from stationapp.signups.models import PassedOver, SignupMove
from stationapp.signups.rules import PassedWhy, Place
from tests import cast
from tests.signups.scene import course, people, sign_up


@pytest.fixture
def scene(app):
    """Two seats, five days ahead, a couple has them; a couple waits, then two who come alone."""
    made = cast.district(app)
    with app.app_context():
        event = cast.event(made.one, capacity=2, starts_at=clock.now() + timedelta(days=5))
        answers = [sign_up(event, *people(size, home)) for home, size in enumerate((2, 2, 1, 1), 1)]
    return made, event, answers


def give_back(app, answer, who: slice = slice(None)) -> None:
    with app.app_context(), transaction():
        places = [queries.get_by_code(code) for code in answer.codes[who]]
        operations.cancel(*places, by=None, why="own", now=clock.now())


def ticket(answer, number: int = 0) -> str:
    return f"/signups/{answer.codes[number]}"


def states(app, answer) -> list[Place]:
    with app.app_context():
        return [queries.get_by_code(code).state for code in answer.codes]


def press(client, page, button: str):
    """Press one of the two buttons of the only question on a page (a path or an answer)."""
    page = client.get(page) if isinstance(page, str) else page
    form = re.search(r'<form method="post" action="([^"]+/answer)">(.+?)</form>', page.text, re.DOTALL)
    assert f'name="answer" value="{button}"' in form[2] or button == "maybe"
    token = re.search(r'name="csrf_token" value="([^"]+)"', form[2])[1]
    return client.post(form[1], data={"csrf_token": token, "answer": button})


@pytest.mark.both_databases
def test_the_ticket_asks_with_a_deadline_and_one_press_takes_the_places(app, client, scene):
    _people, _event, (seated, couple, *_others) = scene
    give_back(app, seated)
    page = client.get(ticket(couple)).text
    assert "有名额了，您来不来？" in page and "为您一家 2 人留着" in page and "之前答复" in page
    assert press(client, ticket(couple), "accept").status_code == 303
    assert states(app, couple) == [Place.CONFIRMED] * 2
    page = client.get(ticket(couple, 1)).text
    assert "已报名" in page and "答复要来，名额定下" in page and "/answer" not in page


@pytest.mark.both_databases
def test_one_press_gives_the_places_up_and_the_next_one_is_asked(app, client, scene):
    _people, _event, (seated, couple, third, _fourth) = scene
    give_back(app, seated)
    page = client.get(ticket(couple))
    for _ in range(2):
        assert press(client, page, "decline").status_code == 303
    assert "这个名额已经取消" in client.get(ticket(couple)).text
    assert "有名额了，您来不来？" in client.get(ticket(third)).text


def test_who_answers_too_late_reads_that_the_place_went_on(app, client, scene):
    _people, _event, (seated, couple, *_others) = scene
    give_back(app, seated)
    page = client.get(ticket(couple))
    with app.app_context(), transaction():
        offers.lapse(now=clock.now() + timedelta(days=3))
    late = press(client, page, "accept")
    assert late.status_code == 409
    assert "已经过了时间" in late.text and "没有等到您的答复" in late.text and "重新报名" in late.text


def test_an_answer_that_is_none_is_a_plain_mistake(client, scene, app):
    _people, _event, (seated, couple, *_others) = scene
    give_back(app, seated)
    assert press(client, ticket(couple), "maybe").status_code == 400


def test_one_of_them_stays_away_and_the_other_still_answers(app, client, scene):
    _people, _event, (seated, couple, *_others) = scene
    give_back(app, seated)
    give_back(app, couple, slice(1))
    assert "为您留着，请在" in client.get(ticket(couple, 1)).text
    press(client, ticket(couple, 1), "accept")
    assert states(app, couple) == [Place.CANCELLED, Place.CONFIRMED]


def test_an_offer_stands_while_the_event_is_put_off_and_the_ticket_says_both(app, client, scene):
    _people, event, (seated, couple, *_others) = scene
    give_back(app, seated)
    with app.app_context(), transaction():
        events.postpone(get_event(event.code), by=None, now=clock.now(), reason="下雨")
    page = client.get(ticket(couple)).text
    assert "您来不来" in page and "活动延期了" in page


def test_whoever_is_passed_over_reads_why_and_keeps_the_rank(app, client, scene):
    _people, _event, (seated, couple, third, _fourth) = scene
    give_back(app, seated, slice(1))
    page = client.get(ticket(couple)).text
    assert "候补第 1 位" in page and "空出的名额不够您一家人" in page
    assert "空出的名额不够 2 人，先给了后面人少的一家，位次不变" in page
    assert "有名额空出来，留到" in client.get(ticket(third)).text


@pytest.mark.both_databases
def test_the_desk_says_yes_or_no_for_whoever_was_called(app, client, scene):
    made, event, (seated, couple, third, _fourth) = scene
    give_back(app, seated)
    cast.sign_in(client, made.lin)
    desk = f"/desk/events/{event.code}/signups"
    assert press(client, desk, "accept").status_code == 303
    assert states(app, couple) == [Place.CONFIRMED] * 2
    assert f"答复要来，名额定下（{made.lin.name}）" in client.get(desk).text
    assert "有名额，等答复" not in client.get(desk).text
    give_back(app, couple, slice(1))
    assert press(client, desk, "decline").status_code == 303
    assert "不来了的（2 家）" in client.get(desk).text
    assert states(app, third) == [Place.CANCELLED]


@pytest.mark.both_databases
def test_the_desk_seats_somebody_out_of_turn_with_a_reason_those_ahead_may_read(app, client, scene):
    made, event, (seated, couple, third, fourth) = scene
    give_back(app, seated, slice(1))  # offered to the third, passing over the couple
    with app.app_context(), transaction():
        offers.decline(third.party_id, by=None, now=clock.now())
        offers.decline(fourth.party_id, by=None, now=clock.now())
    with app.app_context():
        large = sign_up(get_event(event.code), *people(2, 6))
        give_back(app, seated)
        # The couple is offered both seats; nobody else can be seated before it answers.
        cast.sign_in(client, made.lin)
    desk = f"/desk/events/{event.code}/signups"
    refused = client.submit(desk, {"reason": "腿脚不便"}, to="/turn")
    assert refused.status_code == 409 and "坐不下" in refused.text and "腿脚不便" in refused.text
    with app.app_context(), transaction():
        get_event(event.code).capacity = 5
        for code in couple.codes:
            operations.cancel(queries.get_by_code(code), by=None, why="own", now=clock.now())
    assert states(app, large) == [Place.OFFERED] * 2


def test_seats_kept_for_callers_may_be_given_out_of_turn_to_a_household_that_waits(app, client):
    made = cast.district(app)
    starts_at = clock.now() + timedelta(days=5)
    with app.app_context():
        event = cast.event(
            made.one,
            capacity=2,
            starts_at=starts_at,
            phone_seats=2,
            phone_until_at=starts_at - timedelta(days=1),
        )
        first, second = (sign_up(event, *people(1, household)) for household in (1, 2))
    assert "候补第 1 位" in client.get(ticket(first)).text
    cast.sign_in(client, made.lin)
    desk = f"/desk/events/{event.code}/signups"
    page = client.get(desk)
    assert client.submit(page, {"reason": " "}, to=_turn_of(app, page, second)).status_code == 409
    assert client.submit(page, {"reason": "坐轮椅"}, to=_turn_of(app, page, second)).status_code == 303
    assert states(app, second) == [Place.CONFIRMED] and states(app, first) == [Place.WAITLISTED]
    with app.app_context():
        assert db.session.scalars(select(PassedOver.why)).all() == [PassedWhy.STAFF]
        line = db.session.scalar(select(AuditLine).where(AuditLine.act == "signups.seat_out_of_turn"))
        assert (line.reason, line.actor_id) == ("坐轮椅", made.lin.id)
        assert set(db.session.scalars(select(SignupMove.by))) == {made.lin.id}
    page = client.get(ticket(first)).text
    assert "站点先安排了后面的一家" in page and "坐轮椅" in page and "候补第 1 位" in page
    assert "站点安排先来：坐轮椅" in client.get(ticket(second)).text


def _turn_of(app, page, answer) -> str:
    """The form of that household: it stands in the line of whoever comes first."""
    with app.app_context():
        ids = [queries.get_by_code(code).id for code in answer.codes]
    return next(found for one in ids if (found := f"/signups/{one}/turn") in page.text)


@pytest.mark.both_databases
def test_a_household_is_seated_out_of_turn_at_every_date_of_a_course(app, client):
    made = cast.district(app)
    with app.app_context():
        _series, dates = course(made.one, 2, capacity=3)
        sign_up(dates[0], *people(2, 1))
        large = sign_up(dates[0], *people(2, 2))
        with transaction():
            ids = [date.id for date in dates]
            kept = {"phone_seats": 1, "phone_until_at": dates[0].starts_at}
            db.session.execute(update(Event).where(Event.id.in_(ids)).values(kept))
        small = sign_up(dates[0], *people(1, 3))
    assert states(app, small) == [Place.WAITLISTED]
    cast.sign_in(client, made.lin)
    page = client.get(f"/desk/events/{dates[0].code}/signups")
    assert client.submit(page, {"reason": "带着学员"}, to=_turn_of(app, page, large)).status_code == 409
    assert client.submit(page, {"reason": "带着学员"}, to=_turn_of(app, page, small)).status_code == 303
    with app.app_context():
        assert [get_event(date.code).taken for date in dates] == [3, 3]
        assert set(db.session.scalars(select(PassedOver.why))) == {PassedWhy.STAFF}
