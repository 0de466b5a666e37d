"""The evidence folder: made at once, written down, masked, and for outside without anybody in it."""

import re
from datetime import timedelta
from hashlib import sha256

import pypdfium2.raw as raw
import pytest
from sqlalchemy import select

from stationapp.attendance.models import Photo
from stationapp.attendance.photos import encode
from stationapp.attendance.rules import Part
from stationapp.audit.models import AuditLine
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.events.rules import State
from stationapp.reports import evidence
from tests import cast
from tests.attendance.pictures import picture
from tests.publicity.sheets import Pdf
from tests.reports import build
from tests.reports.build import AT

MONTH = "/desk/reports/410305001001/2026-09/evidence"
WHY = {"reason": "交给街道归档"}
INSIDE = WHY | {"audience": "inside"}


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def codes(app, people):
    """An event with pictures and people, and one with three people."""
    with app.app_context(), transaction():
        held = build.event(people.one, title="智能手机课堂")
        build.came(held, build.resident(people.one, "张建华"))
        build.came(held, build.resident(people.one, "李小满"), band=AgeBand.B7)
        helper = build.resident(people.one, "王志愿")
        helper.birth_month = "2010-05"  # a minor, though nobody asked for the age that day
        build.came(held, helper, part=Part.VOLUNTEER, band=AgeBand.UNKNOWN)
        build.counted(held, 20, AgeBand.B65)
        for place in (1, 2, 3):
            jpeg = encode(picture(900 + place, 600))
            digest = sha256(jpeg).hexdigest()
            db.session.add(
                Photo(event_id=held.id, place=place, jpeg=jpeg, digest=digest, added_at=AT, added_by=None)
            )
        few = build.event(people.one, AT + timedelta(days=1), title="读书会")
        for _ in range(3):
            build.came(few, build.resident(people.one, "赵春梅"))
        open_still = build.event(people.one, AT + timedelta(days=2), state=State.PUBLISHED, title="太极拳")
        return [one.code for one in (held, few, open_still)]


def lines(app) -> list[tuple[str, str, str]]:
    with app.app_context():
        rows = db.session.execute(
            select(AuditLine.act, AuditLine.subject, AuditLine.reason)
            .where(AuditLine.act == "reports.evidence")
            .order_by(AuditLine.number)
        )
        return [tuple(row) for row in rows]


