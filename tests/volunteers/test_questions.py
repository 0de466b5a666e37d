"""A volunteer asks about the own hours, and staff must answer."""

import re
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.messages.models import Message
from stationapp.messages.rules import Way
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.vault import vault
from stationapp.volunteers import questions
from stationapp.volunteers.models import HourQuestion, HoursEntry
from stationapp.volunteers.question_rules import QuestionRefusal
from stationapp.volunteers.questions import due_on
from stationapp.volunteers.rules import QuestionOutcome
from tests import cast
from tests.volunteers.acts import close, reopen, serve, volunteer


@pytest.fixture
def people(app):
    return cast.district(app)


def served(people, *, hours=2, days=1, title="清洁家园", site=None):
    """A volunteer with a line of the day before yesterday; (volunteer, event, personal code)."""
    who = volunteer(people.one)
    starts = clock.now() - timedelta(days=days, hours=hours)
    made = cast.event(
        site or people.one, starts_at=starts, ends_at=starts + timedelta(hours=hours), title=title
    )
    serve(made, who, starts, starts + timedelta(hours=hours))
    close(made)
    return who, made, vault().unseal(who.personal_sealed)


def only_line(who) -> HoursEntry:
    return db.session.query(HoursEntry).filter_by(volunteer_id=who.id).one()


def ask(who, said="少记了", *, key="k", line=None, event=None, now=None):
    with transaction():
        return questions.ask(who, said, key=key, line=line, event=event, now=now or clock.now())


def answer(asked, by, outcome=QuestionOutcome.AS_IT_STANDS, text="查过了，没有错", now=None):
    with transaction():
        return questions.answer(asked, outcome, text, by=by.id, now=now or clock.now())


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as caught:
        act(*args, **kwargs)
    return caught.value.reason


@pytest.mark.both_databases
def test_a_question_about_a_line_is_asked_on_the_own_page_and_answered_at_the_desk(app, people, client):
    with app.app_context():
        who, _made, code = served(people)
        at = f"/hours/{code}/question?line={only_line(who).id}"
    assert "不对？" in client.get(f"/hours/{code}").text
    page = client.submit(at, {"said": "那天 11 点半才走"}, follow_redirects=True)
    assert "那天 11 点半才走" in page.text and "等答复" in page.text and "前要答复" in page.text
    lin = cast.signed_in(app, people.lin)
    assert "1 个对时长的疑问等您答复" in lin.get("/desk/").text
    where = re.search(r"/desk/questions/\d+", lin.get("/desk/questions/").text)[0]
    shown = lin.get(where).text
    for said in ("那天 11 点半才走", "名单勾到", "记 2.0 小时"):
        assert said in shown
    again = lin.submit(where, {"answer": "", "outcome": "as_it_stands"}, to="/answer")
    assert again.status_code == 409 and "请写清楚答复" in again.text
    early = lin.submit(where, {"answer": "改好了", "outcome": "corrected"}, to="/answer")
    assert early.status_code == 409 and "台账还没有动过" in early.text and "改好了" in early.text
    lin.submit(where, {"answer": "名单上是 11 点走的", "outcome": "as_it_stands"}, to="/answer")
    page = client.get(f"/hours/{code}")
    assert "维持不变" in page.text and "名单上是 11 点走的" in page.text
    assert "疑问等您答复" not in lin.get("/desk/").text
    assert "名单上是 11 点走的" in lin.get("/desk/questions/list.csv").text


def test_the_same_form_sent_twice_is_one_question(app, people, client):
    with app.app_context():
        who, _made, code = served(people)
    form = client.get(f"/hours/{code}/question")
    for _ in range(2):
        assert client.submit(form, {"said": "少记了半小时"}).status_code == 303
    with app.app_context():
        [asked] = db.session.query(HourQuestion).all()
        assert "少记了".encode() not in asked.said_sealed and asked.volunteer_id == who.id


def test_what_is_missing_too_long_or_not_theirs_is_refused_in_place(app, people, client):
    with app.app_context():
        _who, made, code = served(people)
        other = cast.event(people.two)
    at = f"/hours/{code}/question"
    assert "请写一两句" in client.submit(at, {"said": " "}).text
    long = client.submit(at, {"said": "长" * 501})
    assert long.status_code == 422 and "500" in long.text
    assert client.get(f"{at}?line=999").status_code == 404
    assert client.get(f"{at}?event={other.code}").status_code == 404
    assert made.title in client.get(f"{at}?event={made.code}").text
    assert client.get("/hours/2345678923/question").status_code == 404


