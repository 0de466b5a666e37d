"""A course for residents: one sign-up, one ticket with all dates, what changed said in words."""

from dataclasses import replace
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event, Series
from stationapp.events.queries import fields_of
from stationapp.events.rules import Enrolment
from stationapp.residents.queries import get_resident
from stationapp.signups.queries import find_by_code
from tests import cast
from tests.signups.scene import announce, course, further_date, let_pass, person, sign_up
from tests.signups.scene import people as residents

WU = {"name": "吴秀英", "phone": "199 0000 1111"}


@pytest.fixture
def scene(app):
    people = cast.district(app)
    with app.app_context():
        yield people, *course(people.one, 3, capacity=2, complete_after=2)


def test_the_series_page_shows_every_date_and_signs_up_for_all(client, scene):
    _, series, dates = scene
    page = client.get(f"/series/{series.code}")
    assert all(f"/events/{date.code}" in page.text for date in dates)
    assert (
        "一共 3 次，还有 3 次" in page.text
        and "上满 2 次算学完" in page.text
        and "还有 2 个名额" in page.text
    )
    done = client.submit(page, WU, to="signups")
    assert done.status_code == 303
    ticket = client.get(done.location).text
    assert "下一次" in ticket and ticket.count("<li><span>") == 3 and "不来就行" in ticket
    assert client.get(f"/series/{series.code.lower()}").status_code == 301


def test_a_mistake_on_the_series_page_is_said_there_and_the_rest_is_kept(client, scene):
    _, series, _ = scene
    page = client.submit(f"/series/{series.code}", WU | {"phone": "123"}, to="signups")
    assert page.status_code == 422 and "不像电话号码" in page.text and "吴秀英" in page.text
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    more = client.post(f"/series/{series.code}/signups", data=WU | {"csrf_token": token, "more": "1"})
    assert more.status_code == 200 and "party-1-name" in more.text
    assert client.submit(page, {"phone": cast.PHONE}, to="signups").status_code == 303
    again = client.submit(
        f"/series/{series.code}", WU | {"phone": cast.PHONE, "party-0-name": "李大妈"}, to="signups"
    )
    assert again.status_code == 409 and "有的已经报过名" in again.text


def test_a_second_press_of_the_same_page_leads_to_the_same_ticket(client, scene):
    _, series, dates = scene
    page = client.get(f"/series/{series.code}")
    first = client.submit(page, WU, to="signups")
    assert client.submit(page, WU, to="signups").location == first.location
    assert client.submit(f"/events/{dates[2].code}", WU, to="signups").status_code == 303


def test_an_event_page_of_a_course_says_so_and_leads_to_the_whole(client, scene):
    _, series, dates = scene
    page = client.get(f"/events/{dates[1].code}").text
    assert "报一次名，剩下的每次都有您的名额" in page and f"/series/{series.code}" in page


def test_a_series_of_single_dates_lets_one_pick(app, client, scene):
    _, series, dates = scene
    with transaction():
        db.session.get(Series, series.id).enrolment = Enrolment.PER_EVENT
    page = client.get(f"/series/{series.code}").text
    assert "哪天来？点日子报名" in page and "signups" not in page and "还有 2 个名额" in page
    assert client.post(f"/series/{series.code}/signups").status_code in (400, 404)
    done = client.submit(f"/events/{dates[1].code}", WU, to="signups")
    assert "全部上课时间" not in client.get(done.location).text


def test_unknown_and_unpublished_series_are_not_there(app, client, scene):
    people, *_ = scene
    with app.app_context():
        hidden, _ = course(people.one, 0)
    assert client.get(f"/series/{hidden.code}").status_code == 404
    assert client.get("/series/K7Q2M9X4").status_code == 404


def test_cancelling_gives_the_whole_course_back_and_says_so_before(client, scene):
    _, series, _ = scene
    ticket = client.submit(f"/series/{series.code}", WU, to="signups").location
    page = client.get(ticket)
    assert "后面每次的名额都让给别人" in page.text
    client.submit(page, {}, to="cancellation")
    client.submit(page, {}, to="cancellation")
    assert "这个名额已经取消" in client.get(ticket).text
    assert "还有 2 个名额" in client.get(f"/series/{series.code}").text


def test_after_the_first_date_the_ticket_speaks_of_the_next_and_counts_what_was_attended(client, scene):
    _, series, dates = scene
    ticket = client.submit(f"/series/{series.code}", WU, to="signups").location
    _came(dates[0], ticket)
    let_pass(dates[0])
    page = client.get(ticket).text
    assert "已经上了 1 次" in page and "来过" in page
    mine = client.get("/mine").text
    assert mine.count("书法课") == 1 and "课程，一共 3 次" in mine
    let_pass(*dates)
    assert "取消报名" not in client.get(ticket).text


def _came(event: Event, ticket: str) -> None:
    signup = find_by_code(ticket.rpartition("/")[2])
    with transaction():
        attendance.check_in(
            event, get_resident(signup.resident_id), how=How.ROSTER, part=Part.RESIDENT, by=None, now=event.starts_at
        )  # fmt: skip


def test_two_people_of_one_phone_see_each_other_at_the_next_date(client, scene):
    _, series, dates = scene
    ticket = client.submit(f"/series/{series.code}", WU | {"party-0-name": "李大妈"}, to="signups").location
    let_pass(dates[0])
    page = client.get(ticket)
    assert "吴*英" in page.text and "李*妈" in page.text and "正在看的就是" in page.text


