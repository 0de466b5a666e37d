"""A month for the whole sample district, planned by the solver and by two others, and looked at by the verifier.

    python -m tests.bench.plan [--instance FOLDER]

Settles the full sample into a new instance (or uses one that stands) and plans next month for 11 offices and 88
stations: with one new event a site, with two, and once more as if everybody had been left out for three months and
there were nothing to hold but what needs something that goes round. Bars: the solver answers within 10 s and breaks
no rule. The control, which does not look at what others take, must clash.
"""

import argparse
import contextlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from stationapp import clock
from stationapp.app import create_app
from stationapp.calendar.rules import Month
from stationapp.config import load_settings
from stationapp.db import db
from stationapp.migrate import migrate
from stationapp.proposals import solve
from stationapp.proposals.candidates import Question, ask_about
from stationapp.proposals.ground import Gap, Ground
from stationapp.proposals.rules import Why
from stationapp.proposals.survey import survey
from stationapp.proposals.verify import broken, clashes
from stationapp.proposals.wants import MONTHS
from stationapp.reports.queries import communities
from stationapp.sample.operations import settle
from stationapp.sites.queries import get_center
from stationapp.sites.rules import Group
from tests.bench.greedy import careless, greedy

SECONDS = 10


def main() -> int:
    """Measure and print; the exit code says whether the bars hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--instance", type=Path, help="one that holds the sample already")
    given = parser.parse_args().instance
    with contextlib.ExitStack() as stack:
        folder = given or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        app = create_app(load_settings({"STATIONAPP_INSTANCE": str(folder)}))
        with app.app_context():
            if not given:
                migrate(db.engine)
                settle(lambda done, of: None)
            return _compare()


def _compare() -> int:
    month = Month.of(clock.day_of(clock.now())).plus(1)
    began = time.perf_counter()
    ground = survey(get_center(), month, now=clock.now())
    took = time.perf_counter() - began
    print(
        f"{month}: {len(ground.places)} sites, {len(ground.ideas)} ideas, {len(ground.gaps)} gaps; read in {took:.2f} s"
    )
    held = [_with_at_most(ground, most) for most in (1, 2)]
    print("\neverybody left out, and nothing to hold but what needs something that goes round:")
    held.append(_with_at_most(_scarce(ground), 2))
    print("held" if all(held) else "NOT HELD")
    return 0 if all(held) else 1


def _scarce(ground: Ground) -> Ground:
    """The same month with every gap there can be, and only ideas that many sites compete for."""
    since = ground.month.plus(-MONTHS)
    people = communities(get_center(), ground.month).populations
    gaps = [Gap(site_id, group, number, since) for (site_id, group), number in people.items() if number]
    order = list(ground.places)
    gaps.sort(key=lambda gap: (order.index(gap.site_id), list(Group).index(gap.group)))
    return replace(ground, gaps=gaps, ideas=[one for one in ground.ideas if one.fields.shared_id is not None])


def _with_at_most(ground: Ground, most: int) -> bool:
    """Plan it three ways; whether the bars hold."""
    began = time.perf_counter()
    question = ask_about(ground, most=most)
    asked = time.perf_counter()
    answer = solve.ask(question.problem, seconds=SECONDS)
    solved = time.perf_counter()
    by_greed = greedy(question)
    slow, quick = solved - asked, time.perf_counter() - solved
    print(
        f"\nat most {most} new a site: {len(question.candidates)} candidates made in {asked - began:.2f} s; "
        f"model of {answer.columns} columns, {answer.rows} rows; HiGHS {answer.seconds:.2f} s, "
        f"with its process {slow:.2f} s, greedy {quick:.2f} s: ratio {slow / quick:.1f}; proven best: {answer.best}"
    )
    wrong = _tell(ground, question, "solver", answer.chosen, most)
    _tell(ground, question, "greedy", by_greed, most)
    control = _tell(ground, question, "control", careless(question), most)
    better = solve.worth(question.problem, answer.chosen) >= solve.worth(question.problem, by_greed)
    return slow <= SECONDS and wrong == 0 and better and control > 0


def _tell(ground: Ground, question: Question, name: str, chosen: Sequence[int], most: int) -> int:
    """Print what a plan covers; how many rules it breaks."""
    events = [question.candidates[index] for index in chosen]
    filled = {want for one in events for want in one.fills}
    wants = question.wants

    def share(*whys: Why) -> str:
        asked = [index for index, want in enumerate(wants) if want.why in whys]
        return f"{sum(index in filled for index in asked)}/{len(asked)}"

    gaps = [
        index for index, want in enumerate(wants) if want.why in (Why.GAP, Why.UNPLANNED) and index in filled
    ]
    people = sum(wants[index].what.people or 0 for index in gaps)
    found = broken(ground, events, most=most)
    print(
        f"{name:8} {len(events)} events; gaps {share(Why.GAP, Why.UNPLANNED)} ({people} people in them), "
        f"minimums {share(Why.MINIMUM)}, waited in vain {share(Why.WAIT)}, days {share(Why.DAY)}; "
        f"clashes {clashes(found)}, rules broken {len(found)}; worth {solve.worth(question.problem, chosen)}"
    )
    return len(found)


if __name__ == "__main__":
    raise SystemExit(main())
