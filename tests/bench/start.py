"""How soon the first answer comes after `python3 -m stationapp`, then once more, and how much memory a worker takes.

    python -m tests.bench.start

The environment stands already; the instance is new and empty. Memory is read after some hundred requests. The second
start finds its database and keys there and has nothing to make; it is said as a share of the first, in time and in
processor time, which other work on the machine disturbs less. Five instances, one after the other: the middle of each,
and how far they lie apart.
Bars: first answer within 3 s, 150 MB a worker. Fails when one is missed.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import NamedTuple

from tests.harness.server import ROOT, _free_port

SECONDS, MEGABYTES, REQUESTS, PAIRS = 3.0, 150, 300, 5
PAGES = ("/", "/events", "/sites", "/mine", "/privacy", "/desk/signin")


class Started(NamedTuple):
    """Seconds until the first answer, processor seconds spent until then, and MB of each process serving."""

    seconds: float
    worked: float
    memory: list[float]


def main() -> int:
    """Measure and print; the exit code says whether the bars hold."""
    pairs = []
    for _ in range(PAIRS):
        with tempfile.TemporaryDirectory() as folder:
            pairs.append((_start(folder, requests=REQUESTS), _start(folder, requests=0)))
    firsts, memory = sorted(first.seconds for first, _again in pairs), pairs[-1][0].memory
    usual = firsts[PAIRS // 2]
    print(f"first answer after {usual:.2f} s, {firsts[0]:.2f}–{firsts[-1]:.2f} s (bar {SECONDS} s)")
    worked = sorted(first.worked for first, _again in pairs)[PAIRS // 2]
    print(f"processor time until then: {worked:.2f} s")
    for what, shares in (
        ("time", sorted(again.seconds / first.seconds for first, again in pairs)),
        ("processor time", sorted(again.worked / first.worked for first, again in pairs)),
    ):
        middle = shares[PAIRS // 2]
        print(f"second start, {what}: {middle:.2f} of the first, {shares[0]:.2f}–{shares[-1]:.2f}")
    print(
        f"memory of the processes serving: {', '.join(f'{m:.0f} MB' for m in memory)} (bar {MEGABYTES} MB each)"
    )
    return 0 if usual <= SECONDS and memory and memory[-1] <= MEGABYTES else 1


def _start(folder: str, *, requests: int) -> Started:
    url = f"http://127.0.0.1:{(port := _free_port())}"
    began = time.monotonic()
    server = subprocess.Popen(
        [sys.executable, "-m", "stationapp", "run", "--empty", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"STATIONAPP_INSTANCE": folder},
        stdout=subprocess.DEVNULL,
    )
    try:
        seconds = _first_answer(f"{url}/healthz", began)
        worked = sum(map(_worked, _workers(server.pid)))
        for number in range(requests):
            urllib.request.urlopen(url + PAGES[number % len(PAGES)], timeout=10).read()
        return Started(seconds, worked, sorted(map(_resident, _workers(server.pid))))
    finally:
        server.terminate()
        server.wait(20)


def _first_answer(url: str, began: float) -> float:
    while time.monotonic() - began < 60:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return time.monotonic() - began
        except OSError:
            time.sleep(0.02)
    raise SystemExit("no answer within a minute")


def _workers(pid: int) -> list[int]:
    """Every process below the one started, and itself: supervisor and workers alike must keep the bar."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in below for found in _workers(int(child)))]


def _resident(pid: int) -> float:
    line = next(
        text for text in Path(f"/proc/{pid}/status").read_text().splitlines() if text.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


def _worked(pid: int) -> float:
    """Processor seconds of a process and of those it has waited for."""
    spent = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
    return sum(map(int, spent)) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    raise SystemExit(main())
