"""The month's files at the desk: named after site and month, for whom they are, in the district's own form."""

import io
from urllib.parse import quote

import pytest
from docx import Document

from stationapp.db import transaction
from stationapp.reports.files import MEDIA
from tests import cast
from tests.reports import build, readers
from tests.reports.build import MONTH


@pytest.fixture
def people(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        held = build.event(people.one)
        for _ in range(3):
            build.came(held, build.resident(people.one))
    return people


@pytest.mark.parametrize("format", MEDIA)
def test_every_format_comes_with_its_type_and_name(app, client, people, format):
    cast.sign_in(client, people.chen)
    answer = client.get(f"/desk/reports/{people.office.code}/{MONTH}/files/{format}")
    assert answer.status_code == 200
    assert answer.content_type == MEDIA[format]
    assert quote(f"湖北路所-2026-09-覆盖报表.{format}") in answer.headers["Content-Disposition"]


def test_of_a_month_that_has_no_report_there_is_no_file(app, client, people):
    cast.sign_in(client, people.chen)
    for month, why in (("2025-03", "那时还没有记录"), ("2099-01", "还没有开始")):
        answer = client.get(f"/desk/reports/{people.office.code}/{month}/files/pdf")
        assert (answer.status_code, answer.mimetype) == (404, "text/html")
        assert why in answer.text


def test_the_center_s_paper_is_for_outside_unless_it_is_asked_for_inside(app, client, people):
    cast.sign_in(client, people.root)
    where = f"/desk/reports/{people.center.code}/{MONTH}/files/docx"
    outside, inside = client.get(where), client.get(where, query_string={"for": "inside"})
    assert quote("-对外.docx") in outside.headers["Content-Disposition"]
    assert quote("-对外") not in inside.headers["Content-Disposition"]
    assert "服务居民不足5人" in readers.docx_text(outside.data)
    assert "服务居民3人、3人次" in readers.docx_text(inside.data)


def test_the_district_s_own_form_is_used_and_what_is_wrong_with_it_is_said(app, client, people):
    settings = app.config["SETTINGS"]
    object.__setattr__(settings, "report_template", "公文.docx")
    cast.sign_in(client, people.chen)
    where = f"/desk/reports/{people.office.code}/{MONTH}/files/docx"
    said = client.get(where)
    assert said.status_code == 409
    assert "公文模板 公文.docx 打不开" in said.text
    _form(settings.report_form, "【月份】", "【正文】", "【主任】")
    said = client.get(where)
    assert said.status_code == 409
    assert "【主任】不认识" in said.text
    _form(settings.report_form, "我们自己的格式", "【月份】", "【正文】")
    filled = readers.docx(client.get(where).data)
    assert [one.text for one in filled.paragraphs[:2]] == ["我们自己的格式", "2026年9月"]


def _form(path, *paragraphs: str) -> None:
    document = Document()
    for said in paragraphs:
        document.add_paragraph(said)
    out = io.BytesIO()
    document.save(out)
    path.write_bytes(out.getvalue())
