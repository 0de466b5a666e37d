"""The desk's page of devices, and taking one up: a link shown once, good once, for half an hour."""

import re
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import time_machine

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.devices import operations
from stationapp.devices.models import Device
from tests import cast


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def lin(client, people):
    cast.sign_in(client, people.lin)
    return client


def fields(people, **changes) -> dict:
    today = clock.day_of(clock.now())
    values = {
        "site": people.one.code,
        "name": "大厅平板",
        "from_on": today,
        "until_on": today + timedelta(days=29),
    }
    return {name: str(value) for name, value in (values | changes).items()}


def enrol(lin, people, **changes) -> str:
    """Fill in the form; the path of the link."""
    answer = lin.submit(
        "/desk/devices/", fields(people, **changes), to="/desk/devices/", follow_redirects=True
    )
    assert answer.status_code == 200
    return urlsplit(re.search(r"<code class=\"long\">([^<]+)</code>", answer.text)[1]).path


def acts(app) -> list[str]:
    with app.app_context():
        lines = db.session.scalars(db.select(AuditLine.act).order_by(AuditLine.number))
        return [act for act in lines if act.startswith("devices.")]


def test_a_manager_enrols_a_device_whose_link_is_shown_once(app, lin, people):
    link = enrol(lin, people)
    page = lin.get("/desk/devices/").text
    assert link not in page and "大厅平板" in page and "等着登记" in page
    tablet = app.test_client()
    assert "大厅平板" in tablet.get(link).text
    assert tablet.submit(link).location == "/door"
    assert tablet.get("/door").status_code == 200
    assert "使用中" in lin.get("/desk/devices/").text
    assert acts(app) == ["devices.enrol", "devices.take_up"]


def test_opening_the_link_takes_nothing_up_and_it_works_once(app, lin, people):
    link = enrol(lin, people)
    one, two = app.test_client(), app.test_client()
    for _ in range(3):
        assert one.get(link).status_code == 200
    form = two.get(link)
    one.submit(link)
    assert one.get(link).status_code == 410
    assert two.submit(form).status_code == 410
    assert two.get("/door").status_code == 401
    assert 'href="/door"' in one.get(link).text  # who went back is a device already
    assert 'href="/door"' not in two.get(link).text


def test_a_link_is_good_for_half_an_hour(app, lin, people):
    link, tablet = enrol(lin, people), app.test_client()
    with time_machine.travel(clock.now() + timedelta(minutes=31)):
        answer = tablet.get(link)
        assert answer.status_code == 410 and "半小时" in answer.text
        cast.sign_in(lin, people.lin)  # the desk's own quarter of an hour is over, too
        assert "链接过期" in lin.get("/desk/devices/").text


def test_a_device_is_revoked_at_once_and_for_good(app, lin, people):
    tablet, link = app.test_client(), enrol(lin, people)
    tablet.submit(link)
    answer = lin.submit("/desk/devices/", to="/revocation", follow_redirects=True)
    assert "已经停用" in answer.text and "/revocation" not in answer.text
    assert tablet.get("/door/list").status_code == 403
    with app.app_context():
        code = db.session.scalar(db.select(Device.code))
    token = re.search(r'name="csrf_token" value="([^"]+)"', lin.get("/desk/devices/").text)[1]
    assert lin.post(f"/desk/devices/{code}/revocation", data={"csrf_token": token}).status_code == 303
    assert acts(app) == ["devices.enrol", "devices.take_up", "devices.revoke"]


def test_revoking_is_two_steps_and_says_what_goes_first(app, lin, people):
    enrol(lin, people)
    row = re.search(r"<tbody>.*</tbody>", lin.get("/desk/devices/").text, re.S)[0]
    (step,) = re.findall(r"<details>.*?</details>", row, re.S)
    assert "停用不能撤回" in step and "还没发出的签到会一起清掉" in step
    assert row.count("/revocation") == step.count("/revocation") == 1


def test_an_entry_that_another_follows_on_its_browser_is_not_in_use(app, lin, people):
    tablet = app.test_client()
    tablet.submit(enrol(lin, people, name="旧的"))
    tablet.submit(enrol(lin, people, name="新的"))
    rows = re.findall(r"<tr><td><b>(..)</b>.*?</tr>", lin.get("/desk/devices/?standing=followed").text, re.S)
    assert rows == ["旧的"] and "换成了新的登记" in lin.get("/desk/devices/list.csv").text
    assert re.findall(r"<b>(.的)</b>", lin.get("/desk/devices/?standing=in_use").text) == ["新的"]


