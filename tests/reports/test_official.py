"""The report in the form an office hands up, and in a district's own form."""

import io
from datetime import date

import pytest
from docx import Document
from docx.oxml.ns import qn
from docx.shared import Mm

from stationapp.refusal import Refused
from stationapp.reports.files import render
from stationapp.reports.official_rules import BLOCKS, INLINE, OfficialRefusal
from stationapp.reports.prose import parts
from stationapp.reports.small_cells import hidden
from stationapp.web.errors import sentence
from tests.reports import bodies_at_scale as scale
from tests.reports import readers


@pytest.fixture
def told(app):
    with app.test_request_context():
        yield


@pytest.fixture
def body(told):
    return scale.district(12)


# --- the ordinary form -----------------------------------------------------------------------------------------


def test_the_page_is_that_of_an_official_letter(body):
    document = readers.docx(render(body, "docx"))
    section = document.sections[0]
    wanted = (Mm(210), Mm(297), Mm(37), Mm(35), Mm(28), Mm(26))
    found = (
        section.page_width, section.page_height, section.top_margin, section.bottom_margin,
        section.left_margin, section.right_margin,
    )  # fmt: skip
    assert all(abs(one - other) < Mm(0.1) for one, other in zip(found, wanted, strict=True))
    assert document.settings.odd_and_even_pages_header_footer
    for footer, place in ((section.footer, "right"), (section.even_page_footer, "left")):
        paragraph = footer.paragraphs[0]._p
        assert [one.text for one in paragraph.iter(qn("w:instrText"))] == [" PAGE "]
        assert paragraph.find(f"{qn('w:pPr')}/{qn('w:jc')}").get(qn("w:val")) == place


def test_every_run_names_a_font_for_chinese(body):
    document = readers.docx(render(body, "docx"))
    for run in document.element.body.iter(qn("w:r")):
        fonts = run.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
        assert fonts.get(qn("w:eastAsia")) in ("仿宋", "黑体", "方正小标宋简体", "宋体")
        assert fonts.get(qn("w:eastAsia")) == fonts.get(qn("w:ascii"))


def test_it_reads_from_the_unit_to_the_date(body):
    document = readers.docx(render(body, "docx", on=date(2026, 11, 6)))
    said = [one.text for one in document.paragraphs if one.text]
    assert said[:2] == ["涧西区新时代文明实践中心", "关于2026年10月新时代文明实践覆盖情况的报告"]
    headings = [one.text for one in document.paragraphs if one.style.name == "Heading 1"]
    assert headings[:7] == [
        f"{number}、{part.heading}" for number, part in zip("一二三四五六七", parts(body), strict=True)
    ]
    assert headings[7:] == ["主要指标表", "分站情况表", "社区覆盖情况表", "空白清单", "口径说明"]
    signed = said.index("2026年11月6日")
    assert said[signed - 1] == "涧西区新时代文明实践中心"
    assert said[signed - 6 : signed - 1][0] == "附件：1. 主要指标表"
    assert said[signed + 1] == "附件1"
    for part in parts(body):
        for sentence_ in part.paragraphs:
            assert sentence_ in said


def test_its_language_is_chinese_and_the_annexes_stay_with_the_signature(body):
    document = readers.docx(render(body, "docx"))
    languages = [one.get(qn("w:eastAsia")) for one in document.styles.element.iter(qn("w:lang"))]
    assert languages and set(languages) == {"zh-CN"}
    said = [one.text for one in document.paragraphs]
    first, signed = said.index("附件：1. 主要指标表"), said.index("　　　　年　　月　　日")
    assert all(one.paragraph_format.keep_with_next for one in document.paragraphs[first:signed])


def test_without_a_day_the_date_is_left_for_the_pen(body):
    assert "　　　　年　　月　　日" in readers.docx_text(render(body, "docx"))


def test_heads_of_tables_stand_on_every_page_and_no_row_is_torn(body):
    document = readers.docx(render(body, "docx"))
    assert len(document.tables) == 4
    for table in document.tables:
        first = table._tbl.tr_lst[0]
        assert first.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert all(row.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in table._tbl.tr_lst)
        widths = [int(one.get(qn("w:w"))) for one in table._tbl.tblGrid]
        assert abs(sum(widths) - 156 / 25.4 * 1440) < 20
    names = [row.cells[0].text for row in document.tables[1].rows][1:]
    assert len(names) == len(body["by_site"])


