"""A volunteer's page with 2,000 lines in the ledger against the same page of one who has none, in the same run.

    python -m tests.bench.ledger [--lines N] [--rounds R]

The own page, its last page, a year of it, and the desk's page, through the whole application, on SQLite and on
PostgreSQL. Both volunteers' pages are asked for in turns, so that a busy machine slows both. Prints both medians and
their difference; exit 1 when a difference passes 300 ms, or when the shown totals are not the ledger's.
"""

import argparse
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from stationapp import clock
from stationapp.app import create_app
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import How, Part
from stationapp.calendar.rules import AgeBand
from stationapp.codes import new_public
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import Category, State, Task
from stationapp.migrate import migrate
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.vault import vault
from stationapp.volunteers import posting
from stationapp.web.filters import hours
from tests import cast
from tests.harness import postgres
from tests.volunteers.acts import volunteer

MOST_MORE = 0.300  # seconds
MINUTES = 60


def fill(app, lines: int) -> tuple:
    """(the desk's browser, the busy volunteer, the idle one); the ledger's lines are written by its own verb."""
    people = cast.district(app)
    client = cast.signed_in(app, people.lin)
    with app.app_context():
        busy, idle = volunteer(people.one), volunteer(people.one, "赵敏", "19900004444")
        now, first = clock.now(), clock.now().replace(hour=1, minute=0, second=0) - timedelta(days=lines + 1)
        with transaction() as session:
            session.execute(
                insert(Event), [_event(people.one.id, first + timedelta(days=n)) for n in range(lines)]
            )
            events = session.query(Event).order_by(Event.id).all()
            session.execute(insert(Attendance), [_there(one, busy.resident_id) for one in events])
            there = session.query(Attendance).order_by(Attendance.id).all()
            for one, event in zip(there, events, strict=True):
                day = clock.day_of(event.starts_at)
                posting.post(busy.id, people.one.id, day, MINUTES, None, now, attendance_id=one.id)
        return client, *(_Paths(one.code, vault().unseal(one.personal_sealed)) for one in (busy, idle))


class _Paths:
    def __init__(self, code: str, personal: str) -> None:
        year = clock.day_of(clock.now()).year
        own, desk = f"/hours/{personal}", f"/desk/volunteers/{code}"
        self.by_name = {
            "own page": own, "own, page 40": f"{own}?page=40", "own, a year": f"{own}?year={year - 1}",
            "desk": desk, "desk, to print": f"{desk}/ledger",
        }  # fmt: skip


def _event(site_id: int, starts_at) -> dict:
    return {
        "code": new_public(), "site_id": site_id, "title": "清洁家园", "summary": "一起打扫", "category": Category.A02,
        "task": Task.T4, "place": "小广场", "audience": "人人", "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=MINUTES), "state": State.CLOSED_OUT, "made_at": starts_at,
    }  # fmt: skip


def _there(event: Event, resident_id: int) -> dict:
    return {
        "event_id": event.id, "resident_id": resident_id, "part": Part.VOLUNTEER, "channel": Channel.WALK_IN,
        "came_at": event.starts_at, "came_how": How.ROSTER, "left_at": event.ends_at, "left_how": How.ROSTER,
        "lives": Lives.UNKNOWN, "community_id": None, "band": AgeBand.B18,
    }  # fmt: skip


def _timed(client, path: str) -> tuple[float, str]:
    began = time.perf_counter()
    answer = client.get(path)
    took = time.perf_counter() - began
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code}")
    return took, answer.text


def measure(name: str, url: str | None, lines: int, rounds: int) -> bool:
    """Whether every page of the busy volunteer is quick enough and says the ledger's total."""
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Settings(instance=Path(folder), database_url=url or f"sqlite:///{folder}/station.db")
        )
        with app.app_context():
            migrate(db.engine)
        client, busy, idle = fill(app, lines)
        for what, path in busy.by_name.items():
            full, empty = [], []
            for _ in range(rounds):
                took, page = _timed(client, path)
                full.append(took)
                empty.append(_timed(client, idle.by_name[what])[0])
            total = hours(lines * MINUTES) in page
            more = statistics.median(full) - statistics.median(empty)
            fine = fine and total and more <= MOST_MORE
            print(
                f"{name:<11} {what:<15} {lines} lines {statistics.median(full) * 1000:7.1f} ms   none "
                f"{statistics.median(empty) * 1000:7.1f} ms   more {more * 1000:7.1f} ms"
                f"{'' if total else '   NOT THE TOTAL'}"
            )
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
    return fine


def main() -> int:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=21)
    wish = parser.parse_args()
    fine = measure("SQLite", None, wish.lines, wish.rounds)
    with postgres.running() as server:
        fine = measure("PostgreSQL", server.fresh(), wish.lines, wish.rounds) and fine
    print(f"bar: {MOST_MORE * 1000:.0f} ms more at most")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
