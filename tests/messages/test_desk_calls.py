"""Calling people about what changed: whom, what to say, what came of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of
from stationapp.messages import switches
from stationapp.messages.builtin import TEXTS
from stationapp.messages.models import CallAnswer, Message
from stationapp.messages.operations import fall_back
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.sending_words import OCCASIONS
from stationapp.messages.spreading import spread_notices
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.residents.merging import merge
from stationapp.signups import offers, operations, queries
from stationapp.signups.models import Party
from stationapp.signups.rules import Place
from stationapp.web.words import word
from tests import cast
from tests.signups.scene import announce, course, people, person, sign_up


@pytest.fixture
def scene(app, client):
    """Three households at an event of three places; a fourth waits. Lin is signed in."""
    district = cast.district(app)
    cast.sign_in(client, district.lin)
    with app.app_context():
        event = cast.event(district.one, capacity=4)
        answers = [
            sign_up(event, person(cast.GRANNY_WU, cast.PHONE), person("李大妈", cast.PHONE)),
            sign_up(event, person("孙大海", "0379-00000022")),
            sign_up(event, person("郑有福", None), by=district.lin.id),
            sign_up(event, person("冯青山", "19900004444")),
        ]
        yield district, event, answers


def act(operation, event: Event, **more) -> None:
    with transaction():
        operation(event, by=None, now=clock.now(), **more)
        spread_notices(now=clock.now())


def move(event: Event, **fields) -> None:
    act(
        lambda event, by, now: events.change(event, replace(fields_of(event), **fields), by=by, now=now),
        event,
    )


def give_back(answer) -> None:
    with transaction():
        operations.cancel(queries.get_by_code(answer.codes[0]), by=None, why="own", now=clock.now())
        spread_notices(now=clock.now())


def call_of(notice: str, answer) -> int:
    """The message of a household on a notice's list."""
    db.session.rollback()
    party = db.session.get_one(Party, answer.party_id)
    its = (Message.notice_id == int(notice.rsplit("/", 1)[1]), Message.household_id == party.household_id)
    return db.session.scalar(select(Message.id).where(*its, Message.way == Way.CALL)) or 0


def list_of(*, last: bool = True) -> str:
    """The address of the notice's list."""
    db.session.rollback()
    number = db.session.scalar(select(func.max(Notice.id) if last else func.min(Notice.id)))
    return f"/desk/calls/{number}"


def press(client, page, answer, outcome: str, path: str = ""):
    """Press a button on somebody's line."""
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    at = page.request.path
    message = call_of(at, answer) if hasattr(answer, "party_id") else answer
    return client.post(
        f"/desk/calls/lines/{message}/{path or 'answers'}?list={at.rsplit('/', 1)[1]}",
        data={"csrf_token": token, "outcome": outcome},
    )


def states(answer) -> set[Place]:
    db.session.rollback()
    db.session.expire_all()
    return {queries.get_by_code(code).state for code in answer.codes}


def test_a_moved_event_lists_each_household_once_masked_with_what_to_say(client, scene):
    _, event, _ = scene
    was = clock.local(event.starts_at)
    move(event, starts_at=event.starts_at + timedelta(days=1), ends_at=event.ends_at + timedelta(days=1))
    today = client.get("/desk/").text
    assert list_of() in today
    page = client.get(list_of()).text
    assert f"原来是{was.month}月{was.day}日" in page and "您家还来吗" in page
    assert "已打 0 / 4" in page and page.count("吴*英") >= 1 and "一家 2 人" in page and "候补" in page
    assert "没有电话" in page and "0379-****0022" in page
    assert cast.PHONE not in page and cast.GRANNY_WU not in page
    index = client.get("/desk/calls/").text
    assert index.count("您家还来吗") == 4 and list_of() in index and cast.PHONE not in index


def test_a_number_is_shown_on_a_click_and_that_is_written_down(app, client, scene):
    _, event, answers = scene
    move(event, place="二楼")
    page = client.get(list_of())
    shown = press(client, page, answers[0], "", "numbers").text
    assert f"tel:{cast.PHONE}" in shown and cast.GRANNY_WU in shown
    assert "tel:037900000022" in press(client, page, answers[1], "", "numbers").text
    with app.app_context():
        lines = db.session.scalars(select(AuditLine).where(AuditLine.act == "residents.reveal")).all()
    assert [line.reason for line in lines] == ["通知：时间或地点变了，请告知报名的人"] * 2
    assert cast.PHONE not in client.get(list_of()).text


