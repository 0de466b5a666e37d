"""Suggestions and proposals at the desk: what is shown, what one press does, and what a second one does not."""

import csv
import io
import re
from datetime import date, time, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from stationapp import clock
from stationapp.catalogue.operations import write
from stationapp.catalogue.rules import TemplateFields
from stationapp.db import db, transaction
from stationapp.events.models import Batch, Event
from stationapp.events.operations import discard
from stationapp.events.queries import fields_of
from stationapp.events.rules import BatchKind, Category, State, Task, Theme
from stationapp.proposals.desk import PER_HOUR
from stationapp.proposals.models import Proposal
from stationapp.proposals.rules import ProposalRefusal
from stationapp.proposals.solve import Unanswered
from stationapp.refusal import Refused
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.operations import hold
from tests import cast

NOW = clock.instant(date(2026, 11, 23), 10)
SUGGESTIONS, PROPOSALS = "/desk/suggestions/", "/desk/proposals/"

TAI_CHI = TemplateFields(
    title="八段锦晨练", summary="跟着教练学八段锦", category=Category.A05, task=Task.T4, audience="60岁以上老人",
    starts=time(9), minutes=60, min_age=60, capacity=20, bring="布鞋", volunteers=0, themes=frozenset({Theme.OLD}),
)  # fmt: skip


@pytest.fixture(autouse=True)
def november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def people(app):
    made = cast.district(app)
    with app.app_context(), transaction():
        for site in (made.one, made.two):
            db.session.add(Room(site_id=site.id, name="多功能厅", capacity=30, hours="每天 08:30-12:00"))
        write(made.center, TAI_CHI, by=None, now=NOW)
    return made


@pytest.fixture
def lin(app, people):
    return _signed_in(app, people.lin)


@pytest.fixture
def chen(app, people):
    return _signed_in(app, people.chen)


def _signed_in(app, who):
    return cast.signed_in(app, who)


