"""Record sheets and certificates as volunteers, staff and whoever checks one meet them."""

import re
import subprocess

import pytest
from sqlalchemy import func, select

from stationapp.audit.models import AuditLine
from stationapp.certificates import paper
from stationapp.certificates.content import content_of
from stationapp.certificates.models import Certificate
from stationapp.db import db
from stationapp.messages.certified import check_code
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.saying import facts_of
from stationapp.notices.rules import Occasion
from stationapp.vault import vault
from stationapp.web.pdf import render
from tests import cast
from tests.certificates.acts import helper, issued, issuer
from tests.publicity.sheets import Pdf


@pytest.fixture
def people(app):
    return cast.district(app)


def token_on(page) -> str:
    return re.search(r'name="csrf_token" value="([^"]+)"', page.text)[1]


def press(client, page_at, **values):
    """Issue as the form on the page would be sent."""
    page = client.get(page_at)
    key = re.search(r'name="key" value="([^"]+)"', page.text)[1]
    return {"csrf_token": token_on(page), "key": key, "reason": "学校要求", **values}


@pytest.fixture
def ready(app, people):
    """Wang with two hours at station one, whose certificates the office issues."""
    with app.app_context():
        issuer(people.office)
        return helper(people.one)


def test_anyone_with_a_ledger_gets_the_record_sheet_as_page_and_pdf(app, people, client, ready):
    with app.app_context():
        code = vault().unseal(ready.personal_sealed)
    assert "查询单和证明" in client.get(f"/hours/{code}").text
    page = client.get(f"/hours/{code}/record")
    for said in (
        "志愿服务记录（平台查询单）",
        "不是证明",
        "智能手机课堂",
        "签到",
        "120 分钟",
        "王*国",
        "还没有出具过证明",
    ):
        assert said in page.text
    sheet = Pdf(client.get(f"/hours/{code}/record.pdf").data)
    assert "不是证明" in sheet.said() and "合计120分钟2.0小时" in sheet.said() and sheet.outside() == []
    assert client.get("/hours/2345678923/record").status_code == 404
    at_desk = cast.signed_in(app, people.lin).get(f"/desk/volunteers/{ready.code}/record")
    assert "120 分钟" in at_desk.text and "王建国" not in at_desk.text
    assert cast.signed_in(app, people.ma).get(f"/desk/volunteers/{ready.code}/record").status_code == 404


def test_an_office_issues_once_however_often_it_presses_and_the_household_is_told_once(app, people, ready):
    chen, at = cast.signed_in(app, people.chen), f"/desk/certificates/new?site={people.office.code}"
    form = press(chen, at, volunteer=ready.code)
    for _ in range(2):
        page = chen.post(at, data=form, follow_redirects=True)
        assert "410305001-" in page.text and "王*国" in page.text and "王建国" not in page.text
    with app.app_context():
        one = db.session.scalars(select(Certificate)).one()
        about = Message.occasion == Occasion.CERTIFICATE, Message.way == Way.PAGE
        message = db.session.scalars(select(Message).where(*about)).one()
        facts = facts_of([message], now=one.issued_at)[message.id]
        link = f"/certificates/{one.number}?c={check_code(one.number)}"
        assert one.minutes == 120 and one.number.endswith("-00001") and facts["link"].endswith(link)
        acts = db.session.scalars(
            select(AuditLine.act).where(AuditLine.subject == f"certificate {one.number}")
        )
        assert list(acts) == ["certificates.issue"]
    check = app.test_client().get(link)
    assert (
        "有效" in check.text
        and "王*国" in check.text
        and "2.0" in check.text
        and "湖北路街道办事处" in check.text
    )
    wide = "".join(chr(ord(c) + 0xFEE0) if c.isdigit() else "—" for c in one.number)
    typed = {"number": f" {wide} ", "c": link.split("=")[1]}
    assert "有效" in app.test_client().get("/certificates", query_string=typed, follow_redirects=True).text


def test_without_reason_or_choice_or_a_complete_issuer_nothing_is_issued(app, people, ready):
    chen, at = cast.signed_in(app, people.chen), f"/desk/certificates/new?site={people.office.code}"
    for changes, said in (({"volunteer": ready.code, "reason": " "}, "请写明原因"), ({}, "请至少选一位")):
        answer = chen.post(at, data=press(chen, at, **changes))
        assert answer.status_code == 409 and said in answer.text
    lin = cast.signed_in(app, people.lin)
    assert "不是法人单位" in lin.get("/desk/certificates/new").text
    answer = lin.post(
        "/desk/certificates/new",
        data={
            "csrf_token": token_on(lin.get("/desk/volunteers/new")),
            "volunteer": ready.code,
            "reason": "要",
        },
    )
    assert answer.status_code == 409 and "不是法人单位" in answer.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Certificate)) == 0
    assert cast.signed_in(app, people.zhao).get("/desk/certificates/").status_code == 403


def test_an_issuer_is_filled_in_by_the_reviewer(app, people, ready):
    chen = cast.signed_in(app, people.chen)
    at = f"/desk/issuers/{people.office.code}"
    assert "湖北路街道办事处" in chen.get(at).text
    assert chen.submit(at, {"handler": ""}).status_code == 422
    page = chen.submit(at, {"handler": "钱经办"}, follow_redirects=True)
    assert "钱经办" in page.text and "不是法人单位" in page.text
    refused = chen.submit(f"/desk/issuers/{people.one.code}", {
        "legal_name": "甲", "in_charge": "乙", "handler": "丙", "contact": "丁"})  # fmt: skip
    assert refused.status_code == 409 and "不是法人单位" in refused.text
    assert cast.signed_in(app, people.lin).get(at).status_code == 403


