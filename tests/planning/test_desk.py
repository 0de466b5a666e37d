"""The plan board at the desk: what the pages show, and what may be done with them."""

import csv
import io
from datetime import date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import event as listening
from sqlalchemy import select, update

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.calendar.models import Holiday
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.events.models import Event, EventMove
from stationapp.events.queries import find_event
from stationapp.events.rules import State, Theme
from stationapp.notices.models import Notice
from stationapp.planning import operations as operations_of_board
from stationapp.rooms.models import Room
from stationapp.rooms.operations import hold
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Population
from stationapp.sites.rules import Group
from tests import cast

NOW = clock.instant(date(2026, 11, 23), 10)
DAY = date(2026, 12, 8)  # a Tuesday
BOARD = "/desk/planning/"


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(NOW, tick=False):
        yield


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


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    return clock.instant(day, hour, minute)


def make(app, where, starts_at: datetime | None = None, *, publish: bool = False, **changes) -> str:
    with app.app_context():
        return cast.event(where, starts_at=starts_at or at(9), publish=publish, **changes).code


def room(app, where, name: str = "多功能厅", **values) -> int:
    with app.app_context(), transaction():
        made = Room(site_id=where.id, name=name, **values)
        db.session.add(made)
        db.session.flush()
        return made.id


def found(app, code: str) -> Event:
    with app.app_context():
        return find_event(code)


def move(client, code: str, **values):
    """Fill in the page behind 移."""
    return client.submit(f"/desk/planning/moves?event={code}", values, to="/desk/planning/moves")