def test_what_is_not_closed_says_so_under_its_title(body):
    said = readers.docx_text(render(body | {"version": 0, "state": "provisional"}, "docx"))
    assert "（尚未关账，数字以关账的版本为准）" in said
    assert "尚未关账" not in readers.docx_text(render(body, "docx")).split("附件1")[0]


def test_a_station_has_no_table_of_sites(told):
    document = readers.docx(render(scale.station(), "docx"))
    assert "附件：1. 主要指标表" in [one.text for one in document.paragraphs]
    assert "分站情况表" not in readers.docx_text(render(scale.station(), "docx"))


# --- a district's own form -------------------------------------------------------------------------------------


def form(tmp_path, *paragraphs: str, **around: str):
    """A .docx with these paragraphs, and perhaps a head, a foot and a cell."""
    document = Document()
    for said in paragraphs:
        document.add_paragraph(said)
    document.sections[0].header.paragraphs[0].text = around.get("head", "")
    document.sections[0].footer.paragraphs[0].text = around.get("foot", "")
    if "cell" in around:
        document.add_table(1, 1).cell(0, 0).paragraphs[0].text = around["cell"]
    path = tmp_path / "form.docx"
    document.save(path)
    return path


def test_placeholders_become_what_they_name_wherever_they_stand(body, tmp_path):
    path = form(
        tmp_path,
        "关于【月份】覆盖情况的报告（【版本】，【状态】）",
        "【概况】",
        "【正文】",
        "【表：分站】",
        "【口径说明】",
        "【单位】　【日期】",
        head="【单位】内部资料",
        foot="【标题】",
        cell="【表：空白】",
    )
    raw = render(body, "docx", on=date(2026, 11, 6), template=path)
    said = readers.docx_text(raw)
    assert "【" not in said
    assert "关于2026年10月覆盖情况的报告（第 1 版，已关账）" in said
    assert "涧西区新时代文明实践中心　2026年11月6日" in said
    assert "涧西区新时代文明实践中心内部资料" in said
    assert "关于2026年10月新时代文明实践覆盖情况的报告" in said
    document = readers.docx(raw)
    assert len(document.tables[0].rows) == 1 + len(body["by_site"])
    cell = document.tables[1].cell(0, 0)
    assert len(cell.tables[0].rows) == 1 + len(body["gaps"])
    assert cell._tc[-1].tag == qn("w:p")
    for part in parts(body):
        assert all(one in said for one in part.paragraphs)


def test_the_form_s_own_type_holds(body, tmp_path):
    document = Document()
    document.add_paragraph("【月份】")
    run = document.add_paragraph().add_run("【正文】")
    run.font.name = "楷体"
    document.save(tmp_path / "form.docx")
    made = readers.docx(render(body, "docx", template=tmp_path / "form.docx"))
    told = [one for one in made.paragraphs if one.text.startswith(("一、", "2026年10月，全区"))]
    assert [one.runs[0].font.name for one in told] == ["楷体", "楷体"]
    assert [bool(one.runs[0].bold) for one in told] == [True, False]


def test_a_placeholder_that_the_writer_cut_into_pieces_is_found(body, tmp_path):
    document = Document()
    paragraph = document.add_paragraph()
    for piece in ("截至【", "月", "份】止【单", "位】"):
        paragraph.add_run(piece).bold = piece == "月"
    document.add_paragraph("【正文】")
    document.save(tmp_path / "form.docx")
    said = readers.docx_text(render(body, "docx", template=tmp_path / "form.docx"))
    assert "截至2026年10月止涧西区新时代文明实践中心" in said


def test_a_name_that_looks_like_a_placeholder_is_only_a_name(told, tmp_path):
    named = scale.station("【正文】社区")
    path = form(tmp_path, "【月份】【单位】", "【正文】")
    said = readers.docx_text(render(named, "docx", template=path))
    assert "2026年10月【正文】社区新时代文明实践站" in said


def test_an_empty_table_is_a_sentence(body, tmp_path):
    path = form(tmp_path, "【月份】", "【正文】", "【表：空白】")
    said = readers.docx_text(render(body | {"gaps": []}, "docx", template=path))
    assert "每个社区、每个群体都有人参加。" in said


