"""What every printed sheet needs: text that can be set, sizes that step down until it fits, a code for outdoors.

The same sizes go to the page (`templates/…`, `static/paper.css`) and to the PDF (`pdf.py`), so both look
alike. Lengths are millimetres, type sizes points.
"""

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_H

PT = 25.4 / 72
"""A point in millimetres."""

LEADING = 1.3
"""From line to line, in type sizes."""

QUIET = 4
"""Modules of white around a code, as the standard asks."""

LONGEST_WORD = 16
"""Letters in a row that may stand on one line; a telephone number has 13."""

_NEVER_FIRST = "，。、；：？！）》」』】〉”’…·,.;:?!)]}%"
_NO_SHAPE = {"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"}
_SKIN_TONES = range(0x1F3FB, 0x1F400)  # they take the character before them along into a box


@dataclass(frozen=True)
class Box:
    """A place on a sheet, from its upper left corner."""

    x: float
    y: float
    w: float
    h: float


@dataclass(frozen=True)
class Sized:
    """Text and the size in points at which it fits its box."""

    text: str
    pt: int


def settable(text: str) -> str:
    """`text` on one line without what has no own shape: controls, marks of direction, zero widths, skin tones."""
    return " ".join("".join(c for c in text if c.isspace() or _has_shape(c)).split())


def _has_shape(character: str) -> bool:
    return unicodedata.category(character) not in _NO_SHAPE and ord(character) not in _SKIN_TONES


def broken(text: str, longest: int = LONGEST_WORD) -> str:
    """`text` with places to break (U+200B) inside what would never break by itself, for the typesetter."""
    pieces, run = [], 0
    for character in text:
        run = run + 1 if _sticks(character) else 0
        pieces.append(character if run <= longest else f"\u200b{character}")
    return "".join(pieces)


def width(text: str) -> float:
    """How wide `text` runs in type sizes: a Chinese character is 1. Never less than what heavy Chinese fonts need."""
    return sum(map(_advance, text))


def _advance(character: str) -> float:
    if unicodedata.east_asian_width(character) in "WFA" or not character.isascii():
        return 1.0
    if character in "mwMW@%":
        return 0.95
    return 0.72 if character.isupper() else 0.4 if character in "- " else 0.6


def _sticks(character: str) -> bool:
    """Whether no line ends before it by itself: a letter of a word, a mark that must not begin a line."""
    wide = unicodedata.east_asian_width(character) in "WF"
    return character in _NEVER_FIRST or (character != " " and not wide)


def _pieces(text: str, longest: int) -> Iterator[tuple[str, float]]:
    """What stays together on a line: a Chinese character with the marks after it, a word, at most `longest` letters."""
    piece = ""
    for character in text:
        joins = (
            piece
            and len(piece) < longest
            and (character in _NEVER_FIRST or (_sticks(character) and _sticks(piece[-1])))
        )
        if piece and not joins:
            yield piece, width(piece)
            piece = ""
        piece += character
    if piece:
        yield piece, width(piece)


def count_lines(text: str, room: float) -> int:
    """How many lines `text` takes where `room` type sizes fit on one; a little is left for the setter's own ways."""
    lines, used = 1, 0.0
    for piece, wide in _pieces(text, max(1, min(LONGEST_WORD, int(room)))):
        if used and used + wide > room - 0.2:
            lines, used = lines + 1, 0.0
            if piece == " ":
                continue
        used += wide
    return lines


def fit(text: str, box: Box, ladder: Sequence[int]) -> Sized:
    """`text` at the largest size of `ladder` at which it fits `box`; what fits at none is shortened with "…"."""
    text = settable(text)
    for pt in ladder:
        if _fits(text, box, pt):
            return Sized(text, pt)
    smallest = ladder[-1]
    while text and not _fits(text + "…", box, smallest):
        text = text[: -max(1, len(text) // 20)]
    return Sized(text + "…", smallest)


def height(lines: int, pt: float) -> float:
    """Millimetres that many lines take."""
    return lines * pt * LEADING * PT


def _fits(text: str, box: Box, pt: int) -> bool:
    return height(count_lines(text, box.w / (pt * PT)), pt) <= box.h


@dataclass(frozen=True)
class Code:
    """A QR code as the outline of its dark modules (an SVG path), `size` modules wide with the quiet zone."""

    text: str
    size: int
    path: str


@lru_cache(maxsize=512)
def code(text: str) -> Code:
    """The code of `text` at level H: up to 30 % of it may be lost to rain and scratches."""
    made = qrcode.QRCode(error_correction=ERROR_CORRECT_H, border=QUIET)
    made.add_data(text)
    made.make(fit=True)
    rows = made.get_matrix()
    return Code(text, len(rows), "".join(_runs(rows)))


def _runs(rows: list[list[bool]]) -> Iterator[str]:
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            end = x
            while end < len(row) and row[end]:
                end += 1
            if end > x:
                yield f"M{x} {y}h{end - x}v1h{x - end}z"
            x = end + 1
