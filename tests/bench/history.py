"""Random histories of seats on both databases, each step followed by every invariant (trust.md §6, long run).

    python -m tests.bench.history [--steps N] [--seed S] [--database sqlite|postgresql]

Prints, for each database, the steps, the seed and how often each rule came to act; with the same seed the same
histories are made. Exit 1 when an invariant broke (a short history that breaks it is printed), when fewer steps
were made than asked for, or when in a run of 100,000 steps a rule acted fewer than 200 times (a duty: found work
fewer than 20 times).
"""

import argparse
import contextlib
import secrets
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db
from stationapp.migrate import migrate
from tests import cast
from tests.harness import postgres
from tests.signups.histories import ACTS, Work, run

LONG, LEAST = 100_000, 200


@contextlib.contextmanager
def address(kind: str, folder: Path) -> Iterator[str]:
    """An empty database of that kind."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'station.db'}"
        return
    with postgres.running() as server:
        url = server.fresh()
        yield url
        server.drop(url)


def histories(kind: str, steps: int, number: int) -> Work:
    """So many steps on a database of that kind."""
    with tempfile.TemporaryDirectory() as folder, address(kind, Path(folder)) as url:
        app = create_app(Settings(instance=Path(folder), database_url=url))
        with app.app_context():
            migrate(db.engine)
        people = cast.district(app)
        with app.app_context():
            try:
                return run(people.one, people.lin, steps, number)
            finally:
                db.session.remove()
                db.engine.dispose()


def report(kind: str, work: Work, number: int, seconds: float) -> None:
    """What was done."""
    print(f"{kind}: {work.steps} steps in {seconds:.0f} s, seed {number}")
    for name in ACTS:
        print(f"  {work.acts[name]:7}  {name}")
    for name, times in sorted(work.refused.items()):
        print(f"  {times:7}  refused, {name}")


def _least(name: str) -> int:
    """A duty counts only when it found something to do, which waits for an answer that never comes."""
    return LEAST // 10 if name.startswith("duty") else LEAST


def main() -> int:
    """Run what was asked for; the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--steps", type=int, default=LONG)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default=None)
    asked = parser.parse_args()
    number = secrets.randbits(32) if asked.seed is None else asked.seed
    failed = False
    for kind in (asked.database,) if asked.database else ("sqlite", "postgresql"):
        began = time.monotonic()
        try:
            work = histories(kind, asked.steps, number)
        except Exception:  # what broke is printed, and the other database is tried too
            traceback.print_exc()
            print(f"{kind}: an invariant broke, seed {number}")
            failed = True
            continue
        report(kind, work, number, time.monotonic() - began)
        rare = [name for name in ACTS if work.acts[name] < _least(name)] if asked.steps >= LONG else []
        if rare:
            print(f"{kind}: too rare: {', '.join(rare)}")
        failed |= work.steps < asked.steps or bool(rare)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
