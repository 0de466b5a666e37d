"""Managing staff: who is added, what they may do, and how it ends."""

import re

from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.models import Grant, Invitation, Staff
from stationapp.accounts.rules import Role
from stationapp.audit.models import AuditLine
from stationapp.db import db
from tests import cast


def root(app, client) -> cast.District:
    people = cast.district(app)
    cast.sign_in(client, people.root)
    return people


def acts(app, by: Staff) -> list[str]:
    with app.app_context():
        return list(
            db.session.scalars(select(AuditLine.act).where(AuditLine.actor_id == by.id, AuditLine.number > 5))
        )


def test_the_list_names_everybody_with_their_roles(app, client):
    root(app, client)
    page = client.get("/desk/staff/")
    for said in ("林晓燕", "湖北路示例一社区 · 管理员", "陈立新", "湖北路 · 审核员", "还没有开通"):
        assert said in page.text


def test_adding_somebody_shows_a_link_once_that_lets_them_in(app, client):
    people = root(app, client)
    answer = client.submit("/desk/staff/new", {"name": "孙  小虎", "site": people.far.code, "role": "helper"})
    assert answer.status_code == 303
    link = re.search(r"/desk/invitations/[\w-]+", client.get(answer.location).text)[0]
    assert "/desk/invitations/" not in client.get(answer.location).text
    newcomer = app.test_client()
    assert newcomer.submit(link, {"password": "春天的花开了又落一地"}).location == "/desk/"
    assert "孙 小虎" in newcomer.get("/desk/").text
    assert acts(app, people.root) == ["accounts.grant", "accounts.invite"]


def test_a_role_belongs_to_its_level(app, client):
    people = root(app, client)
    for role, site in (("administrator", people.office), ("auditor", people.one), ("reviewer", people.one)):
        answer = client.submit("/desk/staff/new", {"name": "某人", "site": site.code, "role": role})
        assert answer.status_code == 422
        assert "系统管理员和审计员只能设在中心" in answer.text
    with app.app_context():
        assert db.session.scalar(select(Staff).where(Staff.name == "某人")) is None


def test_a_further_role_counts_at_once_and_can_be_taken_back(app, client):
    people = root(app, client)
    page = f"/desk/staff/{people.lin.id}"
    assert client.submit(page, {"site": people.two.code, "role": "helper"}, to="/roles").status_code == 303
    assert client.submit(page, {"site": people.two.code, "role": "helper"}, to="/roles").status_code == 303
    with app.app_context():
        held = db.session.scalars(
            select(Grant).where(Grant.staff_id == people.lin.id, Grant.ended_at.is_(None))
        )
        numbers = {grant.role: grant.id for grant in held}
    assert set(numbers) == {Role.MANAGER, Role.HELPER}
    assert client.submit(page, to=f"/grants/{numbers[Role.HELPER]}/ending").status_code == 303
    assert acts(app, people.root) == ["accounts.grant", "accounts.end_role"]


def test_a_role_of_somebody_else_is_not_ended_under_the_wrong_name(app, client):
    people = root(app, client)
    with app.app_context():
        hers = db.session.scalar(select(Grant.id).where(Grant.staff_id == people.ma.id))
    token = client.get(f"/desk/staff/{people.lin.id}").text.split('csrf_token" value="')[1].split('"')[0]
    answer = client.post(f"/desk/staff/{people.lin.id}/grants/{hers}/ending", data={"csrf_token": token})
    assert answer.status_code == 404


def test_nobody_gives_themselves_a_role_or_ends_their_own_account(app, client):
    people = root(app, client)
    page = f"/desk/staff/{people.root.id}"
    answer = client.submit(page, {"site": people.one.code, "role": "manager"}, to="/roles")
    assert (answer.status_code, "不能授给自己" in answer.text) == (422, True)
    answer = client.submit(page, to=f"/staff/{people.root.id}/ending")
    assert (answer.status_code, "不能停用自己的账号" in answer.text) == (409, True)
    assert acts(app, people.root) == []


def test_the_last_administrator_stays(app, client):
    people = root(app, client)
    with app.app_context():
        number = db.session.scalar(select(Grant.id).where(Grant.staff_id == people.root.id))
    page = f"/desk/staff/{people.root.id}"
    answer = client.submit(page, to=f"/grants/{number}/ending")
    assert (answer.status_code, "至少要留一位系统管理员" in answer.text) == (409, True)
    with app.app_context():
        second = cast.staff("管理乙", people.center, Role.ADMINISTRATOR)
    cast.sign_in(client, second)
    assert client.submit(page, to=f"/grants/{number}/ending").status_code == 303


def test_ending_an_account_ends_its_sign_ins_roles_and_links_at_once(app, client):
    people = root(app, client)
    hers = cast.signed_in(app, people.lin)
    page = f"/desk/staff/{people.lin.id}"
    client.submit(page, to="/invitations")
    assert hers.get("/desk/").status_code == 200
    assert client.submit(page, to=f"/staff/{people.lin.id}/ending").status_code == 303
    assert hers.get("/desk/").status_code == 303
    with app.app_context():
        now = clock.now()
        assert db.session.get_one(Staff, people.lin.id).ended_at <= now
        assert all(
            grant.ended_at
            for grant in db.session.scalars(select(Grant).where(Grant.staff_id == people.lin.id))
        )
        links = db.session.scalars(select(Invitation).where(Invitation.staff_id == people.lin.id))
        assert all(link.expires_at <= now for link in links)
    assert acts(app, people.root) == ["accounts.invite", "accounts.end"]
    assert "已于" in client.get(page).text


def test_only_administrators_manage_staff(app, client):
    people = cast.district(app)
    for who in (people.lin, people.chen, people.zhao):
        cast.sign_in(client, who)
        assert client.get("/desk/staff/").status_code == 403
        assert client.get(f"/desk/staff/{people.ma.id}").status_code == 403