def test_who_was_merged_is_called_at_the_household_the_message_is_for(client, scene):
    district, event, _answers = scene
    at = ("19900005555", "19900006666")
    kept, gone = (cast.resident(cast.person("钱多多", phone, home=district.one)).id for phone in at)
    with transaction():
        merge(kept, gone, by=district.lin.id, now=clock.now())
    answer = sign_up(event, person("钱多多", at[1]))
    move(event, place="二楼")
    shown = press(client, client.get(list_of()), answer, "", "numbers").text
    assert f"tel:{at[1]}" in shown and f"tel:{at[0]}" not in shown


def test_a_place_that_lapsed_is_not_said_to_be_somebody_elses(app):
    with app.test_request_context():
        lapsed = [str(said) for (occasion, _way), said in TEXTS.items() if occasion is Occasion.OFFER_LAPSED]
        lapsed += [str(word(Occasion.OFFER_LAPSED)), str(OCCASIONS[Occasion.OFFER_LAPSED])]
    assert all("收回" in said and "下一位" not in said for said in lapsed) and len(lapsed) > 4


def test_who_does_not_come_gives_the_places_back_and_the_next_moves_up(client, scene):
    _, event, answers = scene
    move(event, place="二楼")
    page = client.get(list_of())
    done = press(client, page, answers[1], "not_coming")
    assert done.status_code == 303
    assert "名额已经让出" in client.get(done.location).text
    assert states(answers[1]) == {Place.CANCELLED}
    assert press(client, page, answers[0], "not_coming").status_code == 303
    assert states(answers[0]) == {Place.CANCELLED}
    assert client.get("/desk/calls/").text.count("/desk/calls/") >= 1


def test_the_last_answer_holds_and_a_place_given_back_stays_so(client, scene):
    _, event, answers = scene
    move(event, place="二楼")
    page = client.get(list_of())
    for outcome in ("no_answer", "comes", "comes", "not_coming"):
        assert press(client, page, answers[1], outcome).status_code == 303
    again = press(client, page, answers[1], "reached")
    said = client.get(again.location).text
    assert "先前让出的名额不会自动回来" in said and "替他重新报名" in said
    assert states(answers[1]) == {Place.CANCELLED}
    assert db.session.scalar(select(func.count()).select_from(CallAnswer)) == 4


def test_when_everybody_was_called_today_asks_for_no_calls_any_more(client, scene):
    _, event, answers = scene
    move(event, place="二楼")
    page = client.get(list_of())
    press(client, page, answers[0], "reached")
    press(client, page, answers[1], "no_answer")
    press(client, page, answers[2], "comes")
    give_back(answers[3])
    page = client.get(list_of())
    assert "已打 4 / 4" in page.text and "不用打了" in page.text and "都打完了" not in page.text
    assert list_of() in client.get("/desk/").text  # one was not reached yet
    press(client, page, answers[1], "reached")
    assert "都打完了" in client.get(list_of()).text
    assert "没有要打的电话" in client.get("/desk/calls/").text
    assert list_of() not in client.get("/desk/").text
    press(client, page, answers[1], "no_answer")  # the wrong button was pressed
    assert list_of() in client.get("/desk/").text


def test_a_cancelled_event_asks_nobody_whether_they_come(client, scene):
    _, event, answers = scene
    act(events.cancel, event, reason="停电")
    page = client.get(list_of())
    assert "取消了，停电" in page.text and "不来了" not in page.text
    assert press(client, page, answers[0], "not_coming").status_code == 404
    assert press(client, page, answers[0], "reached").status_code == 303


def test_a_postponed_event_asks_and_asks_again_when_it_has_its_new_time(client, scene):
    _, event, answers = scene
    act(events.postpone, event, reason="修房顶")
    first = list_of()
    page = client.get(first)
    assert "延期了，修房顶" in page.text
    press(client, page, answers[0], "comes")
    move(event, starts_at=event.starts_at + timedelta(days=7), ends_at=event.ends_at + timedelta(days=7))
    act(events.publish, event)
    again = client.get(list_of())
    assert "原来是" in again.text and "已打 0 / 4" in again.text
    assert list_of() in client.get(first).text and "后来又有变动" in client.get(first).text


def test_who_signed_up_or_cancelled_around_the_change_is_called_only_if_they_knew_the_old(client, scene):
    _, event, answers = scene
    give_back(answers[1])
    move(event, place="二楼")
    sign_up(event, *people(1, 5))
    page = client.get(list_of()).text
    assert "已打 0 / 3" in page and "孙*海" not in page and "赵*" not in page