def text_of(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.text


# --- the month --------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_in_the_last_days_of_a_month_the_board_opens_with_the_next(app, people, lin):
    make(app, people.one, title="冬至包饺子")
    make(app, people.two, title="别处的")
    shown = text_of(lin, BOARD)
    assert "湖北路示例一社区 2026年12月排期" in shown
    assert "冬至包饺子" in shown
    assert "别处的" not in shown
    with time_machine.travel(clock.instant(date(2026, 11, 20), 10), tick=False):
        client = _signed_in(app, people.lin)
        assert "2026年11月排期" in text_of(client, BOARD)


def test_an_office_sees_its_stations_in_rows_and_nothing_of_another_office(app, people, chen):
    make(app, people.one, title="在一站")
    make(app, people.two, title="在二站")
    make(app, people.far, title="在远处")
    shown = text_of(chen, BOARD)
    assert "在一站" in shown and "在二站" in shown and "在远处" not in shown
    assert f"site={people.two.code}" in shown
    only = text_of(chen, f"{BOARD}?site={people.two.code}")
    assert "在二站" in only and "在一站" not in only
    assert "在远处" not in text_of(chen, f"{BOARD}?site={people.far.code}")


@pytest.mark.parametrize("by", ["site", "room", "category", "day"])
def test_every_way_of_laying_out_shows_the_same_events(app, people, chen, by):
    hall = room(app, people.one)
    make(app, people.one, title="有房间", room_id=hall)
    make(app, people.two, title="没房间", category=None)
    shown = text_of(chen, f"{BOARD}?by={by}")
    assert shown.count("有房间</a>") == shown.count("没房间</a>") == 1


def test_filters_narrow_what_is_shown_and_say_so(app, people, lin):
    hall = room(app, people.one)
    make(app, people.one, title="厅里", room_id=hall)
    make(app, people.one, at(15), title="厅外", publish=True)
    assert "厅外</a>" not in text_of(lin, f"{BOARD}?room={hall}")
    shown = text_of(lin, f"{BOARD}?state=published")
    assert "厅里</a>" not in shown and "厅外</a>" in shown and "只显示 1 场" in shown
    assert "厅里</a>" in text_of(lin, f"{BOARD}?category=A02&room=x&state=y&mark=z&by=w&month=soon")


def test_days_bear_their_names(app, people, lin):
    with app.app_context(), transaction():
        db.session.add_all(
            [
                Holiday(day=date(2026, 10, 1), name="国庆节", works=False),
                Holiday(day=date(2026, 10, 10), name="国庆节", works=True),
            ]
        )
    shown = text_of(lin, f"{BOARD}?month=2026-10")
    assert "国庆节 休" in shown and "国庆节 调休上班" in shown and "重阳节" in shown
    assert "国际志愿者日" in text_of(lin, BOARD)


def test_what_is_discarded_is_not_on_the_board(app, people, lin):
    code = make(app, people.one, title="不办了")
    with app.app_context(), transaction():
        operations.discard(find_event(code), by=None, now=clock.now())
    assert "不办了" not in text_of(lin, BOARD)


# --- marks ------------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_two_drafts_that_want_one_room_are_marked_and_each_is_told_of_the_other(app, people, lin):
    hall = room(app, people.one)
    make(app, people.one, title="课堂", room_id=hall)
    make(app, people.one, at(10), title="合唱", room_id=hall)
    make(app, people.one, at(15), title="下午场", room_id=hall)
    shown = text_of(lin, BOARD)
    assert "多功能厅 12月8日 星期二 10:00–12:00 湖北路示例一社区 合唱" in shown
    assert "多功能厅 12月8日 星期二 09:00–11:00 湖北路示例一社区 课堂" in shown
    clashing = text_of(lin, f"{BOARD}?mark=clash")
    assert "只显示 2 场" in clashing and "下午场" not in clashing


def test_a_room_that_is_held_is_a_clash_too(app, people, lin):
    hall = room(app, people.one)
    with app.app_context(), transaction():
        hold(
            db.session.get_one(Room, hall),
            starts_at=at(8),
            ends_at=at(10),
            purpose="消防检查",
            by=None,
            now=NOW,
        )
    make(app, people.one, room_id=hall)
    assert "多功能厅 12月8日 星期二 08:00–10:00 消防检查" in text_of(lin, BOARD)


def test_what_goes_round_clashes_with_another_office_which_is_named_by_its_site_alone(app, people, chen):
    bus = room(app, people.center, "大巴", kind=RoomKind.SHARED)
    make(app, people.one, title="去参观", shared=frozenset({bus}))
    make(app, people.far, title="远处的秘密计划", shared=frozenset({bus}))
    shown = text_of(chen, f"{BOARD}?mark=clash")
    assert "大巴 12月8日 星期二 09:00–11:00 天津路示例一社区" in shown
    assert "远处的秘密计划" not in shown


def test_holidays_closed_rooms_and_missing_fields_are_marked(app, people, lin):
    hall = room(app, people.one, hours="周一至周五 08:30-10:00")
    with app.app_context(), transaction():
        db.session.add(Holiday(day=DAY, name="测试节", works=False))
    make(app, people.one, room_id=hall, summary="")
    shown = text_of(lin, BOARD)
    for mark in ("假", "外", "缺"):
        assert f"<em>{mark}</em>" in shown.split('id="board"')[1]
    assert "测试节 休" in shown


# --- what is lacking --------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_gaps_count_what_the_station_the_office_and_the_center_plan(app, people, chen):
    make(app, people.center, min_age=60)
    make(app, people.one, themes=frozenset({Theme.YOUNG}))
    shown = text_of(chen, BOARD)
    assert "空白：1 个社区有人群一场也没轮上" in shown
    gap = shown.split('class="gaps"')[1].split("</ul>")[0]
    assert "湖北路示例二社区" in gap and "14岁以下、18岁以下" in gap
    assert "60岁以上" not in gap and "示例一社区" not in gap
    assert f"/desk/events/new?site={people.two.code}" in gap


@pytest.mark.both_databases
def test_what_is_held_together_with_others_stands_on_the_partners_board_and_fills_its_gap(app, people, lin):
    code = make(
        app, people.far, title="两区同乐", publish=True, min_age=60, partners=frozenset({people.one.id})
    )
    make(app, people.far, title="远处自己的", min_age=60)
    shown = text_of(lin, BOARD)
    assert "两区同乐" in shown and "联合举办：天津路示例一社区" in shown and "远处自己的" not in shown
    assert f'href="/events/{code}"' in shown and f"moves?event={code}" not in shown
    assert "60岁以上" not in shown.split('class="gaps"')[1].split("</ul>")[0]
    assert "两区同乐" in text_of(lin, f"{BOARD}?by=category")


def test_what_a_room_is_kept_for_stands_in_its_row(app, people, lin):
    hall = room(app, people.one)
    with app.app_context(), transaction():
        hold(
            db.session.get_one(Room, hall), starts_at=at(8), ends_at=at(10), purpose="选举", by=None, now=NOW
        )
    assert "08:00–10:00 选举" in text_of(lin, f"{BOARD}?by=room")
    assert "08:00–10:00 选举" in text_of(lin, f"/desk/planning/week?day={DAY}&by=room")


def test_a_group_nobody_counted_is_named(app, people, chen):
    with app.app_context(), transaction():
        for row in db.session.scalars(
            select(Population).where(Population.site_id == people.two.id, Population.group == Group.OVER_80)
        ):
            db.session.delete(row)
    shown = text_of(chen, BOARD)
    assert "缺人口数：1 个社区" in shown
    assert "80岁以上</li>" in shown


def test_days_without_anything_are_counted(app, people, lin):
    make(app, people.one)
    assert "没有安排的日子：30 天" in text_of(lin, BOARD)


# --- the week ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["hour", "site", "room"])
def test_a_week_shows_its_seven_days_and_nothing_else(app, people, lin, by):
    make(app, people.one, title="这周的")
    make(app, people.one, at(9, day=DAY + timedelta(days=7)), title="下周的")
    shown = text_of(lin, f"/desk/planning/week?day=2026-12-10&by={by}")
    assert "12月7日 星期一 这一周" in shown
    assert "这周的" in shown and "下周的" not in shown
    assert "还没有排" in text_of(lin, "/desk/planning/week?day=2027-02-30&by=category")


# --- moving -----------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_draft_moves_with_its_length_and_its_sign_up_and_can_be_put_back(app, people, lin):
    code = make(
        app, people.one, opens_at=at(8, day=date(2026, 12, 1)), closes_at=at(18, day=date(2026, 12, 7))
    )
    before = found(app, code)
    answer = move(lin, code, day="2026-12-15", time="14:30")
    assert (answer.status_code, answer.location) == (303, f"{BOARD}?site={people.one.code}&month=2026-12")
    after = found(app, code)
    assert (after.starts_at, after.ends_at) == (
        at(14, 30, date(2026, 12, 15)),
        at(16, 30, date(2026, 12, 15)),
    )
    assert after.closes_at - before.closes_at == after.starts_at - before.starts_at
    board = lin.get(answer.location)
    assert "改到12月15日 星期二 下午2点半。" in board.text
    undone = lin.submit(board, to="/moves/undoing")
    assert undone.status_code == 303
    again = found(app, code)
    assert (again.starts_at, again.opens_at, again.closes_at) == (
        before.starts_at,
        before.opens_at,
        before.closes_at,
    )
    assert "已撤销" in text_of(lin, undone.location)


def test_without_an_hour_only_the_day_changes_and_filters_are_kept(app, people, lin):
    code = make(app, people.one, at(9, 40))
    there = f"{BOARD}?site={people.one.code}&month=2026-12&by=category"
    answer = move(lin, code, day="2026-12-09", time="", next=there)
    assert answer.location == there
    assert found(app, code).starts_at == at(9, 40, date(2026, 12, 9))


def test_moving_never_leads_off_the_board(app, people, lin):
    code = make(app, people.one)
    assert move(lin, code, day="2026-12-09", next="https://example.com/").location.startswith(BOARD)
    assert move(lin, code, day="2026-12-10", next="/desk/planning/moves?event=x").location.startswith(
        BOARD + "?"
    )


def test_sign_up_that_is_open_stays_open(app, people, lin):
    code = make(app, people.one, publish=True, opens_at=at(8, day=date(2026, 11, 20)))
    move(lin, code, day="2026-12-22")
    assert found(app, code).opens_at == at(8, day=date(2026, 11, 20))


@pytest.mark.both_databases
def test_a_published_event_that_moves_keeps_where_it_was(app, people, lin):
    code = make(app, people.one, publish=True)
    assert move(lin, code, day="2026-12-10").status_code == 303
    with app.app_context():
        kept = db.session.scalar(select(EventMove))
        assert kept.starts_at == at(9)


@pytest.mark.both_databases
def test_people_who_have_a_place_are_told_of_after_asking(app, people, lin):
    code = make(app, people.one, publish=True, capacity=1)
    with app.app_context():
        event = find_event(code)
        cast.sign_up(event, cast.granny_wu(people.one))
        cast.sign_up(event, cast.person("赵四海", "19900003333"))
    page = lin.get(f"{BOARD}?site={people.one.code}")
    dropped = lin.submit(page, {"event": code, "day": "2026-12-10"}, to="/desk/planning/moves")
    assert dropped.status_code == 303 and found(app, code).starts_at == at(9)
    asked = lin.get(dropped.location)
    assert "已经有 2 人报名或候补" in asked.text and "就这样改，通知 2 人" in asked.text
    done = lin.submit(asked, to="/desk/planning/moves")
    assert found(app, code).starts_at == at(9, day=date(2026, 12, 10))
    board = text_of(lin, done.location)
    assert "2 人已列进要通知的名单" in board and "/moves/undoing" not in board
    with app.app_context():
        assert db.session.scalar(select(Notice.subject)) == f"event {code}"


def test_one_more_sign_up_meanwhile_is_asked_about_again(app, people, lin):
    code = make(app, people.one, publish=True)
    with app.app_context():
        cast.sign_up(find_event(code), cast.granny_wu(people.one))
    asked = lin.get(f"/desk/planning/moves?event={code}&day=2026-12-10")
    with app.app_context():
        cast.sign_up(find_event(code), cast.person("赵四海", "19900003333"))
    answer = lin.submit(asked, to="/desk/planning/moves")
    assert "day=2026-12-10" in answer.location and "通知 2 人" in text_of(lin, answer.location)
    assert found(app, code).starts_at == at(9)


@pytest.mark.both_databases
def test_a_booked_event_does_not_move_into_a_clash_and_the_clash_is_named(app, people, lin):
    hall = room(app, people.one)
    make(app, people.one, at(9, day=date(2026, 12, 10)), title="合唱", room_id=hall, publish=True)
    code = make(app, people.one, room_id=hall, publish=True)
    answer = move(lin, code, day="2026-12-10")
    assert answer.status_code == 409
    assert "多功能厅" in answer.text and "12月10日 星期四 上午9点—11点" in answer.text
    assert 'value="2026-12-10"' in answer.text
    assert found(app, code).starts_at == at(9)


def test_another_room_of_the_site_may_be_chosen_and_names_the_place(app, people, lin):
    small, hall = room(app, people.one, "书画室"), room(app, people.one)
    far = room(app, people.two, "二站的厅")
    code = make(app, people.one, room_id=small, place="书画室")
    assert move(lin, code, day="2026-12-08", room=str(far)).status_code == 422
    assert move(lin, code, day="2026-12-08", room=str(hall)).status_code == 303
    event = found(app, code)
    assert (event.room_id, event.place, event.starts_at) == (hall, "多功能厅", at(9))
    lin.submit(lin.get(BOARD), to="/moves/undoing")
    event = found(app, code)
    assert (event.room_id, event.place) == (small, "书画室")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"day": "明天"}, "日期读不懂"),
        ({"day": ""}, "日期读不懂"),
        ({"day": "1999-12-09"}, "日期读不懂"),
        ({"day": "2026-12-09", "time": "早上"}, "时间读不懂"),
        ({"day": "2026-12-09", "room": "x"}, "请从列表里选一项"),
    ],
)
def test_what_cannot_be_read_gets_a_sentence_and_moves_nothing(app, people, lin, values, said):
    code = make(app, people.one)
    answer = move(lin, code, **values)
    assert answer.status_code == 422 and said in answer.text
    assert found(app, code).starts_at == at(9)