def ask(client, path: str, given: dict):
    """Send the form at a path, with the token of a page that has one."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk/account").text)
    return client.post(path, data=given | {"csrf_token": token[1]})


def pictures(file: Pdf) -> int:
    """How many pictures there are in a file, as a second reader finds them."""
    found = (page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=9) for page in file._document)
    return sum(1 for page in found for _ in page)


@pytest.mark.both_databases
def test_a_months_folder_inside_names_nobody_in_full_and_no_child_at_all(app, people, codes):
    lin = cast.signed_in(app, people.lin)
    assert "2 场有效活动" in lin.get(MONTH).get_data(as_text=True)
    answer = ask(lin, MONTH, INSIDE)
    assert answer.mimetype == "application/pdf"
    file = Pdf(answer.data)
    said = file.said()
    assert len(file) == 3 and all(file.outside(n) == [] for n in range(3))
    assert all("活动佐证材料" in file.said(n) and "内部版" in file.said(n) for n in range(3))
    assert "2026年9月活动佐证材料" in said and "新时代文明实践站" in said and "目录" in said
    assert "25人次" in said and "智能手机课堂" in said
    assert "张*华" in said and "未成年人" in said and "其中现场计数20人" in said
    for name in ("张建华", "李小满", "李*满", "王志愿", "王*愿", "赵春梅", "199"):
        assert name not in said
    assert ask(lin, MONTH, INSIDE).data == answer.data
    assert lines(app)[0] == (
        "reports.evidence",
        "site 410305001001 month 2026-09 inside 2 events",
        "交给街道归档",
    )


def test_a_folder_for_outside_has_no_list_no_ages_and_no_small_number(app, people, codes):
    said = Pdf(ask(cast.signed_in(app, people.lin), MONTH, WHY).data).said()
    assert "<5" in said and "对外版" in said
    for inside in ("张*华", "未成年人", "岁", "赵*梅", "到场名单"):
        assert inside not in said
    assert lines(app)[0][1].endswith("outside 2 events")


def test_the_cards_of_an_office_do_not_add_up_to_what_its_report_withholds(app, people):
    """Three people came to one station, 22 to the other: 25 less what its two cards say would be the three."""
    with app.app_context(), transaction():
        for site, title, heads in (
            (people.one, "读书会", 3),
            (people.two, "电影", 10),
            (people.two, "合唱", 12),
        ):
            build.counted(build.event(site, title=title), heads, AgeBand.B65)
    chen = cast.signed_in(app, people.chen)
    where = f"/desk/reports/{people.office.code}/{build.MONTH}/evidence"
    said = Pdf(ask(chen, where, WHY).data).said()
    assert "25人次" in said
    assert not re.search(r"服务人次(3|10|12|22|<5)(?!\d)", said)
    assert said.count("服务人次*") == 3
    assert "服务人次10" in Pdf(ask(chen, where, INSIDE).data).said()


def test_the_pictures_of_an_event_are_on_its_card(app, people, codes):
    chen = cast.signed_in(app, people.chen)
    files = [Pdf(ask(chen, f"/desk/events/{code}/evidence", INSIDE).data) for code in codes[:2]]
    assert [pictures(file) for file in files] == [3, 0]
    assert "读书会" in files[1].said(0) and "时间2026年9月" in files[1].said(0)
    assert len(files[1]) == 1 and "目录" not in files[1].said()


def test_nothing_is_made_without_a_reason_or_before_the_close_out(app, people, codes):
    lin = cast.signed_in(app, people.lin)
    answer = ask(lin, MONTH, {"reason": "  ", "audience": "inside"})
    assert answer.status_code == 422 and "交给谁、做什么用" in answer.get_data(as_text=True)
    answer = ask(lin, f"/desk/events/{codes[0]}/evidence", {})
    assert answer.status_code == 422
    answer = ask(lin, f"/desk/events/{codes[2]}/evidence", INSIDE)
    assert answer.status_code == 422 and "还没有归档" in answer.get_data(as_text=True)
    assert lines(app) == []


def test_too_many_events_are_told_where_else_to_get_them(app, people, codes, monkeypatch):
    monkeypatch.setattr(evidence, "MOST", 1)
    lin = cast.signed_in(app, people.lin)
    assert "超过 1 场" in lin.get(MONTH).get_data(as_text=True)
    assert "/desk/reports/410305001001/2026-09/behind/I-01" in lin.get(MONTH).get_data(as_text=True)
    above = cast.signed_in(app, people.chen).get(MONTH.replace("410305001001", people.office.code))
    assert f'href="{MONTH}"' in above.get_data(as_text=True)
    answer = ask(lin, MONTH, INSIDE)
    assert answer.status_code == 422 and answer.mimetype == "text/html"
    assert lines(app) == []


def test_only_who_may_see_the_rows_gets_them(app, people, codes):
    paths = (MONTH, f"/desk/events/{codes[0]}/evidence")
    for who, status in ((people.ma, 404), (people.zhao, 403)):
        client = cast.signed_in(app, who)
        assert [client.get(path).status_code for path in paths] == [status] * 2
        assert [ask(client, path, INSIDE).status_code for path in paths] == [status] * 2
    assert lines(app) == []


def test_a_month_without_an_event_makes_a_folder_that_says_so(app, people):
    file = Pdf(ask(cast.signed_in(app, people.lin), MONTH, INSIDE).data)
    assert len(file) == 1 and "还没有归档的有效活动" in file.said()


def test_the_events_page_leads_to_its_folder(app, people, codes):
    lin = cast.signed_in(app, people.lin)
    assert f"/desk/events/{codes[0]}/evidence" in lin.get(f"/desk/events/{codes[0]}").get_data(as_text=True)
    assert "佐证材料" not in lin.get(f"/desk/events/{codes[2]}").get_data(as_text=True)
