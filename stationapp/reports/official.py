"""The report in the form an office hands up (GB/T 9704): unit, heading, numbered text, annexes, page numbers.

A district may bring its own form, a .docx with placeholders in words (`official_template.py`).
"""

import io
import zipfile
from datetime import date, datetime
from pathlib import Path

from docx import Document as new_docx
from docx.document import Document as Docx
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm
from flask_babel import gettext as _

from stationapp.calendar.rules import Month
from stationapp.reports import official_xml as xml
from stationapp.reports import prose, words
from stationapp.reports.lines import summary
from stationapp.reports.official_template import filled
from stationapp.reports.rules import ReportState
from stationapp.reports.sheet import Document, Table, clean, pick
from stationapp.reports.tables import WITHOUT_VALUE, single, version
from stationapp.sites.rules import Group

BY_SITE = ("I-01", "I-04", "I-05", "I-03", "I-07", "I-12", "I-13")
"""The figures of the annex by site; all others stand in the workbook."""

_ZIPPED = (1980, 1, 1, 0, 0, 0)
_NUMERALS = "一二三四五六七八九十"


def official(body: dict, made: Document, *, on: date | None, template: Path | None) -> bytes:
    """The .docx; `on`: the day beneath, left for the pen when not given. Raises Refused(OfficialRefusal)."""
    if template:
        docx = filled(template, inline(body, on), blocks(body, made))
    else:
        docx = new_docx()
        _page(docx)
        _written(docx, body, made, on)
    properties = docx.core_properties
    last = Month.parse(body["month"]).last_day
    properties.created = properties.modified = datetime(last.year, last.month, last.day)  # noqa: DTZ001, no zone in it
    properties.author = properties.last_modified_by = prose.unit(body)
    properties.title, properties.comments, properties.revision = prose.title(body), "", 1
    return _packed(docx)