def test_what_has_begun_is_handed_in_or_closed_out_cannot_be_moved(app, people, lin):
    held = make(app, people.one, at(9, day=date(2026, 11, 23)), publish=True)
    handed_in = make(app, people.one)
    with app.app_context(), transaction():
        operations.submit(find_event(handed_in), by=None, now=clock.now())
    closed = make(app, people.one, at(9, day=date(2026, 11, 3)), publish=True)
    with app.app_context(), transaction():
        operations.archive(find_event(closed), by=None, now=clock.now())
    shown = text_of(lin, f"{BOARD}?month=2026-11") + text_of(lin, BOARD)
    for code, said in ((held, "活动已经开始"), (handed_in, "要修改，请先撤回"), (closed, "已归档")):
        assert f"moves?event={code}" not in shown
        assert said in text_of(lin, f"/desk/planning/moves?event={code}")
        token = lin.get(BOARD)
        answer = lin.submit(token, {"event": code, "day": "2026-12-24"}, to="/desk/planning/moves")
        assert answer.status_code == 409 and said in answer.text


def test_a_published_event_cannot_go_to_a_time_gone_by(app, people, lin):
    code = make(app, people.one, publish=True)
    answer = move(lin, code, day="2026-11-20")
    assert answer.status_code == 409 and "开始时间已经过去" in answer.text


