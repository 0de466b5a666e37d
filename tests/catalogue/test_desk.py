"""Templates at the desk: who may write and take over, the forms, several sites at once."""

import csv
import io
import re
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event as listening
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.operations import grant_role
from stationapp.accounts.rules import Role
from stationapp.calendar.models import Holiday
from stationapp.catalogue.models import Template
from stationapp.db import db, transaction
from stationapp.events.models import Batch, Event
from stationapp.events.rules import State
from stationapp.rooms.rules import RoomKind
from stationapp.sites.rules import Level
from tests import cast
from tests.catalogue.test_operations import PAPER, room, write

WHOLE = {
    "title": "健康讲座",
    "summary": "医生讲冬天怎么护心脏",
    "audience": "60岁以上居民",
    "category": "A04",
    "task": "T4",
    "themes": ["old"],
    "starts": "9:30",
    "minutes": "90",
    "capacity": "40",
    "min_age": "60",
    "volunteers": "2",
}


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def lin(app, people):
    return _signed_in(app, people.lin)


@pytest.fixture
def chen(app, people):
    return _signed_in(app, people.chen)


@pytest.fixture
def center(app, people):
    with app.app_context():
        boss = cast.staff("高远", people.center, Role.REVIEWER)
    return _signed_in(app, boss)


def _signed_in(app, who):
    return cast.signed_in(app, who)


def made(app, owner, **changes) -> str:
    with app.app_context():
        return write(owner, replace(PAPER, **changes)).code


def here(code: str, rest: str = "") -> str:
    return f"/desk/templates/{code}{rest}"


@pytest.mark.both_databases
def test_chen_writes_one_and_lin_takes_it_over_as_a_draft(app, people, lin, chen):
    answer = chen.submit("/desk/templates/new", WHOLE, to="/desk/templates/new")
    shown = chen.get(answer.location)
    for said in (
        "健康讲座",
        "医生讲冬天怎么护心脏",
        "科技与科普",
        "一老",
        "09:30",
        "90 分钟",
        "60 岁以上",
        "2 名",
    ):
        assert said in shown.text
    listed = lin.get("/desk/templates/")
    assert "健康讲座" in listed.text
    assert "写新模板" not in listed.text
    answer = lin.submit(answer.location, {"day": "2031-11-25"}, to="/drafts")
    assert answer.status_code == 303
    edit = lin.get(answer.location)
    for said in ("健康讲座", "2031-11-25T09:30", "2031-11-25T11:00", "需要 2 名志愿者"):
        assert said in edit.text
    with app.app_context():
        event = db.session.scalar(select(Event))
        assert (event.site_id, event.batch_id) == (people.one.id, None)
        assert answer.location == f"/desk/events/{event.code}/edit"


@pytest.mark.both_databases
def test_a_template_saved_twice_is_one_and_changed_in_between_another(app, people, chen):
    page = chen.get("/desk/templates/new")
    first, again = (chen.submit(page, WHOLE, to="/desk/templates/new") for _ in range(2))
    assert first.status_code == 303 and again.location == first.location
    other = chen.submit(page, WHOLE | {"title": "另一个讲座"}, to="/desk/templates/new")
    assert other.status_code == 303 and other.location != first.location
    with app.app_context():
        assert db.session.scalars(select(Template.title).order_by(Template.id)).all() == [
            "健康讲座",
            "另一个讲座",
        ]


@pytest.mark.both_databases
def test_one_draft_of_a_template_pressed_twice_is_written_once_and_on_another_day_anew(app, people, lin):
    page = lin.get(here(made(app, people.office)))
    first, again, other = (
        lin.submit(page, {"day": day}, to="/drafts") for day in ("2031-11-25", "2031-11-25", "2031-11-26")
    )
    assert first.status_code == other.status_code == 303
    assert again.location == first.location != other.location
    with app.app_context():
        assert len(db.session.scalars(select(Event)).all()) == 2


def test_a_day_refused_keeps_the_key_of_the_form(app, people, lin):
    page = lin.get(here(made(app, people.office)))
    key = re.search(r'name="key" value="([^"]+)"', page.text)[1]
    refused = lin.submit(page, {"day": "2020-01-01"}, to="/drafts")
    assert refused.status_code == 409 and f'name="key" value="{key}"' in refused.text


def test_the_offices_above_many_stations_are_asked_for_at_once(app, people, lin):
    page = here(made(app, people.center), "/batch")

    def plans_for(station) -> None:
        with app.app_context(), transaction():
            grant_role(people.lin, site=station, role=Role.MANAGER, by=None, now=clock.now())

    def asked() -> int:
        seen = []
        with app.app_context():
            engine = db.engine
        note = lambda *args: seen.append(args[2])  # noqa: E731
        listening.listen(engine, "before_cursor_execute", note)
        assert lin.get(page).text.count("<details") == offices
        listening.remove(engine, "before_cursor_execute", note)
        return len(seen)

    plans_for(people.far)
    offices = 2
    two = asked() and asked()
    for number in range(3, 8):
        with app.app_context():
            office = cast.site(f"41030500{number}", Level.OFFICE, f"示例{number}路", people.center)
            station = cast.site(f"41030500{number}001", Level.STATION, f"示例{number}路一社区", office)
        plans_for(station)
    offices = 7
    assert asked() == two


