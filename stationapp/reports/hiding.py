"""Which numbers of a table are withheld so that a small one cannot be computed back (trust.md §4.31). Pure.

A `Grid` holds cells (whole numbers of people) and what a reader knows of them: equations, and orders as equations
with a slack. A cell of 1 to 4 is SMALL and printed "<5". It is safe when for each of 1, 2, 3 and 4 there is a
*witness*: other hidden numbers that satisfy everything known and print the same table with that value in its place.
Where there is none, one more cell of the equations that stood in the way is withheld (STAR, "*"): the smallest shown
one of 5 and more, cells of a higher rank (headlines) last, then by the order in which they came. A withheld
cell is safe with one other value. Withholding more never spoils a witness already found, so each cell is looked at
until it has its witnesses. A witness is remembered as moves, which often are one for other cells too.

Where nothing is left to withhold (a total of 3 over two parts "<5" can only be 2, 3 or 4), the largest small cell of
those in the way is printed "*" too, which says less than "<5"; so is a small cell that two withheld cells did not help.

All this is counted in terms looked at, not in seconds: the same body is hidden the same way everywhere. Where the
count is used up, or nothing near is left to withhold, nothing unproven stays as it is: whole ranks are withheld (first
the tables and parts, then the site's own figures, its headlines last) until every hidden cell has a witness, and
`coarse` says so.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple

SMALLEST, LARGEST = 1, 4
"""The sizes of a small cell (domain.md §9)."""

ENDLESS = 1 << 60
_STEPS = 45  # of one search for a witness; who needs more is helped by one more withheld cell
_TRIES = 2  # cells withheld for one small cell before it is withheld itself
_REMEMBERED = 8  # moves found that are tried again for another cell
_EFFORT, _COARSE_EFFORT = (
    6_000_000,
    200_000,
)  # terms looked at in one report, and then for each rank withheld whole


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
        self.coarse = False
        self.slack: dict[int, Term] = {}  # by equation
        self.found: dict[int, list[dict[int, int]]] = defaultdict(
            list
        )  # by cell: moves that keep all equations
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
        self.slack = {
            one: term
            for one, terms in enumerate(self.sums)
            for term in terms
            if self.cells[term.cell].state is State.SLACK
        }
        self.moving = [[term for term in terms if self.cells[term.cell].moves] for terms in self.sums]
        waiting = [at for at, cell in enumerate(self.cells) if cell.hidden]
        for at in waiting:  # grows
            if not self._settled(at, waiting):
                self._coarsely()
                return

    def _settled(self, at: int, waiting: list[int]) -> bool:
        """Withhold until the cell is safe; False when nothing near is left or the effort is used up."""
        tries = 0
        while (blocked := self._blocked(at)) is not None:
            if self.effort <= 0:
                return False
            tries += 1
            if tries > _TRIES and self.cells[at].state is State.SMALL:
                self._withhold(at)
                continue
            further = self._next(at, blocked)
            if further is None:
                return False
            waiting.append(further)
        return True

    def _coarsely(self) -> None:
        """Withhold whole ranks until every hidden cell has its witness; after the last nothing is shown but 0."""
        self.coarse = True
        for rank in sorted({cell.rank for cell in self.cells}):
            for at, cell in enumerate(self.cells):
                if cell.rank == rank and cell.state in (State.SHOWN, State.SMALL):
                    self._withhold(at)
            self.effort = _COARSE_EFFORT
            if all(self._blocked(at) is None for at, cell in enumerate(self.cells) if cell.hidden):
                return
        self._double()

    def _blocked(self, at: int) -> list[int] | None:
        """The equations in the way of a witness the cell needs; None when it has all of them."""
        self._known_ways(at)
        cell = self.cells[at]
        blocked: list[int] = []
        if cell.state is State.SMALL:
            wanted = [
                value for value in range(SMALLEST, LARGEST + 1) if value not in {cell.value, *cell.proven}
            ]
            return None if all(self._witness(at, value, blocked) for value in wanted) else blocked
        others = [cell.value + step for step in (1, -1, 3)]
        wanted = [value for value in others if cell.low <= value <= cell.high]
        found = cell.proven or any(self._witness(at, value, blocked) for value in wanted)
        return None if found else blocked

    def _known_ways(self, at: int) -> None:
        """What is proven by moves found for other cells: each, its opposite and its multiples keep what is known."""
        cell = self.cells[at]
        for moves in self.found[at][-_REMEMBERED:]:
            if cell.state is State.STAR and cell.proven:
                return
            for times in (1, -1, 2, -2, 3, -3):
                value = cell.value + times * moves[at]
                if cell.low <= value <= cell.high and value not in cell.proven and self._fits(moves, times):
                    cell.proven.add(value)

    def _fits(self, moves: dict[int, int], times: int) -> bool:
        self.effort -= len(moves)
        for at, by in moves.items():
            cell = self.cells[at]
            if not cell.low <= cell.value + times * by <= cell.high:
                return False
        return True

    def _witness(self, at: int, value: int, blocked: list[int]) -> bool:
        if value in self.cells[at].proven:
            return True
        search = Search(self, blocked)
        if not search.reach(at, value):
            return False
        self.cells[at].proven.add(value)
        moves = search.moves()
        for one in moves:
            self.found[one].append(moves)
        self._known_ways(at)
        return True

    def _double(self) -> None:
        """Everything twice as large keeps every sum: one witness for all that is withheld."""
        moves = {at: cell.value for at, cell in enumerate(self.cells) if cell.hidden and cell.value}
        for terms in self.sums:
            off = sum(sign * moves.get(at, 0) for at, sign in terms)
            slack = [(at, sign) for at, sign in terms if self.cells[at].state is State.SLACK]
            if off and slack:
                moves[slack[0][0]] = -off * slack[0][1]
            elif off:
                return
        if self._fits(moves, 1):
            for at, by in moves.items():
                self.cells[at].proven.add(self.cells[at].value + by)

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
            self.effort -= len(self.sums[one])
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
    """For one witness: move one cell, then mend what is off, a cell at a time, until nothing is.

    An equation that stays off weighs more and more, so that the search does not turn in a circle. It may
    miss a witness that exists, but what it finds is one.
    """

    def __init__(self, grid: Grid, blocked: list[int]) -> None:
        self.grid = grid
        self.blocked = blocked
        self.moved: dict[int, int] = {}
        self.rest: dict[int, int] = {}  # equation → by how much its printed cells moved it
        self.off: dict[int, int] = {}  # equation → how much of that no slack takes up, with its sign
        self.weight: dict[int, int] = {}
        self.start = -1

    def reach(self, at: int, value: int) -> bool:
        """Whether the cell can have that value."""
        self.start = at
        self._move(at, value - self.grid.cells[at].value)
        for _step in range(_STEPS):
            if not self.off:
                return True
            if self.grid.effort <= 0 or not self._mend():
                break
        self.blocked.extend(one for one in reversed(self.weight) if one not in self.blocked)
        return False

    def moves(self) -> dict[int, int]:
        """By how much each cell moved, slacks too."""
        found = {at: by for at, by in self.moved.items() if by}
        for one, rest in self.rest.items():
            if rest:
                slack = self.grid.slack[one]
                found[slack.cell] = -rest * slack.sign
        return found

    def _mend(self) -> bool:
        """Move the cell that helps most with what has been off the shortest; False when nothing can help it."""
        one = min(self.off, key=lambda one: (self.weight.get(one, 0), one))
        off = self.off[one]
        self.weight[one] = self.weight.pop(one, 0) + 1
        self.grid.effort -= len(self.grid.moving[one])
        ways = [
            (self._worse(term, by), -abs(by), term.cell, by)
            for term in self.grid.moving[one]
            if (by := self._room(term, -off * term.sign))
        ]
        if not ways:
            return False
        _worse, _most, cell, by = min(ways)
        self._move(cell, by)
        return True

    def _room(self, term: Term, wanted: int) -> int:
        """As much of the wanted move as the cell can make."""
        cell = self.grid.cells[term.cell]
        if term.cell == self.start or cell.state is State.SLACK:
            return 0
        value = cell.value + self.moved.get(term.cell, 0)
        by = min(cell.high - value, wanted) if wanted > 0 else max(cell.low - value, wanted)
        return by if (by > 0) == (wanted > 0) else 0

    def _worse(self, term: Term, by: int) -> int:
        """By how much more the equations are off when a cell moves, each by its weight."""
        sums = self.grid.cells[term.cell].sums
        self.grid.effort -= len(sums)
        worse = 0
        for one, sign in sums:
            after = self._beyond(one, self.rest.get(one, 0) + sign * by)
            worse += (abs(after) - abs(self.off.get(one, 0))) * self.weight.get(one, 1)
        return worse

    def _beyond(self, one: int, rest: int) -> int:
        """What of a rest no slack takes up."""
        slack = self.grid.slack.get(one)
        if slack is None:
            return rest
        cell = self.grid.cells[slack.cell]
        missing = cell.low - (cell.value - rest * slack.sign)
        return missing * slack.sign if missing > 0 else 0

    def _move(self, at: int, by: int) -> None:
        self.moved[at] = self.moved.get(at, 0) + by
        for one, sign in self.grid.cells[at].sums:
            self.rest[one] = self.rest.get(one, 0) + sign * by
            off = self._beyond(one, self.rest[one])
            if off:
                self.off[one] = off
            else:
                self.off.pop(one, None)