def test_who_moved_up_from_the_waitlist_is_called(client, scene):
    _, event, answers = scene
    full = cast.event(scene[0].one, capacity=1, starts_at=event.starts_at + timedelta(days=3))
    first, second = sign_up(full, *people(1, 6)), sign_up(full, *people(1, 7))
    give_back(first)
    page = client.get(list_of())
    assert "您家来吗？给您留到" in page.text and "已打 0 / 1" in page.text
    assert press(client, page, second, "comes").status_code == 303
    assert press(client, page, answers[0], "comes").status_code == 404


def test_of_a_course_not_coming_gives_every_date_back_and_the_page_says_so(client, scene):
    district, _, _ = scene
    _, dates = course(district.one, 3, capacity=1)
    answer, waits = sign_up(dates[0], *people(1, 1)), sign_up(dates[0], *people(1, 2))
    move(dates[1], place="二楼")
    page = client.get(list_of())
    assert "后面每次的名额都会让出" in page.text and "已打 0 / 2" in page.text
    at_second = page.text.split('id="call-')[1].split('"')[0]
    assert press(client, page, int(at_second), "not_coming").status_code == 303
    assert states(answer) == {Place.CANCELLED} and states(waits) == {Place.CONFIRMED}
    act(events.postpone, dates[2], reason="修房顶")
    announce(dates[2])


def test_nonsense_is_not_found_and_other_stations_lists_neither(client, scene):
    district, event, answers = scene
    move(event, place="二楼")
    page = client.get(list_of())
    for party, outcome in (("x", "comes"), (answers[0].party_id, "dances"), (999, "comes")):
        assert press(client, page, party, outcome).status_code == 404
    cast.sign_in(client, district.ma)
    assert client.get(list_of()).status_code == 404
    assert press(client, page, answers[0], "comes").status_code == 404
    assert "没有要打的电话" in client.get("/desk/calls/").text


def test_a_notice_that_asks_for_no_calls_has_no_list(app, client, scene):
    from stationapp.notices.operations import tell_desk
    from stationapp.notices.rules import Occasion

    district, event, _ = scene
    with transaction():
        tell_desk(Occasion.CLOSE_OUT_DUE, f"event {event.code}", site_id=district.one.id, now=clock.now())
    assert client.get(list_of()).status_code == 404
    assert "/desk/calls/1" not in client.get("/desk/").text


# --- the whole list -----------------------------------------------------------------------------------------------


def line(client, page, name: str, outcome: str):
    """Press a button on the line of somebody, as shown masked, in the whole list."""
    form = next(one for one in page.text.split("<form")[1:] if f'aria-label="{name}：' in one)
    address = form.split('action="')[1].split('"')[0].replace("&amp;", "&")
    token = form.split('name="csrf_token" value="')[1].split('"')[0]
    return client.post(address, data={"csrf_token": token, "outcome": outcome})


def test_the_whole_list_stands_in_the_order_of_its_deadlines(client, scene):
    district, event, _ = scene
    soon = cast.event(district.one, title="剪纸", starts_at=event.starts_at - timedelta(hours=12), capacity=5)
    late = cast.event(district.one, title="书法", starts_at=event.starts_at + timedelta(days=2), capacity=1)
    sign_up(soon, *people(1, 5))
    first = sign_up(late, *people(1, 6))
    sign_up(late, *people(1, 7))
    move(event, place="二楼")
    act(events.cancel, soon, reason="停电")
    give_back(first)
    text = client.get("/desk/calls/").text
    assert text.index("前答复") < text.index("停电") < text.index("二楼")  # the offer ends tomorrow by noon
    assert text.count('id="call-') == 6


def test_the_list_is_narrowed_by_site_and_reason_and_keeps_that_after_an_answer(client, scene):
    district, event, _ = scene
    other = cast.event(district.two, title="马站的课")
    sign_up(other, person("周小明", "19900008888"))
    move(event, place="二楼")
    move(other, place="三楼")
    cast.sign_in(client, district.chen)
    assert client.get("/desk/calls/").text.count('id="call-') == 5
    page = client.get(f"/desk/calls/?site={district.two.code}&about=moved")
    assert page.text.count('id="call-') == 1 and "周*明" in page.text
    assert client.get("/desk/calls/?about=cancelled").text.count('id="call-') == 0
    assert client.get("/desk/calls/?site=nowhere&about=nothing").text.count('id="call-') == 5
    answered = line(client, page, "周*明", "comes")
    assert answered.location == f"/desk/calls/?site={district.two.code}&about=moved#calls"
    assert "现在没有要打的电话" in client.get(answered.location).text


