"""The reviewer's queue: what it shows, deciding one by one, and all that are clean at once."""

import csv
import io
from datetime import date, timedelta

import pytest
from sqlalchemy import delete, text
from sqlalchemy import event as listening

from stationapp import clock
from stationapp.calendar.models import Holiday
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.events.queries import find_event, list_steps
from stationapp.events.rules import State
from stationapp.rooms.models import Booking, Room
from stationapp.volunteers.operations import add_shift
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.catalogue.test_operations import room
from tests.signups.scene import course, further_date

QUEUE = "/desk/queue/"


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


def submitted(app, where, title="剪纸", *, by: int | None = None, days: int = 5, **changes) -> str:
    changes.setdefault("starts_at", clock.instant(clock.day_of(clock.now()) + timedelta(days=days), 9))
    with app.app_context():
        event = cast.event(where, title=title, publish=False, **changes)
        with transaction():
            operations.submit(find_event(event.code), by=by, now=clock.now())
        return event.code


def state(app, code: str) -> State:
    with app.app_context():
        return find_event(code).state


@pytest.mark.both_databases
def test_the_queue_stands_in_code_order_with_what_a_decision_needs(app, people, chen):
    with app.app_context():
        hall = room(people.one, capacity=30, hours="每天 08:00-20:00")
    submitted(app, people.two, "合唱")
    submitted(
        app, people.one, "剪纸", room_id=hall, capacity=20, bring="剪刀", remark="借了桌子", by=people.lin.id
    )
    submitted(app, people.far, "别的街道")
    shown = chen.get(QUEUE).text
    assert (
        shown.index("示例一社区 <span")
        < shown.index("剪纸</a>")
        < shown.index("示例二社区 <span")
        < shown.index("合唱</a>")
    )
    for said in (
        "有 2 场等您审核",
        "坐得下 30 人",
        "60岁以上居民",
        "剪刀",
        "借了桌子",
        "林晓燕",
        "全部通过没有提示的 2 场",
    ):
        assert said in shown
    assert "别的街道" not in shown
    rows = list(csv.reader(io.StringIO(chen.get("/desk/queue/list.csv").data.decode("utf-8-sig"))))
    assert [(row[4], row[11]) for row in rows] == [("标题", "提示"), ("剪纸", ""), ("合唱", "")]


@pytest.mark.both_databases
def test_everything_worth_a_look_is_marked_and_not_clean(app, people, chen):
    day = clock.day_of(clock.now()) + timedelta(days=5)
    with app.app_context():
        hall = room(people.one, capacity=100, hours="每天 14:00-20:00")
        with transaction() as session:
            session.add(Holiday(day=day, name="春社", works=False))
    code = submitted(
        app, people.one, by=people.chen.id, room_id=hall, capacity=20,
        closes_at=clock.instant(day, 20), opens_at=clock.instant(day, 10),
    )  # fmt: skip
    submitted(app, people.two, "剪纸", days=5)
    with app.app_context(), transaction() as session:
        session.execute(delete(Booking))
        add_shift(find_event(code), title="搭棚", needed=1, risk=Risk.ELEVATED, risk_note="登高", insurance="P1",
                  by=None, now=clock.now())  # fmt: skip
    shown = chen.get(QUEUE + f"?site={people.one.code}").text
    for said in ("这天是春社放假", "每天 14:00-20:00", "名额只有 20", "没订上场地", "开始以后才能报名",
                 "结束以后报名才截止", "同一天也有同名活动：湖北路示例二社区", "是您自己提交的",
                 "登高；保单号 P1"):  # fmt: skip
        assert said in shown, said
    assert "全部通过" not in shown.replace("不算在“全部通过”里", "")
    assert "没有等您审核的活动" not in shown


