"""A month's full district report against the best plain SQL for its distinct figures alone, over the same rows.

    python -m tests.bench.month [--rows N ...] [--database sqlite|postgresql|both] [--rounds R]

150 stations, a year of N attendances of N / 5 residents with their sign-ups, headcounts, bookings and hours; the
report is December's of the center, so that its year is every row there is. Measured in turns: the plain SQL in each of
its ways (the best counts), and the report in a process of its own, whose memory is looked at; then earlier months are
closed and the report is made again; then December is closed and opened. Exit 1 when a bar is missed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from sqlalchemy import create_engine, func, select

from stationapp.app import create_app
from stationapp.calendar.rules import Month
from stationapp.config import Settings
from stationapp.db import db, engine_options, prepare, transaction
from stationapp.migrate import migrate
from stationapp.sites.models import Site
from tests.bench import month_floor
from tests.bench.month_facts import YEAR, fill
from tests.harness import postgres
from tests.harness.bulk import at

MOST_OPEN, MOST_CLOSED, MOST_MEMORY = 1.0, 1 / 50, 300  # of the floor's time; megabytes
MONTH = Month(YEAR, 12)
AFTER = datetime(YEAR + 1, 1, 12, 10, tzinfo=UTC)
ASKED = [word for word in sys.argv[1:] if word.startswith("--closed=")]
SIZES = (100_000, 1_000_000)


def main() -> int:
    """Everything, a size and a database after the other."""
    asked = _arguments()
    if asked.act:
        return _child(asked)
    names = ("sqlite", "postgresql") if asked.database == "both" else (asked.database,)
    held = True
    for name in names:
        found = {}
        for rows in asked.rows:
            with tempfile.TemporaryDirectory() as folder:
                found[rows] = _measure(name, rows, asked.rounds, Path(folder), asked.ways)
            held &= _told(name, rows, found[rows])
        _growth(name, found)
    return 0 if held else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--closed", type=int, default=11, help="so many months before it are closed in between"
    )
    parser.add_argument("--no-closing", action="store_true", help="only the open month with nothing closed")
    parser.add_argument("--ways", nargs="*", help="of the plain SQL; all unless told")
    parser.add_argument("--act", help=argparse.SUPPRESS)
    parser.add_argument("--instance", help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    return parser.parse_args()


def _measure(name: str, rows: int, rounds: int, folder: Path, ways: list[str]) -> dict:
    if name == "sqlite":
        return _measured(f"sqlite:///{folder / 'station.db'}", rows, rounds, folder, ways)
    with postgres.running() as server:
        return _measured(server.fresh(), rows, rounds, folder, ways)


def _measured(url: str, rows: int, rounds: int, folder: Path, asked_ways: list[str]) -> dict:
    _run("fill", folder, url, rows)
    floors, opens, ways = [], [], asked_ways or list(month_floor.WAYS)
    for _ in range(rounds):
        floors.append(_run("floor", folder, url, ways=ways))
        opens.append(_run("open", folder, url))
        ways = sorted(floors[0]["seconds"], key=floors[0]["seconds"].get)[:2]  # the best two are tried again
    best = {way: min(one["seconds"].get(way, 1e9) for one in floors) for way in floors[0]["seconds"]}
    found = {
        "ways": best,
        "floor": min(best.values()),
        "open": _fastest(opens),
        "agree": _agree(floors, opens),
    }
    if "--no-closing" not in sys.argv:
        found["closing"] = _run("close", folder, url)
        found["open, some closed"] = _fastest([_run("open", folder, url) for _ in range(rounds)])
        found["last closing"] = _run("close last", folder, url)
        found["closed"] = _fastest([_run("closed", folder, url) for _ in range(rounds)])
    return found


def _fastest(runs: list[dict]) -> dict:
    """The least time, as of the floor; of memory the most."""
    seconds = [one["seconds"] for one in runs]
    return {
        "seconds": min(seconds),
        "median": statistics.median(seconds),
        "memory": max(one["memory"] for one in runs),
        "bytes": runs[0].get("bytes"),
    }


def _agree(floors: list[dict], opens: list[dict]) -> bool:
    said = [pair for one in floors for pair in one["persons"]] + [one["persons"] for one in opens]
    return all(pair == said[0] for pair in said)


def _run(act: str, folder: Path, url: str, rows: int = 0, ways: Sequence[str] = ()) -> dict:
    """One act in a process of its own; what it prints last."""
    command = [
        sys.executable,
        "-m",
        "tests.bench.month",
        "--act",
        act,
        "--instance",
        str(folder),
        "--url",
        url,
    ]
    done = subprocess.run(
        [*command, "--rows", str(rows), *ASKED, "--ways", *ways],
        capture_output=True,
        text=True,
        env=os.environ | {"TZ": "UTC"},
    )
    if done.returncode:
        raise SystemExit(done.stderr[-4000:])
    return json.loads(done.stdout.splitlines()[-1])


# --- what a process of its own does ------------------------------------------------------------------------------


def _child(asked: argparse.Namespace) -> int:
    if asked.act == "floor":
        print(json.dumps(_floor(asked.url, asked.ways)))
        return 0
    app = create_app(Settings(instance=Path(asked.instance), database_url=asked.url))
    with app.app_context():
        acts = {
            "fill": _fill,
            "open": _open,
            "close": _close_earlier,
            "close last": _close_last,
            "closed": _closed,
        }
        print(json.dumps(acts[asked.act](asked)))
    return 0


def _fill(asked) -> dict:
    began = time.perf_counter()
    migrate(db.engine)
    fill(db.engine, asked.rows[0])
    return {"seconds": time.perf_counter() - began}


def _floor(url: str, ways: list[str]) -> dict:
    engine = create_engine(url, **engine_options(url))
    prepare(engine)
    bounds = _bounds(engine.dialect.name == "sqlite")
    seconds, persons = {}, []
    for name in ways:
        way = month_floor.WAYS[name]
        with engine.connect() as connection:
            for setting in _GENEROUS[engine.dialect.name]:
                connection.exec_driver_sql(setting)
            began = time.perf_counter()
            found = way(connection, bounds)
            seconds[name] = time.perf_counter() - began
            persons.append(month_floor.persons(found))
    return {"seconds": seconds, "persons": persons}


# The floor may have all the memory it likes.
_GENEROUS = {
    "sqlite": ("PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -1000000"),
    "postgresql": ("SET work_mem = '1GB'", "SET temp_buffers = '1GB'"),
}


def _bounds(as_text: bool) -> dict:
    """Shanghai is eight hours ahead."""
    eight = timedelta(hours=8)
    moments = {
        "year": datetime(YEAR, 1, 1, tzinfo=UTC) - eight,
        "begin": datetime(YEAR, 12, 1, tzinfo=UTC) - eight,
        "end": datetime(YEAR + 1, 1, 1, tzinfo=UTC) - eight,
    }
    days = {"new_year": f"{YEAR}-01-01", "first": f"{YEAR}-12-01", "last": f"{YEAR}-12-31"}
    return {name: at(moment) if as_text else moment for name, moment in moments.items()} | days


def _center() -> Site:
    return db.session.scalars(select(Site).where(Site.parent_id.is_(None))).one()


def _open(_asked) -> dict:
    """The report of a month that is open, as the page makes it."""
    from stationapp.reports.queries import figures

    center = _center()
    began = time.perf_counter()
    body = figures(center, MONTH)
    seconds = time.perf_counter() - began
    year = body["year"]["I-05"]["value"] if "year" in body else None
    return {
        "seconds": seconds,
        "memory": _peak(),
        "bytes": len(json.dumps(body)),
        "persons": (year, body["figures"]["I-05"]["value"]),
    }


def _close_earlier(asked) -> dict:
    return _close([MONTH.plus(-n) for n in range(asked.closed, 0, -1)])


def _close_last(_asked) -> dict:
    return _close([MONTH])


def _close(months: list[Month]) -> dict:
    from stationapp.reports.models import CoverageReport
    from stationapp.reports.operations import close_month

    center, began = _center(), time.perf_counter()
    for month in months:
        with transaction():
            close_month(center, month, by=None, now=AFTER)
        db.session.remove()
    kept = db.session.scalar(select(func.count()).select_from(CoverageReport))
    return {
        "seconds": time.perf_counter() - began,
        "months": len(months),
        "memory": _peak(),
        "versions": kept,
    }


def _closed(_asked) -> dict:
    """The report of a closed month, as the page opens it."""
    from stationapp.reports.versions import find_latest

    center = _center()
    began = time.perf_counter()
    body = json.loads(find_latest(center, MONTH).body)
    return {"seconds": time.perf_counter() - began, "memory": _peak(), "bytes": len(json.dumps(body))}


def _peak() -> float:
    """The most this process ever held, in megabytes (the kernel's own count, not the shell's that started it)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


