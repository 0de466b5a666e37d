"""Two planners to compare the solver with: the largest gap first, and the same without looking what is taken."""

from collections import Counter
from collections.abc import Iterable

from stationapp.proposals.candidates import Question
from stationapp.proposals.rules import Why


def greedy(question: Question) -> list[int]:
    """The largest gap first, then minimums, then the rest; for each the first candidate that clashes with nothing."""
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
    gaps = (Why.GAP, Why.UNPLANNED)
    order = {
        want: (question.wants[want].why not in gaps, -problem["wants"][want][0], want) for want in fillers
    }
    for want in sorted(fillers, key=order.__getitem__):
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
