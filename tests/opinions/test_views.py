"""After an event, whoever came may press a face; the station never learns who."""

import re
import threading
from datetime import timedelta

import pytest
import time_machine

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.operations import reopen
from stationapp.opinions.calls import drawn
from stationapp.opinions.operations import enter_slips, note_calls, print_slips
from stationapp.opinions.queries import last_answer, scores_at
from stationapp.opinions.rules import OpinionRefusal
from stationapp.opinions.slip_rules import Slip
from stationapp.refusal import Refused
from stationapp.residents import homes
from stationapp.residents.merging import merge
from stationapp.residents.queries import get_resident
from stationapp.residents.rules import CodeVia
from stationapp.signups.models import Party
from stationapp.signups.queries import find_by_code
from stationapp.signups.rules import Channel
from stationapp.vault import vault
from tests import cast
from tests.opinions.scene import answers, attendances, close, past, press, walk_in
from tests.signups.scene import course

QUESTION = "这场活动怎么样？"


@pytest.fixture
def scene(app):
    return past(app)


def scores(app, scene):
    with app.app_context():
        return scores_at([scene.event_id]).get(scene.event_id)


def test_who_came_is_asked_once_the_event_is_over_and_answers_without_a_name(app, client, scene):
    page = client.get(f"/signups/{scene.codes[0]}")
    assert QUESTION in page.text
    assert "不记名" in page.text
    answer = press(client, scene.codes[0], 5, "老师讲得好")
    assert (answer.status_code, answer.location.split("?")[0]) == (303, "/opinions/thanks")
    assert "谢谢您" in client.get(answer.location).text
    (row,) = answers(app)
    assert (row.event_id, row.score, row.how.value, row.by) == (scene.event_id, 5, "page", None)
    assert row.said_on == clock.day_of(clock.now())
    assert "老师".encode() not in row.comment_sealed
    columns = {one.name for one in row.__table__.columns}
    columns = {name for name in columns if "resident" in name or name.endswith("_at")}
    assert columns == set()


def test_who_did_not_come_is_not_asked_and_cannot_answer(app, client, scene):
    missed = scene.codes[-1]
    assert QUESTION not in client.get(f"/signups/{missed}").text
    came = client.get(f"/signups/{scene.codes[0]}")
    answer = client.submit(came, {"face": "5"}, to="/opinion")
    assert answer.status_code == 303
    form = {"face": "1", "csrf_token": _token(came)}
    refused = client.post(f"/signups/{missed}/opinion", data=form)
    assert (refused.status_code, "没有找到您那天的签到" in refused.text) == (409, True)
    assert client.post("/signups/NOTACODE23/opinion", data=form).status_code == 404
    assert len(answers(app)) == 1


def _token(page) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def test_nobody_answers_by_a_code_that_staff_read_out(app, client, scene):
    """Who made the place for somebody knows its code and could press for them, in a browser without a sign-in."""
    page = client.get(f"/signups/{scene.codes[1]}")
    with app.app_context(), transaction():
        party = db.session.get_one(Party, find_by_code(scene.codes[0]).party_id)
        party.channel, party.by = Channel.PHONE, scene.people.lin.id
    assert QUESTION not in client.get(f"/signups/{scene.codes[0]}").text
    form = {"face": "5", "csrf_token": _token(page)}
    refused = client.post(f"/signups/{scene.codes[0]}/opinion", data=form)
    assert (refused.status_code, "不能凭它来评" in refused.text) == (409, True)
    assert answers(app) == []


def test_a_volunteer_and_somebody_whose_coming_was_taken_back_are_not_asked(app, client, scene):
    with app.app_context():
        event = db.session.get(Event, scene.event_id)
        person = get_resident(find_by_code(scene.codes[0]).resident_id)
        with transaction():
            reopen(event, by=None, now=clock.now(), reason="改")
            attendance.undo(event, person, how=How.ROSTER, by=None, now=clock.now())
        helper = cast.sign_up(
            cast.event(scene.people.one, title="别的"), cast.person("何试人", "19900067777")
        )
        walk_in(event, "何试人", "19900067777", None, part=Part.VOLUNTEER, channel=None)
    assert QUESTION not in client.get(f"/signups/{scene.codes[0]}").text
    assert QUESTION not in client.get(f"/signups/{helper.codes[0]}").text


def test_what_was_said_can_be_changed_and_the_last_counts(app, client, scene):
    press(client, scene.codes[0], 5)
    press(client, scene.codes[0], 1, "太吵")
    press(client, scene.codes[1], 3)
    rows = answers(app)
    assert [row.score for row in rows] == [5, 1, 3]
    assert rows[1].replaces_id == rows[0].id
    its = scores(app, scene)
    assert (its.answers, its.good, its.by_face) == (2, 0, {5: 0, 3: 1, 1: 1})


