"""What volunteers and leaders do on their own phone, behind the personal code."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.teams import operations
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import Assignment
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.teams.scenes import in_two_days, personal, scene, send, shift, volunteer
from tests.volunteers.acts import close, serve


@pytest.fixture
def here(app):
    return scene(app)


def rows(app, model) -> int:
    with app.app_context():
        return db.session.query(model).count()


def assign(client, here, who, **values):
    address = f"{here.leaders_page}/shifts/{here.shift.id}"
    return send(client, here.leaders_page, address, volunteer=who.code, **values)


def test_a_volunteer_says_on_the_phone_what_they_can_do_and_when(app, client, here):
    with app.app_context():
        mine = f"/hours/{personal(here.member)}"
    assert f"{mine}/team" in client.get(mine).text
    page = client.get(f"{mine}/team")
    assert "李*兰的队伍和特长" in page.text and "银龄宣讲队" in page.text and "看队员" not in page.text
    page = client.submit(page, {"skill": ["music"], "free": ["2-evening"]}, follow_redirects=True)
    assert "已保存" in page.text and 'value="music" checked' in page.text
    assert 'value="2-evening" checked' in page.text and 'value="haircut" checked' not in page.text
    desk = cast.signed_in(app, here.people.lin).get(f"/desk/volunteers/{here.member.code}")
    assert "唱歌" in desk.text and "晚上：周三" in desk.text and "本人说的" in desk.text


def test_a_wrong_code_opens_nothing_and_is_counted(client, here):
    team = here.team.code
    for path in ("/hours/2345678923/team", f"/hours/2345678923/teams/{team}"):
        assert client.get(path).status_code == 404
    answers = {client.get("/hours/2345678923/team").status_code for _ in range(40)}
    assert answers == {404, 429}


def test_only_who_leads_opens_a_team(app, client, here):
    with app.app_context():
        members_page = f"/hours/{personal(here.member)}/teams/{here.team.code}"
    assert client.get(here.leaders_page).status_code == 200
    assert client.get(members_page).status_code == 404
    lin = cast.signed_in(app, here.people.lin)
    at = f"/desk/teams/{here.team.code}"
    send(lin, at, f"{at}/members/{here.leader.code}/leading", leads="0")
    assert client.get(here.leaders_page).status_code == 404


def test_a_leader_confirms_a_members_skill_and_never_the_own(app, client, here):
    page = client.get(here.leaders_page)
    assert "李*兰" in page.text and "李秀兰" not in page.text and "1990000" not in page.text
    page = send(client, here.leaders_page, f"{here.leaders_page}/skills", skill=f"{here.member.code}:haircut")
    assert "已确认" in page.text
    own = send(
        client, here.leaders_page, f"{here.leaders_page}/skills", skill=f"{here.leader.code}:lecturing"
    )
    assert own.status_code == 409 and "自己的特长要由别人确认" in own.text
    with app.app_context():
        stranger = volunteer(here.people.one, "赵六一", "19900006666")
    other = send(client, here.leaders_page, f"{here.leaders_page}/skills", skill=f"{stranger.code}:haircut")
    assert other.status_code == 409 and "不在这支队伍里" in other.text
    desk = cast.signed_in(app, here.people.lin).get(f"/desk/volunteers/{here.member.code}")
    assert "，队长" in desk.text


@pytest.mark.both_databases
def test_a_leader_puts_a_member_to_an_open_shift(app, client, here):
    page = client.get(here.leaders_page)
    assert "还缺 2 人" in page.text and "理发" in page.text
    page = assign(client, here, here.member)
    assert "已安排" in page.text and "还缺 1 人" in page.text and "我们队" in page.text
    with app.app_context():
        subject = f"team {here.team.code} leader {here.leader.code} shift {here.shift.id} volunteer {here.member.code}"
        lines = select(AuditLine.actor_id, AuditLine.subject).where(AuditLine.act == "teams.assign")
        assert [tuple(line) for line in db.session.execute(lines)] == [(None, subject)]
        mine = f"/hours/{personal(here.member)}"
    assert "接下来的岗位" in client.get(mine).text


def test_a_leader_has_no_say_about_others_and_other_sites(app, client, here):
    with app.app_context():
        stranger = volunteer(here.people.one, "赵六一", "19900006666")
        elsewhere = shift(here.people.two, title="二站理发")
    refused = assign(client, here, stranger)
    assert refused.status_code == 409 and "不在这支队伍里" in refused.text
    assert "二站理发" not in client.get(here.leaders_page).text
    address = f"{here.leaders_page}/shifts/{elsewhere.id}"
    assert send(client, here.leaders_page, address, volunteer=here.member.code).status_code == 404
    assert rows(app, Assignment) == 0


@pytest.mark.both_databases
def test_a_leader_is_not_told_where_else_a_member_helps(app, client, here):
    with app.app_context():
        elsewhere = shift(here.people.two, title="二站的义诊", starts_at=in_two_days(10))
        with transaction():
            volunteers.assign(elsewhere, here.member, by=None, now=clock.now())
    refused = assign(client, here, here.member)
    assert refused.status_code == 409 and "同一时间已经有别的岗位" in refused.text
    assert "二站的义诊" not in refused.text


def test_a_leader_has_no_shifts_of_events_put_off_or_begun(app, client, here):
    page = client.get(here.leaders_page)
    with app.app_context(), transaction():
        event = db.session.get_one(Event, here.shift.event_id)
        events.postpone(event, by=None, now=clock.now(), reason="下雨")
    refused = client.submit(page, {"volunteer": here.member.code}, to="/shifts/")
    assert refused.status_code == 409 and "已经开始、改期或者取消" in refused.text
    assert "没有要人手的活动" in client.get(here.leaders_page).text and rows(app, Assignment) == 0


def test_somebody_who_left_and_a_team_that_ended_are_out_of_a_leaders_reach(app, client, here):
    page = client.get(here.leaders_page)
    with app.app_context(), transaction():
        operations.leave(db.session.merge(here.team), here.member, by=None, now=clock.now())
    refused = client.submit(page, {"volunteer": here.member.code}, to="/shifts/")
    assert refused.status_code == 409 and "不在这支队伍里" in refused.text
    with app.app_context(), transaction():
        operations.end_team(db.session.merge(here.team), by=None, now=clock.now())
    assert client.get(here.leaders_page).status_code == 404


def test_looking_changes_nothing(app, client, here):
    with app.app_context():
        mine = f"/hours/{personal(here.leader)}"
        before = db.session.query(AuditLine).count()
    for path in (mine, f"{mine}/team", here.leaders_page):
        assert client.get(path).status_code == 200 and client.head(path).status_code == 200
    for path in (f"{here.leaders_page}/skills", f"{here.leaders_page}/shifts/{here.shift.id}"):
        assert client.get(path).status_code == 405
    with app.app_context():
        assert db.session.query(AuditLine).count() == before


def test_the_last_service_is_thanked_for(app, client, here):
    began = clock.now() - timedelta(days=2)
    with app.app_context():
        done = cast.event(
            here.people.one, title="清洁家园", starts_at=began, ends_at=began + timedelta(hours=2)
        )
        serve(done, here.member, began, began + timedelta(hours=2))
        mine = f"/hours/{personal(here.member)}"
        assert "谢谢您" not in client.get(mine).text
        close(done)
    page = client.get(mine).text
    assert "谢谢您" in page and "清洁家园" in page


def test_it_works_on_a_phone_without_scripts(app, here, browser, live_server):
    with app.app_context():
        code = personal(here.leader)
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.goto(f"{live_server}/hours/{code}/team")
    page.get_by_label("摄影").check()
    page.get_by_label("周三晚上").check()
    page.get_by_role("button", name="保存").click()
    assert page.get_by_label("摄影").is_checked() and page.get_by_label("周三晚上").is_checked()
    page.get_by_role("link", name="看队员").click()
    page.get_by_role("button", name="确认 李*兰").click()
    page.get_by_label("请谁来").select_option(here.member.code)
    page.get_by_role("button", name="安排").click()
    page.get_by_text("我们队：李*兰").wait_for()
    context.close()


def unassign(client, here, who):
    return send(
        client, here.leaders_page, f"{here.leaders_page}/shifts/{here.shift.id}/end", volunteer=who.code
    )


@pytest.mark.both_databases
def test_a_leader_who_picked_the_wrong_member_takes_them_off_again(app, client, here):
    assign(client, here, here.member)
    page = client.get(here.leaders_page)
    assert "取消安排 李*兰" in page.text
    page = unassign(client, here, here.member)
    assert "已取消安排" in page.text and "还缺 2 人" in page.text and "我们队" not in page.text
    assert unassign(client, here, here.member).status_code == 200  # twice is harmless
    with app.app_context():
        subject = f"team {here.team.code} leader {here.leader.code} shift {here.shift.id} volunteer {here.member.code}"
        lines = select(AuditLine.actor_id, AuditLine.subject).where(AuditLine.act == "teams.unassign")
        assert [tuple(line) for line in db.session.execute(lines)] == [(None, subject)]
        mine = f"/hours/{personal(here.member)}"
    assert "接下来的岗位" not in client.get(mine).text


def test_a_leader_takes_nobody_else_off_and_nobody_once_it_began(app, client, here):
    with app.app_context():
        stranger = volunteer(here.people.one, "赵六一", "19900006666")
        with transaction():
            for who in (stranger, here.member):
                volunteers.assign(db.session.merge(here.shift), who, by=None, now=clock.now())
        begins = db.session.get_one(Event, here.shift.event_id).starts_at
    assert unassign(client, here, stranger).status_code == 409
    with time_machine.travel(begins + timedelta(minutes=1)):
        late = unassign(client, here, here.member)
    assert late.status_code == 409 and "已经开始、改期或者取消" in late.text
    with app.app_context():
        assert db.session.query(Assignment).filter(Assignment.ended_at.is_(None)).count() == 2


def test_unticking_what_was_confirmed_says_so_and_keeps_whose_word_it_was(app, client, here):
    send(client, here.leaders_page, f"{here.leaders_page}/skills", skill=f"{here.member.code}:haircut")
    with app.app_context():
        mine = f"/hours/{personal(here.member)}/team"
    page = client.get(mine)
    assert "确认也跟着取消" in page.text
    page = client.submit(page, {"skill": ["music"]}, follow_redirects=True)
    assert "去掉了确认过的：理发" in page.text and "确认也跟着取消" not in page.text
    with app.app_context():
        [line] = db.session.scalars(select(AuditLine).where(AuditLine.act == "teams.unsay_skill"))
        said = f"volunteer {here.member.code} skill haircut confirmed by leader {here.leader.code}"
        assert (line.actor_id, line.subject) == (None, said)


def test_a_leaders_page_says_that_it_shows_the_next_shifts_only(app, client, here):
    assert "只列出最近的" not in client.get(here.leaders_page).text
    with app.app_context():
        event = db.session.get_one(Event, here.shift.event_id)
        with transaction():
            for number in range(30):
                volunteers.add_shift(
                    event,
                    title=f"岗位{number}",
                    needed=1,
                    risk=Risk.ORDINARY,
                    risk_note="久站",
                    by=None,
                    now=clock.now(),
                )
    page = client.get(here.leaders_page).text
    assert "只列出最近的 30 个岗位" in page and page.count('id="shift-') == 30
