"""From the invitation to the sign-out, as a member of staff meets it."""

import re

import time_machine

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.models import Login, Staff
from stationapp.accounts.operations import end_account, invite
from stationapp.db import db, transaction
from tests import cast

LONG = "春天的花开了又落一地"


def invited(app, who: Staff) -> str:
    with app.app_context(), transaction():
        return f"/desk/invitations/{invite(db.session.get_one(Staff, who.id), by=None, now=clock.now())}"


def lin_with_a_password(app, client, people) -> None:
    client.submit(invited(app, people.lin), {"password": LONG})


def signed_in(client) -> bool:
    return client.get("/desk/").status_code == 200


def without_token(text: str, login: str) -> str:
    return re.sub(r'csrf_token" value="[^"]*"', "", text.replace(login, ""))


def test_an_invitation_leads_to_a_name_a_password_and_the_desk(app, client):
    people = cast.district(app)
    link = invited(app, people.lin)
    page = client.get(link)
    assert "林晓燕" in page.text
    assert 'value="linxiaoyan"' in page.text
    answer = client.submit(page, {"password": LONG})
    assert (answer.status_code, answer.location) == (303, "/desk/")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert signed_in(client)
    with app.app_context():
        kept = db.session.get_one(Staff, people.lin.id)
        assert kept.login == "linxiaoyan"
        assert kept.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_looking_at_a_link_uses_nothing_up(app, client):
    link = invited(app, cast.district(app).lin)
    assert [client.get(link).status_code for _ in range(3)] == [200, 200, 200]


def test_used_expired_unknown_and_replaced_links_get_one_answer(app, client):
    people = cast.district(app)
    used, replaced, expired = invited(app, people.lin), invited(app, people.chen), invited(app, people.ma)
    client.submit(used, {"password": LONG})
    invited(app, people.chen)
    visitor = app.test_client()
    pages = [visitor.get(link) for link in (used, replaced, "/desk/invitations/nothing")]
    with time_machine.travel(clock.now().timestamp() + 3 * 24 * 3600 + 1, tick=False):
        pages.append(visitor.get(expired))
    assert {page.status_code for page in pages} == {409}
    assert all("这个邀请链接不能用了" in page.text for page in pages)


def test_a_weak_password_is_refused_in_a_sentence_and_the_name_is_kept(app, client):
    link = invited(app, cast.district(app).lin)
    for weak, says in (("short", "至少要 10 个字"), ("1234567890", "太容易"), ("linxiaoyan1", "太容易")):
        answer = client.submit(link, {"password": weak})
        assert answer.status_code == 422
        assert says in answer.text
        assert 'value="linxiaoyan"' in answer.text


def test_a_login_name_belongs_to_one_person(app, client):
    people = cast.district(app)
    lin_with_a_password(app, client, people)
    other = app.test_client()
    answer = other.submit(invited(app, people.ma), {"login": "LinXiaoyan", "password": LONG})
    assert answer.status_code == 422
    assert "已经有人用了" in answer.text
    answer = other.submit(invited(app, people.ma), {"login": "ma jun", "password": LONG})
    assert "小写字母或数字" in answer.text


def test_signing_in_goes_where_one_wanted_to_go_and_never_elsewhere(app, client):
    people = cast.district(app)
    lin_with_a_password(app, client, people)
    for wanted, reached in (
        ("/desk/account", "/desk/account"),
        ("https://example.org/desk", "/desk/"),
        ("//example.org", "/desk/"),
    ):
        visitor = app.test_client()
        page = visitor.get("/desk/signin", query_string={"next": wanted})
        answer = visitor.submit(page, {"login": " LINXIAOYAN ", "password": LONG})
        assert (answer.status_code, answer.location) == (303, reached)


def test_a_closed_page_asks_to_sign_in_first(app, client):
    cast.district(app)
    answer = client.get("/desk/account")
    assert (answer.status_code, answer.location) == (303, "/desk/signin?next=/desk/account")


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(app, client):
    lin_with_a_password(app, client, cast.district(app))
    visitor = app.test_client()
    texts = {
        without_token(visitor.submit("/desk/signin", {"login": login, "password": "wrong wrong"}).text, login)
        for login in ("linxiaoyan", "nobodyknown")
    }
    assert len(texts) == 1