def _packed(docx: Docx) -> bytes:
    """The file with one date on all its parts, so that the same report is the same bytes."""
    raw, out = io.BytesIO(), io.BytesIO()
    docx.save(raw)
    with zipfile.ZipFile(raw) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name in parts.namelist():
            packed.writestr(zipfile.ZipInfo(name, _ZIPPED), parts.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


# --- what it says ----------------------------------------------------------------------------------------------


def inline(body: dict, on: date | None) -> dict[str, str]:
    """What becomes of the placeholders that are a few words."""
    return {
        "单位": prose.unit(body),
        "月份": prose.month_said(body),
        "标题": prose.title(body),
        "概况": words.sentence(body | {"name": clean(body["name"])}),
        "版本": version(body["version"]),
        "状态": words.said(ReportState(body["state"])),
        "日期": signed_on(on),
    }


def signed_on(on: date | None) -> str:
    """2026年11月9日, or the blanks for it."""
    return prose.day_said(on) if on else "　　　　年　　月　　日"


def blocks(body: dict, made: Document) -> dict[str, list]:
    """What becomes of those that are paragraphs (heading?, text) or a table."""
    text = []
    for number, part in enumerate(prose.parts(body)):
        text.append((True, f"{_NUMERALS[number]}、{part.heading}"))
        text += [(False, said) for said in part.paragraphs]
    meaning = [(False, said) for said in meanings(made)]
    found = {"正文": text, "口径说明": meaning}
    return found | {f"表：{name}": [table] for name, table in annexed(body, made)}


def meanings(made: Document) -> list[str]:
    """Each figure's definition and the notes, a paragraph each."""
    rows = made.table("definitions").rows
    return [f"{id} {name}（{axis}）：{meaning}" for id, name, axis, meaning in rows] + list(made.notes)


def annexed(body: dict, made: Document) -> list[tuple[str, Table]]:
    """The tables behind the text, by the words of their placeholders; always all four."""
    lines = [len(line.key) == 1 or line.id in WITHOUT_VALUE for line in summary(body)]
    totals = pick(made.table("summary"), [0, 1, 3, 4, 5, 6, 7, 10])
    rows = tuple(row for row, main in zip(totals.rows, lines, strict=True) if main)
    ids = [id for id in BY_SITE if id in single(body)]
    sites = pick(made.table("sites"), [2, *(3 + single(body).index(id) for id in ids)])
    groups = [2 + 4 * at for at in range(len(Group))]
    coverage = pick(made.table("coverage"), [1, groups[0] + 1, groups[0], *(at + 2 for at in groups)])
    gaps = pick(made.table("gaps"), [1, 2, 3, 4])
    return [
        ("主要指标", Table("totals", _("主要指标表"), totals.head, rows)),
        ("分站", Table("sites", _("分站情况表"), sites.head, sites.rows)),
        ("覆盖", Table("coverage", _("社区覆盖情况表"), coverage.head, coverage.rows, empty=coverage.empty)),
        ("空白", Table("gaps", _("空白清单"), gaps.head, gaps.rows, empty=gaps.empty)),
    ]


def _written(docx: Docx, body: dict, made: Document, on: date | None) -> None:
    unit, put = prose.unit(body), Writer(docx)
    put(
        xml.paragraph(
            xml.run(unit, xml.TITLE, xml.ER_HAO, colour="C00000"), xml.CENTRED, before=xml.RED_LINE, line=40
        )
    )
    put(xml.paragraph(""))
    put(xml.paragraph(xml.run(prose.title(body), xml.TITLE, xml.ER_HAO), xml.CENTRED, line=36))
    if not body["version"]:
        put(xml.paragraph(xml.run(_("（尚未关账，数字以关账的版本为准）")), xml.CENTRED))
    put(xml.paragraph(""))
    for is_heading, said in blocks(body, made)["正文"]:
        put(xml.heading(said) if is_heading else xml.text(said))
    tables = [table for _name, table in annexed(body, made) if len(table.rows) > (table.id == "sites")]
    names = [table.title for table in tables] + [_("口径说明")]
    put(xml.paragraph(""))
    for number, name in enumerate(names, start=1):
        label = _("附件：") if number == 1 else "　　　"
        put(xml.paragraph(xml.run(f"{label}{number}. {name}"), xml.INDENT, before=xml.KEPT))
    put(xml.paragraph("", before=xml.KEPT))
    put(xml.paragraph(xml.run(unit), xml.SIGNED, before=xml.KEPT))
    put(xml.paragraph(xml.run(signed_on(on)), xml.SIGNED))
    for number, table in enumerate(tables, start=1):
        _annex(put, number, table.title)
        put(xml.table(table))
    _annex(put, len(names), names[-1])
    for said in meanings(made):
        put(xml.paragraph(xml.run(said, size=xml.WU_HAO), xml.SMALL_INDENT, line=18))


def _annex(put: "Writer", number: int, title: str) -> None:
    """On a page of its own: 附件1, and the annex's title."""
    put(xml.paragraph(xml.run(_("附件%(n)d", n=number), xml.HEAD), before=xml.NEW_PAGE))
    put(
        xml.paragraph(
            xml.run(title, xml.TITLE, xml.ER_HAO), xml.CENTRED, before=xml.KEPT, style="Heading1", line=44
        )
    )


class Writer:
    """Puts one element after another in front of the section's own settings."""

    def __init__(self, docx: Docx) -> None:
        self.last = docx.element.body.sectPr

    def __call__(self, element) -> None:
        """Add it at the end of the text."""
        self.last.addprevious(element)


# --- the page --------------------------------------------------------------------------------------------------


def _page(docx: Docx) -> None:
    """A4 with the margins of an official letter; numbers outside: right on odd pages, left on even ones."""
    section = docx.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(28)
    docx.settings.odd_and_even_pages_header_footer = True
    for language in docx.styles.element.iter(qn("w:lang")):  # or its punctuation is set as another script's
        language.set(qn("w:eastAsia"), "zh-CN")
    for name in ("Normal", "Heading 1"):
        style = docx.styles[name].element.get_or_add_rPr()
        for old in style.findall(qn("w:rFonts")):
            style.remove(old)
        style.insert(0, parse_xml(xml.fonts(xml.BODY).replace("<w:rFonts", f"<w:rFonts {nsdecls('w')}", 1)))
    for footer, place in ((section.footer, "right"), (section.even_page_footer, "left")):
        footer.is_linked_to_previous = False
        old = footer.paragraphs[0]._p
        old.addprevious(xml.page_number(place))
        old.getparent().remove(old)
