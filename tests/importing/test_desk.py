"""Files from the desk: upload, preview, take in; and one sentence for everything that cannot be."""

import io
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from stationapp.accounts.models import Grant
from stationapp.accounts.rules import Role
from stationapp.clock import now
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.importing.models import Upload
from stationapp.importing.tables import MAX_BYTES
from stationapp.rooms.models import Room
from stationapp.sites.models import Population
from tests import cast
from tests.importing.samples import FOLDER

ROOMS = "阵地代码,功能室,容纳人数,楼层,无障碍,开放时间\n410305001001,书画室,16,2,否,\n410305001002,舞蹈室,很多,1,是,\n"
POPULATION = "代码,群体,人数,截至,来源\n410305001001,all,5799,2026-06-30,年中\n"
PLAN = (
    "活动计划表\n承办单位,活动名称,活动类别,时间,地点,对象,人数,负责人及电话,备注\n"
    "湖北路示例一社区,讲座,理论宣讲,11月5日上午9点,广场,居民,30,周老师19900000001,\n"
    "天津路示例一社区,讲座,理论宣讲,11月5日上午9点,广场,居民,30,周老师19900000001,\n"
)


@pytest.fixture
def people(app):
    return cast.district(app)


def upload(client, kind: str | None, content: bytes | str, name: str = "表.csv", *, month: str = ""):
    """Send the form as a browser does; the body is made in memory, whatever its size."""
    page = client.get("/desk/files/").text
    body = content.encode() if isinstance(content, str) else content
    values = {
        "csrf_token": page.split('name="csrf_token" value="')[1].split('"')[0],
        "file": FileStorage(io.BytesIO(body), name),
        "month": month,
        **({"kind": kind} if kind else {}),
    }
    boundary, data = encode_multipart(values)
    return client.post("/desk/files/", data=data, content_type=f"multipart/form-data; boundary={boundary}")


def counted(app, model) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


def test_a_file_is_shown_before_it_is_taken_in(app, client, people):
    cast.sign_in(client, people.chen)
    answer = upload(client, "rooms", ROOMS)
    assert answer.status_code == 303
    shown = client.get(answer.location)
    assert shown.status_code == 200
    assert "很多" in shown.text and "容纳人数" in shown.text
    assert counted(app, Room) == 0
    done = client.submit(shown, to="intake", follow_redirects=True)
    assert "新增 1 行，更新 0 行，0 行原来就有" in done.text
    assert (counted(app, Room), counted(app, Upload)) == (1, 0)


def test_a_second_tap_on_take_in_says_that_the_file_is_gone(app, client, people):
    cast.sign_in(client, people.chen)
    shown = client.get(upload(client, "rooms", ROOMS).location)
    client.submit(shown, to="intake")
    again = client.submit(shown, to="intake")
    assert again.status_code == 404 and "可能已经导入" in again.text
    assert counted(app, Room) == 1


def test_a_reviewer_takes_in_a_plan_for_the_sites_beneath_alone(app, client, people):
    cast.sign_in(client, people.chen)
    assert "人口" not in client.get("/desk/files/").text
    shown = client.get(upload(client, "plan", PLAN, month="2026-11").location)
    assert "没有这个阵地" in shown.text and "天津路示例一社区" in shown.text
    client.submit(shown, to="intake")
    with app.app_context():
        assert db.session.scalars(select(Event.site_id)).all() == [people.one.id]


def test_what_only_the_center_may_take_in_is_refused_to_an_office(app, client, people):
    cast.sign_in(client, people.chen)
    answer = upload(client, "population", POPULATION)
    assert answer.status_code == 422 and "请选一种文件" in answer.text
    assert counted(app, Upload) == 0


def test_the_center_takes_in_population(app, client, people):
    cast.sign_in(client, people.root)
    before = counted(app, Population)
    client.submit(client.get(upload(client, "population", POPULATION).location), to="intake")
    assert counted(app, Population) == before + 1