def test_a_made_up_working_day_an_uninsured_risk_and_short_notice_are_marked(app, people, chen):
    day = clock.day_of(clock.now()) + timedelta(days=5)
    code = submitted(app, people.one)
    submitted(app, people.two, "合唱", starts_at=clock.now() + timedelta(hours=3))
    with app.app_context():
        with transaction() as session:
            session.add(Holiday(day=day, name="国庆节", works=True))
            add_shift(find_event(code), title="搭棚", needed=1, risk=Risk.ELEVATED, risk_note="登高", insurance="P1",
                      by=None, now=clock.now())  # fmt: skip
        db.session.execute(text("PRAGMA ignore_check_constraints = ON"))
        db.session.execute(text("UPDATE shifts SET insurance = ''"))
        db.session.connection().commit()
    shown = chen.get(QUEUE).text
    for said in ("因国庆节调休上班", "高风险岗位没有保单号", "离开始不到一天"):
        assert said in shown


@pytest.mark.both_databases
def test_one_is_approved_and_one_returned_with_a_chosen_and_a_typed_reason(app, people, chen):
    one, two = submitted(app, people.one), submitted(app, people.two, "合唱")
    answer = chen.submit(QUEUE, to=f"{one}/publication")
    assert "已通过：剪纸" in chen.get(answer.location).text
    assert state(app, one) is State.PUBLISHED
    chosen = "地点没写清楚，居民找不到，请补上。"
    chen.submit(QUEUE, {"common": chosen, "reason": "三楼哪一间？"}, to=f"{two}/return")
    assert state(app, two) is State.RETURNED
    with app.app_context():
        assert list_steps(find_event(two).id)[-1][0].reason == chosen + "三楼哪一间？"
    assert "没有等您审核的活动" in chen.get(QUEUE).text


def test_a_return_without_a_reason_and_one_too_long_keep_what_was_typed(app, people, chen):
    code = submitted(app, people.one)
    answer = chen.submit(QUEUE, {"common": "做不到"}, to="/return")
    assert answer.status_code == 409
    assert "请写明原因" in answer.text
    answer = chen.submit(QUEUE, {"common": "名额和场地对不上，请核对。", "reason": "长" * 201}, to="/return")
    assert answer.status_code == 422
    assert "最多 200 个字" in answer.text
    assert "长" * 201 in answer.text
    assert 'value="名额和场地对不上，请核对。" checked' in answer.text
    assert state(app, code) is State.SUBMITTED


@pytest.mark.both_databases
def test_all_that_are_clean_go_at_once_and_the_rest_stays(app, people, chen):
    codes = [submitted(app, people.one, f"第{n}场", days=n) for n in (3, 4, 5)]
    soon = submitted(app, people.two, "明早", starts_at=clock.now() + timedelta(hours=2))
    page = chen.get(QUEUE)
    assert "全部通过没有提示的 3 场" in page.text
    answer = chen.submit(page, to="/publications")
    shown = chen.get(answer.location).text
    assert "已通过 3 场" in shown
    assert "没有通过的" not in shown
    assert {state(app, code) for code in codes} == {State.PUBLISHED}
    assert state(app, soon) is State.SUBMITTED


@pytest.mark.both_databases
def test_what_changed_since_it_was_shown_is_left_out_and_named(app, people, chen):
    same, withdrawn, again, marked = (submitted(app, people.one, title, days=n) for n, title in
                                      enumerate(("照旧", "撤回", "改过", "撞名"), 3))  # fmt: skip
    page = chen.get(QUEUE)
    with app.app_context(), transaction():
        operations.withdraw(find_event(withdrawn), by=None, now=clock.now())
        operations.withdraw(find_event(again), by=None, now=clock.now())
        operations.submit(find_event(again), by=None, now=clock.now())
    submitted(app, people.two, "撞名", days=6)
    answer = chen.submit(page, to="/publications")
    shown = chen.get(answer.location).text
    assert "已通过 1 场" in shown
    assert "改过（湖北路示例一社区）：看过以后有变化" in shown
    assert "撞名（湖北路示例一社区）：同一天有同名活动" in shown
    assert "另有 1 场已经不在待审核里" in shown
    assert [state(app, code) for code in (same, withdrawn, again, marked)] == [
        State.PUBLISHED, State.DRAFT, State.SUBMITTED, State.SUBMITTED,
    ]  # fmt: skip