@pytest.mark.both_databases
def test_one_thing_is_asked_about_once_at_a_time_and_the_second_time_above(app, people):
    with app.app_context():
        who, made, _code = served(people)
        line = only_line(who)
        first = ask(who, line=line)
        assert first.site_id == people.one.id
        assert first.due_on == due_on(clock.day_of(clock.now()))
        assert refusal(ask, who, key="again", event=made) is QuestionRefusal.STILL_OPEN
        answer(first, people.lin)
        second = ask(who, key="second", line=line)
        assert second.site_id == people.office.id
        assert refusal(answer, first, people.lin) is QuestionRefusal.ALREADY_ANSWERED
        answer(second, people.chen)
        assert refusal(ask, who, key="third", line=line) is QuestionRefusal.ASKED_TWICE
        at = f"/desk/questions/{second.id}"
    lin, chen = cast.signed_in(app, people.lin), cast.signed_in(app, people.chen)
    assert (lin.get(at).status_code, chen.get(at).status_code) == (404, 200)


def test_a_few_may_be_open_at_most_and_the_answer_falls_due_after_five_working_days(app, people):
    with app.app_context():
        who = volunteer(people.one)
        friday = clock.instant(clock.day_of(clock.now()).replace(month=11, day=13), 10)
        assert str(ask(who, now=friday).due_on) == "2026-11-20"
        for key in "ab":
            ask(who, key=key)
        assert refusal(ask, who, key="c") is QuestionRefusal.TOO_MANY_OPEN
        assert ask(who, key="a").id  # a repeat is the question that is there


def test_corrected_needs_something_written_since(app, people):
    with app.app_context():
        who, made, _code = served(people)
        asked = ask(who, line=only_line(who))
        assert (
            refusal(answer, asked, people.lin, QuestionOutcome.CORRECTED) is QuestionRefusal.NOTHING_CORRECTED
        )
        reopen(made, now=clock.now())
        close(made, now=clock.now())
        assert (
            answer(asked, people.lin, QuestionOutcome.CORRECTED, "重新算过").outcome
            is QuestionOutcome.CORRECTED
        )


def test_nobody_answers_a_question_asked_under_their_own_name(app, people):
    with app.app_context():
        who = volunteer(people.one, name=people.lin.name)
        assert refusal(answer, ask(who), people.lin) is QuestionRefusal.OWN_QUESTION


def test_staff_write_one_down_for_a_caller_and_the_list_says_what_is_overdue(app, people):
    with app.app_context():
        who = volunteer(people.one)
        late = ask(who, "以前问的", key="late", now=clock.now() - timedelta(days=20)).id
        code = who.code
    lin = cast.signed_in(app, people.lin)
    page = lin.submit(f"/desk/questions/new/{code}", {"said": "电话里说少了一次"}, follow_redirects=True)
    assert "已记下" in page.text
    refused = lin.submit(f"/desk/questions/new/{code}", {"said": ""})
    assert refused.status_code == 409 and "请写一两句" in refused.text
    listed = lin.get("/desk/questions/").text
    assert "超期" in listed and listed.index(f"questions/{late}") < listed.index(f"questions/{late + 1}")
    assert "个超期了" in lin.get("/desk/").text
    assert f"questions/{late + 1}" not in lin.get("/desk/questions/?state=late").text
    assert "没有这样的疑问" in lin.get("/desk/questions/?state=answered").text
    assert cast.signed_in(app, people.ma).get(f"/desk/questions/new/{code}").status_code == 404
    assert "还没有人对时长有疑问" in cast.signed_in(app, people.ma).get("/desk/questions/").text


def test_the_desks_list_has_a_second_page_and_a_filter_by_site(app, people):
    with app.app_context():
        for number in range(26):
            who = volunteer(people.one, phone=f"1990000{number:04d}")
            ask(who, key="1"), ask(who, key="2")
        mine = ask(volunteer(people.two, phone="19900009999")).id
    chen = cast.signed_in(app, people.chen)
    assert "下一页" in chen.get("/desk/questions/").text
    assert chen.get("/desk/questions/?page=2").text.count("/desk/questions/") > 3
    only = chen.get(f"/desk/questions/?site={people.two.code}").text
    assert re.findall(r'/desk/questions/(\d+)"', only) == [str(mine)]


