"""Hours entered by hand, through the pages: two people, the second from above, within ten working days (H4)."""

import re
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.accounts.operations import grant_role
from stationapp.accounts.rules import Role
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.vault import vault
from stationapp.volunteers.checks import CHECKS
from stationapp.volunteers.ledger import total_minutes
from stationapp.volunteers.queries import find_volunteer
from tests import cast
from tests.volunteers.acts import at, close, event, serve, volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(app):
    return cast.district(app)


def registered(app, people, name="王建国"):
    """(volunteer's number, desk code, personal code)."""
    with app.app_context():
        who = volunteer(people.one, name)
        return who.id, who.code, vault().unseal(who.personal_sealed)


def propose(client, code, *, days_ago=1, minutes="120", **values):
    day = str(clock.day_of(clock.now()) - timedelta(days=days_ago))
    given = {
        "served_on": day,
        "minutes": minutes,
        "note": "上门送药，家属可证明",
        "reason": "outside",
    } | values
    return client.submit(f"/desk/volunteers/{code}/manual", given)


def token(client) -> str:
    """What a form of that browser carries against forgery."""
    return re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk/volunteers/new").text)[1]


def decide(client, verdict="approve", reason=""):
    """Press the button of the only proposal, whether the page shows it or not."""
    given = {"verdict": verdict, "reason": reason, "csrf_token": token(client)}
    return client.post("/desk/hours/1/decision", data=given, follow_redirects=True)


def test_reason_note_both_sites_and_that_it_was_by_hand_stand_on_the_own_page(app, people, client):
    number, code, personal = registered(app, people)
    assert propose(cast.signed_in(app, people.lin), code).status_code == 303
    chen = cast.signed_in(app, people.chen)
    asked = chen.get("/desk/hours").text
    assert "在站点以外服务：上门送药，家属可证明" in asked and "林晓燕" in asked
    assert "已通过" in decide(chen).text
    page = client.get(f"/hours/{personal}").text
    for said in ("补录", "在站点以外服务：上门送药，家属可证明", "湖北路示例一社区提出", "湖北路批准"):
        assert said in page
    with app.app_context():
        assert total_minutes(number) == 120


def test_what_is_needed_without_an_event_is_not_called_optional(app, people):
    _number, code, _personal = registered(app, people)
    lin = cast.signed_in(app, people.lin)
    assert lin.get(f"/desk/volunteers/{code}/manual").text.count("选填") == 1  # the event
    missing = propose(lin, code, served_on="")
    assert missing.status_code == 422 and "请选哪一场，或者填服务日期。" in missing.text


def test_what_has_no_note_is_too_late_or_to_come_is_refused_in_place(app, people):
    _number, code, _personal = registered(app, people)
    lin = cast.signed_in(app, people.lin)
    assert propose(lin, code, note="").status_code == 422
    late = propose(lin, code, days_ago=40)
    assert late.status_code == 409 and "10 个工作日" in late.text and "上门送药" in late.text
    assert propose(lin, code, days_ago=-1).status_code == 409


def test_nobody_approves_the_own_proposal_even_with_a_second_role_above(app, people):
    number, code, _personal = registered(app, people)
    with app.app_context(), transaction():
        lin = db.session.get_one(Staff, people.lin.id)
        grant_role(lin, site=people.office, role=Role.REVIEWER, by=people.root.id, now=clock.now())
    lin = cast.signed_in(app, people.lin)
    assert propose(lin, code, site=str(people.one.id)).status_code == 303
    assert "您自己提出的，请另一位审核员审批" in lin.get("/desk/hours").text
    assert decide(lin).status_code == 409
    with app.app_context():
        assert total_minutes(number) == 0


def test_nobody_at_the_same_site_or_beside_it_approves(app, people):
    number, code, _personal = registered(app, people)
    with app.app_context():
        friend = cast.staff("钱同事", people.one, Role.MANAGER)
        beside = cast.staff("孙同事", people.far_office, Role.REVIEWER)
    propose(cast.signed_in(app, people.lin), code)
    for who, status in ((friend, 403), (beside, 404)):
        client = cast.signed_in(app, who)
        assert "上门送药" not in client.get("/desk/hours").text
        assert decide(client).status_code == status
    with app.app_context():
        assert total_minutes(number) == 0


def test_nobody_approves_hours_under_the_own_name(app, people):
    number, code, _personal = registered(app, people, name=people.chen.name)
    propose(cast.signed_in(app, people.lin), code)
    refused = decide(cast.signed_in(app, people.chen))
    assert refused.status_code == 409 and "自己名下" in refused.text
    with app.app_context():
        assert total_minutes(number) == 0


