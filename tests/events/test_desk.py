"""Events at the desk: what the staff of a station and of the office above can do with the pages."""

import csv
import io
import re
from datetime import date, timedelta
from urllib.parse import quote

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.events.models import Event
from stationapp.events.queries import find_event, list_steps, themes_of
from stationapp.events.rules import Category, State, Step, Task, Theme
from stationapp.rooms.models import Room
from stationapp.sites.operations import let_publish
from stationapp.sites.queries import get_site
from tests import cast
from tests.catalogue.test_operations import room

BLANK = {"title": "剪纸", "starts_at": "2031-11-25T09:00", "ends_at": "2031-11-25T10:30"}
WHOLE = BLANK | {
    "summary": "一起剪窗花",
    "category": "A03",
    "task": "T4",
    "audience": "所有人",
    "place": "二楼",
    "themes": ["festivals", "old"],
    "capacity": "３0",
    "min_age": "6",
    "max_age": "99",
    "residence": "district",
    "opens_at": "2031-11-01T08:00",
    "closes_at": "2031-11-24T18:00",
    "bring": "剪刀",
    "contact": "小林",
    "contact_phone": "0379 0000 0005",
    "notes": "第一行\n第二行",
    "break_minutes": "15",
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


def _signed_in(app, who):
    return cast.signed_in(app, who)


def make(app, where, **changes) -> str:
    with app.app_context():
        return cast.event(where, **changes).code


def state(app, code: str) -> State:
    with app.app_context():
        return find_event(code).state


def change(app, code: str, **values) -> None:
    with app.app_context(), transaction():
        event = find_event(code)
        for name, value in values.items():
            setattr(event, name, value)


def write(client, where, values: dict):
    """Fill in the form of a new event or of a change."""
    return client.submit(where, values, to="/desk/events/")


def page(code: str) -> str:
    return f"/desk/events/{code}"


# --- writing ----------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_lin_writes_a_whole_event_and_reads_it_back(app, lin):
    answer = write(lin, "/desk/events/new", WHOLE)
    assert answer.status_code == 303
    shown = lin.get(answer.location)
    for said in ("剪纸", "一起剪窗花", "文化服务", "丰富活跃文化生活", "一老、我们的节日", "6—99 岁", "本区居民",
                 "剪刀", "0379-00000005", "11月25日", "中途休息 15 分钟", "草稿"):  # fmt: skip
        assert said in shown.text
    with app.app_context():
        event = db.session.scalar(select(Event))
        assert (event.state, event.category, event.task) == (State.DRAFT, Category.A03, Task.T4)
        assert (event.capacity, event.min_age, event.max_age) == (30, 6, 99)
        assert clock.local(event.starts_at).isoformat() == "2031-11-25T09:00:00+08:00"
        assert event.notes == "第一行\n第二行"
        assert themes_of(event.id) == {Theme.OLD, Theme.FESTIVALS}


def test_a_day_and_a_room_chosen_from_the_plan_stand_in_the_new_form(app, people, lin):
    with app.app_context():
        here, there = room(people.one, "书画室"), room(people.two, "别处的室")
    chosen = lin.get(f"/desk/events/new?day=2031-12-03&room={here}").text
    for said in ('value="2031-12-03T09:00"', 'value="2031-12-03T10:30"'):
        assert said in chosen
    assert re.search(rf'<option[^>]*value="{here}"[^>]*selected|<option selected[^>]*value="{here}"', chosen)
    for wrong in ("2020-12-03", "2031-02-30", "x", "0001-01-01", "9999-99-99"):
        shown = lin.get(f"/desk/events/new?day={wrong}&room={there}")
        assert (shown.status_code, "T09:00" in shown.text, "别处的室" in shown.text) == (200, False, False)


def test_a_gap_of_the_report_stands_in_the_new_form(lin):
    aimed = lin.get("/desk/events/new?for=over80&category=A05").text
    for said in ('value="80岁以上居民"', 'name="min_age" type="text" value="80"', 'value="A05"'):
        assert said in aimed.replace("selected ", ""), said
    assert re.search(r'<input checked[^>]*value="old"', aimed)
    blank = lin.get("/desk/events/new?for=everybody&category=A99")
    assert (blank.status_code, '居民"' in blank.text, " checked" in blank.text) == (200, False, False)


def test_a_draft_needs_its_title_and_times_alone(lin):
    shown = lin.get(write(lin, "/desk/events/new", BLANK).location)
    assert "提交前还要补上：一句话介绍、活动类别、对应任务、地点、面向谁。" in shown.text
    assert "提交审核" not in shown.text


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"title": " "}, "请填写这一项。"),
        ({"title": "字" * 61}, "最多 60 个字，现在有 61 个，请缩短。"),
        ({"title": "a\0b"}, "里面有看不见的特殊字符"),
        ({"summary": "字" * 41}, "最多 40 个字"),
        ({"starts_at": ""}, "请填写这一项。"),
        ({"starts_at": "明天"}, "时间读不懂，请写成 2026-11-25 09:00 的样子。"),
        ({"starts_at": "0001-01-01T00:00"}, "时间读不懂"),
        ({"ends_at": BLANK["starts_at"]}, "结束时间要晚于开始时间。"),
        ({"opens_at": "2031-11-24T18:00"}, "报名截止要晚于报名开始。"),
        ({"category": "A08"}, "请从列表里选一项。"),
        ({"task": "T9"}, "请从列表里选一项。"),
        ({"themes": ["old", "new"]}, "请从列表里选。"),
        ({"residence": "mars"}, "请从列表里选一项。"),
        ({"room_id": "4711"}, "请从列表里选一项。"),
        ({"room_id": "' OR 1=1"}, "请从列表里选一项。"),
        ({"capacity": "很多"}, "请只填整数，例如 30。"),
        ({"capacity": "99999"}, "请填 0 到 10000 之间的数。"),
        ({"capacity": "9" * 400}, "请只填整数"),
        ({"min_age": "100", "max_age": "99"}, "最大年龄要不小于最小年龄。"),
        ({"max_age": "-1"}, "请只填整数"),
        ({"contact_phone": "12345"}, "这不像电话号码。"),
        ({"break_minutes": "1.5"}, "请只填整数"),
        ({"bring": "字" * 81}, "最多 80 个字"),
        ({"notes": "长" * 501}, "最多 500 个字"),
    ],
)
def test_wrong_input_gets_one_sentence_and_keeps_the_rest(app, lin, wrong, sentence):
    answer = write(lin, "/desk/events/new", WHOLE | wrong)
    assert answer.status_code == 422
    assert answer.text.count(sentence) == 2  # in the summary and at its field
    assert 'value="剪刀' in answer.text or "bring" in wrong
    assert "第一行\n第二行" in answer.text or "notes" in wrong
    with app.app_context():
        assert db.session.scalar(select(Event)) is None


