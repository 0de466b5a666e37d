"""Checking in through the real interface: residents' phones, the desk's field, a device that sends what it kept.

    python -m tests.bench.checkin [--people N] [--clients N] [--database sqlite|postgresql|both]

The floor (`checkin_floor`) is one guarded insert a request on the same server and database with the same durability.
Must hold: everybody is there once and by the way they came; the chain of scans is whole. Bar: 1/3 of the floor's scans
a second by one of the ways a crowd comes in; each way is printed. Exit 1 when something does not hold.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from flask import Flask
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
from stationapp.migrate import migrate
from tests import cast
from tests.bench.crowd import Form, Outcome, rush
from tests.bench.rush import database, serving

SHARE_OF_FLOOR = 1 / 3
BATCH = 100  # as many as static/door-link.js sends at once


@dataclass(frozen=True)
class Scene:
    """An event about to begin and the codes of everybody who signed up, for one way in each."""

    app: Flask
    instance: Path
    url: str
    event: str
    codes: dict[How | str, list[str]]
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
        event = cast.event(made.one, starts_at=now + timedelta(minutes=20), capacity=3 * people)
        codes = {
            way: _sign_up(event, people, start)
            for start, way in enumerate((How.VENUE, How.STAFF_SCAN, "device"))
        }
        with transaction() as session:
            session.execute(text("CREATE TABLE floor_scans (code TEXT PRIMARY KEY, kind TEXT)"))
            desk = begin_login(made.lin.id, device="bench", now=now)
            today = clock.day_of(now)
            _device, link = devices.enrol(
                made.one, "大厅平板", today, today, names_shown=False, by=made.lin.id, now=now
            )
        with transaction():
            device = devices.take_up(link, now=now)
        db.session.remove()
        db.engine.dispose()
    return Scene(app, instance, url, event.code, codes, f"desk={desk}", f"door={device}")


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
        wanted = {How.VENUE: came[How.VENUE], How.STAFF_SCAN: came[How.STAFF_SCAN] + came["device"]}
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


def measure(kind: str, people: int, clients: int) -> bool:
    """One database; whether everything held."""
    print(f"{kind}: {people} people by each way, {clients} clients")
    with database(kind) as (instance, url):
        scene = prepare(instance, url, people)
        coming = {way: [Coming(code) for code in codes] for way, codes in scene.codes.items()}
        with serving(scene, "tests.bench.checkin_floor:app") as port:
            told, lasted = rush(port, "/", "/", [Coming(f"floor-{n}") for n in range(4 * people)], clients)
            floor = _line("floor, one guarded insert", told, lasted)
        with serving(scene, "stationapp.wsgi:app") as port, scene.app.app_context():
            token = venue_token(db.session.scalars(select(Event)).one(), clock.now())
            db.session.remove()
            venue = rush(port, f"/c/{token}", f"/c/{token}/arrivals", coming[How.VENUE], clients)
            desk = rush(
                port, "/desk/checkin", "/desk/checkin", coming[How.STAFF_SCAN], clients, cookie=scene.desk
            )
            kept = [
                Kept(scene.event, first + 1, tuple(scene.codes["device"][first : first + BATCH]))
                for first in range(0, people, BATCH)
            ]
            device = rush(port, "/healthz", "/door/scans", kept, 2, cookie=scene.device)
        rates = {
            "residents' phones, the venue's code": _line("residents' phones, the venue's code", *venue),
            "the desk's field": _line("the desk's field", *desk),
            "a device": _line(f"a device, {BATCH} scans a request", *device, each=BATCH),
        }
        found = problems(scene, dict.fromkeys(scene.codes, people))
    for name, rate in rates.items():
        print(f"  of the floor: {rate / floor:.2f} {name}")
    best = max(rates.values()) / floor
    found += [] if best >= SHARE_OF_FLOOR else [f"{best:.2f} of the floor at best"]
    for sentence in found:
        print(f"  ✗ {sentence}")
    return not found


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    given = parser.parse_args()
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    held = [measure(kind, given.people, given.clients) for kind in kinds]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