def test_the_sixth_try_in_five_minutes_is_refused_even_with_the_right_password(app, client):
    lin_with_a_password(app, client, cast.district(app))
    with time_machine.travel("2026-11-25T01:00:00Z", tick=False) as traveller:
        visitor = app.test_client()
        tries = [
            visitor.submit("/desk/signin", {"login": "linxiaoyan", "password": "wrong"}) for _ in range(5)
        ]
        assert [one.status_code for one in tries] == [422] * 5
        right = {"login": "linxiaoyan", "password": LONG}
        assert visitor.submit("/desk/signin", right).status_code == 429
        traveller.shift(300)
        assert visitor.submit("/desk/signin", right).status_code == 303


def test_an_address_that_tries_many_names_is_stopped(app):
    cast.district(app)
    with time_machine.travel("2026-11-25T01:00:00Z", tick=False):
        visitor = app.test_client()
        codes = [
            visitor.submit("/desk/signin", {"login": f"name{n}", "password": "x"}).status_code
            for n in range(31)
        ]
    assert codes == [422] * 30 + [429]


def test_signing_out_ends_it_on_the_server(app, client):
    cast.sign_in(client, cast.district(app).lin)
    token = client.get_cookie(guard.COOKIE).value
    client.submit("/desk/account", to="/desk/signout")
    client.set_cookie(guard.COOKIE, token)
    assert not signed_in(client)


def test_a_sign_in_ends_after_a_quarter_of_an_hour_of_nothing_and_after_a_day_of_work(app, client):
    with time_machine.travel("2026-11-25T01:00:00Z", tick=False) as traveller:
        people = cast.district(app)
        cast.sign_in(client, people.lin)
        for _ in range(47):  # ten minutes apart, seven hours and fifty minutes
            traveller.shift(600)
            assert signed_in(client)
        traveller.shift(600)
        assert not signed_in(client)
        cast.sign_in(client, people.lin)
        traveller.shift(15 * 60)
        assert not signed_in(client)


def test_one_sees_and_ends_ones_own_sign_ins_and_nobody_elses(app, client):
    people = cast.district(app)
    phone, office_pc, hers = app.test_client(), app.test_client(), app.test_client()
    for visitor in (client, phone, office_pc):
        cast.sign_in(visitor, people.lin)
    cast.sign_in(hers, people.ma)
    with app.app_context():
        numbers = {row.staff_id: row.id for row in db.session.query(Login).order_by(Login.id)}
    assert client.get("/desk/account").text.count("退出它") == 2
    assert client.submit("/desk/account", to=f"/{numbers[people.lin.id]}/ending").status_code == 303
    assert [signed_in(one) for one in (client, phone, office_pc, hers)] == [True, True, False, True]
    token = client.get("/desk/account").text.split('csrf_token" value="')[1].split('"')[0]
    foreign = client.post(f"/desk/account/signins/{numbers[people.ma.id]}/ending", data={"csrf_token": token})
    assert foreign.status_code == 404
    client.submit("/desk/account", to="others/ending")
    assert [signed_in(one) for one in (client, phone, hers)] == [True, False, True]


def test_another_password_needs_the_present_one_and_ends_the_other_sign_ins(app, client):
    people = cast.district(app)
    lin_with_a_password(app, client, people)
    other = cast.signed_in(app, people.lin)
    new = "另一句记得住的话呀"
    wrong = client.submit("/desk/account", {"present": "not it", "password": new + new}, to="password")
    assert (wrong.status_code, "现在的密码不对" in wrong.text) == (422, True)
    assert (
        client.submit("/desk/account", {"present": LONG, "password": new + new}, to="password").status_code
        == 303
    )
    assert (signed_in(client), signed_in(other)) == (True, False)
    again = app.test_client().submit("/desk/signin", {"login": "linxiaoyan", "password": new + new})
    assert again.status_code == 303


def test_an_ended_account_is_out_at_once(app, client):
    people = cast.district(app)
    lin_with_a_password(app, client, people)
    with app.app_context(), transaction():
        end_account(db.session.get_one(Staff, people.lin.id), by=people.root.id, now=clock.now())
    assert not signed_in(client)
    answer = app.test_client().submit("/desk/signin", {"login": "linxiaoyan", "password": LONG})
    assert "登录名或密码不对" in answer.text
