"""Teams as the desk sees them: made, filled, led, ended, brought back; what is known of a volunteer besides hours."""

import re

import pytest

from stationapp.db import db
from stationapp.teams.models import Membership
from tests import cast
from tests.teams.scenes import personal, scene, send, shift, volunteer


@pytest.fixture
def here(app):
    return scene(app)


@pytest.fixture
def lin(app, here):
    return cast.signed_in(app, here.people.lin)


def at(team) -> str:
    return f"/desk/teams/{team.code}"


def test_the_first_team_is_made_filled_and_gets_a_leader(app):
    people = cast.district(app)
    with app.app_context():
        who = volunteer(people.one, "王建国", "19900003333")
    lin = cast.signed_in(app, people.lin)
    assert "还没有队伍" in lin.get("/desk/teams/").text
    refused = lin.submit("/desk/teams/new", {"name": " ", "kind": "care"})
    assert refused.status_code == 422 and "请填写" in refused.text
    page = lin.submit("/desk/teams/new", {"name": "红马甲", "kind": "care"}, follow_redirects=True)
    assert "红马甲" in page.text and "还没有队员" in page.text and "扶贫帮困" in page.text
    address = page.request.path
    found = lin.get(f"{address}?q=wjg")
    assert "王*国" in found.text and "王建国" not in found.text
    page = send(lin, address, f"{address}/members", volunteer=who.code)
    assert "已加入队伍" in page.text and who.code in page.text
    page = send(lin, address, f"{address}/members/{who.code}/leading", leads="1")
    assert "不再当队长" in page.text
    listed = lin.get("/desk/teams/")
    assert "红马甲" in listed.text and "王*国" in listed.text and "还没有队长" not in listed.text


def test_two_teams_of_a_site_do_not_bear_one_name(app, here, lin):
    again = {"name": "银龄宣讲队", "kind": "policy"}
    refused = lin.submit("/desk/teams/new", again)
    assert (
        refused.status_code == 409 and "已经有一支叫这个名称" in refused.text and "银龄宣讲队" in refused.text
    )
    elsewhere = cast.signed_in(app, here.people.ma).submit("/desk/teams/new", again, follow_redirects=True)
    assert elsewhere.status_code == 200
    page = lin.submit(at(here.team), {"name": "百姓宣讲队"}, to="/name", follow_redirects=True)
    assert "百姓宣讲队" in page.text and "已改好" in page.text


def test_teams_stand_in_the_order_of_their_sites_and_are_narrowed_in_the_address(app, here, lin):
    ma, chen = cast.signed_in(app, here.people.ma), cast.signed_in(app, here.people.chen)
    ma.submit("/desk/teams/new", {"name": "二站合唱队", "kind": "culture"})
    page = chen.get("/desk/teams/").text
    assert page.index("银龄宣讲队") < page.index("二站合唱队")
    assert "小时" not in page
    page = chen.get(f"/desk/teams/?site={here.people.two.code}").text
    assert "二站合唱队" in page and "银龄宣讲队" not in page
    assert "没有符合条件的队伍" in chen.get("/desk/teams/?kind=law").text
    assert "二站合唱队" not in lin.get("/desk/teams/").text
    assert ma.get(at(here.team)).status_code == 404
    said = chen.get("/desk/teams/list.csv?kind=policy").get_data(as_text=True)
    assert (
        "银龄宣讲队" in said
        and "王*国" in said
        and "二站" not in said.replace(here.people.two.short_name, "")
    )


def test_members_are_a_file_with_masked_names_and_cards_to_print(app, here, lin):
    said = lin.get(f"{at(here.team)}/members.csv").get_data(as_text=True)
    assert "王*国" in said and "199****3333" in said and "王建国" not in said and "理发" in said
    cards = lin.get(f"/desk/cards/?team={here.team.code}")
    assert "王*国" in cards.text and "李*兰" in cards.text and "银龄宣讲队" in cards.text
    assert f"/desk/cards/?team={here.team.code}" in lin.get(at(here.team)).text
    ma = cast.signed_in(app, here.people.ma)
    for path in (f"{at(here.team)}/members.csv", f"/desk/cards/?team={here.team.code}"):
        assert ma.get(path).status_code == 404


def test_who_left_by_mistake_is_taken_back(here, lin):
    page = send(lin, at(here.team), f"{at(here.team)}/members/{here.member.code}/leaving")
    assert "最近离开的" in page.text and "1 人" in page.text
    page = send(lin, at(here.team), f"{at(here.team)}/members", volunteer=here.member.code)
    assert "最近离开的" not in page.text and "2 人" in page.text