def test_nothing_is_proposed_where_nobody_stands_above_to_approve(app, people):
    _number, code, _personal = registered(app, people)
    with app.app_context():
        top = cast.staff("高远", people.center, Role.REVIEWER)
    top, there = cast.signed_in(app, top), f"/desk/volunteers/{code}/manual"
    assert "请让站点或街道来提出" in top.get(there).text
    for site in (people.center, people.one):
        given = {
            "served_on": str(clock.day_of(clock.now())),
            "minutes": "60",
            "note": "送药",
            "reason": "outside",
        }
        refused = top.post(there, data=given | {"site": str(site.id), "csrf_token": token(top)})
        assert refused.status_code == 409 and "请让站点或街道来提出" in refused.text


def test_what_the_office_proposed_is_decided_above_the_office(app, people, client):
    number, code, personal = registered(app, people)
    with app.app_context():
        friend = cast.staff("周同事", people.office, Role.REVIEWER)
        top = cast.staff("高远", people.center, Role.REVIEWER)
    assert propose(cast.signed_in(app, people.chen), code, site=str(people.one.id)).status_code == 303
    friend = cast.signed_in(app, friend)
    assert "条补录时长等您审核" not in friend.get("/desk/").text
    assert "条补录时长等您审核" in cast.signed_in(app, top).get("/desk/").text
    page = friend.get("/desk/hours").text
    assert "要由上一级审批" in page and 'value="approve"' not in page
    refused = decide(friend)
    assert refused.status_code == 409 and "同一级的不能批" in refused.text
    with app.app_context():
        assert total_minutes(number) == 0
    assert "已通过" in decide(cast.signed_in(app, top)).text
    page = client.get(f"/hours/{personal}").text
    assert "湖北路提出" in page and "涧西区批准" in page


def test_who_holds_a_role_at_the_station_and_one_above_proposes_from_the_station(app, people):
    number, code, _personal = registered(app, people)
    with app.app_context(), transaction():
        lin = db.session.get_one(Staff, people.lin.id)
        grant_role(lin, site=people.office, role=Role.REVIEWER, by=people.root.id, now=clock.now())
    propose(cast.signed_in(app, people.lin), code, site=str(people.one.id))
    decide(cast.signed_in(app, people.chen))
    with app.app_context():
        assert total_minutes(number) == 120


def test_a_refusal_needs_a_reason_and_is_seen_by_the_volunteer(app, people, client):
    _number, code, personal = registered(app, people)
    propose(cast.signed_in(app, people.lin), code)
    chen = cast.signed_in(app, people.chen)
    assert decide(chen, "reject").status_code == 409
    decide(chen, "reject", "没有人能证明")
    page = client.get(f"/hours/{personal}").text
    assert "未通过" in page and "没有通过的原因：没有人能证明" in page and "上门送药，家属可证明" in page


def test_the_same_form_twice_is_one_proposal(app, people):
    number, code, _personal = registered(app, people)
    lin = cast.signed_in(app, people.lin)
    assert propose(lin, code).status_code == propose(lin, code).status_code == 303
    chen = cast.signed_in(app, people.chen)
    assert chen.get("/desk/hours").text.count("上门送药，家属可证明") == 1
    decide(chen)
    again = propose(lin, code)
    assert again.status_code == 409 and "已经补录了 2.0 小时" in again.text
    with app.app_context():
        assert total_minutes(number) == 120


def test_another_of_the_same_day_is_named_to_who_proposes_and_to_who_decides(app, people):
    _number, code, _personal = registered(app, people)
    lin = cast.signed_in(app, people.lin)
    propose(lin, code)
    asked = propose(lin, code, minutes="60", note="下午又去了一趟")
    assert (
        asked.status_code == 409
        and "这一天已经补录了 2.0 小时" in asked.text
        and "下午又去了一趟" in asked.text
    )
    assert 'name="knowing" value="1"' in asked.text
    day = str(clock.day_of(clock.now()) - timedelta(days=1))
    pressed = {
        "served_on": day,
        "minutes": "60",
        "note": "下午又去了一趟",
        "reason": "outside",
        "knowing": "1",
    }
    pressed["site"] = str(people.one.id)
    sent = lin.post(f"/desk/volunteers/{code}/manual", data=pressed | {"csrf_token": token(lin)})
    assert sent.status_code == 303
    chen = cast.signed_in(app, people.chen)
    page = chen.get("/desk/hours").text
    assert "同一天还有补录：2.0 小时（等待审批）" in page and "同一天还有补录：1.0 小时（等待审批）" in page
    decide(chen)
    assert "同一天还有补录：2.0 小时（已通过）" in chen.get("/desk/hours").text