def test_a_day_that_cannot_be_read_or_is_past_keeps_what_was_typed(app, people, lin):
    code = made(app, people.center)
    answer = lin.submit(here(code), {"day": "明天", "hour": "8:15"}, to="/drafts")
    assert answer.status_code == 422
    assert "请选好日期和几点开始。" in answer.text
    assert 'value="明天"' in answer.text
    assert 'value="8:15"' in answer.text
    answer = lin.submit(here(code), {"day": "2020-01-01"}, to="/drafts")
    assert answer.status_code == 409
    assert "已经过去" in answer.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "请填写这一项。"),
        ({"summary": "字" * 41}, "最多 40 个字"),
        ({"starts": "早上"}, "时间读不懂，请写成 09:30 的样子。"),
        ({"starts": "25:00"}, "时间读不懂"),
        ({"minutes": "5"}, "请填 10 到 720 之间的数。"),
        ({"category": ""}, "请填写这一项。"),
        ({"min_age": "61", "max_age": "60"}, "最大年龄要不小于最小年龄。"),
        ({"min_age": None, "max_age": "12"}, "主题和年龄对不上"),
        ({"shared_id": "4711"}, "请从列表里选一项。"),
    ],
)
def test_what_is_wrong_is_said_at_the_field_and_nothing_is_kept(app, chen, wrong, sentence):
    answer = chen.submit("/desk/templates/new", WHOLE | wrong, to="/desk/templates/new")
    assert answer.status_code == 422
    assert sentence in answer.text
    with app.app_context():
        assert db.session.scalar(select(Template)) is None


def test_a_station_is_told_that_it_owns_no_templates(app, people, lin):
    assert "站点不能自己建" in lin.get("/desk/templates/new").text
    answer = lin.get(f"/desk/templates/new?site={people.one.code}")
    assert answer.status_code == 409
    assert "站点不能自己建" in answer.text
    assert lin.get(f"/desk/templates/new?site={people.office.code}").status_code == 404


def test_an_office_adapts_what_the_center_wrote_and_the_original_stays(app, people, chen, center):
    code = made(app, people.center)
    page = f"/desk/templates/new?based_on={code}"
    answer = chen.submit(page, {"title": "剪纸贺岁"}, to="/desk/templates/new")
    shown = chen.get(answer.location)
    assert "剪纸贺岁" in shown.text
    assert "改自 涧西区 的" in shown.text
    with app.app_context():
        original, adapted = db.session.scalars(select(Template).order_by(Template.id))
        assert (original.title, adapted.title) == ("剪窗花", "剪纸贺岁")
        assert (adapted.based_on, adapted.site_id) == (original.id, people.office.id)
    assert "剪纸贺岁" in center.get("/desk/templates/").text


def test_an_office_does_not_see_what_another_office_wrote(app, people, lin, chen):
    code = made(app, people.far_office)
    for client in (lin, chen):
        assert "剪窗花" not in client.get("/desk/templates/").text
        for rest in ("", "/batch", "/edit"):
            assert client.get(here(code, rest)).status_code == 404
        assert client.get(f"/desk/templates/new?based_on={code}").status_code in (404,)
        assert client.post(here(code, "/drafts")).status_code in (400, 404)


def test_a_station_reads_the_centers_template_and_changes_nothing(app, people, lin):
    code = made(app, people.center)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    assert "修改" not in lin.get(here(code)).text
    assert lin.get(here(code, "/edit")).status_code == 404
    for rest in ("/edit", "/retirement", "/return"):
        assert lin.post(here(code, rest), data=WHOLE).status_code == 404
    typed = {"site": people.two.code, "day": "2031-11-25", "hour": "09:00"}
    assert lin.post(here(code, "/drafts"), data=typed).status_code == 404
    with app.app_context():
        assert db.session.scalar(select(Event)) is None


def test_chen_changes_retires_and_brings_back(app, people, lin, chen):
    code = made(app, people.office)
    chen.submit(here(code, "/edit"), {"title": "剪喜字"}, to="/edit")
    chen.submit(here(code), to="/retirement")
    assert "剪喜字" not in lin.get("/desk/templates/").text
    assert "剪喜字" in lin.get("/desk/templates/?retired=1").text
    assert "写成草稿" not in lin.get(here(code)).text
    chen.submit(here(code), to="/return")
    assert "剪喜字" in lin.get("/desk/templates/").text