@pytest.mark.parametrize(
    ("paragraphs", "around", "reason", "says"),
    [
        (["【月份】", "【正文】", "【负责人】"], {}, OfficialRefusal.UNKNOWN, "【负责人】不认识"),
        (["【正文】"], {}, OfficialRefusal.MISSING, "缺【月份】"),
        (["【月份】"], {}, OfficialRefusal.MISSING, "缺【正文】"),
        (["【月份】", "如下：【正文】"], {}, OfficialRefusal.NOT_ALONE, "【正文】要在正文里单独占一段"),
        (
            ["【月份】", "【正文】"],
            {"head": "【表：分站】"},
            OfficialRefusal.NOT_ALONE,
            "【表：分站】要在正文里",
        ),
        (["【月份】", "【正文】"], {"foot": "【密级】"}, OfficialRefusal.UNKNOWN, "【密级】不认识"),
        (["【月份】", "【正文】", "【】"], {}, OfficialRefusal.UNKNOWN, "【】不认识"),
    ],
)
def test_a_form_that_cannot_be_filled_in_is_refused_by_name(body, tmp_path, paragraphs, around, reason, says):
    path = form(tmp_path, *paragraphs, **around)
    with pytest.raises(Refused) as refused:
        render(body, "docx", template=path)
    assert refused.value.reason is reason
    assert says in sentence(refused.value)
    if reason is OfficialRefusal.UNKNOWN:
        assert all(f"【{one}】" in sentence(refused.value) for one in (*INLINE, *BLOCKS))


@pytest.mark.parametrize(
    "content", [None, b"", b"no document", b"PK\x03\x04 cut off", "xlsx", "locked", "torn"]
)
def test_what_is_no_document_is_refused_with_its_name(body, tmp_path, content):
    path = tmp_path / "公文.docx"
    if content is not None:
        path.write_bytes(_no_document(body, tmp_path, content) if isinstance(content, str) else content)
    with pytest.raises(Refused) as refused:
        render(body, "docx", template=path)
    assert sentence(refused.value).startswith("公文模板 公文.docx 打不开")


def _no_document(body: dict, tmp_path, kind: str) -> bytes:
    if kind == "xlsx":
        return render(body, "xlsx")
    raw = bytearray(form(tmp_path, "【月份】", "【正文】").read_bytes())
    if kind == "locked":  # the first part says that it needs a password
        raw[6] |= 1
        raw[raw.index(b"PK\x01\x02") + 8] |= 1
    else:
        at = raw.index(b"word/document.xml") + 60
        raw[at : at + 50] = b"\xff" * 50
    return bytes(raw)


def test_a_form_is_filled_the_same_way_each_time(body, tmp_path):
    path = form(tmp_path, "【月份】", "【正文】", "【表：覆盖】", "【表：主要指标】")
    assert render(body, "docx", template=path) == render(body, "docx", template=path)


def test_a_form_for_outside_holds_no_small_number(body, tmp_path):
    path = form(tmp_path, "【月份】", "【正文】", "【表：主要指标】")
    body["figures"]["I-28"] |= {"value": 3, "waiting": 3}
    raw = render(body, "docx", "outside", template=path)
    rows = [[cell.text for cell in row.cells] for row in readers.docx(raw).tables[0].rows]
    value = next(row for row in rows if row[0] == "I-28")[3]
    assert value == hidden(body)["figures"]["I-28"]["value"] in ("<5", "*")


def test_a_document_by_a_page_setter_with_text_boxes_is_filled_once(body, tmp_path):
    document = Document()
    document.add_paragraph("【月份】")
    document.add_paragraph("【正文】")
    holder = document.add_paragraph("前【单位】后")._p
    box = Document(io.BytesIO(_saved(document))).element.body[0]
    run = holder.add_r()
    inner = run.makeelement(qn("w:txbxContent"))
    inner.append(box)
    run.append(inner)
    document.save(tmp_path / "form.docx")
    made = readers.docx(render(body, "docx", template=tmp_path / "form.docx"))
    assert "".join(one.text for one in made.element.body.iter(qn("w:t"))).count("2026年10月") >= 2


def _saved(document) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()
