"""Slips as staff type them, a line each: "12 满意 老师讲得好", "3 2", "1、4、7-9 1", "5 收回"."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from unicodedata import normalize

from stationapp.opinions.rules import COMMENT_LENGTH, Face

MOST_SLIPS = 400
"""Slips of one serial."""

MOST_LINES = 400
_MOST_TYPED = 40_000

SLIP_COUNTS = (16, 24, 32, 48, 64, 96, 160, 240)
"""How many may be asked for; eight are on a page."""


class LineProblem(Enum):
    """What is wrong with a line as it was typed."""

    UNREADABLE = "unreadable"
    NO_SUCH_SLIP = "no_such_slip"
    BACKWARDS = "backwards"  # 12-1
    NO_FACE = "no_face"
    NO_SUCH_FACE = "no_such_face"
    TWICE = "twice"  # the number stands in a line above
    COMMENT_OF_MANY = "comment_of_many"  # one comment for several slips
    COMMENT_TOO_LONG = "comment_too_long"


@dataclass(frozen=True)
class Slip:
    """One slip; without a score what was entered of it before is taken back."""

    number: int
    score: int | None
    comment: str = ""


@dataclass(frozen=True)
class Line:
    """A line as it was typed (its number from 1), the slips it means, or what is wrong with which piece of it."""

    at: int
    text: str
    slips: tuple[Slip, ...] = ()
    problem: LineProblem | None = None
    piece: str = ""


_FACES = {
    "1": Face.GOOD.value, "2": Face.SO_SO.value, "3": Face.BAD.value,
    "满意": Face.GOOD.value, "一般": Face.SO_SO.value, "不满意": Face.BAD.value,
    "0": None, "收回": None,
}  # fmt: skip
"""What is typed for a face: the small number printed beside it, or the word."""

_LINE = re.compile(
    r"(?P<numbers>\d+(?:\s*[,、\-~—至到]\s*\d+)*)(?:号|号条)?(?:\s+|\s*[:=,]\s*)?(?P<face>[^\s\d:=,，]+|\d*)(?:\s*[,:]?\s*)(?P<comment>.*)"
)


def read_lines(typed: str, *, last: int) -> list[Line]:
    """The lines that say something; `last` is the number of the last slip of the serial."""
    seen: set[int] = set()
    found = []
    rows = enumerate(typed[:_MOST_TYPED].splitlines()[:MOST_LINES], 1)
    for at, text in ((at, " ".join(text.split())) for at, text in rows):
        if text:
            line = _read(at, text, last)
            twice = next((slip.number for slip in line.slips if slip.number in seen), None)
            if twice is not None:
                line = Line(at, text, problem=LineProblem.TWICE, piece=str(twice))
            seen.update(slip.number for slip in line.slips)
            found.append(line)
    return found


def _read(at: int, text: str, last: int) -> Line:
    def wrong(problem: LineProblem, piece: str = "") -> Line:
        return Line(at, text, problem=problem, piece=piece[:20])

    found = _LINE.fullmatch(_narrow(text))
    if found is None:
        return wrong(LineProblem.UNREADABLE)
    try:
        numbers = sorted(set(_numbers(found["numbers"])))
    except ValueError as error:
        return wrong(LineProblem.BACKWARDS, str(error))
    odd = next((n for n in numbers if not 1 <= n <= last), None)
    if odd is not None:
        return wrong(LineProblem.NO_SUCH_SLIP, str(odd))
    if not found["face"]:
        return wrong(LineProblem.NO_FACE)
    if found["face"] not in _FACES:
        return wrong(LineProblem.NO_SUCH_FACE, found["face"])
    score, comment = _FACES[found["face"]], text[found.start("comment") :]
    if comment and (len(numbers) > 1 or score is None):
        return wrong(LineProblem.COMMENT_OF_MANY)
    if len(comment) > COMMENT_LENGTH:
        return wrong(LineProblem.COMMENT_TOO_LONG)
    return Line(at, text, tuple(Slip(n, score, comment) for n in numbers))


def _narrow(text: str) -> str:
    """Full-width digits and signs as narrow ones, each in its place."""
    return "".join(one if len(one := normalize("NFKC", sign)) == 1 else sign for sign in text)


def _numbers(text: str) -> Iterable[int]:
    for part in re.split(r"\s*[,、]\s*", text):
        ends = [int(piece[:6]) for piece in re.split(r"\s*[-~—至到]\s*", part)]
        if len(ends) > 2 or ends[-1] < ends[0]:
            raise ValueError(part)
        yield from range(ends[0], min(ends[-1], ends[0] + MOST_SLIPS) + 1)