@pytest.mark.both_databases
def test_a_team_disbanded_by_mistake_stands_again_with_everybody(app, here, lin):
    page = lin.submit(at(here.team), to="/ending", follow_redirects=True)
    assert "已解散" in page.text and "加队员" not in page.text
    assert (
        "银龄宣讲队" not in lin.get("/desk/teams/").text
        and "银龄宣讲队" in lin.get("/desk/teams/?ended=1").text
    )
    late = send(lin, at(here.team), f"{at(here.team)}/members", volunteer=here.member.code)
    assert late.status_code == 409 and "已经解散" in late.text
    with app.app_context():
        live = db.session.query(Membership).filter(Membership.left_at.is_(None))
        assert live.count() == 0
    page = lin.submit(at(here.team), to="/return", follow_redirects=True)
    assert "队伍恢复了" in page.text and "2 人" in page.text and "不再当队长" in page.text


def test_a_name_taken_since_keeps_a_team_from_coming_back(here, lin):
    lin.submit(at(here.team), to="/ending")
    lin.submit("/desk/teams/new", {"name": "银龄宣讲队", "kind": "policy"})
    refused = lin.submit(at(here.team), to="/return")
    assert refused.status_code == 409 and "已经有一支叫这个名称" in refused.text


def test_what_somebody_can_do_is_said_and_confirmed_by_staff(app, here, lin):
    page = f"/desk/volunteers/{here.member.code}"
    said = lin.submit(page, {"skill": ["haircut", "first_aid"], "free": ["0-morning", "5-evening"]}, to="/about",
                      follow_redirects=True)  # fmt: skip
    assert said.text.count("本人说的") == 2 and "上午：周一" in said.text and "晚上：周六" in said.text
    page = send(lin, page, f"{page}/skills", skill="haircut").text
    assert "已确认" in page and page.count("本人说的") == 1
    address = f"/desk/volunteers/{here.member.code}"
    assert send(lin, address, f"{address}/skills", skill="-haircut").text.count("本人说的") == 2
    missing = send(lin, address, f"{address}/skills", skill="law")
    assert missing.status_code == 409 and "本人没有说会这一项" in missing.text
    assert send(lin, address, f"{address}/skills", skill="flying").status_code == 404


def test_staff_do_not_confirm_the_skill_of_somebody_of_their_own_name(app, here, lin):
    with app.app_context():
        own = volunteer(here.people.one, "林晓燕", "19900005555")
    address = f"/desk/volunteers/{own.code}"
    lin.submit(address, {"skill": "law"}, to="/about")
    refused = send(lin, address, f"{address}/skills", skill="law")
    assert refused.status_code == 409 and "自己的特长要由别人确认" in refused.text


def test_a_training_is_written_down_and_a_mistaken_one_taken_off(app, here, lin):
    address = f"/desk/volunteers/{here.member.code}"
    with app.app_context():
        mine = f"/hours/{personal(here.member)}/team"
    page = lin.submit(
        address, {"title": "急救培训 8 学时", "on": "2026-03-05"}, to="/records", follow_redirects=True
    )
    assert "急救培训 8 学时" in page.text and "3月5日" in page.text
    future = lin.submit(
        address, {"title": "表彰", "kind": "commendation", "on": "2999-01-01"}, to=f"{address}/records"
    )
    assert future.status_code == 409 and "日期还没有到" in future.text and 'value="表彰"' in future.text
    assert lin.submit(address, {"title": "", "on": "2026-03-05"}, to=f"{address}/records").status_code == 422
    ending = re.search(r'action="(/desk/volunteers/\w+/records/\d+/ending)"', page.text)[1]
    assert "已撤下" in send(lin, address, ending, ended="1").text
    assert "急救培训" not in app.test_client().get(mine).text
    assert "已撤下" not in send(lin, address, ending, ended="0").text
    assert "急救培训" in app.test_client().get(mine).text


def test_a_desk_does_not_see_teams_and_trainings_of_other_sites(app, here, lin):
    ma = cast.signed_in(app, here.people.ma)
    lin.submit(f"/desk/volunteers/{here.member.code}", {"title": "防溺水", "on": "2026-03-05"}, to="/records")
    page = ma.submit("/desk/teams/new", {"name": "二站队", "kind": "local"}, follow_redirects=True)
    address = page.request.path
    assert "李*兰" in ma.get(f"{address}?q=19900004444").text
    send(ma, address, f"{address}/members", volunteer=here.member.code)
    page = ma.get(address)
    assert (
        "李*兰" in page.text and f"/desk/volunteers/{here.member.code}" not in page.text
    )  # not known there yet
    with app.app_context():
        at_two = shift(here.people.two)
    send(ma, address, f"/desk/shifts/{at_two.id}/assignments", volunteer=here.member.code)
    assert f"/desk/volunteers/{here.member.code}" in ma.get(address).text
    page = ma.get(f"/desk/volunteers/{here.member.code}").text
    assert "二站队" in page and "防溺水" not in page and "银龄" not in page
    assert "二站队" not in lin.get(f"/desk/volunteers/{here.member.code}").text
