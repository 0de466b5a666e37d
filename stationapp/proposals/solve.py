"""Which of many candidates to hold: a set packing with coverage, solved as a MIP by HiGHS in a process of its own.

    python -m stationapp.proposals.solve < {"problem": …, "seconds": 8} > {"chosen": [3, 17], "status": "best", …}

The child keeps numpy and the solver out of the web workers and can be stopped. A problem is plain JSON of whole
numbers, so that the same problem has the same answer, and the value of an answer can be compared exactly:

- `sites`: {id: {"most": new events at most, "area": which crowd it counts to}}
- `wants`: [[worth of the first event that fills it, worth of the second], …], not rising
- `candidates`: [{"site", "day", "from", "to", "idea", "uses": [resource, …], "fills": [index of a want, …]}, …];
  `from` and `to` in minutes, half-open; of each resource one candidate at a time, each idea once at a site
- `per_day`: new events of a site a day; `cost`: of each event
- `crowd`: [events an area may hold a day, cost of each further one]
"""

import json
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).resolve().parents[2]  # config would load half the application into the child

SECONDS = 8
"""How long the solver may search; what it has found by then is the answer."""

_STARTING = 15  # seconds more for the child to start and to write, on a machine that does other things


class Unanswered(Exception):
    """The child died, hung or answered nonsense."""


class Answer(NamedTuple):
    """What the solver said: indices of candidates in order; `best`: nothing better exists."""

    chosen: tuple[int, ...]
    best: bool
    worth: int
    seconds: float
    columns: int
    rows: int


def ask(problem: dict, *, seconds: int = SECONDS) -> Answer:
    """Solve it in a child process. Raises Unanswered."""
    if not problem["candidates"]:
        return Answer((), True, 0, 0.0, 0, 0)
    try:
        child = subprocess.run(
            [sys.executable, "-m", "stationapp.proposals.solve"],
            input=json.dumps({"problem": problem, "seconds": seconds}).encode(),
            capture_output=True,
            cwd=_ROOT,
            timeout=seconds + _STARTING,
            check=True,
        )
        said = json.loads(child.stdout)
        return Answer(tuple(said.pop("chosen")), **said)
    except (subprocess.SubprocessError, OSError, ValueError, TypeError, KeyError) as error:
        raise Unanswered(str(error)) from error


def worth(problem: dict, chosen: Collection[int]) -> int:
    """What an answer is worth: the objective, reckoned without the solver."""
    candidates = [problem["candidates"][index] for index in chosen]
    filled = Counter(want for one in candidates for want in one["fills"])
    total = sum(sum(problem["wants"][want][:times]) for want, times in filled.items())
    most, each = problem["crowd"]
    crowds = Counter((problem["sites"][str(one["site"])]["area"], one["day"]) for one in candidates)
    too_many = sum(max(0, number - most) for number in crowds.values())
    return total - problem["cost"] * len(candidates) - each * too_many


Clique = list[int]
"""Columns of which only so many may be taken."""


def limits(problem: dict) -> Iterator[tuple[Clique, int]]:
    """Every hard constraint: (candidates, how many of them at most)."""
    by_site, by_day, by_idea, by_resource = (defaultdict(list) for _ in range(4))
    for index, one in enumerate(problem["candidates"]):
        by_site[one["site"]].append(index)
        by_day[one["site"], one["day"]].append(index)
        by_idea[one["site"], one["idea"]].append(index)
        for resource in (f"site {one['site']}", *one["uses"]):
            by_resource[resource].append(index)
    yield from ((columns, problem["sites"][str(site)]["most"]) for site, columns in by_site.items())
    yield from ((columns, problem["per_day"]) for columns in by_day.values())
    yield from ((columns, 1) for columns in by_idea.values())
    for columns in by_resource.values():
        yield from ((clique, 1) for clique in at_once(problem["candidates"], columns))


def at_once(candidates: list[dict], columns: Iterable[int]) -> Iterator[Clique]:
    """The largest sets of candidates that share an instant: what overlaps pairwise overlaps in one."""
    order = sorted(columns, key=lambda index: (candidates[index]["from"], index))
    running: Clique = []
    for index in order:
        still = [one for one in running if candidates[one]["to"] > candidates[index]["from"]]
        if len(still) < len(running) and len(running) > 1:
            yield running
        running = [*still, index]
    if len(running) > 1:
        yield running


