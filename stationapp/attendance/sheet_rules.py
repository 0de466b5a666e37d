"""Printed sign-in sheets: the serial that is read out, and what staff type of the rows that came (domain.md §7.4)."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from enum import Enum


class SheetRefusal(Enum):
    """Why a printed sheet cannot be entered."""

    MISTYPED = "mistyped"  # the last digit does not fit: a slip of the finger
    UNKNOWN = "unknown"
    TOO_LONG = "too_long"  # facts["most"]: more rows than a sheet may have
    NOT_OVER = "not_over"  # the event is still to come or under way
    NOTHING_TYPED = "nothing_typed"


class RowProblem(Enum):
    """What is wrong with rows as they were typed."""

    UNREADABLE = "unreadable"  # facts: the piece
    NO_SUCH_ROW = "no_such_row"  # facts: the number
    BACKWARDS = "backwards"  # 12-1
    NO_TIME = "no_time"  # rows without a time after them
    NO_SUCH_TIME = "no_such_time"
    TIMES_BACKWARDS = "times_backwards"  # left before having come


class Misread(ValueError):
    """Rows that say nothing clear: what is wrong, and with which piece."""

    def __init__(self, problem: RowProblem, piece: str) -> None:
        super().__init__(f"{problem.value}: {piece}")
        self.problem, self.piece = problem, piece


MOST_ROWS = 600
"""Rows of one sheet, empty ones included."""

EMPTY_ROWS = (10, 0, 20, 40)
"""How many empty rows may be asked for, the usual number first."""

SERIAL_LENGTH = 8

_DAMM = (
    "0317598642",
    "7092154863",
    "4206871359",
    "1750983426",
    "6123045978",
    "3674209581",
    "5869720134",
    "8945362017",
    "9438617205",
    "2581436790",
)
"""The quasigroup of H. M. Damm (2004): its check digit finds every wrong digit and every two exchanged neighbours."""


def serial_of(digits: str) -> str:
    """A serial: the digits and the one that checks them."""
    return digits + _check(digits)


def read_serial(text: str) -> str | None:
    """The serial somebody typed, "３０４７ 1926" included; None when it is none or its check digit does not fit."""
    typed = "".join(c for c in unicodedata.normalize("NFKC", text[:64]) if not c.isspace() and c not in "-–—")
    if len(typed) != SERIAL_LENGTH or not (typed.isascii() and typed.isdigit()):
        return None
    return typed if _check(typed) == "0" else None


def scanned_serial(text: str) -> str | None:
    """The serial in the address that a sheet's code holds, as a scanner types it; None for whatever else."""
    found = re.search(r"/signsheets\?serial=(\d{8})", unicodedata.normalize("NFKC", text[:256]), re.ASCII)
    return found and found[1]


def said_serial(serial: str) -> str:
    """The serial as it is printed and read out: two groups of four."""
    return f"{serial[:4]} {serial[4:]}"


def _check(digits: str) -> str:
    kept = "0"
    for digit in digits:
        kept = _DAMM[int(kept)][int(digit)]
    return kept


# --- rows as they are typed -------------------------------------------------------------------------------------

_PIECES = re.compile(
    r"(?P<time>(?:上午|下午|晚上)?\s*\d{1,2}\s*(?::\s*\d{2}|点\s*半|点(?:\s*\d{1,2}\s*分?)?))"
    r"|(?P<number>\d+)"
    r"|(?P<said>[到来]了)"
    r"|(?P<to>\s*(?:[-–—−~]+|至|到)\s*)"
    r"|(?P<all>全部|全都|所有人?|都(?:来|到)了?|全(?:来|到)了?)"
    r"|(?P<but>除了?|不含|没来的?是?)"
    r"|(?P<gap>(?:离开|[\s,、;.。/和及第号行排外以走])+)"
)


