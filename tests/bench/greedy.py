"""Two planners to compare the solver with: one that takes the largest gap first, one that looks at nobody else's plan."""

from collections import Counter
from collections.abc import Iterable

from stationapp.planning.candidates import Question


def greedy(question: Question) -> list[int]:
    """The weightiest want first, for it the first candidate that clashes with nothing taken so far."""
    return _take(question, looks=True)


def careless(question: Question) -> list[int]:
    """The same without looking whether the time is taken, as sites plan that do not talk to each other."""
    return _take(question, looks=False)


def _take(question: Question, *, looks: bool) -> list[int]:
    problem = question.problem
    candidates = problem["candidates"]
    fillers: dict[int, list[int]] = {}
    for index in sorted(range(len(candidates)), key=lambda index: (candidates[index]["from"], index)):
        for want in candidates[index]["fills"]:
            fillers.setdefault(want, []).append(index)
    chosen: list[int] = []
    filled: set[int] = set()
    for want in sorted(fillers, key=lambda want: (-problem["wants"][want][0], want)):
        if want in filled:
            continue
        for index in fillers[want]:
            if _fits(problem, chosen, index, looks):
                chosen.append(index)
                filled.update(candidates[index]["fills"])
                break
    return sorted(chosen)


def _fits(problem: dict, chosen: Iterable[int], index: int, looks: bool) -> bool:
    one = problem["candidates"][index]
    others = [problem["candidates"][other] for other in chosen]
    of_site = [other for other in others if other["site"] == one["site"]]
    if len(of_site) >= problem["sites"][str(one["site"])]["most"]:
        return False
    if any(other["idea"] == one["idea"] for other in of_site):
        return False
    if not looks:
        return True
    if Counter(other["day"] for other in of_site)[one["day"]] >= problem["per_day"]:
        return False
    return not any(
        other["from"] < one["to"]
        and one["from"] < other["to"]
        and (other["site"] == one["site"] or set(other["uses"]) & set(one["uses"]))
        for other in others
    )
