"""Sign-up lists from the desk: printed empty, filled in, uploaded, put right, taken in; and they stand on the list."""

import io

import pytest
import time_machine
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from stationapp.signups import queries
from tests import cast
from tests.importing.sheets import SAMPLE, exercise, sheet
from tests.importing.test_desk_sheets import token, upload
from tests.importing.test_parties import ABOVE, HEAD, NOW
from tests.importing.test_tables import repacked


@pytest.fixture
def people(app):
    with time_machine.travel(NOW, tick=True):
        yield cast.district(app)


@pytest.fixture
def event(app, people):
    with app.app_context():
        return exercise(people.one, capacity=3)


def paper(*lines: str, above: str = ABOVE) -> bytes:
    return sheet(*lines, above=above, head=HEAD)


def send(client, content: bytes, event: str = ""):
    return upload(client, content, "报名表.csv", f"/desk/sheets/?kind=signups&event={event}")


def listed(app, event) -> list[tuple[str, str]]:
    with app.app_context():
        return [(who.name, signup.state.value) for signup, who, _party in queries.roster(event)]


@pytest.mark.both_databases
def test_a_list_is_uploaded_put_right_taken_in_and_stands_on_the_events_list(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = send(
        client,
        paper(
            ",吴秀英,19900001111,,本社区,+1 吴军,",
            ",程永,1990000,,,3人,",
            ",薛爱,19900007454,,,薛强,现场",
            ",冯国,19900009999,,,,",
        ),
    )
    for said in ("读到“1990000”", "同行的每个人都要写姓名", "排在候补第1位", "替这 3 家报名"):
        assert said in shown.text, said
    assert listed(app, event) == []
    form = client.get(f"{shown.request.path}?line=1")
    fix = f"{shown.request.path}/rows/1"
    wrong = client.submit(form, {"phone": "199 0000 6848", "others": "3人"}, to=fix)
    assert wrong.status_code == 422 and "同行的每个人都要写姓名" in wrong.text
    child = client.submit(wrong, {"phone": "199 0000 6848", "others": "程小小(2018-06)"}, to=fix)
    assert child.status_code == 303
    assert "监护人" in client.get(shown.request.path).text
    form = client.get(f"{shown.request.path}?line=1")
    assert 'value="程小小（2018-06）"' in form.text
    client.submit(form, {"guardian_consent": "y"}, to=fix)
    client.post(f"{shown.request.path}/rows/3", data=token(shown) | {"act": "out"})
    done = client.submit(client.get(shown.request.path), to="intake", follow_redirects=True)
    assert "报上 1 家，排候补或等抽签 2 家，原来就报过 0 家。有 1 行没有记" in done.text
    assert sorted(listed(app, event)) == sorted(
        [("吴秀英", "confirmed"), ("吴军", "confirmed"), ("程永", "waitlisted"), ("程小小", "waitlisted"),
         ("薛爱", "waitlisted"), ("薛强", "waitlisted")]
    )  # fmt: skip
    its = client.get(f"/desk/events/{event.code}/signups").text
    assert "电话代报" in its and "现场代报" in its
    again = client.submit(done, to="intake", follow_redirects=True)
    assert "报上 0 家，排候补或等抽签 0 家，原来就报过 3 家。" in again.text
    client.submit(send(client, paper(",吴秀英,19900001111,,本社区,吴军,")), to="intake")
    assert len(listed(app, event)) == 6


def test_the_preview_goes_out_as_a_masked_list_and_its_owners_alone(app, client, people, event):
    cast.sign_in(client, people.lin)
    shown = send(client, paper(",吴秀英,19900001111,,,,", ",程永,1990000,,,程小小(属马),"))
    answer = client.get(f"{shown.request.path}/lines.csv?only=problems")
    assert answer.mimetype == "text/csv"
    _head, row = answer.data.decode("utf-8-sig").splitlines()
    assert "程*" in row and "这一行不记" in row and "不是完整的电话" in row
    whole = client.get(f"{shown.request.path}/lines.csv").text
    assert "报上名额" in whole and "吴*英" in whole and "八段锦晨练" in whole
    for secret in ("吴秀英", "程永", "程小小", "19900001111", "1990000"):
        assert secret not in whole
    cast.sign_in(client, people.chen)
    assert client.get(f"{shown.request.path}/lines.csv").status_code == 404


def test_from_an_events_page_a_sheet_without_a_heading_is_read_for_that_event(app, client, people, event):
    with app.app_context():
        other = exercise(people.one, title="合唱")
    cast.sign_in(client, people.lin)
    page = client.get(f"/desk/events/{event.code}")
    for link in (
        f"/desk/events/{event.code}/signups/sheet",
        f"/desk/sheets/?kind=signups&amp;event={event.code}",
    ):
        assert link in page.text
    start = client.get(f"/desk/sheets/?kind=signups&event={event.code}")
    assert "表上没写是哪一场的，按这一场算" in start.text and "签到表：活动开始以后" in start.text
    assert f"/desk/events/{other.code}/signups/sheet" in start.text
    assert "/desk/sheets/?kind=signups" in client.get("/desk/phone/").text
    bare = paper(",吴秀英,19900001111,,,,", above="")
    assert "没有写是哪一场活动" in send(client, bare).text
    shown = send(client, bare, event=event.code)
    assert "八段锦晨练" in shown.text and "没有写是哪一场活动" not in shown.text
    client.post(f"{shown.request.path}/rows/0", data=token(shown) | {"act": "out"})
    client.post(f"{shown.request.path}/rows/0", data=token(shown) | {"act": "back"})
    client.submit(client.get(shown.request.path), to="intake")
    assert listed(app, event) == [("吴秀英", "confirmed")]
    named = send(client, paper(",程永,19900006848,,,,", above="合唱\n11月8日\n"), event=event.code)
    client.submit(named, to="intake")
    assert listed(app, other) == [("程永", "confirmed")]


def test_an_empty_sheet_for_the_printer_has_what_a_caller_must_hear(app, client, people, event):
    cast.sign_in(client, people.lin)
    page = client.get(f"/desk/events/{event.code}/signups/sheet")
    for said in ("八段锦晨练 报名表", f"{event.code}-2", "要监护人同意才能登记", "念给对方听", "人数/同行"):
        assert said in page.text, said
    assert '<th scope="col">出生年月</th>' not in page.text
    with app.app_context():
        aged = exercise(people.one, title="老年大学", min_age=60)
        draft = exercise(people.one, title="没发布", publish=False)
    assert '<th scope="col">出生年月</th>' in client.get(f"/desk/events/{aged.code}/signups/sheet").text
    assert client.get(f"/desk/events/{draft.code}/signups/sheet").status_code == 404


def test_ten_thousand_rows_a_megabyte_of_a_name_and_no_sheet_are_one_sentence_each(client, people, event):
    cast.sign_in(client, people.lin)
    assert "一份报名表最多读300人" in send(client, paper(*(f",居民{n},,,,," for n in range(10_000)))).text
    rows = (f",{'长' * 70_000},19900001111,,,,", f",程永,,,,{'长' * 70_000},", ",吴秀英,19900001111,,,,")
    long = send(client, paper(*rows))
    assert "替这 1 家报名" in long.text and len(long.data) < 200_000
    page = client.get("/desk/sheets/?kind=signups")
    bomb = repacked(SAMPLE, **{"xl/media/big.bin": b"0" * 101_000_000})
    for content, name, said in (
        (paper(f",{'长' * 400_000},19900001111,,,,"), "报名表.csv", "请检查后再上传"),
        (bomb, "弹.xlsx", "100MB"),
    ):
        # The body is made in memory, whatever its size.
        fields = token(page) | {"kind": "signups", "file": FileStorage(io.BytesIO(content), name)}
        boundary, data = encode_multipart(fields)
        answer = client.post(
            "/desk/sheets/", data=data, content_type=f"multipart/form-data; boundary={boundary}"
        )
        assert answer.status_code == 422 and said in answer.text
