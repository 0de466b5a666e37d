"""The plan board with 2,000 events in a month, against the same page with none, in the same run.

    python -m tests.bench.board [--events N] [--rounds R] [--database URL]

Prints, for each way of laying the month out, the bytes on the wire, the SQL statements, and the time as a multiple of
the empty month's page. Pages are asked for in turns, so that a busy machine slows both. Exit 1 when a bar is missed:
150 kB gzip, and as many statements as the empty month needs.
"""

import argparse
import random
import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from sqlalchemy import event as listening
from sqlalchemy import insert

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.logins import begin_login
from stationapp.accounts.operations import add_staff
from stationapp.accounts.rules import Role
from stationapp.app import create_app
from stationapp.calendar.rules import Month
from stationapp.codes import new_public
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import Category, State, Task
from stationapp.migrate import migrate
from stationapp.rooms.models import Room
from stationapp.sites.models import Population, Site
from stationapp.sites.rules import Group, Level

LARGEST = 150_000
OFFICES, STATIONS, ROOMS = 11, 8, 4
BUSY, EMPTY = Month(2031, 12), Month(2031, 10)
VIEWS = ("site", "room", "category", "day")
_TITLES = (
    "智能手机课堂：微信挂号与健康码",
    "八段锦晨练",
    "少儿书法班",
    "反诈宣传进社区",
    "家门口的义诊：量血压测血糖",
    "四点半课堂",
    "便民集市：理发磨刀修伞",
    "合唱排练",
    "邻里日包饺子",
    "法律咨询日",
    "小小科学家：水火箭",
    "理论宣讲：身边的变化",
    "阅读分享会",
)


def fill(events: int) -> str:
    """A district of 11 offices and 88 stations with rooms and that many events in a month; a reviewer's token."""
    now = clock.now()
    since = clock.day_of(now)
    with transaction() as session:
        session.execute(insert(Site), list(_sites()))
        stations = [site["id"] for site in _sites() if site["level"] is Level.STATION]
        session.execute(
            insert(Room),
            [
                {
                    "id": station * ROOMS + n,
                    "site_id": station,
                    "name": name,
                    "hours": "每天 08:30-12:00 14:30-20:00",
                }
                for station in stations
                for n, name in enumerate(("理论宣讲室", "书画室", "舞蹈室", "多功能厅"))
            ],
        )
        session.execute(
            insert(Population),
            [
                {"site_id": station, "group": group, "people": 900, "as_of": since, "source": "示例", "loaded_at": now}
                for station in stations
                for group in Group
            ],
        )  # fmt: skip
        session.execute(insert(Event), list(_events(events, stations)))
        center = session.get_one(Site, 1)
        staff = add_staff("审核甲", site=center, role=Role.REVIEWER, by=None, now=clock.now())
        return begin_login(staff.id, device="bench", now=clock.now())


def _sites():
    since = clock.day_of(clock.now()) - timedelta(days=3650)
    rest = {"address": "湖北路1号", "phone": "0379-00000001", "valid_from": since}

    def site(number, level, name, path, parent, code):
        return rest | {"id": number, "level": level, "name": name, "short_name": name, "path": path, "code": code,
                       "parent_id": parent}  # fmt: skip

    yield site(1, Level.CENTER, "涧西区", "/1/", None, "410305000")
    for office in range(OFFICES):
        above = 2 + office
        yield site(above, Level.OFFICE, f"示例{office}路", f"/1/{above}/", 1, f"4103050{office + 10:02d}")
        for station in range(STATIONS):
            id = 100 + office * STATIONS + station
            code = f"4103050{office + 10:02d}{station:03d}"
            yield site(
                id, Level.STATION, f"示例{office}路示例{station}社区", f"/1/{above}/{id}/", above, code
            )


def _events(count: int, stations: list[int]):
    rnd, now = random.Random(3), clock.now()
    for _ in range(count):
        station = rnd.choice(stations)
        day = BUSY.first_day + timedelta(days=rnd.randrange(31))
        starts_at = clock.instant(day, rnd.choice((8, 9, 9, 10, 14, 15, 19)), rnd.choice((0, 30)))
        yield {
            "code": new_public(),
            "site_id": station,
            "title": rnd.choice(_TITLES),
            "summary": rnd.choice(("", "志愿者上门，老人孩子都可以来")),
            "category": rnd.choice(list(Category)),
            "task": Task.T4,
            "place": "二楼",
            "audience": "人人都可以来",
            "room_id": rnd.choice((None, station * ROOMS + rnd.randrange(ROOMS))),
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=90),
            "min_age": rnd.choice((None, None, 60)),
            "state": rnd.choice((State.DRAFT, State.DRAFT, State.PUBLISHED)),
            "made_at": now,
        }


class Reader:
    """A signed-in browser that counts bytes, statements and seconds."""

    def __init__(self, app, token: str) -> None:
        self.client, self.seen = app.test_client(), []
        self.client.set_cookie(guard.COOKIE, token)
        with app.app_context():
            listening.listen(db.engine, "before_cursor_execute", lambda *args: self.seen.append(args[2]))

    def get(self, path: str) -> tuple[int, int, float]:
        """(bytes on the wire, statements, seconds)."""
        self.seen.clear()
        began = time.perf_counter()
        answer = self.client.get(path, headers={"Accept-Encoding": "gzip"})
        took = time.perf_counter() - began
        assert answer.status_code == 200, path
        return len(answer.data), len(self.seen), took


def compared(reader: Reader, view: str, rounds: int) -> tuple[int, int, int, float, float]:
    """(bytes, statements, statements of the empty month, its milliseconds, how many times as long the full one)."""
    full, empty = (f"/desk/planning/?month={month}&by={view}" for month in (BUSY, EMPTY))
    runs = [(reader.get(full), reader.get(empty)) for _ in range(rounds + 1)][1:]
    ours, floor = (statistics.median(run[which][2] for run in runs) for which in (0, 1))
    (size, statements, _), (_, fewest, _) = runs[0]
    return size, statements, fewest, floor * 1000, ours / floor


def main() -> int:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--database", default="")
    wish = parser.parse_args()
    fine = True
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(
            Settings(instance=Path(folder), **({"database_url": wish.database} if wish.database else {}))
        )
        with app.app_context():
            migrate(db.engine)
            token = fill(wish.events)
        reader = Reader(app, token)
        print(
            f"{wish.events} events in one month at {OFFICES * STATIONS} stations; bar {LARGEST:,} bytes gzip"
        )
        for view in VIEWS:
            size, statements, fewest, floor, ratio = compared(reader, view, wish.rounds)
            fine &= size <= LARGEST and statements == fewest
            print(
                f"by {view:<8} {size:7,} bytes   {statements} statements (empty month {fewest})   "
                f"{ratio:.1f} × the empty month's {floor:.0f} ms"
            )
        with app.app_context():
            db.engine.dispose()
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
