"""A district's own form: a .docx in which 【单位】, 【月份】, 【正文】, 【表：分站】… are replaced.

What replaces a placeholder takes its type and its paragraph's settings. A form that cannot be filled in is refused with
the placeholder's name; no half-filled file is made.
"""

import copy
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from docx import Document as open_docx
from docx.document import Document as Docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from lxml.etree import XMLSyntaxError

from stationapp.refusal import Refused
from stationapp.reports import official_xml as xml
from stationapp.reports.official_rules import BLOCKS, INLINE, NEEDED, OfficialRefusal
from stationapp.reports.sheet import Table

_NO_DOCUMENT = (OSError, KeyError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error,
                XMLSyntaxError, PackageNotFoundError)  # fmt: skip
"""What the reader says of a file it cannot read."""

_PLACEHOLDER = re.compile("【([^【】]*)】")


def filled(path: Path, inline: dict[str, str], blocks: dict[str, list]) -> Docx:
    """The form with everything in its place; raises Refused(OfficialRefusal)."""
    docx, paragraphs = read_form(path)
    for paragraph in paragraphs:
        name = _alone(paragraph)
        if name in BLOCKS:
            _put_block(paragraph, blocks[name])
        else:
            _put_inline(paragraph, inline)
    return docx


def read_form(path: Path) -> tuple[Docx, list]:
    """The form and its paragraphs, if everything in it can be filled in; raises Refused(OfficialRefusal)."""
    docx = _opened(path)
    inside = list(docx.element.body.iter(qn("w:p")))
    around = [p for part in _headers_and_footers(docx) for p in part.iter(qn("w:p"))]
    _check(inside, around)
    return docx, [*inside, *around]


def _opened(path: Path) -> Docx:
    try:
        return open_docx(str(path))
    except _NO_DOCUMENT as error:
        raise Refused(OfficialRefusal.UNREADABLE, name=path.name) from error


def _headers_and_footers(docx: Docx) -> Iterator:
    """The elements of every header and footer there is; none is made by looking."""
    for part in docx.part.package.iter_parts():
        if part.partname.startswith(("/word/header", "/word/footer")) and hasattr(part, "element"):
            yield part.element


def _check(inside: list, around: list) -> None:
    found = set()
    for paragraph in [*inside, *around]:
        names = [one.strip() for one in _PLACEHOLDER.findall(_text(paragraph))]
        for name in names:
            if name not in INLINE and name not in BLOCKS:
                known = "".join(f"【{one}】" for one in (*INLINE, *BLOCKS))
                raise Refused(OfficialRefusal.UNKNOWN, placeholder=name[:40], known=known)
            if name in BLOCKS and (_alone(paragraph) != name or paragraph not in inside):
                raise Refused(OfficialRefusal.NOT_ALONE, placeholder=name)
        found.update(names)
    for name in NEEDED:
        if name not in found:
            raise Refused(OfficialRefusal.MISSING, placeholder=name)


def _texts(paragraph) -> list:
    """Its own pieces of text, not those of a text box that hangs on it."""
    return [piece for piece in paragraph.iter(qn("w:t")) if next(piece.iterancestors(qn("w:p"))) is paragraph]


def _text(paragraph) -> str:
    return "".join(piece.text or "" for piece in _texts(paragraph))


def _alone(paragraph) -> str:
    """The name of the placeholder that is all the paragraph says."""
    match = _PLACEHOLDER.fullmatch(_text(paragraph).strip())
    return match[1].strip() if match else ""


def _put_inline(paragraph, inline: dict[str, str]) -> None:
    """Each placeholder becomes its words in the piece it begins in, however Word has cut it up."""
    pieces = _texts(paragraph)
    whole = "".join(piece.text or "" for piece in pieces)
    for match in reversed(list(_PLACEHOLDER.finditer(whole))):
        at, said = 0, inline[match[1].strip()]
        for piece in pieces:
            text = piece.text or ""
            start, end = max(match.start() - at, 0), min(match.end() - at, len(text))
            if start < end:
                piece.text = text[:start] + said + text[end:]
                piece.set(qn("xml:space"), "preserve")
                said = ""
            at += len(text)


def _put_block(paragraph, items: list) -> None:
    for item in items:
        if not isinstance(item, Table):
            is_heading, said = item
            paragraph.addprevious(_like(paragraph, said, bold=is_heading))
        elif item.rows:
            paragraph.addprevious(xml.table(item))
        else:
            paragraph.addprevious(_like(paragraph, item.empty))
    if items and isinstance(items[-1], Table):  # a cell must end in a paragraph, and tables must not touch
        paragraph.addprevious(_like(paragraph, ""))
    section = paragraph.find(f"{qn('w:pPr')}/{qn('w:sectPr')}")
    if section is not None:  # the placeholder's paragraph also ends a section
        _keep_section(paragraph, section)
    paragraph.getparent().remove(paragraph)


def _keep_section(paragraph, section) -> None:
    last = paragraph.getprevious()
    if last.tag != qn("w:p"):
        last = OxmlElement("w:p")
        paragraph.addprevious(last)
    last.get_or_add_pPr().append(section)


def _like(paragraph, said: str, *, bold: bool = False):
    """A paragraph with the settings of the placeholder's, in its type."""
    made = OxmlElement("w:p")
    settings = paragraph.find(qn("w:pPr"))
    if settings is not None:
        settings = copy.deepcopy(settings)
        for section in settings.findall(qn("w:sectPr")):
            settings.remove(section)
        made.append(settings)
    run = OxmlElement("w:r")
    look = next(iter(_texts(paragraph))).getparent().find(qn("w:rPr"))
    if look is not None:
        run.append(copy.deepcopy(look))
    text = OxmlElement("w:t")
    text.text = said
    text.set(qn("xml:space"), "preserve")
    run.append(text)
    made.append(run)
    if bold:
        run.get_or_add_rPr().get_or_add_b().val = True
    return made
