"""Readers of the files other than the libraries that wrote them, where there are any."""

import csv
import io
import zipfile
from xml.etree import ElementTree

import openpyxl
import pypdfium2
from docx import Document
from python_calamine import CalamineWorkbook

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def csv_rows(raw: bytes) -> list[list[str]]:
    """Every row of a CSV."""
    assert raw.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def book(raw: bytes):
    """A workbook by openpyxl."""
    return openpyxl.load_workbook(io.BytesIO(raw))


def second_book(raw: bytes) -> dict[str, list[list]]:
    """Every sheet of a workbook by calamine."""
    found = CalamineWorkbook.from_filelike(io.BytesIO(raw))
    return {
        name: found.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in found.sheet_names
    }


def docx(raw: bytes):
    """A text document by python-docx."""
    return Document(io.BytesIO(raw))


def docx_text(raw: bytes) -> str:
    """Everything a text document says, tables, heads and feet too, read from its XML."""
    said = []
    with zipfile.ZipFile(io.BytesIO(raw)) as parts:
        assert parts.testzip() is None
        for name in parts.namelist():
            if name.endswith(".xml"):
                root = ElementTree.fromstring(parts.read(name))
                said += ["".join(one.text or "" for one in p.iter(f"{W}t")) for p in root.iter(f"{W}p")]
    return "\n".join(said)


def pdf_pages(raw: bytes) -> list[str]:
    """The text of each page, without the blanks and the places to break that typesetting puts in."""
    paper = pypdfium2.PdfDocument(raw)
    try:
        return [_tight(page.get_textpage().get_text_bounded()) for page in paper]
    finally:
        paper.close()


def _tight(text: str) -> str:
    return "".join(c for c in text if not c.isspace() and c not in "\u200b\ufffe\u00ad\x02")