class _Model:
    """The columns and rows of the MIP as they are written down."""

    def __init__(self) -> None:
        self.costs: list[int] = []
        self.whole: list[bool] = []
        self.upper: list[float] = []
        self.rows: list[tuple[float, float, list[tuple[int, int]]]] = []  # least, most, (column, factor)

    def column(self, cost: int, *, whole: bool, upper: float) -> int:
        self.costs.append(cost)
        self.whole.append(whole)
        self.upper.append(upper)
        return len(self.costs) - 1


def _model(problem: dict) -> _Model:
    model, inf = _Model(), float("inf")
    for _ in problem["candidates"]:
        model.column(-problem["cost"], whole=True, upper=1)
    for columns, most in limits(problem):
        if len(columns) > most:
            model.rows.append((-inf, most, [(index, 1) for index in columns]))
    _write_wants(model, problem)
    _write_crowds(model, problem)
    return model


def _write_wants(model: _Model, problem: dict) -> None:
    """y₁ + y₂ ≤ Σ of the candidates that fill the want: the worth falls, so y₁ is filled first by itself."""
    fillers = defaultdict(list)
    for index, one in enumerate(problem["candidates"]):
        for want in one["fills"]:
            fillers[want].append((index, 1))
    for want, columns in sorted(fillers.items()):
        parts = [(model.column(each, whole=False, upper=1), -1) for each in problem["wants"][want] if each]
        if parts:
            model.rows.append((0, float("inf"), [*columns, *parts]))


def _write_crowds(model: _Model, problem: dict) -> None:
    most, each = problem["crowd"]
    crowds = defaultdict(list)
    for index, one in enumerate(problem["candidates"]):
        crowds[problem["sites"][str(one["site"])]["area"], one["day"]].append((index, 1))
    for columns in crowds.values():
        if len(columns) > most and each:
            more = model.column(-each, whole=False, upper=float("inf"))
            model.rows.append((-float("inf"), most, [*columns, (more, -1)]))


def solve(problem: dict, *, seconds: float) -> Answer:
    """Solve it here. The solver is loaded only now: nobody but the child needs it."""
    import highspy

    began = time.perf_counter()
    model = _model(problem)
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("random_seed", 0),
        ("time_limit", float(seconds)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", 0.99),  # every worth is a whole number
    ):
        solver.setOptionValue(option, value)
    solver.passModel(_as_lp(highspy, model))
    solver.run()
    solution = solver.getSolution()
    values = solution.col_value if solution.value_valid else []
    chosen = tuple(index for index, value in enumerate(values[: len(problem["candidates"])]) if value > 0.5)
    return Answer(
        chosen,
        solver.getModelStatus() == highspy.HighsModelStatus.kOptimal,
        worth(problem, chosen),
        round(time.perf_counter() - began, 3),
        len(model.costs),
        len(model.rows),
    )


def _as_lp(highspy, model: _Model):
    import numpy as np

    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(model.costs), len(model.rows)
    lp.sense_ = highspy.ObjSense.kMaximize
    lp.col_cost_ = np.array(model.costs, dtype=float)
    lp.col_lower_ = np.zeros(lp.num_col_)
    lp.col_upper_ = np.array(model.upper, dtype=float)
    kinds = highspy.HighsVarType
    lp.integrality_ = [kinds.kInteger if whole else kinds.kContinuous for whole in model.whole]
    lp.row_lower_ = np.array([row[0] for row in model.rows], dtype=float)
    lp.row_upper_ = np.array([row[1] for row in model.rows], dtype=float)
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = np.cumsum([0, *(len(row[2]) for row in model.rows)], dtype=np.int32)
    lp.a_matrix_.index_ = np.array([column for row in model.rows for column, _ in row[2]], dtype=np.int32)
    lp.a_matrix_.value_ = np.array([factor for row in model.rows for _, factor in row[2]], dtype=float)
    return lp


def main() -> None:
    """Read a problem, write the answer."""
    asked = json.load(sys.stdin)
    json.dump(solve(asked["problem"], seconds=asked["seconds"])._asdict(), sys.stdout)


if __name__ == "__main__":
    main()