def test_the_same_form_twice_and_the_same_answer_again_are_one_row(app, client, scene):
    page = client.get(f"/signups/{scene.codes[0]}")
    for _ in range(3):
        assert client.submit(page, {"face": "5"}, to="/opinion").status_code == 303
    press(client, scene.codes[0], 5)
    assert len(answers(app)) == 1
    press(client, scene.codes[0], 1)
    client.submit(page, {"face": "5"}, to="/opinion")  # the first form once more, after a change
    assert [row.score for row in answers(app)] == [5, 1]


def test_the_page_never_shows_what_was_said(client, scene):
    before = client.get(f"/signups/{scene.codes[0]}").text
    press(client, scene.codes[0], 1, "很不好听的话")
    after = client.get(f"/signups/{scene.codes[0]}").text
    assert "很不好听的话" not in after
    assert before.count("checked") == after.count("checked")


def test_no_face_or_a_long_comment_comes_back_with_what_was_typed(app, client, scene):
    page = client.get(f"/signups/{scene.codes[0]}")
    again = client.submit(page, {"face": None, "comment": "一句话"}, to="/opinion")
    assert (again.status_code, "请先选一张脸" in again.text, "一句话" in again.text) == (422, True, True)
    long = client.submit(page, {"face": "5", "comment": "长" * 201}, to="/opinion")
    assert (long.status_code, "200 个字以内" in long.text) == (422, True)
    assert client.submit(again, {"face": "3"}, to="/opinion").status_code == 303
    assert [row.score for row in answers(app)] == [3]
    form = {"face": "4", "csrf_token": _token(page)}
    assert client.post(f"/signups/{scene.codes[0]}/opinion", data=form).status_code == 422


def test_of_two_records_of_one_person_one_answers(app, client, scene):
    """Pressed by the record whose row is the later one, then both were found to be one person: it is changed."""
    press(client, scene.codes[1], 5)
    merge_records(app, scene, 0, 1)
    press(client, scene.codes[0], 1)
    assert [row.score for row in answers(app)] == [5, 1]
    assert scores(app, scene).answers == 1
    merge_records(app, scene, 2, 3)
    with app.app_context(), transaction():
        event = db.session.get(Event, scene.event_id)
        lines = drawn(event)
        assert len(lines) == 4  # of six rows
        said = {one.attendance_id: 3 for one in lines}
        assert note_calls(event.id, said, by=scene.people.chen.id, now=clock.now()) == 4
    assert scores(app, scene).answers == 4


def merge_records(app, scene, *numbers: int) -> None:
    """Two of those who came are one person."""
    with app.app_context(), transaction():
        kept, gone = (find_by_code(scene.codes[n]).resident_id for n in numbers)
        merge(kept, gone, by=scene.people.lin.id, now=clock.now())


def test_it_is_open_from_the_end_for_fourteen_days(app, client):
    scene = past(app, 2, closed=False, ago=timedelta(hours=1))
    assert QUESTION not in client.get(f"/signups/{scene.codes[0]}").text  # still under way
    end = clock.now() + timedelta(hours=1)
    with time_machine.travel(end + timedelta(minutes=1), tick=False):
        page = client.get(f"/signups/{scene.codes[0]}")
        assert QUESTION in page.text
    with time_machine.travel(end + timedelta(days=13, hours=23), tick=False):
        assert press(client, scene.codes[0]).status_code == 303
        late = client.get(f"/signups/{scene.codes[1]}")
    with time_machine.travel(end + timedelta(days=14, minutes=1), tick=False):
        assert QUESTION not in client.get(f"/signups/{scene.codes[0]}").text
        fresh = {"csrf_token": _token(client.get("/mine")), "face": "5"}
        assert client.post(f"/signups/{scene.codes[1]}/opinion", data=fresh).status_code == 409
    assert late.status_code == 200
    assert len(answers(app)) == 1


def test_while_a_date_of_a_course_is_to_come_its_code_stands_above_the_question(app, client):
    people = cast.district(app)
    with app.app_context():
        _, dates = course(people.one, 2)
        code = cast.sign_up(dates[0], cast.person("吴试人", "19900061111")).codes[0]
        came = {"how": How.ROSTER, "part": Part.RESIDENT, "by": None, "now": dates[0].starts_at}
        with transaction():
            attendance.check_in(dates[0], get_resident(find_by_code(code).resident_id), **came)
        ends = [date.ends_at for date in dates]
    for end, first in zip(ends, ('class="ticket"', QUESTION), strict=True):
        with time_machine.travel(end + timedelta(minutes=1), tick=False):
            page = client.get(f"/signups/{code}").text
        assert min(('class="ticket"', QUESTION), key=page.index) == first


def test_staff_of_the_event_are_not_asked_in_somebodys_place(app, client, scene):
    lin = cast.signed_in(app, scene.people.lin)
    assert QUESTION not in lin.get(f"/signups/{scene.codes[0]}").text
    page = client.get(f"/signups/{scene.codes[0]}")
    cast.sign_in(client, scene.people.lin)
    refused = client.submit(page, {"face": "5"}, to="/opinion")
    assert (refused.status_code, "不能替别人评" in refused.text) == (409, True)
    assert answers(app) == []


