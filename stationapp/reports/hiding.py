"""Which numbers of a table are withheld so that a small one cannot be computed back (trust.md §4.31). Pure.

A `Grid` holds cells (whole numbers of people) and what a reader knows of them: equations, and orders as equations
with a slack. A cell of 1 to 4 is SMALL and printed "<5". It is safe when for each of 1, 2, 3 and 4 there is a
*witness*: other hidden numbers that satisfy everything known and print the same table with that value in its place.
Where there is none, one more cell of the equations that stood in the way is withheld (STAR, "*"): the smallest shown
one of 5 and more, cells of a higher rank (headlines) last, then by the order in which they came. A withheld
cell is safe with one other value. Withholding more never spoils a witness already found, so each cell is looked at
until it has its witnesses.

Where nothing is left to withhold (a total of 3 over two parts "<5" can only be 2, 3 or 4), the largest small cell of
those in the way is printed "*" too, which says less than "<5".
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

SMALLEST, LARGEST = 1, 4
"""The sizes of a small cell (domain.md §9)."""

ENDLESS = 1 << 60
_STEPS, _HASTY = 100, 15  # of one search for a witness; who needs more is helped by one more withheld cell
_EFFORT = 20_000  # steps of one report; a hard one is finished hastily, which withholds more and is as safe


class State(Enum):
    """How a cell is printed."""

    SHOWN = "shown"
    FIXED = "fixed"  # shown, and never withheld: no count of people, or 0
    SMALL = "small"  # "<5"
    STAR = "star"  # "*"
    SLACK = "slack"  # not printed: by how much an order is not an equality


@dataclass
class Cell:
    """One number, however often it is printed."""

    value: int
    state: State
    rank: int = 0
    low: int = 0
    high: int = ENDLESS
    sums: list[tuple[int, int]] = field(default_factory=list)  # the equations it stands in, with its sign
    proven: set[int] = field(default_factory=set)  # other values that have their witness

    @property
    def hidden(self) -> bool:
        """Whether a reader does not see it."""
        return self.state in (State.SMALL, State.STAR)

    @property
    def moves(self) -> bool:
        """Whether a reader must reckon with other values."""
        return self.hidden or self.state is State.SLACK


class Term(NamedTuple):
    """A cell in an equation, with its sign."""

    cell: int
    sign: int


class Grid:
    """Cells and equations; `hide()` decides what is printed of each cell."""

    def __init__(self) -> None:
        self.cells: list[Cell] = []
        self.sums: list[list[Term]] = []
        self.effort = _EFFORT
        self.moving: list[
            list[Term]
        ] = []  # of each equation what a reader must reckon with, once it is hidden

    def cell(self, value: int, *, people: bool = True, rank: int = 0) -> int:
        """A number that is printed; `rank`: the higher, the longer it stays."""
        state = State.SHOWN if people and value > 0 else State.FIXED
        self.cells.append(Cell(value, state, rank))
        return len(self.cells) - 1

    def unsaid(self, value: int) -> int:
        """A number of at most LARGEST, 0 too, that is withheld whatever it is."""
        self.cells.append(Cell(value, State.STAR, high=LARGEST))
        return len(self.cells) - 1

    def equal(self, left: Iterable[int], right: Iterable[int]) -> None:
        """The sums of both sides differ by what they differ by now, and a reader knows that."""
        signs: dict[int, int] = {}
        for cells, sign in ((left, 1), (right, -1)):
            for cell in cells:
                signs[cell] = signs.get(cell, 0) + sign
        terms = [Term(cell, sign) for cell, sign in signs.items() if sign]
        for term in terms:
            self.cells[term.cell].sums.append((len(self.sums), term.sign))
        self.sums.append(terms)

    def at_most(self, left: Iterable[int], right: Iterable[int]) -> None:
        """The left side is not above the right one (where the facts say otherwise, not further than now)."""
        left, right = list(left), list(right)
        room = sum(self.cells[one].value for one in right) - sum(self.cells[one].value for one in left)
        self.cells.append(Cell(room, State.SLACK, low=min(0, room)))
        self.equal([*left, len(self.cells) - 1], right)

    def hide(self) -> None:
        """Mark what is small, and what must be withheld with it."""
        for cell in self.cells:
            if cell.state is State.SHOWN and SMALLEST <= cell.value <= LARGEST:
                cell.state, cell.low, cell.high = State.SMALL, SMALLEST, LARGEST
        self.moving = [[term for term in terms if self.cells[term.cell].moves] for terms in self.sums]
        waiting = [at for at, cell in enumerate(self.cells) if cell.hidden]
        for at in waiting:  # grows
            while (blocked := self._blocked(at)) is not None:
                further = self._next(at, blocked)
                if further is None:
                    break
                waiting.append(further)

    def _blocked(self, at: int) -> list[int] | None:
        """The equations in the way of a witness the cell needs; None when it has all of them."""
        cell = self.cells[at]
        blocked: list[int] = []
        if cell.state is State.SMALL:
            wanted = [
                value for value in range(SMALLEST, LARGEST + 1) if value not in {cell.value, *cell.proven}
            ]
            return None if all(self._witness(at, value, blocked) for value in wanted) else blocked
        others = [cell.value + step for step in (1, -1, 2, -2, 3, -3, 5, -5)]
        wanted = [value for value in others if cell.low <= value <= cell.high]
        found = cell.proven or any(self._witness(at, value, blocked) for value in wanted)
        return None if found else blocked

    def _witness(self, at: int, value: int, blocked: list[int]) -> bool:
        if Search(self, blocked).reach(at, value):
            self.cells[at].proven.add(value)
            return True
        return False

    def _next(self, at: int, blocked: list[int]) -> int | None:
        """Withhold one more cell, or say less of a small one; None when nothing is left to do."""
        cell = self._smallest(blocked)
        if cell is None and (cell := self._told_too_much(at, blocked)) is None:
            cell = self._smallest(self._around(at))
        if cell is not None:
            self._withhold(cell)
        return cell

    def _withhold(self, at: int) -> None:
        cell = self.cells[at]
        if cell.state is State.SMALL:
            cell.low = SMALLEST
        else:
            cell.low = LARGEST + 1
            for one, sign in cell.sums:
                self.moving[one].append(Term(at, sign))
        cell.state, cell.high = State.STAR, ENDLESS

    def _told_too_much(self, at: int, blocked: list[int]) -> int | None:
        """The largest small cell of those in the way: that it is below 5 is what narrows the others."""
        small = [
            cell
            for cell in {at, *(term.cell for one in blocked for term in self.sums[one])}
            if self.cells[cell].state is State.SMALL
        ]
        return max(small, key=lambda cell: (self.cells[cell].value, -cell), default=None)

    def _smallest(self, sums: Iterable[int]) -> int | None:
        """Of the first equation that shows something: its smallest; a headline only where there is nothing else."""
        best = None
        for one in sums:
            shown = [
                (self.cells[term.cell].rank, self.cells[term.cell].value, term.cell)
                for term in self.sums[one]
                if self.cells[term.cell].state is State.SHOWN
            ]
            if shown and (best is None or min(shown)[0] < best[0]):
                best = min(shown)
                if not best[0]:
                    break
        return None if best is None else best[2]

    def _around(self, at: int) -> Iterator[int]:
        """The equations that hidden cells lead to from one, nearest first."""
        seen, waiting = {at}, [at]
        told: set[int] = set()
        for cell in waiting:  # grows
            for one, _sign in self.cells[cell].sums:
                if one not in told:
                    told.add(one)
                    yield one
                for term in self.sums[one]:
                    if term.cell not in seen and self.cells[term.cell].moves:
                        seen.add(term.cell)
                        waiting.append(term.cell)


class Search:
    """For one witness: what moves by how much, each cell at most twice."""

    def __init__(self, grid: Grid, blocked: list[int]) -> None:
        self.grid = grid
        self.blocked = blocked
        self.moved: dict[int, list[int]] = {}
        self.rest: dict[int, int] = {}  # equation → by how much it is off
        self.steps = _STEPS if grid.effort > 0 else _HASTY
        self.start = -1

    def reach(self, at: int, value: int) -> bool:
        """Whether the cell can have that value."""
        self.start = at
        self._move(at, value - self.grid.cells[at].value)
        return self._settle()

    def _move(self, at: int, by: int) -> None:
        self.moved.setdefault(at, []).append(by)
        self._weigh(at, by)

    def _back(self, at: int) -> None:
        self._weigh(at, -self.moved[at].pop())

    def _weigh(self, at: int, by: int) -> None:
        for one, sign in self.grid.cells[at].sums:
            rest = self.rest.get(one, 0) + sign * by
            if rest:
                self.rest[one] = rest
            else:
                self.rest.pop(one, None)

    def _settle(self) -> bool:
        """Balance the equations that are off, the one with the fewest ways first."""
        if not self.rest:
            return True
        self.steps -= 1
        self.grid.effort -= 1
        if self.steps < 0:
            return False
        fewest, ways = -1, None
        for one in self.rest:
            its = self._ways(one)
            if ways is None or len(its) < len(ways):
                fewest, ways = one, its
                if len(its) < 2:
                    break
        for cell, by in ways or ():
            self._move(cell, by)
            if self._settle():
                return True
            self._back(cell)
        if fewest not in self.blocked:
            self.blocked.append(fewest)
        return False

    def _ways(self, one: int) -> list[tuple[int, ...]]:
        """(cell, move) that balance an equation, or help to: a slack first, then what stands in few equations."""
        found = []
        cells, rest = self.grid.cells, self.rest[one]
        for at, sign in self.grid.moving[one]:
            moved = self.moved.get(at)
            if at == self.start or (moved and len(moved) > 1):
                continue
            cell, wanted = cells[at], -rest * sign
            value = cell.value + moved[0] if moved else cell.value
            by = min(cell.high - value, wanted) if wanted > 0 else max(cell.low - value, wanted)
            if by and (by > 0) == (wanted > 0):
                slack = cell.state is not State.SLACK
                found.append((by != wanted, bool(moved), slack, len(cell.sums), at, by))
        return [way[-2:] for way in sorted(found)]