def test_the_list_is_narrowed_and_stands_in_no_order_of_use(app, people, chen):
    made(app, people.center, title="甲")
    made(app, people.office, title="乙", themes=frozenset(), summary="敲锣打鼓")
    assert "没有符合条件的模板" in chen.get("/desk/templates/?category=A01").text
    for query, shown, hidden in (
        ("theme=young", "甲", "乙"),
        (f"owner={people.office.code}", "乙", "甲"),
        ("q=敲锣", "乙", "甲"),
    ):
        text = chen.get(f"/desk/templates/?{query}").text
        assert f">{shown}</a>" in text
        assert f">{hidden}</a>" not in text
    text = chen.get("/desk/templates/").text
    assert text.index(">甲</a>") < text.index(">乙</a>")
    file = chen.get("/desk/templates/list.csv?theme=young").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(file)))
    assert [row[1] for row in rows] == ["名称", "甲"]
    assert rows[1][10:12] == ["15:00", "90"]


def test_an_empty_list_says_what_templates_are_for(lin, chen):
    assert "写好以后会列在这里" in lin.get("/desk/templates/").text
    assert "不用从头写" in chen.get("/desk/templates/").text


# --- several sites at once --------------------------------------------------------------------------------------

MONDAY = datetime(2031, 3, 3, 1, tzinfo=clock.SHANGHAI)


@pytest.mark.both_databases
def test_chen_takes_one_over_for_two_stations_and_gets_one_batch(app, people):
    with time_machine.travel(MONDAY, tick=False):
        chen = _signed_in(app, people.chen)
        code = made(app, people.office)
        with app.app_context(), transaction() as session:
            session.add(Holiday(day=date(2031, 3, 5), name="春社", works=False))
        page = chen.get(here(code, "/batch"))
        for said in (people.office.short_name, people.one.short_name, people.two.short_name):
            assert said in page.text
        assert people.far.short_name not in page.text
        asked = f"?go=1&site={people.one.code}&site={people.two.code}&first=2031-03-05&weekday=2&hour=10:00"
        page = chen.get(here(code, "/batch" + asked))
        assert 'value="2031-03-12"' in page.text
        assert 'value="2031-03-19"' in page.text
        answer = chen.submit(page, {f"day-{people.two.code}": "2031-03-13"}, to="/batch")
        again = chen.submit(page, {f"day-{people.two.code}": "2031-03-13"}, to="/batch")
        assert again.location == answer.location  # pressed twice, written once
    with app.app_context():
        batch = db.session.scalars(select(Batch)).one()
        events = db.session.scalars(select(Event).order_by(Event.id)).all()
        assert answer.location == f"/desk/batches/{batch.code}"
        assert batch.site_id == people.office.id
        assert [clock.local(event.starts_at).isoformat()[:16] for event in events] == [
            "2031-03-12T10:00",
            "2031-03-13T10:00",
        ]


def test_holidays_and_a_shared_thing_promised_twice_are_marked(app, people, chen):
    with app.app_context():
        bus = room(people.office, "讲师团", kind=RoomKind.SHARED)
        with transaction() as session:
            session.add(Holiday(day=date(2031, 3, 8), name="妇女节", works=False))
    code = made(app, people.office, shared_id=bus)
    asked = f"?site={people.one.code}&site={people.two.code}&first=2031-03-07&per_day=2"
    page = chen.get(here(code, "/batch" + asked))
    assert page.text.count("这时讲师团已经有安排") == 2
    days = {f"day-{people.one.code}": "2031-03-08", f"day-{people.two.code}": "哪天"}
    answer = chen.submit(page, days, to="/batch")
    assert answer.status_code == 422
    assert "有的日期或时间读不懂" in answer.text
    assert "妇女节放假" in answer.text
    assert "已经有安排" not in answer.text
    assert 'value="哪天"' in answer.text
    with app.app_context():
        assert db.session.scalar(select(Event)) is None


def test_a_site_can_be_left_out_and_nobody_chosen_is_said(app, people, chen):
    code = made(app, people.office)
    assert "请至少勾选一个" in chen.get(here(code, "/batch?go=1")).text
    page = chen.get(here(code, f"/batch?site={people.one.code}"))
    answer = chen.submit(page, {"site": None}, to="/batch")
    assert answer.status_code == 409
    assert "请至少勾选一个" in answer.text
    assert (clock.day_of(clock.now()) + timedelta(days=1)).isoformat() in answer.text


def test_drafts_at_stations_of_two_offices_are_undone_by_nobody_who_plans_for_one_alone(app, people):
    with app.app_context():
        with transaction():
            grant_role(people.lin, site=people.far, role=Role.MANAGER, by=people.root.id, now=clock.now())
        other = cast.staff("钱多多", people.one, Role.MANAGER)
    code = made(app, people.center)
    lin, colleague = _signed_in(app, people.lin), _signed_in(app, other)
    page = lin.get(here(code, f"/batch?go=1&site={people.one.code}&site={people.far.code}"))
    batch = lin.submit(page, to="/batch").location
    assert lin.get(batch).status_code == 200
    assert colleague.get(batch).status_code == 404
    app.config["WTF_CSRF_ENABLED"] = False
    assert colleague.post(f"{batch}/undoing").status_code == 404
    with app.app_context():
        assert set(db.session.scalars(select(Event.state))) == {State.DRAFT}