def test_no_slip_keeps_those_who_came_from_answering(app, client):
    """A station that enters as many slips as people came silences nobody, and it shows."""
    scene = past(app, 3)
    with app.app_context(), transaction():
        event = db.session.get(Event, scene.event_id)
        sheet = print_slips(event, 8, by=scene.people.lin.id, now=clock.now())
        slips = [Slip(n, 5) for n in (1, 2, 3)]
        enter_slips(sheet.id, slips, by=scene.people.lin.id, now=clock.now())
    for code in scene.codes[:3]:
        assert press(client, code, 1).status_code == 303
    assert scores(app, scene).by_face == {5: 3, 3: 0, 1: 3}
    with time_machine.travel(clock.now() + timedelta(days=1)):
        lin = cast.signed_in(app, scene.people.lin)
        assert "评价比来的人多 3 份" in lin.get(f"{scene.at}/opinions").text


def test_comments_lose_numbers_and_the_names_of_who_came_before_they_are_kept(app, client, scene):
    press(client, scene.codes[0], 5, "打我电话１３８ 0013 8000，微信 wang_12345")
    press(client, scene.codes[1], 3, "我是钱试人，和孙试人坐后排，李老师讲得好")
    with app.app_context():
        kept = [vault().unseal(row.comment_sealed) for row in answers(app)]
    assert kept == [
        "打我电话（号码略），（号码略）",
        "我是（名字略），和（名字略）坐后排，李老师讲得好",
    ]


# --- the household's own page -----------------------------------------------------------------------------------


def at_home(app, client, phone: str, via: CodeVia = CodeVia.SMS) -> None:
    with app.app_context(), transaction():
        code = homes.make_code(homes.find_household(phone), via, by=None, now=clock.now())
    assert client.submit("/mine/logins", {"phone": phone, "code": code}).status_code == 303


def test_who_came_without_a_sign_up_answers_behind_the_households_code(app, client):
    scene = past(app, 3, closed=False)
    with app.app_context():
        event = db.session.get(Event, scene.event_id)
        walk_in(event, "何试人", "19900067777", scene.people.one)
        close(event)
    at_home(app, client, "19900067777")
    page = client.get("/mine/home")
    assert "来过的活动，怎么样？" in page.text
    mine = attendances(app, scene.event_id)[-1]
    ask = f"/mine/home/opinions/{mine}"
    assert ask in page.text
    assert client.get(ask).headers["Cache-Control"] == "no-store"
    answer = client.submit(ask, {"face": "3"}, to=ask)
    assert answer.status_code == 303
    assert [row.score for row in answers(app)] == [3]
    for other in (attendances(app, scene.event_id)[0], 999):
        assert client.get(f"/mine/home/opinions/{other}").status_code == 404
    assert app.test_client().get(ask).status_code == 404
    known = app.test_client()  # opened with a code that the desk read out, and so could use itself
    at_home(app, known, "19900067777", CodeVia.DESK)
    home = known.get("/mine/home")
    assert "怎么样？" not in home.text
    for refused in (known.get(ask), known.post(ask, data={"face": "5", "csrf_token": _token(home)})):
        assert (refused.status_code, "不能凭它来评" in refused.text) == (409, True)
    assert [row.score for row in answers(app)] == [3]


@pytest.mark.both_databases
def test_two_answers_at_once_are_one_slot(app, scene):
    app.config["WTF_CSRF_ENABLED"] = False
    begin, statuses = threading.Barrier(4), []

    def send(n: int) -> None:
        client = app.test_client()
        begin.wait()
        form = {"face": str((5, 3, 1, 5)[n]), "key": f"key {n // 2}"}
        statuses.append(client.post(f"/signups/{scene.codes[0]}/opinion", data=form).status_code)

    threads = [threading.Thread(target=send, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert statuses == [303] * 4
    its = scores(app, scene)
    assert its.answers == 1
    with app.app_context():
        today = clock.day_of(clock.now())
        assert last_answer() == last_answer(today + timedelta(days=1)) == answers(app)[-1].id
        assert last_answer(today - timedelta(days=1)) == 0


@pytest.mark.both_databases
def test_the_last_room_for_a_slip_is_given_once(app):
    scene = past(app, 3)
    with app.app_context(), transaction():
        event, by = db.session.get(Event, scene.event_id), scene.people.lin.id
        sheet_id = print_slips(event, 8, by=by, now=clock.now()).id
        enter_slips(sheet_id, [Slip(1, 5), Slip(2, 3)], by=by, now=clock.now())
    begin, became = threading.Barrier(3), []

    def enter(number: int) -> None:
        begin.wait()
        try:
            with app.app_context(), transaction():
                enter_slips(sheet_id, [Slip(number, 1)], by=by, now=clock.now())
        except Refused as refused:
            became.append(refused.reason)

    threads = [threading.Thread(target=enter, args=(n,)) for n in (3, 4, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert became == [OpinionRefusal.MORE_THAN_CAME] * 2
    assert scores(app, scene).answers == 3