def test_who_cannot_be_written_to_is_called_with_the_answer(app, people):
    with app.app_context():
        who, _made, _code = served(people)
        asked = ask(who, line=only_line(who))
        answer(asked, people.lin, text="名单上写的是两小时")
        found = db.session.query(Message).filter_by(occasion=Occasion.ANSWERED).all()
        assert {one.way for one in found} == {Way.PAGE, Way.CALL}
    lin = cast.signed_in(app, people.lin)
    calls = lin.get("/desk/calls/").text
    assert "您问的“清洁家园”的志愿时长，答复是：维持不变。名单上写的是两小时" in calls and "王*国" in calls
    token = re.search(r'name="csrf_token" value="([^"]+)"', calls)[1]
    where = re.search(r"/desk/calls/lines/\d+/answers", calls)[0]
    lin.post(where, data={"csrf_token": token, "outcome": "reached"})
    assert "名单上写的是两小时" not in lin.get("/desk/calls/").text


@pytest.mark.both_databases
def test_who_goes_back_and_writes_something_else_asks_anew_or_is_told_why_not(app, people, client):
    with app.app_context():
        who, _made, code = served(people)
        line = only_line(who).id
    form = client.get(f"/hours/{code}/question")
    for said in ("少记了半小时", "还有十月那一次也没有记", "还有十月那一次也没有记"):
        assert client.submit(form, {"said": said}).status_code == 303
    page = client.get(f"/hours/{code}").text
    assert "少记了半小时" in page and "还有十月那一次也没有记" in page
    with app.app_context():
        assert db.session.query(HourQuestion).count() == 2
    about = client.get(f"/hours/{code}/question?line={line}")
    client.submit(about, {"said": "十一点半才走"})
    again = client.submit(about, {"said": "不对，是十二点才走"})
    assert again.status_code == 422 and "已经问过" in again.text and "不对，是十二点才走" in again.text


def test_a_form_without_its_number_asks_nothing_and_can_be_sent_again(app, people, client):
    with app.app_context():
        _who, _made, code = served(people)
    at = f"/hours/{code}/question"
    for _ in range(2):
        page = client.submit(at, {"said": "少记了", "key": ""})
        assert page.status_code == 422 and "请再按一次" in page.text
    assert client.submit(page).status_code == 303
    with app.app_context():
        assert db.session.query(HourQuestion).count() == 1


def test_words_are_counted_as_the_browser_counts_them_and_keep_no_hidden_marks(app, people, client):
    with app.app_context():
        who, _made, code = served(people)
        ask(who, "先问的", key="first")
    at = f"/hours/{code}/question"
    lines = "一\r\n" * 250  # the browser counts 500 with a last line end
    assert client.submit(at, {"said": lines}).status_code == 303
    hidden = client.submit(at, {"said": "少\u202e记了\x07"})
    assert hidden.status_code == 422 and "少记了" in hidden.text and "看不见的特殊字符" in hidden.text
    lin = cast.signed_in(app, people.lin)
    where = re.search(r"/desk/questions/\d+", lin.get("/desk/questions/").text)[0]
    hidden = lin.submit(where, {"answer": "查过\u202e了", "outcome": "as_it_stands"}, to="/answer")
    assert hidden.status_code == 422 and "查过了" in hidden.text and "特殊字符" in hidden.text
    lin.submit(where, {"answer": lines, "outcome": "as_it_stands"}, to="/answer")
    assert "维持不变" in client.get(f"/hours/{code}").text
    strange = lin.submit("/desk/questions/2", {"answer": "好", "outcome": "nonsense"}, to="/answer")
    assert strange.status_code == 422


def test_staff_read_what_is_meant_for_staff(app, people):
    with app.app_context():
        who, _made, _code = served(people)
        line = only_line(who).id
        ask(who, key="1", line=only_line(who))
        code = who.code
    lin = cast.signed_in(app, people.lin)
    still = lin.submit(f"/desk/questions/new/{code}?line={line}", {"said": "又来问"})
    assert still.status_code == 409 and "这件事本人已经问过" in still.text and "您已经问过" not in still.text
    for said in ("第二个", "第三个"):
        assert lin.submit(f"/desk/questions/new/{code}", {"said": said}).status_code == 303
    many = lin.submit(f"/desk/questions/new/{code}", {"said": "第四个"})
    assert many.status_code == 409 and "本人还有 3 个问题没有答复" in many.text and "您还有" not in many.text
