"""Limits of places at the desk: set, changed, ended and read; and staff going beyond one with a reason."""

import csv
import io

import pytest
from sqlalchemy import select

from stationapp.audit.models import AuditLine
from stationapp.db import db
from stationapp.signups.models import Party, PlaceLimit
from tests import cast

LIMIT = {"counted": "home", "span": "week", "most": "１"}


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def chen(app, people):
    return cast.signed_in(app, people.chen)


@pytest.fixture
def lin(app, people):
    return cast.signed_in(app, people.lin)


def standing(app):
    with app.app_context():
        limits = db.session.scalars(select(PlaceLimit).order_by(PlaceLimit.id))
        return [
            (limit.counted.value, limit.span.value, limit.most, limit.ended_at is None) for limit in limits
        ]


def set_limit(client, site, **changes):
    page = client.get(f"/desk/sites/{site.code}/limits/")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    return client.post(f"/desk/sites/{site.code}/limits/", data=LIMIT | changes | {"csrf_token": token})


def test_a_limit_is_set_changed_ended_and_all_of_it_stays_on_the_page(app, people, chen):
    page = chen.get(f"/desk/sites/{people.office.code}/limits/")
    assert "没有限制" in page.text
    assert set_limit(chen, people.office).status_code == 303
    for again in (set_limit(chen, people.office), set_limit(chen, people.office, most="3")):
        assert again.status_code == 303
    assert standing(app) == [("home", "week", 1, False), ("home", "week", 3, True)]
    page = chen.get(f"/desk/sites/{people.office.code}/limits/")
    assert chen.submit(page, to="/ending").status_code == 303
    shown = chen.get(f"/desk/sites/{people.office.code}/limits/").text
    assert standing(app)[1][3] is False and "没有限制" in shown
    assert shown.count("陈立新") >= 4 and "一周最多 3 个" in shown


@pytest.mark.parametrize(
    "wrong",
    [
        {"most": ""},
        {"most": " \u3000"},
        {"most": "0"},
        {"most": "many"},
        {"span": "year"},
        {"counted": ""},
        {"most": "9" * 99},
    ],
)
def test_what_cannot_be_meant_is_said_at_its_field_and_sets_nothing(app, people, chen, wrong):
    page = set_limit(chen, people.office, **wrong)
    assert page.status_code == 422 and "还有几处要改" in page.text and standing(app) == []


def test_a_station_reads_what_stands_above_it_and_only_its_own_can_be_ended_there(app, people, chen):
    set_limit(chen, people.office)
    page = chen.get(f"/desk/sites/{people.one.code}/limits/").text
    assert "上级定的，这里不能改" in page and 'action="/desk/sites/410305001001/limits/ending"' not in page
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    asked = {"counted": "home", "span": "week", "csrf_token": token}
    assert chen.post(f"/desk/sites/{people.one.code}/limits/ending", data=asked).status_code == 303
    assert standing(app) == [("home", "week", 1, True)]
    senseless = chen.post(f"/desk/sites/{people.one.code}/limits/ending", data=asked | {"span": "\0"})
    assert senseless.status_code == 404


def test_who_manages_a_station_reads_what_binds_there_and_sets_no_limit(people, lin, chen):
    assert "请找他们" in lin.get(f"/desk/sites/{people.one.code}/limits/").text
    set_limit(chen, people.office)
    page = lin.get(f"/desk/sites/{people.one.code}/limits/")
    assert page.status_code == 200 and "一个电话（一家人）" in page.text and "一周" in page.text
    assert "定一条" not in page.text and "/limits/ending" not in page.text
    assert lin.get(f"/desk/sites/{people.one.code}/limits/list.csv").status_code == 200
    token = lin.get("/desk/phone/").text.split('name="csrf_token" value="')[1].split('"')[0]
    tried = lin.post(f"/desk/sites/{people.one.code}/limits/", data=LIMIT | {"csrf_token": token})
    assert tried.status_code == 403
    for sister in (people.two, people.office):
        assert lin.get(f"/desk/sites/{sister.code}/limits/").status_code == 404


def test_a_sister_office_is_not_there(people, chen):
    assert chen.get(f"/desk/sites/{people.far_office.code}/limits/").status_code == 404


def test_the_history_is_a_file_too(people, chen):
    set_limit(chen, people.office)
    rows = list(csv.reader(io.StringIO(chen.get(f"/desk/sites/{people.office.code}/limits/list.csv").text)))
    assert rows[1][:3] == ["一个电话（一家人）", "一周", "1"] and rows[1][4] == "陈立新"


def test_staff_go_beyond_a_limit_with_a_reason_that_stays_on_record(app, people, chen, lin):
    set_limit(chen, people.office)
    with app.app_context():
        codes = [
            cast.event(people.one, title=f"第{n}场", starts_at=cast._in_two_days()).code for n in range(2)
        ]
    assert _by_phone(lin, codes[0], "吴秀英").status_code == 303
    refused = _by_phone(lin, codes[1], "李大山")
    assert refused.status_code == 409 and "一家一周里最多报 1 个名额" in refused.text
    assert "仍要报名的理由" in refused.text
    lifted = lin.submit(refused, {"lift": "老人行动不便，家人陪同"}, to="/signups")
    assert lifted.status_code == 303
    with app.app_context():
        assert db.session.scalars(select(Party.lifted).order_by(Party.id)).all() == [
            "",
            "老人行动不便，家人陪同",
        ]
        line = db.session.scalars(select(AuditLine).where(AuditLine.act == "signups.sign_up")).all()[-1]
        assert line.reason == "老人行动不便，家人陪同"


def _by_phone(client, code, name):
    values = {"name": name, "phone": cast.PHONE}
    return client.submit(f"/desk/events/{code}/signups/new", values, to="/signups")


def test_residents_read_what_the_limit_is_and_whom_to_call(app, client, people, chen):
    set_limit(chen, people.office)
    with app.app_context():
        codes = [
            cast.event(people.one, title=f"第{n}场", starts_at=cast._in_two_days()).code for n in range(2)
        ]
    assert (
        client.submit(
            f"/events/{codes[0]}", {"name": "吴秀英", "phone": cast.PHONE}, to="signups"
        ).status_code
        == 303
    )
    refused = client.submit(f"/events/{codes[1]}", {"name": "李大山", "phone": cast.PHONE}, to="signups")
    assert refused.status_code == 409 and "一家一周里最多报 1 个名额" in refused.text
    assert "拿不准" in refused.text and "tel:037900000001" in refused.text
