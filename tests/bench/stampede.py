"""A stampede: many clients at the real forms of two web processes and the jobs, which are killed again and again.

    python -m tests.bench.stampede [--seconds N] [--clients N] [--every N] [--seed N]
                                   [--database sqlite|postgresql|both]

Households sign up, hold seats while they write, press again, hang up before the answer comes, and cancel; of every
eight clients one is a clerk who signs callers up at the desk, and one answers for those who are offered a place.
Every answer a client read goes into its log. At the end the logs are laid beside the database: nothing acknowledged
may be lost or changed, a request that was cut is there whole or not at all, no event ever seats more than it has
places, and every invariant of `stationapp audit` holds. The control is the same application without the guard; it
must oversell. Exit 1 when anything does not hold or too little happened to prove it.
"""

import argparse
import random
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.stampede_client import Clerk, Client, Log, Waiter
from tests.bench.stampede_scene import Scene, prepare, problems, seated_beyond
from tests.harness import postgres
from tests.harness.mortal import Mortal, free_port

P99_SECONDS = 2.0
_SERVER = ("-m", "granian", "--interface", "wsgi", "--no-ws", "--workers", "1", "--blocking-threads", "4")


@dataclass(frozen=True)
class Floors:
    """What must at least have happened, or the run proves nothing."""

    kills: int
    cuts: int
    requests: int


@dataclass
class Run:
    """What happened in one run."""

    log: Log = field(default_factory=Log)
    kills: int = 0
    looks: int = 0
    beyond: int = 0  # the most that was ever seen seated beyond the places there are


@contextmanager
def database(kind: str) -> Iterator[tuple[Path, str]]:
    """A fresh instance folder and database address; PostgreSQL on a cluster with every sync on."""
    with tempfile.TemporaryDirectory(prefix="station-stampede-") as folder:
        if kind == "sqlite":
            yield Path(folder) / "instance", f"sqlite:///{folder}/station.db"
            return
        with postgres.running(durable=True) as server:
            yield Path(folder) / "instance", server.fresh()


def processes(scene: Scene, target: str) -> tuple[list[Mortal], list[int]]:
    """Two web processes and one of jobs, with the ports of the former."""
    environment = {"STATIONAPP_INSTANCE": str(scene.instance), "STATIONAPP_DATABASE_URL": scene.url}
    ports, log = [free_port(), free_port()], scene.instance / "stampede.log"
    web = [
        Mortal((*_SERVER, "--port", str(port), target), environment, log, f"http://127.0.0.1:{port}/healthz")
        for port in ports
    ]
    return [*web, Mortal(("-m", "stationapp.cli", "jobs"), environment, log)], ports


def stampede(
    scene: Scene, seconds: float, clients: int, every: float, seed: int, target="stationapp.wsgi:app"
) -> Run:
    """Let the clients loose for so many seconds, killing one process after another; `every` 0: none."""
    run, over = Run(), threading.Event()
    mortals, ports = processes(scene, target)
    try:
        for mortal in mortals:
            mortal.start()
        kinds = (Waiter, Client, Client, Client, Clerk, Client, Client, Client)
        crowd = [kinds[n % 8](n, ports, scene, over, seed) for n in range(clients)]
        threads = [threading.Thread(target=client.run) for client in crowd]
        watcher = threading.Thread(target=_watch, args=(scene, run, over))
        for thread in (*threads, watcher):
            thread.start()
        _reap(mortals, run, seconds, every, random.Random(seed))
        over.set()
        for thread in (*threads, watcher):
            thread.join()
    finally:
        over.set()
        for mortal in mortals:
            mortal.stop()
    run.log = Log.of_all([client.log for client in crowd])
    return run


def _reap(mortals: list[Mortal], run: Run, seconds: float, every: float, chance: random.Random) -> None:
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        time.sleep(min(left, every * chance.uniform(0.6, 1.4) if every else left))
        if every and time.monotonic() < until:
            mortal = chance.choice(mortals)
            mortal.kill()
            run.kills += 1
            mortal.start(wait=False)


def _watch(scene: Scene, run: Run, over: threading.Event) -> None:
    while not over.wait(0.25):
        run.beyond = max(run.beyond, seated_beyond(scene))
        run.looks += 1


def report(name: str, run: Run, found: list[str], seed: int) -> None:
    """The run in lines."""
    log, took = run.log, sorted(run.log.took)
    p50, p99 = (took[int(len(took) * share)] for share in (0.5, 0.99))
    print(f"{name}: seed {seed}; {run.kills} kills")
    print(f"  {log.sent} requests, {log.cut} cut by clients, {log.lost} lost to kills")
    print(
        f"  acknowledged {dict(sorted(log.kinds.items()))}; refused {log.refused}, told to come later {log.busy}"
    )
    print(f"  p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms; looked at the seats {run.looks} times")
    for sentence in found:
        print(f"  ✗ {sentence}")


def measure(kind: str, given: argparse.Namespace, floors: Floors) -> bool:
    """One database; whether everything held and the control did not."""
    with database(kind) as (instance, url):
        scene = prepare(instance, url)
        run = stampede(scene, given.seconds, given.clients, given.every, given.seed)
        found = problems(scene, run.log)
        found += [f"{run.beyond} seated beyond the places"] if run.beyond else []
        found += too_little(run, floors)
        took = sorted(run.log.took)
        found += [] if took[int(len(took) * 0.99)] < P99_SECONDS else ["p99 is 2 s or more"]
    with database(kind) as (instance, url):
        scene = prepare(instance, url)
        control = stampede(scene, 8, given.clients, 0, given.seed, "tests.bench.rush_naive:app")
        over = max(control.beyond, seated_beyond(scene))
    found += [] if over else ["the control without the guard did not oversell: this run proves nothing"]
    report(kind, run, found, given.seed)
    print(f"  control oversold by {over}")
    return not found


def too_little(run: Run, floors: Floors) -> list[str]:
    """What happened too seldom."""
    happened = {"kills": run.kills, "cuts": run.log.cut + run.log.lost, "requests": run.log.sent}
    return [
        f"only {number} {what}: this run proves nothing"
        for what, number in happened.items()
        if number < getattr(floors, what)
    ]


def main() -> int:
    """Run as the command line says; the floors grow with the time."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--every", type=float, default=3.5)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    floors = Floors(int(given.seconds / 4), int(given.seconds / 12), int(given.seconds * 10))
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    held = [measure(kind, given, floors) for kind in kinds]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