def test_rights_that_ended_between_preview_and_intake_end_the_upload_too(app, client, people):
    with app.app_context(), transaction():
        db.session.add(
            Grant(staff_id=people.root.id, site_id=people.office.id, role=Role.REVIEWER, granted_at=now())
        )
    cast.sign_in(client, people.root)
    shown = client.get(upload(client, "population", POPULATION).location)
    with app.app_context(), transaction():
        db.session.execute(update(Grant).where(Grant.role == Role.ADMINISTRATOR).values(ended_at=now()))
    before = counted(app, Population)
    assert client.submit(shown, to="intake").status_code == 404
    assert counted(app, Population) == before


@pytest.mark.parametrize(
    ("kind", "content", "name", "sentence"),
    [
        (None, ROOMS, "表.csv", "请选一种文件。"),
        ("rooms", b"", "", "还没有选文件"),
        ("rooms", b"", "空.csv", "文件是空的"),
        ("rooms", b" \n \n", "空.csv", "文件是空的"),
        ("rooms", b"x" * (MAX_BYTES + 1), "大.csv", "文件超过10MB"),
        ("rooms", b"\xd0\xcf\x11\xe0" + bytes(600), "旧.xls", "旧版 .xls"),
        ("rooms", b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "图.png", "。"),
        ("rooms", b"PK\x03\x04" + bytes(100), "坏.xlsx", "。"),
    ],
)
def test_what_is_no_table_gets_one_sentence_and_nothing_is_kept(
    app, client, people, kind, content, name, sentence
):
    cast.sign_in(client, people.chen)
    answer = upload(client, kind, content, name)
    assert answer.status_code == 422
    assert answer.text.count('role="alert"') == 1 and sentence in answer.text.split('role="alert"')[1]
    assert counted(app, Upload) == 0


def test_a_table_of_another_kind_shows_what_its_heads_should_be(app, client, people):
    cast.sign_in(client, people.chen)
    shown = client.get(upload(client, "rooms", "姓名,年纪\n甲,3\n").location)
    assert "没有找到表头" in shown.text and "没有可以新增或更新的行" in shown.text


def test_a_month_that_cannot_be_read_is_refused(client, people):
    cast.sign_in(client, people.chen)
    answer = upload(client, "plan", PLAN, month="十一月")
    assert answer.status_code == 422 and "请写成 2026-11" in answer.text


def test_a_body_far_too_large_is_refused_before_it_is_read(client, people):
    cast.sign_in(client, people.chen)
    answer = upload(client, "rooms", b"x" * 13_000_000)
    assert answer.status_code == 413 and "10 MB" in answer.text


def test_a_viewer_and_a_manager_may_not_load_files(app, client, people):
    for who in (people.zhao, people.lin):
        cast.sign_in(client, who)
        assert client.get("/desk/files/").status_code == 403
    assert app.test_client().get("/desk/files/").status_code == 303


def test_somebody_elses_upload_does_not_exist_for_me(app, client, people):
    cast.sign_in(client, people.chen)
    place = upload(client, "rooms", ROOMS).location
    other = cast.signed_in(app, people.root)
    assert other.get(place).status_code == 404
    page = other.get("/desk/files/")
    token = page.text.split('name="csrf_token" value="')[1].split('"')[0]
    assert other.post(f"{place}/intake", data={"csrf_token": token}).status_code == 404
    assert counted(app, Room) == 0


def test_an_upload_of_yesterday_is_gone(app, client, people):
    cast.sign_in(client, people.chen)
    place = upload(client, "rooms", ROOMS).location
    with app.app_context(), transaction():
        db.session.execute(update(Upload).values(made_at=now() - timedelta(hours=25)))
    answer = client.get(place)
    assert answer.status_code == 404 and "放了一天被清掉了" in answer.text


def test_the_whole_plan_of_a_month_is_previewed_and_taken_in(app, client, people):
    cast.sign_in(client, people.root)
    for kind in ("sites", "rooms", "plan"):
        path = FOLDER / "jianxi" / ("plan-2026-11.xlsx" if kind == "plan" else f"{kind}.csv")
        shown = client.get(upload(client, kind, path.read_bytes(), path.name).location)
        assert path.name in shown.text
        client.submit(shown, to="intake")
    assert counted(app, Event) == 247
