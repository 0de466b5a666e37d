"""Series at the desk: from the form through the look at its dates to drafts, and what can be done with them."""

import csv
import io
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import event as listening
from sqlalchemy import func, select

from stationapp import clock
from stationapp.calendar.models import Holiday
from stationapp.db import db, transaction
from stationapp.events.models import Batch, Event, Series
from stationapp.events.rules import Enrolment, State
from stationapp.rooms.models import Room
from stationapp.rooms.operations import hold
from tests import cast

NOW = clock.instant(date(2026, 11, 24), 10)
WHOLE = {
    "title": "智能手机课堂",
    "summary": "手把手教您用手机挂号、缴费",
    "category": "A02",
    "task": "T4",
    "audience": "60岁以上居民",
    "place": "一楼多功能厅",
    "starts_at": "2026-12-01T15:00",
    "ends_at": "2026-12-01T16:00",
    "capacity": "20",
    "until": "2027-01-26",
}


@pytest.fixture(autouse=True)
def a_tuesday_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def lin(app, people):
    return _signed_in(app, people.lin)


def _signed_in(app, who):
    return cast.signed_in(app, who)


def look(client, **changes):
    """Fill in the form and look at the dates."""
    return client.submit("/desk/series/new", WHOLE | changes, to="/desk/series/new")


def write(client, looked):
    """Press the button below the dates; the page offers it twice."""
    return _press(client, looked, "write")


def _press(client, looked, step: str):
    action = looked.request.path
    hidden = _hidden(looked.text)
    return client.post(action, data={**hidden, "step": step})


def _hidden(text: str) -> dict[str, list[str]]:
    from html.parser import HTMLParser

    found: dict[str, list[str]] = {}

    class Reader(HTMLParser):
        forms = 0

        def handle_starttag(self, tag, attrs):
            given = dict(attrs)
            self.forms += tag == "form"
            if tag == "input" and given.get("type") == "hidden" and self.forms == 1:
                found.setdefault(given["name"], []).append(given.get("value") or "")

    Reader().feed(text)
    return found


def laid(client, **changes) -> str:
    """Lay a series out through the pages; its address."""
    answer = write(client, look(client, **changes))
    assert answer.status_code == 303, answer.text
    with client.application.app_context():
        return f"/desk/series/{db.session.scalar(select(Series.code).order_by(Series.id.desc()))}"


def states(app) -> list[State]:
    with app.app_context():
        return list(db.session.scalars(select(Event.state).order_by(Event.id)))


def codes(app) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Event.code).order_by(Event.id)))


# --- laying out -------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_lin_looks_at_the_dates_writes_them_and_lands_where_they_can_be_undone(app, lin):
    with app.app_context(), transaction():
        db.session.add(Holiday(day=date(2026, 12, 8), name="停电日", works=False))
        db.session.add(Holiday(day=date(2027, 1, 26), name="盘点日", works=False))
    looked = look(lin)
    for said in (
        "一共 8 场。",
        "1 场因节假日挪了日子。",
        "1 天不办。",
        "12月8日 星期二 停电日 → 12月9日 星期三",
        "盘点日",
        "12月22日 星期二 下午3点—4点",
    ):
        assert said in looked.text
    assert states(app) == []
    shown = lin.get(write(lin, looked).location)
    assert "排好了 8 场，都是草稿" in shown.text
    assert states(app) == [State.DRAFT] * 8
    with app.app_context():
        assert shown.request.path == f"/desk/batches/{db.session.scalar(select(Batch.code))}"
        assert "1209 15:00" in {
            f"{clock.local(e.starts_at):%m%d %H:%M}" for e in db.session.scalars(select(Event))
        }


def test_a_year_whose_holidays_are_not_known_yet_is_named(app, lin):
    assert "2026、2027年的放假安排还没有导入" in look(lin).text
    assert "放假安排还没有导入" not in look(lin, around_holidays="hold").text
    with app.app_context(), transaction():
        db.session.add(Holiday(day=date(2026, 10, 1), name="国庆节", works=False))
    assert ">2027年的放假安排还没有导入" in look(lin).text


