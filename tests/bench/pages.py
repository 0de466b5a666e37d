"""The first page with 100,000 events in the database, against a floor on the same server in the same run.

    python -m tests.bench.pages [--events N] [--seconds S] [--rounds R]

Both are granian with one worker. The floor is a bare WSGI application that returns the very bytes the page
answered, headers and gzip included. Rounds alternate, so that a busy machine slows both. Exit 1 when a bar of the
project is missed.
"""

import argparse
import gzip
import json
import random
import re
import statistics
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import insert

from stationapp import clock
from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import Category, State, Task
from stationapp.migrate import migrate
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from tests.bench.load import TURN, Load, run
from tests.harness.server import granian, serving

SHARE_OF_FLOOR = 0.25
FIRST_VISIT_BYTES = 40_000
FIRST_VISIT_REQUESTS = 6
STATIONS = 90
_CHUNK = 5000
_PATH = "/"


def fill(instance: Path, count: int) -> str:
    """A migrated database with that many events, nine tenths of them held and closed out; its address."""
    app = create_app(Settings(instance=instance))
    with app.app_context():
        migrate(db.engine)
        with transaction() as session:
            session.execute(insert(Site), list(_sites()))
            for start in range(0, count, _CHUNK):
                session.execute(insert(Event), list(_events(start, min(start + _CHUNK, count), count)))
        db.engine.dispose()
    return app.config["SETTINGS"].url


def _sites():
    since = clock.day_of(clock.now()) - timedelta(days=3650)
    rest = {"address": "湖北路1号", "phone": "0379-00000001", "valid_from": since}
    yield (
        {"id": 1, "code": "410305000", "level": Level.CENTER, "name": "涧西区新时代文明实践中心"}
        | rest
        | {"short_name": "涧西区", "parent_id": None, "path": "/1/"}
    )
    yield (
        {"id": 2, "code": "410305001", "level": Level.OFFICE, "name": "湖北路新时代文明实践所"}
        | rest
        | {"short_name": "湖北路", "parent_id": 1, "path": "/1/2/"}
    )
    for number in range(STATIONS):
        yield {
            "id": 3 + number,
            "code": f"4103050010{number:02d}",
            "level": Level.STATION,
            "name": f"示例{number}社区新时代文明实践站",
            "short_name": f"示例{number}社区",
            "parent_id": 2,
            "path": f"/1/2/{3 + number}/",
        } | rest


def _events(first: int, last: int, count: int):
    now, rnd = clock.now(), random.Random(first)
    for number in range(first, last):
        starts_at = now + timedelta(days=365 * (number / count * 10 - 9), minutes=30)
        held = starts_at < now
        capacity = rnd.choice([None, 12, 20, 40])
        yield {
            "code": f"B{number:07d}",
            "site_id": 3 + rnd.randrange(STATIONS),
            "title": rnd.choice(["免费理发", "少儿书法课", "手机防诈小课堂", "八段锦晨练", "家门口的义诊"]),
            "summary": "志愿者上门，老人孩子都可以来",
            "category": rnd.choice(list(Category)),
            "task": Task.T4,
            "place": "二楼多功能厅",
            "audience": "人人都可以来",
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=90),
            "capacity": capacity,
            "taken": rnd.randrange(capacity + 1) if capacity else 0,
            "state": State.CLOSED_OUT
            if held
            else rnd.choices([State.PUBLISHED, State.CANCELLED, State.POSTPONED], [18, 1, 1])[0],
            "made_at": now,
        }


@contextmanager
def floor(folder: Path, headers: list[tuple[str, str]], body: bytes):
    """The floor's port."""
    (folder / "headers.json").write_text(json.dumps(headers))
    (folder / "body").write_bytes(body)
    settings = {
        "STATIONAPP_BENCH_HEADERS": str(folder / "headers.json"),
        "STATIONAPP_BENCH_BODY": str(folder / "body"),
    }
    with granian("tests.bench.floor:app", settings=settings, alive="/") as url:
        yield urlsplit(url).port


def fetch(url: str) -> tuple[list[tuple[str, str]], bytes]:
    """The headers and the bytes on the wire, as a browser that takes gzip gets them."""
    with urllib.request.urlopen(urllib.request.Request(url, headers={"Accept-Encoding": "gzip"})) as answer:
        kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in ("date", "server", "connection")]
        return kept, answer.read()


def first_visit(url: str) -> list[tuple[str, int]]:
    """Every file the first page makes a browser fetch, with its bytes on the wire, headers included."""
    body = fetch(url + _PATH)[1]
    page = gzip.decompress(body).decode() if body[:2] == b"\x1f\x8b" else body.decode()
    found = re.findall(r'<(?:link [^>]*href|script[^>]* src|img[^>]* src)="([^"]+)"', page)
    visit = []
    for path in dict.fromkeys([_PATH, *found]):
        kept, data = fetch(url + path)
        visit.append((urlsplit(path).path, len(data) + sum(len(k) + len(v) + 4 for k, v in kept)))
    return visit


def _request(port: int, *, anew: bool = False) -> bytes:
    path = (
        f"{_PATH}?turn={TURN.decode()}" if anew else _PATH
    )  # an address not asked for before was never kept
    lines = (f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", "Accept-Encoding: gzip", "Accept: text/html")
    return "\r\n".join((*lines, "", "")).encode()


def _say(name: str, runs: list[Load]) -> float:
    rate = statistics.median(each.rate for each in runs)
    p50, p99 = (statistics.median(getattr(each, mark) for each in runs) for mark in ("p50", "p99"))
    print(f"{name:<6} {rate:8.0f} requests/s   p50 {p50:6.2f} ms   p99 {p99:6.2f} ms")
    return rate


def main() -> int:
    """Run it and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        address = fill(folder / "instance", wish.events)
        with serving(folder / "instance", address) as url:
            visit = first_visit(url)
            port = urlsplit(url).port
            with floor(folder, *fetch(url + _PATH)) as floor_port:
                return _judge(_alternate(port, floor_port, wish), visit, wish.events)


def _alternate(port: int, floor_port: int, wish) -> tuple[list[Load], ...]:
    ours, anew, theirs = [], [], []
    for warm in (port, floor_port):
        run(warm, _request(warm), seconds=1)
    for _ in range(wish.rounds):
        ours.append(run(port, _request(port), seconds=wish.seconds))
        anew.append(run(port, _request(port, anew=True), seconds=wish.seconds))
        theirs.append(run(floor_port, _request(floor_port), seconds=wish.seconds))
    return ours, anew, theirs


def _judge(loads: tuple[list[Load], ...], visit: list[tuple[str, int]], events: int) -> int:
    print(f"{events} events, {_PATH}, gzip, 1 worker, 8 connections")
    page, anew, bare = (_say(name, runs) for name, runs in zip(("page", "anew", "floor"), loads, strict=True))
    ratio = page / bare
    failed = sum(each.failed for runs in loads for each in runs)
    total = sum(size for _, size in visit)
    print(
        f"ratio  {ratio:8.2f} of the floor (bar {SHARE_OF_FLOOR}), anew {anew / bare:.3f}; {failed} answers not 200"
    )
    print(
        f"first visit: {total} bytes in {len(visit)} requests (bars {FIRST_VISIT_BYTES}, {FIRST_VISIT_REQUESTS})"
    )
    for path, size in visit:
        print(f"  {size:6d}  {path}")
    fine = ratio >= SHARE_OF_FLOOR and not failed
    return 0 if fine and total <= FIRST_VISIT_BYTES and len(visit) <= FIRST_VISIT_REQUESTS else 1


if __name__ == "__main__":
    sys.exit(main())
