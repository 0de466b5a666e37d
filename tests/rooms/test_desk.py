"""Rooms at the desk: today, a week, holds with what is offered instead, what stands about a room, its use."""

import csv
import io
from datetime import date, timedelta
from urllib.parse import unquote

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.attendance import operations as attendance
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.rooms import operations
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import RoomFacts, RoomKind
from tests import cast

HOURS = "每天 08:30-12:00 14:30-20:00"
MONDAY = date(2026, 11, 23)
NINE = clock.instant(date(2026, 11, 25), 9)
HOUR = timedelta(hours=1)
WISH = {"starts_at": "2026-11-25T09:00", "ends_at": "2026-11-25T10:00", "purpose": "腰鼓队集合"}


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(clock.instant(MONDAY, 8), tick=False):
        yield


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def desk(app, people):
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False  # what comes in is asked about here, not the token

    def signed_in(who):
        return cast.signed_in(app, who)

    return signed_in


def add(app, site, name="舞蹈室", kind=RoomKind.ROOM, **facts) -> int:
    with app.app_context(), transaction():
        facts = {"capacity": 30, "hours": HOURS} | facts
        return operations.add_room(site, kind, RoomFacts(name, **facts), by=None, now=clock.now()).id


def hold(app, room_id, start=0.0, end=1.0, purpose="物业碰头会") -> int:
    with app.app_context(), transaction():
        room = db.session.get_one(Room, room_id)
        times = {"starts_at": NINE + start * HOUR, "ends_at": NINE + end * HOUR}
        return operations.hold(room, **times, purpose=purpose, by=None, now=clock.now()).id


def bookings(app) -> list[tuple]:
    with app.app_context():
        rows = db.session.execute(
            select(Booking.room_id, Booking.starts_at, Booking.purpose).order_by(Booking.id)
        )
        return [(room, (start - NINE) / HOUR, purpose) for room, start, purpose in rows]


def rows_of(answer) -> list[list[str]]:
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


# --- the list and the week ----------------------------------------------------------------------------------------


def test_the_list_shows_the_day_of_each_room_and_what_may_be_asked_for(app, people, desk):
    room, bus = add(app, people.one), add(app, people.center, "流动图书车", RoomKind.SHARED)
    add(app, people.two, "别站的房间")
    add(app, people.far_office, "别所的义诊队", RoomKind.SHARED)
    with app.app_context():
        cast.event(people.one, room_id=room, starts_at=clock.instant(MONDAY, 9))
    text = desk(people.lin).get("/desk/rooms/").text
    assert "09:00–11:00" in text and "智能手机课堂" in text and "流动图书车" in text
    assert "别站的房间" not in text and "别所的义诊队" not in text
    head, *rows = rows_of(desk(people.lin).get("/desk/rooms/list.csv"))
    assert head[1] == "名称" and [row[1] for row in rows] == ["流动图书车", "舞蹈室"]
    assert rows[1][-1] == "09:00–11:00 智能手机课堂"
    assert desk(people.lin).get(f"/desk/rooms/{bus}").status_code == 200
    assert desk(people.lin).get(f"/desk/rooms/{bus}/edit").status_code == 404
    assert desk(people.lin).post(f"/desk/rooms/{bus}/holds", data=WISH).status_code == 404


def test_a_week_says_when_it_is_open_taken_and_free(app, people, desk):
    room = add(app, people.one)
    hold(app, room)
    head, *rows = rows_of(desk(people.lin).get(f"/desk/rooms/{room}/week.csv?week=2026-11-25"))
    assert head == ["日期", "从", "到", "安排"]
    assert [row[1:] for row in rows if row[0] == "2026-11-25"] == [
        ["08:30", "09:00", "空闲"], ["09:00", "10:00", "物业碰头会"], ["10:00", "12:00", "空闲"],
        ["14:30", "20:00", "空闲"],
    ]  # fmt: skip
    text = desk(people.lin).get(f"/desk/rooms/{room}").text
    assert "11月23日 星期一" in text and "11月29日 星期日" in text and "物业碰头会" in text
    later = desk(people.lin).get(f"/desk/rooms/{room}?week=2026-12-02").text
    assert "11月30日 星期一" in later and "物业碰头会" not in later


