"""What residents see: the list of what is on, and an event's page."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import Category, State
from tests import cast


@pytest.fixture
def people(app):
    """The district."""
    return cast.district(app)


def make(app, where, title, **changes):
    """A published event; counters and states that only later work sets are written straight."""
    facts = {name: changes.pop(name) for name in ("state", "taken", "waiting") if name in changes}
    with app.app_context():
        made = cast.event(where, title=title, **changes)
        if facts:
            with transaction() as session:
                session.execute(update(Event).where(Event.id == made.id).values(facts))
        return made.code


def titles(answer):
    """The titles on a list, in order."""
    return re.findall(r"<h3>(.*?)</h3>", answer.text)


def in_days(days, hour=9):
    """That local hour, some days ahead."""
    return clock.instant(clock.day_of(clock.now()) + timedelta(days=days), hour)


@pytest.mark.both_databases
def test_the_first_page_lists_what_is_coming_soonest_first(app, client, people):
    make(app, people.far, "后天的课", starts_at=in_days(2))
    make(app, people.one, "明天的课", starts_at=in_days(1))
    page = client.get("/")
    assert titles(page) == ["明天的课", "后天的课"]
    assert "明天 ·" in page.text and people.center.phone in page.text and "长辈版" in page.text


@pytest.mark.both_databases
def test_drafts_and_what_is_over_are_not_listed_and_cancelled_is_named(app, client, people):
    with app.app_context():
        hidden = cast.event(people.one, title="草稿", publish=False).code
    make(app, people.one, "过去的", starts_at=in_days(-2))
    make(app, people.one, "不办了", state=State.CANCELLED)
    page = client.get("/")
    assert titles(page) == ["不办了"] and "已取消" in page.text
    assert client.get(f"/events/{hidden}").status_code == 404


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=书法", ["少儿书法课"]),
        ("q=书法 示例一", ["少儿书法课"]),
        ("q=广场", ["晨练"]),
        ("q=%25", []),
        ("q=天津", ["晨练"]),
        ("category=A05", ["晨练"]),
        ("category=nonsense", ["少儿书法课", "晨练"]),
        ("day=tomorrow", ["少儿书法课"]),
        ("day=2000-01-01", []),
        ("day=0001-01-01", ["少儿书法课", "晨练"]),
        ("free=1", ["晨练"]),
        ("page=9999999", ["少儿书法课", "晨练"]),
        ("page=50", []),
    ],
)
@pytest.mark.parametrize("path", ["/", "/events"])
def test_a_list_is_narrowed_by_what_stands_in_its_address(app, client, people, path, query, found):
    make(app, people.one, "少儿书法课", starts_at=in_days(1), capacity=5, taken=5, waiting=3)
    make(app, people.far, "晨练", starts_at=in_days(9), category=Category.A05, place="文化广场")
    assert titles(client.get(f"{path}?{query}")) == found


@pytest.mark.both_databases
def test_a_site_is_remembered_in_every_link_and_an_office_includes_its_stations(app, client, people):
    make(app, people.one, "这里的")
    make(app, people.far, "别处的")
    for code in (people.one.code, people.office.code):
        page = client.get(f"/?site={code}")
        assert titles(page) == ["这里的"]
        assert f"?site={code}&amp;day=tomorrow" in page.text


def test_a_card_says_in_words_whether_there_is_a_place(app, client, people):
    make(app, people.one, "甲", capacity=10, taken=2)
    make(app, people.one, "乙", capacity=10, taken=10, waiting=3)
    make(app, people.one, "丙")
    make(app, people.one, "丁", opens_at=in_days(1))
    text = client.get("/").text
    for words in ("还有 8 个名额", "已满，可候补（前面有 3 位）", "不限人数", "报名未开始"):
        assert words in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"capacity": 10}, "还有 10 个名额"),
        ({}, "不限人数"),
        ({"capacity": 2, "taken": 2, "waiting": 1}, "前面有 1 位"),
        ({"opens_at": in_days(1)}, "报名还没开始"),
        ({"closes_at": clock.now() - timedelta(hours=1)}, "网上报名已经截止"),
        ({"starts_at": clock.now() - timedelta(minutes=5)}, "活动正在进行"),
        ({"starts_at": in_days(-3)}, "活动已经结束"),
        ({"state": State.POSTPONED}, "活动延期了"),
        ({"state": State.CANCELLED}, "活动取消了"),
        ({"state": State.CLOSED_OUT}, "活动已经结束"),
    ],
)
def test_each_stage_has_its_own_sentence_on_the_event_page(app, client, people, changes, words):
    code = make(app, people.one, "一场", **changes)
    page = client.get(f"/events/{code}")
    assert words in page.text and f"tel:{people.one.phone.replace('-', '')}" in page.text


def test_a_code_typed_in_small_letters_leads_to_its_page(app, client, people):
    code = make(app, people.one, "一场")
    assert client.get(f"/events/{code.lower()}").location == f"/events/{code}"


def test_an_event_page_answers_in_the_order_people_ask(app, client, people):
    code = make(app, people.one, "一场", bring="老花镜", min_age=60)
    text = client.get(f"/events/{code}").text
    marks = ["<h1>一场", "时间", "地点", "对象", "年满 60 岁", 'id="places"', 'id="come"', "打电话</h2>"]
    places = [text.index(mark) for mark in marks]
    assert places == sorted(places)


def test_a_list_leafs_and_keeps_its_filters(app, client, people):
    for number in range(21):
        make(app, people.one, f"第{number:02d}场", starts_at=in_days(1) + timedelta(minutes=number))
    first = client.get("/?q=场")
    assert len(titles(first)) == 20
    assert titles(
        client.get("/" + re.search(r'rel="next" href="([^"]+)"', first.text)[1].replace("&amp;", "&"))
    ) == ["第20场"]


@pytest.mark.parametrize(
    "path", ["/", "/events", "/?site={site}", "/sites/{site}", "/sites", "/events/{event}"]
)
def test_pages_ask_the_database_at_most_three_times_however_long_the_list(app, client, people, path):
    codes = [make(app, people.one, "一场")]
    counts = []
    for _ in range(2):
        asked = []
        with app.app_context():
            engine = db.engine

        def note(connection, cursor, statement, *rest, asked=asked):
            if statement.startswith("SELECT"):
                asked.append(statement)

        listening.listen(engine, "before_cursor_execute", note)
        client.set_cookie("x", "1")
        assert client.get(path.format(site=people.one.code, event=codes[0])).status_code == 200
        listening.remove(engine, "before_cursor_execute", note)
        counts.append(len(asked))
        codes += [make(app, people.one, f"又一场{number}") for number in range(2)]
    assert counts[0] == counts[1] <= 3


def test_the_switch_to_large_print_is_kept_and_leads_back(app, client, people):
    answer = client.post("/view", data={"mode": "elder", "next": "/?q=a"})
    assert (answer.status_code, answer.location) == (303, "/?q=a")
    assert '<html lang="zh-CN" class="elder">' in client.get("/").text


def test_a_kept_page_shows_the_seats_of_this_moment(app, client, people):
    code = make(app, people.one, "一场", capacity=10)
    assert "还有 10 个名额" in client.get("/").text
    assert "还有 10 个名额" in client.get("/").text
    with app.app_context(), transaction() as session:
        session.execute(update(Event).where(Event.code == code).values(taken=3))
    assert "还有 7 个名额" in client.get("/").text


def test_a_kept_page_is_dropped_when_its_sign_up_opens(app, client, people, monkeypatch):
    opens = clock.now() + timedelta(hours=1)
    make(app, people.one, "一场", capacity=10, opens_at=opens)
    assert "报名未开始" in client.get("/").text
    monkeypatch.setattr(clock, "now", lambda: opens)
    assert "还有 10 个名额" in client.get("/").text


def test_a_message_for_one_visitor_is_not_kept_for_the_next(app, client, people):
    with client.session_transaction() as kept:
        kept["_flashes"] = [("message", "只说给一个人听")]
    assert "只说给一个人听" in client.get("/").text
    assert "只说给一个人听" not in app.test_client().get("/").text
    assert "只说给一个人听" not in client.get("/").text


def test_text_is_squeezed_only_for_who_takes_it(client):
    plain = client.get("/sites")
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.headers["Vary"]
    style = client.get("/static/app.css", headers={"Accept-Encoding": "gzip"}, buffered=True)
    assert style.headers["Content-Encoding"] == "gzip" and len(style.data) < 8000