def test_going_back_keeps_what_was_typed(app, lin):
    back = _press(lin, look(lin, bring="老花镜", weekdays=["1", "3"]), "back")
    assert 'value="老花镜"' in back.text
    assert 'value="3" checked' in back.text or 'checked id="weekdays-3"' in back.text
    assert states(app) == []


def test_the_look_names_room_clashes_closed_hours_and_festivals(app, people, lin):
    with app.app_context(), transaction():
        room = Room(site_id=people.one.id, name="舞蹈室", capacity=20, hours="周一至周五 08:30-15:30")
        db.session.add(room)
        db.session.flush()
        starts = clock.instant(date(2026, 12, 15), 14)
        hold(
            room, starts_at=starts, ends_at=starts + timedelta(hours=2), purpose="社区会议", by=None, now=NOW
        )
        number = str(room.id)
    looked = look(lin, room_id=number, until="2027-03-02")
    assert "1 场的功能室那个时间已经有安排" in looked.text
    assert "舞蹈室：14:00—16:00 社区会议" in looked.text
    assert looked.text.count("不开放</span> 舞蹈室") == 14
    assert (
        "元宵节" in looked.text
        or "春节" in looked.text
        or "国际志愿者日" in look(lin, starts_at="2026-12-05T15:00", ends_at="2026-12-05T16:00").text
    )


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"weekdays": ["1", "3"], "until": "2026-12-10"}, ["1201", "1203", "1208", "1210"]),
        ({"repeat": "fortnightly", "until": "", "times": "3"}, ["1201", "1215", "1229"]),
        ({"repeat": "monthly_weekday", "until": "", "times": "3"}, ["1201", "0105", "0202"]),
        ({"repeat": "monthly_weekday", "nth": "9", "until": "", "times": "2"}, ["1229", "0126"]),
        ({"repeat": "monthly_date", "month_day": "3", "until": "", "times": "3"}, ["1203", "0103", "0203"]),
        ({"repeat": "monthly_date", "until": "2027-02-01"}, ["1201", "0101", "0201"]),
    ],
)
def test_each_way_of_repeating_lands_on_its_days(app, lin, changes, days):
    laid(lin, **changes)
    with app.app_context():
        events = db.session.scalars(select(Event).order_by(Event.starts_at))
        assert [f"{clock.local(event.starts_at):%m%d}" for event in events] == days


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"until": ""}, "请写到哪一天为止，或者一共办几次。"),
        ({"times": "5"}, "日子和场数只填一个。"),
        ({"until": "2026-11-30"}, "最后一天要不早于第一天。"),
        ({"until": "2029-01-01"}, "一次最多排 400 天。"),
        ({"until": "明年"}, "日期读不懂，请写成 2026-12-01 的样子。"),
        ({"until": "", "times": "999"}, "请填 1 到 200 之间的数。"),
        ({"repeat": "daily"}, "Not a valid choice"),
        ({"weekdays": ["8"]}, "请从列表里选。"),
        ({"month_day": "32"}, "请填 1 到 31 之间的数。"),
        ({"title": ""}, "请填写这一项。"),
    ],
)
def test_wrong_input_says_what_to_change_and_writes_nothing(app, lin, wrong, sentence):
    answer = look(lin, **wrong)
    assert answer.status_code == 422
    if sentence != "Not a valid choice":
        assert sentence in answer.text
    assert 'value="一楼多功能厅"' in answer.text
    assert states(app) == []


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"starts_at": "2026-11-17T15:00", "ends_at": "2026-11-17T16:00"}, "第一场的时间已经过去"),
        ({"cadence": "year_round", "until": "2027-12-30"}, "常年性的活动一次最多排一年"),
        ({"complete_after": "10"}, "一共只有 9 场，上满的次数不能比它多。"),
    ],
)
def test_what_the_dates_do_not_allow_is_said_at_its_field(app, lin, wrong, sentence):
    answer = look(lin, **wrong)
    assert answer.status_code == 409
    assert sentence in answer.text
    assert states(app) == []


# --- one series and the list --------------------------------------------------------------------------------------