def read_rows(text: str, *, named: int, last: int) -> frozenset[int]:
    """The rows meant by "1-12、15，18", "全部" (the `named` ones), "除了 3、7"; `last` is the last row there is.

    Digits may be full-width, ranges may be written with 至 or 到. Raises Misread.
    """
    chosen, left_out = set[int](), set[int]()
    everybody, into = False, chosen
    for kind, piece in _ranges(list(_tokens(text)), last):
        if kind == "all":
            everybody, into = True, chosen
        elif kind == "but":
            into, everybody = left_out, everybody or not chosen
        elif kind == "rows":
            into.update(piece)
        else:
            raise Misread(RowProblem.UNREADABLE, str(piece))
    if everybody:
        chosen.update(range(1, named + 1))
    return frozenset(chosen - left_out)


@dataclass(frozen=True)
class Times:
    """When somebody came and left by the sheet; None: not written there."""

    came: time | None
    left: time | None


def read_times(text: str, *, last: int, overnight: bool = False) -> dict[int, Times]:
    """The times meant by "23 16:30；24、25 14:30-16:30": one is when they left, two are came and left.

    `overnight`: the event goes on past midnight, so 22:30-00:30 is no slip. Raises Misread.
    """
    found: dict[int, Times] = {}
    rows: list[int] = []
    pieces = [one for one in _ranges(list(_tokens(text)), last) if one[0] != "to"]
    at = 0
    while at < len(pieces):
        kind, piece = pieces[at]
        if kind == "rows":
            rows += piece
        elif kind == "time" and rows:
            given = [piece]
            if at + 1 < len(pieces) and pieces[at + 1][0] == "time":
                at += 1
                given.append(pieces[at][1])
            times = _times([_time(one) for one in given])
            if times.came and times.came >= times.left and not overnight:
                raise Misread(RowProblem.TIMES_BACKWARDS, str(piece))
            found |= dict.fromkeys(rows, times)
            rows = []
        else:
            raise Misread(RowProblem.UNREADABLE, str(piece))
        at += 1
    if rows:
        raise Misread(RowProblem.NO_TIME, str(rows[-1]))
    return found


def _times(given: list[time]) -> Times:
    return Times(*given) if len(given) == 2 else Times(None, given[0])


def _time(piece: str) -> time:
    """From "16:30", "16点30分", "下午4点半"."""
    hour, minute = re.search(r"(\d{1,2})\D*(\d{1,2})?", piece).groups()
    hours, minutes = int(hour), 30 if "半" in piece else int(minute or 0)
    if ("下午" in piece or "晚上" in piece) and hours < 12:
        hours += 12
    if hours > 23 or minutes > 59:
        raise Misread(RowProblem.NO_SUCH_TIME, piece)
    return time(hours, minutes)


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    text, at = unicodedata.normalize("NFKC", text), 0
    while at < len(text):
        found = _PIECES.match(text, at)
        if found is None:
            raise Misread(RowProblem.UNREADABLE, text[at : at + 10].strip())
        at = found.end()
        if found.lastgroup not in ("gap", "said"):
            yield found.lastgroup, found[0].strip()


def _ranges(tokens: list[tuple[str, str]], last: int) -> Iterator[tuple[str, object]]:
    """The same with numbers and the sign between two of them made rows; a sign elsewhere belongs to times."""
    at = 0
    while at < len(tokens):
        kind, piece = tokens[at]
        if kind != "number":
            yield kind, piece
            at += 1
            continue
        first = end = _row(piece, last)
        at += 1
        if [one for one, _piece in tokens[at : at + 2]] == ["to", "number"]:
            end = _row(tokens[at + 1][1], last)
            at += 2
        if end < first:
            raise Misread(RowProblem.BACKWARDS, f"{first}-{end}")
        yield "rows", range(first, end + 1)


def _row(piece: str, last: int) -> int:
    number = int(piece[:9])
    if not 1 <= number <= last:
        raise Misread(RowProblem.NO_SUCH_ROW, piece[:9])
    return number
