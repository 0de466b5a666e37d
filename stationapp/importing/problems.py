"""What reading a file comes back with: rows that are good, and problems a person can act on."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Generic, TypeVar

Row = TypeVar("Row")


class Weight(Enum):
    """What a problem costs."""

    LOST = "lost"  # the row (or the sheet, or the file) was left out
    NOTICE = "notice"  # the row goes in; somebody should still look


@dataclass(frozen=True)
class Problem:
    """One thing to put right, where to find it, and a Chinese sentence saying what to do.

    `row` is the number at the left edge in Excel, None for a whole sheet or file; `column` is the head as
    written in the file, empty for a whole row.
    """

    file: str
    sheet: str
    row: int | None
    column: str
    value: str
    message: str
    weight: Weight = Weight.LOST

    @property
    def line(self) -> str:
        """Everything in one line, for a terminal or a log."""
        place = [self.file or "文件"]
        if self.sheet:
            place.append(f"［{self.sheet}］")
        if self.row is not None:
            place.append(f"第{self.row}行")
        if self.column:
            place.append(f"“{self.column}”")
        return " ".join(place) + "：" + self.message

    @property
    def clause(self) -> str:
        """The sentence without what was read, for lists that leave the house."""
        return self.message.removeprefix(f"读到“{self.value}”，")


@dataclass(frozen=True)
class Reading(Generic[Row]):
    """The good rows in the order they should be loaded, and the problems in the order of the file."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]

    @property
    def lost(self) -> tuple[Problem, ...]:
        """The problems that kept something out; with --strict any of these stops the load."""
        return tuple(problem for problem in self.problems if problem.weight is Weight.LOST)


def shown(value: object) -> str:
    """A cell as a person saw it in the sheet, cut to 40 characters."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime):
        value = value.strftime("%Y-%m-%d %H:%M")
    elif isinstance(value, date):
        value = value.isoformat()
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else text[:39] + "…"