# --- what is told ------------------------------------------------------------------------------------------------


def _told(name: str, rows: int, found: dict) -> bool:
    floor = found["floor"]
    print(f"{name}, {rows:,} attendances")
    for way, seconds in found["ways"].items():
        print(f"  plain SQL {way:<18} {seconds:8.2f} s")
    if not found["agree"]:
        print("  the report and the plain SQL do not count the same persons")
    held = found["agree"]
    for part, most in (("open", MOST_OPEN), ("open, some closed", MOST_OPEN), ("closed", MOST_CLOSED)):
        if part not in found:
            continue
        one = found[part]
        ratio = one["seconds"] / floor
        fits = ratio <= most and one["memory"] <= MOST_MEMORY
        held &= fits
        print(
            f"  report {part:<16} {one['seconds']:8.3f} s (median {one['median']:.3f}) = {ratio:.4f} of the floor, "
            f"{one['memory']:.0f} MB, {one['bytes'] / 1000:.0f} kB{'' if fits else '  MISSED'}"
        )
    for part in ("closing", "last closing"):
        if one := found.get(part):
            print(
                f"  {part}: {one['months']} months in {one['seconds']:.1f} s, {one['memory']:.0f} MB, "
                f"{one['versions']} versions stand"
            )
    return held


def _growth(name: str, found: dict) -> None:
    sizes = sorted(found)
    for small, large in pairwise(sizes):
        times = found[large]["open"]["seconds"] / found[small]["open"]["seconds"]
        print(f"{name}: {large / small:.0f} times the rows, {times:.1f} times the time of the open report")


if __name__ == "__main__":
    sys.exit(main())