@pytest.mark.parametrize("week", ["2026-13-01", "x" * 5000, "0001-01-01", "%00", "2026-11-25T09:00"])
def test_a_senseless_week_is_this_week(app, people, desk, week):
    room = add(app, people.one)
    assert "11月23日 星期一" in desk(people.lin).get(f"/desk/rooms/{room}?week={week}").text


def test_a_helper_sees_today_alone_and_holds_nothing(app, people, desk):
    room = add(app, people.one)
    hold(app, room)
    with app.app_context():
        helper = cast.staff("协助甲", people.one, Role.HELPER)
    text = desk(helper).get(f"/desk/rooms/{room}?week=2026-11-25").text
    assert "11月23日" in text and "11月25日" not in text and "留一段时间" not in text
    assert desk(helper).post(f"/desk/rooms/{room}/holds", data=WISH).status_code == 403


def test_another_station_reads_of_what_goes_round_only_what_is_public(app, people, desk):
    bus = add(app, people.office, "流动图书车", RoomKind.SHARED)
    with app.app_context():
        cast.event(people.one, title="已经公开的", shared=frozenset({bus}), starts_at=NINE)
        waiting = cast.event(
            people.one, title="还没公开的", shared=frozenset({bus}), starts_at=NINE + 24 * HOUR, publish=False
        )
        with transaction():
            events.submit(waiting, by=None, now=clock.now())
    text = desk(people.ma).get(f"/desk/rooms/{bus}?week=2026-11-25").text
    assert "已经公开的" in text and "还没公开的" not in text and "别的站点的活动" in text
    assert "还没公开的" in desk(people.chen).get(f"/desk/rooms/{bus}?week=2026-11-25").text


# --- holds -------------------------------------------------------------------------------------------------------


def test_a_time_is_held_seen_and_let_go(app, people, desk):
    room, lin = add(app, people.one), desk(people.lin)
    answer = lin.post(f"/desk/rooms/{room}/holds", data=WISH, follow_redirects=True)
    assert "已留好" in answer.text and "腰鼓队集合" in answer.text and "09:00–10:00" in answer.text
    assert bookings(app) == [(room, 0, "腰鼓队集合")]
    with app.app_context():
        held = db.session.scalars(select(Booking.id)).one()
    assert desk(people.ma).post(f"/desk/rooms/holds/{held}/ending").status_code == 404
    answer = lin.post(f"/desk/rooms/holds/{held}/ending", follow_redirects=True)
    assert "已放开" in answer.text and "腰鼓队集合" not in answer.text
    assert bookings(app) == []
    assert lin.post(f"/desk/rooms/holds/{held}/ending").status_code == 404


def test_a_hold_that_is_over_stays_and_the_page_says_so(app, people, desk):
    room, begins = add(app, people.one, hours=""), clock.now() - 3 * HOUR
    with app.app_context(), transaction():
        held = operations.hold(
            db.session.get_one(Room, room), starts_at=begins, ends_at=begins + HOUR,
            purpose="早上开会", by=None, now=begins,
        ).id  # fmt: skip
    answer = desk(people.lin).post(f"/desk/rooms/holds/{held}/ending", follow_redirects=True)
    assert "没有可以放开的" in answer.text and bookings(app)[0][2] == "早上开会"