def served_yesterday(people, who, *, where, hours):
    """An event of yesterday, scanned from nine on and closed out."""
    day = clock.day_of(clock.now()) - timedelta(days=1)
    made = event(where, at(9, day=day), at(9 + hours, day=day), title="清洁家园")
    serve(made, who, at(9, day=day), at(9 + hours, day=day))
    close(made)
    return made


def test_who_decides_reads_what_was_scanned_that_day(app, people):
    _number, code, _personal = registered(app, people)
    with app.app_context():
        who = find_volunteer(code)
        served_yesterday(people, who, where=people.two, hours=3)
        served_yesterday(people, who, where=people.far, hours=4)
    propose(cast.signed_in(app, people.lin), code)
    page = cast.signed_in(app, people.chen).get("/desk/hours").text
    assert "这一天签到已经记了" in page and "湖北路示例二社区" in page and "3.0 小时" in page
    assert people.far.short_name not in page and "别的街道的阵地" in page


def test_no_more_than_the_event_lasted_is_proposed_nor_approved(app, people):
    number, code, _personal = registered(app, people)
    day = clock.day_of(clock.now()) - timedelta(days=1)
    with app.app_context():
        who = find_volunteer(code)
        made = event(people.one, at(9, day=day), at(11, day=day), title="送药上门")
        serve(made, who, at(9, day=day))  # nobody signed out
        close(made)
        chosen = {"event": str(made.id), "served_on": "", "reason": "forgot_out"}
    lin = cast.signed_in(app, people.lin)
    refused = propose(lin, code, minutes="300", **chosen)
    assert refused.status_code == 409 and "最多还能补录 2.0 小时" in refused.text
    assert propose(lin, code, minutes="120", **chosen).status_code == 303
    with app.app_context():  # meanwhile the next street closes out what took half of that time
        other = event(people.far, at(10, day=day), at(12, day=day))
        serve(other, find_volunteer(code), at(10, day=day), at(12, day=day))
        close(other)
    refused = decide(cast.signed_in(app, people.chen))
    assert refused.status_code == 409 and "最多还能补录 1.0 小时" in refused.text
    with app.app_context():
        assert total_minutes(number) == 120


def test_what_was_entered_by_hand_is_no_longer_said_to_be_missing(app, people, client):
    _number, code, personal = registered(app, people)
    day = clock.day_of(clock.now()) - timedelta(days=1)
    with app.app_context():
        who = find_volunteer(code)
        made = event(people.one, at(9, day=day), at(11, day=day), title="清洁家园")
        serve(made, who, at(9, day=day))
        close(made)
        chosen = {"event": str(made.id), "served_on": "", "reason": "forgot_out"}
    assert "还没有记入的" in client.get(f"/hours/{personal}").text
    lin = cast.signed_in(app, people.lin)
    propose(lin, code, **chosen)
    decide(cast.signed_in(app, people.chen))
    assert "还没有记入的" not in client.get(f"/hours/{personal}").text
    assert "清洁家园" not in lin.get(f"/desk/volunteers/{code}/manual").text


def test_time_entered_by_hand_is_not_counted_again_by_what_is_closed_out_later(app, people):
    number, code, _personal = registered(app, people)
    day = clock.day_of(clock.now()) - timedelta(days=1)
    with app.app_context():
        who = find_volunteer(code)
        made, other = (
            event(people.one, at(9, day=day), at(12, day=day)),
            event(people.two, at(9, day=day), at(13, day=day)),
        )
        serve(made, who, at(9, day=day))
        close(made)
        serve(other, who, at(9, day=day), at(13, day=day))
        chosen = {"event": str(made.id), "served_on": "", "reason": "forgot_out"}
    propose(cast.signed_in(app, people.lin), code, minutes="180", **chosen)
    decide(cast.signed_in(app, people.chen))
    with app.app_context():
        close(db.session.get_one(Event, other.id))
        assert total_minutes(number) == 240
        assert [found for check in CHECKS for found in check.find()] == []


def test_who_proposed_reads_what_became_of_it_and_why_not(app, people):
    _number, code, _personal = registered(app, people)
    lin, there = cast.signed_in(app, people.lin), "/desk/hours/proposed"
    assert "还没有提出过补录" in lin.get(there).text
    propose(lin, code)
    assert "等待审批" in lin.get(there).text and there in lin.get("/desk/volunteers").text
    decide(cast.signed_in(app, people.chen), "reject", "没有人能证明")
    page = lin.get(there).text
    for said in ("上门送药", "未通过", people.chen.name, "没有人能证明"):
        assert said in page
    assert "上门送药" not in cast.signed_in(app, people.ma).get(there).text