def text_of(answer) -> str:
    """The page's words without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def count(app, model) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


# --- suggestions -------------------------------------------------------------------------------------------------


def test_a_suggestion_says_for_whom_when_where_and_why_in_one_sentence(lin):
    page = text_of(lin.get(SUGGESTIONS))
    assert "湖北路示例一社区，2026年12月" in page
    assert re.search(r"湖北路示例一社区的居民，9月以来一场也没轮上；多功能厅周.上午空着。 八段锦晨练", page)
    assert "12月3日是邻里日；多功能厅周四上午空着。 邻里日：街坊坐坐 12月3日 星期四 上午9点—10点半" in page


@pytest.mark.both_databases
def test_one_press_makes_the_draft_and_a_second_one_leads_to_the_same(app, people, lin):
    page = lin.get(SUGGESTIONS)
    key = re.search(r'name="idea" value="(template-\w+)"', page.text)[1]
    minute = re.search(rf'value="{key}"><input type="hidden" name="minute" value="(\d+)"', page.text)[1]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    sent = {"csrf_token": token, "site": people.one.code, "month": "2026-12", "idea": key, "minute": minute}
    answers = [lin.post(f"{SUGGESTIONS}drafts", data=sent) for _ in range(2)]
    assert [one.status_code for one in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    with app.app_context():
        made = db.session.scalars(select(Event)).one()
        fields = fields_of(made)
        room = db.session.get(Room, made.room_id)
        assert (made.state, made.site_id, made.title) == (State.DRAFT, people.one.id, "八段锦晨练")
        assert (fields.place, room.name, fields.capacity, fields.bring) == (
            "多功能厅",
            "多功能厅",
            20,
            "布鞋",
        )
        assert (fields.themes, fields.min_age) == (frozenset({Theme.OLD}), 60)
        assert fields.remark.startswith("湖北路示例一社区的60岁以上的老人，9月以来一场也没轮上")
    shown = lin.get(SUGGESTIONS)
    assert f'<a href="{answers[0].location}">八段锦晨练</a>' in shown.text
    assert key not in shown.text
    assert count(app, Booking) == 0


def test_a_suggestion_whose_room_has_gone_is_not_written_and_another_is_offered(app, people, lin):
    page = lin.get(SUGGESTIONS)
    minute = int(re.search(r'name="minute" value="(\d+)"', page.text)[1])
    key = re.search(r'name="idea" value="([^"]+)"', page.text)[1]
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    begins = clock.instant(date(2026, 12, 1 + minute // 1440))
    with app.app_context(), transaction():
        room = db.session.scalar(select(Room).where(Room.site_id == people.one.id))
        hold(
            room,
            starts_at=begins,
            ends_at=begins + timedelta(days=1),
            purpose="装修",
            by=None,
            now=NOW,
        )
    sent = {"csrf_token": token, "site": people.one.code, "month": "2026-12", "idea": key, "minute": minute}
    answer = lin.post(f"{SUGGESTIONS}drafts", data=sent)
    assert answer.status_code == 409
    assert "没有写草稿" in answer.text
    assert count(app, Event) == 0


@pytest.mark.parametrize("wrong", [{"minute": "x"}, {"idea": ""}, {"month": "soon"}, {"minute": "99999"}])
def test_senseless_input_makes_no_draft(app, people, lin, wrong):
    page = lin.get(SUGGESTIONS)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    sent = {
        "csrf_token": token,
        "site": people.one.code,
        "month": "2026-12",
        "idea": "day-1",
        "minute": "0",
    } | wrong
    assert lin.post(f"{SUGGESTIONS}drafts", data=sent).status_code == 409
    assert count(app, Event) == 0


def test_nobody_writes_a_suggestion_at_a_site_of_others(people, lin):
    page = lin.get(SUGGESTIONS)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    assert (
        lin.post(f"{SUGGESTIONS}drafts", data={"csrf_token": token, "site": people.two.code}).status_code
        == 404
    )


def test_an_office_sees_suggestions_for_its_stations_and_the_center_for_itself(app, people, chen):
    page = text_of(chen.get(SUGGESTIONS))
    assert "湖北路示例一社区的居民" in page and "湖北路示例二社区的居民" in page
    assert "天津路" not in page
    high = _signed_in(app, app_reviewer(app, people))
    assert "湖北路示例一社区的居民" not in text_of(high.get(SUGGESTIONS))


def app_reviewer(app, people):
    """A reviewer of the center."""
    from stationapp.accounts.rules import Role

    with app.app_context():
        return cast.staff("高远", people.center, Role.REVIEWER)


def test_the_list_can_be_taken_away_as_a_file(lin):
    rows = list(csv.reader(io.StringIO(lin.get(f"{SUGGESTIONS}list.csv").data.decode("utf-8-sig"))))
    assert rows[0] == ["阵地", "时间", "活动", "地点", "面向", "为什么"]
    assert rows[1][:1] + rows[1][2:5] == ["湖北路示例一社区", "八段锦晨练", "多功能厅", "60岁以上老人"]


def test_a_month_that_is_over_says_so(lin):
    assert "已经来不及" in lin.get(f"{SUGGESTIONS}?month=2026-10").text


# --- proposals ---------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_proposed_month_is_kept_taken_over_once_and_publishes_nothing(app, people, chen):
    made = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12", "most": "2"})
    assert made.status_code == 303
    page = chen.get(made.location)
    said = text_of(page)
    assert re.search(
        r"1 个所、2 个站，排了 \d+ 场；让 3 个没到最低场次的阵地达标；补上 8 个空白；还有 4 处", said
    )
    assert "湖北路示例一社区 18岁以下的孩子（1100 人）、14岁以下的孩子（800 人）" in said
    assert "没有给这些人的活动模板" in said
    assert (count(app, Event), count(app, Booking)) == (0, 0)
    numbers = re.findall(r'name="event" value="(\d+)"', page.text)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    sent = {"csrf_token": token, "event": numbers[1:]}
    answers = [chen.post(f"{made.location}/drafts", data=sent) for _ in range(2)]
    assert answers[0].status_code == answers[1].status_code == 303
    assert answers[0].location == answers[1].location
    assert chen.get(answers[0].location).status_code == 200
    with app.app_context():
        batch = db.session.scalars(select(Batch)).one()
        events = db.session.scalars(select(Event)).all()
        assert batch.kind is BatchKind.PROPOSAL
        assert len(events) == len(numbers) - 1
        assert {(event.state, event.batch_id) for event in events} == {(State.DRAFT, batch.id)}
        assert all(event.remark for event in events)
    after = chen.get(made.location)
    assert f'<a href="{answers[0].location}">' in after.text
    assert 'name="event"' not in after.text


def test_nothing_ticked_is_no_draft(app, people, chen):
    made = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"})
    token = re.search(r'name="csrf_token" value="([^"]+)"', chen.get(made.location).text)[1]
    answer = chen.post(f"{made.location}/drafts", data={"csrf_token": token, "event": ["x", "9999", "-1"]})
    assert answer.status_code == 409
    assert "一场也没有选" in answer.text
    assert count(app, Batch) == 0


def test_an_old_proposal_whose_events_would_have_begun_becomes_no_drafts(app, people, chen):
    made = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"})
    with time_machine.travel(clock.instant(date(2027, 1, 2), 9), tick=False):
        cast.sign_in(chen, people.chen)
        answer = chen.submit(made.location, to="/drafts")
    assert answer.status_code == 409
    assert "时间都已经过了" in answer.text
    assert count(app, Event) == 0


def test_what_was_taken_over_and_thrown_away_is_proposed_again(app, people, lin):
    first = lin.submit(PROPOSALS, {"site": people.one.code, "month": "2026-12"})
    before = lin.get(first.location).text.count('name="event"')
    page = lin.get(first.location)
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    lin.post(f"{first.location}/drafts", data={"csrf_token": token, "event": [str(n) for n in range(before)]})
    again = lin.get(lin.submit(PROPOSALS, {"site": people.one.code, "month": "2026-12"}).location)
    assert "八段锦晨练" not in text_of(again)
    with app.app_context(), transaction():
        for event in db.session.scalars(select(Event)).all():
            discard(event, by=None, now=NOW)
    once_more = lin.get(lin.submit(PROPOSALS, {"site": people.one.code, "month": "2026-12"}).location)
    assert once_more.text.count('name="event"') == before


def test_the_file_holds_what_was_placed_and_what_was_not(people, chen):
    made = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"})
    body = chen.get(f"{made.location}/list.csv").data.decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(body)))
    assert rows[0][0] == "阵地" and len({len(row) for row in rows}) == 1
    assert {row[2] for row in rows[1:]} >= {"八段锦晨练", "补不上"}


@pytest.mark.parametrize(
    "wrong", [{"month": "9999-12"}, {"month": ""}, {"month": "😀"}, {"most": "1000000000"}]
)
def test_what_cannot_be_read_is_not_guessed(people, chen, wrong):
    answer = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12", "most": "2"} | wrong)
    assert answer.status_code == 422 and "月份或场数读不懂" in answer.text


@pytest.mark.parametrize("month", ["2026-10", "2026-11"])
def test_a_month_that_cannot_be_planned_any_more_is_refused_with_the_values_kept(app, people, chen, month):
    with time_machine.travel(clock.instant(date(2026, 11, 28), 9), tick=False):
        cast.sign_in(chen, people.chen)
        answer = chen.submit(PROPOSALS, {"site": people.one.code, "month": month, "most": "3"})
    assert answer.status_code == 409
    assert "已经来不及" in answer.text
    assert f'value="{month}"' in answer.text
    assert re.search(r'<option value="3" selected>', answer.text)
    assert count(app, Proposal) == 0


def test_when_the_solver_gives_no_answer_the_page_says_so_and_keeps_nothing(app, people, chen, monkeypatch):
    def dies(problem, *, seconds):
        raise Unanswered("killed")

    monkeypatch.setattr("stationapp.proposals.proposing.ask", dies)
    answer = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"})
    assert answer.status_code == 409
    assert "没有算出来" in answer.text
    assert count(app, Proposal) == 0


def test_proposals_of_an_office_are_no_matter_of_a_station(people, chen, lin):
    made = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"})
    assert lin.get(made.location).status_code == 404
    assert lin.get(f"{made.location}/list.csv").status_code == 404
    assert made.location not in lin.get(PROPOSALS).text
    assert made.location in chen.get(PROPOSALS).text


def test_one_proposal_of_a_site_is_worked_out_at_a_time(app, people, chen, monkeypatch):
    inner = []

    def meanwhile(ground, *, most):
        other = _signed_in(app, people.chen)
        inner.append(other.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"}))
        raise Refused(ProposalRefusal.UNANSWERED)

    monkeypatch.setattr("stationapp.proposals.desk.propose", meanwhile)
    outer = chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"})
    assert (outer.status_code, inner[0].status_code) == (409, 429)
    assert "正在排" in text_of(inner[0])
    monkeypatch.undo()
    with time_machine.travel(NOW, tick=False):
        assert chen.submit(PROPOSALS, {"site": people.office.code, "month": "2026-12"}).status_code == 303


@pytest.mark.both_databases
def test_who_asks_for_very_many_proposals_waits_an_hour(app, people, chen, monkeypatch):
    worked = []

    def refuse(ground, *, most):
        worked.append(most)
        raise Refused(ProposalRefusal.UNANSWERED)

    monkeypatch.setattr("stationapp.proposals.desk.propose", refuse)
    asked = {"site": people.office.code, "month": "2026-12"}
    page = chen.get(PROPOSALS)
    statuses = [chen.submit(page, asked, to=PROPOSALS).status_code for _ in range(PER_HOUR + 1)]
    assert statuses == [409] * PER_HOUR + [429] and len(worked) == PER_HOUR
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        later = _signed_in(app, people.chen)
        assert later.submit(PROPOSALS, asked).status_code == 409
