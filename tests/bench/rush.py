"""A rush for 30 places: 64 clients press the real form's button 2,000 times, some of them twice.

    python -m tests.bench.rush [--attempts N] [--clients N] [--database sqlite|postgresql|both] [--seed N]

Must hold: exactly 30 confirmed, waiting numbers 1..n without gap or double, the same key the same answer. The floor
(`rush_floor`) runs on the same server and database with the same durability; the control (`rush_naive`) is the same
application without the guard and must oversell. Exit 1 when something does not hold or a bar is missed.
"""

import argparse
import contextlib
import secrets
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from flask import Flask
from sqlalchemy import func, select, text

from stationapp import clock
from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.migrate import migrate
from stationapp.signups.models import Party, Signup
from stationapp.signups.queries import find_by_code
from stationapp.signups.rules import Place
from tests import cast
from tests.bench.crowd import Attempt, Outcome, attempts, rush
from tests.harness import postgres
from tests.harness.server import granian

SEATS = 30
SHARE_OF_FLOOR = 0.25
P99_SECONDS = 2.0
WORKERS, THREADS = 2, 4
REPEATED = 0.2

_FLOOR_TABLES = (
    "CREATE TABLE floor_events (id INTEGER PRIMARY KEY, capacity INTEGER, taken INTEGER, queued INTEGER)",
    "CREATE TABLE floor_places (key TEXT PRIMARY KEY, name TEXT, phone TEXT, state TEXT, number INTEGER)",
    f"INSERT INTO floor_events VALUES (1, {SEATS}, 0, 0)",
)


@dataclass(frozen=True)
class Scene:
    """An instance with one event for the crowd (`code`) and one whose sign-up is over (`closed`)."""

    app: Flask
    instance: Path
    url: str
    code: str
    closed: str


def prepare(instance: Path, url: str) -> Scene:
    """A migrated instance with the two events, and the floor's tables."""
    app = create_app(Settings(instance=instance, database_url=url))
    with app.app_context():
        migrate(db.engine)
        people = cast.district(app)
        with transaction() as session:
            for statement in _FLOOR_TABLES:
                session.execute(text(statement))
            now = clock.now()
            for code, closes_at in (("RUSH2345", None), ("RUSH2346", now - timedelta(hours=1))):
                session.add(
                    Event(code=code, site_id=people.one.id, state=State.PUBLISHED, title="包饺子", summary="一起来",
                          starts_at=now + timedelta(days=2), ends_at=now + timedelta(days=2, hours=2),
                          capacity=SEATS, closes_at=closes_at, made_at=now)
                )  # fmt: skip
        _close()
    return Scene(app, instance, url, "RUSH2345", "RUSH2346")


def _close() -> None:
    db.session.remove()
    db.engine.dispose()


@contextlib.contextmanager
def serving(scene: Scene, target: str) -> Iterator[int]:
    """The port of two processes serving `target` ("module:app") on the scene's database."""
    settings = {"STATIONAPP_INSTANCE": str(scene.instance), "STATIONAPP_DATABASE_URL": scene.url}
    with granian(target, settings=settings, workers=WORKERS, threads=THREADS) as url:
        yield urlsplit(url).port


def press(scene: Scene, port: int, crowd: Sequence[Attempt], clients: int, *, code: str = ""):
    """The crowd at the event's form."""
    path = f"/events/{code or scene.code}"
    return rush(port, path, f"{path}/signups", crowd, clients)