def test_a_draft_cannot_go_to_a_day_gone_by_either(app, people, lin):
    code = make(app, people.one)
    answer = move(lin, code, day="2020-01-01")
    assert answer.status_code == 409 and "开始时间已经过去" in answer.text
    assert found(app, code).starts_at == at(9)


def test_lin_moves_nothing_of_another_station(app, people, lin):
    code = make(app, people.two)
    assert lin.get(f"/desk/planning/moves?event={code}").status_code == 404
    answer = lin.submit(BOARD, {"event": code, "day": "2026-12-24"}, to="/desk/planning/moves")
    assert answer.status_code == 404
    assert (
        lin.submit(BOARD, {"event": "nothing", "day": "2026-12-24"}, to="/desk/planning/moves").status_code
        == 404
    )
    assert found(app, code).starts_at == at(9)


def test_what_was_moved_and_then_handed_in_is_not_put_back(app, people, lin):
    code = make(app, people.one)
    board = lin.get(move(lin, code, day="2026-12-10").location)
    with app.app_context(), transaction():
        operations.submit(find_event(code), by=None, now=clock.now())
    answer = lin.submit(board, to="/moves/undoing")
    assert "没有撤销成" in text_of(lin, answer.location)
    assert found(app, code).starts_at == at(9, day=date(2026, 12, 10))
    assert lin.submit(board, to="/moves/undoing").status_code == 303


