"""Checking in through the real interface: residents' phones, the desk's field, the roster, a device at the door.

    python -m tests.bench.checkin [--people N] [--clients N] [--database sqlite|postgresql|both] [--look]

The floor (`checkin_floor`) is one guarded insert a request on the same server and database with the same durability.
Must hold: everybody is there once and by the way they came; the chain of scans is whole. Bar: each way of one scan a
request takes 1/3 of the floor's scans a second. A device sends what it kept, 100 scans a request: its floor is as many
guarded inserts in one transaction, and it is printed without a bar. The exit code is the sum of what was missed: 1
something does not hold, 2 the venue's code, 4 the desk's field, 8 the roster. `--look`: no crowd, but what one request
costs: its statements and its processor time, in this process.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask
from sqlalchemy import event as hooks
from sqlalchemy import func, select, text

from stationapp import clock
from stationapp.accounts.logins import begin_login
from stationapp.app import create_app
from stationapp.attendance import checks
from stationapp.attendance.models import Attendance
from stationapp.attendance.queries import venue_token
from stationapp.attendance.rules import How
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.devices import operations as devices
from stationapp.events.models import Event
from stationapp.events.queries import find_event
from stationapp.migrate import migrate
from stationapp.signups.queries import find_by_code
from tests import cast
from tests.bench.crowd import HIDDEN, Form, Outcome, Press, rush
from tests.bench.rush import database, serving

SHARE_OF_FLOOR = 1 / 3
BATCH = 100  # as many as static/door-link.js sends at once
DEVICES = 2
ROSTER = 200  # people on a roster at most: a longer one is no list to tick
WAYS = {
    How.VENUE: "residents' phones, the venue's code",
    How.STAFF_SCAN: "the desk's field",
    How.ROSTER: "the roster",
}
MISSED = {How.VENUE: 2, How.STAFF_SCAN: 4, How.ROSTER: 8}
LOOKED = 30
"""Requests of each way that `--look` sends."""


@dataclass(frozen=True)
class Scene:
    """Two events about to begin, one of them ticked on its roster, and who signed up, for one way in each."""

    app: Flask
    instance: Path
    url: str
    event: str
    listed: str  # the event whose roster is ticked
    codes: dict[How | str, list[str]]  # of the roster: the numbers its buttons carry
    desk: str  # the desk's cookie
    device: str  # the device's cookie


@dataclass(frozen=True)
class Coming(Form):
    """One person at the venue's code or at the desk's field."""

    code: str

    def fields(self) -> dict[str, str]:
        """The code alone."""
        return {"code": self.code}


@dataclass(frozen=True)
class Ticked(Form):
    """One person's button on the roster."""

    number: str

    def fields(self) -> dict[str, str]:
        """As the roster's form carries it."""
        return {"in": self.number, "nonce": f"bench-{self.number}", "at": ""}


@dataclass(frozen=True)
class Batch(Form):
    """As many codes in one request as a device sends, for the floor."""

    codes: tuple[str, ...]

    def fields(self) -> dict[str, list[str]]:
        """The codes alone."""
        return {"code": list(self.codes)}

    def body(self, hidden: dict[str, str]) -> bytes:
        """One field for each."""
        return urlencode(self.fields(), doseq=True).encode()


@dataclass(frozen=True)
class Kept:
    """What a device sends at once."""

    event: str
    first: int  # the sequence of its first scan
    codes: tuple[str, ...]
    kind = "application/json"

    def body(self, _hidden: dict[str, str]) -> bytes:
        """As static/door.js writes it."""
        now = clock.now().isoformat()
        scans = [
            {"nonce": f"bench-{self.first + n}", "event": self.event, "code": code, "kind": "in", "at": now,
             "sequence": self.first + n}
            for n, code in enumerate(self.codes)
        ]  # fmt: skip
        return json.dumps({"sent_at": now, "scans": scans}).encode()


def prepare(instance: Path, url: str, people: int) -> Scene:
    """A migrated instance, so many people signed up for each way in, a desk and a device."""
    app = create_app(Settings(instance=instance, database_url=url))
    with app.app_context():
        migrate(db.engine)
        made = cast.district(app)
        now = clock.now()
        soon = now + timedelta(minutes=20)
        event = cast.event(made.one, starts_at=soon, capacity=3 * people)
        listed = cast.event(made.one, starts_at=soon, capacity=ROSTER)
        codes = {
            way: _sign_up(event, people, start)
            for start, way in enumerate((How.VENUE, How.STAFF_SCAN, "device"))
        }
        on_it = _sign_up(listed, min(people, ROSTER), len(codes))
        codes[How.ROSTER] = [str(find_by_code(code).resident_id) for code in on_it]
        with transaction() as session:
            session.execute(text("CREATE TABLE floor_scans (code TEXT PRIMARY KEY, kind TEXT)"))
            desk = begin_login(made.lin.id, device="bench", now=now)
            today = clock.day_of(now)
            _device, link = devices.enrol(
                made.one, "大厅平板", today, today, names_shown=False, by=made.lin.id, now=now
            )
        with transaction():
            device = devices.take_up(link, now=now)
        open_now = event.code, listed.code
        db.session.remove()
        db.engine.dispose()
    return Scene(app, instance, url, *open_now, codes, f"desk={desk}", f"door={device}")


def _sign_up(event: Event, people: int, start: int) -> list[str]:
    codes = []
    for first in range(0, people, 5):
        party = [
            cast.person(f"来客{start}{number:05d}", f"199{start}{number:07d}")
            for number in range(first, min(first + 5, people))
        ]
        codes += [code for one in party for code in cast.sign_up(event, one).codes]
    return codes