def test_one_that_was_submitted_anew_is_not_decided_from_an_old_page(app, people, chen):
    code = submitted(app, people.one)
    page = chen.get(QUEUE)
    with app.app_context(), transaction():
        operations.withdraw(find_event(code), by=None, now=clock.now())
        operations.submit(find_event(code), by=None, now=clock.now())
    for to, values in (("/publication", {}), ("/return", {"reason": "再看看"})):
        answer = chen.submit(page, values, to=code + to)
        assert answer.status_code == 409
        assert "有了变化" in answer.text
    assert 'value="再看看"' in answer.text
    chen.submit(answer, to=f"{code}/publication")
    assert state(app, code) is State.PUBLISHED


@pytest.mark.parametrize("to", ["%s/publication", "queue/publications"])
def test_a_date_of_a_course_takes_everybody_along(app, people, chen, to):
    with app.app_context():
        series, [first] = course(people.one, dates=1)
        cast.sign_up(first, cast.granny_wu(people.one))
        second = further_date(series, people.one, weeks=1, publish=False, capacity=10)
        with transaction():
            operations.submit(find_event(code := second.code), by=None, now=clock.now())
    chen.submit(QUEUE, to=to.replace("%s", code))
    with app.app_context():
        event = find_event(code)
        assert (event.state, event.taken) == (State.PUBLISHED, 1)


def test_what_is_not_under_this_office_cannot_be_decided(app, people, chen):
    far, own = submitted(app, people.far), submitted(app, people.office)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    for code in (far, own):
        assert chen.post(f"/desk/queue/{code}/publication", data={"step": "1"}).status_code == 404
        assert chen.post(f"/desk/queue/{code}/return", data={"reason": "不行"}).status_code == 404
        assert chen.post(f"/desk/queue/{code}/return", data={"reason": "长" * 300}).status_code == 404
    chen.post("/desk/queue/publications", data={"seen": [f"{far}.1", f"{own}.2", "?", "X.²"]})
    assert {state(app, code) for code in (far, own)} == {State.SUBMITTED}


def test_a_manager_has_no_queue_and_no_link_to_it(lin, chen):
    assert lin.get(QUEUE).status_code == 403
    assert "/desk/queue/" not in lin.get("/desk/").text
    assert "/desk/queue/" in chen.get("/desk/").text


def test_a_longer_queue_has_pages_and_needs_no_more_queries(app, people, chen):
    def queries() -> int:
        seen: list[str] = []
        with app.app_context():
            engine = db.engine
        count = lambda *args: seen.append(args[2])  # noqa: E731
        listening.listen(engine, "before_cursor_execute", count)
        page = chen.get(QUEUE)
        listening.remove(engine, "before_cursor_execute", count)
        pages.append("只算这一页列出的" in page.text and "下一页" in page.text)
        return len(seen)

    pages: list[bool] = []
    submitted(app, people.one, "单独")
    queries()
    few = queries()
    for number in range(41):
        submitted(app, people.two, f"第{number}场", days=3 + number)
    assert queries() == few
    assert pages == [False, False, True]


def test_the_month_narrows_the_queue(app, people, chen):
    submitted(app, people.one, starts_at=clock.instant(date(2031, 3, 3), 9))
    assert "剪纸</a>" in chen.get(QUEUE + "?month=2031-03").text
    assert "这里没有等您审核的活动" in chen.get(QUEUE + "?month=2031-04").text


def test_a_released_room_shows(app, people, chen):
    with app.app_context():
        hall = room(people.one, capacity=20)
    submitted(app, people.one, room_id=hall, capacity=20)
    assert "没订上" not in chen.get(QUEUE).text
    with app.app_context(), transaction() as session:
        assert session.get_one(Room, hall)
        session.execute(delete(Booking))
    assert "没订上" in chen.get(QUEUE).text