def test_a_room_is_chosen_from_the_sites_own_and_names_the_place(app, people, lin):
    with app.app_context(), transaction():
        db.session.add(Room(site_id=people.one.id, name="舞蹈室", capacity=20))
        other = Room(site_id=people.two.id, name="书画室", capacity=10)
        db.session.add(other)
    form = lin.get("/desk/events/new")
    assert "舞蹈室（20 人）" in form.text
    assert "书画室" not in form.text
    with app.app_context():
        own = db.session.scalar(select(Room.id).where(Room.name == "舞蹈室"))
    assert write(lin, "/desk/events/new", WHOLE | {"room_id": str(other.id)}).status_code == 422
    shown = lin.get(write(lin, "/desk/events/new", WHOLE | {"room_id": str(own), "place": ""}).location)
    assert "<dd>舞蹈室</dd>" in shown.text


def test_who_plans_for_several_sites_picks_one_first(people, chen):
    pick = chen.get("/desk/events/new")
    assert "由哪个站点办" in pick.text
    assert people.far.short_name not in pick.text
    answer = chen.submit(f"/desk/events/new?site={people.two.code}", WHOLE)
    assert people.two.short_name in chen.get(answer.location).text


def test_a_day_chosen_from_the_plan_is_kept_while_the_site_is_picked(people, chen):
    pick = chen.get("/desk/events/new?day=2031-03-05")
    assert '<input type="hidden" name="day" value="2031-03-05">' in pick.text
    form = chen.get(f"/desk/events/new?day=2031-03-05&site={people.two.code}")
    assert 'value="2031-03-05T09:00"' in form.text


@pytest.mark.parametrize("page", ["/desk/events/new", "/desk/series/new", "/desk/rooms/new"])
def test_a_new_thing_of_one_site_asks_for_none_and_of_another_desk_is_not_there(people, lin, chen, page):
    assert 'name="site"' not in lin.get(page).text
    assert lin.get(f"{page}?site={people.two.code}").status_code == 404
    assert '<select id="site" name="site"' in chen.get(page).text


def test_nobody_writes_events_for_a_site_not_theirs(people, lin):
    assert lin.get(f"/desk/events/new?site={people.two.code}").status_code == 404
    assert lin.get("/desk/events/new?site=nowhere").status_code == 404