def test_devices_in_every_standing_are_found_by_it_and_by_pages(app, lin, people):
    now = clock.now()
    today = clock.day_of(now)
    with app.app_context(), transaction():
        for number in range(60):
            made = {"names_shown": False, "by": None, "now": now - timedelta(minutes=5)}
            operations.enrol(people.one, f"平板{number}", today, today, **made)
        named = {device.name: device for device in db.session.scalars(db.select(Device))}
        for number, (first, last) in enumerate([(0, 0), (1, 2), (-2, -1), (0, 0)]):
            device = named[f"平板{number}"]
            device.taken_up_at = device.seen_at = now
            device.token_index, device.link_index = bytes([number]), None
            device.from_on, device.until_on = today + timedelta(days=first), today + timedelta(days=last)
        named["平板3"].revoked_at = now
        named["平板4"].link_until_at = now - timedelta(minutes=1)
    for number, stands in enumerate(["in_use", "early", "over", "revoked", "lapsed"]):
        found = re.findall(r"<b>(平板\d+)</b>", lin.get(f"/desk/devices/?standing={stands}").text)
        assert found == [f"平板{number}"], stands
    pages = [lin.get(f"/desk/devices/?standing=offered&page={page}").text for page in (1, 2)]
    assert "下一页" in pages[0] and "standing=offered" in pages[0]
    assert [len(re.findall(r"<b>平板\d+</b>", page)) for page in pages] == [50, 5]
    assert lin.get("/desk/devices/list.csv").text.count("平板") >= 60
    assert lin.get("/desk/devices/?standing=nonsense&site=%00").status_code == 200


def test_a_link_of_a_revoked_device_opens_nothing(app, lin, people):
    link = enrol(lin, people)
    lin.submit("/desk/devices/", to="/revocation")
    assert app.test_client().get(link).status_code == 410


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "请填写"),
        ({"name": "名" * 41}, "最多 40 个字"),
        ({"from_on": "昨天"}, "没有读懂这个日期"),
        ({"until_on": ""}, "没有读懂这个日期"),
        ({"until_on": "2020-01-01"}, "最后一天早于第一天"),
        ({"from_on": "2020-01-01", "until_on": "2020-01-30"}, "已经过去了"),
        ({"from_on": "2999-01-01", "until_on": "2999-01-30"}, "开始的日期太远"),
        ({"until_on": "2999-01-01"}, "最多登记 92 天"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_enrolled(app, lin, people, changes, said):
    answer = lin.submit("/desk/devices/", fields(people, **changes), to="/desk/devices/")
    assert answer.status_code == 422 and said in answer.text
    with app.app_context():
        assert db.session.scalar(db.select(Device)) is None


def test_92_days_are_fine_and_93_are_not(lin, people):
    today = clock.day_of(clock.now())
    assert enrol(lin, people, until_on=today + timedelta(days=91))
    answer = lin.submit(
        "/desk/devices/", fields(people, until_on=today + timedelta(days=92)), to="/desk/devices/"
    )
    assert answer.status_code == 422


def test_nobody_enrols_for_a_site_that_is_not_theirs(app, lin, people):
    page = lin.get("/desk/devices/")
    token = re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]
    given = fields(people, site=people.two.code) | {"csrf_token": token}
    assert lin.post("/desk/devices/", data=given).status_code in (404, 422)
    with app.app_context():
        assert db.session.scalar(db.select(Device)) is None


def test_an_office_sees_its_stations_devices_and_filters_them(app, lin, people, client):
    enrol(lin, people)
    enrol(lin, people, name="前门手机", names_shown="y")
    chen = cast.signed_in(app, people.chen)
    assert "大厅平板" in chen.get(f"/desk/devices/?site={people.one.code}").text
    assert "没有这样的设备" in chen.get(f"/desk/devices/?site={people.two.code}").text
    assert "没有这样的设备" in chen.get("/desk/devices/?standing=revoked").text
    ma = cast.signed_in(app, people.ma)
    assert "<b>大厅平板" not in ma.get("/desk/devices/").text
    file = chen.get(f"/desk/devices/list.csv?site={people.one.code}").get_data().decode("utf-8-sig")
    assert file.count("\r\n") == 3 and "前门手机" in file and "可以" in file
