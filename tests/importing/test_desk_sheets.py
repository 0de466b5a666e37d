"""Signed sheets from the desk: each line is seen, put right, taken in; and it stands on the roster."""

import io

import pytest
import time_machine
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.importing.models import Upload
from stationapp.residents.models import Resident
from tests import cast
from tests.importing.sheets import ABOVE, NOW, SAMPLE, exercise, sheet
from tests.importing.test_tables import repacked

BAD_PHONE = ",程永,1990000,1950.3,本社区,√,"


@pytest.fixture
def people(app):
    with time_machine.travel(NOW, tick=True):
        yield cast.district(app)


@pytest.fixture
def event(app, people):
    with app.app_context():
        return exercise(people.one)


def upload(client, content: bytes, name: str = "签到表.csv", at: str = "/desk/sheets/"):
    """Send a sheet from the form at that address and open its preview."""
    answer = client.submit(client.get(at), {"file": FileStorage(io.BytesIO(content), name)},
                           content_type="multipart/form-data")  # fmt: skip
    assert answer.status_code == 303, answer.text
    return client.get(answer.location)


def rows(app) -> list[tuple[str, Part]]:
    with app.app_context():
        found = select(Resident.name, Attendance.part).join(Attendance, Attendance.resident_id == Resident.id)
        return [tuple(row) for row in db.session.execute(found.order_by(Attendance.id))]


