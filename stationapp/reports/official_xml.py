"""Paragraphs and tables of the official form as WordprocessingML; texts are escaped, fonts named for Chinese too."""

from datetime import date
from xml.sax.saxutils import escape

from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from stationapp.calendar.rules import Month
from stationapp.reports import words
from stationapp.reports.sheet import Cell, Num, Table
from stationapp.web.paper import width

BODY, HEAD, TITLE, PLAIN = "仿宋", "黑体", "方正小标宋简体", "宋体"
"""Type of text, headings, title and page numbers (GB/T 9704)."""

SAN_HAO, ER_HAO, WU_HAO, XIAO_WU = 16, 22, 10.5, 9
"""Sizes in points."""

LINE = 28.9
"""From line to line in points: 22 lines a page (GB/T 9704)."""

TEXT_WIDTH = 156
"""Millimetres between the margins."""

_TWIPS = 1440 / 25.4  # a millimetre


def fonts(name: str) -> str:
    """The run's fonts; without `eastAsia` Word sets Chinese in another one."""
    return "<w:rFonts {}/>".format(
        " ".join(f'w:{kind}="{name}"' for kind in ("ascii", "hAnsi", "eastAsia", "cs"))
    )


def run(
    text: str, font: str = BODY, size: float = SAN_HAO, *, colour: str = "000000", bold: bool = False
) -> str:
    """Text in one font and size."""
    half = round(size * 2)
    heavy = "<w:b/>" if bold else '<w:b w:val="0"/>'
    return (
        f'<w:r><w:rPr>{fonts(font)}{heavy}<w:color w:val="{colour}"/>'
        f'<w:sz w:val="{half}"/><w:szCs w:val="{half}"/></w:rPr>'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r>'
    )


def paragraph(runs: str, after: str = "", *, before: str = "", style: str = "", line: float = LINE):
    """A paragraph; `before` and `after` are further properties on either side of its spacing, as the schema orders."""
    named = f'<w:pStyle w:val="{style}"/>' if style else ""
    spacing = f'<w:spacing w:before="0" w:after="0" w:line="{round(line * 20)}" w:lineRule="exact"/>'
    return parse_xml(f"<w:p {nsdecls('w')}><w:pPr>{named}{before}{spacing}{after}</w:pPr>{runs}</w:p>")


INDENT = '<w:ind w:firstLineChars="200" w:firstLine="640"/>'
SMALL_INDENT = INDENT.replace("640", "420")
CENTRED = '<w:jc w:val="center"/>'
SIGNED = '<w:ind w:right="640"/><w:jc w:val="right"/>'
KEPT = "<w:keepNext/>"
NEW_PAGE = "<w:pageBreakBefore/>"
RED_LINE = '<w:pBdr><w:bottom w:val="single" w:sz="18" w:space="8" w:color="C00000"/></w:pBdr>'


def text(said: str):
    """A paragraph of the text, its first line two characters in."""
    return paragraph(run(said), INDENT)


def heading(said: str):
    """一、总体情况 — a real heading, so that Word's outline and readers find it."""
    return paragraph(run(said, HEAD), INDENT, before=KEPT, style="Heading1")


def page_number(place: str):
    """— 1 —, on the outer side ("left" or "right") of a page."""
    look = f'<w:rPr>{fonts(PLAIN)}<w:sz w:val="28"/></w:rPr>'
    field = "".join(
        f"<w:r>{look}{piece}</w:r>"
        for piece in (
            '<w:fldChar w:fldCharType="begin"/>',
            '<w:instrText xml:space="preserve"> PAGE </w:instrText>',
            '<w:fldChar w:fldCharType="separate"/>',
            "<w:t>1</w:t>",
            '<w:fldChar w:fldCharType="end"/>',
        )
    )
    dashes = run("— ", PLAIN, 14), run(" —", PLAIN, 14)
    after = f'<w:ind w:{place}="280"/><w:jc w:val="{place}"/>'
    return paragraph(f"{dashes[0]}{field}{dashes[1]}", after, line=18)


def table(one: Table, *, wide: dict[int, float] | None = None):
    """A ruled table whose head stands on every page; `wide`: shares of columns, the rest share alike."""
    shares = _shares(one, wide or {})
    columns = [round(TEXT_WIDTH * _TWIPS * share) for share in shares]
    grid = "".join(f'<w:gridCol w:w="{twips}"/>' for twips in columns)
    rows = _row([(said, True) for said in one.head], columns, head=True)
    rows += "".join(_row([(said(cell), isinstance(cell, Num)) for cell in row], columns) for row in one.rows)
    edges = "".join(
        f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
        for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
    )
    return parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="{sum(columns)}" w:type="dxa"/>'
        f"<w:tblBorders>{edges}</w:tblBorders>"
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="57" w:type="dxa"/><w:right w:w="57" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>"
    )


def said(cell: Cell) -> str:
    """A cell as paper shows it: 12,345 · 10.2% · — · 2026年10月."""
    if isinstance(cell, Num):
        return words.shown(cell.value, cell.unit)
    if isinstance(cell, Month):
        return f"{cell.year}年{cell.month}月"
    return cell.isoformat() if isinstance(cell, date) else cell or ""


def _shares(one: Table, wide: dict[int, float]) -> list[float]:
    """Of the width, by what stands in a column; nothing runs under a number's needs."""
    needs = []
    for column in range(len(one.head)):
        cells = [width(said(row[column])) for row in one.rows]
        longest = max(cells, default=0)
        needs.append(wide.get(column) or min(max(longest, width(one.head[column]) / 2, 2.5), 14) + 1)
    return [need / sum(needs) for need in needs]


def _row(cells: list[tuple[str, bool]], columns: list[int], *, head: bool = False) -> str:
    settings = "<w:trPr><w:cantSplit/>" + ("<w:tblHeader/>" if head else "") + "</w:trPr>"
    made = (_cell(text, number, twips, head) for (text, number), twips in zip(cells, columns, strict=True))
    return f"<w:tr>{settings}{''.join(made)}</w:tr>"


def _cell(text: str, number: bool, twips: int, head: bool) -> str:
    place = "center" if head else "right" if number else "left"
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="F2F2F2"/>' if head else ""
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{twips}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr><w:p><w:pPr>'
        f'<w:spacing w:before="20" w:after="20" w:line="260" w:lineRule="atLeast"/><w:jc w:val="{place}"/></w:pPr>'
        f"{run(text, HEAD if head else BODY, XIAO_WU)}</w:p></w:tc>"
    )