def test_what_somebody_else_moved_on_since_is_not_put_back(app, people, lin):
    code = make(app, people.one)
    board = lin.get(move(lin, code, day="2026-12-10").location)
    move(_signed_in(app, people.chen), code, day="2026-12-15")
    answer = lin.submit(board, to="/moves/undoing")
    assert "没有撤销" in text_of(lin, answer.location)
    assert found(app, code).starts_at == at(9, day=date(2026, 12, 15))


def test_what_people_signed_up_for_since_is_put_back_only_after_asking(app, people, lin):
    code = make(app, people.one, publish=True)
    board = lin.get(move(lin, code, day="2026-12-10").location)
    with app.app_context():
        cast.sign_up(find_event(code), cast.granny_wu(people.one))
    answer = lin.submit(board, to="/moves/undoing")
    assert found(app, code).starts_at == at(9, day=date(2026, 12, 10))
    asked = lin.get(answer.location)
    assert "就这样改，通知 1 人" in asked.text
    lin.submit(asked, to="/desk/planning/moves")
    assert found(app, code).starts_at == at(9)


def test_what_somebody_else_wrote_since_stays_when_it_is_moved(app, people):
    code = make(app, people.one)
    with app.app_context():
        stale = find_event(code)
        assert stale.title
        with db.engine.begin() as other:
            other.execute(update(Event).where(Event.code == code).values(title="别人刚改的名字"))
        with transaction():
            operations_of_board.move(stale, date(2026, 12, 10), None, by=None, now=NOW)
    assert found(app, code).title == "别人刚改的名字"


def test_only_asking_about_a_move_moves_nothing(app, people, lin):
    code = make(app, people.one, at(9))
    assert lin.head(f"/desk/planning/moves?event={code}&day=2026-12-10").status_code == 200
    assert found(app, code).starts_at == at(9)


# --- last month again -------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_last_month_is_shown_on_the_same_weekdays_and_becomes_one_batch_of_drafts(app, people, lin):
    make(app, people.one, at(9, day=date(2026, 11, 10)), title="第二个星期二", publish=True)
    make(app, people.one, at(15, day=date(2026, 11, 30)), title="第五个星期一")
    make(app, people.two, at(9, day=date(2026, 11, 10)), title="别的站")
    page = lin.get(f"/desk/planning/copy?site={people.one.code}&month=2026-12")
    assert "12月8日 星期二 上午9点—11点" in page.text
    assert "没有第五个这样的日子" in page.text and "别的站" not in page.text
    answer = lin.submit(page, to="/desk/planning/copy")
    assert answer.status_code == 303 and "/desk/batches/" in answer.location
    with app.app_context():
        (made,) = db.session.scalars(select(Event).where(Event.batch_id.is_not(None)))
        assert (made.title, made.starts_at, made.state) == ("第二个星期二", at(9), State.DRAFT)
    assert "第二个星期二" in text_of(lin, answer.location)
    again = lin.get(f"/desk/planning/copy?site={people.one.code}&month=2026-12")
    assert "已经排了" in again.text and 'name="chosen"' not in again.text
    answer = lin.submit(page, to="/desk/planning/copy")
    assert "没有新写草稿" in text_of(lin, answer.location)
    with app.app_context():
        assert len(db.session.scalars(select(Event).where(Event.batch_id.is_not(None))).all()) == 1


