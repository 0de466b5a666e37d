"""From a table to records with named fields, gathering problems on the way."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from stationapp.importing.headers import Column, Heads, find_heads, is_furniture
from stationapp.importing.problems import Problem, Weight, shown
from stationapp.importing.tables import Line, Sheet, Table
from stationapp.importing.values import text_of
from stationapp.refusal import Unreadable

Value = TypeVar("Value")


class Problems:
    """The problems of one file so far, handed back in the order of sheets and rows."""

    def __init__(self, table: Table) -> None:
        self.file = table.file
        self._sheets = {sheet.name: number for number, sheet in enumerate(table.sheets)}
        self._all = list(table.problems)

    def add(
        self, sheet: str, message: str, *, row: int | None = None, column: str = "", value: object = None,
        weight: Weight = Weight.LOST,
    ) -> None:  # fmt: skip
        """Keep one more; `message` is a whole sentence."""
        self._all.append(Problem(self.file, sheet, row, column, shown(value), message, weight))

    def drop(self, sheet: str, row: int) -> None:
        """Forget what was said of a row: somebody put it right."""
        self._all = [one for one in self._all if (one.sheet, one.row) != (sheet, row)]

    def sorted(self) -> tuple[Problem, ...]:
        return tuple(sorted(self._all, key=lambda one: (self._sheets.get(one.sheet, -1), one.row or 0)))


class Record:
    """One line of data. `failed` once anything in it was lost."""

    def __init__(self, sheet: "Part", line: Line, problems: Problems) -> None:
        self.row = line.number
        self.failed = False
        self._part = sheet
        self._line = line
        self._problems = problems

    def value(self, field: str) -> object:
        """The cell, None when it is empty or the file has no such column."""
        at = self._part.heads.at.get(field)
        return self._line.cells[at] if at is not None and at < len(self._line.cells) else None

    def has(self, field: str) -> bool:
        """Whether the file has such a column; one it has not says nothing."""
        return field in self._part.heads.at

    def text(self, field: str) -> str:
        return text_of(self.value(field))

    def needed(self, field: str) -> str:
        """The text, and a problem when there is none."""
        text = self.text(field)
        if not text:
            self.lost(field, "这一项必须填；请补上")
        return text

    def read(self, field: str, reader: Callable[..., Value], **more: object) -> Value | None:
        """`reader(cell)`; what it cannot read becomes a problem and None."""
        try:
            return reader(self.value(field), **more)
        except Unreadable as wrong:
            self.lost(field, str(wrong))
            return None

    def lost(self, field: str, clause: str) -> None:
        """The record is left out. `clause` says what is wrong and what to do, without a full stop."""
        self.failed = True
        self._say(field, clause, Weight.LOST)

    def notice(self, field: str, clause: str) -> None:
        """The record goes in, with something to look at."""
        self._say(field, clause, Weight.NOTICE)

    def plain(self, clause: str, weight: Weight) -> None:
        """Something about the whole record, not about a cell; it goes in or stays out as `weight` says."""
        self._problems.add(self._part.name, f"{clause.rstrip('。？')}。", row=self.row, weight=weight)

    def _say(self, field: str, clause: str, weight: Weight) -> None:
        value = self.value(field)
        read = "这一格是空的" if value is None else f"读到“{shown(value)}”"
        self._problems.add(
            self._part.name, f"{read}，{clause.rstrip('。？')}{'？' if clause.endswith('？') else '。'}",
            row=self.row, column=self._part.heads.named.get(field, ""), value=value, weight=weight,
        )  # fmt: skip


class Part:
    """One sheet with its heads: its records, and the lines above the heads."""

    def __init__(self, sheet: Sheet, heads: Heads, problems: Problems) -> None:
        self.name = sheet.name
        self.heads = heads
        self.titles = tuple(
            text_of(cell)
            for line in sheet.lines
            if line.number < heads.line
            for cell in line.cells
            if cell is not None
        )
        self._lines = [line for line in sheet.lines if line.number > heads.line]
        self._problems = problems

    def records(self) -> Iterator[Record]:
        """Data lines; totals, footnotes, repeated heads and lines with only a number are passed over."""
        for line in self._lines:
            record = Record(self, line, self._problems)
            if not is_furniture(line, self.heads) and any(
                record.value(field) is not None for field in self.heads.at
            ):
                yield record


def parts(table: Table, columns: tuple[Column, ...], problems: Problems) -> list[Part]:
    """The sheets that can be read; the others become problems."""
    found, strange = [], []
    for sheet in table.sheets:
        heads = find_heads(sheet, columns)
        if heads is None:
            strange.append(sheet)
        elif _complete(sheet, heads, problems):
            found.append(Part(sheet, heads, problems))
    wanted = "、".join(column.heads[0] for column in columns if column.needed)
    if strange and len(strange) == len(table.sheets):
        problems.add("", f"没有找到表头，没有读取。表头这一行应有：{wanted}。")
    else:
        for sheet in strange:
            if sheet.lines:
                problems.add(sheet.name, "这张工作表没有认得的表头，没有读取。", weight=Weight.NOTICE)
    return found


def _complete(sheet: Sheet, heads: Heads, problems: Problems) -> bool:
    for head in heads.unknown:
        problems.add(sheet.name, f"不认识表头“{shown(head)}”，这一列没有读取。", row=heads.line, column=shown(head),
                     value=head, weight=Weight.NOTICE)  # fmt: skip
    for head in heads.double:
        problems.add(sheet.name, f"表头“{shown(head)}”与另一列意思相同，分不清用哪一列。请删去一列。", row=heads.line,
                     column=shown(head), value=head)  # fmt: skip
    if heads.missing:
        problems.add(sheet.name, f"缺少这些列：{'、'.join(heads.missing)}。请补上后再导入。", row=heads.line)
    return not heads.double and not heads.missing
