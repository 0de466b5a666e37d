"""Lists as CSV that a spreadsheet opens rightly and harmlessly."""

import csv
import io
from collections.abc import Iterable
from urllib.parse import quote

from flask import Response

LEADERS = tuple("=+-@\t\r＝＋－＠")
"""What a text begins with that a spreadsheet takes for a formula."""


def harmless(value: object) -> object:
    """A text that a spreadsheet would take for a formula gets an apostrophe in front (trust.md §4.21)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(LEADERS) else value


def csv_answer(name: str, head: Iterable[object], rows: Iterable[Iterable[object]]) -> Response:
    """A download: UTF-8 with BOM, CRLF, None as an empty cell. `name` without its ending."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([str(cell) for cell in head])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    answer = Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.csv"
    return answer