def problems(scene: Scene, came: dict[How | str, int]) -> list[str]:
    """What does not hold after all of them came."""
    with scene.app.app_context():
        there = dict(
            db.session.execute(select(Attendance.came_how, func.count()).group_by(Attendance.came_how)).all()
        )
        wanted = {way: came[way] for way in WAYS}
        wanted[How.STAFF_SCAN] += came["device"]
        found = [] if there == wanted else [f"{there} instead of {wanted}"]
        found += [f"{check.name}: {rows[:3]}" for check in checks.CHECKS if (rows := check.find())]
        db.session.remove()
        db.engine.dispose()
    return found


def _line(name: str, told: Sequence[Outcome], lasted: float, each: int = 1) -> float:
    took = sorted(outcome.took for outcome in told)
    rate = len(told) * each / lasted
    print(f"  {name:<42}{rate:>8.0f}/s   p99 {took[int(len(took) * 0.99)] * 1000:>7.1f} ms", flush=True)
    return rate


def _address(scene: Scene, way: How) -> tuple[str, str]:
    """Where the form of a way stands, and where it goes."""
    if way is How.STAFF_SCAN:
        return "/desk/checkin", "/desk/checkin"
    if way is How.ROSTER:
        return f"/desk/events/{scene.listed}/roster", f"/desk/events/{scene.listed}/attendance"
    with scene.app.app_context():
        token = venue_token(find_event(scene.event), clock.now())
        db.session.remove()
    return f"/c/{token}", f"/c/{token}/arrivals"


def _presses(scene: Scene, way: How) -> list[Press]:
    return [(Ticked if way is How.ROSTER else Coming)(code) for code in scene.codes[way]]


def _cookie(scene: Scene, way: How) -> str:
    return "" if way is How.VENUE else scene.desk


def measure(kind: str, people: int, clients: int) -> int:
    """One database; the sum of what was missed."""
    print(f"{kind}: {people} people by each way ({min(people, ROSTER)} on the roster), {clients} clients")
    with database(kind) as (instance, url):
        scene = prepare(instance, url, people)
        with serving(scene, "tests.bench.checkin_floor:app") as port:
            ones = [Coming(f"floor-{n}") for n in range(4 * people)]
            floor = _line("floor, one guarded insert", *rush(port, "/", "/", ones, clients))
            many = [Batch(tuple(f"batch-{n}-{m}" for m in range(BATCH))) for n in range(4 * people // BATCH)]
            batched = _line(
                f"floor, {BATCH} in one transaction", *rush(port, "/", "/", many, DEVICES), each=BATCH
            )
        with serving(scene, "stationapp.wsgi:app") as port:
            rates = {}
            for way, name in WAYS.items():
                crowd, cookie = _presses(scene, way), _cookie(scene, way)
                rates[way] = _line(name, *rush(port, *_address(scene, way), crowd, clients, cookie=cookie))
            device = _line("a device", *_delivered(scene, port, people), each=BATCH)
        found = problems(scene, {way: len(codes) for way, codes in scene.codes.items()})
    missed = 1 if found else 0
    for way, rate in rates.items():
        low = rate < floor * SHARE_OF_FLOOR
        missed += MISSED[way] if low else 0
        print(
            f"  {'✗' if low else ' '} of the floor: {rate / floor:.3f} {WAYS[way]} (bar {SHARE_OF_FLOOR:.2f})"
        )
    print(f"    of its floor: {device / batched:.3f} a device, {BATCH} scans a request (no bar)")
    for sentence in found:
        print(f"  ✗ {sentence}")
    return missed


def _delivered(scene: Scene, port: int, people: int):
    kept = [
        Kept(scene.event, first + 1, tuple(scene.codes["device"][first : first + BATCH]))
        for first in range(0, people, BATCH)
    ]
    return rush(port, "/healthz", "/door/scans", kept, DEVICES, cookie=scene.device)


def look(kind: str) -> None:
    """What one request of each way costs, by itself: statements, and the middle of its processor times."""
    print(f"{kind}: one request alone, {ROSTER} on the roster")
    with database(kind) as (instance, url):
        scene = prepare(instance, url, ROSTER)
        for way, name in WAYS.items():
            client, (page, target) = scene.app.test_client(), _address(scene, way)
            if cookie := _cookie(scene, way):
                client.set_cookie(*cookie.split("=", 1))
            hidden = {name.decode(): value.decode() for name, value in HIDDEN.findall(client.get(page).data)}
            said, took = [], []
            for press in _presses(scene, way)[:LOOKED]:
                with _heard(scene.app) as statements:
                    began = time.process_time()
                    answer = client.post(target, data=press.body(hidden), content_type=press.kind)
                    took.append(time.process_time() - began)
                if answer.status_code != 303:
                    raise SystemExit(f"{name}: {answer.status_code}")
                said.append(len(statements))
            print(
                f"  {name:<42}{statistics.median(said):>4.0f} statements {statistics.median(took) * 1000:>7.1f} ms"
            )
        with scene.app.app_context():
            db.session.remove()
            db.engine.dispose()


@contextmanager
def _heard(app: Flask) -> Iterator[list[str]]:
    """The statements meanwhile, BEGIN and COMMIT left out."""
    statements: list[str] = []

    def hear(_connection, _cursor, statement, *_) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    with app.app_context():
        engine = db.engine
    hooks.listen(engine, "before_cursor_execute", hear)
    try:
        yield statements
    finally:
        hooks.remove(engine, "before_cursor_execute", hear)


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--look", action="store_true")
    given = parser.parse_args()
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    if given.look:
        for kind in kinds:
            look(kind)
        return 0
    missed = 0
    for kind in kinds:
        missed |= measure(kind, given.people, given.clients)
    return missed


if __name__ == "__main__":
    sys.exit(main())