def test_a_copy_stands_a_week_later_with_everything_filled_in(app, people, lin):
    code = make(app, people.one, title="老年合唱", capacity=12, themes=frozenset({Theme.OLD}))
    form = lin.get(f"/desk/events/new?copy={code}", follow_redirects=True)
    answer = write(lin, form, {})
    with app.app_context():
        first, second = db.session.scalars(select(Event).order_by(Event.id))
        assert answer.location.endswith(second.code)
        assert (second.title, second.capacity, second.state) == ("老年合唱", 12, State.DRAFT)
        assert second.starts_at == first.starts_at + timedelta(weeks=1)
        assert (second.category, second.task) == (first.category, first.task)
        assert themes_of(second.id) == {Theme.OLD}


def test_another_stations_event_cannot_be_copied(app, people, lin):
    assert lin.get(f"/desk/events/new?copy={make(app, people.two)}").status_code == 404


# --- approval and publishing ------------------------------------------------------------------------------------


def test_a_station_submits_the_office_returns_then_approves(app, people, lin, chen):
    code = make(app, people.one, publish=False)
    assert lin.submit(page(code), to="/submission").location == page(code)
    assert chen.submit(page(code), {"reason": "写清楚带什么"}, to=f"{code}/return").location == page(code)
    assert "写清楚带什么" in lin.get(page(code)).text
    write(lin, f"{page(code)}/edit", {"bring": "手机"})
    lin.submit(page(code), to="/submission")
    chen.submit(page(code), to=f"{code}/publication")
    assert state(app, code) is State.PUBLISHED
    with app.app_context():
        steps = [(step.step, who) for step, who in list_steps(find_event(code).id)]
    assert steps == [
        (Step.SUBMIT, "林晓燕"),
        (Step.RETURN, "陈立新"),
        (Step.SUBMIT, "林晓燕"),
        (Step.PUBLISH, "陈立新"),
    ]


def test_what_waits_is_decided_in_the_queue_and_the_list_leads_there(app, people, lin, chen):
    lin.submit(page(make(app, people.one, publish=False)), to="/submission")
    waiting = "/desk/events/?standing=submitted"
    assert f'href="/desk/queue/?site={people.one.code}"' in chen.get(f"{waiting}&site={people.one.code}").text
    assert "去审核" not in lin.get(waiting).text
    assert "/publication" not in chen.get(waiting).text


def test_a_station_cannot_publish_past_the_office(app, people, lin):
    code = make(app, people.one, publish=False)
    shown = lin.get(page(code))
    assert "/publication" not in shown.text
    token = {"csrf_token": _token(shown)}
    refused = lin.post(f"{page(code)}/publication", data=token)
    assert refused.status_code == 409
    assert "这场活动要由上级所审核后发布" in refused.text
    assert state(app, code) is State.DRAFT


def _token(shown) -> str:
    return shown.text.split('name="csrf_token" value="')[1].split('"')[0]


def test_a_station_publishes_itself_where_the_office_lets_it(app, people, lin):
    with app.app_context(), transaction():
        let_publish(get_site(people.office.code), True, by=people.chen.id, now=clock.now())
    code = make(app, people.one, publish=False)
    lin.submit(page(code), to="/publication")
    assert state(app, code) is State.PUBLISHED


def test_the_office_publishes_its_own_events(app, people, chen):
    code = make(app, people.office, publish=False)
    chen.submit(page(code), to="/publication")
    assert state(app, code) is State.PUBLISHED


def test_a_manager_at_the_office_does_not_approve(app, people):
    with app.app_context():
        manager = cast.staff("孙所长", people.office, Role.MANAGER)
    client = _signed_in(app, manager)
    code = make(app, people.one, publish=False)
    client.submit(page(code), to="/submission")
    refused = client.post(f"{page(code)}/publication", data={"csrf_token": _token(client.get(page(code)))})
    assert refused.status_code == 409
    assert client.post(f"{page(code)}/return", data={"csrf_token": _token(refused)}).status_code == 403


def test_submitted_events_are_withdrawn_before_they_are_changed(app, people, lin):
    code = make(app, people.one, publish=False)
    lin.submit(page(code), to="/submission")
    refused = lin.get(f"{page(code)}/edit")
    assert (refused.status_code, "请先撤回" in refused.text) == (409, True)
    lin.submit(page(code), to="/withdrawal")
    assert lin.get(f"{page(code)}/edit").status_code == 200


# --- changing, postponing, cancelling ---------------------------------------------------------------------------