def test_the_page_says_the_rule_in_a_sentence_and_when_the_course_is_complete(app, lin):
    address = laid(lin, enrolment="course", complete_after="8")
    shown = lin.get(address)
    assert "每周二 15:00—16:00，2026年12月1日至2027年1月26日，遇节假日顺延。" in shown.text
    assert "报一次，全程都算。上满 8 次（共 9 次）算完成。" in shown.text
    with app.app_context():
        assert db.session.scalar(select(Series.enrolment)) is Enrolment.COURSE


def test_the_list_narrows_by_site_kind_and_name_and_comes_as_a_file(app, people, lin):
    laid(lin)
    laid(lin, title="合唱队", cadence="year_round", repeat="monthly_date")
    assert "每周二" in lin.get("/desk/series/").text
    assert "智能手机课堂" not in lin.get("/desk/series/?cadence=year_round").text
    assert "合唱队" not in lin.get("/desk/series/?q=手机").text
    assert "没有符合条件的系列" in lin.get("/desk/series/?q=没有").text
    rows = list(csv.DictReader(io.StringIO(lin.get("/desk/series/list.csv?q=手机").data.decode("utf-8-sig"))))
    assert [(row["系列"], row["多久一次"], row["场次"], row["下一场"]) for row in rows] == [
        ("智能手机课堂", "每周二", "9", "2026-12-01")
    ]
    assert "合唱队" not in _signed_in(app, people.ma).get("/desk/series/").text


@pytest.mark.both_databases
def test_the_pages_ask_the_database_as_often_for_many_dates_as_for_few(app, people, lin):
    with app.app_context(), transaction():
        room = Room(site_id=people.one.id, name="舞蹈室", capacity=20)
        db.session.add(room)
        db.session.flush()
        number = str(room.id)

    def asked(path: str) -> int:
        statements = []
        with app.app_context():
            engine = db.engine

        def note(_c, _cursor, statement, *_rest):
            statements.append(statement)

        listening.listen(engine, "before_cursor_execute", note)
        try:
            assert lin.get(path).status_code == 200
        finally:
            listening.remove(engine, "before_cursor_execute", note)
        return len(statements)

    few = laid(lin, room_id=number, until="2026-12-15")
    lists = asked("/desk/series/")
    many = laid(lin, room_id=number, until="2027-06-01")
    assert asked(few) == asked(many)
    assert asked("/desk/series/") == lists


# --- going on, handing in, calling off --------------------------------------------------------------------------------


def test_going_on_looks_first_and_then_writes_a_batch_of_its_own(app, lin):
    address = laid(lin, until="2026-12-15")
    looked = lin.submit(address, {"times": "2"}, to="/extension")
    assert "写进计划（2 场草稿）" in looked.text
    assert len(states(app)) == 3
    assert _press(lin, looked, "write").status_code == 303
    assert len(states(app)) == 5
    assert lin.submit(address, {}, to="/extension").status_code == 422
    assert lin.submit(address, {"until": "2026-12-01"}, to="/extension").status_code == 409


@pytest.mark.both_databases
def test_a_whole_series_is_submitted_and_published_and_what_is_not_ready_is_named(app, people, lin):
    address = laid(lin, until="2026-12-15")
    lin.submit(f"/desk/events/{codes(app)[1]}/edit", {"summary": ""}, to="/edit")
    shown = lin.submit(address, to="/submission", follow_redirects=True)
    assert "已提交 2 场" in shown.text
    assert "1 场没有动，还差什么写在下面各场旁边" in shown.text
    assert "还差：一句话介绍" in shown.text
    assert states(app) == [State.SUBMITTED, State.DRAFT, State.SUBMITTED]
    refused = lin.post(f"{address}/publication", data=_hidden(shown.text))
    assert refused.status_code == 409 and "要由上级所审核后发布" in refused.text
    chen = _signed_in(app, people.chen)
    shown = chen.submit(address, to="/publication", follow_redirects=True)
    assert "已发布 2 场" in shown.text
    assert states(app) == [State.PUBLISHED, State.DRAFT, State.PUBLISHED]


