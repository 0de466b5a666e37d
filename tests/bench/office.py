"""The files as an office opens them: LibreOffice reads the workbook and the official report, and draws their pages.

    python -m tests.bench.office [--keep FOLDER]

Needs `soffice` (Debian: libreoffice-calc, libreoffice-writer). A third reader beside openpyxl and calamine: each sheet,
converted to CSV by LibreOffice, must hold every cell of the tables and no result of a formula; each document becomes a
PDF with as many pages as it should have, none of them empty, and pictures to look at in FOLDER. Fails (1) when
something differs, and (2) when LibreOffice is not there.
"""

import argparse
import csv
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import pypdfium2
from flask import Flask
from flask_babel import Babel

from stationapp.calendar.rules import Month
from stationapp.events.words import WORDS
from stationapp.reports.files import render
from stationapp.reports.sheet import Num
from stationapp.reports.tables import document
from stationapp.web import words
from tests.reports import bodies_at_scale as scale

CSV_OF_ALL_SHEETS = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"


def main() -> int:
    """Convert, compare, draw; print one line a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path)
    keep = parser.parse_args().keep
    if not shutil.which("soffice"):
        print("soffice is not installed")
        return 2
    app = Flask("office")
    Babel(app)
    words.init_app(app, [WORDS])
    with app.test_request_context(), tempfile.TemporaryDirectory() as folder:
        where = keep or Path(folder)
        where.mkdir(parents=True, exist_ok=True)
        bodies = {
            "station": scale.station(),
            "district": scale.district(),
            "hostile": scale.district(24, names=scale.HOSTILE),
        }
        wrong = [said for name, body in bodies.items() for said in _opened(where, name, body)]
    for said in wrong:
        print(said)
    return int(bool(wrong))


def _opened(where: Path, name: str, body: dict) -> list[str]:
    for format in ("xlsx", "docx"):
        (where / f"{name}.{format}").write_bytes(render(body, format))
    _convert(where, f"{name}.xlsx", CSV_OF_ALL_SHEETS)
    wrong, cells = [], 0
    for section in document(body).sections:
        found = list(
            csv.reader((where / f"{name}-{section.name}.csv").read_text("utf-8").splitlines(keepends=True))
        )
        for table in section.tables:
            if not table.rows:
                continue
            at = next(n for n, row in enumerate(found) if tuple(row[: len(table.head)]) == table.head)
            for n, row in enumerate(table.rows, start=at + 1):
                cells += len(row)
                if not all(_same(one, cell, table.id) for one, cell in zip(found[n], row, strict=False)):
                    wrong.append(f"{name} {section.name} row {n}: {found[n]}")
    for format in ("xlsx", "docx"):
        pages = _drawn(where, f"{name}.{format}")
        print(f"{name}.{format}: {len(pages)} pages, {cells} cells compared")
        wrong += [
            f"{name}.{format} page {n} is empty" for n, text in enumerate(pages, start=1) if len(text) < 20
        ]
    return wrong


def _same(found: str, cell, table: str) -> bool:
    """Whether LibreOffice read what the cell holds; it writes numbers and dates in its own way."""
    if isinstance(cell, Num) and cell.is_real:
        return float(found) == cell.value
    if isinstance(cell, Num):
        return found == ("" if table == "trend" and cell.value is None else cell.value or "—")
    if isinstance(cell, Month | date):
        on = cell.first_day if isinstance(cell, Month) else cell
        return found in (on.isoformat(), on.strftime("%m/%d/%Y"))
    return found == (cell or "")


def _convert(where: Path, file: str, to: str) -> None:
    subprocess.run(
        ["soffice", "--headless", f"-env:UserInstallation=file://{where}/profile", "--convert-to", to,
         "--outdir", str(where), str(where / file)],
        check=True, capture_output=True, timeout=300,
    )  # fmt: skip


def _drawn(where: Path, file: str) -> list[str]:
    """The text of each page; its picture is kept beside it."""
    _convert(where, file, "pdf")
    made = where / f"{Path(file).stem}.pdf"
    paper = pypdfium2.PdfDocument(made)
    texts = []
    for number, page in enumerate(paper, start=1):
        page.render(scale=1).to_pil().save(where / f"{file}-{number:02d}.png")
        texts.append(page.get_textpage().get_text_bounded())
    paper.close()
    made.rename(where / f"{file}.pdf")
    return texts


if __name__ == "__main__":
    sys.exit(main())