def problems(scene: Scene, crowd: Sequence[Attempt], told: Sequence[Outcome]) -> list[str]:
    """What does not hold after a rush, in words; empty when everything does."""
    found = (
        [f"{sum(o.status != 303 for o in told)} answers were no 303"]
        if any(o.status != 303 for o in told)
        else []
    )
    codes = defaultdict(set)
    for outcome in told:
        codes[outcome.attempt.key].add(outcome.code)
    found += [f"the key {key} got {len(got)} answers" for key, got in codes.items() if len(got) != 1]
    with scene.app.app_context():
        keys = {attempt.key for attempt in crowd}
        states = dict(db.session.execute(select(Signup.state, func.count()).group_by(Signup.state)).all())
        wanted = {Place.CONFIRMED: SEATS, Place.WAITLISTED: len(keys) - SEATS}
        if states != wanted:
            found.append(f"{states} instead of {wanted}")
        numbers = list(db.session.scalars(select(Party.queue_number).where(Party.queue_number.is_not(None))))
        if sorted(numbers) != list(range(1, len(keys) - SEATS + 1)):
            found.append("the waiting numbers have a gap or a double")
        if missing := sum(find_by_code(code) is None for got in codes.values() for code in got):
            found.append(f"{missing} tickets do not exist")
        event = db.session.scalars(select(Event).where(Event.code == scene.code)).one()
        if (event.taken, event.waiting, event.queued) != (SEATS, len(keys) - SEATS, len(keys) - SEATS):
            found.append(f"the counters say {event.taken}, {event.waiting}, {event.queued}")
        _close()
    return found


def oversold(scene: Scene) -> int:
    """How many more were confirmed than there are seats."""
    with scene.app.app_context():
        seated = db.session.scalar(select(func.count()).where(Signup.state == Place.CONFIRMED))
        _close()
    return seated - SEATS


@contextlib.contextmanager
def database(kind: str) -> Iterator[tuple[Path, str]]:
    """A fresh instance folder and database address; PostgreSQL on a private cluster with every sync on."""
    with tempfile.TemporaryDirectory(prefix="station-rush-") as folder:
        if kind == "sqlite":
            yield Path(folder), f"sqlite:///{folder}/station.db"
            return
        with postgres.running(durable=True) as server:
            yield Path(folder), server.fresh()


def _line(name: str, told: Sequence[Outcome], lasted: float) -> float:
    took = sorted(outcome.took for outcome in told)
    p50, p99 = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.99))
    rate = len(told) / lasted
    print(f"  {name:<34}{rate:>8.0f}/s   p50 {p50:>6.1f} ms   p99 {p99:>6.1f} ms", flush=True)
    return rate


def measure(kind: str, count: int, clients: int, seed: int) -> bool:
    """One database: floor, application, control; whether everything held."""
    print(f"{kind}: {count} attempts, {clients} clients, {WORKERS}×{THREADS}, seed {seed}")
    crowd = attempts(count, REPEATED, seed)
    with database(kind) as (instance, url):
        scene = prepare(instance, url)
        with serving(scene, "tests.bench.rush_floor:app") as port:
            told, lasted = press(scene, port, crowd, clients)
            floor = _line("floor, accepted", told, lasted)
            floor_again = _line("floor, repeats", *press(scene, port, crowd, clients))
        with serving(scene, "stationapp.wsgi:app") as port:
            told, lasted = press(scene, port, crowd, clients)
            ours = _line("sign-up, accepted", told, lasted)
            p99 = sorted(outcome.took for outcome in told)[int(len(told) * 0.99)]
            found = problems(scene, crowd, told)
            repeats, lasted = press(scene, port, crowd, clients)
            again = _line("sign-up, repeats", repeats, lasted)
            found += (
                [] if {o.code for o in repeats} <= {o.code for o in told} else ["a repeat got another answer"]
            )
            _line(
                "sign-up, refused with a page",
                *press(scene, port, crowd[: count // 4], clients, code=scene.closed),
            )
    with database(kind) as (instance, url):
        scene = prepare(instance, url)
        with serving(scene, "tests.bench.rush_naive:app") as port:
            press(scene, port, crowd[: max(count // 4, 4 * clients)], clients)
        over = oversold(scene)
    print(
        f"  of the floor: accepted {ours / floor:.2f}, repeats {again / floor_again:.2f}; control oversold by {over}"
    )
    found += [] if over > 0 else ["the control without the guard did not oversell: this run proves nothing"]
    found += [] if ours >= floor * SHARE_OF_FLOOR else [f"below {SHARE_OF_FLOOR} of the floor"]
    found += [] if p99 < P99_SECONDS else [f"p99 {p99:.2f} s"]
    for sentence in found:
        print(f"  ✗ {sentence}")
    return not found


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--attempts", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    held = [measure(kind, given.attempts, given.clients, given.seed) for kind in kinds]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