def test_a_change_reaches_as_far_as_was_chosen_and_says_how_many(app, lin):
    laid(lin, until="2026-12-22")
    second = codes(app)[1]
    assert "改哪些场次" in lin.get(f"/desk/events/{second}/edit").text
    answer = lin.submit(
        f"/desk/events/{second}/edit", {"place": "二楼", "scope": "later"}, to="/edit", follow_redirects=True
    )
    assert "已保存，一共改了 3 场。" in answer.text
    with app.app_context():
        places = db.session.scalars(select(Event.place).order_by(Event.id)).all()
    assert places == ["一楼多功能厅", *["二楼"] * 3]


def test_a_date_under_review_is_named_above_the_form(app, lin):
    laid(lin, until="2026-12-22")
    first, second = codes(app)[:2]
    lin.submit(f"/desk/events/{second}", to="/submission")
    answer = lin.submit(f"/desk/events/{first}/edit", {"place": "二楼", "scope": "all_future"}, to="/edit")
    assert answer.status_code == 409
    assert "有场次正在等待审核：12月8日 星期二。要一起改，请先撤回它们。" in answer.text
    assert 'value="二楼"' in answer.text


def test_a_room_taken_on_one_date_names_it_and_moves_none(app, people, lin):
    with app.app_context(), transaction():
        room = Room(site_id=people.one.id, name="舞蹈室", capacity=20)
        db.session.add(room)
        db.session.flush()
        starts = clock.instant(date(2026, 12, 15), 14)
        hold(
            room, starts_at=starts, ends_at=starts + timedelta(hours=2), purpose="社区会议", by=None, now=NOW
        )
        number = str(room.id)
    address = laid(lin, until="2026-12-22")
    lin.submit(address, to="/submission")
    _signed_in(app, people.chen).submit(address, to="/publication")
    answer = lin.submit(
        f"/desk/events/{codes(app)[0]}/edit",
        {"room_id": number, "place": "", "scope": "all_future"},
        to="/edit",
    )
    assert answer.status_code == 409
    assert "12月15日 星期二 下午3点 那一场办不到，所以一场也没有动：" in answer.text
    with app.app_context():
        assert set(db.session.scalars(select(Event.room_id))) == {None}


def test_a_draft_leaves_the_plan_and_comes_back(app, lin):
    laid(lin, until="2026-12-22")
    first = f"/desk/events/{codes(app)[0]}"
    shown = lin.submit(first, {"scope": "this"}, to="/discarding", follow_redirects=True)
    assert "已移出计划" in shown.text
    assert states(app) == [State.DISCARDED, *[State.DRAFT] * 3]
    assert lin.submit(shown, to="/restoring").status_code == 303
    assert states(app) == [State.DRAFT] * 4
    second = f"/desk/events/{codes(app)[1]}"
    lin.submit(second, {"scope": "later", "reason": "老师出差"}, to="/discarding")
    assert states(app) == [State.DRAFT, *[State.DISCARDED] * 3]


def test_calling_off_what_is_to_come_needs_a_reason_and_reaches_all_of_it(app, people, lin):
    address = laid(lin, until="2026-12-15")
    lin.submit(address, to="/submission")
    _signed_in(app, people.chen).submit(address, to="/publication")
    refused = lin.submit(address, {"reason": ""}, to="/cancellation")
    assert refused.status_code == 409
    assert "请写明原因" in refused.text
    shown = lin.submit(address, {"reason": "场地检修"}, to="/cancellation", follow_redirects=True)
    assert shown.request.path == address
    assert states(app) == [State.CANCELLED] * 3


def test_an_event_names_its_series_and_the_series_its_events(app, lin):
    address = laid(lin, until="2026-12-15")
    assert f'href="{address}"' in lin.get(f"/desk/events/{codes(app)[0]}").text
    assert all(f"/desk/events/{code}" in lin.get(address).text for code in codes(app))


@pytest.mark.both_databases
def test_the_button_below_the_dates_pressed_twice_writes_once(app, lin):
    looked = look(lin)
    first, second = write(lin, looked), write(lin, looked)
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Series)) == 1
    written = len(codes(app))
    series = f"/desk/series/{_only_series(app)}"
    looked = lin.submit(series, {"times": "2"}, to="/extension")
    for _ in range(2):
        assert write(lin, looked).status_code == 303
    assert len(codes(app)) == written + 2


def _only_series(app) -> str:
    with app.app_context():
        return db.session.scalars(select(Series.code)).one()