def test_postponing_without_a_reason_is_refused_in_place(app, people, lin):
    code = make(app, people.one)
    refused = lin.submit(page(code), {"reason": " "}, to="/postponement")
    assert (refused.status_code, "请写明原因" in refused.text) == (409, True)
    long = lin.submit(page(code), {"reason": "长" * 201}, to="/postponement")
    assert (long.status_code, "最多 200 个字" in long.text, "长" * 201 in long.text) == (422, True, True)
    assert state(app, code) is State.PUBLISHED


def test_a_postponed_event_gets_a_new_time_and_is_published_again_by_the_station(app, people, lin):
    code = make(app, people.one)
    lin.submit(page(code), {"reason": "停电"}, to="/postponement")
    assert "停电" in lin.get(page(code)).text
    write(lin, f"{page(code)}/edit", {"starts_at": "2031-12-01T09:00", "ends_at": "2031-12-01T10:00"})
    lin.submit(page(code), to="/publication")
    assert state(app, code) is State.PUBLISHED


def test_a_cancelled_event_offers_nothing_but_a_copy(app, people, lin):
    code = make(app, people.one)
    lin.submit(page(code), {"reason": "讲师生病"}, to="/cancellation")
    shown = lin.get(page(code))
    assert "已取消" in shown.text
    assert "<form" not in shown.text.split("<main")[1]
    assert "复制为新活动" in shown.text
    assert lin.get(f"{page(code)}/edit").status_code == 409


def test_capacity_below_the_places_taken_is_refused_at_its_field(app, people, lin):
    code = make(app, people.one, capacity=10)
    change(app, code, taken=4)
    refused = write(lin, f"{page(code)}/edit", {"capacity": "3", "bring": "水杯"})
    assert refused.status_code == 409
    assert "已经有 4 人报上名，名额不能少于这个数。" in refused.text
    assert 'value="水杯"' in refused.text


def test_what_may_not_be_empty_after_publishing_is_said_at_its_field(app, people, lin):
    refused = write(lin, f"{page(make(app, people.one))}/edit", {"audience": "", "task": ""})
    assert refused.status_code == 409
    assert refused.text.count("发布以后不能空着。") == 4


def test_an_event_that_has_begun_is_not_changed(app, people, lin):
    code = make(app, people.one, starts_at=clock.now() - timedelta(minutes=5))
    assert "活动已经开始" in lin.get(f"{page(code)}/edit").text
    shown = lin.get(page(code))
    assert "正在进行" in shown.text
    assert "/cancellation" not in shown.text


def test_raising_the_capacity_seats_who_waits(app, people, lin):
    code = make(app, people.one, capacity=1)
    with app.app_context():
        event = find_event(code)
        cast.sign_up(event, cast.person("周一", "19900002221", home=people.one))
        cast.sign_up(event, cast.person("周二", "19900002222", home=people.one))
    assert write(lin, f"{page(code)}/edit", {"capacity": "2"}).status_code == 303
    with app.app_context():
        event = find_event(code)
        assert (event.capacity, event.taken, event.waiting) == (2, 2, 0)


def test_a_closed_out_event_is_reopened_with_a_reason(app, people, lin):
    code = make(app, people.one, starts_at=clock.now() - timedelta(days=1))
    with app.app_context(), transaction():
        operations.archive(find_event(code), by=people.lin.id, now=clock.now())
    lin.submit(page(code), {"reason": "漏签两人"}, to="/reopening")
    assert state(app, code) is State.PUBLISHED
    assert "未归档" in lin.get(page(code)).text


# --- who sees what ----------------------------------------------------------------------------------------------


def test_another_stations_event_does_not_exist(app, people, lin):
    code = make(app, people.two)
    token = {"csrf_token": _token(lin.get("/desk/events/new")), "reason": "x"}
    assert lin.get(page(code)).status_code == 404
    assert lin.get(f"{page(code)}/edit").status_code == 404
    for noun in ("submission", "withdrawal", "publication", "postponement", "cancellation", "reopening"):
        assert lin.post(f"{page(code)}/{noun}", data=token).status_code == 404
    assert state(app, code) is State.PUBLISHED


def test_an_unknown_code_is_not_found(lin):
    assert lin.get("/desk/events/ZZZZZZZZ").status_code == 404


def test_a_viewer_has_no_events_at_the_desk(app, people):
    assert _signed_in(app, people.zhao).get("/desk/events/").status_code == 403