def test_more_than_a_page_holds_is_not_copied_at_once_whatever_is_sent(app, people, lin, monkeypatch):
    for number in (10, 11):
        make(app, people.one, at(9, day=date(2026, 11, number)), title=f"第{number}天")
    page = lin.get(f"/desk/planning/copy?site={people.one.code}&month=2026-12")
    monkeypatch.setattr("stationapp.planning.desk.MOST_COPIED", 1)
    answer = lin.submit(page, to="/desk/planning/copy")
    assert answer.status_code == 409 and "一次最多写 1 场" in answer.text
    with app.app_context():
        assert db.session.scalars(select(Event).where(Event.batch_id.is_not(None))).all() == []


def test_a_copy_on_a_holiday_or_into_a_clash_says_so_beforehand(app, people, chen):
    hall = room(app, people.one)
    with app.app_context(), transaction():
        db.session.add(Holiday(day=DAY, name="测试节", works=False))
    make(app, people.one, at(9, day=date(2026, 11, 10)), title="碰上节日")
    make(app, people.one, at(9, day=date(2026, 11, 11)), title="撞上合唱", room_id=hall)
    make(app, people.one, at(10, day=date(2026, 12, 9)), title="合唱", room_id=hall)
    page = chen.get("/desk/planning/copy?month=2026-12")
    assert "测试节 休" in page.text
    assert "多功能厅 12月9日 星期三 10:00–12:00 湖北路示例一社区 合唱" in page.text
    assert page.text.count('name="chosen"') == 2
    chen.submit(page, to="/desk/planning/copy")
    with app.app_context():
        made = db.session.scalars(select(Event.title).where(Event.batch_id.is_not(None))).all()
    assert made == ["撞上合唱"]


# --- away -------------------------------------------------------------------------------------------------------


def test_the_plan_can_be_taken_away_as_a_file(app, people, chen):
    hall = room(app, people.one)
    make(app, people.one, title="=1+1", room_id=hall, capacity=20)
    make(app, people.one, at(10), title="合唱", room_id=hall)
    answer = chen.get("/desk/planning/plan.csv?month=2026-12")
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [row["标题"] for row in rows] == ["'=1+1", "合唱"]
    assert (rows[0]["开始"], rows[0]["功能室"], rows[0]["提醒"]) == ("2026-12-08 09:00", "多功能厅", "撞")
    assert "合唱" in rows[0]["撞上的"]


@pytest.mark.both_databases
def test_the_board_asks_the_database_as_often_for_two_hundred_events_as_for_twenty(app, people, chen):
    def asked() -> int:
        seen = []
        with app.app_context():
            engine = db.engine
        count = lambda *args: seen.append(args[2])  # noqa: E731
        listening.listen(engine, "before_cursor_execute", count)
        for path in (
            BOARD,
            f"{BOARD}?by=room",
            "/desk/planning/week?day=2026-12-08",
            "/desk/planning/copy?month=2027-01",
        ):
            assert chen.get(path).status_code == 200
        listening.remove(engine, "before_cursor_execute", count)
        return len(seen)

    def add(count: int) -> None:
        with app.app_context(), transaction():
            for number in range(count):
                starts_at = at(8, day=date(2026, 12, 1)) + timedelta(hours=3 * number)
                cast.event(people.one if number % 2 else people.two, starts_at=starts_at, publish=False)

    add(20)
    asked()
    twenty = asked()
    add(180)
    assert asked() == twenty


def test_a_viewer_and_a_helper_have_no_board(app, people):
    with app.app_context():
        helper = cast.staff("协助甲", people.one, Role.HELPER)
    for who in (people.zhao, helper):
        assert _signed_in(app, who).get(BOARD).status_code == 403