def test_a_taken_time_is_refused_in_place_with_other_times_and_rooms(app, people, desk):
    room, other = add(app, people.one, step_free=True), add(app, people.one, "书画室", step_free=True)
    stairs = add(app, people.one, "有台阶的", step_free=False)
    hold(app, room)
    answer = desk(people.lin).post(f"/desk/rooms/{room}/holds", data=WISH)
    text = unquote(answer.text)
    assert answer.status_code == 409 and "物业碰头会" in text and "腰鼓队集合" in text
    assert "上午10点" in text and "starts_at=2026-11-25T10:00" in text
    assert f"/desk/rooms/{other}?" in text and f"/desk/rooms/{stairs}?" not in text
    filled = desk(people.lin).get(
        f"/desk/rooms/{room}?starts_at=2026-11-25T10:00&ends_at=2026-11-25T11:00&purpose=排练"
    )
    assert 'value="2026-11-25T10:00"' in filled.text and 'value="排练"' in filled.text
    assert bookings(app) == [(room, 0, "物业碰头会")]


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"purpose": ""}, 422, "请填写这一项"),
        ({"purpose": "长" * 5000}, 422, "最多 60 个字"),
        ({"starts_at": "明天九点"}, 422, "时间读不懂"),
        ({"ends_at": ""}, 422, "请填写这一项"),
        ({"ends_at": "2026-11-25T09:00"}, 409, "结束时间要晚于开始时间"),
        ({"starts_at": "2026-11-20T09:00", "ends_at": "2026-11-20T10:00"}, 409, "已经过去"),
        ({"ends_at": "2027-11-25T09:00"}, 409, "最多留 31 天"),
        ({"purpose": "a\0b"}, 422, "特殊字符"),
    ],
)
def test_a_hold_that_makes_no_sense_says_why_and_keeps_what_was_typed(
    app, people, desk, change, status, said
):
    room = add(app, people.one)
    answer = desk(people.lin).post(f"/desk/rooms/{room}/holds", data=WISH | change)
    assert answer.status_code == status and said in answer.text
    assert 'name="starts_at"' in answer.text and bookings(app) == []


# --- what stands about it -----------------------------------------------------------------------------------------


def facts_of(app, room_id) -> RoomFacts:
    with app.app_context():
        room = db.session.get_one(Room, room_id)
        return RoomFacts(**{name: getattr(room, name) for name in RoomFacts.__dataclass_fields__})


def test_a_room_is_entered_and_corrected(app, people, desk):
    lin = desk(people.lin)
    typed = {"name": "书画室", "capacity": "１６", "floor": "2", "step_free": "0", "hours": HOURS,
             "release_after": "20"}  # fmt: skip
    answer = lin.post("/desk/rooms/new", data=typed)
    assert answer.status_code == 303
    room = int(answer.location.rpartition("/")[2])
    assert facts_of(app, room) == RoomFacts("书画室", 16, "2", False, HOURS, 20)
    page = lin.get(f"/desk/rooms/{room}/edit").text
    assert 'value="书画室"' in page and HOURS in page
    typed |= {"step_free": "", "capacity": "", "release_after": "", "hours": ""}
    assert lin.post(f"/desk/rooms/{room}/edit", data=typed).status_code == 303
    assert facts_of(app, room) == RoomFacts("书画室", None, "2", None, "", None)


@pytest.mark.parametrize(
    ("change", "status", "said"),
    [
        ({"hours": "看门人在就开"}, 422, "开放时间读不懂"),
        ({"hours": "每天 12:00-08:30"}, 422, "结束不晚于开始"),
        ({"name": ""}, 422, "请填写这一项"),
        ({"name": "健身房"}, 409, "已有同名的"),
        ({"capacity": "很多"}, 422, "请只填整数"),
        ({"release_after": "1"}, 422, "请填 5 到 1440 之间的数"),
        ({"step_free": "7"}, 422, "请从列表里选一项"),
    ],
)
def test_wrong_facts_are_said_at_their_field(app, people, desk, change, status, said):
    room = add(app, people.one)
    add(app, people.one, "健身房")
    for path in ("/desk/rooms/new", f"/desk/rooms/{room}/edit"):
        answer = desk(people.lin).post(path, data={"name": "新名字", "floor": "9"} | change)
        assert answer.status_code == status and said in answer.text and 'value="9"' in answer.text
    assert facts_of(app, room).name == "舞蹈室"