@pytest.mark.both_databases
def test_a_manager_puts_a_line_right_and_everybody_stands_on_the_roster(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = upload(client, sheet(BAD_PHONE, ",薛爱,19900007454,71,外区,√,志愿者", ",张子永,19900005977,,,,"))
    assert "读到“1990000”，不是完整的电话" in shown.text and "没签名，不记" in shown.text
    assert rows(app) == []
    form = client.get(f"{shown.request.path}?line=0")
    assert 'value="程永"' in form.text and 'value="1950-03"' in form.text
    wrong = client.submit(
        form, {"phone": "12"}, to=f"{shown.request.path}/rows/0"
    )  # fmt: skip
    assert wrong.status_code == 422 and "这不像电话号码" in wrong.text
    right = client.submit(wrong, {"phone": "199 0000 6848"}, to=f"{shown.request.path}/rows/0")
    assert right.status_code == 303
    ready = client.get(shown.request.path)
    assert "改过" in ready.text and "不是完整的电话" not in ready.text
    done = client.submit(ready, to="intake", follow_redirects=True)
    assert "记下 2 人到场，0 人原来就在名单上，1 人没有签名。" in done.text
    assert rows(app) == [("程永", Part.RESIDENT), ("薛爱", Part.VOLUNTEER)]
    roster = client.get(f"/desk/events/{event.code}/roster").text
    assert "程*" in roster and "薛*" in roster
    again = client.submit(ready, to="intake", follow_redirects=True)
    assert "记下 0 人到场，2 人原来就在名单上" in again.text and len(rows(app)) == 2


def test_a_line_is_left_out_and_taken_again(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = upload(client, sheet(",薛爱,19900007454,,,√,"))
    assert "记下这 1 人到场" in shown.text
    client.post(f"{shown.request.path}/rows/0", data=token(shown) | {"act": "out"})
    left = client.get(shown.request.path)
    assert "您去掉了" in left.text and "没有可以新记的人" in left.text
    client.post(f"{shown.request.path}/rows/0", data=token(shown) | {"act": "back"})
    assert "记下这 1 人到场" in client.get(shown.request.path).text
    assert client.post(f"{shown.request.path}/rows/7", data=token(shown) | {"act": "out"}).status_code == 404


def token(page) -> dict[str, str]:
    return {"csrf_token": page.text.split('name="csrf_token" value="')[1].split('"')[0]}


def test_a_page_left_open_takes_in_no_other_file(app, client, people, event):
    cast.sign_in(client, people.lin)
    old = upload(client, sheet(",程永,19900006848,,,√,"))
    upload(client, sheet(",薛爱,19900007454,71,外区,√,"))
    assert client.submit(old, to="intake").status_code == 404
    assert rows(app) == []


def test_somebody_who_did_not_sign_but_came_is_put_right(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = upload(client, sheet(",张子永,19900005977,,,,"))
    form = client.get(f"{shown.request.path}?line=0")
    client.submit(form, {"part": "staff"}, to=f"{shown.request.path}/rows/0")
    client.submit(client.get(shown.request.path), to="intake")
    assert rows(app) == [("张子永", Part.STAFF)]


def test_a_child_is_taken_in_when_the_guardian_s_consent_is_ticked(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = upload(client, sheet(",李小满,19900001111,2018.6,,√,"))
    assert "没有监护人同意的记录" in shown.text
    form = client.get(f"{shown.request.path}?line=0")
    assert client.submit(form, to=f"{shown.request.path}/rows/0").status_code == 422
    client.submit(form, {"guardian_consent": "y"}, to=f"{shown.request.path}/rows/0")
    client.submit(client.get(shown.request.path), to="intake")
    with app.app_context():
        assert db.session.scalars(select(Resident)).one().guardian_consent_at is not None


def test_the_event_of_a_sheet_without_a_title_is_chosen_and_one_line_may_be_of_another(
    app, client, people, event
):
    with app.app_context():
        other = exercise(people.one, title="合唱")
        exercise(people.two, title="别站的")
    cast.sign_in(client, people.lin)
    shown = upload(client, sheet(",程永,,,,√,", ",薛爱,,,,√,", above="签到表\n"))
    assert "没有写是哪一场活动" in shown.text and "别站的" not in shown.text
    path = f"{shown.request.path}/event"
    bad = client.submit(shown, {"event": "ZZZZZZZZ"}, to=path)
    assert bad.status_code == 422 and "请从列表里选一场活动" in bad.text
    client.submit(shown, {"event": event.code}, to=path)
    form = client.get(f"{shown.request.path}?line=1")
    client.submit(form, {"event": str(other.id)}, to=f"{shown.request.path}/rows/1")
    client.submit(client.get(shown.request.path), to="intake")
    with app.app_context():
        assert db.session.scalars(select(Attendance.event_id).order_by(Attendance.id)).all() == [
            event.id, other.id,
        ]  # fmt: skip


def test_the_sample_sheet_goes_from_the_desk_to_the_roster(app, client, people, event):
    cast.sign_in(client, people.chen)
    shown = upload(client, SAMPLE, "signin-sheet-2026-11-08.xlsx")
    assert "记下这 35 人到场" in shown.text and "与第22行是同一个人" in shown.text
    only = client.get(f"{shown.request.path}?only=problems").text
    assert "袁雪" in only and "贾涵" not in only
    client.submit(shown, to="intake")
    assert len(rows(app)) == 35


def test_a_sheet_of_another_station_is_not_for_me(app, client, people, event):
    cast.sign_in(client, people.ma)
    shown = upload(client, sheet(BAD_PHONE, above="湖北路示例一社区 " + ABOVE))
    assert "不在您管的范围里" in shown.text
    client.submit(shown, to="intake")
    client.submit(upload(client, sheet(",薛爱,,,,√,")), to="intake")
    assert rows(app) == []


def test_what_is_kept_is_sealed_and_its_owner_s_alone(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = upload(client, sheet(",薛爱,19900007454,,,√,"))
    form = client.get(f"{shown.request.path}?line=0")
    client.submit(form, {"name": "薛爱爱"}, to=f"{shown.request.path}/rows/0")
    with app.app_context():
        kept = db.session.scalars(select(Upload)).one()
        for body in (kept.content, kept.corrections_sealed):
            assert "薛爱".encode() not in body and b"19900007454" not in body
        assert "importing.keep_sheet" in db.session.scalars(select(AuditLine.act)).all()
    other = cast.signed_in(app, people.chen)
    assert other.get(shown.request.path).status_code == 404
    assert client.get(f"/desk/files/{shown.request.path.split('/')[-1]}").status_code == 403
    with app.app_context(), transaction():
        db.session.execute(update(Upload).values(made_at=NOW.replace(year=2025)))
    assert client.get(shown.request.path).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (b"", "", "还没有选文件"),
        (b" \n", "空.csv", "文件是空的"),
        (b"PK\x03\x04" + bytes(100), "坏.xlsx", "打不开"),
        (b"x" * 10_000_001, "大.csv", "10MB"),
        (repacked(SAMPLE, **{"xl/media/big.bin": b"0" * 101_000_000}), "弹.xlsx", "100MB"),
    ],
)
def test_what_is_no_sheet_gets_one_sentence_and_nothing_is_kept(app, client, people, content, name, said):
    cast.sign_in(client, people.lin)
    page = client.get("/desk/sheets/")
    # The body is made in memory, whatever its size.
    boundary, data = encode_multipart(token(page) | {"file": FileStorage(io.BytesIO(content), name)})
    answer = client.post("/desk/sheets/", data=data, content_type=f"multipart/form-data; boundary={boundary}")
    assert (answer.status_code, said in answer.text) == (422, True)
    with app.app_context():
        assert db.session.scalars(select(Upload)).all() == []


def test_ten_thousand_rows_are_refused_with_a_sentence(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = upload(client, sheet(*(f",居民{number},,,,√," for number in range(10_000))))
    assert "一份签到表最多读300人" in shown.text and "没有可以新记的人" in shown.text


def test_viewers_helpers_and_administrators_load_no_sheets(client, people):
    for who in (people.zhao, people.root):
        cast.sign_in(client, who)
        assert client.get("/desk/sheets/").status_code == 403