def test_a_helper_reads_events_and_changes_none(app, people):
    with app.app_context():
        helper = cast.staff("小高", people.one, Role.HELPER)
    client = _signed_in(app, helper)
    code = make(app, people.one, starts_at=clock.now())
    shown = client.get(page(code))
    assert "<form" not in shown.text.split("<main")[1]
    assert "新建活动" not in client.get("/desk/events/").text
    assert client.get(f"{page(code)}/edit").status_code == 403


def test_a_helper_sees_todays_events_alone(app, people):
    with app.app_context():
        helper = cast.staff("小高", people.one, Role.HELPER)
    client = _signed_in(app, helper)
    make(app, people.one, title="今天的", starts_at=clock.now())
    later = make(app, people.one, title="后天的")
    past = make(app, people.one, title="前天的", starts_at=clock.now() - timedelta(days=2))
    make(app, people.two, title="别处的", starts_at=clock.now())
    assert titles(client) == ["今天的"]
    assert [client.get(page(code)).status_code for code in (later, past)] == [404, 404]


# --- the list ---------------------------------------------------------------------------------------------------


def titles(client, query: str = "") -> list[str]:
    answer = client.get(f"/desk/events/list.csv{query}")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    listed = client.get(f"/desk/events/{query}").text
    assert all(f">{row['标题']}</a>" in listed for row in rows)
    return [row["标题"] for row in rows]


def test_the_list_is_narrowed_by_what_stands_in_the_address(app, people, chen):
    november, december = (clock.instant(date(2031, month, 3), 9) for month in (11, 12))
    make(app, people.one, title="甲课堂", starts_at=november, place="银杏厅")
    make(app, people.one, title="乙合唱", starts_at=december, category=Category.A03)
    make(app, people.two, title="丙草稿", starts_at=december, publish=False)
    make(app, people.two, title="丁未归档", starts_at=clock.now() - timedelta(days=2))
    make(app, people.far, title="别处的")
    assert titles(chen) == ["乙合唱", "丙草稿", "甲课堂", "丁未归档"]
    assert titles(chen, f"?site={people.two.code}") == ["丙草稿", "丁未归档"]
    assert titles(chen, f"?site={people.office.code}&month=2031-11") == ["甲课堂"]
    assert titles(chen, "?standing=not_closed_out") == ["丁未归档"]
    assert titles(chen, "?standing=coming") == ["甲课堂", "乙合唱"]
    assert titles(chen, "?standing=draft") == ["丙草稿"]
    assert titles(chen, "?category=A03") == ["乙合唱"]
    assert titles(chen, f"?q={quote('银杏')}") == ["甲课堂"]
    assert titles(chen, f"?q={quote('%')}") == []
    assert titles(chen, "?month=2031-13&standing=odd&category=A99&page=x")[0] == "乙合唱"
    assert "没有符合条件的活动。" in chen.get(f"/desk/events/?q={quote('没有')}").text


def test_the_list_of_nothing_teaches_the_next_step(lin):
    assert "先写一场" in lin.get("/desk/events/").text


def test_the_export_opens_in_a_spreadsheet_and_runs_nothing(app, people, lin):
    make(app, people.one, title='=HYPERLINK("x")', place="@家", capacity=30)
    answer = lin.get("/desk/events/list.csv")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    assert answer.mimetype == "text/csv"
    row = next(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert (row["标题"], row["地点"], row["名额"], row["候补"]) == ('\'=HYPERLINK("x")', "'@家", "30", "0")


def test_a_long_list_has_pages_that_keep_the_filter(app, people, lin):
    with app.app_context(), transaction():
        for _number in range(51):
            cast.event(people.one, publish=False)
    first = lin.get("/desk/events/?standing=draft")
    assert first.text.count(">智能手机课堂</a>") == 50
    assert "?standing=draft&amp;page=2" in first.text
    assert lin.get("/desk/events/?standing=draft&page=2").text.count(">智能手机课堂</a>") == 1


@pytest.mark.both_databases
def test_the_list_asks_the_database_as_often_for_three_events_as_for_one(app, people, chen):
    def asked() -> int:
        seen = []
        with app.app_context():
            engine = db.engine
        count = lambda *args: seen.append(args[2])  # noqa: E731
        listening.listen(engine, "before_cursor_execute", count)
        assert chen.get("/desk/events/?standing=submitted").status_code == 200
        listening.remove(engine, "before_cursor_execute", count)
        return len(seen)

    def submitted(where) -> None:
        with app.app_context():
            event = cast.event(where, publish=False)
            with transaction():
                operations.submit(event, by=None, now=clock.now())

    submitted(people.one)
    asked()
    one = asked()
    submitted(people.two)
    submitted(people.two)
    assert asked() == one
    assert one <= 6