# --- what changed -------------------------------------------------------------------------------------------------


@pytest.fixture
def event(app):
    people = cast.district(app)
    with app.app_context():
        yield cast.event(people.one)


def move(event: Event, **fields) -> None:
    with transaction():
        events.change(event, replace(fields_of(event), **fields), by=None, now=clock.now())


def test_who_signed_up_before_a_move_reads_what_it_was_and_what_it_is(client, event):
    ticket = client.submit(f"/events/{event.code}", WU, to="signups").location
    assert "原定" not in client.get(ticket).text + client.get(f"/events/{event.code}").text
    was = clock.local(event.starts_at)
    move(
        event,
        starts_at=event.starts_at + timedelta(days=1),
        ends_at=event.ends_at + timedelta(days=1),
        place="二楼",
    )
    for page in (client.get(ticket).text, client.get(f"/events/{event.code}").text):
        assert f"原定{was.month}月{was.day}日" in page and "地点原定一楼多功能厅，现改为二楼。" in page
    later = client.application.test_client()
    other = later.submit(f"/events/{event.code}", {"name": "孙大海", "phone": "19900002222"}, to="signups")
    assert "原定" not in later.get(other.location).text


def test_a_move_that_was_taken_back_is_not_mentioned(client, event):
    ticket = client.submit(f"/events/{event.code}", WU, to="signups").location
    move(event, place="二楼")
    move(event, place="一楼多功能厅")
    assert "原定" not in client.get(ticket).text + client.get(f"/events/{event.code}").text


def test_a_postponed_event_keeps_the_place_and_offers_to_give_it_back(client, event):
    ticket = client.submit(f"/events/{event.code}", WU, to="signups").location
    with transaction():
        events.postpone(event, by=None, now=clock.now(), reason="修房顶")
    page = client.get(ticket)
    assert "活动延期了" in page.text and "修房顶" in page.text and "新时间定了会通知您；不来的话" in page.text
    assert "修房顶" in client.get(f"/events/{event.code}").text
    assert client.submit(page, {}, to="cancellation").status_code == 303
    assert "这个名额已经取消" in client.get(ticket).text


def test_a_cancelled_event_says_why(client, event):
    ticket = client.submit(f"/events/{event.code}", WU, to="signups").location
    with transaction():
        events.cancel(event, by=None, now=clock.now(), reason="停电")
    assert all("原因：停电" in client.get(page).text for page in (ticket, f"/events/{event.code}"))


def test_dates_put_off_called_off_and_moved_stand_on_the_ticket_of_the_course(client, scene):
    _, series, dates = scene
    ticket = client.submit(f"/series/{series.code}", WU, to="signups").location
    with transaction():
        events.postpone(dates[1], by=None, now=clock.now(), reason="修房顶")
    move(dates[2], place="二楼")
    page = client.get(ticket).text
    assert "延期了，时间另定" in page and "地点原定书画室，现改为二楼。" in page
    with transaction():
        events.cancel(dates[0], by=None, now=clock.now(), reason="停电")
    assert "取消了" in client.get(ticket).text and "一共 2 次" in client.get(ticket).text
    announce(dates[1])
    assert "延期了，时间另定" not in client.get(ticket).text


def test_a_month_of_birth_is_asked_when_any_date_of_the_course_asks_for_an_age(app, client, scene):
    _, series, dates = scene
    move(dates[2], min_age=60)
    done = client.submit(f"/events/{dates[0].code}", WU | {"birth_month": "1950-03"}, to="signups")
    assert done.status_code == 303
    young = client.submit(
        f"/series/{series.code}",
        {"name": "孙小", "phone": "19900002222", "birth_month": "2000-01"},
        to="signups",
    )
    assert young.status_code == 409 and "要满 60 岁" in young.text
    assert sign_up(dates[1], person("吴秀英", cast.PHONE, birth_month="1950-03")).repeated


# --- at the desk --------------------------------------------------------------------------------------------------


def test_the_desk_publishes_a_further_date_with_everybody_or_says_why_not(client, scene):
    people, series, _ = scene
    client.submit(f"/series/{series.code}", WU, to="signups")
    cast.sign_in(client, people.chen)
    more, other = (
        further_date(series, people.one, weeks=weeks, capacity=places, publish=False)
        for weeks, places in ((5, 2), (6, 9))
    )
    with transaction():
        for date in (more, other):
            events.submit(date, by=None, now=clock.now())
    assert client.submit(f"/desk/events/{more.code}", {}, to="publication").status_code == 303
    refused = client.submit(f"/desk/events/{other.code}", {}, to="publication")
    assert refused.status_code == 409 and "各次的名额要一样多。已发布的几次是 2 个" in refused.text
    db.session.rollback()
    db.session.refresh(more)
    assert more.taken == 1


def test_more_places_written_at_one_date_are_more_at_all(client, scene):
    people, _, dates = scene
    for household in (1, 2, 3):
        sign_up(dates[0], *residents(1, household))
    cast.sign_in(client, people.lin)
    page = f"/desk/events/{dates[1].code}/edit"
    assert client.submit(page, {"capacity": "1"}, to="edit").status_code in (409, 422)
    assert client.submit(page, {"capacity": "3"}, to="edit").status_code == 303
    db.session.rollback()
    db.session.expire_all()
    assert [(date.capacity, date.taken, date.waiting) for date in dates] == [(3, 3, 0)] * 3
