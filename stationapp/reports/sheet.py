"""One model of a report's tables that every file renders: sections of tables of typed cells. Pure.

A cell is text, a `Num` (with its unit), a date, a `Month`, or None for nothing. Texts people wrote are cleaned
here, once: on one line, without marks that have no shape (controls, directions, NUL), and no longer than LONGEST.
"""

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from stationapp.calendar.rules import Month
from stationapp.reports.lines import Number
from stationapp.reports.rules import Unit, canonical
from stationapp.web import paper

LONGEST = 80
"""Characters of a name, a title or a source that a file shows; JSON alone holds all of them."""


class Num(NamedTuple):
    """A number with what it counts; "<5" and "*" where it is hidden, None where it is missing."""

    value: Number
    unit: Unit = Unit.COUNT

    @property
    def is_real(self) -> bool:
        """Whether there is a number to reckon with."""
        return isinstance(self.value, int | float)


Cell = str | Num | date | Month | None


@dataclass(frozen=True)
class Table:
    """A head and its rows; `id` is what formats choose by, never shown.

    `heat`: columns that are shaded by value, each time darker from one of the percentages `steps` on (`heat.py`).
    """

    id: str
    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    heat: tuple[int, ...] = ()
    steps: tuple[int, ...] = ()
    note: str = ""
    empty: str = ""  # what is said where there is no row


@dataclass(frozen=True)
class Chart:
    """What is drawn of a table: rows `first`…`last`, named by one column, measured by another."""

    kind: str  # "line" over months, "bar" over parts
    title: str
    table: Table
    first: int
    last: int
    label: int
    value: int

    @property
    def points(self) -> list[tuple[Cell, Num]]:
        """Names and numbers, in order."""
        rows = self.table.rows[self.first : self.last + 1]
        return [(row[self.label], row[self.value]) for row in rows]

    @property
    def drawable(self) -> bool:
        """Whether there are numbers, and none that is hidden and would be drawn as nothing."""
        values = [number.value for _, number in self.points if number.value is not None]
        return not any(isinstance(value, str) for value in values) and max(values, default=0) > 0


@dataclass(frozen=True)
class Section:
    """What stands together on one sheet of a workbook."""

    name: str
    tables: tuple[Table, ...]


@dataclass(frozen=True)
class Document:
    """A whole report: its title, facts about it, and its sections."""

    title: str
    facts: tuple[tuple[str, Cell], ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()

    def table(self, id: str) -> Table:
        """The table of that id."""
        return next(table for section in self.sections for table in section.tables if table.id == id)


def clean(value: object) -> str:
    """A text people wrote, as every file but JSON shows it."""
    text = paper.settable(str(value))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def day(value: object) -> Cell:
    """An ISO date as a date; anything else as text."""
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        return clean(value)


def fingerprint(body: dict) -> str:
    """SHA-256 of the body in its one way of writing: what a paper and its JSON can be compared by.

    Of an outside body it is the outside body's: the hash of hidden numbers would give them away to whoever tries
    the few there can be.
    """
    return hashlib.sha256(canonical(body).encode("utf-8", "backslashreplace")).hexdigest()


def plain(cell: Cell) -> object:
    """A cell as CSV holds it: a number stays one, "—" where it is missing."""
    if isinstance(cell, Num):
        return "—" if cell.value is None else cell.value
    if cell is None:
        return ""
    return str(cell)


def pick(table: Table, columns: list[int]) -> Table:
    """The same table with some of its columns."""
    rows = tuple(tuple(row[column] for column in columns) for row in table.rows)
    heat = tuple(at for at, column in enumerate(columns) if column in table.heat)
    return replace(table, head=tuple(table.head[column] for column in columns), rows=rows, heat=heat)