def test_an_office_enters_what_it_lends_and_a_station_cannot(app, people, desk):
    chen = desk(people.chen)
    assert "在哪个阵地" in chen.get("/desk/rooms/new").text
    form = {"name": "义诊队", "kind": "shared"}
    assert chen.post(f"/desk/rooms/new?site={people.office.code}", data=form).status_code == 303
    assert desk(people.lin).post("/desk/rooms/new", data=form).status_code == 303  # a room: it has no choice
    with app.app_context():
        kinds = db.session.execute(select(Room.site_id, Room.kind)).all()
    assert set(map(tuple, kinds)) == {
        (people.office.id, RoomKind.SHARED),
        (people.one.id, RoomKind.ROOM),
    }
    assert desk(people.lin).get(f"/desk/rooms/new?site={people.two.code}").status_code == 404


# --- use and release ----------------------------------------------------------------------------------------------


def test_a_month_of_use_has_its_numerator_and_denominator(app, people, desk):
    room, unsaid = add(app, people.one), add(app, people.one, "书画室", hours="")
    with app.app_context():
        event = cast.event(people.one, room_id=room, starts_at=clock.instant(date(2026, 11, 10), 11))
        cast.event(people.one, room_id=unsaid, starts_at=NINE)
        with transaction():
            attendance.count_heads(event, {AgeBand.B60: 10}, by=None, now=event.ends_at)
    _head, *rows = rows_of(desk(people.lin).get("/desk/rooms/use.csv?month=2026-11"))
    assert rows == [
        ["湖北路示例一社区", "舞蹈室", "2.0", "1.0", "270.0", "0.4%", "20.0"],
        ["湖北路示例一社区", "书画室", "2.0", "—", "—", "—", "0.0"],
    ]
    text = desk(people.zhao).get("/desk/rooms/use?month=2026-11").text
    assert "1.0 / 270.0" in text and "0.4%" in text and "—" in text
    assert "2026年11月" in desk(people.lin).get("/desk/rooms/use?month=2026-99").text


def test_a_released_room_is_taken_again_from_the_page_of_the_event(app, people, desk):
    room = add(app, people.one, hours="")
    with app.app_context():
        event = cast.event(people.one, room_id=room, starts_at=clock.now() - 40 * HOUR / 60)
        code, ends_at = event.code, event.ends_at
        with transaction():
            operations.release(list(db.session.scalars(select(Booking.id))), now=clock.now())
    lin = desk(people.lin)
    page = lin.get(f"/desk/events/{code}").text
    assert "已经放出" in page and f"/desk/rooms/events/{code}/retaking" in page
    answer = lin.post(f"/desk/rooms/events/{code}/retaking", follow_redirects=True)
    assert "已收回" in answer.text and "已经放出" not in answer.text
    with app.app_context():
        assert db.session.scalars(select(Booking.ends_at)).all() == [ends_at]
    answer = lin.post(f"/desk/rooms/events/{code}/retaking", follow_redirects=True)
    assert "已收回" not in answer.text and "没有可以收回的" in answer.text


def test_a_released_room_that_somebody_else_has_by_now_stays_theirs(app, people, desk):
    room = add(app, people.one, hours="")
    with app.app_context():
        event = cast.event(people.one, room_id=room, starts_at=clock.now() - 40 * HOUR / 60)
        code = event.code
        with transaction():
            operations.release(list(db.session.scalars(select(Booking.id))), now=clock.now())
            operations.hold(
                db.session.get_one(Room, room), starts_at=clock.now(), ends_at=clock.now() + HOUR,
                purpose="临时开会", by=None, now=clock.now(),
            )  # fmt: skip
    answer = desk(people.lin).post(f"/desk/rooms/events/{code}/retaking", follow_redirects=True)
    assert "已经有别的安排" in answer.text and "临时开会" in answer.text and "已经放出" in answer.text