def test_a_check_without_the_right_code_says_the_same_of_every_number_and_guesses_are_throttled(
    app, people, client, ready
):
    with app.app_context():
        (one,) = issued(people.office, ready)
    nothing = "410305001-2026-99999"

    def said(number, code=""):
        answer = client.get(f"/certificates/{number}", query_string={"c": code} if code else {})
        return answer.status_code, answer.text.replace(number, "")

    assert said(one.number) == said(nothing)
    assert said(one.number, "2345678923") == said(nothing, "2345678923")
    assert said(one.number, "2345678923")[0] == 404
    codes = [said(one.number, f"23456789{n}2")[0] for n in range(2, 90)]
    assert codes[-1] == 429
    found = client.get("/certificates", query_string={"number": one.number, "c": "x"})
    assert found.status_code == 303 and client.get("/certificates").status_code == 200


def test_a_revoked_certificate_says_so_and_why_and_another_may_be_issued(app, people, client, ready):
    with app.app_context():
        (one,) = issued(people.office, ready)
        link = f"/certificates/{one.number}?c={check_code(one.number)}"
    chen, at = cast.signed_in(app, people.chen), f"/desk/certificates/{one.number}"
    token = token_on(chen.get(at))
    empty = chen.post(f"{at}/revocation", data={"csrf_token": token, "reason": " "})
    assert empty.status_code == 409 and "请写明原因" in empty.text
    chen.post(f"{at}/revocation", data={"csrf_token": token, "reason": "时长有误"})
    again = chen.post(f"{at}/revocation", data={"csrf_token": token, "reason": "再一次"})
    assert again.status_code == 409 and "已经撤销过" in again.text
    check = client.get(link)
    assert "这份证明无效" in check.text and "时长有误" in check.text
    with app.app_context():
        assert not list(
            db.session.scalars(select(Message).where(
                Message.occasion == Occasion.CERTIFICATE, Message.state == Delivery.PENDING))
        )  # fmt: skip
        (two,) = issued(people.office, ready, key="another")
        assert two.serial == 2
    file = chen.get("/desk/certificates/register.csv").data.decode("utf-8-sig")
    assert "时长有误" in file and two.number in file and "王建国" not in file


def test_the_paper_is_one_sheet_its_code_is_read_and_printing_is_written_down(
    app, people, client, ready, tmp_path
):
    with app.app_context():
        (one,) = issued(people.office, ready)
        personal = vault().unseal(ready.personal_sealed)
        link = f"/certificates/{one.number}?c={check_code(one.number)}"
        before = content_of(one)
    chen = cast.signed_in(app, people.chen)
    token = token_on(chen.get(f"/desk/certificates/{one.number}"))
    form = {"csrf_token": token, "reason": "交给本人"}
    unsaid = chen.post(f"/desk/certificates/{one.number}/paper", data=form | {"reason": " "})
    assert unsaid.status_code == 422 and "请写明原因" in unsaid.text
    data = chen.post(f"/desk/certificates/{one.number}/paper", data=form).data
    sheet = Pdf(data)
    said = sheet.said()
    for part in (
        "志愿服务记录证明",
        "王建国",
        "199****3333",
        "教育服务",
        "孙经办",
        "湖北路街道办事处",
        one.number,
    ):
        assert part in said
    assert "19900003333" not in said and "星级" not in said
    assert len(sheet) == 1 and sheet.size() == (210, 297) and sheet.outside() == []
    sheet.image(dpi=200).save(tmp_path / "page.png")
    read = subprocess.run(
        ["zbarimg", "--raw", "-q", "--nodbus", str(tmp_path / "page.png")], capture_output=True, text=True
    ).stdout.strip()
    assert read.endswith(link) and client.get(link).status_code == 200
    with app.app_context():
        helper(people.one, hours=3)  # the ledger goes on, the certificate does not
        issuer(people.office, "改了名的街道办")
        assert content_of(db.session.get(Certificate, one.id)) == before
        acts = db.session.scalars(
            select(AuditLine.act).where(AuditLine.subject == f"certificate {one.number}")
        )
        assert "certificates.print" in list(acts)
    assert chen.post(f"/desk/certificates/{one.number}/paper", data=form).data == data
    assert client.get(f"/hours/{personal}/certificates/{one.number}.pdf").data == data
    assert cast.signed_in(app, people.ma).get(f"/desk/certificates/{one.number}").status_code == 404


@pytest.mark.parametrize(("minutes", "said"), [(5990, ""), (6000, "申请一星级"), (90_000, "申请五星级")])
def test_stars_are_only_said_to_be_within_reach_of_an_application(app, minutes, said):
    content = {
        "number": "410305001-2026-00001", "name": "王" * 12, "phone": "", "minutes": minutes, "from": "2026-01-05",
        "to": "2026-11-20", "kinds": [[f"第{n}类", 3, 60] for n in range(9)], "issuer": "某" * 40, "in_charge": "甲",
        "handler": "乙", "volunteer": "PPCH9QB9", "contact": "0379-00000002", "on": "2026-11-23",
        "stars": paper_stars(minutes),
    }  # fmt: skip
    with app.test_request_context():
        sheet = Pdf(
            render(
                "certificates/certificate",
                paper.certificates([paper.certificate(content, revoked=True, public_url="https://x.cn")]),
            )
        )
    assert len(sheet) == 1 and sheet.outside() == [] and "已撤销" in sheet.said()
    assert said in sheet.said() and "获得" not in sheet.said() and "授予" not in sheet.said()


def paper_stars(minutes: int) -> int:
    from stationapp.certificates.rules import stars

    return stars(minutes)