def test_the_last_answer_stays_at_hand_to_be_put_right(client, scene):
    _, event, _ = scene
    move(event, place="二楼")
    page = client.get("/desk/calls/")
    assert "刚才记下" not in page.text
    page = client.get(line(client, page, "孙*海", "comes").location)
    assert "刚才记下：孙*海，来。" in page.text and page.text.count('id="call-') == 3
    page = client.get(line(client, page, "孙*海", "no_answer").location)
    assert "另有 1 家没人接" in page.text and page.text.count('id="call-') == 3
    page = client.get(line(client, page, "孙*海", "reached").location)
    assert "家没人接" not in page.text and page.text.count('id="call-') == 3


def test_a_number_in_the_whole_list_is_shown_on_a_click(client, scene):
    _, event, answers = scene
    move(event, place="二楼")
    page = client.get("/desk/calls/?about=moved")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    number = call_of(list_of(), answers[0])
    shown = client.post(f"/desk/calls/lines/{number}/numbers?about=moved", data={"csrf_token": token}).text
    assert f"tel:{cast.PHONE}" in shown and shown.count("tel:") == 1
    assert cast.PHONE not in client.get("/desk/calls/?about=moved").text


def test_a_long_list_has_pages_and_goes_into_a_file_as_a_whole_masked(client, scene):
    district, _, _ = scene
    full = cast.event(district.one, title="合唱", starts_at=clock.now() + timedelta(days=4))
    for household in range(60):
        sign_up(full, person(f"赵{'一二三四五六七八九十'[household % 10]}", f"1990001{household:04d}"))
    act(events.cancel, full, reason="停电")
    first, second = client.get("/desk/calls/"), client.get("/desk/calls/?page=2")
    assert (first.text.count('id="call-'), second.text.count('id="call-')) == (50, 10)
    assert 'href="?page=2"' in first.text
    answered = line(client, second, "赵*", "reached")
    assert answered.location.startswith("/desk/calls/?page=2")
    file = client.get("/desk/calls/list.csv?about=cancelled").data.decode("utf-8-sig")
    assert file.count("\r\n") == 60 and "停电，请别跑空" in file  # the head, and all but the one answered
    assert "19900010000" not in file and "199****0000" in file


def test_who_was_written_to_in_vain_is_named_so_and_the_others_are_counted(app, client, scene):
    _, event, _answers = scene
    switches.use(sms=True, email=False, public_url="http://127.0.0.1")
    move(event, place="二楼")
    texts = select(Message).where(Message.way == Way.SMS).order_by(Message.id)
    with transaction() as session:
        failed, doubtful = session.scalars(texts)
        failed.state, doubtful.state = Delivery.FAILED, Delivery.IN_DOUBT
        fall_back([failed.id], now=clock.now())
    page = client.get(list_of()).text
    assert "没有发出去" in page and "另有 1 家用短信或邮件告知" in page and page.count('id="call-') == 3
    with transaction():
        fall_back([doubtful.id], now=clock.now())
    assert "不知道对方收到没有" in client.get("/desk/calls/").text


def test_a_household_that_gave_its_places_back_leaves_the_list_at_once(client, scene):
    _, event, answers = scene
    move(event, place="二楼")
    give_back(answers[1])
    assert "孙*海" not in client.get("/desk/calls/").text
    assert "孙*海" in client.get(list_of(last=False)).text  # among those of the notice, as not to be called


def test_an_offer_answered_meanwhile_is_refused_with_its_sentence(client, scene):
    district, event, _ = scene
    full = cast.event(district.one, capacity=1, starts_at=event.starts_at + timedelta(days=3))
    first, second = sign_up(full, *people(1, 6)), sign_up(full, *people(1, 7))
    give_back(first)
    page = client.get("/desk/calls/")
    with transaction():
        offers.accept(second.party_id, by=None, now=clock.now())
    name = page.text.split('：来"')[0].rsplit('"', 1)[1]
    answer = line(client, page, name, "not_coming")
    assert answer.status_code == 409 and 'role="alert"' in answer.text
    assert states(second) == {Place.CONFIRMED}


def test_changing_an_event_at_the_desk_puts_its_people_on_the_list_at_once(client, scene):
    _, event, _ = scene
    page = client.get(f"/desk/events/{event.code}")
    assert client.submit(page, {"reason": "停电"}, to="cancellation").status_code == 303
    assert client.get("/desk/calls/?about=cancelled").text.count('id="call-') == 4
